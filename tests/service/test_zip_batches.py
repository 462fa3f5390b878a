"""Archives of pairs: what can be fused is, and what can't is named."""

import io
import zipfile
from dataclasses import replace

import pytest
from running_service import street

from mgfusion.errors import ImageError
from mgfusion.service.limits import Limits
from mgfusion.service.page.zip_batches import fuse_zip
from mgfusion.service.worker_jobs import Done

PAIR = street(64, 64)
LIMITS = Limits(workers=1)


def packed(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def fuse(data: bytes, run=lambda job: Done(job.ir + job.vis), limits=LIMITS):
    steps = []
    batch = fuse_zip(data, ".png", {}, run, limits, lambda done, total: steps.append((done, total)))
    return batch, steps


def test_pairs_by_folder_and_by_name_and_the_rest_is_named():
    batch, steps = fuse(
        packed(
            {
                "flight/ir/1.png": b"i1", "flight/vis/1.png": b"v1", "flight/0002_T.JPG": b"i2",
                "flight/0002_W.JPG": b"v2", "flight/vis/9.png": b"v9", "flight/notes.txt": b"no picture",
                "__MACOSX/flight/ir/1.png": b"no picture", "flight/.hidden_ir.png": b"no picture",
            }
        )
    )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(batch.data)) as out:
        assert {name: out.read(name) for name in out.namelist()} == {
            "flight_vis_1.png": b"i1v1", "flight_0002_W.png": b"i2v2",
        }  # fmt: skip
    assert batch.done == 2 and batch.problems == ("flight/vis/9.png: found no partner",)
    assert steps == [(0, 2), (1, 2)]


def test_one_that_fails_is_named_and_the_others_are_done():
    def run(job):
        if job.ir == b"bad":
            raise ImageError("ir: damaged")
        return Done(b"fused")

    batch, _ = fuse(packed({"ir/a.png": b"bad", "vis/a.png": b"v", "ir/b.png": b"i", "vis/b.png": b"v"}), run)
    assert batch.done == 1 and batch.problems == ("ir/a.png, vis/a.png: ir: damaged",)


@pytest.mark.parametrize("name", ["/etc/ir/a.png", "../../ir/a.png", "..\\..\\ir\\a.png"])
def test_names_that_lead_elsewhere_lead_nowhere(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = name.replace("ir", "vis", 1)
    batch, _ = fuse(packed({name: b"i", other: b"v"}))
    with zipfile.ZipFile(io.BytesIO(batch.data)) as out:
        (made,) = out.namelist()
    assert batch.done == 1 and made in ("etc_vis_a.png", "vis_a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no zip", "not a zip"),
        (packed({"a.txt": b""}), "no pair found"),
        (packed({"ir/a.png": b"i"}), "no pair found"),
        (packed({f"ir/{n}.png": b"" for n in range(2001)}), "2001 pictures"),
    ],
)
def test_what_is_no_archive_of_pairs(data, words):
    with pytest.raises(ImageError, match=words):
        fuse(data)


def test_an_archive_that_grows_is_refused_before_it_does():
    bomb = packed({"ir/a.png": bytes(8 << 20), "vis/a.png": bytes(8 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    with pytest.raises(ImageError, match="16 MiB unpacked are too many"):
        fuse(bomb, limits=replace(LIMITS, body=4 << 20))
