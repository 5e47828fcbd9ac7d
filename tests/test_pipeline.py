"""The whole pipeline, small, as a user finds it after a run: its report, what git and DVC say, mistakes, a kill."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

from tests.conftest import REPOSITORY
from tests.pipelines import ENVIRONMENT, change_params, run, stages_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def repository(small_run, tmp_path_factory) -> Path:
    """A copy of the small run that the tests here may change."""
    return shutil.copytree(small_run, tmp_path_factory.mktemp("user") / "repository", symlinks=True)


def processes_of_group(group: int) -> list[str]:
    """Processes of a group that are alive, as /proc tells."""
    alive = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            alive.append(path.parent.name)
    return alive


def test_the_report_says_exact_for_the_mask_and_moved_for_the_baseline(repository):
    report = json.loads((repository / "reports" / "synthetic" / "report.json").read_text())
    moved = {
        (verdict["side"], verdict["variant"]): verdict["largest_change"]
        for verdict in report["verdicts"]
        if verdict["estimand"] == "drift_ratio" and verdict["pads"] == 8 and verdict["state"] == "c_lstm_1"
    }
    assert moved["pre", "masked"] == moved["post", "masked"] == 0
    assert min(moved["pre", "baseline"], moved["post", "baseline"]) > 1e-4


def test_a_variant_that_ignores_padding_is_trained_on_one_side_and_read_on_both(repository):
    def cells(kind):
        return {
            path.relative_to(repository / "data" / kind).as_posix() for path in repository.glob(f"data/{kind}/*/*/")
        }

    every = {(variant, side) for variant in ("baseline", "masked") for side in ("pre", "post")}
    assert cells("states") == {f"variant={variant}/side={side}" for variant, side in every}
    assert cells("models") == {f"{variant}/{side}" for variant, side in every - {("masked", "post")}}


def test_git_tracks_the_report_and_none_of_the_data(repository):
    tracked = run(repository, "git", "ls-files").stdout.split()
    assert {"reports/synthetic/report.md", "reports/synthetic/report.json", "dvc.lock"} <= set(tracked)
    assert [name for name in tracked if name.startswith("data/")] == ["data/raw/.gitignore", "data/raw/README.md"]


def test_a_second_run_does_nothing(repository):
    output = run(repository, "dvc", "repro").stdout
    assert stages_run(output) == []
    assert "Data and pipelines are up to date." in output


def test_a_users_mistake_is_one_sentence_and_a_failed_run(repository):
    change_params(repository, {"analyze.level": 2})
    try:
        result = run(repository, "dvc", "repro", check=False)
    finally:
        run(repository, "git", "checkout", "-q", "params.yaml")
    assert result.returncode != 0
    assert "analyze: error: params.yaml: analyze.level: 2 is not allowed; it should be" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_experiment_shows_in_the_tables_and_the_plots(repository):
    run(repository, "dvc", "exp", "run", "-n", "fewer-pads", "-S", "report.pads=2")
    difference = run(repository, "git", "diff", "--stat", "params.yaml").stdout
    assert "1 insertion(+), 1 deletion(-)" in difference
    assert "fewer-pads" in run(repository, "dvc", "exp", "show", "--csv").stdout
    metrics = json.loads(run(repository, "dvc", "metrics", "diff", "--all", "--json").stdout)
    assert "pre.masked" in metrics["reports/synthetic/metrics.json"]
    plots = json.loads(run(repository, "dvc", "plots", "diff", "HEAD", "--json").stdout)
    assert set(plots["data"]) == {"drift", "flips", "accuracy", "learning"}
    run(repository, "git", "checkout", "-q", ".")


def test_params_are_written_the_way_dvc_writes_them(tmp_path):
    """Or the diff of an experiment would show more than what was changed."""
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    apply_overrides(tmp_path / "params.yaml", ["report.pads=8"])
    before = (REPOSITORY / "params.yaml").read_text()
    assert (tmp_path / "params.yaml").read_text() == before.replace("  pads: 16\n", "  pads: 8\n")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_training_leaves_no_model_and_simply_runs_again(repository, tmp_path):
    change_params(repository, {"train.epochs": 500, "train.patience": 0})
    shutil.copy(repository / "params.yaml", tmp_path / "long.yaml")
    run(repository, "git", "checkout", "-q", "params.yaml")
    options = ["--variant", "masked", "--tokens", "data/tokens", "--padded", "data/padded"]
    command = [sys.executable, "-m", "stages.train", *options, "--models", str(tmp_path / "masked")]
    process = subprocess.Popen(
        [*command, "--params", str(tmp_path / "long.yaml")], cwd=repository, env=ENVIRONMENT, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("masked.*.partial/pre/seed=*.partial/history.csv")) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.kill()  # the parent alone: its workers must notice and end
    process.wait()
    workers_gone = time.monotonic() + 30
    while processes_of_group(process.pid) and time.monotonic() < workers_gone:
        time.sleep(0.2)
    assert not processes_of_group(process.pid)
    assert not (tmp_path / "masked").exists()
    assert list(tmp_path.glob("masked.*.partial/pre/*/history.csv")), "it was killed before it began"
    run(repository, *command)
    assert sorted(path.name for path in (tmp_path / "masked" / "pre").iterdir()) == ["seed=0", "seed=1"]
    assert not list(tmp_path.glob("*.partial"))
