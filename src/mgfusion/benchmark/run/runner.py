"""Methods x data sets: what is missing is fused and scored, what is there is kept."""

import json
import shutil
from pathlib import Path
from typing import Any

from mgfusion.benchmark.run.fingerprints import code_fingerprint, method_fingerprint, set_fingerprint
from mgfusion.benchmark.run.jobs import Job, run_job
from mgfusion.benchmark.run.planning import Plan, Progress, Run
from mgfusion.benchmark.run.score_file import ScoreFile
from mgfusion.engines.job_outcomes import Failed
from mgfusion.engines.run_jobs import Engine, run_jobs
from mgfusion.files import write_whole


def run(plan: Plan, progress: Progress | None = None) -> Run:
    """Fuse and score what is missing.

    Raises:
        BenchmarkError: a score file of the output folder is none.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    scores = {c: ScoreFile(plan.out / f"scores-{c}.csv") for c in plan.metrics}
    times = ScoreFile(plan.out / "times.csv")
    result = Run(plan, scores, times)
    _forget_stale(plan, list(scores.values()), times)
    jobs = list(_missing(plan, scores))
    try:
        engine: Engine = "processes" if plan.workers else "serial"
        for done, outcome in enumerate(run_jobs(run_job, jobs, engine=engine, workers=plan.workers), 1):
            failure = ""
            if isinstance(outcome, Failed):
                failure = f"{outcome.job}: {outcome.line()}"
                result.failures.append(failure)
            else:
                for convention, numbers in outcome.result.scores.items():
                    scores[convention].add(outcome.job.key, numbers)
                if outcome.result.cost:
                    times.add(outcome.job.key, outcome.result.cost)
            if progress:
                progress(done, len(jobs), failure)
    finally:
        for file in (*scores.values(), times):
            file.close()
    return result


def _missing(plan: Plan, scores: dict[str, ScoreFile]) -> list[Job]:
    jobs = []
    for method, pair in plan.pairs():
        job = Job(method, pair, plan.picture(method, pair), {})
        exists = job.out.is_file()
        for convention, metrics in plan.metrics.items():
            if not exists or not scores[convention].has(job.key, metrics):
                job.scores[convention] = metrics
        if job.scores:
            jobs.append(job)
    return jobs


def _forget_stale(plan: Plan, scores: list[ScoreFile], times: ScoreFile) -> None:
    """Drop pictures and scores of methods and sets that are no longer what they were made from.

    Scores go too where the code of the metrics has changed. Of a damaged state.json nothing is believed.
    """
    path = plan.out / "state.json"
    before = _read_state(path)
    metrics = code_fingerprint("metrics", "thermal")  # where hot targets are is thermal's
    state = {
        "methods": {m.name: method_fingerprint(m) for m in plan.methods},
        "sets": {name: set_fingerprint(pairs) for name, pairs in plan.sets.items()},
    }
    old_methods, old_sets = before.get("methods", {}), before.get("sets", {})
    methods = {n for n, print_ in state["methods"].items() if old_methods.get(n, print_) != print_}
    if before.get("damaged"):
        methods = set(state["methods"])
    sets = {n for n, print_ in state["sets"].items() if old_sets.get(n, print_) != print_}
    if before.get("metrics") != metrics:
        for file in scores:
            if file.rows:
                file.drop(file.rows)
    for file in (*scores, times):
        stale = [key for key in file.rows if key[0] in sets or key[1] in methods]
        if stale:
            file.drop(stale)
    for method in plan.methods:
        for name in plan.sets:
            if method.name in methods or name in sets:
                shutil.rmtree(plan.out / method.name / name, ignore_errors=True)
    merged = {
        "methods": old_methods | state["methods"],
        "sets": old_sets | state["sets"],
        "metrics": metrics,
    }
    write_whole(path, (json.dumps(merged, indent=2) + "\n").encode(), overwrite=True)


def _read_state(path: Path) -> dict[str, Any]:
    """What an earlier run noted; {"damaged": True} of a file that cannot be understood."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {"damaged": True}
    if not isinstance(state, dict):
        return {"damaged": True}
    whole = all(isinstance(state.get(part, {}), dict) for part in ("methods", "sets"))
    return state if whole else {"damaged": True}
