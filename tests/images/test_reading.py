"""Picture files as arrays: kinds, orientation, and what is said of bad ones; folders as pairs."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from mgfusion import images
from mgfusion.errors import ImageError
from mgfusion.images import read_image, write_image
from noise import noise


@pytest.mark.parametrize("shape", [(21, 34), (21, 34, 3)])
@pytest.mark.parametrize(
    ("suffix", "dtype"),
    [(s, np.uint8) for s in (".png", ".tif", ".tiff", ".bmp", ".webp", ".ppm", ".jp2", ".PNG")]
    + [(s, np.uint16) for s in (".png", ".tif", ".ppm")],
)
def test_what_is_written_comes_back_with_its_depth(tmp_path, shape, suffix, dtype):
    array = noise(shape, dtype)
    back = read_image(write_image(tmp_path / f"a{suffix}", array))
    if suffix == ".webp" and back.ndim == 3:  # WebP has no grey
        back = back if len(shape) == 3 else back[..., 0]
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, array)


def test_pgm_and_jpeg(tmp_path):
    deep = noise((9, 12), np.uint16)
    np.testing.assert_array_equal(read_image(write_image(tmp_path / "a.pgm", deep)), deep)
    smooth = np.repeat(np.arange(0, 250, 2, dtype=np.uint8)[None], 40, axis=0)
    assert np.abs(read_image(write_image(tmp_path / "a.jpg", smooth)).astype(int) - smooth).max() <= 2


def test_sixteen_bit_colour_of_other_writers_keeps_its_depth_and_order(tmp_path):
    rgba = noise((9, 12, 4), np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), rgba[..., [2, 1, 0, 3]])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), rgba[..., :3])
    wide = np.repeat(noise((64, 64, 3), np.uint16), 2, axis=0)
    cv2.imwrite(str(tmp_path / "a.jp2"), wide[..., ::-1], [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])
    assert read_image(tmp_path / "a.jp2").dtype == np.uint16


def test_palette_one_bit_alpha_and_float_are_expanded(tmp_path):
    grey = noise((8, 10))
    colour = Image.fromarray(noise((8, 10, 3)) // 128 * 255)
    expected = np.asarray(colour)
    colour.quantize(8).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png"), expected)
    Image.fromarray(grey > 127).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_image(tmp_path / "bits.png"), (grey > 127) * np.uint8(255))
    Image.merge("RGBA", (*colour.split(), Image.fromarray(grey))).save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png"), expected)  # not blended
    Image.merge("LA", (Image.fromarray(grey), Image.fromarray(255 - grey))).save(tmp_path / "la.png")
    np.testing.assert_array_equal(read_image(tmp_path / "la.png"), grey)
    degrees = (grey / 10).astype(np.float32)
    Image.fromarray(degrees).save(tmp_path / "degrees.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "degrees.tif"), degrees)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_exif_orientation_is_applied(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == ".webp" else {}
    picture = Image.fromarray(noise((6, 9, 3)))
    picture.save(tmp_path / f"a{suffix}", exif=exif, **options)
    with Image.open(tmp_path / f"a{suffix}") as saved:
        expected = np.asarray(ImageOps.exif_transpose(saved))
    np.testing.assert_array_equal(read_image(tmp_path / f"a{suffix}"), expected)


def png_bytes(shape=(40, 50, 3)):
    buffer = io.BytesIO()
    Image.fromarray(noise(shape)).save(buffer, "PNG")
    return buffer.getvalue()


def bomb_bytes():
    header = bytearray(png_bytes())
    header[16:24] = (200_000).to_bytes(4, "big") * 2
    import zlib

    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    return bytes(header)


def deep_png():
    return bytes(cv2.imencode(".png", noise((40, 50, 3), np.uint16))[1])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty file"),
        (b"not a picture at all", "not a picture"),
        (png_bytes()[:1500], "truncated"),
        (deep_png()[:5000], "truncated"),
        (png_bytes()[:20], "picture"),
        (bomb_bytes(), "million pixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    ],
)
def test_bad_files_give_one_line_with_their_name(tmp_path, content, says):
    path = tmp_path / "night.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=says) as caught:
        read_image(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "BMP", "WEBP", "PPM", "JPEG2000", "GIF"])
def test_truncation_is_noticed_in_every_format(tmp_path, kind):
    buffer = io.BytesIO()
    Image.fromarray(noise((64, 64, 3))).save(buffer, kind)
    path = tmp_path / "cut.bin"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(ImageError, match=r"cut\.bin"):
        read_image(path)


def test_missing_file_folder_and_permission(tmp_path, monkeypatch):
    with pytest.raises(ImageError, match=r"none\.png: no such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)

    def deny(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)  # the superuser may read anything
    with pytest.raises(ImageError, match=r"a\.png: no permission"):
        read_image(tmp_path / "a.png")


def test_pixels_are_counted_without_a_word_on_what_cannot_be_read(tmp_path, recwarn):
    for name, content in (("good.png", png_bytes()), ("empty.png", b""), ("text.png", b"no picture")):
        (tmp_path / name).write_bytes(content)
    counts = [images.count_pixels(tmp_path / f"{n}.png") for n in ("good", "empty", "text", "missing")]
    assert counts == [40 * 50, 0, 0, 0] and not recwarn.list
