"""What a worker has loaded before its first request."""

import subprocess
import sys

ASK = """
import sys
from mgfusion.images.writing import encode_image
from mgfusion.service.doing_jobs import run_job
from mgfusion.service.worker_jobs import FuseJob, ViewJob, WarmJob
from mgfusion.synthetic.night_street import night_street

run_job(WarmJob("mgfusion-nano", "cpu", views=sys.argv[1] == "views"), 100_000)
known = set(sys.modules)
scene = night_street(1, 64, 80)
pair = FuseJob(encode_image(scene.ir, ".png"), encode_image(scene.vis, ".png"), ".png",
               {"model": "mgfusion-nano", "device": "cpu", "ir_range": "auto"})
run_job(ViewJob(pair) if sys.argv[2] == "views" else pair, 100_000)
print(*sorted(name for name in set(sys.modules) - known if name.startswith("mgfusion")))
"""


def loaded_late(warm: str, asked: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", ASK, warm, asked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_first_picture_waits_for_nothing_to_be_loaded():
    assert loaded_late("views", "views") == []
    assert loaded_late("no page", "picture") == []


def test_without_a_page_scores_are_not_loaded():
    assert "mgfusion.service.picture_views" in loaded_late("no page", "views")
