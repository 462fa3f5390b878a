"""`mgfusion benchmark` from end to end on tiny pictures, and its report in a real browser."""

import csv
import json
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from tiny_pairs import write_pair

from mgfusion.benchmark import pipeline
from mgfusion.benchmark.methods.method_specs import Method
from mgfusion.cli import main

CHROMIUM = next(
    (p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None
)


def invoke(*words):
    return CliRunner().invoke(main, ["benchmark", *map(str, words)])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Three methods and an ablation on two sets, with everything that comes of it."""
    root = tmp_path_factory.mktemp("benchmark")
    for i in range(3):
        write_pair(root / "data" / "TNO" / "test", f"{i:02}", i)
    for i in range(2):
        write_pair(root / "data" / "MSRS" / "test", f"0000{i}N", 10 + i, colour=True)
    shutil.copytree(root / "data" / "TNO" / "test" / "vi", root / "peers" / "DATFuse" / "TNO")
    (root / "peers" / "peers.csv").write_text("set,method,n,AG\nTNO,CAF,3,9.5\nMSRS,CAF,2,9.5\n")
    costs = "DATFuse,5.65,public weights\nCAF,2.5,random weights\nlaplacian,99,x\nNobody,3,y\n"
    (root / "peers" / "cost.csv").write_text(f"method,units,what\n{costs}")
    shutil.copytree(root / "data" / "MSRS" / "test" / "vi", root / "ablation" / "no-cii" / "MSRS")
    result = invoke(
        *("--data", root / "data", "--output", root / "out", "--peers", root / "peers", "--workers", 0),
        *("--ablation", root / "ablation", "--method", "laplacian", "--method", "average"),
        *("--show", "TNO/01:3,4,20,10", "--reproduction", root / "reproduction.md"),
    )
    return root, result


def test_everything_is_there(finished):
    root, result = finished
    assert result.exit_code == 0, result.output
    out = root / "out"
    for path in (
        "report.html",
        "scores-standard.csv",
        "scores-paper.csv",
        "times.csv",
        "environment.json",
        "tables/table3-standard.csv",
        "tables/table2-paper.tex",
        "tables/table4-paper.md",
        "tables/ranks-standard.md",
        "tables/paper.csv",
        "tables/costs.csv",
        "figures/grid-TNO.pdf",
        "figures/grid-MSRS.png",
        "figures/distributions-TNO.png",
        "laplacian/MSRS/00000N.png",
        "DATFuse/TNO/02.png",
    ):
        assert (out / path).is_file(), path
    assert "CAF †" in (out / "tables" / "table3-standard.csv").read_text()
    assert "w/o CII (no-cii)" in (out / "tables" / "table4-standard.csv").read_text()
    assert "no-cii" not in (out / "tables" / "table2-standard.csv").read_text()
    assert str(out / "report.html") in result.output


def test_costs_and_environment_are_recorded(finished):
    root, _ = finished
    costs = json.loads((root / "out" / "costs.json").read_text())
    assert costs["laplacian"]["cpu_seconds"] > 0
    assert 20 < costs["laplacian"]["peak_mib"] < 2000
    assert costs["laplacian"]["units"] > 0
    assert "DATFuse" not in costs
    machine = json.loads((root / "out" / "environment.json").read_text())
    assert machine["packages"]["numpy"]
    assert machine["threads_per_worker"] == 1


def test_published_costs_beside_the_peers_stand_beside_those_measured_here(finished):
    root, _ = finished
    with (root / "out" / "tables" / "costs.csv").open(newline="") as file:
        rows = {row["Method"]: row for row in csv.DictReader(file)}
    assert (rows["DATFuse"]["units"], rows["DATFuse"]["note"]) == ("5.65", "public weights")
    assert (rows["DATFuse"]["CPU seconds"], rows["CAF"]["units"]) == ("", "2.5")  # CAF: only means are given
    assert 0 < float(rows["laplacian"]["units"]) < 50  # run here, so the file's 99 is ignored
    assert "Nobody" not in rows


def test_a_metric_that_is_undefined_everywhere_stops_nothing(tmp_path):
    for i in range(2):  # smaller than the windows of VIF and Qcv
        write_pair(tmp_path / "data" / "TNO", f"{i}", i, size=(14, 15))
    for metrics in ("VIF", "VIF,Qcv,Qabf,AG"):
        out = tmp_path / metrics.replace(",", "-")
        result = invoke(
            *("--data", tmp_path / "data" / "TNO", "--output", out, "--workers", 0, "--metrics", metrics),
            *("--method", "average", "--method", "laplacian", "--reproduction", out / "page.md"),
        )
        assert result.exit_code == 0, result.output
        assert (out / "report.html").is_file()
        assert (out / "figures" / "distributions-TNO.png").is_file()
        assert "| average | – |" in (out / "page.md").read_text()
    assert (
        "Undefined for every method, so left out: VIF" in (out / "tables" / "ranks-standard.md").read_text()
    )


def test_an_ablation_by_name_goes_to_its_row_of_table_4(data, tmp_path):
    words = ("--data", data, "--output", tmp_path / "o", "--method", "average", "--workers", 0, "--no-costs")
    result = invoke(*words, "--no-figures", "--ablation", f"no-cff={data / 'MSRS' / 'test' / 'vi'}")
    assert result.exit_code in (0, 1), result.output
    table = (tmp_path / "o" / "tables" / "table4-standard.md").read_text()
    assert "w/o CFF (no-cff)" in table
    assert "w/o CII: no such model was given" in table
    assert "[NAME=]FOLDER" in invoke("--help").output


def test_the_folder_has_one_name_and_its_old_one(data, tmp_path):
    words = ("--data", data, "--method", "average", "--workers", 0, "--no-costs", "--no-figures")
    for name in ("-o", "--output", "--out"):
        assert invoke(*words, name, tmp_path / name).exit_code == 0
        assert (tmp_path / name / "scores-standard.csv").is_file()
    assert "--out " not in invoke("--help").output


def test_a_file_gets_the_whole_table(finished):
    head = next(line for line in finished[1].stderr.splitlines() if line.startswith("Method"))
    assert "means ahead / level / behind" in head
    assert not any(line.startswith("(") for line in finished[1].stderr.splitlines())


@pytest.mark.parametrize("content", [(), ("ir", "vi")])
def test_folders_without_pictures_are_one_line(tmp_path, content):
    for name in ("data", *(f"data/{part}" for part in content)):
        (tmp_path / name).mkdir()
    result = invoke("--data", tmp_path / "data", "--output", tmp_path / "o", "--method", "average")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and str(tmp_path / "data") in result.stderr


def test_without_matplotlib_nothing_is_done_before_it_says_so(data, tmp_path, monkeypatch):
    monkeypatch.setattr("mgfusion.benchmark.pipeline.find_spec", lambda _: None)
    words = ("--data", data, "--output", tmp_path / "o", "--method", "average", "--workers", 0, "--no-costs")
    result = invoke(*words)
    assert result.exit_code == 2
    assert "pip install 'mgfusion[benchmark]'" in " ".join(result.output.split())
    assert not (tmp_path / "o").exists()
    assert invoke(*words, "--no-figures").exit_code == 0


def test_without_onnxruntime_nothing_is_done_before_it_says_so(data, tmp_path, monkeypatch):
    monkeypatch.setattr("mgfusion.benchmark.pipeline.find_spec", lambda name: name != "onnxruntime" or None)
    (tmp_path / "net.onnx").write_bytes(b"x")
    words = ("--data", data, "--output", tmp_path / "o", "--workers", 0, "--method", "average")
    result = invoke(*words, "--method", f"onnx:{tmp_path / 'net.onnx'}")
    assert result.exit_code == 2
    assert "net: ONNX needs onnxruntime: pip install 'mgfusion[benchmark]'" in " ".join(result.output.split())
    assert not (tmp_path / "o").exists()


def test_the_reproduction_page(finished):
    page = (finished[0] / "reproduction.md").read_text()
    assert page.startswith("# Reproduction of the paper's numbers")
    assert "DATFuse: results of its own code and weights scored on TNO." in page
    assert ".png)" not in page


@pytest.mark.parametrize(
    ("model", "said", "unsaid"),
    [
        ({"encoder": "clip:openai/clip-vit-base-patch32"}, "stands for", "not the paper's"),
        ({"encoder": "efficientnet-lite0"}, "`efficientnet-lite0`, not the paper's CLIP", "no semantic"),
        ({"cii": False, "cff": False}, "It has no semantic guidance", "CLIP"),
    ],
)
def test_the_page_says_of_a_model_what_its_own_config_says(tmp_path, model, said, unsaid):
    (tmp_path / "config.json").write_text(json.dumps({"model": model}))
    (tmp_path / "model.safetensors").touch()
    about = pipeline._about(Method("theirs", "model", str(tmp_path)))
    assert said in about and unsaid not in about


def test_the_report_asks_for_nothing_outside(finished):
    text = (finished[0] / "out" / "report.html").read_text()
    assert "{{" not in re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', text) == []
    assert "http:" not in text
    assert "https:" not in text
    assert str(finished[0]) not in text


def test_a_second_run_does_nothing_again(finished):
    root, _ = finished
    before = (root / "out" / "scores-standard.csv").stat().st_mtime_ns
    result = invoke(
        *("--data", root / "data", "--output", root / "out", "--method", "laplacian", "--workers", 0),
        *("--no-figures", "--no-costs"),
    )
    assert result.exit_code == 0, result.output
    assert (root / "out" / "scores-standard.csv").stat().st_mtime_ns == before


def test_a_failure_is_exit_code_1_and_the_rest_is_done(data, tmp_path):
    (data / "TNO" / "test" / "vi" / "01.png").write_bytes(b"")
    result = invoke(
        *("--data", data, "--output", tmp_path / "o", "--method", "average", "--workers", 0),
        *("--no-figures", "--no-costs"),
    )
    assert result.exit_code == 1
    assert "error: average on TNO/01:" in result.output
    assert "empty file" in result.output
    assert (tmp_path / "o" / "average" / "TNO" / "02.png").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "nothing"], "no method 'nothing'"),
        (["--metrics", "nothing"], "unknown metric 'nothing'"),
        (["--convention", "nothing"], "unknown convention 'nothing'"),
        (["--show", "TNO/nothing", "--method", "average"], "TNO/nothing: no such pair"),
        (["--show", "TNO"], "give SET/NAME"),
        (["--peers", "/no/such"], "/no/such: no such folder"),
        (["--means", "/no/such.csv"], "/no/such.csv"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_one_line(data, tmp_path, words, message):
    result = invoke("--data", data, "--output", tmp_path / "o", "--workers", 0, *words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_inputs_are_never_in_the_output_folder(data, tmp_path):
    result = invoke("--data", data, "--output", data.parent, "--workers", 0, "--method", "average")
    assert result.exit_code == 2
    assert "which is an input" in " ".join(result.output.split())


def dump(page, width=1200):
    """The page's DOM after its scripts have run."""
    words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    done = subprocess.run(
        [*words, f"--window-size={width},900", "--virtual-time-budget=3000", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: the report is not opened in a browser")
def test_the_report_works_in_a_browser(finished, tmp_path):
    text = (finished[0] / "out" / "report.html").read_text()
    page = tmp_path / "report.html"
    clicks = """<script>
      const head = [...document.querySelectorAll("#table3-standard th")].find(h =>
      h.textContent.startsWith("AG")); head.querySelector("button").click();
      document.getElementById("scene").value = scenes.findIndex(s => s.title === "TNO 01");
      document.getElementById("scene").dispatchEvent(new Event("change"));
      document.getElementById("split").value = 250; document.getElementById("split").dispatchEvent(new
      Event("input")); document.body.dataset.wide = document.documentElement.scrollWidth - innerWidth;
      document.body.dataset.shown = document.getElementById("over").naturalWidth;
    </script>"""
    page.write_text(text.replace("</body>", f"{clicks}</body>"))
    dom = dump(page, width=400)
    assert 'data-ready="yes"' in dom
    table = re.search(r'<table class="sortable" id="table3-standard">.*?</table>', dom, re.S)[0]
    assert 'aria-sort="descending"' in table
    heads = re.findall(r"<th.*?</th>", table, re.S)
    column = next(i for i, head in enumerate(heads) if "AG" in head)
    rows = [re.findall(r"<td.*?</td>", row, re.S) for row in re.findall(r"<tr.*?</tr>", table, re.S)[1:]]
    values = [float(m[1]) for row in rows if (m := re.search(r'data-v="([\d.]+)"', row[column]))]
    assert len(values) >= 4
    assert values == sorted(values, reverse=True)
    assert "inset(0px 0px 0px 25%)" in dom
    assert re.search(r'alt="TNO 01: [^"]+"', dom)
    assert int(re.search(r'data-wide="(-?\d+)"', dom)[1]) <= 0  # nothing pushes the page wider than a phone
