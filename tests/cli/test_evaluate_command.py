"""`mgfusion evaluate`: what it refuses in one line, and what it prints into a file."""

import pytest
from click.testing import CliRunner

from mgfusion.cli import main
from mgfusion.images import write_image
from mgfusion.metrics import METRICS
from mgfusion.synthetic.night_street import night_street


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = night_street(0, 64, 80)
    write_image("ir/a.png", scene.ir)
    write_image("vis/a.png", scene.vis)
    for folder, picture in (("long_ir", scene.ir), ("long_vis", scene.vis)):
        write_image(f"{folder}/{'long' * 10}.png", picture)
    (tmp_path / "void/sub").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["void", "ir", "vis"], 2, "void: holds no picture; subfolders are not entered"),
        (["ir", "ir", "vis", "--metrics", ""], 2, "--metrics names none"),
        (["ir", "ir", "vis", "--metrics", " , "], 2, "--metrics names none"),
        (["ir", "ir", "vis", "--metrics", "VIF", "--convention", "vifb"], 2, "VIF"),
        (["ir", "ir", "vis/a.png"], 2, "vis/a.png: no folder"),
        (["ir/a.png", "ir/a.png", "none.png"], 1, "none.png: no such file"),
        (["ir", "ir", "vis", "--metrics", "EN", "-o", "notes.txt/s.csv"], 1, "notes.txt"),
        (["ir", "ir", "vis", "-o", "s.csv", "--skip-existing"], 2, "--skip-existing is for --engine ray"),
        (["ir", "ir", "vis", "-o", "s3://b/s.csv"], 2, "s3://b/s.csv: addresses are for --engine ray"),
        (["ir", "ir", "vis", "--engine", "ray", "--skip-existing"], 2, "beside --output; give that, too"),
        (["ir", "ir", "vis", "--overwrite", "--skip-existing"], 2, "exclude each other; give one"),
    ],
)
def test_what_cannot_be_scored_is_one_line_and_an_exit_code(here, words, code, message):
    result = CliRunner().invoke(main, ["evaluate", *words])
    assert result.exit_code == code and result.stderr.startswith("error: "), result.output
    assert message in result.stderr and result.stderr.count("\n") == 1 and "Errno" not in result.stderr


def test_scores_are_not_lost_where_the_file_cannot_be_written(here):
    result = CliRunner().invoke(
        main, ["evaluate", "ir", "ir", "vis", "--metrics", "EN", "-o", "notes.txt/s.csv"]
    )
    assert result.exit_code == 1 and "mean" in result.stdout


def test_tables_in_a_pipe_are_whole(here, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    names = "EN,SD,SF,AG,MI,SCD,PSNR,CC,Qabf,VIF,MSE,RMSE,CE"
    scores = CliRunner().invoke(main, ["evaluate", "long_ir", "long_ir", "long_vis", "--metrics", names])
    assert (
        scores.exit_code == 0 and len(scores.stdout.splitlines()) == 5
    )  # a head, a picture, three statistics
    assert "long" * 10 in scores.stdout
    table = CliRunner().invoke(main, ["metrics"]).stdout.partition("\n\n")[0]
    assert len(table.splitlines()) == len(METRICS) + 1 and "…" not in table  # a head, and a line each
