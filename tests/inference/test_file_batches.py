"""Many pairs at once: the order, what fails, and how many."""

from threading import Event, Thread

import numpy as np
import pytest
import torch

from mgfusion import Fuser
from mgfusion.engines.job_outcomes import Failed
from mgfusion.errors import EncoderError, ImageError
from mgfusion.images import read_image, write_image
from mgfusion.inference.file_batches import fuse_files
from mgfusion.models import MGFusion, MGFusionConfig
from mgfusion.synthetic.night_street import night_street


@pytest.fixture(scope="module")
def fuser():
    config = MGFusionConfig(network="pyramid", dim=6, num_blocks=0, scale=2, cii=False, cff=False)
    return Fuser(MGFusion(config), device="cpu")


@pytest.fixture
def pairs(tmp_path):
    """Four pairs; the second has no readable infrared, the visible of the third has 16 bits."""
    for seed in range(4):
        scene = night_street(seed, 64, 80)
        write_image(tmp_path / f"ir{seed}.png", scene.ir)
        write_image(
            tmp_path / f"vis{seed}.png", scene.vis.astype(np.uint16) * 257 if seed == 2 else scene.vis
        )
    (tmp_path / "ir1.png").write_bytes(b"")
    return [(tmp_path / f"ir{seed}.png", tmp_path / f"vis{seed}.png") for seed in range(4)]


def test_each_has_its_outcome_in_order_and_none_is_lost(fuser, pairs, tmp_path, two_threads):
    """The second fails before it is fused, the third when it is written."""
    outs = [tmp_path / "out" / name for name in ("0.png", "1.png", "2.jpg", "3.png")]
    jobs = [(ir, vis, out) for (ir, vis), out in zip(pairs, outs, strict=True)]
    first, second, third, fourth = fuse_files(fuser, jobs)
    assert (first.result, fourth.result) == (outs[0], outs[3])
    assert isinstance(second.error, ImageError) and "ir1.png: empty file" in second.line()
    assert isinstance(third.error, ImageError) and "2.jpg: .jpg cannot hold 16 bits" in third.line()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.png", "3.png"]
    for at in (0, 3):
        one = fuser.file(*pairs[at], tmp_path / "one.png", overwrite=True)
        np.testing.assert_allclose(read_image(outs[at]), read_image(one).astype(int), atol=1)


def test_an_input_is_not_overwritten(fuser, pairs):
    ir, vis = pairs[0]
    before = vis.read_bytes()
    (outcome,) = fuse_files(fuser, [(ir, vis, vis)], overwrite=True)
    assert isinstance(outcome, Failed) and "is one of the inputs" in outcome.line()
    assert vis.read_bytes() == before


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Watched:
    """A fuser that says how many pairs it had at once; each waits for a second one for a while."""

    def __init__(self, fuser):
        self.at_once, self.file_of_one = fuser.at_once, fuser.file
        self.now, self.most, self.both = 0, 0, Event()

    def file(self, ir, vis, out, *, overwrite):
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == 2:
            self.both.set()
        if "0" not in out.name:  # the first is fused alone
            self.both.wait(self.patience)
        try:
            return self.file_of_one(ir, vis, out, overwrite=overwrite)
        finally:
            self.now -= 1

    patience = 5.0  # seconds


def test_several_pairs_are_fused_at_once_and_threads_are_given_back(fuser, pairs, tmp_path, two_threads):
    watched = Watched(fuser)
    outs = [tmp_path / f"{at}_fused.png" for at in range(3)]
    assert [o.result for o in fuse_files(watched, [(*pairs[0], out) for out in outs])] == outs
    assert watched.most == 2 and watched.both.is_set()
    seen = []
    thread = Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert torch.get_num_threads() == 2 and seen == [2]


def test_pictures_that_would_not_fit_together_are_fused_alone(
    fuser, pairs, tmp_path, two_threads, monkeypatch
):
    monkeypatch.setattr(fuser.traits, "bytes_per_pixel", (2 << 30) / (2 * 64 * 80 - 1))
    watched = Watched(fuser)
    watched.patience = 0.3
    outs = [tmp_path / f"{at}_fused.png" for at in range(4)]
    assert [o.result for o in fuse_files(watched, [(*pairs[0], out) for out in outs])] == outs
    assert watched.most == 1


def test_what_would_stop_every_pair_is_raised_and_leaves_whole_files(pairs, tmp_path, fuser, two_threads):
    class Failing(Watched):
        def file(self, ir, vis, out, *, overwrite):
            if "3" in ir.name:
                raise EncoderError("gone")
            return self.file_of_one(ir, vis, out, overwrite=overwrite)

    jobs = [(*pairs[at], tmp_path / f"{at}_fused_{n}.png") for n, at in enumerate((0, 0, 3, 0))]
    with pytest.raises(EncoderError, match="gone"):
        list(fuse_files(Failing(fuser), jobs))
    for path in tmp_path.glob("*_fused_*.png"):
        assert read_image(path).shape == (64, 80, 3)
    assert (tmp_path / "0_fused_0.png").exists() and not list(tmp_path.glob(".mgfusion-*"))


ERRORS = [
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried"
    ),
    MemoryError(),
    RuntimeError("a convolution of\na kind that can't be"),
    OSError(28, "No space left on device"),
    KeyError("key"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("at", [0, 2])
def test_any_error_of_one_pair_is_its_own(fuser, pairs, tmp_path, two_threads, threads, at, error):
    class Failing(Watched):
        def file(self, ir, vis, out, *, overwrite):
            if out.name == f"{at}_fused.png":
                raise error
            return self.file_of_one(ir, vis, out, overwrite=overwrite)

    torch.set_num_threads(threads)
    outs = [tmp_path / f"{n}_fused.png" for n in range(4)]
    outcomes = list(fuse_files(Failing(fuser), [(*pairs[0], out) for out in outs]))
    failed = outcomes.pop(at)
    assert [o.result for o in outcomes] == outs[:at] + outs[at + 1 :]
    line = failed.line(*failed.job)
    assert "ir0.png" in line and "\n" not in line


def test_the_networks_own_want_of_memory_is_told_and_tried_alone(
    fuser, pairs, tmp_path, two_threads, monkeypatch
):
    """PyTorch says so by a RuntimeError, which Fuser makes an ImageError of."""
    outs = [tmp_path / f"{n}_fused.png" for n in range(3)]
    jobs = [(*pairs[0], out) for out in outs]
    inside, fuse_part, both = [], fuser._fuse_part, Event()

    def scarce(ir, vis, run):
        inside.append(1)
        try:
            if len(inside) > 1:
                both.set()
            elif fused_before:
                both.wait(0 if both.is_set() else 5)
            if len(inside) > 1:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            return fuse_part(ir, vis, run)
        finally:
            fused_before.append(1)
            inside.pop()

    fused_before = []
    monkeypatch.setattr(fuser, "_fuse_part", scarce)
    assert [o.result for o in fuse_files(fuser, jobs)] == outs
    assert both.is_set() and len(fused_before) > 3
    monkeypatch.setattr(fuser, "_fuse_part", lambda ir, vis, run: (_ for _ in ()).throw(MemoryError))
    for outcome in fuse_files(fuser, jobs, overwrite=True):
        assert "80x64 pixels: not enough memory on cpu; use smaller tiles" in outcome.line()


def test_no_pairs(fuser):
    assert list(fuse_files(fuser, [])) == []
