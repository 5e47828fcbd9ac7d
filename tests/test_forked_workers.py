"""Forked workers: one import for all, the stage's own folder and code, and nothing left behind."""

import importlib
import operator
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from stages import execution
from stages.errors import UserError
from stages.execution import local_executor, run_all
from tests.cluster import eventually
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the fork server needs Linux")


def prepare() -> None:
    """Quick imports in place of TensorFlow's: of a library, and of the project."""
    importlib.import_module("wave")
    importlib.import_module("stages.layout")


def prepare_in_vain() -> None:
    raise ImportError("no such library")


def state(_unit: object) -> dict[str, Any]:
    """What a unit finds in its process."""
    return {
        "pid": os.getpid(),
        "server": os.getppid(),
        "prepared": "wave" in sys.modules,
        "project": "stages.layout" in sys.modules,
        "folder": Path.cwd(),
        "environment": dict(os.environ),
    }


def print_both(unit: str) -> None:
    print(unit)
    print(unit, file=sys.stderr)


def fail_or_sleep(unit: Path | None) -> None:
    if unit is None:
        raise ValueError("a unit failed")
    unit.write_text(str(os.getpid()))
    time.sleep(600)


def die(_unit: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def nothing_done() -> tuple[int, str]:
    return 0, ""


def all_of(work, units, *, prepare=prepare):
    with local_executor(2, len(units), prepare) as executor:
        return run_all(executor, work, units, label="train", steps=len(units), done=nothing_done)


@pytest.fixture(autouse=True)
def dvc(monkeypatch):
    """A process in the place of `dvc`."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        monkeypatch.setattr(execution, "dvc_above", lambda: process.pid)
        yield process
        process.kill()


def test_results_come_in_the_order_of_the_units():
    assert all_of(operator.neg, list(range(20))) == [-value for value in range(20)]


def test_workers_of_all_stages_come_from_one_server_that_has_done_the_import():
    first, second = (all_of(state, [0, 1])[0] for _ in range(2))
    assert first["server"] == second["server"] != os.getpid()
    assert first["pid"] != second["pid"]
    assert first["prepared"]


def test_a_worker_runs_the_projects_code_as_it_stands_when_it_begins():
    assert not all_of(state, [0])[0]["project"]


def test_a_worker_has_the_folder_and_the_environment_of_its_stage(monkeypatch, tmp_path):
    server = all_of(state, [0])[0]["server"]
    monkeypatch.setenv("PADDING_TEST", "now")
    (found,) = all_of(state, [0])
    assert (found["server"], found["environment"]) == (server, dict(os.environ))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))  # read once: from here on it is another server
    monkeypatch.chdir(tmp_path)
    (found,) = all_of(state, [0])
    assert found["folder"] == tmp_path
    assert found["server"] != server


def test_what_a_worker_prints_is_seen_where_the_stage_prints(capfd):
    all_of(print_both, ["seen"])
    assert capfd.readouterr() == ("seen\n", "seen\n")


def test_the_server_ends_with_dvc(dvc):
    server = psutil.Process(all_of(state, [0])[0]["server"])
    dvc.kill()
    eventually(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)


def test_a_stage_behind_a_server_that_is_gone_starts_another():
    gone = all_of(state, [0])[0]["server"]
    os.kill(gone, signal.SIGKILL)
    assert all_of(state, [0])[0]["server"] != gone


def test_a_server_that_nobody_asks_ends():
    code = """
import os, socket
from stages import fork_server
fork_server.IDLE_SECONDS = 0.1
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind("")
    listener.listen()
    fork_server.serve(listener, os.pidfd_open(os.getppid()))
"""
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, timeout=60)


def test_an_error_ends_the_unit_beside_it(tmp_path):
    begun = tmp_path / "begun"
    with pytest.raises(ValueError, match="a unit failed") as error, local_executor(2, 2, prepare) as executor:
        executor.submit(fail_or_sleep, begun)
        eventually(lambda: begun.exists() and begun.read_text())
        run_all(executor, fail_or_sleep, [None], label="", steps=1, done=nothing_done)
    assert "in fail_or_sleep" in error.value.__notes__[0]
    assert not psutil.pid_exists(int(begun.read_text()))


def test_workers_end_with_a_stage_that_is_killed(tmp_path, dvc):
    begun = tmp_path / "begun"
    code = f"""
from pathlib import Path
from stages import execution
from tests.test_forked_workers import all_of, fail_or_sleep
execution.dvc_above = lambda: {dvc.pid}
all_of(fail_or_sleep, [Path({str(begun)!r})])
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY) as stage:
        eventually(lambda: begun.exists() and begun.read_text())
        stage.kill()
    eventually(lambda: not psutil.pid_exists(int(begun.read_text())))


def test_a_killed_worker_is_one_sentence():
    with pytest.raises(UserError, match="train: a worker process was killed, most likely because memory ran out"):
        all_of(die, [0])


def test_without_a_server_the_workers_are_fresh_processes(capfd):
    (found,) = all_of(state, [0], prepare=prepare_in_vain)
    assert found["server"] == os.getpid()
    assert "no such library" in capfd.readouterr().err


@pytest.mark.parametrize("shell", [[], ["sh", "-c", '"$0" "$@"; exit $?']], ids=["direct", "behind a shell"])
def test_dvc_is_the_nearest_process_above_that_was_not_told_the_stage(monkeypatch, shell):
    monkeypatch.undo()
    code = "from stages.forked_workers import dvc_above; print(dvc_above())"
    found = subprocess.check_output(
        [*shell, sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"DVC_STAGE": "train@pre-masked"},
        text=True,
    )
    assert int(found) == os.getpid()


def test_a_stage_that_dvc_does_not_run_has_none(monkeypatch):
    monkeypatch.undo()
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert execution.dvc_above() is None
