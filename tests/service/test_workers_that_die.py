"""A worker that dies or hangs costs one request; a signal costs none."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from running_service import HTTP, children, running, street

from mgfusion.errors import MGFusionError
from mgfusion.service.limits import Limits
from mgfusion.service.refusals import Refusal
from mgfusion.service.worker_jobs import WarmJob
from mgfusion.service.worker_pool import WorkerPool

PAIR = street()
SMALL = ("--model", "mgfusion-tiny", "--workers", "1", "--queue", "4")


def ask(service, seconds: float = 240) -> httpx.Response:
    return HTTP.post(f"{service.url}/v1/fuse", files=PAIR, timeout=seconds)


def test_a_killed_worker_is_503_for_its_request_and_the_next_one_works(tmp_path):
    with running(tmp_path, *SMALL) as service, ThreadPoolExecutor() as threads:
        service.wait_until_ready()
        (worker,) = service.workers()
        with service.frozen():
            hit, waits = threads.submit(ask, service), threads.submit(ask, service)
            service.wait_for_one_at_work_and_one_waiting()
            os.kill(worker, signal.SIGKILL)
        assert sorted(one.result().status_code for one in (hit, waits)) == [200, 503]
        lost = next(one.result() for one in (hit, waits) if one.result().status_code == 503)
        assert lost.json()["error"]["code"] == "worker_died" and lost.headers["retry-after"] == "1"
        assert ask(service).status_code == 200
        assert service.number("mgfusion_worker_deaths") == 1
        (new,) = service.workers()
        os.kill(new, signal.SIGKILL)  # with nothing to do: nobody notices
        service.wait(lambda: not alive(new))
        assert ask(service).status_code == 200


def test_a_worker_that_hangs_is_504_and_is_replaced(tmp_path):
    with running(tmp_path, *SMALL, "--timeout", "2") as service:
        service.wait_until_ready()
        (worker,) = service.workers()
        with service.frozen():
            answer = ask(service)
            service.wait(lambda: service.workers() not in ([], [worker]))
        assert answer.status_code == 504 and answer.json()["error"]["code"] == "too_slow"
        service.wait_until_ready()
        assert ask(service).status_code == 200


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_runs_and_leaves_nothing(tmp_path, sign):
    with running(tmp_path, *SMALL) as service, ThreadPoolExecutor() as threads:
        service.wait_until_ready()
        left = children(service.process.pid)
        with service.frozen():
            runs, waits = threads.submit(ask, service), threads.submit(ask, service)
            service.wait_for_one_at_work_and_one_waiting()
            service.process.send_signal(sign)
            service.wait(lambda: not answers(service))
        assert [one.result().status_code for one in (runs, waits)] == [200, 200]
        assert service.process.wait(120) == 0
    assert [path for path in tmp_path.glob("tmp/*/*") if path.is_dir()] == []
    assert all_end(left)
    assert "Traceback" not in service.log.read_text()


def answers(service) -> bool:
    try:
        return HTTP.get(f"{service.url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def all_end(pids: list[int]) -> bool:
    """Whether they are gone, which Python's own helper is a moment after its parent."""
    until = time.monotonic() + 60
    while any(map(alive, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(alive, pids))


def test_what_a_killed_service_left_is_gone_with_the_next_start(tmp_path):
    def folders():
        return [path for path in tmp_path.glob("tmp/*/*") if path.is_dir()]

    with running(tmp_path, *SMALL) as first:
        (old,) = folders()
        (old / "picture").write_bytes(b"of somebody")
        with running(tmp_path, *SMALL):
            assert old in folders() and len(folders()) == 2  # in use: left alone
        workers = first.workers()
        first.process.kill()
        first.process.wait()
        assert (old / "picture").exists()
    with running(tmp_path, *SMALL):
        assert not old.exists() and len(folders()) == 1
    assert all_end(workers)


def test_without_any_worker_requests_are_refused_and_not_kept_waiting():
    pool = WorkerPool(Limits(workers=1), WarmJob("no such model", "cpu"))
    pool.start()
    try:
        with pytest.raises(Refusal, match=r"no worker can be started .*no such model") as refused:
            for _ in range(2):
                pool.run_here(WarmJob("mgfusion-tiny", "cpu"))
        assert refused.value.status == 503 and not pool.ready
    finally:
        pool.close()
    with pytest.raises(Refusal, match="ending"):
        pool.run_here(WarmJob("mgfusion-tiny", "cpu"))
    assert issubclass(Refusal, MGFusionError)
