"""One radiometric file in, a fused picture out."""

import io

import cv2
import numpy as np
import pytest

from flir_files import radiometric_jpeg
from mgfusion import Fuser
from mgfusion.errors import ImageError
from mgfusion.images import luminance, to_tensor
from mgfusion.inference.picture_kinds import opened_infrared
from mgfusion.inference.radiometric_scene import radiometric_alignment
from mgfusion.registration import Alignment
from mgfusion.registration.matrices import resizing
from mgfusion.synthetic.night_street import night_street
from noise import noise


def _maximum(ir, vis):
    return ir.maximum(vis)


@pytest.fixture
def one_file() -> bytes:
    counts = np.full((60, 80), 16_000, np.uint16)
    counts[25:35, 35:45] = 20_000
    vis = np.full((240, 320, 3), (60, 90, 60), np.uint8)
    return radiometric_jpeg(counts, vis=vis, overlay=(2.0, 20, -10))


def test_one_file_is_both_pictures(one_file, tmp_path):
    (tmp_path / "a.jpg").write_bytes(one_file)
    fuser = Fuser(_maximum)
    fused = fuser(tmp_path / "a.jpg")
    assert fused.shape == (240, 320, 3) and fused.dtype == np.uint8
    grey = luminance(to_tensor(fused))[0, 0].numpy()
    hot = np.argwhere(grey > 0.9)
    np.testing.assert_allclose(hot.mean(axis=0), (119.5 - 10, 159.5 + 20), atol=1.5)
    np.testing.assert_allclose(grey[5, 5], grey[-5, -5], atol=0.01)  # outside the infrared: the visible one
    assert np.abs(np.diff(grey, axis=1))[150].max() < 0.03  # no seam
    np.testing.assert_array_equal(fuser(one_file), fused)
    np.testing.assert_array_equal(fuser(io.BytesIO(one_file)), fused)
    written = fuser.file(tmp_path / "a.jpg", None, tmp_path / "out.png")
    assert written.is_file()
    with pytest.raises(ImageError, match="one of the inputs"):
        fuser.file(tmp_path / "a.jpg", None, tmp_path / "a.jpg", overwrite=True)


def test_an_isotherm_marks_what_is_seen_alone(one_file):
    plain, cold = Fuser(_maximum)(one_file), Fuser(_maximum, isotherm="..300C")(one_file)
    differ = (plain != cold).any(axis=2)
    assert differ[110, 180] and differ.mean() < 0.3 and not differ[:20].any() and not differ[:, :20].any()


def test_a_palette_colours_what_the_infrared_sees_alone(one_file):
    drawn, plain = Fuser(_maximum, colour="inferno")(one_file), Fuser(_maximum)(one_file)
    assert np.ptp(drawn[110, 180].astype(int)) > 60
    for corner in ((5, 5), (5, -5), (-5, 5), (-5, -5)):
        assert np.ptp(drawn[corner]) == 0  # the visible one's grey: no temperature was measured here
        assert abs(int(drawn[corner][0]) - luminance(to_tensor(plain))[0, 0][corner].item() * 255) < 1


def test_the_frame_around_a_visible_picture_stays_black():
    vis = np.full((240, 320, 3), 120, np.uint8)
    vis[:40], vis[-40:] = 0, 0
    counts = noise((60, 80)) * np.uint16(10) + np.uint16(16_000)
    fused = Fuser(_maximum)(radiometric_jpeg(counts, vis=vis, overlay=(1.0, 0, 0)))
    assert fused[:32].max() < 30 and fused[120].mean() > 100


@pytest.fixture
def nearer() -> bytes:
    """A scene nearer than the camera was set to: the infrared lies 9 pixels to the left of where it says."""
    scene = night_street(3)
    ir = cv2.resize(np.roll(scene.ir, -9, axis=1), (320, 240), interpolation=cv2.INTER_AREA)
    return radiometric_jpeg(ir * np.uint16(16) + np.uint16(15_000), vis=scene.vis, overlay=(1.0, 0, 0))


def test_the_camera_s_own_geometry_is_moved_to_where_both_pictures_agree(nearer, caplog):
    def infrared(ir, vis):
        return ir

    with caplog.at_level("INFO", logger="mgfusion.align"):
        moved = Fuser(infrared, gray=True)(nearer)
    assert any("own geometry, moved by +" in line for line in caplog.messages)
    stays = Fuser(infrared, gray=True, align="none")(nearer)
    wanted = night_street(3).ir.astype(float)[40:-40, 40:-40]

    def off(fused):
        part = fused.astype(float)[40:-40, 40:-40]
        return 1 - np.corrcoef(part.ravel(), wanted.ravel())[0, 1]

    assert off(moved) < 0.4 * off(stays)
    place = Alignment(resizing((320, 240), (640, 480)), 1.0, (320, 240), (640, 480))
    by_hand = Fuser(infrared, gray=True, align=place, parallax=False)
    np.testing.assert_array_equal(by_hand(nearer), stays)
    kept = radiometric_alignment(opened_infrared(nearer), "ir", "none")  # as the page hands it on
    np.testing.assert_array_equal(Fuser(infrared, gray=True, align=kept)(nearer), stays)


def test_what_one_file_lacks_is_said(one_file, tmp_path):
    counts = noise((60, 80)) + np.uint16(16_000)
    vis = noise((120, 160, 3))
    for data, why in (
        (radiometric_jpeg(counts), "holds no visible picture; give that as the second"),
        (radiometric_jpeg(counts, vis=vis), "does not say how .* mark points"),
        (one_file[:2] + one_file[one_file.index(b"\xff\xdb") :], "holds no thermal data beside"),
    ):
        (tmp_path / "b.jpg").write_bytes(data)
        with pytest.raises(ImageError, match=rf"b\.jpg: {why}"):
            Fuser(_maximum)(tmp_path / "b.jpg")


def test_bytes_and_opened_files_are_pictures(tmp_path):
    from mgfusion.images import read_image, write_image

    ir, vis = (
        write_image(tmp_path / n, noise(s)) for n, s in (("ir.png", (40, 50)), ("vis.png", (40, 50, 3)))
    )
    fuser = Fuser(_maximum)
    expected = fuser(ir, vis)
    np.testing.assert_array_equal(fuser(ir.read_bytes(), vis.read_bytes()), expected)
    with ir.open("rb") as one, vis.open("rb") as other:
        np.testing.assert_array_equal(fuser(one, other), expected)
    np.testing.assert_array_equal(read_image(vis.read_bytes()), read_image(vis))
    with ir.open("rb") as one, pytest.raises(ImageError, match=r"ir\.png: nothing to read"):
        one.read()
        read_image(one)
    with pytest.raises(ImageError, match="open it in binary"):
        read_image(io.StringIO("text"))
    with pytest.raises(ImageError, match=r"^ir: not a picture"):
        fuser(b"no picture", vis)


def test_black_hot_and_isotherms_of_arrays():
    ir, vis = noise((40, 50)), np.zeros((40, 50), np.uint8)
    turned = Fuser(_maximum, invert=True)(ir, vis)
    np.testing.assert_array_equal(turned, 255 - ir)
    warm = np.full((40, 50), 20, np.float32)
    warm[10:20, 10:20] = 36
    marked = Fuser(_maximum, isotherm="30C..40C", gray=True)(warm, vis)
    assert (
        marked.shape == (40, 50, 3)
        and (marked[15, 15, 0] > marked[15, 15, 2])
        and np.ptp(marked[30, 30]) == 0
    )
    with pytest.raises(ImageError, match="need not be temperatures"):
        Fuser(_maximum, isotherm="30C..40C")(ir, vis)
