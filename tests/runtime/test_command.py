import subprocess
import sys
from pathlib import Path

import pytest

from stages.errors import UserError
from stages.params.schema import Params
from stages.runtime.command import run
from tests.conftest import REPOSITORY

PARAMS = ["--params", str(REPOSITORY / "params.yaml")]


def greeting(params: Params, *, side: str, corpus_folder: Path) -> None:
    """A stage that says what it was given."""
    if side == "wrong":
        raise UserError(f"side: {side!r} is not allowed; say pre")
    if side == "fault":
        raise ZeroDivisionError
    if side == "interrupt":
        raise KeyboardInterrupt
    print(params.dataset, side, corpus_folder.name)


def call(monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["greeting", *PARAMS, *options])
    run(greeting)


def test_options_come_from_the_signature(monkeypatch, capsys):
    call(monkeypatch, "--side", "pre", "--corpus-folder", "data/x")
    assert capsys.readouterr().out == "synthetic pre x\n"


def test_the_dataset_and_the_item_of_a_stage_need_not_stand_in_its_command(monkeypatch, capsys):
    monkeypatch.setenv("DVC_STAGE", "sub@folder/dvc.yaml:greeting@post")
    call(monkeypatch, "--side", "@item", "--corpus-folder", "data/@dataset-@item")
    assert capsys.readouterr().out == "synthetic post synthetic-post\n"


@pytest.mark.parametrize("stage", [None, "report"])
def test_an_item_that_nobody_hands_on_is_a_mistake(monkeypatch, capsys, stage):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    if stage:
        monkeypatch.setenv("DVC_STAGE", stage)
    with pytest.raises(SystemExit) as ending:
        call(monkeypatch, "--side", "@item", "--corpus-folder", "x")
    assert ending.value.code == 2
    assert "@item stands for a name that `dvc repro` hands on; give the name itself" in capsys.readouterr().err


def test_a_users_mistake_ends_in_one_sentence_and_code_two(monkeypatch, capsys):
    with pytest.raises(SystemExit) as ending:
        call(monkeypatch, "--side", "wrong", "--corpus-folder", "x")
    assert ending.value.code == 2
    assert capsys.readouterr().err == "greeting: error: side: 'wrong' is not allowed; say pre\n"


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        call(monkeypatch, "--side", "fault", "--corpus-folder", "x")


def test_an_interrupt_ends_with_its_own_code(monkeypatch, capsys):
    with pytest.raises(SystemExit) as ending:
        call(monkeypatch, "--side", "interrupt", "--corpus-folder", "x")
    assert ending.value.code == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_missing_option_is_named(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        call(monkeypatch, "--side", "pre")
    assert "--corpus-folder" in capsys.readouterr().err


def test_params_are_checked_before_any_work(tmp_path):
    """Through the real command line: nothing is written."""
    broken = (REPOSITORY / "params.yaml").read_text().replace("  max_len: 0.95", "  max_len: 0")
    (tmp_path / "params.yaml").write_text(broken)
    command = [sys.executable, "-m", "stages.ingest", "--params", str(tmp_path / "params.yaml")]
    paths = ["--raw", str(tmp_path / "raw"), "--corpus", str(tmp_path / "corpus")]
    result = subprocess.run([*command, *paths], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("ingest: error: ")
    assert "pad.max_len: 0 is not allowed; it should be greater than or equal to 1" in result.stderr
    assert not (tmp_path / "corpus").exists()
