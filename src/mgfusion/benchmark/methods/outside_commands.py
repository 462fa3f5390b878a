"""Outside commands as methods."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import Grey, read_fused
from mgfusion.data.opened_pair import OpenedPair
from mgfusion.data.pairs import Pair
from mgfusion.errors import BenchmarkError

TIMEOUT = 600.0
"""Seconds that an outside command may take for one pair."""


def open_command(method: Method) -> Callable[[Pair, OpenedPair], Grey]:
    """A command with {ir}, {vis} and {out} in it: given the original files, run without a shell."""

    def fuse(pair: Pair, _: OpenedPair) -> Grey:
        with tempfile.TemporaryDirectory(prefix="mgfusion-") as folder:
            out = Path(folder, f"{pair.name}.png")
            paths = {"{ir}": str(pair.ir.resolve()), "{vis}": str(pair.vis.resolve()), "{out}": str(out)}
            words = [_filled(word, paths) for word in shlex.split(method.source)]
            try:
                done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT, check=False)
            except subprocess.TimeoutExpired as error:
                raise BenchmarkError(
                    f"{method.name}: took longer than {TIMEOUT:.0f} s: {shlex.join(words)}"
                ) from error
            except OSError as error:
                raise BenchmarkError(f"{method.name}: {words[0]} cannot be run: {error.strerror}") from error
            if done.returncode or not out.is_file():
                said = (done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()[-1]
                raise BenchmarkError(
                    f"{method.name}: exit code {done.returncode}, "
                    f"{'' if out.is_file() else 'no '}picture written ({said}): {shlex.join(words)}"
                )
            return read_fused(out)

    return fuse


def _filled(word: str, paths: dict[str, str]) -> str:
    for field, path in paths.items():
        word = word.replace(field, path)
    return word
