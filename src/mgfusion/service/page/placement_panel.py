"""The HTML that shows how the infrared lies upon the visible picture, and lets it be put right by hand."""

import json
from html import escape

from mgfusion.registration import Alignment
from mgfusion.service.page.html_parts import data_url, radio_html
from mgfusion.service.placements import Placement

_SURE, _GUESS = 0.95, 0.4
_MOVES = (
    ("left", "←", "left"), ("up", "↑", "up"), ("down", "↓", "down"), ("right", "→", "right"),
    ("smaller", "−", "smaller"), ("larger", "+", "larger"),
    ("back", "↺", "turn left"), ("turn", "↻", "turn right"),
)  # fmt: skip
_SHOWN = {"edges": "its edges", "ir": "all of it, half transparent", "none": "its outline alone"}
_POINTS = 4


def in_words(placement: Placement) -> str:
    """How sure it is, for people."""
    found = placement.alignment
    if placement.by_hand:
        return "Laid by hand." if placement.points else "Not laid yet: put it right below."
    if found.source == "resized":
        return "Both are taken to show the same view."
    word = (
        "sure" if found.confidence >= _SURE else "fairly sure" if found.trusted
        else "not sure" if found.confidence >= _GUESS else "a guess"
    )  # fmt: skip
    return f"Aligned by what both show: {word} (confidence {found.confidence:.2f} of 1)."


def panel_html(placement: Placement, start: Alignment, files: dict[str, bytes], key: str) -> str:
    """The infrared's outline and edges over the visible picture, and what moves them.

    Args:
        placement: where it lies.
        start: where it was found, or guessed, to go back to.
        files: of :func:`mgfusion.service.placements.placement_views`.
        key: of the pair, which comes back with what was done by hand.
    """
    found = placement.alignment
    vis, ir, edges = (data_url(files[name], kind) for name, kind in _KINDS)
    about = {
        "matrix": _numbers(found), "start": _numbers(start), "key": key, "ir": found.ir_size,
        "vis": found.vis_size,
    }  # fmt: skip
    choices = radio_html("mgf-shown", _SHOWN, "edges")
    pad = "".join(
        f'<button type="button" data-move="{move}" aria-label="Infrared {title}">{sign}</button>'
        for move, sign, title in _MOVES
    )
    laid = "".join(
        f'<img class="mgf-laid" data-name="{name}" src="{source}" alt=""{hidden}>'
        for name, source, hidden in (("edges", edges, ""), ("ir", ir, " hidden"))
    )
    return (
        f'<div class="mgf-placement" data-about="{escape(json.dumps(about))}">'
        f"<h3>How the infrared lies</h3><p>{escape(in_words(placement))}</p>"
        f'<div class="mgf-stage" tabindex="0" role="application" aria-describedby="mgf-keys" '
        f'aria-label="Infrared over the visible picture; arrow keys move it">'
        f'<img src="{vis}" alt="visible picture">{laid}<svg aria-hidden="true"><polygon/><polygon/></svg>'
        f'</div><output class="mgf-lies" aria-live="polite"></output>'
        f'<fieldset class="mgf-sources"><legend>Of the infrared is drawn</legend>{choices}</fieldset>'
        f'<p id="mgf-keys">With the focus on the picture: arrow keys move it, with Alt they turn it (left, '
        f"right) and scale it (up, down); Shift makes ten steps of one. A mouse drags it.</p>"
        f'<div class="mgf-pad" role="group" aria-label="Move the infrared">{pad}'
        f'<button type="button" data-move="reset">Back to the start</button></div>'
        f"{_points_html(vis, ir)}</div>"
    )


_KINDS = (("vis", "jpeg"), ("ir", "jpeg"), ("edges", "png"))


def _numbers(found: Alignment) -> list[float]:
    return [float(value) for value in found.matrix.ravel()]


def _points_html(vis: str, ir: str) -> str:
    """Four places to mark in both pictures, by pointer, by keys, or as numbers."""
    sides = (("ir", "infrared", ir), ("vis", "visible", vis))
    pictures = "".join(
        f'<div><p id="mgf-of-{side}">{title.capitalize()}</p><div class="mgf-pick" data-side="{side}" '
        f'tabindex="0" role="application" aria-label="{title.capitalize()} picture; arrow keys move the '
        f'cross, Enter marks a point"><img src="{source}" alt="{title} picture">'
        f'<span class="mgf-cross" hidden></span></div></div>'
        for side, title, source in sides
    )
    rows = "".join(
        f"<tr><th scope='row'>{number}</th>"
        + "".join(
            f'<td><input type="number" step="any" min="-0.5" data-point="{number - 1}" data-side="{side}" '
            f'data-axis="{axis}" aria-label="Point {number}, {title} {axis}"></td>'
            for side, title, _ in sides
            for axis in "xy"
        )
        + "</tr>"
        for number in range(1, _POINTS + 1)
    )
    return (
        f'<details class="mgf-points"><summary>By four points</summary><p>Mark the same four places, far '
        f"apart, in both pictures: click, or move the cross by arrow keys and press Enter. A further click "
        f"moves the nearest mark.</p>"
        f'<div class="mgf-picks">{pictures}</div><output class="mgf-told" aria-live="polite"></output>'
        f"<table><thead><tr><th scope='col'>Point</th><th scope='col'>infrared x</th><th scope='col'>y</th>"
        f"<th scope='col'>visible x</th><th scope='col'>y</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<button type="button" data-move="clear">Clear the points</button></details>'
    )
