"""Commands and code of docs/: each block runs on synthetic pictures, or it is said here why it can't.

tests/test_readme.py does the same for the README.
"""

import re
import shlex
from functools import cache
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import mgfusion
from flir_files import radiometric_jpeg
from mgfusion.cli import main
from mgfusion.synthetic.night_street import night_street
from mgfusion.synthetic.scene_pair import Scene

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "```" in path.read_text(encoding="utf-8")]
SMALL = ("steps_per_epoch=2", "epochs=1", "crop=32", "batch=2", "model.cii=false", "model.cff=false")
QUICK = {  # added, so that a command takes seconds
    "train": [word for value in SMALL for word in ("--set", value)],
    "benchmark": ["--no-costs"],
}
NOT_RUN = {
    "train": {
        "paper": "wants a GPU and CLIP",
        "--encoder": "wants another encoder's weights; tests/training/test_adapter_transfer.py",
        "--init": "wants the encoder's embeddings of every picture; tests/training/test_adapter_transfer.py",
        "--nodes": "wants several machines",
        "--max-time": "goes on with a run of hours; tests/training/test_training_run.py",
        "data/RoadScene": "names data sets as they are downloaded; tests/data/test_layouts.py reads such",
    },
    "benchmark": {"peers": "compares with peers' pictures on the evaluation pairs, for hours"},
    "ablation": {"": "hours; tests/training/test_ablation_runs.py runs a tiny one"},
    "export": {"": "a minute each; tests/export exports each kind"},
    "live": {"": "cameras; tests/video/test_live.py"},
    "serve": {"": "goes on until it is ended; tests/service"},
    "align": {"": "not sure of drawn scenes; tests/registration, tests/cli/test_align_command.py"},
    "evaluate": {"--engine": "starts Ray; tests/cli/test_cluster_commands.py"},
    "calibrate": {"": "wants many frames of a rig; tests/registration/test_rigs.py"},
    "fuse": {
        "rig.json": "wants a rig that was calibrated; tests/cli/test_align_command.py",
        ".mp4": "tests/video fuse streams",
        "%04d": "tests/video fuse streams",
        "--engine": "starts Ray; tests/cli/test_cluster_commands.py",
        "runs/": "a model that has to be trained first",
        "pairs.csv": "tests/cli/test_fuse_files.py",
    },
}
FOREIGN = {"pip", "python3", "source", "trtexec", "dji_irp", "make", "curl", "chmod", "torchrun"}
PYTHON_NOT_RUN = {
    "mgfusion.client": "a service that runs; tests/service/test_client_of_a_service.py",
    "openvino": "an exported model; tests/export runs these lines on a small one",
    "fuse_video": "videos and a rig; tests/video",
}


def blocks(page: Path) -> list[tuple[str, str]]:
    """(label, text) of each fenced block; one without a label is a shell's."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [(label or "sh", text) for label, text in found]


def commands(page: Path) -> list[list[str]]:
    """The words of each line, VARIABLE=value before a command left out."""
    lines = [
        shlex.split(line, comments=True)
        for label, text in blocks(page)
        if label == "sh"
        for line in text.replace("\\\n", " ").splitlines()
    ]
    parts = [part for words in lines for part in _parts(words)]
    return [_without_variables(words) for words in parts if words]


def _parts(words: list[str]) -> list[list[str]]:
    if "&&" not in words:
        return [words]
    at = words.index("&&")
    return [words[:at], *_parts(words[at + 1 :])]


def _without_variables(words: list[str]) -> list[str]:
    return _without_variables(words[1:]) if re.fullmatch(r"[A-Z_]+=\S+", words[0]) else words


def why_not(words: list[str]) -> str:
    """Why a command of ours isn't run; empty where it is."""
    return next(
        (why for sign, why in NOT_RUN.get(words[1], {}).items() if any(sign in word for word in words[1:])),
        "",
    )


ALL = [(page, words) for page in PAGES for words in commands(page)]
OURS = [(page, words) for page, words in ALL if words[0] == "mgfusion"]


@cache
def _scene(seed: int) -> Scene:
    return night_street(seed, 64, 96)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A reader's folder: pairs, data sets, thermal files, and results of a method."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for number in range(3):
        for place, (ir, vis) in enumerate(
            (("data/set/train/ir", "data/set/train/vi"), ("data/set/test/ir", "data/set/test/vi"),
             ("data/MSRS/train/ir", "data/MSRS/train/vi"))
        ):  # fmt: skip
            scene = _scene(3 * place + number)
            mgfusion.write_image(f"{ir}/{place}{number}.png", scene.ir)
            mgfusion.write_image(f"{vis}/{place}{number}.png", scene.vis)
        grey = scene.ir // 2 + scene.vis.mean(axis=2).astype(np.uint8) // 2
        mgfusion.write_image(f"thermal/{number}.png", scene.ir)
        mgfusion.write_image(f"colour/{number}.jpg", scene.vis)
        mgfusion.write_image(f"fused/{number}.png", grey)
        mgfusion.write_image(f"flight/{number}_ir.png", scene.ir)
        mgfusion.write_image(f"flight/{number}_rgb.png", scene.vis)
        mgfusion.write_image(f"results/set/1{number}.png", grey)
    mgfusion.write_image("ir.png", scene.ir)
    mgfusion.write_image("vis.jpg", scene.vis)
    mgfusion.write_image("fused.png", grey)
    counts = scene.ir * np.uint16(16) + np.uint16(15_000)
    for name in ("FLIR0012.jpg", "camera/FLIR0013.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(radiometric_jpeg(counts, vis=scene.vis, overlay=(1.2, 0, 0)))
    mgfusion.write_image("counts.png", (29_000 + scene.ir * np.uint16(10)).astype(np.uint16))
    from PIL import Image

    Image.fromarray(scene.ir.astype(np.float32) / 8 + 5).save("degrees.tif")
    return tmp_path


def _name(value: Path | list[str]) -> str:
    return value.name if isinstance(value, Path) else " ".join(value)


@pytest.mark.parametrize(("page", "words"), OURS, ids=_name)
def test_every_command_has_the_options_that_it_is_shown_with(page, words):
    command: click.Command = main
    rest = words[1:]
    while rest and isinstance(command, click.Group) and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    assert not isinstance(command, click.Group)
    shown = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    assert shown <= {name for option in command.params for name in option.opts}


def test_every_other_command_is_known_and_every_script_is_there():
    unknown = [words for _, words in ALL if words[0] not in {"mgfusion", "python", *FOREIGN}]
    assert not unknown
    for _, words in ALL:
        if words[0] == "python" and words[1] != "-c":
            text = (ROOT / words[1]).read_text(encoding="utf-8")
            options = {word for word in words[2:] if word.startswith("--")}
            assert not [option for option in options if f'"{option}"' not in text], words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_run_in_order(page, here):
    for label, text in blocks(page):  # what the page says to write into a file is there
        name = re.search(
            r"In `(\w+\.py)`:\n\n```python\n" + re.escape(text), page.read_text(encoding="utf-8")
        )
        if label == "python" and name:
            Path(name[1]).write_text(text)
    for words in commands(page):
        if words[0] != "mgfusion" or why_not(words):
            continue
        if words[1] in ("fuse", "demo") and not {"--skip-existing", "--dry-run"} & {*words}:
            more = ["--overwrite"]
        else:
            more = QUICK.get(words[1], [])
        result = CliRunner().invoke(main, [*words[1:], *more])
        assert result.exit_code == 0, (words, result.output, result.exception)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_runs(page, here, capsys):
    arrays = {name: mgfusion.read_image(file) for name, file in
              (("fused", "fused.png"), ("ir", "ir.png"), ("vis", "vis.jpg"))}  # fmt: skip
    names = {**arrays, "frames": [tuple(arrays.values())] * 3, "__name__": "page"}
    for label, text in blocks(page):
        if label != "python":
            continue
        compile(text, page.name, "exec")
        if any(sign in text for sign in PYTHON_NOT_RUN):
            continue
        if 'write_image("fused.png"' in text:
            Path("fused.png").unlink()
        if "mgfusion.train(" in text:  # the same lines, for seconds instead of hours
            text = text.replace('["crop=128"]', repr(["validation=0", *SMALL]))
            assert "steps_per_epoch" in text
        exec(compile(text, page.name, "exec"), names)


def test_the_reasons_are_needed():
    """A reason that no command meets any more goes."""
    for verb, signs in NOT_RUN.items():
        shown = [words for _, words in OURS if words[1] == verb]
        assert not [
            sign for sign in signs if not any(sign in word for words in shown for word in words[2:])
        ], verb
