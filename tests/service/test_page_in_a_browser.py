"""The page in a real browser: two files dropped, fused, compared, turned, downloaded; nothing else asked."""

import io
import json
import shlex
import shutil
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner
from running_service import HTTP, running, street

import mgfusion
from mgfusion.cli import main
from mgfusion.images.writing import encode_image
from mgfusion.registration import Rig, read_points
from mgfusion.registration.matrices import corners, transform
from mgfusion.synthetic.night_street import night_street

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 240_000  # milliseconds, for a busy machine

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    options = ("--model", "mgfusion-tiny", "--model", "mgfusion-fast", "--workers", "1", "--timeout", "240")
    with running(folder, *options) as started:
        started.wait_until_ready()
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    scene = night_street(0, 120, 160)
    (folder / "ir.tif").write_bytes(encode_image(scene.ir.astype(np.uint16) * 7 + 7000, ".tif"))
    (folder / "vis.png").write_bytes(encode_image(scene.vis.astype(np.uint16) * 257, ".png"))
    return folder


@pytest.fixture(params=[(1280, 900), (390, 800)], ids=["desktop", "phone"])
def page(browser, service, request):
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.asked, opened.failed = [], []
    opened.on("request", lambda asked: opened.asked.append(asked.url))
    opened.on("pageerror", lambda error: opened.failed.append(str(error)))
    opened.on("console", lambda said: said.type == "error" and opened.failed.append(said.text))
    opened.goto(service.url)
    opened.get_by_role("button", name="Fuse", exact=True).wait_for()
    yield opened
    context.close()


def given(page, name: str):
    """The line of a file that has arrived; its name is in pieces there, and whole while it is on its way."""
    return page.locator(f'td[aria-label="{name}"]')


def give(page, ir, vis) -> None:
    inputs = page.locator("input[type=file]")
    inputs.nth(1).set_input_files(vis)
    given(page, vis.name).wait_for()
    inputs.nth(0).set_input_files(ir)
    given(page, ir.name).wait_for()


def keys(page, *often: str | int) -> None:
    for key, times in zip(often[::2], often[1::2], strict=True):
        for _ in range(times):
            page.keyboard.press(key)


def fuse(page) -> None:
    page.get_by_role("button", name="Fuse", exact=True).click()


def test_two_files_are_fused_compared_turned_and_downloaded(page, files, tmp_path, monkeypatch, service):
    give(page, files / "ir.tif", files / "vis.png")
    fuse(page)
    page.locator(".mgf-view").wait_for()
    page.locator(".mgf-split").fill("20")
    assert page.locator(".mgf-over").evaluate("e => e.style.clipPath") == "inset(0px 0px 0px 20%)"
    page.get_by_label("infrared", exact=True).check()
    shown = page.locator(".mgf-under:visible")
    assert shown.count() == 1 and shown.get_attribute("data-name") == "ir"
    assert page.locator(".mgf table tr").count() == 6

    before = page.locator(".mgf-over").get_attribute("src")
    dial = page.get_by_label("number input for Thermal dial")
    dial.fill("0.9")
    dial.press("Tab")
    fuse(page)
    page.wait_for_function("old => document.querySelector('.mgf-over').src !== old", arg=before)
    page.wait_for_function("() => document.querySelector('.mgf-over').style.clipPath.includes('20%')")
    command = page.locator("#command .cm-content").inner_text().strip()
    assert command == "mgfusion fuse ir.tif vis.png -o fused.png --model mgfusion-tiny --thermal 0.9"
    with page.expect_download() as download:
        page.locator("#download").click()
    download.value.save_as(tmp_path / "downloaded.png")

    monkeypatch.chdir(files)
    result = CliRunner().invoke(main, [*shlex.split(command)[1:], "--overwrite"])
    assert result.exit_code == 0, result.output
    downloaded = mgfusion.read_image(tmp_path / "downloaded.png")
    assert downloaded.dtype == np.uint16  # in full depth
    assert np.array_equal(downloaded, mgfusion.read_image(files / "fused.png"))

    elsewhere = [url for url in page.asked if not url.startswith((service.url, "data:", "blob:"))]
    assert not elsewhere and not page.failed
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("page", [(1280, 900)], ids=["desktop"], indirect=True)
def test_what_is_not_sure_is_laid_by_hand_and_the_command_makes_the_same(page, tmp_path, monkeypatch):
    (tmp_path / "ir.png").write_bytes(street(64, 64)["ir"])
    (tmp_path / "vis.png").write_bytes(street(120, 160, 1)["vis"])
    give(page, tmp_path / "ir.png", tmp_path / "vis.png")
    fuse(page)
    page.locator("#said [role=alert]").wait_for()
    assert "a guess (confidence 0." in page.locator(".mgf-placement").inner_text()

    page.locator(".mgf-points summary").click()
    for number, at in enumerate([(0, 0, 9, 5), (60, 0, 129, 5), (60, 60, 129, 125)]):  # twice as large
        for title, value in zip(("infrared x", "infrared y", "visible x", "visible y"), at, strict=True):
            page.get_by_label(f"Point {number + 1}, {title}").fill(str(value))
    page.locator(".mgf-pick[data-side=ir]").focus()  # the fourth by keys, from the middle to 2, 52
    keys(page, "Shift+ArrowLeft", 3, "Shift+ArrowDown", 2, "Enter", 1)
    page.locator(".mgf-pick[data-side=vis]").focus()  # and to 13, 109
    keys(page, "Shift+ArrowLeft", 7, "ArrowRight", 3, "Shift+ArrowDown", 5, "ArrowUp", 1, "Enter", 1)
    assert "fit to 0.0 pixels" in page.locator(".mgf-told").inner_text()
    page.locator(".mgf-stage").focus()
    keys(page, "ArrowLeft", 1, "Shift+ArrowUp", 1, "Alt+ArrowRight", 2, "Alt+ArrowUp", 1)
    assert "turned 0.4 degrees" in page.locator(".mgf-lies").inner_text()
    sent = json.loads(page.evaluate("window.mgfPlaced()"))["matrix"]
    page.get_by_role("button", name="Fuse with this alignment").click()
    page.locator(".mgf-view").wait_for()
    assert "Laid by hand." in page.locator("#said").inner_text()
    command = page.locator("#command .cm-content").inner_text().strip()
    assert command == "mgfusion fuse ir.png vis.png -o fused.png --model mgfusion-tiny --points points.csv"
    for name, button in (("downloaded.png", "#download"), ("points.csv", "#points")):
        with page.expect_download() as download:
            page.locator(button).click()
        download.value.save_as(tmp_path / name)

    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output
    assert np.array_equal(mgfusion.read_image("downloaded.png"), mgfusion.read_image("fused.png"))
    laid = read_points("points.csv").alignment((64, 64), (160, 120))
    np.testing.assert_allclose(
        laid.corners, transform(np.reshape(sent, (3, 3)), corners((64, 64))), atol=0.01
    )
    assert not page.failed


def test_temperatures_are_read_by_pointer_and_by_keyboard(page):
    page.get_by_role("button", name="Street with temperatures").click()
    view = page.locator(".mgf-view[data-map]")
    view.wait_for()
    view.focus()
    for _ in range(100):  # until the map is there
        view.press("ArrowRight")
        if "°C" in page.locator(".mgf-degrees").inner_text():
            break
        page.wait_for_timeout(100)
    for key in ("Shift+ArrowDown", "ArrowDown", "ArrowLeft"):
        view.press(key)
    told = page.locator(".mgf-degrees").inner_text()
    x, y = (int(part) for part in told.rpartition(" at ")[2].split(", "))
    heat = night_street(5).ir.astype(np.float32) / 255
    assert (y > 0) and float(told.split()[0]) == pytest.approx(-2 + 38 * float(heat[y, x]), abs=0.06)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("text.png", b"no picture", "ir: got 10 bytes that are no picture"),
        ("small.png", street(64, 64)["ir"], "can't tell how they lie on each other"),
        ("cut.png", street(96, 128)["ir"][:900], "ir: damaged or truncated"),
    ],
)
def test_bad_input_is_said_in_words(page, files, tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    give(page, tmp_path / name, files / "vis.png")
    fuse(page)
    alert = page.locator("#said [role=alert]")
    alert.wait_for()
    assert words in alert.inner_text()
    assert page.locator(".mgf-view").count() == 0


def test_nothing_given_is_said_in_words(page):
    fuse(page)
    alert = page.locator("#said [role=alert]")
    alert.wait_for()
    assert alert.inner_text().startswith("No infrared picture.")


def test_every_input_has_a_name_for_a_screen_reader(page):
    page.get_by_role("button", name="Night street, 8 bits").click()
    page.locator(".mgf-view").wait_for()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('input, select, textarea, button, [tabindex="0"]')]
          .filter(e => e.offsetParent && !e.labels?.length && !e.ariaLabel && !e.innerText.trim()
            && !e.getAttribute('aria-labelledby') && !e.title && e.type !== 'file')
          .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert not nameless
    assert page.locator("img:not([alt])").count() == 0
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("page", [(390, 800)], ids=["phone"], indirect=True)
def test_a_video_is_fused_and_another_one_is_cancelled(page, tmp_path, service):
    video_clips = pytest.importorskip("video_clips")
    clips = {}
    for name, frames in (("ir", 12), ("vis", 12), ("long_ir", 3000), ("long_vis", 3000)):
        pictures = [video_clips.moving_square(number) for number in range(frames)]
        clips[name] = video_clips.write_video(tmp_path / f"{name}.mp4", pictures)
    page.get_by_role("tab", name="Video").click()
    tab = page.get_by_role("tabpanel").filter(has=page.locator("#fuse-video"))
    tab.get_by_role("button", name="Fuse the video").click()
    assert "No two videos" in page.locator("#video-said [role=alert]").inner_text()
    give(tab, clips["ir"], clips["vis"])
    tab.get_by_role("button", name="Fuse the video").click()
    page.locator("#video-download").wait_for()
    command = page.locator("#video-command .cm-content").inner_text().strip()
    assert command == "mgfusion fuse ir.mp4 vis.mp4 -o fused.mp4"
    with page.expect_download() as download:
        page.locator("#video-download").click()
    download.value.save_as(tmp_path / "fused.mp4")
    assert len(video_clips.read_video(tmp_path / "fused.mp4")) == 12
    page.wait_for_function("document.querySelector('#video video')?.videoWidth === 64")  # it can be played

    service.wait(lambda: len(service.workers()) == 1)  # the one for pictures
    for clear in (0, 0):
        tab.get_by_label("Clear").nth(clear).click()
    give(tab, clips["long_ir"], clips["long_vis"])
    tab.get_by_role("button", name="Fuse the video").click()
    page.locator("#video-said progress").wait_for()
    page.locator("#cancel-video").click()
    page.get_by_text("Cancelled.").wait_for()
    service.wait(lambda: len(service.workers()) == 1)
    assert "Traceback" not in service.log.read_text()
    assert not page.failed


@pytest.mark.parametrize("page", [(1280, 900)], ids=["desktop"], indirect=True)
def test_videos_of_a_rig_take_its_file_and_no_other(page, tmp_path):
    video_clips = pytest.importorskip("video_clips")
    large = [np.full((96, 128, 3), 60 + number, np.uint8) for number in range(5)]
    ir = video_clips.write_video(tmp_path / "ir.mp4", [video_clips.moving_square(k) for k in range(5)])
    vis = video_clips.write_video(tmp_path / "vis.mp4", large)
    Rig(np.diag([2.0, 2.0, 1.0]), (64, 48), (128, 96)).save(tmp_path / "rig.json")
    (tmp_path / "notes.json").write_text("{}")
    page.get_by_role("tab", name="Video").click()
    tab = page.get_by_role("tabpanel").filter(has=page.locator("#fuse-video"))
    give(tab, ir, vis)
    tab.get_by_role("button", name="More").click()
    rig = tab.locator("#rig")
    rig.locator("input[type=file]").set_input_files(tmp_path / "notes.json")
    given(tab, "notes.json").wait_for()
    tab.get_by_role("button", name="Fuse the video").click()
    alert = page.locator("#video-said [role=alert]")
    alert.wait_for()
    assert "holds no rig" in alert.inner_text() and "mgfusion calibrate" in alert.inner_text()
    rig.get_by_label("Clear").click()
    rig.locator("input[type=file]").set_input_files(tmp_path / "rig.json")
    given(tab, "rig.json").wait_for()
    tab.get_by_role("button", name="Fuse the video").click()
    page.locator("#video-download").wait_for()
    command = page.locator("#video-command .cm-content").inner_text().strip()
    assert command == "mgfusion fuse ir.mp4 vis.mp4 -o fused.mp4 --align rig.json"
    page.wait_for_function("document.querySelector('#video video')?.videoWidth === 128")
    assert not page.failed


def test_a_zip_of_pairs_is_fused_and_its_problems_are_listed(page, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(2):
            for side, data in street(64, 64, number).items():
                archive.writestr(f"{side}/{number}.png", data)
        archive.writestr("ir/2.png", b"broken")
        archive.writestr("vis/2.png", street(64, 64)["vis"])
        archive.writestr("vis/9.png", street(64, 64)["vis"])
    (tmp_path / "pairs.zip").write_bytes(packed.getvalue())
    page.get_by_role("tab", name="Batch").click()
    page.locator("input[type=file]").last.set_input_files(tmp_path / "pairs.zip")
    given(page, "pairs.zip").wait_for()
    page.get_by_role("button", name="Fuse all").click()
    page.locator("#problems li").first.wait_for()
    problems = page.locator("#problems li").all_inner_texts()
    assert len(problems) == 2 and any("vis/9.png: found no partner" in line for line in problems)
    assert any(line.startswith("ir/2.png, vis/2.png: ir: got 6 bytes") for line in problems)
    with page.expect_download() as download:
        page.locator("#batch-download").click()
    download.value.save_as(tmp_path / "fused.zip")
    with zipfile.ZipFile(tmp_path / "fused.zip") as archive:
        assert archive.namelist() == ["vis_0.png", "vis_1.png"]
        fused = mgfusion.read_image(archive.read("vis_1.png"))
    assert np.array_equal(fused, mgfusion.fuse(**street(64, 64, 1), model="mgfusion-tiny"))


def test_a_browser_is_asked_for_the_token_once(browser, tmp_path):
    token = "a-token-of-thirty-two-characters"
    with running(tmp_path, "--model", "mgfusion-tiny", "--workers", "1", MGFUSION_TOKEN=token) as service:
        context = browser.new_context()
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE)
        opened.goto(service.url)
        opened.get_by_label("Token").fill("not-the-token-at-all")
        opened.get_by_role("button", name="Open").click()
        opened.get_by_text("That is not the token.").wait_for()
        opened.get_by_label("Token").fill(token)
        opened.get_by_role("button", name="Open").click()
        opened.get_by_role("button", name="Fuse", exact=True).wait_for()
        context.close()
        assert HTTP.get(f"{service.url}/page/", headers={"accept": "*/*"}).status_code == 401
