"""What `mgfusion --help` shows, and options of one meaning under one name in every command."""

from collections import defaultdict
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from mgfusion.cli import main

SPELLINGS = {
    "output": {"-o", "--output"},
    "overwrite": {"--overwrite"},
    "workers": {"--workers"},
    "device": {"--device"},
    "model": {"--model"},
    "ir_range": {"--ir-range"},
    "gray": {"--grey", "--gray"},
    "colour": {"--colour", "--color"},
    "convention": {"--convention"},
    "recipe": {"--recipe"},
}


def commands(group: click.Group = main, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


@pytest.mark.parametrize("width", [80, 110])
@pytest.mark.parametrize("group", [[], ["data"]])
def test_no_summary_is_cut_off(monkeypatch, width, group):
    monkeypatch.setenv("COLUMNS", str(width))
    shown = CliRunner().invoke(main, [*group, "--help"]).stdout.partition("Commands:")[2].splitlines()[1:]
    assert len(shown) == len((main.commands["data"] if group else main).commands)  # one line each
    assert not [line for line in shown if not line.endswith(".") or line.endswith("...")]


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_has_help_that_fits_and_takes_h(name, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(main, [*name.split(), "-h"])
    assert result.exit_code == 0 and result.stdout.startswith(f"Usage: main {name} ")
    assert max(map(len, result.stdout.splitlines())) <= 110


def test_options_of_one_meaning_are_spelled_alike():
    wrong = defaultdict(list)
    for name, command in commands():
        for option in command.params:
            if not isinstance(option, click.Option) or option.hidden:
                continue
            spelled = {*option.opts}
            for meaning in SPELLINGS.values():
                if spelled & meaning and spelled != meaning:
                    wrong[name].append(option.opts)
            if spelled & {"--out", "--out-dir", "--jobs", "-j", "--threads", "--force", "--range"}:
                wrong[name].append(option.opts)
    assert not wrong


@pytest.mark.parametrize("name", ["--output", "--overwrite"])
def test_commands_that_write_say_where_and_whether_over_what_is_there(name):
    writers = {"fuse", "demo", "export", "evaluate", "train", "ablation"}
    assert {n for n, c in commands() if any(name in option.opts for option in c.params)} >= writers
