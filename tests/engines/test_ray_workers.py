"""A cluster's workers: no job lost with a process or a machine, none done twice, and room found again."""

import os
import time
from collections import Counter
from pathlib import Path
from threading import Event

import jobs_to_run
import pytest

from mgfusion.engines.job_outcomes import Done, Failed
from mgfusion.engines.ray_workers import Cluster
from mgfusion.engines.run_jobs import run_jobs
from mgfusion.errors import ImageError, WorkerError

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'mgfusion[cluster]'")
pytestmark = pytest.mark.xdist_group("ray")  # one after another: each Ray takes some processes
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def cluster():
    """Two machines, as far as Ray knows, with a processor each; the second can be lost."""
    from ray.cluster_utils import Cluster as Machines

    machines = Machines(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    machines.add_node(num_cpus=1)
    path = f"{HERE}:{os.environ.get('PYTHONPATH', '')}"
    environment = {"env_vars": {"PYTHONPATH": path}}
    ray.init(machines.address, log_to_driver=False, logging_level="error", runtime_env=environment)
    yield machines
    ray.shutdown()
    machines.shutdown()


def test_each_job_has_its_outcome_and_a_failure_is_its_own(cluster):
    outcomes = list(run_jobs(jobs_to_run.awkward, iter(range(9)), engine="ray", ordered=True))
    assert [o.job for o in outcomes] == list(range(9))
    assert [o.result for o in outcomes if isinstance(o, Done)] == [0, 4, 8, 12, 16]
    lines = [o.line(Path("a.png")) for o in outcomes if isinstance(o, Failed)]
    assert lines == [
        "a.png: b.png: no picture",
        "a.png: not enough memory; let fewer run at once (--workers)",
        "a.png: asked Python to exit (4)",
        "a.png: out.png: No space left on device",
    ]
    assert isinstance(outcomes[1].error, ImageError)
    with pytest.warns(UserWarning, match="number 5 is odd"):
        list(run_jobs(jobs_to_run.warn, [5], engine="ray", workers=1))


def test_a_job_whose_process_dies_is_done_by_another_and_one_that_always_kills_fails(cluster, tmp_path):
    jobs = [(number, str(tmp_path)) for number in range(6)]
    found = list(run_jobs(jobs_to_run.crash_in_company, jobs, engine="ray"))
    assert sorted(o.result for o in found) == list(range(6))  # the job 1 ended its process once
    crashed = list(run_jobs(jobs_to_run.crash, range(6), engine="ray", ordered=True))
    assert [isinstance(o, Failed) for o in crashed] == [False, False, False, True, False, False]
    assert isinstance(crashed[3].error, WorkerError) and "its process died 3 times" in str(crashed[3].error)


def test_a_cluster_without_room_and_one_that_is_not_there_are_said(cluster):
    with pytest.raises(WorkerError, match=r"the cluster has 2 CPU, 0 GPU; a worker takes 3 CPU and 0 GPU"):
        list(run_jobs(jobs_to_run.double, [1], engine="ray", cluster=Cluster(cpus=3)))
    assert ray.is_initialized()  # the caller's


def test_workers_that_can_not_begin_are_said_at_once(cluster):
    def initializer():
        raise ImageError("no model here")

    with pytest.raises(WorkerError, match="a worker of the cluster can't work: no model here"):
        list(run_jobs(jobs_to_run.double, range(9), engine="ray", initializer=initializer))


def test_what_was_left_early_leaves_nothing_behind(cluster, tmp_path):
    jobs = ((number, str(tmp_path), 0.1) for number in range(1000))
    outcomes = run_jobs(jobs_to_run.note_and_wait, jobs, engine="ray", workers=2)
    next(outcomes)
    outcomes.close()
    deadline = time.monotonic() + 30
    processes = {int(file.name.partition("-")[2]) for file in tmp_path.iterdir()}
    while any(map(_alive, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert len(list(tmp_path.iterdir())) < 10  # jobs are taken as workers become free


def test_a_machine_that_is_lost_costs_no_job_and_a_new_one_is_used(cluster, tmp_path):
    """The last of these tests: it changes what the others run on."""
    found, enough, before, added = [], Event(), set(), False

    def jobs():  # until the new machine's process has begun one
        while not enough.is_set():
            yield len(numbers), str(tmp_path), 0.3
            numbers.append(len(numbers))

    numbers = []
    for outcome in run_jobs(jobs_to_run.note_and_wait, jobs(), engine="ray", workers=2):
        found.append(outcome)
        if not before and len(found) >= 3 and len(_processes(tmp_path)) == 2:
            before, lost_after = _processes(tmp_path), len(found)
            [lost] = cluster.worker_nodes
            cluster.remove_node(lost, allow_graceful=False)
        if before and not added and len(found) >= lost_after + 3:
            added = True
            cluster.add_node(num_cpus=1)
        if added and _processes(tmp_path) - before:
            enough.set()
        assert len(found) < 500
    assert len(before) == 2
    assert sorted(o.result for o in found) == numbers
    begun = Counter(int(file.name.partition("-")[0]) for file in tmp_path.iterdir())
    assert sum(begun.values()) <= len(numbers) + 1  # what the lost machine was at was begun again, no other


def _processes(folder):
    return {file.name.partition("-")[2] for file in folder.iterdir()}


def _alive(process):
    try:
        os.kill(process, 0)
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
