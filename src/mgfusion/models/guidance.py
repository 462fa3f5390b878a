"""CII and CFF: where the frozen encoder's embeddings guide the fusion (sections 3.2 and 3.3).

An embedding is (B, E) of a whole picture, as in the paper, or (B, h, w, E) of each place in it. Adapters and
eq. 1 act on the last dimension, so a map is no case of its own until it meets the features.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgfusion.models.guidance_map import beside_features


def adapter(embed_dim: int, hidden: int, dim: int) -> nn.Sequential:
    """Two linear layers, (B, ..., E) -> (B, ..., C): the paper's Adapter, IRA and VIA."""
    return nn.Sequential(nn.Linear(embed_dim, hidden), nn.GELU(), nn.Linear(hidden, dim))


class CII(nn.Module):
    """CLIP-driven information injection, figure 2; one for each modality.

    Takes features (B, C, H, W) and both embeddings, (B, E), or (B, h, w, E) and how they lie under the
    features; gives features (B, C, H, W).
    """

    def __init__(self, dim: int, embed_dim: int, adapter_dim: int) -> None:
        super().__init__()
        self.w_i = nn.Parameter(torch.full((embed_dim,), 0.5))
        self.adapter = adapter(embed_dim, adapter_dim, dim)
        self.sep = nn.Sequential(  # spatial expansion weight prediction
            nn.Conv2d(dim, dim, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(dim, dim, 3, padding=1)
        )

    def semantic(self, embed_ir: Tensor, embed_vis: Tensor) -> Tensor:
        """Eq. 1: what is injected, (B, ..., C)."""
        vector: Tensor = self.adapter(embed_ir * self.w_i + embed_vis * (1 - self.w_i))
        return vector

    def forward(
        self,
        features: Tensor,
        embed_ir: Tensor,
        embed_vis: Tensor,
        under: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        semantic = beside_features(self.semantic(embed_ir, embed_vis), under)
        weight = torch.sigmoid(self.sep(features))  # W_s: (B, C, H, W)
        return torch.addcmul(features, weight, semantic)  # eq. 2


class CFF(nn.Module):
    """CLIP-guided feature fusion, figure 3.

    Takes the features of both modalities (B, C, H, W) and both embeddings as :class:`CII`; gives
    (B, 2C, H, W).
    """

    sobel: Tensor

    def __init__(self, dim: int, embed_dim: int, adapter_dim: int) -> None:
        super().__init__()
        self.ira = adapter(embed_dim, adapter_dim, dim)
        self.via = adapter(embed_dim, adapter_dim, dim)
        for last in (self.ira[-1], self.via[-1]):  # starts as plain concatenation
            assert isinstance(last, nn.Linear)
            nn.init.ones_(last.bias)
        self.sawp = nn.Sequential(  # spatial attention weight prediction
            nn.Conv2d(2 * dim, dim, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(dim, 2 * dim, 3, padding=1),
        )
        x = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4
        self.register_buffer("sobel", torch.stack([x, x.T])[:, None], persistent=False)

    def forward(
        self,
        ir: Tensor,
        vis: Tensor,
        embed_ir: Tensor,
        embed_vis: Tensor,
        under: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        weight_ir, weight_vis = (
            beside_features(said, under) for said in (self.ira(embed_ir), self.via(embed_vis))
        )
        fused = torch.cat([weight_ir * ir, weight_vis * vis], dim=1)  # eq. 3: (B, 2C, H, W)
        weight = torch.sigmoid(self.sawp(self._gradient(fused)))  # eq. 4
        return torch.addcmul(fused, weight, fused)  # eq. 5

    def _gradient(self, x: Tensor) -> Tensor:
        """|Sobel x| + |Sobel y| of each channel; the border is replicated, so that it is no edge."""
        channels, padded = x.shape[1], F.pad(x, (1, 1, 1, 1), mode="replicate")
        # Two convolutions: one with two outputs a channel takes twice their time on a CPU.
        across, down = (
            F.conv2d(padded, kernel.expand(channels, 1, 3, 3), groups=channels) for kernel in self.sobel
        )
        return across.abs() + down.abs()
