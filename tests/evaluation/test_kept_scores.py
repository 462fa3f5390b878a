"""Scores kept in a manifest: the very same numbers after a run is gone on with, and none made twice."""

import json
import math

import numpy as np
import pytest

from mgfusion.errors import OptionError
from mgfusion.evaluation import evaluate, score_files
from mgfusion.evaluation.kept_scores import KeptScores
from mgfusion.evaluation.score_report import lines
from mgfusion.images import write_image

NAMES = ["EN", "MSSSIM", "PSNR", "HTC"]


@pytest.fixture
def folders(tmp_path):
    random = np.random.default_rng(0)
    found = [tmp_path / name for name in ("fused", "ir", "vis")]
    for folder in found:
        for stem in "abc":
            write_image(folder / f"{stem}.png", random.integers(0, 256, (48, 48), dtype=np.uint8))
    return found


def kept(folder, **how):
    how = {"overwrite": False, "skip_existing": True, **how}
    return KeptScores(str(folder), {"metrics": NAMES}, NAMES, **how)


def test_numbers_come_back_as_they_were(tmp_path):
    scores = dict(zip(NAMES, (0.1 + 0.2, math.nan, math.inf, -math.inf), strict=True))
    first = kept(tmp_path)
    first.scored("a.png", scores, 0.5, "here")
    first.failed("b.png", "no picture")
    first.close()
    [part] = tmp_path.iterdir()
    text = part.read_text()
    json.loads(text.splitlines()[1], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    second = kept(tmp_path)
    values = second.take("a.png")
    np.testing.assert_array_equal(values, list(scores.values()))
    assert second.take("b.png") is None and second.take("a.png") is None
    assert kept(tmp_path, overwrite=True, skip_existing=False).take("a.png") is None
    with pytest.raises(OptionError, match="go on with it"):
        kept(tmp_path, skip_existing=False)


def test_what_has_a_line_is_not_measured_again(folders, tmp_path, monkeypatch):
    manifest, seen = tmp_path / "kept", []
    real = score_files.evaluate_triple
    monkeypatch.setattr(score_files, "evaluate_triple", lambda *words: seen.append(words) or real(*words))
    (folders[0] / "b.png").rename(tmp_path / "b.png")
    (folders[0] / "b.png").write_bytes(b"no picture")
    first = evaluate(*folders, NAMES, manifest=manifest)
    assert [row.name for row in first.rows] == ["a", "c"] and len(seen) == 2
    (tmp_path / "b.png").replace(folders[0] / "b.png")
    told = []
    whole = evaluate(
        *folders, NAMES, manifest=manifest, skip_existing=True, progress=lambda *words: told.append(words)
    )
    assert len(seen) == 3 and not whole.failures and told == [(2, 3), (3, 3)]
    assert whole == evaluate(*folders, NAMES)
    np.testing.assert_array_equal(whole.rows.values[[0, 2]], first.rows.values)
    with pytest.raises(OptionError, match=r"kept: holds another run: metrics was .*, now \['EN'\]"):
        evaluate(*folders, ["EN"], manifest=manifest, skip_existing=True)


def test_many_pictures_are_told_by_what_sums_them_up(folders):
    report = evaluate(*folders, NAMES)
    assert [name for name, _ in lines(report, 3)] == ["a", "b", "c", "mean", "median", "count"]
    assert [name for name, _ in lines(report, 2)] == ["mean", "median", "count"]
