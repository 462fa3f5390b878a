"""What the site has beyond the pages of docs/; MkDocs calls these.

The page of commands is made of their own help while the site is built, so it can't be out of date.
"""

import re
from collections.abc import Iterator
from typing import Any

import click
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from mgfusion.cli import main

_FENCED = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
_FORMULA = re.compile(r"(?<![\\\w$])\$([^$\n]+?)\$(?![\w$])")
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")
_ROLE = re.compile(r":(?:func|class|meth|mod|data|attr):(?=<code>)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Formulas become MathML, which browsers draw without a script; links out of docs/ keep their words."""
    parts = _FENCED.split(markdown)  # every second one is code
    parts[::2] = [_FORMULA.sub(lambda found: convert(found[1]), part) for part in parts[::2]]
    return _OUTSIDE.sub(r"`\1`", "".join(parts))


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings name other objects by Sphinx's roles, which Markdown would print: the code alone stays."""
    return _ROLE.sub("", html)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The page of commands."""
    files.append(File.generated(config, "commands.md", content=commands_page()))
    return files


def commands_page() -> str:
    """Markdown: what each command says of itself with ``--help``."""
    parts = [
        "# Commands\n\nExit codes: 0 all done; 1 some inputs failed, each named on stderr; 2 wrong usage."
    ]
    for path, command in _commands(main, ("mgfusion",)):
        with click.Context(command, info_name=" ".join(path), terminal_width=92) as context:
            parts.append(f"## {' '.join(path[1:])}\n\n```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts) + "\n"


def _commands(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, child in sorted(command.commands.items()):
        yield from _commands(child, (*path, name))
