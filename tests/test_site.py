"""The site: built strictly, asks no other host for anything, and has every page and every public name."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import mgfusion

ROOT = Path(__file__).parents[1]
FETCHING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}


class Fetched(HTMLParser):
    """What a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        followed = named.get("rel") in ("prev", "next", "canonical")  # by the reader, not the browser
        if tag in FETCHING and FETCHING[tag] in named and not followed:
            self.addresses.append(named[FETCHING[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_no_page_asks_another_host_for_anything(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        parser = Fetched()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.addresses
        outside = [address for address in parser.addresses if re.match(r"(https?:)?//", address)]
        assert not outside, (page.name, outside)
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"url\([\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_every_public_name_is_in_the_reference(site):
    page = (site / "api.html").read_text(encoding="utf-8")
    missing = [
        name
        for name in mgfusion.__all__
        if not re.search(rf'id="mgfusion\.(?:errors\.)?{name}"', page) and name != "__version__"
    ]
    assert not missing
    assert not re.search(r":(func|class|meth|mod|data|attr):", re.sub(r"<pre.*?</pre>", "", page, flags=re.S))


def test_formulas_are_drawn_without_a_script(site):
    page = (site / "metrics.html").read_text(encoding="utf-8")
    assert page.count("<math ") > 30 and "<mfrac>" in page
    assert not re.search(r"\$[^$\n<]*\\\w+[^$\n<]*\$", page)


def test_every_command_is_on_the_page_of_commands(site):
    from mgfusion.cli import main

    page = (site / "commands.html").read_text(encoding="utf-8")
    assert not [name for name in main.commands if f'id="{name}' not in page]
    assert "--skip-existing" in page


def test_every_page_of_the_docs_is_in_the_site(site):
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    built = {page for page in pages if (site / page).with_suffix(".html").is_file()}
    assert built and built == {page for page in pages if page.parts[0] != "runs"}
