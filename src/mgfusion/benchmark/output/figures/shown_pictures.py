"""Source and fused pictures as readers see them: the fused luminance with the visible picture's colour."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import Grey, read_fused
from mgfusion.benchmark.output.figures.regions import View, disagreement, pick_boxes
from mgfusion.benchmark.run.planning import Plan
from mgfusion.data.opened_pair import open_pair
from mgfusion.data.pairs import Pair
from mgfusion.images import from_tensor, from_unit, fused_colour, read_image, to_tensor, to_unit

Rgb = NDArray[np.uint8]


def in_colour(fused: Grey, vis: NDArray[np.generic]) -> NDArray[np.uint8]:
    """A fused luminance (H, W) in the colours of a visible picture; as it is where that is grey."""
    if vis.ndim == 2:
        return fused
    return np.asarray(from_tensor(fused_colour(to_tensor(vis), to_tensor(fused))), np.uint8)


def fused_of(plan: Plan, methods: Sequence[Method], pair: Pair) -> dict[str, Grey]:
    """The saved fused pictures of a pair, by method, where there is one of the pair's size."""
    shape = read_image(pair.vis).shape[:2]
    found = {}
    for method in methods:
        path = plan.picture(method, pair)
        if path.is_file():
            picture = read_fused(path)
            if picture.shape == shape:
                found[method.name] = picture
    return found


def shown(plan: Plan, methods: Sequence[Method], pair: Pair) -> dict[str, NDArray[np.uint8]]:
    """What a reader sees of a pair: "Infrared", "Visible", then each method in colour."""
    opened = open_pair(pair.ir, pair.vis)
    fused = fused_of(plan, methods, pair)
    vis = from_unit(opened.vis if opened.colour is None else to_unit(opened.colour), np.uint8)
    return {
        "Infrared": from_unit(opened.ir, np.uint8),
        "Visible": vis,
        **{name: in_colour(grey, vis) for name, grey in fused.items()},
    }


def pick_views(plan: Plan, methods: Sequence[Method], set_name: str, count: int) -> list[View]:
    """The pictures of a set on which the methods disagree most, most first."""
    spread = {}
    for pair in plan.sets[set_name]:
        fused = fused_of(plan, methods, pair)
        if len(fused) == len(methods) or len(fused) >= 2:
            spread[pair.name] = float(disagreement([f[::4, ::4] for f in fused.values()]).mean())
    best = sorted(spread, key=lambda name: (-spread[name], name))[:count]
    return [View(set_name, name) for name in best]


def with_boxes(plan: Plan, methods: Sequence[Method], view: View) -> View:
    """The same view; where it has no boxes, with those in which the methods disagree most."""
    if view.boxes:
        return view
    pair = next(p for p in plan.sets[view.set] if p.name == view.name)
    fused = list(fused_of(plan, methods, pair).values())
    return View(view.set, view.name, pick_boxes(fused) if len(fused) > 1 else ())
