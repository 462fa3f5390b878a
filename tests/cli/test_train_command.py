"""What ``mgfusion train`` tells."""

from click.testing import CliRunner

from mgfusion.cli import main


def test_what_each_data_set_gives_is_told_before_training(scenes, tmp_path):
    settings = ["crop=32", "validation=0.5", "seed=1", "epochs=1", "steps_per_epoch=1", "validate_every=0"]
    options = [word for setting in settings for word in ("--set", setting)]
    out = tmp_path / "run"
    result = CliRunner().invoke(
        main, ["train", str(scenes), "--recipe", "smoke", *options, "--out", str(out)]
    )
    assert result.exit_code == 0 and result.stdout.strip() == str(out / "model")
    assert "streets: 2 training pairs, 2 for validation, 100.0% of the crops" in result.stderr.splitlines()
