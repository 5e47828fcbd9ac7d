"""What runs again when something changes, and that it writes what it wrote before."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipelines import change_params, contents, run, stages_run
from tests.test_dvc_yaml import STAGES, VALIDATORS, declared_modules

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def repository(small_run, tmp_path_factory) -> Path:
    """A copy of the small run that the tests here may change."""
    return shutil.copytree(small_run, tmp_path_factory.mktemp("changed") / "repository", symlinks=True)


def test_a_knob_of_the_report_runs_the_report_alone(repository):
    change_params(repository, {"report.pads": 2})
    assert stages_run(run(repository, "dvc", "repro").stdout) == ["report"]
    change_params(repository, {"report.pads": 8})
    assert stages_run(run(repository, "dvc", "repro").stdout) == ["report"]
    assert run(repository, "git", "status", "--porcelain").stdout == ""


def changed_by(repository, module) -> set[str]:
    """The stages that DVC would run for an edit of one module, those alone left out that only stand behind them."""
    path = repository / module
    before = path.read_text()
    path.write_text(before + "# changed\n")
    try:
        status = json.loads(run(repository, "dvc", "status", "--json").stdout)
    finally:
        path.write_text(before)
    deps = {str(above) for above in (Path(module), *Path(module).parents)}
    return {
        stage.split("@")[0]
        for stage, reasons in status.items()
        if any(deps & reason.get("changed deps", {}).keys() for reason in reasons if isinstance(reason, dict))
    }


@pytest.mark.parametrize(
    "module",
    [
        "stages/stats/verdicts.py",
        "stages/models/batching.py",
        "stages/texts/corpora/synthetic.py",
        "stages/params/derived.py",
        "stages/params/layers.py",
    ],
)
def test_changing_a_module_touches_the_stages_that_import_it(repository, module):
    assert changed_by(repository, module) == {stage for stage in STAGES if module in declared_modules(stage)}


def test_a_head_or_a_cell_trains_again_and_does_not_tokenize_again(repository):
    for module in ("stages/models/heads.py", "stages/models/recurrent.py", "stages/params/layers.py"):
        changed = changed_by(repository, module)
        assert "train" in changed
        assert not changed & {"ingest", "tokenize", "bag_of_words", "pad"}


def test_a_validator_runs_nothing(repository):
    for module in sorted(VALIDATORS):
        assert changed_by(repository, module) == set()


def test_what_python_and_tests_write_beside_the_code_runs_nothing(repository):
    for folder in ("stages/models", "stages/runtime/workers", "stages/texts/corpora"):
        cache = repository / folder / "__pycache__"
        cache.mkdir(exist_ok=True)
        (cache / "new.cpython-312.pyc").write_bytes(b"compiled")
        assert (cache / "new.cpython-312.pyc").exists()
    assert json.loads(run(repository, "dvc", "status", "--json").stdout) == {}


def test_a_new_input_file_runs_the_stages_that_read_it_and_nothing_behind_them(repository):
    """Nothing behind them, because the corpus from the grammar and its tokens are the same as before."""
    path = repository / "data" / "raw" / "mine.csv"
    path.write_text("text,label\n")
    try:
        assert stages_run(run(repository, "dvc", "repro").stdout) == ["ingest", "tokenize"]
    finally:
        path.unlink()
        run(repository, "dvc", "repro")


def test_a_variant_and_a_side_taken_away_leave_the_report(one_cell):
    assert stages_run(one_cell.with_name("one-cell.log").read_text()) == ["analyze", "report"]
    report = json.loads((one_cell / "reports" / "synthetic" / "report.json").read_text())
    assert {(cell["side"], cell["variant"]) for cell in report["cells"]} == {("post", "baseline")}


AGAIN = ["ingest", "tokenize", "bag_of_words", "pad@pre", "pad@post"]
AGAIN += ["train@pre-masked", "export@pre-masked", "analyze", "report"]
"""One of the four cells: tests/sweeps/test_resume_training.py trains one of the other side and variant twice."""


def test_the_same_commit_again_gives_the_same_bytes_without_the_fork_server_too(repository):
    change_params(repository, {"execution.fork_server": False})
    assert {stage.split("@")[0] for stage in AGAIN} == set(STAGES) - {"audit"}
    before = contents(repository / "reports")
    output = run(repository, "dvc", "repro", "--force", "--single-item", *AGAIN).stdout
    assert stages_run(output) == AGAIN
    assert contents(repository / "reports") == before
    change_params(repository, {"execution.fork_server": True})
    assert run(repository, "git", "status", "--porcelain").stdout == "", "dvc.lock: some data differ"
