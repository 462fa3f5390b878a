"""Every number and switch that the paper leaves to its implementer; docs/design.md gives the reasons."""

from dataclasses import dataclass
from typing import Literal

from mgfusion.errors import OptionError


@dataclass(frozen=True, kw_only=True)
class MGFusionConfig:
    """Hyperparameters of :class:`~mgfusion.models.MGFusion`, saved beside the weights as config.json.

    Raises:
        OptionError: naming the field, its value and what would work.
    """

    # The paper's blocks; plain convolutions at several sizes, several times as fast; or weights of the
    # sources alone, from a quarter of the size: the fastest.
    network: Literal["restormer", "pyramid", "linear"] = "restormer"
    dim: int = 32  # C
    num_blocks: int = 1  # N, in each encoder and in the decoder
    num_heads: int = 2
    ffn_expansion: float = 2.0  # Restormer's own 2.66 costs a third more
    negative_slope: float = 0.1  # of LeakyReLU
    scale: Literal[1, 2, 4] = 1  # 1: features at full H x W, the paper's; 2: at half resolution
    vis_channels: Literal[1, 3] = (
        1  # 1: luminance into VIE, the field's convention; 3: RGB, as the paper has it
    )
    fused_dim: Literal["2C", "C"] = "2C"  # eq. 3 concatenates to 2C; "C" adds a 1x1 convolution back to C
    start: Literal["maximum", "nothing"] = (
        "maximum"  # what tanh is added to: max(ir, vis), or rescaled to [0, 1] alone
    )
    lift: float = 0.0  # how much the hot targets of its pictures are lifted after the network, 0 to 1
    cii: bool = True  # section 4.5 takes CII, CFF or both away
    cff: bool = True
    guidance: Literal["vector", "map"] = (
        "vector"  # one embedding of the whole picture, as in the paper, or one of each place in it
    )
    encoder: str = "efficientnet-lite2"  # or "clip:<folder or hub id>[@revision]"
    embed_dim: int = 1280  # E, the encoder's
    adapter_dim: int = 64  # hidden width of Adapter, IRA and VIA

    def __post_init__(self) -> None:
        for field in ("dim", "num_blocks", "num_heads", "embed_dim", "adapter_dim"):
            value, least = getattr(self, field), int(field != "num_blocks")
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise OptionError(f"{field} must be a whole number of at least {least}, got {value!r}")
        for field, low, high in (("ffn_expansion", 0, 64), ("negative_slope", -1, 1)):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise OptionError(f"{field} must be a number from {low} to {high}, got {value!r}")
        for field in ("cii", "cff"):
            if not isinstance(getattr(self, field), bool):
                raise OptionError(f"{field} must be true or false, got {getattr(self, field)!r}")
        if not isinstance(self.encoder, str):
            raise OptionError(f"encoder must be a name, got {self.encoder!r}")
        if self.dim % self.num_heads:
            raise OptionError(f"dim must be a multiple of num_heads ({self.num_heads}), got {self.dim}")
        if not 0 <= self.lift <= 1:
            raise OptionError(f"lift must be from 0 to 1, got {self.lift!r}")
        choices = {
            "network": ("restormer", "pyramid", "linear"),
            "scale": (1, 2, 4),
            "vis_channels": (1, 3),
            "fused_dim": ("2C", "C"),
            "start": ("maximum", "nothing"),
            "guidance": ("vector", "map"),
        }
        for field, allowed in choices.items():
            if getattr(self, field) not in allowed:
                raise OptionError(f"{field} must be one of {allowed}, got {getattr(self, field)!r}")

        if self.network == "pyramid" and self.fused_dim == "C":
            raise OptionError("fused_dim must be '2C' where network is 'pyramid', got 'C'")
        if self.network == "linear":
            for field, only in {"cii": False, "cff": False, "scale": 4, "vis_channels": 1}.items():
                if getattr(self, field) != only:
                    raise OptionError(
                        f"{field} must be {only} where network is 'linear', got {getattr(self, field)!r}"
                    )

    @property
    def multiple(self) -> int:
        """Height and width are filled up to multiples of this, by repeating the last row and column."""
        return self.scale * (1 if self.network == "restormer" else 4)

    @property
    def guided(self) -> bool:
        """Whether any part looks at the semantic embeddings."""
        return self.cii or self.cff
