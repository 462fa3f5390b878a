"""A small network that describes places of an infrared and of a visible picture alike.

Two stems, since edges look different to the two cameras, and one trunk. It was trained to find, for a cell of
one picture, the right cell of the other among those around it (``scripts/train_descriptors.py``).
"""

from functools import lru_cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mgfusion.engines.tuning import computes_bfloat16

FloatArray = npt.NDArray[np.float32]
Camera = Literal["ir", "vis"]

CELL = 4
"""Pixels from one descriptor to the next; the first one's centre is at (1.5, 1.5)."""
WEIGHTS = Path(__file__).parent / "descriptors.safetensors"
_AROUND = 33  # pixels over which brightness and contrast are evened out
_FLAT = 2.0  # levels of 255: contrast below which a place stays flat
_FAINT = 0.05  # slope below which a direction fades to none


def input_planes(picture: FloatArray) -> FloatArray:
    """What the network sees: brightness evened out, slope, and its direction in double angles.

    Double angles (cos 2a, sin 2a) are the same for an edge and its negative.

    Args:
        picture: (H, W), 0 to 255.

    Returns:
        (4, H, W), float32.
    """
    picture = np.ascontiguousarray(picture, np.float32)
    window, border = (_AROUND, _AROUND), cv2.BORDER_REFLECT_101
    mean = cv2.boxFilter(picture, -1, window, borderType=border)
    square = cv2.boxFilter(picture * picture, -1, window, borderType=border)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    even = np.clip((picture - mean) / (spread + _FLAT), -3, 3)
    dx = cv2.Sobel(even, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    dy = cv2.Sobel(even, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    slope = np.sqrt(dx * dx + dy * dy)
    against = slope + _FAINT
    return np.stack([even, slope, (dx * dx - dy * dy) / against, 2 * dx * dy / against])


class _Stem(nn.Module):
    """(B, 4, H, W) -> (B, channels, H / 4, W / 4)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.a = nn.Conv2d(16, channels // 2, 3, padding=1, bias=False)
        self.na: nn.Module = nn.BatchNorm2d(channels // 2)
        self.b = nn.Conv2d(channels // 2, channels, 3, stride=2, padding=1, bias=False)
        self.nb: nn.Module = nn.BatchNorm2d(channels)

    def forward(self, planes: Tensor) -> Tensor:
        half = F.relu(self.na(self.a(F.pixel_unshuffle(planes, 2))))
        return F.relu(self.nb(self.b(half)))


class _Block(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(x)))


class DescriptorNetwork(nn.Module):
    """Descriptors of length 1, one every ``CELL`` pixels; the trunk sees some 60 pixels around each.

    ``logt`` is the logarithm of what a product of two descriptors is multiplied by to be a logit.
    """

    def __init__(
        self, channels: int = 64, dim: int = 32, dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4, 1)
    ) -> None:
        super().__init__()
        self.ir, self.vis = _Stem(channels), _Stem(channels)
        self.trunk = nn.Sequential(*[_Block(channels, dilation) for dilation in dilations])
        self.head = nn.Conv2d(channels, dim, 1)
        self.logt = nn.Parameter(torch.tensor(2.3))

    def forward(self, planes: Tensor, camera: Camera) -> Tensor:
        """(B, 4, H, W) with H and W multiples of 4 -> (B, dim, H / 4, W / 4)."""
        return self.finish((self.ir if camera == "ir" else self.vis)(planes))

    def finish(self, stems: Tensor) -> Tensor:
        """Trunk and head."""
        return F.normalize(self.head(self.trunk(stems)).float(), dim=1)

    def fold(self) -> "DescriptorNetwork":
        """Batch norms put into the convolutions before them, for inference."""
        self.eval()
        with torch.no_grad():
            for stem in (self.ir, self.vis):
                stem.a, stem.na = _folded(stem.a, stem.na)
                stem.b, stem.nb = _folded(stem.b, stem.nb)
            for block in self.trunk:
                assert isinstance(block, _Block)
                block.conv, block.norm = _folded(block.conv, block.norm)
        return self


def _folded(conv: nn.Conv2d, norm: nn.Module) -> tuple[nn.Conv2d, nn.Module]:
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    assert isinstance(norm, nn.BatchNorm2d)
    return fuse_conv_bn_eval(conv, norm), nn.Identity()


class Describer:
    """The trained network over pictures: descriptors, and the factor that makes logits of their products."""

    def __init__(self, network: DescriptorNetwork) -> None:
        self.network = network.fold().requires_grad_(False)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.sharpness = float(network.logt.exp())
        # In 16 bits a product of two descriptors moves by some thousandth, and takes half of the time.
        self._low = computes_bfloat16()

    def __call__(self, pictures: list[FloatArray], camera: Camera) -> Tensor:
        """Pictures (H, W) of one size, 0 to 255, sides multiples of 4 -> (B, dim, H / 4, W / 4)."""
        planes = torch.from_numpy(np.stack([input_planes(picture) for picture in pictures]))
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._low):
            found: Tensor = self.network(planes.to(memory_format=torch.channels_last), camera)
            return found.contiguous()


@lru_cache(maxsize=1)
def packaged_describer() -> Describer:
    """The network that the package brings."""
    from safetensors.torch import load_file

    network = DescriptorNetwork()
    network.load_state_dict(load_file(WEIGHTS))
    return Describer(network)
