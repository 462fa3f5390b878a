"""The pictures of docs/serve.md: the page on a synthetic pair, a wrong file, and a phone.

    python scripts/page_pictures.py docs/images

Needs Debian's Chromium and playwright; serves and looks at this machine alone.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 240_000  # milliseconds


def main() -> None:
    folder = Path(sys.argv[1])
    words = [sys.executable, "-m", "mgfusion", "serve", "--port", "0", "--timeout", "240"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=QUIET
                )
                for name, width, height in (("page", 1180, 900), ("phone", 390, 844)):
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.set_default_timeout(PATIENCE)
                    page.goto(url)
                    page.get_by_role("button", name="Street with temperatures").click()
                    page.locator(".mgf-view[data-map]").wait_for()
                    page.wait_for_timeout(1500)
                    if name == "page":
                        page.locator(".mgf-view").hover(position={"x": 550, "y": 330})
                        page.wait_for_timeout(1000)
                        page.locator(".mgf-view").hover(position={"x": 556, "y": 334})
                        page.wait_for_timeout(500)
                    keep(page, folder / f"serve_{name}.webp")
                wrong(browser.new_page(viewport={"width": 1180, "height": 620}), url, folder)
                browser.close()
        finally:
            process.terminate()


def wrong(page: Page, url: str, folder: Path) -> None:
    """A file that is no picture."""
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    with tempfile.TemporaryDirectory() as place:
        text = Path(place) / "notes.png"
        text.write_text("no picture")
        page.locator("input[type=file]").first.set_input_files(text)
        page.get_by_text("notes.png").first.wait_for()
        page.get_by_role("button", name="Fuse", exact=True).click()
        page.locator("#said [role=alert]").wait_for()
        page.wait_for_timeout(1000)
        page.evaluate("scrollTo(0, 0)")
        keep(page, folder / "serve_error.webp", whole=False)


def keep(page: Page, path: Path, whole: bool = True) -> None:
    with Image.open(io.BytesIO(page.screenshot(full_page=whole))) as picture:
        picture.convert("RGB").save(path, "WEBP", quality=82, method=6)


if __name__ == "__main__":
    main()
