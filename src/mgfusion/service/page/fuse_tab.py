"""The tab that fuses one pair: files in, a view that compares, a file and a command out."""

from typing import Any

import gradio as gr

from mgfusion.images.file_formats import SUFFIXES
from mgfusion.service.page.example_pairs import TITLES, example_pair
from mgfusion.service.page.html_parts import said_html
from mgfusion.service.page.page_service import BY_HAND, PageService, offered_file
from mgfusion.service.page.pair_answers import WHAT_TO_DO, answer
from mgfusion.service.page.placed_pairs import FoundBefore
from mgfusion.service.placements import POINTS_FILE
from mgfusion.thermal import palette_names

FORMATS = (".png", ".tif", ".jpg", ".webp")


def choices(service: PageService, by_hand: bool = False) -> list[Any]:
    """The inputs that tabs share, in the order of :meth:`PageService.options`.

    Args:
        service: what there is to choose.
        by_hand: also that pictures are laid on each other by hand.
    """
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
        hand = [("by hand", BY_HAND)] if by_hand else []
        align = gr.Dropdown(
            [("as they are; aligned where sizes differ", ""), ("align", "auto"), ("never", "none"),
             ("stretch to the same size", "resize"), *hand],
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
            options = choices(service, by_hand=True)
            ending = format_choice()
            button = gr.Button("Fuse", variant="primary", elem_id="fuse")
        with gr.Column(scale=2, min_width=320):
            said = gr.HTML(said_html("note", WHAT_TO_DO), elem_id="said")
            view = gr.HTML("", elem_id="view")
            download = gr.DownloadButton("Download, in full depth", visible=False, elem_id="download")
            command = gr.Code("", language="shell", label="The same by command", wrap_lines=True, lines=1,
                              visible=False, elem_id="command")  # fmt: skip
            points = gr.DownloadButton(f"Download {POINTS_FILE}", visible=False, elem_id="points")
            panel = gr.HTML("", elem_id="placement")
            use = gr.Button("Fuse with this alignment", variant="primary", visible=False,
                            elem_id="fuse-placed")  # fmt: skip
            placed = gr.Textbox("", elem_id="placed", label="The matrix by hand", container=False)
    found = gr.State(None)
    outputs = [said, view, download, command, points, panel, use, placed, found]
    inputs = [placed, found, ir, vis, ending, *options]

    def fuse(placed: str, found: FoundBefore | None, ir: str | None, vis: str | None, ending: str,
             *chosen: Any) -> tuple[Any, ...]:  # fmt: skip
        return answer(service, placed, found, ir, vis, ending, service.options(*chosen))

    fused: dict[str, Any] = {"outputs": outputs, "api_visibility": "private", "concurrency_limit": None}
    button.click(fuse, inputs, **fused)
    use.click(fuse, inputs, **fused, js="(placed, ...others) => [window.mgfPlaced(), ...others]")
    again = [options[0].input, options[1].release, options[2].input, options[3].submit, options[4].submit,
             options[5].input, ending.input]  # fmt: skip
    for event in again:
        event(
            lambda shown, *values: fuse(*values) if shown else (gr.skip(),) * len(outputs),
            [view, *inputs], **fused, trigger_mode="always_last",
        )  # fmt: skip
    options[6].input(  # another way to align them: what was done by hand doesn't count any more
        lambda shown, laid, _, *values: fuse("", *values) if shown or laid else (gr.skip(),) * len(outputs),
        [view, panel, *inputs], **fused, trigger_mode="always_last",
    )  # fmt: skip

    def load(number: int) -> tuple[str, str]:
        infrared, visible = example_pair(number).files.items()
        return offered_file(*infrared), offered_file(*visible)

    for number, example in enumerate(examples):
        example.click(lambda number=number: load(number), None, [ir, vis], api_visibility="private").then(
            fuse, inputs, **fused
        )
