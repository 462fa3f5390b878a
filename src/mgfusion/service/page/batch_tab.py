"""The tab that fuses a zip of pairs into a zip of pictures, and lists what failed."""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from mgfusion.errors import MGFusionError
from mgfusion.service.page.fuse_tab import choices, format_choice
from mgfusion.service.page.html_parts import list_html, said_html
from mgfusion.service.page.page_service import PageService, offered_file, read_upload
from mgfusion.service.page.zip_batches import fuse_zip

WHAT_TO_DO = (
    "Give a zip of pairs: in folders ir and vis under the same names, or named 0001_ir.png and 0001_vis.png, "
    "DJI_0007_T.JPG and DJI_0007_W.JPG. What fails is listed, and the rest is done."
)


def batch_tab(service: PageService) -> None:
    """Build the tab."""
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            packed = gr.File(label="A zip of pairs", file_types=[".zip"], height=120)
            options = choices(service)
            ending = format_choice()
            with gr.Row():
                button = gr.Button("Fuse all", variant="primary", elem_id="fuse-all")
                stop = gr.Button("Cancel", elem_id="cancel")
        with gr.Column(scale=2, min_width=320):
            said = gr.HTML(said_html("note", WHAT_TO_DO), elem_id="batch-said")
            problems = gr.HTML("", elem_id="problems")
            download = gr.DownloadButton(
                "Download the fused pictures", visible=False, elem_id="batch-download"
            )

    def fuse_all(
        packed: str | None,
        ending: str,
        *chosen: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[tuple[Any, ...]]:
        hidden = gr.update(visible=False)
        data = read_upload(packed)
        if data is None:
            yield said_html("error", "No zip. " + WHAT_TO_DO), "", hidden
            return
        yield said_html("note", "Fusing …"), "", hidden
        try:
            known = service.offer.options(**service.options(*chosen))
            batch = fuse_zip(
                data, ending, known, service.pool.run_here, service.limits,
                lambda done, total: progress((done, total), desc="fusing"),
            )  # fmt: skip
        except MGFusionError as error:
            yield said_html("error", str(error)), "", hidden
            return
        failed = len(batch.problems)
        note = said_html("warning" if failed else "note", f"{batch.done} fused, {failed} problems.")
        shown = gr.update(value=offered_file("fused.zip", batch.data), visible=batch.done > 0)
        yield note, list_html(batch.problems) if failed else "", shown

    running = button.click(
        fuse_all,
        [packed, ending, *options],
        [said, problems, download],
        api_visibility="private",
        concurrency_limit=1,
    )
    stop.click(
        lambda: said_html("note", "Cancelled."),
        None,
        said,
        cancels=[running],
        api_visibility="private",
        queue=False,
    )
