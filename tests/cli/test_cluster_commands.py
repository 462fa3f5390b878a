"""`--engine ray` on this machine: the pictures and scores of one process, and nothing lost or doubled."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.images import write_image
from mgfusion.synthetic.night_street import night_street

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'mgfusion[cluster]'")
pytestmark = pytest.mark.xdist_group("ray")  # one after another: each Ray takes some processes
TINY = ["--model", "mgfusion-tiny", "--device", "cpu"]
BUCKET = "pictures"


@pytest.fixture(scope="module")
def storage():
    """An S3 server on this machine; None where the packages for it are not installed."""
    server_module = pytest.importorskip(
        "moto.server", reason="moto is not installed: pip install 'moto[server]'"
    )
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def cluster(storage):
    """A Ray of two processors, whose workers know of the S3 server."""
    names = {
        "AWS_ENDPOINT_URL": storage, "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**names, "RAY_USAGE_STATS_ENABLED": "0"}.items():
            patch.setenv(name, value)
        context = ray.init(
            num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error",
            namespace="tests",
        )  # fmt: skip
        yield context.address_info["address"]
        ray.shutdown()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    for seed in range(4):
        scene = night_street(seed, 64, 80)
        write_image(folder / "ir" / f"{seed}.png", scene.ir)
        write_image(folder / "vis" / f"{seed}.jpg", scene.vis)
    (folder / "ir" / "bad.png").write_bytes(b"no picture")
    write_image(folder / "vis" / "bad.png", scene.vis)
    local = run("fuse", folder / "ir", folder / "vis", "-o", folder / "local", *TINY)
    assert local.exit_code == 1
    return folder


def run(*words):
    return CliRunner().invoke(main, list(map(str, words)))


def records(folder):
    """Whole lines: of one that a worker is at, or that was cut off, the end is missing."""
    parts = sorted(folder.glob("manifest-*.jsonl"))
    lines = [line for part in parts for line in part.read_text().splitlines(True) if line.endswith("\n")]
    return [record for record in map(json.loads, lines) if "out" in record]


def same_pictures(folder, other):
    names = sorted(file.name for file in other.glob("*.png"))
    assert sorted(file.name for file in folder.glob("*.png")) == names
    assert all((folder / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_folders_give_the_pictures_of_one_process_and_a_line_for_each(pairs, cluster, tmp_path):
    words = "fuse", pairs / "ir", pairs / "vis", "-o", tmp_path / "out", "--engine", "ray", *TINY
    result = run(*words)
    assert result.exit_code == 1
    assert sorted(result.stdout.split()) == [f"{tmp_path}/out/{i}.png" for i in range(4)]
    bad, summary = [line for line in result.stderr.splitlines() if not line.startswith("warning: waiting")]
    assert bad.startswith(f"error: {pairs}/ir/bad.png: ")
    assert summary == f"4 fused, 1 failed; a line for each in {tmp_path}/out/manifest-*.jsonl"
    same_pictures(tmp_path / "out", pairs / "local")
    told = {record["out"]: record["status"] for record in records(tmp_path / "out")}
    assert told == {**{f"{i}.png": "done" for i in range(4)}, "bad.png": "failed"}

    again = run(*words)
    assert again.exit_code == 2 and "holds a run of --engine ray; go on with it" in again.stderr
    other = run(*words, "--thermal", "0.9", "--skip-existing")
    assert other.exit_code == 2 and "another run: thermal was 0.5, now 0.9; write to" in other.stderr
    (tmp_path / "out" / "2.png").unlink()
    resumed = run(*words, "--skip-existing")
    assert resumed.stdout.split() == [f"{tmp_path}/out/2.png"] and "3 were there" in resumed.stderr
    same_pictures(tmp_path / "out", pairs / "local")


def test_addresses_are_fused_and_scored_as_folders_are(pairs, cluster, tmp_path):
    import fsspec

    store = fsspec.filesystem("s3")
    store.mkdir(BUCKET)
    for folder in ("ir", "vis"):
        store.put(str(pairs / folder) + "/", f"{BUCKET}/{folder}/", recursive=True)
    ir, vis, out = (f"s3://{BUCKET}/{name}" for name in ("ir", "vis", "fused"))
    result = run("fuse", ir, vis, "-o", out, "--engine", "ray", *TINY)
    assert sorted(result.stdout.split()) == [f"{out}/{i}.png" for i in range(4)], result.output
    assert result.exit_code == 1 and f"error: {ir}/bad.png: " in result.stderr
    store.invalidate_cache()
    for i in range(4):
        assert store.cat(f"{BUCKET}/fused/{i}.png") == (pairs / "local" / f"{i}.png").read_bytes()
    [part] = store.glob(f"{BUCKET}/fused/manifest-*.jsonl")
    assert store.cat(part).decode().count('"status": "done"') == 4
    again = run("fuse", ir, vis, "-o", out, "--engine", "ray", "--skip-existing", *TINY)
    assert not again.stdout and "0 fused, 1 failed, 4 were there" in again.stderr

    kept = f"s3://{BUCKET}/scores.csv"
    metrics = "--metrics", "EN,Qabf"
    local = run(
        "evaluate", pairs / "local", pairs / "ir", pairs / "vis", *metrics, "-o", tmp_path / "local.csv"
    )
    scored = run("evaluate", out, ir, vis, *metrics, "--engine", "ray", "-o", tmp_path / "ray.csv")
    assert local.exit_code == scored.exit_code == 0, scored.output
    assert (tmp_path / "local.csv").read_text() == (tmp_path / "ray.csv").read_text()
    away = run("evaluate", out, ir, vis, *metrics, "--engine", "ray", "-o", kept)
    store.invalidate_cache()
    assert away.exit_code == 0 and store.cat(kept).decode() == (tmp_path / "ray.csv").read_text()
    [part] = store.glob(f"{kept}.manifest/*")
    assert store.cat(part).decode().count('"status": "done"') == 4
    refused = run("evaluate", out, ir, vis, *metrics, "--engine", "ray", "-o", kept)
    assert refused.exit_code == 2 and f"{kept}.manifest: holds a run" in refused.stderr
    resumed = run("evaluate", out, ir, vis, *metrics, "--engine", "ray", "-o", kept, "--skip-existing")
    assert resumed.stdout == away.stdout and len(store.glob(f"{kept}.manifest/*")) == 1
    same = run("evaluate", pairs / "local", pairs / "ir", pairs / "vis", *metrics, "--engine", "ray")
    assert same.stdout == local.stdout


def test_a_worker_and_then_the_driver_are_killed_and_nothing_is_lost_or_doubled(pairs, cluster, tmp_path):
    many, out = 120, tmp_path / "out"
    _, ir, vis = links(pairs, tmp_path, many)
    words = ["fuse", str(ir), str(vis), "-o", str(out), "--engine", "ray", *TINY]
    kill_a_worker_and_then_the_driver(words, cluster, out, many)

    result = run(*words, "--skip-existing")
    assert result.exit_code == 0, result.output
    told = Counter(record["out"] for record in records(out))
    assert told == {f"{number:03}.png": 1 for number in range(many)}
    assert {record["status"] for record in records(out)} <= {"done", "found"}
    for number in range(many):
        expected = (pairs / "local" / f"{number % 4}.png").read_bytes()
        assert (out / f"{number:03}.png").read_bytes() == expected
    assert len(list(out.glob(".mgfusion-*"))) <= 3  # each process that was killed may have been writing


def kill_a_worker_and_then_the_driver(words, cluster, folder, many):
    """A command on the cluster, killed amid its many pictures; ``folder`` has its manifest."""
    driver = subprocess.Popen(
        [sys.executable, "-m", "mgfusion", *words, "--address", cluster],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: len(records(folder)) >= 3, driver)
    before = workers()
    os.kill(min(before), signal.SIGKILL)
    wait_for(lambda: workers() - before, driver)  # another in its place
    driver.kill()
    driver.wait()
    done = [record["out"] for record in records(folder)]
    assert 3 <= len(done) < many and len(set(done)) == len(done)
    wait_for(lambda: not workers())  # they end with their driver


def links(pairs, folder, many):
    """A few pairs, and what was fused of them, under many names: (fused, ir, vis)."""
    for name, source, ending in (("fused", "local", "png"), ("ir", "ir", "png"), ("vis", "vis", "jpg")):
        (folder / name).mkdir()
        for number in range(many):
            link = folder / name / f"{number:03}.{ending}"
            link.symlink_to(pairs / source / f"{number % 4}.{ending}")
    return folder / "fused", folder / "ir", folder / "vis"


def test_scores_have_a_line_each_from_which_a_run_goes_on(pairs, cluster, tmp_path):
    sources = links(pairs, tmp_path, 6)
    (sources[0] / "005.png").unlink()
    (sources[0] / "005.png").write_bytes(b"no picture")
    out, kept = tmp_path / "scores.csv", tmp_path / "scores.csv.manifest"
    words = "evaluate", *sources, "--metrics", "EN,MSSSIM,PSNR", "-o", out, "--engine", "ray"
    first = run(*words)
    assert first.exit_code == 1
    bad, summary = [line for line in first.stderr.splitlines() if not line.startswith("warning: waiting")]
    assert bad.startswith(f"error: {sources[0]}/005.png: ")
    assert summary == f"5 scored, 1 failed; a line for each in {kept}/manifest-*.jsonl"
    assert {line["out"]: line["status"] for line in records(kept)} == {
        **{f"00{i}.png": "done" for i in range(5)}, "005.png": "failed",
    }  # fmt: skip
    local = run(*words[:-3], tmp_path / "local.csv")
    assert local.stdout == first.stdout
    assert out.read_text() == (tmp_path / "local.csv").read_text() and "nan" in out.read_text()

    again = run(*words)
    assert again.exit_code == 2 and f"{kept}: holds a run of --engine ray; go on" in again.stderr
    other = run(*words[:5], "EN", *words[6:], "--skip-existing")
    assert other.exit_code == 2 and "another run: metrics was ['EN', 'MSSSIM', 'PSNR'], now" in other.stderr
    whole = out.read_text()
    out.unlink()
    (sources[0] / "005.png").unlink()
    (sources[0] / "005.png").symlink_to(pairs / "local" / "1.png")
    resumed = run(*words, "--skip-existing")
    assert resumed.exit_code == 0 and "6 scored, 0 failed" in resumed.stderr
    told = Counter((line["out"], line["status"]) for line in records(kept))
    assert told == {**{(f"00{i}.png", "done"): 1 for i in range(6)}, ("005.png", "failed"): 1}
    assert whole.splitlines()[1:6] == out.read_text().splitlines()[1:6]
    idle = run(*words, "--skip-existing")
    assert idle.stdout == resumed.stdout and len(records(kept)) == 7
    anew = run(*words, "--overwrite")
    assert anew.stdout == resumed.stdout and len(records(kept)) == 13


def test_scoring_is_killed_and_nothing_is_measured_twice_or_lost(pairs, cluster, tmp_path):
    many = 80
    sources = links(pairs, tmp_path, many)
    out, kept = tmp_path / "scores.json", tmp_path / "scores.json.manifest"
    words = [*map(str, ("evaluate", *sources, "-o", out)), "--engine", "ray"]
    kill_a_worker_and_then_the_driver(words, cluster, kept, many)
    assert not out.exists()

    result = run(*words, "--skip-existing")
    assert result.exit_code == 0, result.output
    assert Counter(line["out"] for line in records(kept)) == {f"{n:03}.png": 1 for n in range(many)}
    local = tmp_path / "local.json"
    run("evaluate", pairs / "local", pairs / "ir", pairs / "vis", "-o", local)
    expected = [picture["scores"] for picture in json.loads(local.read_text())["pictures"]]
    scored = json.loads(out.read_text())["pictures"]
    assert [picture["name"] for picture in scored] == [f"{number:03}" for number in range(many)]
    assert [picture["scores"] for picture in scored] == [expected[number % 4] for number in range(many)]


def workers():
    """Processes of this test's Ray that do our jobs; other tests on this machine may have their own."""
    return {pid for pid, command in _processes() if b"ray::_Actor" in command and os.getpid() in _above(pid)}


def _processes():
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                yield int(entry.name), (entry / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue


def _above(pid):
    """The process that started this one, the one that started that, and so on."""
    try:
        while pid > 1:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            yield pid
    except OSError:
        return


def wait_for(condition, process=None, seconds=600):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_options_that_mean_nothing_are_refused(tmp_path):
    for words, said in (
        (["ir", "vis", "--address", "auto"], "--address is for --engine ray"),
        (["ir", "vis", "--workers", "3"], "--workers is for --engine ray"),
        (["s3://b/ir", "vis"], "s3://b/ir: addresses are for --engine ray"),
        (["s3://b/ir", "vis", "--engine", "ray", "--recursive"], "addresses are of two folders"),
    ):
        result = run("fuse", *words)
        assert result.exit_code == 2 and said in result.stderr, result.output
    gone = run("fuse", tmp_path / "ir", tmp_path / "vis", "--engine", "ray")
    assert gone.exit_code == 1 and f"{tmp_path}/ir: no such folder" in gone.stderr
