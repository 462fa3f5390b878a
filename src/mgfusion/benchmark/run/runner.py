"""Methods x data sets: what is missing is fused and scored, what is there is kept."""

import json
import shutil

from mgfusion.benchmark.run.fingerprints import method_fingerprint, set_fingerprint
from mgfusion.benchmark.run.job_pool import run_jobs
from mgfusion.benchmark.run.jobs import Job
from mgfusion.benchmark.run.planning import Plan, Progress, Run
from mgfusion.benchmark.run.score_file import ScoreFile


def run(plan: Plan, progress: Progress | None = None) -> Run:
    """Fuse and score what is missing.

    Raises:
        BenchmarkError: a score file of the output folder is none.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    scores = {c: ScoreFile(plan.out / f"scores-{c}.csv") for c in plan.metrics}
    times = ScoreFile(plan.out / "times.csv")
    result = Run(plan, scores, times)
    _forget_stale(plan, [*scores.values(), times])
    jobs = list(_missing(plan, scores))
    try:
        for done, outcome in enumerate(run_jobs(jobs, plan.workers), 1):
            for convention, numbers in outcome.scores.items():
                scores[convention].add(outcome.job.key, numbers)
            if outcome.cost:
                times.add(outcome.job.key, outcome.cost)
            if outcome.error:
                result.failures.append(outcome.error)
            if progress:
                progress(done, len(jobs), outcome.error)
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


def _forget_stale(plan: Plan, files: list[ScoreFile]) -> None:
    """Drop pictures and scores of methods and sets that are no longer what they were made from."""
    path = plan.out / "state.json"
    before = json.loads(path.read_text()) if path.is_file() else {}
    state = {
        "methods": {m.name: method_fingerprint(m) for m in plan.methods},
        "sets": {name: set_fingerprint(pairs) for name, pairs in plan.sets.items()},
    }
    old_methods, old_sets = before.get("methods", {}), before.get("sets", {})
    methods = {n for n, print_ in state["methods"].items() if old_methods.get(n, print_) != print_}
    sets = {n for n, print_ in state["sets"].items() if old_sets.get(n, print_) != print_}
    for file in files:
        stale = [key for key in file.rows if key[0] in sets or key[1] in methods]
        if stale:
            file.drop(stale)
    for method in plan.methods:
        for name in plan.sets:
            if method.name in methods or name in sets:
                shutil.rmtree(plan.out / method.name / name, ignore_errors=True)
    merged = {"methods": old_methods | state["methods"], "sets": old_sets | state["sets"]}
    path.write_text(json.dumps(merged, indent=2) + "\n")
