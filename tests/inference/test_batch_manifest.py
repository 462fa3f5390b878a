"""What a large batch has done: a line for each picture, also after a kill, and never of another run."""

import json

import pytest

from mgfusion.addresses import list_names
from mgfusion.errors import OptionError
from mgfusion.inference import batch_manifest
from mgfusion.inference.batch_manifest import EarlierRun, Manifest, goes_on, read_manifests

pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'mgfusion[cluster]'")


@pytest.fixture(params=["path", "memory"])
def folder(request, tmp_path):
    return str(tmp_path / "out") if request.param == "path" else f"memory://{tmp_path.name}/out"


def begun(folder, *, replacing=False, anew=False, **settings):
    earlier = read_manifests(folder, list_names(folder, missing=True))
    return Manifest(folder, earlier, settings, replacing=replacing, anew=anew or earlier.settings is None)


def test_a_run_that_is_gone_on_with_knows_what_is_done(folder):
    first = begun(folder, model="a")
    first.add("1.png", "done", seconds=0.5)
    first.add("2.png", "failed", error="no picture")
    first.close()
    second = begun(folder, model="a")
    second.add("3.png", "found")
    second.close()
    found = read_manifests(folder, list_names(folder))
    assert set(found.done) == {"1.png", "3.png"} and found.settings == {"model": "a"} and not found.replacing
    assert found.parts == ["manifest-000001.jsonl", "manifest-000002.jsonl"]
    begun(folder, model="b", anew=True, replacing=True).close()  # with no line, there is no file
    assert read_manifests(folder, list_names(folder)) == found


def test_what_was_done_before_all_was_begun_anew_does_not_count(folder):
    first = begun(folder, model="a")
    first.add("1.png", "done")
    first.close()
    anew = begun(folder, model="b", replacing=True, anew=True)
    anew.add("2.png", "done")
    anew.close()
    found = read_manifests(folder, list_names(folder))
    assert set(found.done) == {"2.png"} and found.settings == {"model": "b"} and found.replacing
    after = begun(folder, model="b", replacing=True)
    after.add("3.png", "done")
    after.close()
    assert read_manifests(folder, list_names(folder)).done.keys() == {"2.png", "3.png"}


def test_what_is_asked_for_is_kept_of_a_line(folder):
    first = begun(folder)
    first.add("1.png", "done", scores={"EN": 7.25})
    first.add("2.png", "failed", error="no picture")
    first.close()
    found = read_manifests(folder, list_names(folder), lambda line: line["scores"]["EN"])
    assert found.done == {"1.png": 7.25}


def test_a_run_is_gone_on_with_only_where_that_was_said_and_nothing_is_other():
    earlier = EarlierRun({"model": "a"})
    assert not goes_on("out", EarlierRun(), {"model": "a"}, overwrite=False, skip_existing=True)
    assert goes_on("out", earlier, {"model": "a"}, overwrite=False, skip_existing=True)
    assert not goes_on("out", earlier, {"model": "b"}, overwrite=True, skip_existing=False)
    with pytest.raises(OptionError, match=r"^out: holds a run .* \(--skip-existing\)"):
        goes_on("out", earlier, {"model": "a"}, overwrite=False, skip_existing=False)
    with pytest.raises(OptionError, match="out: holds another run: model was a, now b; "):
        goes_on("out", earlier, {"model": "b"}, overwrite=False, skip_existing=True)


def test_a_local_line_is_there_at_once_and_one_cut_off_counts_as_none(tmp_path):
    manifest = Manifest(str(tmp_path), EarlierRun(), {}, replacing=False, anew=True)
    manifest.add("1.png", "done")
    part = tmp_path / "manifest-000001.jsonl"
    assert len(part.read_text().splitlines()) == 2
    part.write_text(part.read_text() + '{"out": "2.png", "sta')
    found = read_manifests(str(tmp_path), [part.name, "1.png", "manifest.txt"])
    assert set(found.done) == {"1.png"} and found.parts == [part.name]
    manifest.close()


def test_an_address_gets_parts_of_so_many_lines(monkeypatch):
    monkeypatch.setattr(batch_manifest, "_LINES", 3)
    manifest = Manifest("memory://parts", EarlierRun(), {}, replacing=False, anew=True)
    for number in range(7):
        manifest.add(f"{number}.png", "done")
    assert len(list_names("memory://parts")) == 2
    manifest.close()
    names = list_names("memory://parts")
    assert len(names) == 3 and len(read_manifests("memory://parts", names).done) == 7
    assert json.loads(manifest.head)["run"]
