"""The HTML of a fused picture beside its sources, and of what is said about it."""

import base64
from collections.abc import Iterable, Mapping
from html import escape

from mgfusion.metrics import METRICS
from mgfusion.service.picture_views import COLDEST, STEPS
from mgfusion.service.source_colours import INFRARED, VISIBLE

_SOURCES = {"vis": "visible", "ir": "infrared", "share": "where detail comes from"}


def radio_html(name: str, titles: Mapping[str, str], chosen: str) -> str:
    """Labelled radio buttons; ``name`` is their class and their group."""
    return "".join(
        f'<label><input type="radio" class="{name}" name="{name}" value="{value}"'
        f"{' checked' if value == chosen else ''}>{title}</label>"
        for value, title in titles.items()
    )


def view_html(files: dict[str, bytes], scores: dict[str, float | None], degrees: dict[str, float]) -> str:
    """A view that compares, its temperatures, and a table of scores.

    Args:
        files: of :func:`mgfusion.service.picture_views.views`.
        scores: by metric; None where one is undefined.
        degrees: of :func:`mgfusion.service.picture_views.extremes`.
    """
    under = "".join(
        f'<img class="mgf-under" data-name="{name}" src="{data_url(files[name])}" alt="{title} picture"'
        f"{'' if name == 'vis' else ' hidden'}>"
        for name, title in _SOURCES.items()
    )
    choices = radio_html("mgf-source", _SOURCES, "vis")
    probed = "celsius" in files
    data = (
        f' data-map="{data_url(files["celsius"], "png")}" data-steps="{STEPS}" data-coldest="{COLDEST}"'
        f' tabindex="0" role="application" aria-label="Fused picture; arrow keys read temperatures"'
        if probed
        else ""
    )
    return (
        f'<div class="mgf"><div class="mgf-view"{data}>{under}'
        f'<img class="mgf-over" src="{data_url(files["fused"])}" alt="fused picture">'
        f'<div class="mgf-line"></div><div class="mgf-probe" hidden></div></div>'
        f'<input type="range" class="mgf-split" min="0" max="100" value="50" '
        f'aria-label="Border between the source, left, and the fused picture, right">'
        f'<fieldset class="mgf-sources"><legend>Left of the border</legend>{choices}</fieldset>'
        f'<p class="mgf-key">Where detail comes from:<span style="background:rgb{INFRARED}"></span>infrared'
        f'<span style="background:rgb{VISIBLE}"></span>visible'
        f'<span style="background:#777"></span>neither</p>'
        f"{_degrees_html(degrees) if probed else ''}{_scores_html(scores)}</div>"
    )


def said_html(kind: str, *lines: str) -> str:
    """Lines for people, read out by a screen reader when they appear; kind: note, warning or error."""
    role = "alert" if kind == "error" else "status"
    return "".join(f'<p class="mgf-said mgf-{kind}" role="{role}">{escape(line)}</p>' for line in lines)


def list_html(lines: Iterable[str]) -> str:
    """A list, each line escaped."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _degrees_html(degrees: dict[str, float]) -> str:
    if not degrees:
        return ""
    return (
        f"<p>From {degrees['low']:.1f} to {degrees['high']:.1f} °C, mean {degrees['mean']:.1f} °C. "
        f'Under the pointer: <output class="mgf-degrees" aria-live="polite">–</output></p>'
    )


def _scores_html(scores: dict[str, float | None]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(METRICS[name].title)}</td>"
        f"<td>{'undefined' if value is None else f'{value:.3f}'}</td></tr>"
        for name, value in scores.items()
    )
    return f"<table><caption>Scores, mgfusion evaluate's</caption>{rows}</table>" if rows else ""


def data_url(content: bytes, kind: str = "jpeg") -> str:
    """A picture's file inside of the page itself."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
