"""`mgfusion fuse` of two folders where one pair fails in a way of its own."""

import pytest
from click.testing import CliRunner

from mgfusion import Fuser
from mgfusion.cli import main
from mgfusion.images import write_image
from mgfusion.synthetic.night_street import night_street


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you\ntried"), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (KeyError("odd"), "KeyError: 'odd'"),
    ],
)
def test_the_failed_pair_is_one_line_the_rest_is_done_and_the_exit_code_1(tmp_path, monkeypatch, error, said):
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate("abc"):
        scene = night_street(seed, 64, 80)
        write_image(f"ir/{name}.png", scene.ir)
        write_image(f"vis/{name}.png", scene.vis)
    real = Fuser.file

    def odd(self, ir, vis, out, *, overwrite=False):
        if vis.stem == "b":
            raise error
        return real(self, ir, vis, out, overwrite=overwrite)

    monkeypatch.setattr(Fuser, "file", odd)
    words = ["fuse", "ir", "vis", "-o", "out/", "--model", "mgfusion-tiny", "--device", "cpu"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert result.stdout.split() == ["out/a.png", "out/c.png"]
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ir/b.png: ") and said in line
