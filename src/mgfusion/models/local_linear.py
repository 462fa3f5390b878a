"""The smallest network: at each place the fused picture is a sum of the sources, its weights learned."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgfusion.models.pyramid import RepConv, doubled

BLOCK = 4
"""Side in pixels of what has one set of coefficients."""
WINDOW = 3
"""Side in blocks of the surroundings that the statistics are of."""
_LEAST_VARIANCE = 1e-5  # about one level of 255, squared: what is flatter has no structure to keep


class LocalLinear(nn.Module):
    """fused = b + g_ir ir + g_vis vis; b, g_ir and g_vis are smooth: four pixels apart, bilinear between.

    What is computed for every pixel is these two products; all decisions are taken on a sixteenth of them,
    from means, variances and covariance around each place. That is the form of the guided filter (He et al.,
    TPAMI 2013; its fast version, arXiv 1505.00996) with coefficients from a network, as in HDRNet (Gharbi et
    al., SIGGRAPH 2017).

    Untrained, the brighter mean is the base and each source's detail is weighted by its share of the squared
    variances; the network learns what to add to these three.

    Args:
        dim: channels at a quarter of the size; twice that at an eighth, four times at a sixteenth.
        slope: of LeakyReLU.
    """

    def __init__(self, dim: int, slope: float) -> None:
        super().__init__()
        half, quarter = 2 * dim, 4 * dim
        self.statistics, self.enlarge = Statistics(), Enlarge()
        self.first = RepConv(5, dim, slope=slope)
        self.down = nn.Sequential(RepConv(dim, half, 2, slope), RepConv(half, half, slope=slope))
        self.bottom = nn.Sequential(
            RepConv(half, quarter, 2, slope),
            RepConv(quarter, quarter, slope=slope),
            RepConv(quarter, half, slope=slope),
        )
        self.up = RepConv(2 * half, dim, slope=slope)
        self.top = RepConv(2 * dim, dim, slope=slope)
        self.reconstruct = nn.Conv2d(dim, 3, 3, padding=1)
        for parameter in self.reconstruct.parameters():
            nn.init.zeros_(parameter)

    def forward(self, ir: Tensor, vis: Tensor) -> Tensor:
        """(B, 1, H, W), not yet cut to [0, 1].

        Args:
            ir, vis: (B, 1, H, W), float in [0, 1]; H and W multiples of 16.
        """
        features, start, means = self.statistics(ir, vis)
        change = self._network(features).float()
        with torch.autocast(ir.device.type, enabled=False):
            base, weights = (start + change).split((1, 2), dim=1)
            base = base - (weights * means).sum(dim=1, keepdim=True)
            b, g_ir, g_vis = self.enlarge(torch.cat([base, weights], dim=1)).split(1, dim=1)
            return torch.addcmul(torch.addcmul(b, g_ir, ir), g_vis, vis)

    def _network(self, features: Tensor) -> Tensor:
        full = self.first(features)
        half = self.down(full)
        half = self.up(torch.cat([half, doubled(self.bottom(half))], dim=1))
        out: Tensor = self.reconstruct(self.top(torch.cat([full, doubled(half)], dim=1)))
        return out


class Statistics(nn.Module):
    """What lies around each block: all that the network sees, and what it starts from.

    In float32 throughout: variances are small differences of large numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moments = Moments()

    def forward(self, ir: Tensor, vis: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features (B, 5, h, w); base and weights as they begin (B, 3, h, w); both means (B, 2, h, w)."""
        with torch.autocast(ir.device.type, enabled=False):
            mean_ir, mean_vis, *squares, product = self.moments(ir, vis).split(1, dim=1)
            var_ir, var_vis = (
                (square - mean * mean).clamp_min(0) + _LEAST_VARIANCE
                for square, mean in zip(squares, (mean_ir, mean_vis), strict=True)
            )
            correlation = (product - mean_ir * mean_vis) * (var_ir * var_vis).rsqrt()
            share = 1 / (1 + (var_vis / var_ir).square())
            # Five times a deviation is of the size of a mean.
            deviations = 5 * var_ir.sqrt(), 5 * var_vis.sqrt()
            means = torch.cat([mean_ir, mean_vis], dim=1)
            start = torch.cat([torch.maximum(mean_ir, mean_vis), share, 1 - share], dim=1)
            return torch.cat([means, *deviations, correlation], dim=1), start, means


class Moments(nn.Module):
    """Means of ir, vis, ir², vis² and ir vis around each block, (B, 5, H / 4, W / 4)."""

    def forward(self, ir: Tensor, vis: Tensor) -> Tensor:
        x = torch.cat([ir, vis, ir * ir, vis * vis, ir * vis], dim=1)
        pad = WINDOW // 2
        return F.avg_pool2d(F.pad(F.avg_pool2d(x, BLOCK), (pad,) * 4, mode="replicate"), WINDOW, 1)


class Enlarge(nn.Module):
    """From blocks to pixels, bilinear."""

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=float(BLOCK), mode="bilinear", align_corners=False)
