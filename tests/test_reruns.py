"""What runs again when something changes, and that it writes what it wrote before."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

from tests.pipelines import change_params, contents, run, stages_run, undo
from tests.test_dvc_yaml import STAGES, VALIDATORS, declared_modules

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def repository(small_run, tmp_path_factory) -> Path:
    """A copy of the small run that the tests here may change."""
    return shutil.copytree(small_run, tmp_path_factory.mktemp("changed") / "repository", symlinks=True)


def test_a_knob_of_the_report_runs_the_report_alone(repository):
    change_params(repository, {"report.pads": 2})
    assert stages_run(run(repository, "dvc", "repro").stdout) == ["report"]
    undo(repository)
    assert status(repository) == {}, "the report of the commit again"


def status(repository) -> dict[str, list[Any]]:
    """What `dvc status --json` prints in that folder."""
    with Repo(str(repository)) as repo:
        return {name.rpartition(":")[2]: reasons for name, reasons in repo.status().items()}


def with_changed(status, deps: set[str]) -> set[str]:
    """The stages with a change among these deps of their own: what DVC would run, but for what stands behind them."""
    return {
        stage
        for stage, reasons in status.items()
        if any(deps & reason.get("changed deps", {}).keys() for reason in reasons if isinstance(reason, dict))
    }


def changed_by(repository, *modules) -> set[str]:
    """The stages that DVC would run for an edit of modules, whatever they are repeated for."""
    before = {repository / module: (repository / module).read_text() for module in modules}
    for path, text in before.items():
        path.write_text(text + "# changed\n")
    try:
        found = status(repository)
    finally:
        for path, text in before.items():
            path.write_text(text)
    deps = {str(above) for module in modules for above in (Path(module), *Path(module).parents)}
    return {stage.split("@")[0] for stage in with_changed(found, deps)}


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        ({"pad.sides": ["post"]}, {"train@baseline", "train@masked", "export@baseline", "export@masked", "analyze"}),
        ({"train.variants": ["baseline"]}, {"analyze"}),
        ({"variants.masked": {"mask": "explicit"}}, {"train@masked", "export@masked", "analyze"}),
        ({"train.seeds": 3}, {"train@baseline", "train@masked", "export@baseline", "export@masked", "analyze"}),
    ],
)
def test_a_knob_touches_what_params_yaml_says(repository, changes, stages):
    change_params(repository, changes)
    try:
        assert with_changed(status(repository), {"params.yaml"}) == stages | {"report"}, "which prints every knob"
    finally:
        run(repository, "git", "checkout", "-q", "params.yaml")


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
    for module in ("stages/models/heads.py", "stages/models/recurrent.py"):
        changed = changed_by(repository, module)
        assert "train" in changed
        assert not changed & {"ingest", "tokenize", "bag_of_words", "pad"}


def test_a_validator_runs_nothing(repository):
    assert changed_by(repository, *VALIDATORS) == set()


def test_what_python_and_tests_write_beside_the_code_runs_nothing(repository):
    for folder in ("stages/models", "stages/runtime/workers", "stages/texts/corpora"):
        cache = repository / folder / "__pycache__"
        cache.mkdir(exist_ok=True)
        (cache / "new.cpython-312.pyc").write_bytes(b"compiled")
        assert (cache / "new.cpython-312.pyc").exists()
    assert status(repository) == {}


def test_a_new_input_file_runs_the_stages_that_read_it_and_nothing_behind_them(repository):
    """Nothing behind them, because the corpus from the grammar and its tokens are the same as before."""
    path = repository / "data" / "raw" / "mine.csv"
    path.write_text("text,label\n")
    try:
        assert stages_run(run(repository, "dvc", "repro").stdout) == ["ingest", "tokenize"]
    finally:
        path.unlink()
        undo(repository)


def test_a_variant_taken_away_leaves_the_report_and_trains_nothing(repository):
    change_params(repository, {"train.variants": ["baseline"]})
    assert stages_run(run(repository, "dvc", "repro").stdout) == ["analyze", "report"]
    report = json.loads((repository / "reports" / "synthetic" / "report.json").read_text())
    assert {(cell["side"], cell["variant"]) for cell in report["cells"]} == {("pre", "baseline"), ("post", "baseline")}
    undo(repository)


AGAIN = ["ingest", "tokenize", "bag_of_words", "pad@pre", "pad@post"]
AGAIN += ["train@masked", "export@masked", "analyze", "report"]
"""One of the two variants: tests/sweeps/test_resume_training.py trains the other twice."""


def test_the_same_commit_again_gives_the_same_bytes_without_the_fork_server_too(repository):
    change_params(repository, {"execution.fork_server": False})
    assert {stage.split("@")[0] for stage in AGAIN} == set(STAGES) - {"audit"}
    before = contents(repository / "reports")
    shutil.rmtree(repository / "data" / "models" / "masked")  # or its seeds would be kept
    output = run(repository, "dvc", "repro", "--force", "--single-item", *AGAIN).stdout
    assert stages_run(output) == AGAIN
    assert contents(repository / "reports") == before
    change_params(repository, {"execution.fork_server": True})
    assert run(repository, "git", "status", "--porcelain").stdout == "", "dvc.lock: some data differ"
