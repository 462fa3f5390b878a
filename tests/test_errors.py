"""Every error raised on purpose has the one base."""

import ast
import builtins
from pathlib import Path

import numpy as np
import pytest
import torch

import mgfusion
from mgfusion import errors

SOURCE = Path(mgfusion.__file__).parent
ALLOWED = {
    ("__init__.py", "AttributeError"),  # Python's own protocol for names of a module
    ("engines/worker_processes.py", "KeyboardInterrupt"),  # a worker that is told to end, ends as by Ctrl-C
    ("metrics/__init__.py", "AttributeError"),
    ("models/__init__.py", "AttributeError"),
    ("models/encoders.py", "ModuleNotFoundError"),  # in a block of needs_extra, which makes it ours
}


def raised(path: Path) -> set[str]:
    """The names of Python's own exceptions that a file makes and raises."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            target = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            kind = getattr(builtins, target.id, None) if isinstance(target, ast.Name) else None
            if isinstance(kind, type) and issubclass(kind, BaseException):
                found.add(kind.__name__)
    return found


def test_no_file_raises_an_error_of_pythons_own():
    wrong = {(str(path.relative_to(SOURCE)), name) for path in SOURCE.rglob("*.py") for name in raised(path)}
    assert wrong == ALLOWED


def test_each_error_is_one_of_pythons_own_besides():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert len(kinds) > 9 and all(issubclass(kind, errors.MGFusionError) for kind in kinds)
    kinds.remove(errors.MGFusionError)
    assert all(issubclass(kind, ValueError | RuntimeError | OSError | ImportError) for kind in kinds)


GREY = np.zeros((32, 32), np.uint8)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: mgfusion.evaluate_pair(GREY, GREY, GREY.astype(int)),
        lambda: mgfusion.evaluate_pair(GREY, GREY, GREY[1:]),
        lambda: mgfusion.evaluate_pair(GREY, GREY, GREY, ["nothing"]),
        lambda: mgfusion.evaluate_pair(GREY, GREY, GREY, None, "nothing"),
        lambda: mgfusion.evaluate("nothing", "here", "."),
        lambda: mgfusion.MGFusionConfig(dim=0),
        lambda: mgfusion.MGFusionConfig(network="mine"),  # type: ignore[arg-type]
        lambda: mgfusion.FusionLoss(gradient="mine"),  # type: ignore[arg-type]
        lambda: mgfusion.load_model("nothing"),
        lambda: mgfusion.load_recipe("nothing"),
        lambda: mgfusion.Fuser(3),  # type: ignore[arg-type]
        lambda: mgfusion.Fuser("mgfusion-tiny", device="abacus"),
        lambda: mgfusion.fuse(GREY, GREY, model="nothing"),
        lambda: mgfusion.fuse("none.png", GREY, model=lambda ir, vis: ir),
        lambda: mgfusion.fuse(torch.zeros(2, 1, 32, 32), torch.zeros(1, 1, 32, 32), model=lambda ir, vis: ir),
        lambda: mgfusion.read_image("none.png"),
        lambda: mgfusion.write_image("a.nothing", GREY),
        lambda: mgfusion.export_onnx("nothing", "a.onnx"),
    ],
)
def test_a_public_door_refuses_in_one_line(wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(mgfusion.MGFusionError) as caught:
        wrong()
    assert str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
