"""The one command that draws the gallery."""

import sys
from pathlib import Path

from PIL import Image

SCRIPTS = Path(__file__).parents[2] / "scripts"


def test_the_gallery_moves_and_has_a_row_for_each_scene(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    import gallery

    words = ["gallery.py", "-o", str(tmp_path), "--model", "mgfusion-tiny", "--frames", "2", "--height", "66"]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(gallery, "STILL", (72, 96))
    gallery.main()
    moving = Image.open(tmp_path / "gallery.webp")
    assert moving.n_frames == 2 and moving.size == (3 * 88 + 8, 4 * 66 + 12)
    first = moving.convert("RGB").tobytes()
    moving.seek(1)
    assert moving.convert("RGB").tobytes() != first
    for name in ("night_street", "smoke", "building", "wood"):
        assert Image.open(tmp_path / f"gallery_{name}.webp").size == (3 * 96 + 8, 72)
