"""Outside commands as methods."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.benchmark.methods.test_sets import Grey, Pair, to_eight_bits
from mgfusion.errors import BenchmarkError
from mgfusion.images import read_image

TIMEOUT = 600.0
"""Seconds that an outside command may take for one pair."""


def open_command(method: Method) -> Callable[[Pair], Grey]:
    """A command with {ir}, {vis} and {out} in it: given the original files, run without a shell."""

    def fuse(pair: Pair) -> Grey:
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
            return to_eight_bits(read_image(out), str(out))

    return fuse


def _filled(word: str, paths: dict[str, str]) -> str:
    for field, path in paths.items():
        word = word.replace(field, path)
    return word
