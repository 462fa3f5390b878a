"""Hot targets are found where they are, with a ring that holds nothing hot."""

import numpy as np
import pytest

from mgfusion.thermal.hot_spots import contrast, hot_spots, surroundings


def scene(*boxes: tuple[int, int, int, int], size=(240, 320), ground=90, heat=200) -> np.ndarray:
    """Warm noise with hot boxes (top, left, height, width)."""
    ir = np.random.default_rng(0).normal(ground, 4, size)
    for top, left, height, width in boxes:
        ir[top : top + height, left : left + width] = heat
    return np.clip(np.rint(ir), 0, 255).astype(np.uint8)


def test_targets_are_found_with_their_place_and_contrast():
    ir = scene((60, 80, 30, 12), (150, 200, 20, 20))
    tall, square = sorted(hot_spots(ir), key=lambda spot: spot.window[0].start)
    for spot, (top, left, height, width) in ((tall, (60, 80, 30, 12)), (square, (150, 200, 20, 20))):
        mask = np.zeros(ir.shape, bool)
        mask[spot.window] = spot.blob
        assert mask[top : top + height, left : left + width].mean() > 0.95 and mask.sum() <= height * width
        assert not (spot.blob & spot.ring).any()
        assert spot.contrast == pytest.approx(110 / (4 + 8), rel=0.05)
        assert contrast(ir[spot.window], spot.blob, spot.ring) == spot.contrast


def test_what_is_no_target_is_not_counted():
    assert hot_spots(scene()) == []
    assert hot_spots(scene((60, 80, 3, 3))) == []  # too small
    assert hot_spots(scene((20, 20, 150, 200))) == []  # too large: warm ground
    assert hot_spots(scene((60, 80, 20, 20), heat=120)) == []  # 30 levels above its surroundings
    for shape in ((1, 300), (300, 1), (16, 16), (1, 1)):
        assert hot_spots(np.zeros(shape, np.uint8)) == []


def test_a_ring_leaves_other_targets_out():
    ir = scene((60, 80, 20, 20), (60, 104, 20, 20))
    spots = hot_spots(ir)
    assert len(spots) == 2
    for spot in spots:
        assert ir[spot.window][spot.ring].max() < 130


def test_twelve_at_most_and_the_largest():
    boxes = [(10 + 40 * row, 10 + 60 * column, 12, 12 + 2 * row) for row in range(5) for column in range(4)]
    spots = hot_spots(scene(*boxes))
    assert len(spots) == 12
    assert min(spot.blob.sum() for spot in spots) > 12 * 14


def test_surroundings_follow_the_ground_and_not_the_target():
    around = surroundings(scene((60, 80, 30, 12)))
    assert abs(around.astype(int) - 90).max() <= 3


def test_the_ring_keeps_a_margin_of_two_pixels():
    [spot] = hot_spots(scene((60, 80, 30, 12)))
    rows, columns = np.nonzero(spot.blob)
    beside = spot.ring[rows.min() : rows.max() + 1, columns.max() + 1 :]
    assert not beside[:, :2].any() and beside[:, 2].all()


def test_size_limits_go_with_the_longer_side():
    """More than 60 pixels at 640 wide is more than 15 at 320; less than 3 % is less than 2304."""
    for box, found in (
        ((60, 80, 3, 5), 0),
        ((60, 80, 4, 4), 1),
        ((60, 80, 48, 47), 1),
        ((60, 80, 48, 48), 0),
    ):
        ir = np.full((240, 320), 90, np.uint8)
        ir[60 : 60 + box[2], 80 : 80 + box[3]] = 200
        assert len(hot_spots(ir)) == found, box


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 700), (16, 16), (3, 3), (5, 900)])
def test_noise_of_any_size(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for picture in (noise, np.where(noise > 250, 255, 0).astype(np.uint8)):
        assert len(hot_spots(picture)) <= 12
