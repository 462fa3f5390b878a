"""The paper's six metrics on batches of tensors, on any device: the same numbers as the numpy ones in
float64.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from mgfusion.errors import ImageError, OptionError
from mgfusion.images.colour import LUMA
from mgfusion.metrics import PAPER_METRICS, select
from mgfusion.metrics.conventions import CONVENTIONS
from mgfusion.metrics.fidelity import SCALES
from mgfusion.metrics.filters import gaussian
from mgfusion.metrics.perception import BLOCK, frequencies
from mgfusion.metrics.registry import METRICS

BATCHED_CONVENTIONS = ("standard", "paper")
EPS = 1e-10


def evaluate_batch(
    fused: Tensor,
    ir: Tensor,
    vis: Tensor,
    metrics: Iterable[str] = PAPER_METRICS,
    convention: str = "standard",
    dtype: torch.dtype = torch.float64,
) -> dict[str, Tensor]:
    """Score a batch of fused pictures against their sources, on the tensors' device.

    Args:
        fused, ir, vis: (B, 1, H, W) or (B, 3, H, W) RGB (scored by luminance), float in [0, 1] or uint8.
        metrics: some of ``PAPER_METRICS``.
        convention: "standard" or "paper".
        dtype: what to compute in; float32 is faster and good for about four digits.

    Returns:
        Metric name -> (B,) tensor; NaN as ``mgfusion.evaluate_pair`` has it.

    Raises:
        ImageError: shapes or a dtype that do not fit.
        OptionError: a metric or convention without a batched form.
    """
    names = select(metrics, convention)
    if convention not in BATCHED_CONVENTIONS or not set(names) <= set(_FUNCTIONS):
        raise OptionError(
            f"metrics {names} in convention {convention!r}: batched are {', '.join(_FUNCTIONS)} in "
            f"{' and '.join(BATCHED_CONVENTIONS)}; use evaluate_pair"
        )
    f, a, b = (_luminance(x, n, dtype) for x, n in ((fused, "fused"), (ir, "ir"), (vis, "vis")))
    if not f.shape == a.shape == b.shape:
        shapes = ", ".join(f"{n} {tuple(x.shape)}" for n, x in (("fused", fused), ("ir", ir), ("vis", vis)))
        raise ImageError(f"pictures differ in size: {shapes}")
    scores = {}
    for name in names:
        if min(f.shape[-2:]) < METRICS[name].min_size:
            scores[name] = f.new_full((len(f),), torch.nan)
        else:
            scores[name] = _FUNCTIONS[name](f, a, b, **CONVENTIONS[convention].metrics[name])
    return scores


def _luminance(x: Tensor, name: str, dtype: torch.dtype) -> Tensor:
    if x.ndim != 4 or x.shape[1] not in (1, 3):
        raise ImageError(f"{name}: shape {tuple(x.shape)}; give (B, 1, H, W) or (B, 3, H, W)")
    if not (x.is_floating_point() or x.dtype == torch.uint8):
        raise ImageError(f"{name}: dtype {x.dtype}; give float in [0, 1] or uint8")
    y = x.to(dtype)
    if x.is_floating_point():
        y = y * 255
        level = y.round()
        y = torch.where((y - level).abs() <= 255 * torch.finfo(x.dtype).eps, level, y)
    if y.shape[1] == 1:
        return y
    red, green, blue = y[:, :1], y[:, 1:2], y[:, 2:]
    total = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
    return total / 1000 if x.is_floating_point() else torch.floor((total + 500) / 1000)


def _total(x: Tensor) -> Tensor:
    return x.sum((1, 2, 3))


def _filtered(x: Tensor, size: int, sigma: float) -> Tensor:
    """Gaussian means without border."""
    k = torch.from_numpy(gaussian(size, sigma)).to(x)
    return functional.conv2d(functional.conv2d(x, k.view(1, 1, 1, -1)), k.view(1, 1, -1, 1))


def _sobel(x: Tensor) -> tuple[Tensor, Tensor]:
    k = x.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    both = functional.conv2d(x, torch.stack((k, k.T)).unsqueeze(1), padding=1)
    return both[:, :1], both[:, 1:]


def _edges(x: Tensor) -> tuple[Tensor, Tensor]:
    """Strength and orientation."""
    sx, sy = _sobel(x)
    angle = torch.where(sx == 0, torch.pi / 2, torch.atan(sy / -sx))
    return (sx * sx + sy * sy).sqrt(), angle


def _qabf(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    gf, af = _edges(f)
    above = below = torch.zeros(len(f), dtype=f.dtype, device=f.device)
    for source in (a, b):
        g, angle = _edges(source)
        ratio = torch.where(g == gf, 255 * gf, torch.minimum(g, gf) / torch.maximum(g, gf))
        turn = 1 - (angle - af).abs() / (torch.pi / 2)
        quality = 0.9994 / (1 + torch.exp(-15 * (ratio - 0.5))) * 0.9879 / (1 + torch.exp(-22 * (turn - 0.8)))
        above = above + _total(quality * g)
        below = below + _total(g)
    return above / below


def _extremes(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)


def _stretched(x: Tensor) -> Tensor:
    low, high = _extremes(x)
    return torch.where(high == 0, x, torch.floor((x - low) / (high - low) * 255 + 0.5))


def _block_sums(x: Tensor) -> Tensor:
    h, w = x.shape[-2:]
    padded = functional.pad(x, (0, -w % BLOCK, 0, -h % BLOCK))
    return functional.avg_pool2d(padded, BLOCK) * BLOCK**2


def _qcv(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    h, w = f.shape[-2:]
    u = torch.from_numpy(w / 8 * frequencies(w)[: w // 2 + 1]).to(f)
    v = torch.from_numpy(h / 8 * frequencies(h)).to(f)
    r = torch.hypot(u[None, :], v[:, None])
    sensitivity = 2.6 * (0.0192 + 0.144 * r) * torch.exp(-((0.144 * r) ** 1.1))
    f, a, b = _stretched(f), _stretched(a), _stretched(b)
    above = below = torch.zeros(len(f), dtype=f.dtype, device=f.device)
    for source in (a, b):
        difference = torch.fft.irfft2(torch.fft.rfft2(source - f) * sensitivity, s=(h, w))
        sx, sy = _sobel(source)
        saliency = _block_sums((sx * sx + sy * sy) ** 2.5)
        above = above + _total(saliency * _block_sums(difference * difference)) / BLOCK**2
        below = below + _total(saliency)
    return above / below


def _ssim(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    c1, c2 = 2.55**2, 7.65**2
    mf = _filtered(f, 11, 1.5)
    vf = _filtered(f * f, 11, 1.5) - mf * mf
    total = torch.zeros(len(f), dtype=f.dtype, device=f.device)
    for source in (a, b):
        m = _filtered(source, 11, 1.5)
        v, cov = _filtered(source * source, 11, 1.5) - m * m, _filtered(source * f, 11, 1.5) - m * mf
        values = (2 * m * mf + c1) * (2 * cov + c2) / ((m * m + mf * mf + c1) * (v + vf + c2))
        total = total + values.mean((1, 2, 3))
    return total


def _average_gradient(f: Tensor, a: Tensor, b: Tensor) -> Tensor:
    gy, gx = torch.gradient(f, dim=(2, 3))
    h, w = f.shape[-2:]
    return _total(((gx * gx + gy * gy) / 2).sqrt()) / ((h - 1) * (w - 1))


def _vifp(ref: Tensor, dist: Tensor, saturated: bool) -> Tensor:
    seen = there = torch.zeros(len(ref), dtype=ref.dtype, device=ref.device)
    for scale, size in enumerate(SCALES):
        if scale:
            ref, dist = (_filtered(x, size, size / 5)[..., ::2, ::2] for x in (ref, dist))
        products: Sequence[Tensor] = (ref * ref, dist * dist, ref * dist)
        if saturated and scale == 0:
            products = [p.clamp(max=255) for p in products]
        m1, m2, p11, p22, p12 = (_filtered(x, size, size / 5) for x in (ref, dist, *products))
        s1, s2, cov = (p11 - m1 * m1).clamp(min=0), (p22 - m2 * m2).clamp(min=0), p12 - m1 * m2
        gain = cov / (s1 + EPS)
        left = s2 - gain * cov
        gain, left = torch.where(s1 < EPS, 0, gain), torch.where(s1 < EPS, s2, left)
        s1 = torch.where(s1 < EPS, 0, s1)
        gain, left = torch.where(s2 < EPS, 0, gain), torch.where(s2 < EPS, 0, left)
        left = torch.where(gain < 0, s2, left).clamp(min=EPS)
        gain = gain.clamp(min=0)
        seen = seen + _total(torch.log1p(gain * gain * s1 / (left + 2)))
        there = there + _total(torch.log1p(s1 / 2))
    return seen / there


def _vif(f: Tensor, a: Tensor, b: Tensor, average: bool = False, saturated: bool = False) -> Tensor:
    if saturated:
        f, a, b = (torch.floor(x + 0.5) for x in (f, a, b))
    total = _vifp(a, f, saturated) + _vifp(b, f, saturated)
    return total / 2 if average else total


def _correlation(p: Tensor, q: Tensor) -> Tensor:
    flat = torch.eq(*_extremes(p)).flatten() | torch.eq(*_extremes(q)).flatten()
    p, q = (x - x.mean((1, 2, 3), keepdim=True) for x in (p, q))
    value = _total(p * q) / (_total(p * p) * _total(q * q)).sqrt()
    return torch.where(flat, torch.nan, value)


def _scd(f: Tensor, a: Tensor, b: Tensor, clipped: bool = False) -> Tensor:
    if clipped:
        f, a, b = (torch.floor(x + 0.5) for x in (f, a, b))
        return _correlation((f - b).clamp(min=0), a) + _correlation((f - a).clamp(min=0), b)
    return _correlation(f - b, a) + _correlation(f - a, b)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Qabf": _qabf,
    "Qcv": _qcv,
    "SSIM": _ssim,
    "AG": _average_gradient,
    "VIF": _vif,
    "SCD": _scd,
}
