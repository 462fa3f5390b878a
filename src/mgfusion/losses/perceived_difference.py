"""Q_CV as a loss: what an observer sees to differ."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mgfusion.losses.whole_pictures import Whole

BLOCK = 16  # pixels, side of the windows that perceived_difference weights


def perceived_difference(
    fused: Tensor, ir: Tensor, vis: Tensor, g_ir: Tensor, g_vis: Tensor, pictures: Whole
) -> Tensor:
    """Q_CV (Chen and Varshney, 2007) on crops: what an observer sees to differ from the more salient source.

    Each picture is first stretched to its full range, as a display would and as the metric does; the fused
    picture by the range of the element-wise maximum, as its own isn't known on a crop.

    Args:
        fused, ir, vis: (B, 1, H, W), float in [0, 1], H and W at least 16.
        g_ir, g_vis: their gradients (B, 2, H, W).
        pictures: :func:`whole` of the pictures these are crops of.

    Returns:
        A scalar, a squared difference of values in [0, 1].
    """
    ranges = pictures.ranges
    least, span = ranges[..., 0], (ranges[..., 1] - ranges[..., 0]).clamp_min(1 / 255)
    stretched = [
        (x - least[:, k, None, None, None]) / span[:, k, None, None, None]
        for k, x in enumerate((ir, vis, fused))
    ]
    weight = sensitivity(fused.shape[-2], fused.shape[-1], pictures.side)
    above, below = torch.zeros((), device=fused.device), torch.zeros((), device=fused.device)
    for k, gradient in enumerate((g_ir, g_vis)):
        difference = stretched[k] - stretched[2]
        seen = torch.fft.irfft2(torch.fft.rfft2(difference) * weight, s=fused.shape[-2:])
        strength = (gradient.square().sum(1, keepdim=True)) / span[:, k, None, None, None].square()
        saliency = F.avg_pool2d(strength**2.5, BLOCK)
        above = above + (saliency * F.avg_pool2d(seen.square(), BLOCK)).sum()
        below = below + saliency.sum()
    return above / (below + 1e-6)


def sensitivity(h: int, w: int, side: Tensor) -> Tensor:
    """Mannos and Sakrison's contrast sensitivity for (h, w) crops, on the half plane of a real FFT.

    Q_CV puts the eye at a distance that goes with the picture's size, so crops of larger pictures are seen
    from further away.

    Args:
        h, w: of the crops, pixels.
        side: (B,), see :class:`Whole`.

    Returns:
        (B, 1, h, w // 2 + 1).
    """
    device = side.device
    rows, columns = (
        torch.fft.fftfreq(h, device=device),
        torch.fft.rfftfreq(w, device=device),
    )  # cycles a pixel
    r = 0.144 / 4 * torch.hypot(rows[:, None], columns[None]) * side[:, None, None, None]
    return 2.6 * (0.0192 + r) * torch.exp(-(r**1.1))
