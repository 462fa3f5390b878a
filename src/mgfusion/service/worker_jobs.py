"""What a worker process is asked, and what it answers: pictures as files' bytes."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mgfusion.registration import Alignment
    from mgfusion.service.placements import ByHand, Placement


@dataclass(frozen=True)
class FuseJob:
    """A pair to fuse.

    Attributes:
        ir: the infrared file's bytes; where there is no ``vis``, a radiometric file that holds both.
        vis: the visible file's.
        ending: of the format of the answer, ``.png`` say.
        options: the arguments of :class:`mgfusion.Fuser`; ``ir_range`` as text.
        points: a table of control points, in place of ``align`` among the options.
    """

    ir: bytes = field(repr=False)
    vis: bytes | None = field(repr=False)
    ending: str
    options: dict[str, Any]
    points: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class EvaluateJob:
    """A fused picture to score, as files' bytes."""

    fused: bytes = field(repr=False)
    ir: bytes = field(repr=False)
    vis: bytes = field(repr=False)
    metrics: tuple[str, ...] | None
    convention: str
    ir_range: str


@dataclass(frozen=True)
class WarmJob:
    """Load what the first request would wait for; with ``views`` also what the page's would."""

    model: str
    device: str
    views: bool = False


@dataclass(frozen=True)
class AlignJob:
    """A pair of which it is asked how its pictures lie on each other.

    Attributes:
        ir, vis: the files' bytes.
        model: as for :func:`mgfusion.align`.
        points: a table of control points that says it; nothing is searched then.
    """

    ir: bytes = field(repr=False)
    vis: bytes = field(repr=False)
    model: str
    points: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ViewJob:
    """A pair to fuse and to show to a person.

    Attributes:
        fuse: the pair.
        by_hand: how a person laid the infrared; None: as it is found.
        known: what was found of the same pair before.
    """

    fuse: FuseJob
    by_hand: "ByHand | None" = None
    known: "Alignment | None" = None


Job = FuseJob | EvaluateJob | AlignJob | ViewJob | WarmJob


@dataclass(frozen=True)
class Done:
    """What came of a job.

    Attributes:
        data: the fused picture's file.
        views: files to show, see :func:`mgfusion.service.picture_views.views`.
        placement: how the infrared lies; None where both are pixel on pixel.
        placement_views: files that show it, see :func:`mgfusion.service.placements.placement_views`.
        alignment: how they lie on each other, see :class:`mgfusion.service.schemas.AlignmentAnswer`.
        degrees: lowest, mean and highest temperature, where there are any.
        scores: by metric; None where one is undefined.
        size: width and height of the pictures.
        seconds: how long each step took.
        warnings: what should be known of the result, one line each.
    """

    data: bytes = field(default=b"", repr=False)
    views: dict[str, bytes] = field(default_factory=dict, repr=False)
    placement: "Placement | None" = None
    placement_views: dict[str, bytes] = field(default_factory=dict, repr=False)
    alignment: dict[str, Any] = field(default_factory=dict)
    degrees: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
