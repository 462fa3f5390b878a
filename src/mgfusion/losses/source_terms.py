"""Terms that compare a fused picture with both sources: structure, edges, differences."""

import torch
from torch import Tensor
from torch.nn import functional as F

from mgfusion.losses.whole_pictures import Whole


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


def difference_correlation(fused: Tensor, ir: Tensor, vis: Tensor, pictures: Whole) -> Tensor:
    """Half of SCD (Aslantas and Bendes, 2015) on crops: what each source is taken away leaves the other.

    Deviations are from the means of the whole pictures, that of the fused picture being taken as the
    element-wise maximum's, so that crops are told to keep the large-scale brightness of both sources. The
    correlations are those of the whole batch, as a flat crop alone has none.

    Args:
        fused, ir, vis: (B, 1, H, W), float in [0, 1].
        pictures: facts of the pictures these are crops of.

    Returns:
        A scalar in [-1, 1].
    """
    mean_ir, mean_vis, mean_fused = pictures.means.T[..., None, None, None]  # (B, 1, 1, 1)
    counts = pictures.counts[:, None, None, None]
    total = torch.zeros((), device=fused.device)
    for own, mean, other, other_mean in ((ir, mean_ir, vis, mean_vis), (vis, mean_vis, ir, mean_ir)):
        difference, wanted = fused - own - (mean_fused - mean), other - other_mean
        norm = ((counts * difference.square()).sum() * (counts * wanted.square()).sum() + 1e-8).sqrt()
        total = total + (counts * difference * wanted).sum() / norm
    return total / 2


def _magnitude(gradient: Tensor) -> Tensor:
    return (gradient.square().sum(1) + 1e-8).sqrt()  # a root has no gradient at 0
