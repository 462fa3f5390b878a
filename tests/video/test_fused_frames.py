import numpy as np
import pytest

import mgfusion
from video_clips import moving_square, write_video


def larger(ir, vis):
    return ir.maximum(vis)


@pytest.fixture
def clips(tmp_path):
    ir = write_video(
        tmp_path / "ir.mkv",
        [moving_square(i + 9, background=9) for i in range(8)],
        codec="ffv1",
        pixels="gray",
    )
    vis = write_video(tmp_path / "vis.mkv", map(moving_square, range(8)), codec="ffv1", pixels="yuv444p")
    return ir, vis


def test_frames_come_in_order_with_time_picture_and_luminance(clips):
    frames = list(mgfusion.fuse_video(*clips, model=larger, steady=False))
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(8)], abs=1e-3)
    expected = np.maximum(moving_square(4), moving_square(13))
    assert frames[4].picture.dtype == np.uint8
    assert np.abs(frames[4].picture.astype(float) - expected).mean() < 2
    assert np.abs(frames[4].luminance * 255 - expected[..., 0]).mean() < 2


def test_stopping_early_stops_the_threads(clips):
    import threading

    before = threading.active_count()
    frames = mgfusion.fuse_video(*clips, model=larger)
    next(frames)
    frames.close()
    assert threading.active_count() == before


def test_what_is_wrong_is_raised_where_the_frames_are_used(clips, tmp_path):
    with pytest.raises(mgfusion.VideoError, match="no such file"):
        mgfusion.fuse_video(clips[0], tmp_path / "no.mp4", model=larger)
    small = write_video(tmp_path / "small.mp4", [moving_square(0, (32, 32))] * 3)
    with pytest.raises(mgfusion.ImageError, match="infrared is 32x32"):
        list(mgfusion.fuse_video(small, clips[1], model=larger))
    with pytest.raises(mgfusion.VideoError, match="no time in common"):
        list(mgfusion.fuse_video(*clips, model=larger, offset=50))
    with pytest.raises(mgfusion.OptionError, match="say how it holds both"):
        mgfusion.fuse_video(clips[0], model=larger)
