"""A data set of one's own: a function named on the command line, taken by all that read pairs."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.data.layouts import Found
from mgfusion.data.pairs import find_pairs
from mgfusion.errors import DataError, OptionError
from mgfusion.own_objects import load_object

MODULE = """
from mgfusion.data.layouts import Found

def drone(folder, split):
    listing = folder / "index.txt"
    if not listing.is_file():
        return None
    rows = [line.split() for line in listing.read_text().splitlines()]
    pairs = [(n, folder / f"{n}-hot.png", folder / f"{n}-colour.png") for n, part in rows if part == split]
    return Found("drone", split, tuple(pairs))

not_callable = 3
"""


def drone(folder: Path, split: str) -> Found | None:
    names: dict[str, object] = {}
    exec(MODULE, names)
    return names["drone"](folder, split)  # type: ignore[operator]


@pytest.fixture
def flights(scenes, tmp_path, monkeypatch):
    """Two data sets of one kind under one folder, one of ours beside them, and the module that reads them."""
    name = f"my_flights_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    data = tmp_path / "data"
    (data / "first").mkdir(parents=True)
    rows = []
    for i in range(4):
        for kind, end in (("ir", "hot"), ("vi", "colour")):
            shutil.copy(scenes / "train" / kind / f"{i}.png", data / "first" / f"f{i}-{end}.png")
        rows.append(f"f{i} {'test' if i == 3 else 'train'}")
    (data / "first" / "index.txt").write_text("\n".join(rows))
    shutil.copytree(scenes, data / "streets")
    monkeypatch.chdir(tmp_path)
    yield data, f"{name}:drone"
    sys.modules.pop(name, None)


def run(*words):
    return CliRunner().invoke(main, list(map(str, words)))


def test_pairs_of_ones_own_beside_those_of_a_known_layout(flights):
    data, _ = flights
    assert [(p.source, p.name) for p in find_pairs(data, layout=drone)] == [
        ("drone", "f0"), ("drone", "f1"), ("drone", "f2"),
        ("streets", "0"), ("streets", "1"), ("streets", "2"), ("streets", "3"),
    ]  # fmt: skip
    assert [p.name for p in find_pairs(data / "first", "test", drone)] == ["f3"]
    assert {p.source for p in find_pairs(data)} == {"streets"}


def test_train_takes_it(flights, tmp_path):
    data, name = flights
    settings = [
        "model.cii=false",
        "model.cff=false",
        "validation=0",
        "epochs=1",
        "steps_per_epoch=1",
        "crop=32",
    ]
    words = [word for setting in settings for word in ("--set", setting)]
    done = run("train", data, "--layout", name, "--recipe", "smoke", *words, "-o", tmp_path / "run")
    assert done.exit_code == 0, done.stderr
    assert any(line.startswith("drone: 3 training pairs") for line in done.stderr.splitlines())
    assert f'"layout": "{name}"' in (tmp_path / "run" / "config.json").read_text()


def test_the_benchmark_takes_it(flights, tmp_path):
    data, name = flights
    out = tmp_path / "out"
    words = (
        "--method",
        "average",
        "--workers",
        0,
        "--no-costs",
        "--no-figures",
        "--metrics",
        "EN",
        "-o",
        out,
    )
    done = run("benchmark", "--data", data / "first", "--layout", name, *words)
    assert done.exit_code == 0, done.stderr
    assert [p.name for p in (out / "average" / "drone").iterdir()] == ["f3.png"]


def test_the_check_takes_it(flights):
    data, name = flights
    done = run("data", "check", data / "first", "--layout", name)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("drone: 4 pairs (train 3, test 1), 128x96")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nothing", "--layout nothing: give MODULE:OBJECT"),
        ("my/flights.py:drone", "give MODULE:OBJECT"),
        ("no_such_module:drone", "no module 'no_such_module', installed or in "),
        ("{module}:dron", "has no dron"),
        ("{module}:not_callable", "is no callable"),
        ("broken:drone", "importing broken raised ZeroDivisionError"),
    ],
)
def test_a_layout_that_is_none_is_one_line(flights, tmp_path, spec, words):
    data, name = flights
    (tmp_path / "broken.py").write_text("1 / 0")
    done = run("data", "check", data, "--layout", spec.format(module=name.partition(":")[0]))
    assert done.exit_code == 2 and words in done.stderr and len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda folder, split: 1 / 0, "raised ZeroDivisionError"),
        (lambda folder, split: [], "gave list; return a Found or None"),
        (lambda folder, split: Found("x", "", (("a", folder / "a"),)), "give .name, infrared, visible."),
        (lambda folder, split: Found("x", "", (("a", folder / "a", folder / "b"),)), "a: no such file"),
        (lambda f, s: Found("x", "", (("a", f / "index.txt", f / "index.txt"),) * 2), "two pairs named 'a'"),
    ],
)
def test_what_a_layout_gives_is_checked(flights, given, words):
    with pytest.raises(DataError, match=words):
        find_pairs(flights[0] / "first", layout=given)


def test_the_search_path_is_left_as_it_was(flights):
    before = list(sys.path)
    assert callable(load_object(flights[1], "--layout"))
    with pytest.raises(OptionError):
        load_object("no_such_module:x", "--layout")
    assert sys.path == before


def test_the_example_of_the_docs(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text()
    [code] = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "def read(" in block]
    names: dict[str, Any] = {}
    exec(code, names)
    (tmp_path / "train.txt").write_text("a b")
    for name in ("a_hot.tif", "a_rgb.png", "b_hot.tif", "b_rgb.png"):
        (tmp_path / name).touch()
    assert [(p.source, p.name) for p in find_pairs(tmp_path, layout=names["read"])] == [
        ("flights", "a"),
        ("flights", "b"),
    ]
