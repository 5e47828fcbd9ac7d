"""The table of benchmarks/RESULTS.md, and what its rows are worked out from."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import idle, record, table, training
from benchmarks.processes import Done, done, in_turn
from benchmarks.table import RESULTS, Row, between, replace, write_rows
from stages import ONE_ARITHMETIC
from stages.params.schema import load_params
from stages.runtime.workers import pool
from tests.conftest import REPOSITORY

GROUPS = ["run", "train"]
MEASURED = Row("train", "an LSTM", "Keras", "9 s", "27 s", 3.0, "≥ 2.5")


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_revision", lambda: "abc1234")
    path = tmp_path / "RESULTS.md"
    path.write_text("before\n<!-- rows -->\n<!-- /rows -->\nafter\n")
    return path


def test_a_rival_is_not_held_to_the_arithmetic_of_the_project(monkeypatch):
    for name, value in ONE_ARITHMETIC.items():
        monkeypatch.setenv(name, value)
    said = done([sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]).said
    assert "PATH" in said
    assert not said.keys() & ONE_ARITHMETIC.keys()


@pytest.mark.parametrize(
    ("found", "bound", "held"),
    [(2.5, "≥ 2.5", True), (2.4, "≥ 2.5", False), (1.0, "≤ 1.0", True), (1.1, "≤ 1.0", False), (1.1, "", None),
     (None, "≥ 2.5", None)],
)  # fmt: skip
def test_a_bound_is_held_or_not(found, bound, held):
    assert Row("run", "work", "rival", found=found, bound=bound).held() is held


def test_a_row_shows_its_number_in_the_unit_of_its_bound():
    assert MEASURED.line("abc") == (
        "| an LSTM | Keras | 9 s | 27 s | 3.00 | ≥ 2.5 | yes | abc | `python -m benchmarks --only train` |"
    )
    assert "| 12.3 % | ≤ 10 % | **no** |" in Row("run", "idle", "0", found=12.34, bound="≤ 10", unit="%").line("abc")


def test_rows_are_replaced_in_place_and_others_keep_their_lines(page):
    write_rows([MEASURED, Row("run", "all", "before", found=0.9, bound="≤ 1.0")], GROUPS, page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    first, second = between(page, "rows").splitlines()[2:]
    assert first.startswith("| all | before |"), "in the order of the groups"
    assert second == MEASURED.line("abc1234")
    write_rows([Row("train", "an LSTM", "Keras", "9 s", "18 s", 2.0, "≥ 2.5")], GROUPS, page)
    assert [line.split(" | ")[4:7] for line in between(page, "rows").splitlines()[2:]] == [
        ["0.90", "≤ 1.0", "yes"],
        ["2.00", "≥ 2.5", "**no**"],
    ]


def test_what_could_not_be_measured_takes_nothing_away(page):
    nothing = Row("train", "an LSTM", "Keras", bound="≥ 2.5")
    write_rows([nothing], GROUPS, page)
    assert "| not measured | ≥ 2.5 | – |" in between(page, "rows")
    write_rows([MEASURED], GROUPS, page)
    write_rows([nothing], GROUPS, page)
    assert between(page, "rows").splitlines()[2:] == [MEASURED.line("abc1234")]


def test_text_between_other_markers_stays(page):
    page.write_text(page.read_text() + "<!-- more -->\nold\n<!-- /more -->\n")
    replace(page, "more", "new")
    assert page.read_text() == "before\n<!-- rows -->\n<!-- /rows -->\nafter\n<!-- more -->\nnew\n<!-- /more -->\n"


def test_the_committed_table_names_commands_that_there_are():
    lines = between(RESULTS, "rows").splitlines()
    assert lines[0] == table.markdown_head(table.HEAD).splitlines()[0]
    groups = {line.rsplit("`", 2)[1].removeprefix(f"{table.COMMAND} ") for line in lines[2:]}
    command = [sys.executable, "-m", "benchmarks", "--only", *groups, "no-such-group"]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert groups
    assert "no group no-such-group;" in run.stderr


def test_a_rival_is_compared_with_what_ran_on_both_sides_of_it():
    ours = iter([1.0, 3.0, 5.0])
    theirs = iter([10.0, 20.0])
    assert in_turn(lambda: next(ours), lambda: next(theirs), 2) == ([2.0, 4.0], [10.0, 20.0])


def test_idle_seconds_are_those_of_all_workers_without_a_task():
    pools = [{"seconds": 10.0, "tasks": [8.0, 4.0]}, {"seconds": 5.0, "tasks": [3.0]}]
    assert idle.idle_share(pools, 2) == pytest.approx(100 * (1 - 15 / 30))


def test_played_tasks_take_as_long_as_a_pool_takes_for_them():
    played = idle.played({"tasks": [0.4, 0.4, 0.4]}, 2, 0.5)
    assert played["tasks"] == [0.2, 0.2, 0.2]
    assert played["seconds"] >= 0.4, "two at a time, one behind"


def test_a_recorded_stage_writes_down_its_tasks(tmp_path, monkeypatch):
    monkeypatch.setattr(record.runpy, "run_module", lambda *_, **__: _two_pools())
    for name in ("run_all", "executor_for"):
        monkeypatch.setattr(pool, name, getattr(pool, name))
    monkeypatch.setattr(sys, "argv", [])
    path = tmp_path / "tasks.jsonl"
    record.main(path, "stages.train", "--variant", "masked")
    assert sys.argv == ["stages.train", "--variant", "masked"]
    first, second = map(json.loads, path.read_text().splitlines())
    assert first["stage"] == second["stage"] == "train"
    assert [len(first["tasks"]), len(second["tasks"])] == [2, 1]
    assert all(0.1 <= seconds < first["seconds"] for seconds in first["tasks"])


def _two_pools():
    execution = load_params(REPOSITORY / "params.yaml").execution
    for seconds in ([0.1, 0.2], [0.1]):
        with pool.executor_for(execution, len(seconds)) as executor:
            done = pool.run_all(executor, time.sleep, seconds, label="", steps=1, done=lambda: (0, ""))
        assert done == [None] * len(seconds)


def test_the_stages_that_have_workers_are_recorded(tmp_path):
    path = tmp_path / "dvc.yaml"
    path.write_text((REPOSITORY / "dvc.yaml").read_text())
    idle.recorded(path, tmp_path / "tasks")
    assert path.read_text().count(f"python -m benchmarks.record {tmp_path / 'tasks'} stages.") == len(idle.STAGES)


def test_rates_are_of_the_epochs_between_a_long_and_a_short_training(monkeypatch):
    """Ours starts for 5 s and takes 2 s an epoch of 6 models, Keras 1 s and 3 s an epoch of one: 9 times as fast."""

    def ours(name, folder, variant, seeds, epochs):
        scores = folder / "models" / "post" / "seed=0" / "scores.json"
        scores.parent.mkdir(parents=True, exist_ok=True)
        scores.write_text(json.dumps({"training": {"text_tokens": 30, "computed_tokens": 40}}))
        assert (variant, seeds) == ("masked", 6)
        return Done({"seconds": 5 + 2 * epochs}, 0, 0, 0)

    def keras(name, folder, epochs, *options, **python):
        assert (name, options) == ("keras_train", ("masked", 1))
        assert (folder / "train.npz").exists()
        return Done({"seconds": 1 + 3 * epochs}, 0, 0, 0)

    monkeypatch.setattr(training, "module", ours)
    monkeypatch.setattr(training, "rival", keras)
    for name in ("REVIEWS", "TICKETS"):
        monkeypatch.setattr(training, name, {**getattr(training, name), "texts": 60})
    reviews, *_, padding = training.masked_rows(Path("nowhere"), None, tiny=False)
    assert (reviews.against, reviews.found, reviews.held()) == ("Keras, padded", pytest.approx(9), True)
    assert (padding.work, padding.found) == ("padding in the batches, tickets of 17 words", pytest.approx(25))
