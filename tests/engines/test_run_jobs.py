"""Serial, threads, processes: the same outcomes, and no job lost to another's failure."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Lock

import jobs_to_run
import pytest

from mgfusion.engines.job_outcomes import Done, Failed
from mgfusion.engines.run_jobs import run_jobs
from mgfusion.engines.worker_processes import WorkerProcesses
from mgfusion.errors import ImageError, WorkerError

ENGINES = ["serial", "threads", "processes"]
HERE = Path(__file__).parent


@pytest.mark.parametrize("engine", ENGINES)
def test_each_job_has_its_outcome_in_order_and_a_failure_is_its_own(engine):
    outcomes = list(run_jobs(jobs_to_run.awkward, range(9), engine=engine, workers=2, ordered=True))
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


@pytest.mark.parametrize("engine", ENGINES)
def test_as_they_are_done_none_is_missing(engine):
    found = run_jobs(jobs_to_run.double, iter(range(7)), engine=engine, workers=3)
    assert sorted(o.result for o in found) == list(range(0, 14, 2))
    assert list(run_jobs(jobs_to_run.double, [], engine=engine, workers=3)) == []


def test_in_order_though_the_first_is_done_last():
    first_may_go = Event()

    def work(number):
        if number == 0:
            assert first_may_go.wait(20)
        elif number == 3:
            first_may_go.set()
        return number

    assert [o.result for o in run_jobs(work, range(4), engine="threads", workers=2, ordered=True)] == [
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_dies_costs_its_own_job_alone(workers):
    outcomes = list(run_jobs(jobs_to_run.crash, range(6), engine="processes", workers=workers, ordered=True))
    assert [o.result for o in outcomes if isinstance(o, Done)] == [0, 2, 4, 8, 10]
    (failed,) = (o for o in outcomes if isinstance(o, Failed))
    assert failed.job == 3 and isinstance(failed.error, WorkerError) and "died" in failed.line()


def test_what_died_in_company_is_tried_alone(tmp_path):
    jobs = [(number, str(tmp_path)) for number in range(4)]
    outcomes = list(run_jobs(jobs_to_run.crash_in_company, jobs, engine="processes", workers=2))
    assert sorted(o.result for o in outcomes) == [0, 1, 2, 3]


def test_what_finds_no_memory_in_company_is_tried_alone_and_fewer_run_from_then_on():
    lock = Lock()
    running, most = set(), []
    four_at_once = Event()

    def work(number):
        with lock:
            running.add(number)
            most.append(len(running))
            if len(running) == 4:
                four_at_once.set()
        try:
            if number < 4:
                assert four_at_once.wait(20) or not four_at_once
            if number == 2 and len(running) > 1:
                raise MemoryError
            time.sleep(0.01)
            return number
        finally:
            with lock:
                running.discard(number)

    outcomes = list(run_jobs(work, range(30), engine="threads", workers=4, ordered=True))
    assert [o.result for o in outcomes] == list(range(30))
    after = most[most.index(4) + 1 :]
    assert max(after) <= 3  # after the second try


def test_jobs_are_taken_as_workers_become_free():
    taken = []

    def jobs():
        for number in range(100):
            taken.append(number)
            yield number

    for engine in ENGINES:
        taken.clear()
        found = run_jobs(jobs_to_run.double, jobs(), engine=engine, workers=2)
        for done in range(1, 4):
            next(found)
            assert len(taken) <= done + 2 * 2  # two that run, two that are done
        found.close()


@pytest.mark.parametrize("end", ["closed", "raised"])
def test_left_early_no_process_is_left(tmp_path, end):
    jobs = [(number, str(tmp_path), 0 if number == 0 else 600) for number in range(3)]
    found = run_jobs(jobs_to_run.note_and_wait, jobs, engine="processes", workers=2)
    assert next(found).result == 0
    while len(list(tmp_path.iterdir())) < 3:
        time.sleep(0.05)
    if end == "closed":
        found.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            found.throw(KeyboardInterrupt)
    assert not any(alive(int(note.name.partition("-")[2])) for note in tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="needs sh")
def test_left_early_a_command_that_a_job_waits_for_ends_too(tmp_path):
    note = tmp_path / "note"
    found = run_jobs(jobs_to_run.wait_for_command, [note, None], engine="processes", workers=2)
    assert next(found).job is None
    while not note.exists():
        time.sleep(0.05)
    command = int(note.read_text())
    assert alive(command)
    found.close()
    assert not alive(command)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_or_killed_program_leaves_no_worker(tmp_path, how):
    """A killed one's workers end with the job that they are at."""
    script, seconds = tmp_path / "program.py", 1 if how == signal.SIGKILL else 600
    script.write_text(
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # else ignored behind &
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import jobs_to_run\n"
        "from mgfusion.engines.run_jobs import run_jobs\n"
        f"jobs = [(n, {str(tmp_path / 'notes')!r}, {seconds}) for n in range(9)]\n"
        "list(run_jobs(jobs_to_run.note_and_wait, jobs, engine='processes', workers=2))\n"
    )
    (tmp_path / "notes").mkdir()
    program = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, text=True)
    while len(list((tmp_path / "notes").iterdir())) < 2:  # it has no guard: the workers must not run it again
        assert program.poll() is None, program.stderr.read()
        time.sleep(0.05)
    program.send_signal(how)
    said = program.communicate(timeout=60)[1]
    assert said.count("Traceback") == (how == signal.SIGINT)  # its own alone
    workers = [int(note.name.partition("-")[2]) for note in (tmp_path / "notes").iterdir()]
    for _ in range(400):
        if not any(map(alive, workers)):
            return
        time.sleep(0.05)
    pytest.fail("a worker is left")


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_what_cannot_travel_is_that_jobs_failure():
    outcomes = list(run_jobs(jobs_to_run.not_portable, range(4), engine="processes", ordered=True))
    assert [isinstance(o, Done) for o in outcomes] == [True, False, False, True]
    assert "TwoArguments: this and that" in outcomes[1].line() and "generator" in outcomes[2].line()
    lock, number = run_jobs(jobs_to_run.double, [Lock(), 4], engine="processes", ordered=True)
    assert "pickle" in lock.line() and number.result == 8


def test_warnings_of_processes_are_warned_of_here():
    with pytest.warns(UserWarning, match="number 2 is odd"):
        list(run_jobs(jobs_to_run.warn, [2], engine="processes"))


def test_processes_have_one_thread_each_and_the_callers_environment_stays():
    before = dict(os.environ)
    found = run_jobs(jobs_to_run.threads_of_libraries, [0], engine="processes")
    assert [o.result[:2] for o in found] == [(1, 1)]
    assert dict(os.environ) == before and hasattr(sys.modules["__main__"], "__spec__")


def test_a_failed_jobs_variables_are_freed():
    import gc
    import weakref

    class Large:
        pass

    refs = []

    def work(_):
        large = Large()
        refs.append(weakref.ref(large))
        raise ValueError(str(id(large)))

    (failed,) = run_jobs(work, [0])
    gc.disable()
    try:
        assert isinstance(failed, Failed) and refs[0]() is None
    finally:
        gc.enable()


def test_a_process_is_waited_for_only_so_long(tmp_path):
    processes = WorkerProcesses(jobs_to_run.note_and_wait, None)
    processes.start(0, (0, str(tmp_path), 600))
    while not list(tmp_path.iterdir()):  # until it is at it
        assert processes.finished(0.1) == []
    ((_, pid),) = [path.name.split("-") for path in tmp_path.iterdir()]
    processes.close(now=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    processes.start(1, (1, str(tmp_path), 0))  # and a new one takes its place
    ((number, attempt),) = processes.finished(600)
    assert (number, attempt.result) == (1, 1)
    processes.close(now=False)
