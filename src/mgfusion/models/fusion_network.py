"""What a network must be to be fused with: a callable, and a few attributes that say how to feed it."""

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from mgfusion.errors import OptionError

if TYPE_CHECKING:
    from torch import Tensor

Run = Callable[["Tensor", "Tensor"], "Tensor"]


class FusionNetwork(Protocol):
    """Any callable ``(ir, vis) -> fused``; a plain function will do.

    ir is (B, 1, H, W) and vis (B, ``vis_channels``, H, W), float32 in [0, 1]; fused is (B, 1, H, W)
    in [0, 1].

    Attributes, each of which may be missing, ``name: type = default``:

    * ``multiple: int = 1``: H and W are filled up to multiples of it by repeating the last row and column,
      and the result is cut back.
    * ``bytes_per_pixel: float | None = None``: peak memory of a call for each pixel; large pictures are cut
      into tiles by it. None: never cut unless asked to.
    * ``tiles: bool = True``: whether a picture may be cut into tiles at all.
    * ``vis_channels: 1 | 3 = 1``: luminance, or RGB.
    * ``lift: float = 0.0``: by how much the hot targets of its pictures are lifted, from 0 to 1, see
      :func:`mgfusion.inference.thermal_dial.turn_dial`.
    * ``for_picture(ir, vis) -> callable``: called once with the whole picture; what it returns is called in
      place of the network, for the picture or each of its tiles. For what must see the whole scene.
    * ``placed: bool = False``: what ``for_picture`` returns is called with a third argument, ``(top, left)``,
      where in the picture the tile begins, in pixels; a tile that is filled up goes on beyond the picture.
    """

    def __call__(self, ir: "Tensor", vis: "Tensor", /) -> "Tensor":
        """Fuse a batch."""
        ...


class Traits:
    """The attributes of a :class:`FusionNetwork`, the missing ones filled in.

    Raises:
        OptionError: no callable, or an attribute that can't be.
    """

    def __init__(self, network: Any) -> None:
        if not callable(network):
            raise OptionError(
                f"model: got {type(network).__name__}; give a name, a folder or a callable (ir, vis) -> fused"
            )
        self.multiple: int = getattr(network, "multiple", 1)
        self.bytes_per_pixel: float | None = getattr(network, "bytes_per_pixel", None)
        self.tiles: bool = getattr(network, "tiles", True)
        self.vis_channels: int = getattr(network, "vis_channels", 1)
        self.lift: float = getattr(network, "lift", 0.0)
        self.for_picture: Callable[[Tensor, Tensor], Callable[..., Tensor]] | None = getattr(
            network, "for_picture", None
        )
        self.placed: bool = self.for_picture is not None and getattr(network, "placed", False)
        wrong = {
            "multiple, at least 1": not isinstance(self.multiple, int) or self.multiple < 1,
            "bytes_per_pixel, above 0 or None": self.bytes_per_pixel is not None
            and not self.bytes_per_pixel > 0,
            "lift, 0 to 1": not isinstance(self.lift, int | float) or not 0 <= self.lift <= 1,
            "vis_channels, 1 or 3": self.vis_channels not in (1, 3),
        }
        for rule, broken in wrong.items():
            if broken:
                name = rule.partition(",")[0]
                raise OptionError(f"model: {name} is {getattr(self, name)!r}; it must be {rule}")


def name_of_network(network: Any) -> str:
    """What messages call a network: a function's name, or the class of an object."""
    return getattr(network, "__name__", None) or type(network).__name__


def own_copy(network: Any, device: Any) -> Any:
    """A module in evaluation mode on ``device`` that shares its weights where they are there already.

    The caller's module keeps its mode, device and attributes. Other callables come back as they are.

    Raises:
        OptionError: a module that can't be copied.
    """
    from itertools import chain

    import torch

    if not isinstance(network, torch.nn.Module):
        return network
    tensors = list(chain(network.parameters(), network.buffers()))
    stays = all(tensor.device == torch.empty(0, device=device).device for tensor in tensors)
    try:
        copied = copy.deepcopy(network, {id(t): t for t in tensors} if stays else {})
    except (RuntimeError, TypeError, AttributeError) as error:
        raise OptionError(
            f"model: {type(network).__name__} can't be copied ({error}); give a function that calls it"
        ) from error
    return (copied if stays else copied.to(device)).eval()
