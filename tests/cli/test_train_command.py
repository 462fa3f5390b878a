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


def test_the_network_of_init_takes_no_settings(scenes, tmp_path):
    words = ["train", str(scenes), "--init", "mgfusion-fast", "-o", str(tmp_path / "run")]
    refused = [([], "model.dim=48"), (["--guided"], "model.dim=48"), ([], "model.encoder=efficientnet-lite0")]
    for more, setting in refused:
        result = CliRunner().invoke(main, [*words, *more, "--set", setting])
        assert result.exit_code == 2
        assert f"--set {setting} means nothing with --init" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_a_run_is_wrong_usage(scenes, tmp_path):
    (tmp_path / "config.json").write_text('{"run": {}}')
    result = CliRunner().invoke(main, ["train", str(scenes), "--recipe", "smoke", "-o", str(tmp_path)])
    assert result.exit_code == 2 and "holds a run; go on with it (--resume)" in result.stderr
    (tmp_path / "config.json").write_text("{}")
    result = CliRunner().invoke(main, ["train", str(scenes), "--recipe", "smoke", "-o", str(tmp_path)])
    assert result.exit_code == 2 and "config.json is there, but of no run" in result.stderr
