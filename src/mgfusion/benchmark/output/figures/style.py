"""One look for all figures: small sans type, thin lines, colours that colour-blind readers tell apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OURS, OTHER, PUBLISHED = "#d55e00", "#0072b2", "#777777"
BOXES = ("#ff3b30", "#34d058", "#3fa9f5")
TITLES = {"Qabf": "$Q_{AB/F}$", "Qcv": "$Q_{CV}$", "VIF_ir": "VIF (ir)", "VIF_vis": "VIF (vis)"}
_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.linewidth": 0.4,
    "grid.color": "#dddddd",
    "svg.hashsalt": "mgfusion",  # the same file from the same numbers
    "pdf.fonttype": 42,  # journals refuse Type 3
}


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure, in inches, that no window system knows of."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def style() -> Any:
    """A context in which figures get this look."""
    import matplotlib as mpl

    return mpl.rc_context(_RC)


def plain_log_axis(axis: Any) -> None:
    """A logarithmic axis with few plain numbers that cannot run into each other; limits have to be final.

    Decades where there are enough, else 1-2-5 steps, else evenly spaced numbers.
    """
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
    )

    low, high = sorted(axis.get_view_interval())
    ticks: list[float] = []
    for locator in (LogLocator(subs=(1,)), LogLocator(subs=(1, 2, 5)), MaxNLocator(4)):
        ticks = [float(t) for t in locator.tick_values(low, high) if low <= t <= high]
        if len(ticks) >= 3:
            break
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    if isinstance(locator, MaxNLocator):  # marks between decades would stand at odd numbers
        axis.set_minor_locator(NullLocator())


def save(figure: "Figure", stem: Path, vector: str = "pdf", dpi: int = 200) -> Path:
    """Write ``stem``.png and, for papers, ``stem``.pdf; gives the PNG's path."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(stem.with_suffix(f".{vector}"), dpi=dpi, metadata={"CreationDate": None})
    png = stem.with_suffix(".png")
    figure.savefig(png, dpi=dpi)
    return png
