"""One range for a whole series of infrared files, so that one grey is one temperature throughout."""

from collections.abc import Iterable

from mgfusion.errors import ImageError, OptionError
from mgfusion.images.file_formats import PathLike
from mgfusion.thermal.ranges import IrRange, automatic_range
from mgfusion.thermal.thermal_files import read_thermal


def series_range(paths: Iterable[PathLike]) -> IrRange:
    """The range that clips no picture of a series more than ``auto`` would for it alone.

    From the lowest to the highest end of the pictures' own ranges. Files that can't be read are left out:
    whoever reads them next says why. A series of 8 bits keeps its levels, as ``auto`` does.

    Args:
        paths: the infrared files; each is read once, one at a time.

    Returns:
        (low, high) in the files' own unit, or ``auto`` where nothing needs stretching.

    Raises:
        OptionError: files of more than one kind, so that no range means the same in all.
    """
    kinds: dict[str, PathLike] = {}
    ends: list[tuple[float, float]] = []
    for path in paths:
        try:
            thermal = read_thermal(path)
            found = automatic_range(thermal.array, str(path))
        except ImageError:
            continue
        kind = thermal.unit if found is not None and thermal.unit else str(thermal.array.dtype)
        kinds.setdefault(kind, path)
        if found is not None:
            ends.append(found)
    if len(kinds) > 1:
        named = ", ".join(f"{kind} ({path})" for kind, path in kinds.items())
        raise OptionError(f"infrared range 'series': the files hold {named}; give one kind, or a fixed LO,HI")
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else "auto"
