"""The tab that fuses one pair: files in, a view that compares, a file and a command out."""

from pathlib import Path
from typing import Any

import gradio as gr

from mgfusion.errors import MGFusionError
from mgfusion.images.file_formats import SUFFIXES
from mgfusion.service.page.command_line import command_line
from mgfusion.service.page.example_pairs import TITLES, example_pair
from mgfusion.service.page.page_service import PageService, offered_file, read_upload
from mgfusion.service.page.picture_view import said_html, view_html
from mgfusion.service.worker_jobs import FuseJob, ViewJob
from mgfusion.thermal import palette_names

FORMATS = (".png", ".tif", ".jpg", ".webp")
WHAT_TO_DO = (
    "Give an infrared and a visible picture of one scene, or a radiometric JPEG that holds both; then Fuse. "
    "Pictures of one size are taken for registered, others are aligned where that is sure (More, Alignment)."
)


def choices(service: PageService) -> list[Any]:
    """The inputs that tabs share, in the order of :meth:`PageService.options`."""
    models = list(service.offer.models)
    model = gr.Dropdown(models, value=models[0], label="Model")
    thermal = gr.Slider(
        0, 1, 0.5, step=0.05, label="Thermal dial",
        info="0: the visible picture and what it can't see. 1: every hot target lifted.",
    )  # fmt: skip
    colour = gr.Dropdown(
        ["visible", "grey", *palette_names()], value="visible", label="Colour",
        info="The visible picture's, none, or a palette that tells temperatures.",
    )  # fmt: skip
    with gr.Accordion("More", open=False):
        isotherm = gr.Textbox("", label="Isotherm", placeholder="30C..40C",
                              info="Marks temperatures, where the infrared file has them.")  # fmt: skip
        ir_range = gr.Textbox("auto", label="Infrared range",
                              info="auto, full, plateau, or two numbers of the file: 7000,9000")  # fmt: skip
        invert = gr.Checkbox(False, label="The infrared is black-hot: dark is warm")
        align = gr.Dropdown(
            [("as they are; aligned where sizes differ", ""), ("align", "auto"), ("never", "none"),
             ("stretch to the same size", "resize")],
            value="", label="Alignment",
        )  # fmt: skip
    return [model, thermal, colour, isotherm, ir_range, invert, align]


def format_choice() -> gr.Dropdown:
    """Of the file that is downloaded."""
    return gr.Dropdown(list(FORMATS), value=".png", label="Format of the file",
                       info="16 bits stay 16 bits in .png and .tif.")  # fmt: skip


def fuse_tab(service: PageService) -> None:
    """Build the tab."""
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            kinds = [*SUFFIXES, *(suffix.upper() for suffix in SUFFIXES)]
            ir = gr.File(label="Infrared picture, or a radiometric file", file_types=kinds, height=120)
            vis = gr.File(label="Visible picture", file_types=kinds, height=120)
            gr.Markdown("Or try an example:")
            with gr.Row():
                examples = [gr.Button(title, size="sm") for title in TITLES]
            options = choices(service)
            ending = format_choice()
            button = gr.Button("Fuse", variant="primary", elem_id="fuse")
        with gr.Column(scale=2, min_width=320):
            said = gr.HTML(said_html("note", WHAT_TO_DO), elem_id="said")
            view = gr.HTML("", elem_id="view")
            download = gr.DownloadButton("Download, in full depth", visible=False, elem_id="download")
            command = gr.Code("", language="shell", label="The same by command", visible=False,
                              elem_id="command")  # fmt: skip
    outputs = [said, view, download, command]
    inputs = [ir, vis, ending, *options]

    def fuse(ir: str | None, vis: str | None, ending: str, *chosen: Any) -> tuple[Any, ...]:
        if ir is None:
            missing = said_html("error", "No infrared picture. " + WHAT_TO_DO)
            return missing, *_nothing()
        try:
            wanted = service.options(*chosen)
            known = service.offer.options(**wanted)
            job = FuseJob(read_upload(ir) or b"", read_upload(vis), ending, known)
            done = service.pool.run_here(ViewJob(job))
        except MGFusionError as error:
            return said_html("error", _for_people(error, vis)), *_nothing()
        names = Path(ir).name, None if vis is None else Path(vis).name
        took = sum(spent for step, spent in done.seconds.items() if step != "queue")
        size = f"{done.size[0]}x{done.size[1]}"
        note = said_html("note", f"Fused: {size} pixels by {wanted['model']} in {took:.1f} s.")
        return (
            note + said_html("warning", *done.warnings),
            view_html(done.views, done.scores, done.degrees),
            gr.update(value=offered_file(f"fused{ending}", done.data), visible=True),
            gr.update(value=command_line(*names, ending, wanted), visible=True),
        )

    button.click(fuse, inputs, outputs, api_visibility="private", concurrency_limit=None)
    again = [options[0].input, options[1].release, options[2].input, options[3].submit, options[4].submit,
             options[5].input, options[6].input, ending.input]  # fmt: skip
    for event in again:
        event(
            lambda shown, *values: fuse(*values) if shown else (gr.skip(),) * len(outputs),
            [view, *inputs], outputs, api_visibility="private", concurrency_limit=None,
            trigger_mode="always_last",
        )  # fmt: skip

    def load(number: int) -> tuple[str, str]:
        infrared, visible = example_pair(number).files.items()
        return offered_file(*infrared), offered_file(*visible)

    for number, example in enumerate(examples):
        example.click(lambda number=number: load(number), None, [ir, vis], api_visibility="private").then(
            fuse, inputs, outputs, api_visibility="private", concurrency_limit=None
        )


def _nothing() -> tuple[Any, ...]:
    return "", gr.update(visible=False), gr.update(visible=False)


def _for_people(error: MGFusionError, vis: str | None) -> str:
    told = str(error)
    if vis is None and "holds no" in told:
        told += ". With one file alone that must be a radiometric JPEG of a camera with two lenses."
    return told
