"""``mgfusion serve`` in a process of its own, and what tests need of it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from mgfusion.images.writing import encode_image
from mgfusion.synthetic.night_street import night_street

# Patient: it waits for a worker on a busy machine. A connection each: a kept one may be closed as it is used.
HTTP = httpx.Client(timeout=240, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class Service:
    """A service that runs; ``url``, its process, and the lines that it has logged."""

    def __init__(self, process: subprocess.Popen, log: Path) -> None:
        self.process, self.log = process, log
        self.url = process.stdout.readline().strip()

    def wait_until_ready(self, seconds: float = 240) -> None:
        self.wait(lambda: HTTP.get(f"{self.url}/readyz").status_code == 200, seconds)

    def wait(self, condition, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def workers(self) -> list[int]:
        """Processes that do the work, not those that Python keeps beside them."""
        return [child for child in children(self.process.pid) if b"spawn_main" in command_line(child)]

    def number(self, name: str) -> float:
        """One of Prometheus's numbers."""
        text = HTTP.get(f"{self.url}/metrics").text
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def wait_for_one_at_work_and_one_waiting(self) -> None:
        """Of one worker. A request that has come counts as waiting until the worker has taken it."""
        self.wait(lambda: self.number("mgfusion_busy_workers") == 1 and self.number("mgfusion_waiting") == 1)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The workers do nothing meanwhile."""
        stopped = self.workers()
        for worker in stopped:
            os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGCONT)


@contextlib.contextmanager
def running(folder: Path, *options: str, **environment: str) -> Iterator[Service]:
    """Serve with the options given, at a free port, temporary files and log in ``folder``."""
    (folder / "tmp").mkdir(exist_ok=True)
    log = folder / "log"
    words = [sys.executable, "-m", "mgfusion", "serve", "--port", "0", *options]
    with log.open("a") as stderr:
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(folder / "tmp"), **environment},
        )  # fmt: skip
    try:
        service = Service(process, log)
        assert service.url.startswith("http://"), log.read_text()
        yield service
    finally:
        process.terminate()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def street(height: int = 96, width: int = 128, seed: int = 0) -> dict[str, bytes]:
    """A pair as files' bytes, under the names of a request's fields."""
    scene = night_street(seed, height, width)
    return {"ir": encode_image(scene.ir, ".png"), "vis": encode_image(scene.vis, ".png")}
