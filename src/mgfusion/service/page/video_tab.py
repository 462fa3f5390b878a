"""The tab that fuses two videos, or one that holds both, and tells how far it is."""

import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from mgfusion.errors import MGFusionError, MissingExtraError
from mgfusion.service.page.command_line import VIDEO_MODEL, command_line
from mgfusion.service.page.html_parts import list_html, said_html
from mgfusion.service.page.page_service import PageService, offered_file
from mgfusion.service.video_jobs import FUSED, Progress, VideoDone
from mgfusion.service.video_runs import VideoRuns
from mgfusion.thermal import palette_names

_LAYOUTS = [
    ("two files", "files"), ("one file, infrared left of visible", "side-by-side"),
    ("one file, infrared above visible", "top-bottom"),
    ("one file, infrared in the first of two tracks", "dual-track"),
]  # fmt: skip


def video_tab(service: PageService, page: gr.Blocks) -> None:
    """Build the tab.

    Args:
        service: that does the work.
        page: that it is on; a video is cancelled when its browser leaves.
    """
    from mgfusion.video.video_files import SUFFIXES, require_av

    try:
        require_av()
    except MissingExtraError as error:
        gr.HTML(said_html("note", str(error)))
        return
    runs = VideoRuns(service.pool, service.limits)
    what_to_do = (
        "Give an infrared and a visible video of one scene, of at most "
        f"{service.limits.body / (1 << 20):g} MiB each: registered and of one size, or with the rig.json "
        "of their cameras (More). Frames are paired by time. One video is fused after the other."
    )
    kinds = [*SUFFIXES, *(suffix.upper() for suffix in SUFFIXES)]
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            ir = gr.File(label="Infrared video, or one that holds both", file_types=kinds, height=120)
            vis = gr.File(label="Visible video", file_types=kinds, height=120)
            layout = gr.Dropdown(_LAYOUTS, value="files", label="How they come")
            models = list(service.offer.models)
            fast = VIDEO_MODEL if VIDEO_MODEL in models else models[0]
            model = gr.Dropdown(models, value=fast, label="Model")
            thermal = gr.Slider(0, 1, 0.5, step=0.05, label="Thermal dial")
            names = ["visible", "grey", *palette_names()]
            colour = gr.Dropdown(names, value="visible", label="Colour")
            with gr.Accordion("More", open=False):
                rig = gr.File(label="Alignment: rig.json or points.csv",
                              file_types=[".json", ".csv"], height=120, elem_id="rig")  # fmt: skip
                offset = gr.Number(0, label="Seconds that the infrared began later", step=0.04)
                told = "auto (steady over time), full, or two numbers of the file: 7000,9000"
                ir_range = gr.Textbox("auto", label="Infrared range", info=told)
                invert = gr.Checkbox(False, label="The infrared is black-hot: dark is warm")
            with gr.Row():
                button = gr.Button("Fuse the video", variant="primary", elem_id="fuse-video")
                stop = gr.Button("Cancel", elem_id="cancel-video")
        with gr.Column(scale=2, min_width=320):
            said = gr.HTML(said_html("note", what_to_do), elem_id="video-said")
            shown = gr.Video(label="Fused video", visible=False, interactive=False, elem_id="video")
            download = gr.DownloadButton("Download the fused video", visible=False, elem_id="video-download")
            command = gr.Code("", language="shell", label="The same by command", wrap_lines=True, lines=1,
                              visible=False, elem_id="video-command")  # fmt: skip

    def fuse_video(
        request: gr.Request,
        ir: str | None,
        vis: str | None,
        layout: str,
        model: str,
        thermal: float,
        colour: str,
        offset: float | None,
        rig: str | None,
        ir_range: str,
        invert: bool,
    ) -> Iterator[tuple[Any, ...]]:
        nothing = (gr.update(visible=False),) * 3
        if ir is None or (layout == "files" and vis is None):
            yield said_html("error", "No two videos. " + what_to_do), *nothing
            return
        second = vis if layout == "files" else None
        options: dict[str, Any] = {"model": model, "thermal": float(thermal), "colour": colour,
                   "ir_range": ir_range.strip() or "auto", "invert": invert}  # fmt: skip
        session, begun = str(request.session_hash), time.monotonic()
        uploads = Path(ir), None if second is None else Path(second)
        alignment = None if rig is None else Path(rig)
        try:
            known = service.offer.options(**options)
            for step in runs.run(session, *uploads, layout, offset or 0.0, known, alignment):
                if isinstance(step, Progress):
                    yield progress_html(step, time.monotonic() - begun), *nothing
                    continue
                path = offered_file(FUSED, Path(step.path))
                told = {**options, "layout": layout, "offset": float(offset or 0)}
                if alignment is not None:
                    told["points" if alignment.suffix.lower() == ".csv" else "align"] = alignment.name
                line = command_line(uploads[0].name, second and Path(second).name, ".mp4", told)
                yield (
                    _notes(step, model, time.monotonic() - begun),
                    gr.update(value=path, visible=True),
                    gr.update(value=path, visible=True),
                    gr.update(value=line, visible=True),
                )
        except MGFusionError as error:
            kind = "note" if getattr(error, "code", "") == "cancelled" else "error"
            yield said_html(kind, str(error)), *nothing

    button.click(
        fuse_video,
        [ir, vis, layout, model, thermal, colour, offset, rig, ir_range, invert],
        [said, shown, download, command],
        api_visibility="private",
        concurrency_limit=1,
        show_progress="hidden",
        trigger_mode="once",
    )

    def cancel(request: gr.Request) -> None:
        runs.cancel(str(request.session_hash))

    stop.click(cancel, None, None, api_visibility="private", queue=False)
    page.unload(cancel)


def progress_html(at: Progress, spent: float) -> str:
    """How far a video is, in seconds of it."""
    if not at.frames:
        return said_html("note", "Starting …")
    pace = f"{at.frames} frames, {at.frames / max(spent, 0.1):.1f} a second"
    if at.total is None:
        return f'<p class="mgf-said">{at.done:.1f} s of it are done: {escape(pace)}.</p>'
    share = min(1.0, at.done / max(at.total, 0.01))
    left = spent * (1 - share) / max(share, 0.01)
    return (
        f'<div class="mgf-said"><progress max="1" value="{share:.3f}" aria-label="Video fused"></progress>'
        f"<p>{at.done:.1f} of {at.total:.1f} s: {escape(pace)}, some {left:.0f} s left.</p></div>"
    )


def _notes(done: VideoDone, model: str, spent: float) -> str:
    note = said_html("note", f"Fused: {done.frames} frames by {model} in {spent:.0f} s.")
    lines = (*done.problems, *done.notes)
    return note + (said_html("warning", "What is to be known of it:") + list_html(lines) if lines else "")
