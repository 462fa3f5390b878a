"""The fusion network of MGFusion (Front. Neurorobot. 18:1521603, 2024), section 3, top to bottom."""

import threading
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgfusion.errors import EncoderError
from mgfusion.images import luminance
from mgfusion.models.encoders import SemanticEncoder, build_encoder
from mgfusion.models.guidance import CFF, CII
from mgfusion.models.guidance_map import Place, Underlay
from mgfusion.models.local_linear import LocalLinear
from mgfusion.models.network_config import MGFusionConfig
from mgfusion.models.pyramid import Beside, Pyramid, RepConv
from mgfusion.models.restormer import RestormerBlock

_ENCODER = threading.Lock()
# At the peak, for each pixel and channel at the resolution of the features; measured on a CPU.
_BYTES = {"restormer": 130, "pyramid": 40, "linear": 80}
_GUIDED_PYRAMID_BYTES = {"vector": 70, "map": 78}  # CFF's own are the peak there


def feature_layer(dim_in: int, dim_out: int, negative_slope: float) -> nn.Sequential:
    """3x3 convolution, batch normalisation, LeakyReLU."""
    return nn.Sequential(
        nn.Conv2d(dim_in, dim_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(dim_out),
        nn.LeakyReLU(negative_slope, inplace=True),
    )


class MGFusion(nn.Module):
    """Fuse an infrared and a visible picture into one luminance picture.

    The frozen encoder is loaded on the first :meth:`embed`; its weights are no part of this model's.

    Args:
        config: sizes and switches.
        encoder: used instead of the one that ``config.encoder`` names.
    """

    ir_mean: Tensor
    vis_mean: Tensor
    embed_std: Tensor

    def __init__(self, config: MGFusionConfig | None = None, encoder: SemanticEncoder | None = None) -> None:
        super().__init__()
        self.config = c = config or MGFusionConfig()
        self.encoder = encoder

        if c.network == "linear":
            self.linear = LocalLinear(c.dim, c.negative_slope)
        else:
            self._make_layers(c)
        # A modality's mean embedding says "infrared", not what is in the scene: it goes before eq. 1.
        self.register_buffer("ir_mean", torch.zeros(c.embed_dim))
        self.register_buffer("vis_mean", torch.zeros(c.embed_dim))
        self.register_buffer("embed_std", torch.ones(()))

    def _make_layers(self, c: MGFusionConfig) -> None:
        """Image encoders, CII, CFF and decoder."""

        def blocks(dim: int) -> list[nn.Module]:
            return [RestormerBlock(dim, c.num_heads, c.ffn_expansion) for _ in range(c.num_blocks)]

        def image_encoder(channels: int) -> nn.Sequential:
            first = channels * c.scale**2
            if c.network == "pyramid":
                slope = c.negative_slope
                # At scale 4 one convolution sees 12x12 pixels already.
                rest = [RepConv(c.dim, c.dim, slope=slope)] if c.scale < 4 else []
                return nn.Sequential(RepConv(first, c.dim, slope=slope), *rest)
            return nn.Sequential(
                feature_layer(first, c.dim, c.negative_slope),
                feature_layer(c.dim, c.dim, c.negative_slope),
                *blocks(c.dim),
            )

        self.unshuffle, self.shuffle = nn.PixelUnshuffle(c.scale), nn.PixelShuffle(c.scale)
        self.ire, self.vie = image_encoder(1), image_encoder(c.vis_channels)
        if c.cii:
            self.cii_ir = CII(c.dim, c.embed_dim, c.adapter_dim)
            self.cii_vis = CII(c.dim, c.embed_dim, c.adapter_dim)
        if c.cff:
            self.cff = CFF(c.dim, c.embed_dim, c.adapter_dim)
        self.underlay, self.beside = Underlay(), Beside()
        fused_dim = 2 * c.dim if c.fused_dim == "2C" else c.dim
        self.reduce = nn.Identity() if c.fused_dim == "2C" else nn.Conv2d(2 * c.dim, c.dim, 1)
        self.fd: nn.Module = (
            Pyramid(c.dim, c.negative_slope, blocks)
            if c.network == "pyramid"
            else nn.Sequential(*blocks(fused_dim), feature_layer(fused_dim, c.dim, c.negative_slope))
        )
        self.reconstruct = nn.Conv2d(c.dim, c.scale**2, 3, padding=1)
        if (
            c.start == "maximum"
        ):  # exactly there: a random start is worse, and unlearning it costs a long plateau
            for parameter in self.reconstruct.parameters():
                nn.init.zeros_(parameter)

    @property
    def multiple(self) -> int:
        """Height and width are filled up to multiples of this."""
        return self.config.multiple

    @property
    def bytes_per_pixel(self) -> float:
        """Peak memory of a call, for each pixel of the picture."""
        c = self.config
        guided_pyramid = c.network == "pyramid" and c.cff
        each = _GUIDED_PYRAMID_BYTES[c.guidance] if guided_pyramid else _BYTES[c.network]
        return each * c.dim / c.scale**2

    @property
    def lift(self) -> float:
        """How much the hot targets of the fused picture are lifted, by whoever has the whole picture."""
        return self.config.lift

    @property
    def vis_channels(self) -> int:
        """3 where the network or its encoder looks at colour, else 1."""
        return 3 if self.config.guided else self.config.vis_channels

    @property
    def placed(self) -> bool:
        """Whether a tile must be told where it lies in its picture."""
        return self.config.guided and self.config.guidance == "map"

    def for_picture(self, ir: Tensor, vis: Tensor) -> Callable[..., Tensor]:
        """The network with the embeddings of a whole picture, for the picture or its tiles."""
        return self.guided_by(self.embed(ir, vis), (ir.shape[-2], ir.shape[-1]))

    def guided_by(
        self, embeddings: tuple[Tensor, Tensor] | None, size: tuple[int, int]
    ) -> Callable[..., Tensor]:
        """The network with given embeddings, for a picture of (height, width) pixels or its tiles."""
        height, width = size

        def run(ir: Tensor, vis: Tensor, corner: tuple[int, int] = (0, 0)) -> Tensor:
            (top, left), (rows, columns) = corner, ir.shape[-2:]
            place = top / height, (top + rows) / height, left / width, (left + columns) / width
            fused: Tensor = self(ir, vis, embeddings, place)
            return fused

        return run

    def embed(self, ir: Tensor, vis: Tensor) -> tuple[Tensor, Tensor] | None:
        """The frozen encoder's view of both pictures.

        Args:
            ir: (B, 1, H, W), float in [0, 1].
            vis: (B, 1 or 3, H, W), float in [0, 1].

        Returns:
            Two tensors (B, E), or (B, h, w, E) where guidance is a map; None for a model that uses none.

        Raises:
            EncoderError: the encoder's weights can't be found or read; it gives a vector for a map, or the
                other way round.
        """
        if not self.config.guided:
            return None
        if self.encoder is None:
            with _ENCODER:  # threads may share a model
                if self.encoder is None:
                    self.encoder = build_encoder(self.config.encoder, self.config.guidance).to(ir.device)
        both = self.encoder(torch.cat([ir.expand(-1, 3, -1, -1), vis.expand(-1, 3, -1, -1)]))
        if both.ndim != (4 if self.placed else 2):
            wanted = "(B, h, w, E)" if self.placed else "(B, E)"
            raise EncoderError(
                f"the encoder gives {tuple(both.shape)}; guidance by a {self.config.guidance} needs {wanted}"
            )
        embed_ir, embed_vis = both.chunk(2)
        return embed_ir, embed_vis

    def guidance(self, embeddings: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        """All that the network ever sees of the embeddings: a vector (B, C) for each of its adapters.

        Args:
            embeddings: what :meth:`embed` gave, two tensors (B, E), or maps (B, h, w, E), which give
                (B, h, w, C).

        Returns:
            ``cii_ir`` and ``cii_vis``, the vectors of eq. 1, and ``ira`` and ``via``, the weights of eq. 3;
            only those of the parts that the model has.
        """
        embed_ir, embed_vis = self._standardised(embeddings)
        vectors: dict[str, Tensor] = {}
        if self.config.cii:
            vectors["cii_ir"] = self.cii_ir.semantic(embed_ir, embed_vis)
            vectors["cii_vis"] = self.cii_vis.semantic(embed_ir, embed_vis)
        if self.config.cff:
            vectors["ira"], vectors["via"] = self.cff.ira(embed_ir), self.cff.via(embed_vis)
        return vectors

    def _standardised(self, embeddings: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        embed_ir, embed_vis = embeddings
        return (embed_ir - self.ir_mean) / self.embed_std, (embed_vis - self.vis_mean) / self.embed_std

    def forward(
        self,
        ir: Tensor,
        vis: Tensor,
        embeddings: tuple[Tensor, Tensor] | None = None,
        place: Place = (0.0, 1.0, 0.0, 1.0),
    ) -> Tensor:
        """Fused luminance, (B, 1, H, W) in [0, 1].

        Args:
            ir: (B, 1, H, W), float in [0, 1]; any H and W.
            vis: (B, 1 or 3, H, W), float in [0, 1].
            embeddings: what :meth:`embed` gave, for a tile that of the whole picture; computed if None.
            place: where in the picture of ``embeddings`` these lie; only maps ask for it.
        """
        c = self.config
        if c.guided and embeddings is None:
            embeddings = self.embed(ir, vis)
        y = luminance(vis)
        ir_in, y = to_multiple(ir, c.multiple), to_multiple(y, c.multiple)
        if c.network == "linear":
            return self._finished(self.linear(ir_in, y), ir)
        vis_in = y if c.vis_channels == 1 else to_multiple(vis.expand(-1, 3, -1, -1), c.multiple)

        f_ir = self.ire(self.unshuffle(ir_in))  # (B, C, H / scale, W / scale)
        f_vis = self.vie(self.unshuffle(vis_in))
        if c.guided and embeddings is not None:
            both = self._standardised(embeddings)
            under = self._under(f_ir, place, both[0], (ir, ir_in)) if c.guidance == "map" else None
        if c.cii:
            f_ir, f_vis = self.cii_ir(f_ir, *both, under), self.cii_vis(f_vis, *both, under)
        fused = self.cff(f_ir, f_vis, *both, under) if c.cff else self.beside(f_ir, f_vis)
        # In place: a further picture in memory costs a small network more than its arithmetic.
        out: Tensor = self.shuffle(self.reconstruct(self.fd(self.reduce(fused)))).tanh_()
        out = torch.maximum(ir_in, y).add_(out) if c.start == "maximum" else (out + 1) / 2
        return self._finished(out, ir)

    def _finished(self, out: Tensor, ir: Tensor) -> Tensor:
        if not self.training:  # a clamp has no gradient outside [0, 1]
            out = out.clamp_(0, 1)
        return out[..., : ir.shape[-2], : ir.shape[-1]]

    def _under(
        self, features: Tensor, place: Place, embedding: Tensor, filled: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """How maps lie under features of a picture that :func:`to_multiple` may have filled up."""
        top, bottom, left, right = place
        before, after = filled
        bottom = top + (bottom - top) * (after.shape[-2] / before.shape[-2])
        right = left + (right - left) * (after.shape[-1] / before.shape[-1])
        cells = embedding.shape[1:3]
        under: tuple[Tensor, Tensor] = self.underlay((top, bottom, left, right), features, cells)
        return under


def to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until H and W are multiples."""
    bottom, right = -x.shape[-2] % multiple, -x.shape[-1] % multiple
    return F.pad(x, (0, right, 0, bottom), mode="replicate") if bottom or right else x
