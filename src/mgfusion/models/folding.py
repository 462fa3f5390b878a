"""Two layers of a network that is only evaluated, made into one that computes the same."""

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norms(network: nn.Module) -> None:
    """Each batch norm becomes part of the convolution that was registered just before it, in place.

    Args:
        network: in evaluation mode, of parts that run in the order in which they were registered.
    """
    for part in list(network.modules()):
        for (name, conv), (norm_name, norm) in pairwise(list(part.named_children())):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(part, name, fuse_conv_bn_eval(conv, norm))
                setattr(part, norm_name, nn.Identity())
