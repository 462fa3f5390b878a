"""The pictures of docs/serve.md: every tab of the page, on a desktop and a phone, with good and bad input.

    python scripts/page_pictures.py docs/images [fused film ...]

Synthetic pictures alone. Needs Debian's Chromium and playwright; serves and looks at this machine alone.
"""

import io
import sys
import tempfile
import zipfile
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from mgfusion.images import Array
from mgfusion.images.writing import encode_image
from mgfusion.synthetic.night_street import night_street
from mgfusion.synthetic.street_in_motion import street_in_motion
from served_page import SIZES, give, opened, served_page

_FRAMES = 30


def main() -> None:
    folder, *wanted = Path(sys.argv[1]), *sys.argv[2:]
    with tempfile.TemporaryDirectory() as place, served_page() as (url, browser):
        draw(Path(place))
        if not wanted or {"film", "no_film"} & set(wanted):
            draw_film(Path(place))
        for size in SIZES:
            for look in (fused, refused, unsure, film, no_film, batch, no_batch):
                if wanted and look.__name__ not in wanted:
                    continue
                print(f"{look.__name__}, {size}")
                keep(look(browser, url, size, Path(place)), folder / f"serve_{look.__name__}_{size}.webp")


def fused(browser: Browser, url: str, size: str, place: Path) -> Page:
    """A pair with temperatures, one of which is read."""
    page = opened(browser, url, size)
    page.get_by_role("button", name="Street with temperatures").click()
    view = page.locator(".mgf-view[data-map]")
    view.wait_for()
    page.wait_for_timeout(1500)
    view.focus()
    for key in ("ArrowDown", *["Shift+ArrowRight"] * 30, *["Shift+ArrowDown"] * 24):
        view.press(key)
    return page


def refused(browser: Browser, url: str, size: str, place: Path) -> Page:
    """A file that is no picture."""
    page = opened(browser, url, size)
    give(page, place / "notes.png", place / "vis.png")
    page.locator("#fuse").click()
    page.locator("#said [role=alert]").wait_for()
    return page


def unsure(browser: Browser, url: str, size: str, place: Path) -> Page:
    """An infrared picture of which it can't be told how it lies; two points are marked."""
    page = opened(browser, url, size)
    give(page, place / "small.png", place / "vis.png")
    page.locator("#fuse").click()
    page.locator("#said [role=alert]").wait_for()
    page.locator(".mgf-points summary").click()
    for x, y in ((60, 12.5), (18, 42.5)):  # a lamp and a window's corner, as draw() cuts them
        for side, across, down in (
            ("ir", x / 80, y / 60),
            ("vis", (60 + 2 * x) / 640, (20 + 2 * y) / 480),
        ):
            pick = page.locator(f".mgf-pick[data-side={side}]")
            box = pick.bounding_box()
            assert box is not None
            pick.click(position={"x": across * box["width"], "y": down * box["height"]})
    return page


def film(browser: Browser, url: str, size: str, place: Path) -> Page:
    """Two videos."""
    page = opened(browser, url, size, "Video")
    give(page, place / "ir.mp4", place / "vis.mp4")
    page.locator("#fuse-video").click()
    page.locator("#video-download").wait_for()
    page.wait_for_function("document.querySelector('#video video')?.readyState > 1")
    return page


def no_film(browser: Browser, url: str, size: str, place: Path) -> Page:
    """One of the videos is none."""
    page = opened(browser, url, size, "Video")
    give(page, place / "notes.mp4", place / "vis.mp4")
    page.locator("#fuse-video").click()
    page.locator("#video-said [role=alert]").wait_for()
    return page


def batch(browser: Browser, url: str, size: str, place: Path) -> Page:
    """A zip of which a part can be fused."""
    page = opened(browser, url, size, "Batch")
    give(page, place / "pairs.zip")
    page.locator("#fuse-all").click()
    page.locator("#problems li").first.wait_for()
    return page


def no_batch(browser: Browser, url: str, size: str, place: Path) -> Page:
    """A zip that is none."""
    page = opened(browser, url, size, "Batch")
    give(page, place / "notes.zip")
    page.locator("#fuse-all").click()
    page.locator("#batch-said [role=alert]").wait_for()
    return page


def draw(place: Path) -> None:
    """The files that are given to the page, but for videos."""
    for ending in ("png", "mp4", "zip"):
        (place / f"notes.{ending}").write_text("no picture, no video, no archive")
    scene = night_street(4)
    small = cv2.resize(scene.ir[20:140, 60:220], (80, 60), interpolation=cv2.INTER_AREA)
    (place / "vis.png").write_bytes(encode_image(scene.vis, ".png"))
    (place / "small.png").write_bytes(encode_image(small, ".png"))
    with zipfile.ZipFile(place / "pairs.zip", "w") as archive:
        for seed in range(2):
            street = night_street(seed, 120, 160)
            archive.writestr(f"ir/{seed}.png", encode_image(street.ir, ".png"))
            archive.writestr(f"vis/{seed}.png", encode_image(street.vis, ".png"))
        archive.writestr("ir/2.png", b"no picture")
        archive.writestr("vis/2.png", encode_image(scene.vis, ".png"))
        archive.writestr("vis/3.png", encode_image(scene.vis, ".png"))


def draw_film(place: Path) -> None:
    """Both videos, which take longer than all the rest."""
    frames = list(street_in_motion(_FRAMES))
    write_video(place / "ir.mp4", [frame.ir.astype(np.uint8) for frame in frames])
    write_video(place / "vis.mp4", [frame.vis for frame in frames])


def write_video(path: Path, pictures: list[Array]) -> None:
    """H.264, 25 frames a second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "18"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            kind = "rgb24" if picture.ndim == 3 else "gray"
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, kind)))
        out.mux(stream.encode(None))


def keep(page: Page, path: Path) -> None:
    """The whole page as it is now."""
    page.wait_for_timeout(1500)  # until what moves has come to rest
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as picture:
        picture.convert("RGB").save(path, "WEBP", quality=75, method=6)
    page.close()


if __name__ == "__main__":
    main()
