"""What the page answers for one pair: the fused picture, how its infrared lies, or why there is none."""

from pathlib import Path
from typing import Any

import gradio as gr

from mgfusion.errors import MGFusionError
from mgfusion.registration.alignment import resized
from mgfusion.service.page.command_line import command_line
from mgfusion.service.page.html_parts import said_html, view_html
from mgfusion.service.page.page_service import BY_HAND, PageService, offered_file, read_upload
from mgfusion.service.page.placed_pairs import FoundBefore, pair_key, placed_by_hand
from mgfusion.service.page.placement_panel import in_words, panel_html
from mgfusion.service.placements import POINTS_FILE, ByHand, Placement
from mgfusion.service.worker_jobs import Done, FuseJob, ViewJob

WHAT_TO_DO = (
    "Give an infrared and a visible picture of one scene, or a radiometric JPEG that holds both; then Fuse. "
    "Pictures of one size are taken for registered, others are aligned; where that isn't sure, or by More, "
    "Alignment, by hand, you lay them on each other yourself."
)


def answer(
    service: PageService,
    placed: str,
    found: FoundBefore | None,
    ir: str | None,
    vis: str | None,
    ending: str,
    wanted: dict[str, Any],
) -> tuple[Any, ...]:
    """What the tab shows of a pair, in the order of its outputs.

    Args:
        service: that does the work.
        placed: what the page sends of its stage, see :func:`placed_by_hand`.
        found: what was found before.
        ir, vis: uploads.
        ending: of the format to download.
        wanted: of :meth:`PageService.options`.

    Returns:
        Of what is said, the view, download, command, download of points, the panel and its button, what was
        placed, and what was found.
    """
    if ir is None:
        missing = said_html("error", "No infrared picture. " + WHAT_TO_DO)
        return missing, *_nothing(), *_no_panel(), "", None
    data = read_upload(ir) or b"", read_upload(vis)
    by_hand = None
    try:
        key = pair_key(*data)
        if vis is not None:
            by_hand = placed_by_hand(placed, key) or (ByHand() if wanted["align"] == BY_HAND else None)
        options = {**wanted, "align": None} if wanted["align"] == BY_HAND else wanted
        how = tuple(wanted[name] for name in ("align", "ir_range", "invert"))
        known = found.alignment if found is not None and (found.key, found.how) == (key, how) else None
        job = FuseJob(*data, ending, service.offer.options(**options))
        done = service.pool.run_here(ViewJob(job, by_hand, known))
    except MGFusionError as error:  # what was laid by hand stays, to be laid better
        panel = _no_panel() if by_hand is None else (gr.skip(), gr.skip())
        return said_html("error", _for_people(error, vis)), *_nothing(), *panel, gr.skip(), gr.skip()
    lies = done.placement
    panel = _no_panel()
    if lies is not None:
        if not lies.by_hand:
            known, found = lies.alignment, FoundBefore(key, how, lies.alignment)
        start = known or resized(lies.alignment.ir_size, lies.alignment.vis_size)
        html = panel_html(lies, start, done.placement_views, key)
        panel = html, gr.update(visible=True)
    hand = "" if by_hand is None or by_hand.matrix is None else placed
    if not done.data:
        return _unsure(lies), *_nothing(), *panel, hand, found
    names = Path(ir).name, None if vis is None else Path(vis).name
    table = POINTS_FILE if lies is not None and lies.points else None
    return (
        _notes(done, wanted["model"]),
        view_html(done.views, done.scores, done.degrees),
        gr.update(value=offered_file(f"fused{ending}", done.data), visible=True),
        gr.update(value=command_line(*names, ending, wanted, table), visible=True),
        gr.update(value=offered_file(table, lies.points.encode()), visible=True)
        if table and lies
        else gr.update(visible=False),
        *panel, hand, found,
    )  # fmt: skip


def _nothing() -> tuple[Any, ...]:
    """No view, and nothing to download."""
    return "", *(gr.update(visible=False),) * 3


def _no_panel() -> tuple[Any, ...]:
    return "", gr.update(visible=False)


def _notes(done: Done, model: str) -> str:
    took = sum(spent for step, spent in done.seconds.items() if step != "queue")
    lies = "" if done.placement is None else " " + in_words(done.placement)
    note = f"Fused: {done.size[0]}x{done.size[1]} pixels by {model} in {took:.1f} s.{lies}"
    return said_html("note", note) + said_html("warning", *done.warnings)


def _unsure(lies: Placement | None) -> str:
    how = "Move it (arrow keys, buttons, mouse), or mark four points; then Fuse with this alignment."
    if lies is None or lies.by_hand:
        return said_html("note", "Below, both lie on each other as if they showed the same view. " + how)
    sure = f"{lies.alignment.confidence:.2f}"
    told = f"mgfusion can't tell how they lie on each other (confidence {sure} of 1); below is a guess. "
    return said_html("error", told + how)


def _for_people(error: MGFusionError, vis: str | None) -> str:
    told = str(error)
    if vis is None and "holds no" in told:
        told += ". With one file alone that must be a radiometric JPEG of a camera with two lenses."
    return told
