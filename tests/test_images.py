import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from mgfusion import images
from mgfusion.images import ImageError, files, read_image, write_image


def noise(shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


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


def test_nothing_is_overwritten_unasked(tmp_path):
    path = write_image(tmp_path / "new" / "a.png", noise((4, 5)))
    before = path.read_bytes()
    with pytest.raises(ImageError, match=r"a\.png: exists already"):
        write_image(path, noise((4, 5), seed=1))
    assert path.read_bytes() == before
    write_image(path, noise((4, 5), seed=1), overwrite=True)
    np.testing.assert_array_equal(read_image(path), noise((4, 5), seed=1))


def test_a_file_that_appears_meanwhile_is_kept(tmp_path, monkeypatch):
    def check_then_lose_the_race(path, overwrite):
        path.write_bytes(b"theirs")

    monkeypatch.setattr(files, "check_target", check_then_lose_the_race)
    with pytest.raises(ImageError, match="exists already"):
        write_image(tmp_path / "a.png", noise((4, 5)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"] and (
        tmp_path / "a.png"
    ).read_bytes() == b"theirs"


@pytest.mark.parametrize(
    ("step", "overwrite"),
    [("write_bytes", False), ("write_bytes", True), ("replace", True), ("hardlink_to", False)],
)
def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch, step, overwrite):
    path = tmp_path / "a.png"
    if overwrite:
        path.write_bytes(b"old")
    real = Path.write_bytes

    def full(self, *args):
        if step == "write_bytes":
            real(self, args[0][: len(args[0]) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    if step == "hardlink_to":  # then a rename is tried
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ImageError, match=r"a\.png: cannot be written \(No space left"):
        write_image(path, noise((4, 5)), overwrite)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == (["a.png"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_without_hard_links_a_rename_does(tmp_path, monkeypatch):
    def unsupported(self, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    np.testing.assert_array_equal(read_image(write_image(tmp_path / "a.png", noise((4, 5)))), noise((4, 5)))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageError, match="cannot be written"):
        write_image(tmp_path / "file" / "a.png", noise((4, 5)))


def test_files_are_as_readable_as_others(tmp_path):
    mask = os.umask(0o022)
    try:
        assert write_image(tmp_path / "a.png", noise((4, 5))).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(mask)


@pytest.mark.parametrize(
    ("name", "array", "says"),
    [
        ("a.jpg", noise((4, 5), np.uint16), "cannot hold 16 bits; use one of .png .tif"),
        ("a.xyz", noise((4, 5)), "unknown ending '.xyz'; use one of .png"),
        ("a", noise((4, 5)), "unknown ending"),
        ("a.pgm", noise((4, 5, 3)), "grey only"),
        ("a.png", np.zeros((4, 5), np.float32), "float32"),
        ("a.png", noise((4, 5, 2)), r"shape \(4, 5, 2\)"),
        ("a.jpg", np.zeros((4, 70000), np.uint8), "try .png"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, name, array, says):
    with pytest.raises(ImageError, match=says):
        write_image(tmp_path / name, array)
    assert not list(tmp_path.iterdir())


def test_ycbcr_round_trip_and_known_colours():
    rgb = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(0))
    y, cbcr = images.rgb_to_ycbcr(rgb)
    torch.testing.assert_close(images.ycbcr_to_rgb(y, cbcr), rgb, atol=1e-6, rtol=0)
    colours = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0.5, 0.5, 0.5]])[..., None, None]
    y, cbcr = images.rgb_to_ycbcr(colours)
    assert y.flatten().tolist() == pytest.approx([0.299, 0.114, 0.5])
    assert cbcr[0, 1].item() == pytest.approx(1) and cbcr[1, 0].item() == pytest.approx(1)  # full range
    assert cbcr[2].flatten().tolist() == pytest.approx([0.5, 0.5])


def test_ycbcr_is_that_of_jpeg():
    rgb = noise((16, 16, 3))
    y, cbcr = images.rgb_to_ycbcr(images.to_tensor(rgb))
    ours = images.from_unit(torch.cat([y, cbcr], 1)[0].permute(1, 2, 0).numpy(), np.uint8)
    assert np.abs(ours.astype(int) - np.asarray(Image.fromarray(rgb).convert("YCbCr"))).max() <= 1


def test_new_luminance_is_kept_exactly_and_hue_does_not_turn():
    generator = torch.Generator().manual_seed(0)
    rgb, y = torch.rand(1, 3, 40, 40, generator=generator), torch.rand(1, 1, 40, 40, generator=generator)
    out = images.replace_luminance(rgb, y)
    assert out.min() >= 0 and out.max() <= 1
    torch.testing.assert_close(images.luminance(out), y, atol=1e-5, rtol=0)
    before = images.rgb_to_ycbcr(rgb)[1] - 0.5
    after = images.rgb_to_ycbcr(out)[1] - 0.5
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    assert cross.abs().max() < 1e-5 and ((before * after).sum(1) >= -1e-6).all()
    torch.testing.assert_close(images.replace_luminance(rgb, images.luminance(rgb)), rgb, atol=1e-5, rtol=0)


def test_saved_colour_has_the_exact_luminance_and_greys_stay_grey():
    """However a reader makes grey of it, rounding or cutting off, it finds what it would in the fused one."""
    rgb = 0.02 + 0.9 * torch.rand(1, 3, 60, 60, generator=torch.Generator().manual_seed(0))
    array = images.from_tensor(rgb)
    y, saved = 255 * images.luminance(rgb), 255 * images.luminance(images.to_tensor(array))
    assert (saved - y).abs().max() < 0.06
    assert np.abs(array - 255 * rgb[0].permute(1, 2, 0).numpy()).max() < 2
    plain = 255 * images.luminance((255 * rgb).round() / 255)
    assert (plain - y).abs().max() > 0.3  # what rounding each channel for itself leaves
    grey = torch.rand(1, 1, 9, 9).expand(-1, 3, -1, -1)
    array = images.from_tensor(grey)
    assert (array == array[..., :1]).all()
    black_and_white = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
    assert images.from_tensor(black_and_white).tolist() == [[[0] * 3, [255] * 3]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_tensors_round_trip(dtype, shape):
    array = noise(shape, dtype)
    tensor = images.to_tensor(array)
    assert tensor.shape == (1, 3 if len(shape) == 3 else 1, 5, 7) and tensor.dtype == torch.float32
    np.testing.assert_array_equal(images.from_tensor(tensor, dtype), array)


def test_rounding_is_to_nearest_and_clipped():
    values = np.array([[-0.2, 0.4981, 0.4979, 1.7]])
    assert images.from_unit(values, np.uint8).tolist() == [[0, 127, 127, 255]]
    assert images.from_unit(np.array([[1.5 / 255 + 1e-6]]), np.uint8).tolist() == [[2]]
    with pytest.raises(ImageError, match="from 0 to 7"):
        images.to_unit(np.array([[0.0, 7.0]]), "x")


def test_sixteen_bit_counts_of_a_thermal_camera_are_stretched():
    counts = np.random.default_rng(0).normal(7600, 60, (120, 160)).astype(np.uint16)
    counts[40:60, 40:50] = 8800
    counts[0, 0], counts[5, 5] = 0, 65535  # dead pixels
    unit = images.infrared_to_unit(counts)
    assert unit.dtype == np.float32 and unit.min() == 0 and unit.max() == 1
    assert unit[40:60, 40:50].min() > 0.98 and unit.mean() < 0.3
    assert images.infrared_to_unit(counts, "full")[80, 80] == pytest.approx(counts[80, 80] / 65535)
    assert images.infrared_to_unit(counts, (7000.0, 9000.0))[50, 45] == pytest.approx(0.9)


def test_infrared_that_needs_no_stretch_is_left_alone():
    full, eight = noise((50, 60), np.uint16), noise((50, 60)) // 4
    np.testing.assert_allclose(images.infrared_to_unit(full), full / np.float32(65535))
    np.testing.assert_allclose(images.infrared_to_unit(eight), eight / np.float32(255))
    unit = (eight / 255).astype(np.float32)
    np.testing.assert_array_equal(images.infrared_to_unit(unit), unit)
    flat = np.full((50, 60), 7000, np.uint16) + (noise((50, 60)) % 4)
    assert np.ptp(images.infrared_to_unit(flat.astype(np.uint16))) < 0.1  # noise is not made a picture


def test_degrees_and_missing_values():
    degrees = np.full((40, 40), 18.0, np.float32)
    degrees[10:20, 10:20], degrees[0, 0] = 36.5, np.nan
    unit = images.infrared_to_unit(degrees)
    assert unit[15, 15] == 1 and unit[30, 30] == 0 and np.isfinite(unit).all()
    with pytest.raises(ImageError, match="no finite"):
        images.infrared_to_unit(np.full((4, 4), np.nan))
    with pytest.raises(ImageError, match="int32"):
        images.infrared_to_unit(np.zeros((4, 4), np.int32))


def test_ir_range_text():
    assert images.parse_ir_range("auto") == "auto" and images.parse_ir_range("7000,9000") == (7000.0, 9000.0)
    for text in ("most", "1,2,3", "9,7", "nan,3"):
        with pytest.raises(ImageError, match="infrared range"):
            images.parse_ir_range(text)


def test_grey_stored_as_colour_and_false_colour(recwarn):
    grey = noise((30, 40))
    np.testing.assert_array_equal(images.to_grey(np.repeat(grey[..., None], 3, axis=2)), grey)
    jpeg = np.repeat(grey[..., None], 3, axis=2) // 2 + noise((30, 40, 3), seed=1) % 3
    assert images.is_grey(jpeg) and not images.is_grey(noise((30, 40, 3)))
    assert not recwarn.list
    with pytest.warns(UserWarning, match=r"hot\.png: infrared in colour"):
        false_colour = images.to_grey(noise((30, 40, 3)), "hot.png")
    assert false_colour.shape == (30, 40) and false_colour.dtype == np.uint8


def test_folders_are_paired_by_stem(tmp_path):
    for name in (
        "ir/b.png",
        "ir/a.jpg",
        "ir/only.png",
        "ir/two.png",
        "ir/two.tif",
        "ir/notes.txt",
        "ir/.hidden.png",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("vis/a.png", "vis/b.PNG", "vis/two.png", "vis/other.png", "vis/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = images.pair_folders(tmp_path / "ir", tmp_path / "vis")
    assert [(i.name, v.name) for i, v in found.pairs] == [("a.jpg", "a.png"), ("b.png", "b.PNG")]
    assert [p.name for p in found.ir_only] == ["only.png"] and [p.name for p in found.vis_only] == [
        "other.png"
    ]
    assert [[p.name for p in same] for same in found.ambiguous] == [["two.png", "two.tif", "two.png"]]
    with pytest.raises(ImageError, match="no such folder"):
        images.pair_folders(tmp_path / "none", tmp_path / "vis")
    with pytest.raises(ImageError, match="is a file"):
        images.pair_folders(tmp_path / "ir" / "b.png", tmp_path / "vis")
