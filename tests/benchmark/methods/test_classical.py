"""The classical methods: what each keeps, on pictures small enough to know by heart."""

import numpy as np
import pytest

from mgfusion.benchmark.methods.classical import CLASSICAL, fuse_classical
from mgfusion.benchmark.methods.classical.gradient_transfer import gtf
from mgfusion.benchmark.methods.classical.guided_filter import guided_filter

NAMES = sorted(CLASSICAL)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).random((height, width), dtype=np.float32)


def scene(height=96, width=128):
    """A dark infrared picture with a hot square; a visible one with fine stripes where that is flat."""
    ir = np.full((height, width), 0.25, np.float32)
    ir[30:50, 20:40] = 0.95
    vis = np.full((height, width), 0.45, np.float32)
    vis[:, 64:] += 0.1 * np.where(np.arange(width - 64) // 2 % 2, 1, -1)
    return ir, vis


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_fused_with_itself_is_itself(name):
    x = noise(61, 83)
    np.testing.assert_allclose(fuse_classical(name, x, x), x, atol=2e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (17, 33), (64, 48), (101, 75)])
def test_every_size_and_range(name, size):
    fused = fuse_classical(name, noise(*size, 1), noise(*size, 2))
    assert fused.shape == size
    assert fused.dtype == np.float32
    assert np.isfinite(fused).all()
    assert fused.min() >= 0
    assert fused.max() <= 1


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"gtf"}))
def test_order_does_not_matter(name):
    ir, vis = scene()
    np.testing.assert_allclose(fuse_classical(name, ir, vis), fuse_classical(name, vis, ir), atol=1e-5)


def test_gradient_transfer_is_not_symmetric():
    ir, vis = scene()
    assert np.abs(gtf(ir, vis) - gtf(vis, ir)).max() > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_hot_target_stands_out(name):
    ir, vis = scene()
    fused = fuse_classical(name, ir, vis)
    assert fused[35:45, 25:35].mean() > fused[70:90, 10:50].mean() + 0.1


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"average", "adf"}))
def test_texture_is_kept_better_than_by_averaging(name):
    ir, vis = scene()
    stripes = (slice(8, 88), slice(72, 120))
    assert fuse_classical(name, ir, vis)[stripes].std() > 1.5 * ((ir + vis) / 2)[stripes].std()


def test_laplacian_keeps_the_whole_contrast_of_either_picture():
    ir, vis = scene()
    kept = fuse_classical("laplacian", ir, vis)[8:88, 72:120].std() / vis[8:88, 72:120].std()
    assert kept == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_alone(name):
    ir, vis = scene()
    before = ir.copy(), vis.copy()
    fuse_classical(name, ir, vis)
    np.testing.assert_array_equal(ir, before[0])
    np.testing.assert_array_equal(vis, before[1])


def test_gradient_transfer_lowers_its_own_energy():
    ir, vis = noise(40, 50, 3), noise(40, 50, 4)

    def energy(x):
        d = x - vis
        step_x, step_y = np.zeros_like(d), np.zeros_like(d)
        step_x[:, :-1], step_y[:-1] = np.diff(d, axis=1), np.diff(d, axis=0)
        return np.abs(x - ir).sum() + 4 * np.hypot(step_x, step_y).sum()

    fused = energy(gtf(ir, vis))
    assert fused < 0.6 * energy(ir)
    # With lambda = 4 and noise the optimum is the visible picture plus (nearly) the median difference.
    assert fused <= 1.01 * energy(vis + np.median(ir - vis))


@pytest.mark.parametrize(("side", "kept"), [(12, 0), (28, 1)])
def test_gradient_transfer_keeps_what_total_variation_keeps(side, kept):
    """A square is worth its edge where its area exceeds lambda times its perimeter: from 16 pixels on."""
    vis = np.full((64, 64), 0.2, np.float32)
    ir = vis.copy()
    low = 32 - side // 2
    ir[low : low + side, low : low + side] = 0.8
    assert gtf(ir, vis)[28:36, 28:36].mean() == pytest.approx(0.2 + 0.6 * kept, abs=0.06)


def test_guided_filter_matches_its_definition():
    """Against window sums written out; the guide of one window has the least squares line."""
    guide, x = noise(9, 9, 5), noise(9, 9, 6)
    size, eps = 3, 0.01
    padded_g, padded_x = (np.pad(p.astype(float), 2, mode="symmetric") for p in (guide, x))
    slopes, offsets = np.zeros((11, 11)), np.zeros((11, 11))
    for i in range(11):
        for j in range(11):
            g, t = padded_g[i : i + size, j : j + size], padded_x[i : i + size, j : j + size]
            slopes[i, j] = ((g * t).mean() - g.mean() * t.mean()) / (g.var() + eps)
            offsets[i, j] = t.mean() - slopes[i, j] * g.mean()
    inner = np.array(
        [
            [
                slopes[i + 0 : i + 3, j : j + 3].mean() * guide[i, j] + offsets[i : i + 3, j : j + 3].mean()
                for j in range(9)
            ]
            for i in range(9)
        ]
    )
    np.testing.assert_allclose(guided_filter(guide, x, 1, eps)[1:-1, 1:-1], inner[1:-1, 1:-1], atol=1e-5)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"unknown method 'nothing'.*laplacian"):
        fuse_classical("nothing", noise(4, 4), noise(4, 4))
    with pytest.raises(ValueError, match=r"ir \(4, 4\) and vis \(4, 5\)"):
        fuse_classical("average", noise(4, 4), noise(4, 5))
