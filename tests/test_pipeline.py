"""The whole pipeline in a temporary copy of the repository, through DVC, as a user runs it."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import modify_yaml

from tests.conftest import REPOSITORY
from tests.test_dvc_yaml import STAGES, needed_modules

pytestmark = pytest.mark.slow

SMALL = {
    "datasets.synthetic.texts": 160,
    "train.variants": ["baseline", "masked"],
    "train.seeds": 2,
    "execution.workers": 1,  # the tests themselves fill the cores, and each process imports TensorFlow
    "train.epochs": 1,
    "export.pads": [0, 2, 8],
    "export.texts": 30,
    "report.pads": 8,
}
COPIED = ("stages", "dvc.yaml", "params.yaml", ".dvc/config", ".dvc/plots", ".dvcignore", ".gitignore", "data/raw")

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "DVC_NO_ANALYTICS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def run(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result


def stages_run(output: str) -> list[str]:
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]


def change_params(folder: Path, changes: dict[str, object]) -> None:
    """As `dvc exp run -S` changes them."""
    with modify_yaml(str(folder / "params.yaml")) as content:
        for path, value in changes.items():
            *sections, key = path.split(".")
            section = content
            for name in sections:
                section = section[name]
            section[key] = value


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


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copy_project(folder: Path, changes: dict[str, object]) -> None:
    """What the pipeline needs, with changed params and without texts of the user's; no git repository yet."""
    for name in COPIED:
        source, target = REPOSITORY / name, folder / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.csv", "*.parquet")
            shutil.copytree(source, target, ignore=ignored)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    change_params(folder, changes)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A git repository with a small version of the pipeline, run once and committed."""
    folder = tmp_path_factory.mktemp("repository")
    copy_project(folder, SMALL)
    run(folder, "git", "init", "-q")
    output = run(folder, "dvc", "repro").stdout
    assert {stage.split("@")[0] for stage in stages_run(output)} == set(STAGES)
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "a run")
    return folder


def test_the_report_says_exact_for_the_mask_and_moved_for_the_baseline(repository):
    report = json.loads((repository / "reports" / "synthetic" / "report.json").read_text())
    moved = {
        (verdict["side"], verdict["variant"]): verdict["largest_change"]
        for verdict in report["verdicts"]
        if verdict["estimand"] == "drift_ratio" and verdict["pads"] == 8 and verdict["state"] == "c_lstm_1"
    }
    assert moved["pre", "masked"] == moved["post", "masked"] == 0
    assert min(moved["pre", "baseline"], moved["post", "baseline"]) > 1e-4


def test_git_tracks_the_report_and_none_of_the_data(repository):
    tracked = run(repository, "git", "ls-files").stdout.split()
    assert {"reports/synthetic/report.md", "reports/synthetic/report.json", "dvc.lock"} <= set(tracked)
    assert [name for name in tracked if name.startswith("data/")] == ["data/raw/.gitignore", "data/raw/README.md"]


def test_a_second_run_does_nothing(repository):
    output = run(repository, "dvc", "repro").stdout
    assert stages_run(output) == []
    assert "Data and pipelines are up to date." in output


def test_a_knob_of_the_report_runs_the_report_alone(repository):
    change_params(repository, {"report.pads": 2})
    assert stages_run(run(repository, "dvc", "repro").stdout) == ["report"]
    change_params(repository, {"report.pads": 8})
    assert stages_run(run(repository, "dvc", "repro").stdout) == ["report"]
    assert run(repository, "git", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize(
    "module", ["stages/stats/verdicts.py", "stages/modeling/batching.py", "stages/corpora/synthetic.py"]
)
def test_changing_a_module_touches_the_stages_that_import_it(repository, module):
    path = repository / module
    before = path.read_text()
    path.write_text(before + "# changed\n")
    try:
        status = json.loads(run(repository, "dvc", "status", "--json").stdout)
    finally:
        path.write_text(before)
    changed = {
        stage.split("@")[0]
        for stage, reasons in status.items()
        if any(module in reason.get("changed deps", {}) for reason in reasons if isinstance(reason, dict))
    }
    assert changed == {stage for stage in STAGES if module in needed_modules(stage)}


def test_a_new_input_file_runs_the_stages_that_read_it_and_nothing_behind_them(repository):
    """Nothing behind them, because the corpus from the grammar and its tokens are the same as before."""
    path = repository / "data" / "raw" / "mine.csv"
    path.write_text("text,label\n")
    try:
        assert stages_run(run(repository, "dvc", "repro").stdout) == ["ingest", "tokenize"]
    finally:
        path.unlink()
        run(repository, "dvc", "repro")


def test_a_variant_and_a_side_taken_away_leave_the_report(repository):
    change_params(repository, {"train.variants": ["baseline"], "pad.sides": ["post"]})
    try:
        assert stages_run(run(repository, "dvc", "repro").stdout) == ["analyze", "report"]
        report = json.loads((repository / "reports" / "synthetic" / "report.json").read_text())
        assert {(cell["side"], cell["variant"]) for cell in report["cells"]} == {("post", "baseline")}
    finally:
        run(repository, "git", "checkout", "-q", "params.yaml")
        run(repository, "dvc", "repro")
    assert run(repository, "git", "status", "--porcelain").stdout == ""


def test_the_same_commit_twice_gives_the_same_bytes(repository):
    before = contents(repository / "reports")
    output = run(repository, "dvc", "repro", "--force").stdout
    assert len(stages_run(output)) > len(STAGES)
    assert contents(repository / "reports") == before
    assert run(repository, "git", "status", "--porcelain").stdout == "", "dvc.lock: some data differ"


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
    assert "pre.baseline.padding_share" in metrics["reports/synthetic/metrics.json"]
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
    change_params(repository, {"train.epochs": 500})
    shutil.copy(repository / "params.yaml", tmp_path / "long.yaml")
    run(repository, "git", "checkout", "-q", "params.yaml")
    cell = ["--side", "pre", "--variant", "masked", "--tokens", "data/tokens", "--padded", "data/padded/pre"]
    command = [sys.executable, "-m", "stages.train", *cell, "--models", str(tmp_path / "cell")]
    process = subprocess.Popen(
        [*command, "--params", str(tmp_path / "long.yaml")], cwd=repository, env=ENVIRONMENT, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("cell.*.partial/seed=*.partial/history.csv")) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.kill()  # the parent alone: its workers must notice and end
    process.wait()
    workers_gone = time.monotonic() + 30
    while processes_of_group(process.pid) and time.monotonic() < workers_gone:
        time.sleep(0.2)
    assert not processes_of_group(process.pid)
    assert not (tmp_path / "cell").exists()
    assert list(tmp_path.glob("cell.*.partial/*/history.csv")), "it was killed before it began"
    run(repository, *command)
    assert sorted(path.name for path in (tmp_path / "cell").iterdir()) == ["seed=0", "seed=1"]
    assert not list(tmp_path.glob("*.partial"))
