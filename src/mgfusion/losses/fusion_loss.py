"""The training loss: equations 6 to 8 of the paper, and what was found to help."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgfusion.errors import OptionError
from mgfusion.losses.hot_contrast import lost_contrast
from mgfusion.losses.perceived_difference import perceived_difference
from mgfusion.losses.source_terms import difference_correlation, edge_transfer, structure
from mgfusion.losses.whole_pictures import Whole, whole

GradientTarget = Literal["magnitude", "signed"]


class FusionLoss(nn.Module):
    """Gradient loss plus weighted intensity loss (eq. 6), plus optional terms.

    Args:
        gradient: ``magnitude`` compares Sobel magnitudes as eq. 7 does, and is blind to their sign: a hot
            target may come out dark on a bright ground. ``signed`` compares both Sobel components with those
            of the source whose gradient is the larger at that pixel.
        intensity_weight: lambda of eq. 6; the paper has 0.2.
        structure_weight: of 1 - :func:`structure`.
        edge_weight: of 1 - :func:`edge_transfer`.
        perception_weight: of :func:`perceived_difference`.
        difference_weight: of 1 - :func:`difference_correlation`.
        hot_weight: of :func:`lost_contrast`.
        gain: of the sources' gradients before the fused picture's are compared with them; a little above 1
            keeps edges from coming out softer than they were, as a network on average draws them.
    """

    kernels: Tensor

    def __init__(
        self,
        gradient: GradientTarget = "magnitude",
        intensity_weight: float = 0.2,
        structure_weight: float = 0.0,
        edge_weight: float = 0.0,
        perception_weight: float = 0.0,
        difference_weight: float = 0.0,
        hot_weight: float = 0.0,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        if gradient not in ("magnitude", "signed"):
            raise OptionError(f"gradient must be 'magnitude' or 'signed', got {gradient!r}")
        self.gradient: GradientTarget = gradient
        self.intensity_weight = intensity_weight
        self.structure_weight = structure_weight
        self.edge_weight = edge_weight
        self.perception_weight = perception_weight
        self.difference_weight = difference_weight
        self.hot_weight = hot_weight
        self.gain = gain
        x = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        self.register_buffer("kernels", torch.stack([x, x.T])[:, None], persistent=False)

    def forward(
        self,
        fused: Tensor,
        ir: Tensor,
        vis: Tensor,
        pictures: Whole | None = None,
        spots: tuple[Tensor, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """The terms and their weighted sum ``loss``, each a scalar.

        Args:
            fused, ir, vis: (B, 1, H, W), luminance, float in [0, 1].
            pictures: :func:`whole` of the pictures where these are crops.
            spots: hot targets and their rings, see :func:`lost_contrast`; without them that term is left out.
        """
        g_fused = self._sobel(fused)  # (B, 2, H, W)
        g_ir, g_vis = self.gain * self._sobel(ir), self.gain * self._sobel(vis)
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
        if self.perception_weight or self.difference_weight:
            pictures = pictures or whole(ir, vis)
            if self.perception_weight:
                terms["perception"] = perceived_difference(fused, ir, vis, g_ir, g_vis, pictures)
                loss = loss + self.perception_weight * terms["perception"]
            if self.difference_weight:
                terms["difference"] = 1 - difference_correlation(fused, ir, vis, pictures)
                loss = loss + self.difference_weight * terms["difference"]
        if self.hot_weight and spots is not None:
            terms["hot"] = lost_contrast(fused, ir, *spots)
            loss = loss + self.hot_weight * terms["hot"]
        return {"loss": loss, **terms}

    def _sobel(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), self.kernels)
