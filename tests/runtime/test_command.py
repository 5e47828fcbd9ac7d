import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stages.errors import UserError
from stages.params.schema import Params
from stages.runtime.command import run
from tests.cluster import eventually
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
    if side == "memory":
        raise ImportError("libtensorflow_cc.so.2: failed to map segment from shared object")
    if side == "import":
        raise ImportError("no such library")
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


def test_memory_that_the_system_refuses_is_one_sentence_and_another_import_is_not(monkeypatch, capsys):
    with pytest.raises(SystemExit) as ending:
        call(monkeypatch, "--side", "memory", "--corpus-folder", "x")
    assert ending.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("greeting: error: memory ran out (libtensorflow_cc.so.2: failed to map segment")
    assert "`ulimit -v`" in told
    with pytest.raises(ImportError, match="no such library"):
        call(monkeypatch, "--side", "import", "--corpus-folder", "x")


def test_a_letter_that_the_terminal_lacks_is_escaped(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    call(monkeypatch, "--side", "caf\u00e9", "--corpus-folder", "\u65e5")
    sys.stdout.flush()
    assert written.getvalue() == b"synthetic caf\xe9 \\u65e5\n"


def test_an_interrupt_while_modules_are_imported_is_one_line(tmp_path):
    (tmp_path / "numpy.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPOSITORY)])}
    command = [sys.executable, "-m", "stages.train"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.stderr == "interrupted before any work began\n"
    assert result.returncode == -signal.SIGINT


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


def test_a_stage_whose_dvc_was_killed_ends_and_clears_away_what_it_began(tmp_path):
    (tmp_path / "stage.py").write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from stages.params.schema import Params\n"
        "from stages.runtime.command import run\n"
        "from stages.runtime.files import whole_folder\n"
        "def stage(params: Params, *, out: Path) -> None:\n"
        "    with whole_folder(out) as folder:\n"
        "        (folder / 'begun').touch()\n"
        "        time.sleep(60)\n"
        "run(stage)\n"
    )
    command = [sys.executable, str(tmp_path / "stage.py"), *PARAMS, "--out", str(tmp_path / "out")]
    dvc = f"import subprocess; print(subprocess.Popen({command!r}).pid, flush=True); input()"
    environment = {**os.environ, "DVC_STAGE": "stage", "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, "-c", dvc], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        stage = psutil.Process(int(parent.stdout.readline()))
        eventually(lambda: list(tmp_path.glob("out.*/begun")))
        parent.kill()
    eventually(lambda: not stage.is_running(), seconds=10)
    assert [path.name for path in tmp_path.iterdir()] == ["stage.py"]
