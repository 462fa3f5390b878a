"""What a thermal lens bends: the geometry, finding it from a rig's frames, and laying pictures by it."""

import cv2
import numpy as np
import pytest
from test_alignment import seen

import mgfusion
from mgfusion.errors import ImageError
from mgfusion.registration import Alignment, Lens, Rig, rig_calibration
from mgfusion.registration.matrices import corners, transform
from mgfusion.registration.near_shift import lies_beside
from mgfusion.registration.picture_planes import plane_of
from mgfusion.registration.warping import sampling_maps, warp_infrared
from mgfusion.synthetic.night_street import night_street
from mgfusion.video.fixed_overlay import FixedOverlay

SIZE = (160, 120)
BARREL = Lens(-0.1, 0.03)
LAID = np.array([[2.0, 0.02, 15.0], [-0.02, 2.0, 10.0], [0, 0, 1]])


def bent(picture, lens):
    """As a camera with that lens draws it."""
    size = picture.shape[1], picture.shape[0]
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), 2).astype(np.float64)
    at = lens.ideal(grid, size).astype(np.float32)
    return cv2.remap(picture, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def test_a_lens_is_that_of_opencv_with_the_half_diagonal_for_a_focal_length():
    half, points = np.hypot(*SIZE) / 2, np.array([[3.0, 5.0], [150.0, 20.0], [79.5, 59.5], [20.0, 110.0]])
    camera = np.array([[half, 0, 79.5], [0, half, 59.5], [0, 0, 1]])
    rays = np.column_stack([(points - (79.5, 59.5)) / half, np.ones(len(points))])
    theirs, _ = cv2.projectPoints(
        rays, np.zeros(3), np.zeros(3), camera, np.array([BARREL.k1, BARREL.k2, 0, 0])
    )
    np.testing.assert_allclose(BARREL.drawn(points, SIZE), theirs[:, 0], atol=1e-9)
    np.testing.assert_allclose(BARREL.ideal(BARREL.drawn(points, SIZE), SIZE), points, atol=1e-6)
    double = Lens(BARREL.k1, BARREL.k2).drawn(2 * points + 0.5, (320, 240))  # the same picture, resized
    np.testing.assert_allclose(double, 2 * BARREL.drawn(points, SIZE) + 0.5, atol=1e-9)


def test_laying_by_a_lens_takes_back_what_it_bent():
    picture = cv2.GaussianBlur(night_street(2, 120, 160).ir, (0, 0), 1)
    straight, inside = warp_infrared(picture, LAID, (360, 270))
    again, also = warp_infrared(bent(picture, BARREL), LAID, (360, 270), BARREL)
    where = (inside > 0.9) & (also > 0.9)
    left = np.abs(warp_infrared(bent(picture, BARREL), LAID, (360, 270))[0] - straight)
    assert np.abs(again - straight)[where].mean() < 0.25 * left[where].mean() and where.mean() > 0.4
    overlay = FixedOverlay(LAID, SIZE, (360, 270), BARREL)
    unit = bent(picture, BARREL).astype(np.float32) / 255
    laid, share = overlay.lay(unit)
    np.testing.assert_allclose(laid, warp_infrared(unit, LAID, (360, 270), BARREL)[0], atol=1e-6)
    np.testing.assert_array_equal(share, 1 - also)
    warped, mask = Alignment(LAID, 1.0, SIZE, (360, 270), lens=BARREL).warp(bent(picture, BARREL))
    assert np.abs(warped.astype(float) - again).max() <= 0.5 and (mask == (also > 0))[where].all()


def test_corners_lie_where_the_lens_drew_them():
    found = Alignment(LAID, 1.0, SIZE, (360, 270), lens=BARREL)
    maps = sampling_maps(LAID, SIZE, (360, 270), BARREL)
    ideal = transform(np.linalg.inv(LAID), found.corners)
    np.testing.assert_allclose(BARREL.drawn(ideal, SIZE), corners(SIZE), atol=1e-4)
    x, y = np.rint(found.corners[0]).astype(int)
    if x >= 0 and y >= 0:
        assert np.abs(maps[0][y, x]).max() <= 1


def frames(lens, count=6, size=(240, 320)):
    """Far scenes through one rig, and its matrix."""
    pairs, truth = [], np.eye(3)
    for seed in range(count):
        scene = night_street(seed + 1, *size)
        narrow, truth = seen(scene.ir, 0.8, 2, 8, -6)
        if lens is not None:
            shape = narrow.shape[1], narrow.shape[0]
            grid = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1])), 2).astype(np.float64)
            at = transform(truth, lens.ideal(grid, shape).reshape(-1, 2)).reshape(grid.shape)
            narrow = cv2.remap(scene.ir, at.astype(np.float32), None, cv2.INTER_CUBIC)
        pairs.append((narrow, scene.vis))
    return pairs, truth


@pytest.fixture
def known(monkeypatch):
    """Frames are found one by one elsewhere, in seconds each: here they lie where they lie."""

    def known(truth):
        def placed(ir, vis, model):
            return Alignment(truth, 1.0, ir.size, vis.size)

        monkeypatch.setattr(rig_calibration, "align_planes", placed)

    return known


def test_a_rig_s_frames_tell_what_its_lens_bends(known):
    barrel = Lens(-0.08, 0.0)
    pairs, truth = frames(barrel)
    known(truth)
    rig = mgfusion.calibrate(pairs)
    assert rig.lens is not None and rig.lens.k1 + rig.lens.k2 == pytest.approx(-0.08, abs=0.03)
    grid = np.stack(np.meshgrid(np.linspace(0, 255, 9), np.linspace(0, 191, 7)), 2).reshape(-1, 2)
    right = transform(truth, barrel.ideal(grid, rig.ir_size))
    off = np.linalg.norm(transform(rig.matrix, rig.lens.ideal(grid, rig.ir_size)) - right, axis=1)
    assert off.mean() < 0.006 * 320


def test_no_lens_is_made_up(known):
    pairs, truth = frames(None)
    known(truth)
    assert mgfusion.calibrate(pairs).lens is None


def test_a_lens_is_kept_in_the_rig_s_file_and_goes_with_its_alignment(tmp_path):
    rig = Rig(LAID, SIZE, (360, 270), lens=BARREL)
    path = rig.save(tmp_path / "rig.json")
    again = Rig.load(path)
    assert again.lens == BARREL and again.alignment((80, 60), (180, 135)).lens == BARREL
    path.write_text(path.read_text().replace("-0.1", "-1.1"))
    with pytest.raises(ImageError, match="its lens is none"):
        Rig.load(path)
    path.write_text(path.read_text().replace("-1.1", "NaN"))
    with pytest.raises(ImageError, match="its lens is none"):
        Rig.load(path)


def test_fusing_by_a_rig_with_a_lens_lays_the_infrared_by_it(recwarn):
    scene = night_street(2, 120, 160)
    rig = Rig(LAID, SIZE, (360, 270), lens=BARREL)
    vis = cv2.warpPerspective(scene.vis, LAID, (360, 270), borderMode=cv2.BORDER_REPLICATE)
    plain = Rig(LAID, SIZE, (360, 270))

    def infrared(ir, vis):
        return ir

    by_lens, without = (
        mgfusion.Fuser(infrared, align=one, gray=True, repair=False)(bent(scene.ir, BARREL), vis)
        for one in (rig, plain)
    )
    assert not [line for line in recwarn if "beside where the rig lays it" in str(line.message)]
    straight = mgfusion.Fuser(infrared, align=plain, gray=True, repair=False)(scene.ir, vis)
    off = [np.abs(one.astype(float) - straight)[40:-40, 60:-60].mean() for one in (by_lens, without)]
    assert off[0] < 0.5 * off[1]


def test_whether_a_frame_lies_beside_is_asked_of_the_unbent_picture():
    scene, strong = night_street(1, 120, 160), Lens(-0.25, 0.05)
    vis = cv2.warpPerspective(scene.vis, LAID, (360, 270), borderMode=cv2.BORDER_REPLICATE)
    planes = plane_of(bent(scene.ir, strong), "ir"), plane_of(vis, "vis")
    assert lies_beside(*planes, LAID, strong) < 0.004 < lies_beside(*planes, LAID)
