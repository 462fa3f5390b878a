"""The training loss: equations 6 to 8 of the paper, and what was found to help."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GradientTarget = Literal["magnitude", "signed"]
BLOCK = 16  # pixels, side of the windows that perceived_difference weights


class Whole(NamedTuple):
    """What :func:`perceived_difference` knows of the pictures that crops come from; see :func:`whole`."""

    ranges: Tensor
    """(B, 3, 2): least and largest value of ir, vis and their element-wise maximum."""
    side: Tensor
    """(B,): side of a square with as many pixels."""


class FusionLoss(nn.Module):
    """Gradient loss plus weighted intensity loss (eq. 6), plus an optional structure term.

    Args:
        gradient: ``magnitude`` compares Sobel magnitudes as eq. 7 does, and is blind to their sign: a hot
            target may come out dark on a bright ground. ``signed`` compares both Sobel components with those
            of the source whose gradient is the larger at that pixel.
        intensity_weight: lambda of eq. 6; the paper has 0.2.
        structure_weight: of 1 - :func:`structure`.
        edge_weight: of 1 - :func:`edge_transfer`.
        perception_weight: of :func:`perceived_difference`.
    """

    kernels: Tensor

    def __init__(
        self,
        gradient: GradientTarget = "magnitude",
        intensity_weight: float = 0.2,
        structure_weight: float = 0.0,
        edge_weight: float = 0.0,
        perception_weight: float = 0.0,
    ) -> None:
        super().__init__()
        if gradient not in ("magnitude", "signed"):
            raise ValueError(f"gradient must be 'magnitude' or 'signed', got {gradient!r}")
        self.gradient: GradientTarget = gradient
        self.intensity_weight = intensity_weight
        self.structure_weight = structure_weight
        self.edge_weight = edge_weight
        self.perception_weight = perception_weight
        x = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        self.register_buffer("kernels", torch.stack([x, x.T])[:, None], persistent=False)

    def forward(
        self, fused: Tensor, ir: Tensor, vis: Tensor, pictures: Whole | None = None
    ) -> dict[str, Tensor]:
        """The terms and their weighted sum ``loss``, each a scalar.

        Args:
            fused, ir, vis: (B, 1, H, W), luminance, float in [0, 1].
            pictures: :func:`whole` of the pictures where these are crops.
        """
        g_fused, g_ir, g_vis = (self._sobel(x) for x in (fused, ir, vis))  # (B, 2, H, W)
        if self.gradient == "magnitude":
            m_fused, m_ir, m_vis = (g.abs().sum(1, keepdim=True) for g in (g_fused, g_ir, g_vis))
            gradient = F.l1_loss(m_fused, torch.maximum(m_ir, m_vis))  # eq. 7
        else:
            stronger = g_ir.square().sum(1, keepdim=True) > g_vis.square().sum(1, keepdim=True)
            gradient = (
                F.l1_loss(g_fused, torch.where(stronger, g_ir, g_vis)) * 2
            )  # over both components, as eq. 7
        intensity = F.l1_loss(fused, torch.maximum(ir, vis))  # eq. 8
        terms = {"gradient": gradient, "intensity": intensity}
        loss = gradient + self.intensity_weight * intensity  # eq. 6
        if self.structure_weight:
            terms["structure"] = 1 - structure(fused, ir, vis)
            loss = loss + self.structure_weight * terms["structure"]
        if self.edge_weight:
            terms["edge"] = 1 - edge_transfer(g_fused, g_ir, g_vis)
            loss = loss + self.edge_weight * terms["edge"]
        if self.perception_weight:
            pictures = pictures or whole(ir, vis)
            terms["perception"] = perceived_difference(fused, ir, vis, g_ir, g_vis, pictures)
            loss = loss + self.perception_weight * terms["perception"]
        return {"loss": loss, **terms}

    def _sobel(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), self.kernels)


def structure(fused: Tensor, ir: Tensor, vis: Tensor, window: int = 7) -> Tensor:
    """Contrast and structure part of SSIM (Wang et al., 2004) with each source, weighted by local variance.

    Args:
        fused, ir, vis: (B, 1, H, W), float in [0, 1].

    Returns:
        A scalar in [-1, 1].
    """
    stack = torch.cat([fused, ir, vis], dim=1)
    products = torch.cat([stack.square(), fused * ir, fused * vis], dim=1)
    mean = F.avg_pool2d(stack, window, stride=1)
    second = F.avg_pool2d(products, window, stride=1)
    f, i, v = mean.unbind(1)
    var_f, var_i, var_v = (second[:, k] - mean[:, k].square() for k in range(3))
    cov_i, cov_v = second[:, 3] - f * i, second[:, 4] - f * v
    c2 = 0.03**2
    similarity_i = (2 * cov_i + c2) / (var_f + var_i + c2)
    similarity_v = (2 * cov_v + c2) / (var_f + var_v + c2)
    weight_i, weight_v = var_i.clamp_min(0) + 1e-6, var_v.clamp_min(0) + 1e-6
    return ((weight_i * similarity_i + weight_v * similarity_v) / (weight_i + weight_v)).mean()


def edge_transfer(g_fused: Tensor, g_ir: Tensor, g_vis: Tensor) -> Tensor:
    """Q_AB/F (Xydeas and Petrovic, 2000) made smooth, and blind no more to the sign of an edge.

    The metric compares orientations, which a dark target on a bright ground shares with a bright one on a
    dark ground; here the angle between the two gradient vectors is compared instead.

    Args:
        g_fused, g_ir, g_vis: gradients (B, 2, H, W) of pictures in [0, 1].

    Returns:
        A scalar in [0, 1].
    """
    preserved, total = torch.zeros((), device=g_fused.device), torch.zeros((), device=g_fused.device)
    m_fused = _magnitude(g_fused)
    for source in (g_ir, g_vis):
        m_source = _magnitude(source)
        strength = torch.minimum(m_source, m_fused) / torch.maximum(m_source, m_fused)
        cosine = (g_fused * source).sum(1) / (m_source * m_fused)
        alignment = 1 - torch.acos(cosine.clamp(-0.9999, 0.9999)) * (2 / torch.pi)
        quality = (
            0.9994 * torch.sigmoid(15 * (strength - 0.5)) * 0.9879 * torch.sigmoid(22 * (alignment - 0.8))
        )
        preserved = preserved + (quality * m_source).sum()
        total = total + m_source.sum()
    return preserved / total


def whole(ir: Tensor, vis: Tensor) -> Whole:
    """Facts of whole pictures.

    Args:
        ir, vis: (B, 1, H, W), float in [0, 1].
    """
    values = torch.cat([ir, vis, torch.maximum(ir, vis)], dim=1).flatten(2)
    side = (ir.shape[-2] * ir.shape[-1]) ** 0.5
    return Whole(torch.stack(torch.aminmax(values, dim=-1), dim=-1), ir.new_full((len(ir),), side))


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


def _magnitude(gradient: Tensor) -> Tensor:
    return (gradient.square().sum(1) + 1e-8).sqrt()  # a root has no gradient at 0
