"""One dialect of docstrings: Google's sections, held by ruff; code between double backticks, held here."""

import ast
import re
from pathlib import Path

import pytest

import mgfusion

SOURCE = Path(mgfusion.__file__).parent
FILES = sorted(
    path for path in SOURCE.rglob("*.py") if "cli" not in path.parts
)  # what click prints is no code
SINGLE = re.compile(r"(?<![`:\w])`[^`\n]+`(?!`|_)")
OTHERS = re.compile(r":(param|type|returns?|rtype|raises)\b|@(param|return)|^\s*-{4,}\s*$", re.MULTILINE)


def docstrings(path: Path) -> list[str]:
    """Of a file: those of modules, classes, functions and attributes."""
    return [
        node.value.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


@pytest.mark.parametrize("pattern", [SINGLE, OTHERS], ids=["single backticks", "another dialect's fields"])
def test_docstrings_have_one_dialect(pattern):
    wrong = [
        f"{path.relative_to(SOURCE)}: {match[0]}"
        for path in FILES
        for text in docstrings(path)
        for match in pattern.finditer(text)
    ]
    assert FILES and not wrong


def test_every_public_name_says_what_it_is():
    named = [getattr(mgfusion, name) for name in mgfusion.__all__ if name != "__version__"]
    assert all((thing.__doc__ or "").strip() for thing in named)
