"""`mgfusion serve` refuses what is unsafe or can't be, before anything is started; tests/service runs it."""

import socket
import sys

import pytest
from click.testing import CliRunner

from mgfusion.cli import main


def serve(*words: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["serve", *words], env={"MGFUSION_TOKEN": "", **environment})
    return result.exit_code, result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_beyond_this_machine_without_a_token(host):
    assert serve("--host", host) == (
        2,
        f"error: host {host}: can be reached from other machines; set MGFUSION_TOKEN or give --token-file, "
        "or --insecure to let everybody in\n",
    )


def test_a_token_that_is_short_or_can_not_be_read(tmp_path):
    (tmp_path / "token").write_text("short\n")
    code, said = serve("--token-file", str(tmp_path / "token"))
    assert code == 2 and said.startswith("error: token of 5 characters: give 16 or more")
    code, said = serve("--token-file", str(tmp_path / "none"))
    assert code == 2 and "none: can't be read as a token (No such file or directory)" in said
    assert serve(MGFUSION_TOKEN="short")[0] == 2


def test_a_model_that_is_not_there(tmp_path):
    code, said = serve("--model", str(tmp_path))
    assert code == 2 and "no model folder" in said


def test_a_port_that_is_taken_and_a_host_that_is_none():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = serve("--port", str(taken.getsockname()[1]))
    assert code == 2 and said.endswith("can't listen there (Address already in use); give another --port\n")
    code, said = serve("--host", "no.such.host.invalid", "--insecure")
    assert code == 2 and said.startswith("error: no.such.host.invalid, port 7860: can't listen there")


@pytest.mark.parametrize(
    "words", [["--port", "70000"], ["--workers", "0"], ["--timeout", "0"], ["--queue", "-1"]]
)
def test_numbers_that_are_none(words):
    assert serve(*words)[0] == 2


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastapi", None)
    for name in [name for name in sys.modules if name.startswith("mgfusion.service")]:
        monkeypatch.delitem(sys.modules, name)
    assert serve() == (2, "error: mgfusion serve needs fastapi: pip install 'mgfusion[web]'\n")
