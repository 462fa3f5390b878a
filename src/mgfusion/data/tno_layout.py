"""The TNO Image Fusion Dataset as figshare gives it: a folder for each scene, files named by camera."""

import re
from collections import defaultdict
from pathlib import Path

from mgfusion.images import list_images

_COLLECTIONS = ("athena_images", "dhv_images", "fel_images", "triclobs_images")
_IR_FOLDERS, _VIS_FOLDERS = ("thermal", "rad"), ("visual", "dhv")

# The first word of a name that is here says which camera it was; nir and ii (image intensifier) are near
# infrared, which this package does not fuse.
_CAMERAS = {"ir": "ir", "lwir": "ir", "vis": "vis", "nir": "near", "ii": "near"}
# The names without such a word: Athena_images/bunker, and the three views of Athena_images/APC_2.
_ODD = ((re.compile(r"bunker_r"), "vis"), (re.compile(r"1_fk_.*"), "vis"), (re.compile(r"2_fk_.*"), "ir"))

Scenes = tuple[
    tuple[tuple[str, Path, Path], ...], tuple[Path, ...], tuple[Path, ...], tuple[tuple[Path, ...], ...]
]


def is_original(folder: Path) -> bool:
    """Whether the figshare collections, or some of them, lie in ``folder``."""
    return any(path.name.lower() in _COLLECTIONS and path.is_dir() for path in folder.iterdir())


def read_scenes(root: Path) -> Scenes:
    """(pairs as (name, ir, vis), ir without vis, vis without ir, files of which no two are the pair).

    Names are the folders below the collection, joined by ``_``: ``lake``, ``APC_1_view_2``; a frame of a
    sequence has its number besides: ``Duine_sequence_7400``.
    """
    pairs: list[tuple[str, Path, Path]] = []
    alone: dict[str, list[Path]] = {"ir": [], "vis": []}
    ambiguous: list[tuple[Path, ...]] = []
    for folder, files in _folders(root).items():
        name = "_".join(folder.relative_to(root).parts[1:]) or folder.name
        for number, (ir, vis, near) in sorted(files.items()):
            if len(ir) == 1 and len(vis) == 1:
                pairs.append((f"{name}_{number}" if number else name, ir[0], vis[0]))
            elif ir and vis:
                ambiguous.append((*ir, *vis))
            elif not near:
                alone["ir"] += ir
                alone["vis"] += vis
    return tuple(sorted(pairs)), tuple(alone["ir"]), tuple(alone["vis"]), tuple(ambiguous)


Cameras = tuple[list[Path], list[Path], list[Path]]


def _folders(root: Path) -> dict[Path, dict[str, Cameras]]:
    """Scene folder -> number of the frame (empty but for sequences) -> infrared, visible, near infrared."""
    scenes: dict[Path, dict[str, Cameras]] = defaultdict(lambda: defaultdict(lambda: ([], [], [])))
    for folder in sorted(path for path in root.rglob("*") if path.is_dir()):
        kind = folder.name.lower()
        if kind in _IR_FOLDERS or kind in _VIS_FOLDERS:
            for path in list_images(folder):
                numbers = re.findall(r"\d+", path.stem)
                frame = scenes[folder.parent][numbers[-1] if numbers else path.stem]
                frame[0 if kind in _IR_FOLDERS else 1].append(path)
            continue
        for path in list_images(folder):
            camera = _camera(path.stem.lower())
            if camera:
                scenes[folder][""][("ir", "vis", "near").index(camera)].append(path)
    return scenes


def _camera(stem: str) -> str | None:
    words = (_CAMERAS.get(word) for word in re.findall("[a-z]+", stem))
    odd = (camera for pattern, camera in _ODD if pattern.fullmatch(stem))
    return next((word for word in words if word), next(odd, None))
