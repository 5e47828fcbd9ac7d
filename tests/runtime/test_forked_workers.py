"""Forked workers: one import for all, the stage's own folder and code, and nothing left behind."""

import importlib
import operator
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from stages.errors import UserError
from stages.runtime.workers import pool
from stages.runtime.workers.forked import ForkedExecutor
from stages.runtime.workers.pool import executor_for, local_executor, run_all
from tests.cluster import eventually
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the fork server needs Linux")


def prepare() -> None:
    """A quick import in place of TensorFlow's."""
    importlib.import_module("wave")


def prepare_in_vain() -> None:
    raise ImportError("no such library")


def state(_task: object) -> dict[str, Any]:
    """What a task finds in its process."""
    return {
        "pid": os.getpid(),
        "server": os.getppid(),
        "prepared": "wave" in sys.modules,
        "folder": Path.cwd(),
        "environment": dict(os.environ),
    }


def print_both(task: str) -> None:
    print(task)
    print(task, file=sys.stderr)


def sleep(begun: Path) -> None:
    """Tell which process has begun, and do not end."""
    begun.write_text(str(os.getpid()))
    time.sleep(600)


def end(task: tuple[Path, str]) -> None:
    """End as told, once the task beside this one has begun; the first task sleeps."""
    from stages.errors import UserError  # a worker forgets the project's modules, and this one is none of them

    begun, how = task
    if how == "sleep":
        sleep(begun)
    eventually(lambda: begun.exists() and begun.read_text())
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    raise (UserError if how == "sentence" else ValueError)("it failed")


def nothing_done() -> tuple[int, str]:
    return 0, ""


def all_of(work, tasks, *, prepare=prepare):
    with local_executor(2, len(tasks), prepare) as executor:
        return run_all(executor, work, tasks, label="train", steps=len(tasks), done=nothing_done)


@pytest.fixture(autouse=True)
def dvc(monkeypatch):
    """A process in the place of `dvc`."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        monkeypatch.setattr(pool, "dvc_above", lambda: process.pid)
        yield process
        process.kill()


def test_results_come_in_the_order_of_the_tasks():
    assert all_of(operator.neg, list(range(20))) == [-value for value in range(20)]


def test_workers_of_all_stages_come_from_one_server_that_has_done_the_import(monkeypatch):
    first = all_of(state, [0])[0]
    monkeypatch.setenv("DVC_STAGE", "export@masked")
    second = all_of(state, [0])[0]
    assert first["server"] == second["server"] != os.getpid()
    assert first["pid"] != second["pid"]
    assert first["prepared"]
    assert second["environment"] == dict(os.environ)


def test_a_worker_runs_the_projects_code_as_it_stands_when_it_begins(tmp_path, dvc):
    shutil.copytree(REPOSITORY / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "stages" / "changing.py"
    code = f"""
import os
from pathlib import Path
from stages.runtime.workers.forked import ForkedExecutor, dvc_above

module, found = Path({str(module)!r}), []
for value in ("one", "another"):
    module.write_text(f"def value(_): return {{value!r}}")
    import stages.changing
    with ForkedExecutor(1, dvc_above, {dvc.pid}) as executor:
        found.append(executor.submit(stages.changing.value, 0).result())
print(*found)
"""
    found = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, text=True)
    assert found.split() == ["one", "another"]


def test_a_worker_of_another_folder_or_environment_comes_from_another_server(monkeypatch, tmp_path):
    servers = [all_of(state, [0])[0]["server"]]
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    servers.append(all_of(state, [0])[0]["server"])
    monkeypatch.chdir(tmp_path)
    (found,) = all_of(state, [0])
    assert found["folder"] == tmp_path
    assert len({*servers, found["server"]}) == 3


def test_what_a_worker_prints_is_seen_where_the_stage_prints(monkeypatch, capfd):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
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


def test_a_server_that_nobody_asks_ends(tmp_path):
    code = """
import os, socket
from stages.runtime.workers import fork_server
fork_server.IDLE_SECONDS = 0.1
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind("address")
    listener.listen()
    fork_server.serve(listener, os.pidfd_open(os.getppid()))
"""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=60)


@pytest.mark.parametrize(
    ("how", "kind", "told"),
    [
        ("error", ValueError, "it failed"),
        ("sentence", UserError, "it failed"),
        ("die", UserError, "train: a worker process was killed, most likely because memory ran out"),
    ],
)
def test_an_error_ends_the_task_beside_it(tmp_path, how, kind, told):
    begun = tmp_path / "begun"
    with pytest.raises(kind, match=told) as error:
        all_of(end, [(begun, "sleep"), (begun, how)])
    notes = "".join(getattr(error.value, "__notes__", []))
    assert ("in a worker:" in notes) == (how == "error"), "a sentence for the user has no traceback"
    eventually(lambda: not psutil.pid_exists(int(begun.read_text())))


def test_workers_end_with_a_stage_that_is_killed(tmp_path, dvc):
    begun = tmp_path / "begun"
    code = f"""
from pathlib import Path
from stages.runtime.workers import pool
from tests.runtime.test_forked_workers import all_of, sleep
pool.dvc_above = lambda: {dvc.pid}
all_of(sleep, [Path({str(begun)!r})])
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY) as stage:
        eventually(lambda: begun.exists() and begun.read_text())
        stage.kill()
    eventually(lambda: not psutil.pid_exists(int(begun.read_text())))


def test_a_worker_ends_with_half_a_message():
    with ForkedExecutor(1, prepare, os.getpid()) as executor:
        found = executor.submit(state, 0).result()
        (worker,) = executor._workers
        worker._tasks.write(b"\x80\x05C")  # the beginning of pickled bytes
        worker._tasks.flush()
        worker._connection.shutdown(socket.SHUT_WR)
        eventually(lambda: not psutil.pid_exists(found["pid"]))
    os.kill(found["server"], signal.SIGTERM)


def test_a_folder_that_is_open_to_others_is_not_used(monkeypatch):
    with tempfile.TemporaryDirectory() as name:  # pytest's are too deep for the address of a socket
        monkeypatch.setattr(tempfile, "tempdir", name)
        folder = Path(name) / f"padding-impact-{os.getuid()}"
        folder.mkdir()
        folder.chmod(0o755)
        assert all_of(state, [0])[0]["server"] == os.getpid()
        folder.chmod(0o700)
        assert all_of(state, [0])[0]["server"] != os.getpid()


def test_what_keeps_a_worker_from_its_work_is_told(tmp_path, dvc):
    """Here a module of the project that was broken while the server ran."""
    shutil.copytree(REPOSITORY / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    code = f"""
from pathlib import Path
from stages.runtime.workers.forked import ForkedExecutor, dvc_above

for module in ("", "no Python"):
    with Path("stages/runtime/workers/tasks.py").open("a") as file:
        file.write(module)
    with ForkedExecutor(1, dvc_above, {dvc.pid}) as executor:
        executor.submit(abs, -1).result()
"""
    with (tmp_path / "told").open("w") as file:  # no pipe, for the server keeps it open
        subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path, stderr=file)
    told = (tmp_path / "told").read_text()
    assert "BrokenProcessPool" in told
    assert "SyntaxError" in told


def test_without_a_server_the_workers_are_fresh_processes(capfd):
    (found,) = all_of(state, [0], prepare=prepare_in_vain)
    assert found["server"] == os.getpid()
    assert "no such library" in capfd.readouterr().err


@pytest.mark.parametrize("switch", [True, False])
def test_switched_off_the_workers_are_fresh_processes_and_their_results_the_same(make_params, switch):
    execution = make_params({"execution.fork_server": switch}).execution
    with executor_for(execution, 2, prepare) as executor:
        results = run_all(executor, operator.neg, [1, 2], label="train", steps=2, done=nothing_done)
        (seen,) = run_all(executor, state, [0], label="train", steps=1, done=nothing_done)
    assert results == [-1, -2]
    assert seen["prepared"] == switch
    assert (seen["server"] == os.getpid()) == (not switch)


@pytest.mark.parametrize("shell", [[], ["sh", "-c", '"$0" "$@"; exit $?']], ids=["direct", "behind a shell"])
def test_dvc_is_the_nearest_process_above_that_was_not_told_the_stage(monkeypatch, shell):
    monkeypatch.undo()
    code = "from stages.runtime.workers.forked import dvc_above; print(dvc_above())"
    found = subprocess.check_output(
        [*shell, sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"DVC_STAGE": "train@masked"},
        text=True,
    )
    assert int(found) == os.getpid()


def test_a_stage_that_dvc_does_not_run_has_none(monkeypatch):
    monkeypatch.undo()
    monkeypatch.delenv("DVC_STAGE", raising=False)
    assert pool.dvc_above() is None
