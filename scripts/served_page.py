"""``mgfusion serve`` and a browser, for scripts that look at its page; this machine alone is asked."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

SIZES = {"desktop": (1180, 900), "phone": (390, 844)}
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
_PATIENCE = 480_000  # milliseconds


@contextmanager
def served_page(*options: str) -> Iterator[tuple[str, Browser]]:
    """The address of a service with the options given, ready for requests, and Debian's Chromium."""
    words = [sys.executable, "-m", "mgfusion", "serve", "--port", "0", "--timeout", "480", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            ask = httpx.HTTPTransport(retries=3)
            with httpx.Client(transport=ask, timeout=_PATIENCE / 1000) as client:
                while client.get(f"{url}/readyz").status_code != 200:
                    time.sleep(0.3)
            chromium = shutil.which("chromium") or "/usr/bin/chromium"
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=_QUIET)
                yield url, browser
                browser.close()
        finally:
            process.terminate()


def opened(browser: Browser, url: str, size: str = "desktop", tab: str = "Fuse") -> Page:
    """A fresh page at one of its tabs."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(_PATIENCE)
    page.goto(url)
    page.get_by_role("tab", name=tab).click()
    return page


def give(page: Page, *files: Path) -> None:
    """Files into the inputs that are seen, in their order; back when all have arrived."""
    inputs = page.get_by_role("tabpanel").locator("input[type=file]")
    for number, file in reversed(list(enumerate(files))):  # an input that is full leaves the page
        inputs.nth(number).set_input_files(file)
        page.locator(f'td[aria-label="{file.name}"]:visible').wait_for()
