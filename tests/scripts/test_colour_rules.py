"""The rules of colour that are compared: each keeps the luminance; the measures tell nothing from much."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mgfusion.images import luminance, to_tensor
from mgfusion.synthetic.night_street import night_street


@pytest.fixture
def rules(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts")
    import colour_rules

    yield colour_rules
    sys.modules.pop("colour_rules")


def test_every_rule_keeps_the_luminance_and_the_range(rules):
    scene = night_street(0, 96, 128)
    rgb, y = to_tensor(scene.vis), torch.rand(1, 1, 96, 128, generator=torch.Generator().manual_seed(0))
    for name, rule in rules.RULES.items():
        out = rule(rgb, y)
        assert out.min() >= 0 and out.max() <= 1, name
        torch.testing.assert_close(luminance(out), y, atol=2e-5, rtol=0, msg=name)


def test_measures_of_nothing_changed_and_of_grey(rules):
    scene = night_street(0, 240, 320)
    rgb = to_tensor(np.clip(scene.vis.astype(int) + 40, 0, 255).astype(np.uint8))
    same = rules.measures(rgb, scene.ir, luminance(rgb), rgb)
    assert same[:3] == pytest.approx([0, 1, 1], abs=1e-3)
    grey = rules.measures(rgb, scene.ir, luminance(rgb), luminance(rgb).expand(1, 3, -1, -1))
    assert grey[1] < 0.01 and grey[2] < 0.01
    torch.testing.assert_close(rules.from_oklab(rules.oklab(rgb)), rgb, atol=1e-4, rtol=0)


def test_the_script_writes_its_table(rules, scenes, tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- colour -->\nold\n<!-- /colour -->\nafter\n")
    words = ["colour_rules.py", str(scenes), "--model", "mgfusion-tiny", "--pairs", "2", "--write", str(page)]
    monkeypatch.setattr(sys, "argv", [*words, "--sheets", str(tmp_path / "sheets")])
    threads = torch.get_num_threads()
    try:
        rules.main()
    finally:
        torch.set_num_threads(threads)
    text = page.read_text()
    assert text.startswith("before\n<!-- colour -->\nLuminance of mgfusion-tiny; training pairs (streets 2)")
    assert text.endswith("<!-- /colour -->\nafter\n") and text.count("\n| ") == len(rules.RULES) + 1
    assert len(list((tmp_path / "sheets").iterdir())) == 2
