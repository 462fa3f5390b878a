"""The page, mounted into the service's application; it asks no other host for anything."""

import os
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from mgfusion.service.page.page_service import PageService

PATH = "/page"
_HERE = Path(__file__).parent
_KEPT = 600  # seconds that uploads and results are kept: long enough to turn the dial once more


def mount_page(app: FastAPI, service: PageService) -> FastAPI:
    """Put the page under :data:`PATH`.

    Raises:
        ImportError: Gradio is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read as it is imported; it would ask its makers' host
    import gradio as gr

    from mgfusion.service.page.batch_tab import batch_tab
    from mgfusion.service.page.fuse_tab import fuse_tab
    from mgfusion.service.page.video_tab import video_tab

    fonts = ["system-ui", "sans-serif"]  # Gradio's own would be asked of another host
    theme = gr.themes.Default(primary_hue="orange", font=fonts, font_mono=["ui-monospace", "monospace"])
    theme.set(
        block_info_text_color="#525252", block_info_text_color_dark="#c4c4c4",
        button_primary_background_fill="#c2410c", button_primary_background_fill_dark="#c2410c",
        button_primary_background_fill_hover="#9a3412", button_primary_background_fill_hover_dark="#9a3412",
    )  # fmt: skip
    with gr.Blocks(title="mgfusion", analytics_enabled=False, delete_cache=(60, _KEPT)) as blocks:
        gr.Markdown("# mgfusion\nInfrared and visible pictures fused into one.")
        with gr.Tab("Fuse"):
            fuse_tab(service)
        with gr.Tab("Video"):
            video_tab(service, blocks)
        with gr.Tab("Batch"):
            batch_tab(service)
    blocks.queue(default_concurrency_limit=service.limits.workers + service.limits.queue, api_open=False)
    scripts = [(_HERE / name).read_text(encoding="utf-8") for name in ("page.js", "placement.js")]
    mounted: Any = gr.mount_gradio_app(
        app, blocks, PATH,
        theme=theme,
        css=(_HERE / "page.css").read_text(encoding="utf-8"),
        head="".join(f"<script>{script}</script>" for script in scripts),
        footer_links=[],
        max_file_size=service.limits.body,
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
    )  # fmt: skip
    whole: FastAPI = mounted
    return whole
