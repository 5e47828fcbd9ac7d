"""Tasks on a real dask cluster: its workers are processes on loopback, started in another folder."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client
from distributed.comm.core import CommClosedError

from stages.errors import UserError
from stages.runtime.workers import dask_executor, pool
from stages.runtime.workers.dask_executor import cluster_executor
from stages.runtime.workers.dask_plugin import TaskProcesses, compared_versions, difference
from stages.runtime.workers.pool import executor_for, run_all
from tests.cluster import (
    begin_and_sleep,
    die,
    eventually,
    kill_the_worker,
    refuse_or_touch,
    sleep_the_first_time,
    task_processes,
    where,
    write_square,
)
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the test runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_tasks(executor, work, tasks):
    return run_all(executor, work, tasks, label="", steps=len(tasks), done=lambda: (0, ""))


def test_tasks_run_beside_the_workers_in_the_folder_of_the_pipeline(two_workers, folder):
    with cluster_executor(two_workers.address) as executor:
        found = run_tasks(executor, where, range(6))
        assert {parent for _, parent, _ in found} == set(two_workers.workers())
        assert len({process for process, _, _ in found}) == 2, "one process a thread, used again"
        assert {place for _, _, place in found} == {str(folder)}
        assert list(folder.glob(".cluster.*"))
    assert not any(task_processes(worker) for worker in two_workers.workers())
    assert list(folder.iterdir()) == []


def test_every_run_meets_the_code_as_it_is_now(two_workers, folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    module = folder / "of_the_project.py"
    for value in ("old", "brand new"):
        module.write_text(f"def said(task):\n    return {value!r}\n")
        sys.modules.pop("of_the_project", None)
        importlib.invalidate_caches()
        of_the_project = importlib.import_module("of_the_project")
        with cluster_executor(two_workers.address) as executor:
            assert run_tasks(executor, of_the_project.said, [1, 2, 3]) == [value] * 3


def test_each_thread_of_a_worker_has_a_process_of_its_own(empty_cluster, folder):
    worker = empty_cluster.start_worker(threads=2)
    with cluster_executor(empty_cluster.address) as executor:
        found = run_tasks(executor, where, range(6))
        assert len({process for process, _, _ in found}) == 2
        assert {parent for _, parent, _ in found} == {worker}


def test_a_worker_that_joins_later_gets_tasks_too(empty_cluster, folder):
    first = empty_cluster.start_worker()
    with cluster_executor(empty_cluster.address) as executor:
        assert {parent for _, parent, _ in run_tasks(executor, where, range(2))} == {first}
        second = empty_cluster.start_worker(nanny=True)
        assert {parent for _, parent, _ in run_tasks(executor, where, range(6))} == {first, second}


def test_the_first_error_of_a_task_ends_the_work_as_it_does_locally(two_workers, folder):
    names = [str(number) for number in range(50)]
    with pytest.raises(UserError, match="^wrong: this is not allowed$"):
        with cluster_executor(two_workers.address) as executor:
            run_tasks(executor, refuse_or_touch, ["wrong", *names])
    assert len(list(folder.iterdir())) < 10


def test_a_fault_of_the_program_keeps_the_traceback_that_it_has_there(two_workers, folder):
    with pytest.raises(KeyError) as error:
        with cluster_executor(two_workers.address) as executor:
            run_tasks(executor, refuse_or_touch, ["fault"])
    assert "in refuse_or_touch" in error.value.__notes__[0]


def test_a_task_whose_process_is_killed_runs_again(two_workers, folder):
    with cluster_executor(two_workers.address) as executor:
        assert run_tasks(executor, die, [("deaths", 2)]) == [2]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_a_worker_was_at_when_it_ended_another_one_does(empty_cluster, folder, sign):
    workers = {empty_cluster.start_worker(), empty_cluster.start_worker()}
    with cluster_executor(empty_cluster.address) as executor:
        future = executor.submit(sleep_the_first_time, "worker")
        eventually(lambda: (folder / "worker").exists() and (folder / "worker").read_text())
        first = int((folder / "worker").read_text())
        os.kill(first, sign)
        assert future.result(timeout=40) == (workers - {first}).pop()


def test_two_of_four_workers_are_killed_one_joins_late_and_24_tasks_are_done(empty_cluster, folder):
    first = [empty_cluster.start_worker() for _ in range(4)]
    numbers = range(24)
    with cluster_executor(empty_cluster.address) as executor:
        futures = [executor.submit(write_square, number) for number in numbers]
        eventually(lambda: len(list(folder.glob("[0-9]*"))) >= 4)
        late = empty_cluster.start_worker()
        for victim in first[:2]:
            os.kill(victim, signal.SIGKILL)
        done = [future.result(timeout=60) for future in futures]
    assert [square for _, square in done] == [number**2 for number in numbers]
    assert {path.name: path.read_text() for path in folder.iterdir()} == {str(n): str(n**2) for n in numbers}
    assert late in {worker for worker, _ in done}


def test_an_interrupt_at_a_worker_is_not_the_tasks_error(two_workers, folder):
    with cluster_executor(two_workers.address) as executor:
        future = executor.submit(begin_and_sleep, "begun")
        eventually((folder / "begun").exists)
        for worker in two_workers.workers():
            for process in task_processes(worker):
                process.send_signal(signal.SIGINT)
        with pytest.raises(TimeoutError):
            future.result(timeout=1.5)


def test_a_task_that_kills_its_process_again_and_again_is_one_sentence(two_workers, folder):
    with pytest.raises(UserError, match=r"process was killed 3 times, at last beside the worker tcp://.*: exit"):
        with cluster_executor(two_workers.address) as executor:
            run_tasks(executor, die, [("deaths", 3)])


def test_a_task_that_kills_one_worker_after_another_is_one_sentence(empty_cluster, folder):
    empty_cluster.start_worker(nanny=True)
    with pytest.raises(
        UserError, match=r"4 workers died one after another over the same task, the last of them tcp://"
    ):
        with cluster_executor(empty_cluster.address) as executor:
            run_tasks(executor, kill_the_worker, [1])


def test_a_worker_lost_while_it_is_checked_is_one_sentence(two_workers, folder, monkeypatch):
    def lost(*_):
        raise CommClosedError("in <TCP>: closed")

    monkeypatch.setattr(dask_executor, "_common_versions", lost)
    with pytest.raises(UserError, match=r"was lost while the workers were checked \(in <TCP>: closed\); run again"):
        with cluster_executor(two_workers.address):
            pass


def test_a_run_that_ends_early_leaves_no_task_at_work(two_workers, folder):
    with pytest.raises(KeyboardInterrupt):
        with cluster_executor(two_workers.address) as executor:
            executor.submit(begin_and_sleep, "begun")
            eventually((folder / "begun").exists)
            raise KeyboardInterrupt
    assert not any(task_processes(worker) for worker in two_workers.workers())
    assert list(folder.iterdir()) == [folder / "begun"]


def test_a_killed_pipeline_leaves_no_task_at_work(two_workers, folder):
    code = (
        "from stages.runtime.workers.dask_executor import cluster_executor\nfrom tests.cluster import begin_and_sleep\n"
        f"with cluster_executor({two_workers.address!r}) as executor:\n"
        "    executor.submit(begin_and_sleep, 'begun').result()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment)
    eventually((folder / "begun").exists)
    assert any(task_processes(worker) for worker in two_workers.workers())
    process.kill()
    process.wait()
    eventually(lambda: not any(task_processes(worker) for worker in two_workers.workers()), seconds=20)


def test_the_bar_follows_the_tasks(two_workers, folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with cluster_executor(two_workers.address) as executor:
        run_all(executor, where, range(4), label="train", steps=4, done=lambda: (4, "seed 3 epoch 1/2"))
    shown = capsys.readouterr().err
    assert "4/4" in shown
    assert "seed 3 epoch 1/2" in shown


def test_a_scheduler_that_is_lost_is_one_sentence(empty_cluster, folder):
    empty_cluster.start_worker()
    with pytest.raises(UserError, match=r"the dask scheduler tcp://.* was lost in the middle of the work; start it"):
        with cluster_executor(empty_cluster.address) as executor:
            future = executor.submit(begin_and_sleep, "begun")
            eventually((folder / "begun").exists)
            empty_cluster.scheduler.kill()
            future.result(timeout=50)


def test_no_workers_is_one_sentence(empty_cluster, folder, monkeypatch):
    monkeypatch.setattr(dask_executor, "WORKER_SECONDS", 1)
    with pytest.raises(UserError, match=r"tcp://.* had no workers for 1 seconds; start some with `dask worker tcp"):
        with cluster_executor(empty_cluster.address):
            pass
    assert list(folder.iterdir()) == []


def test_workers_that_all_died_are_one_sentence(empty_cluster, folder, monkeypatch):
    monkeypatch.setattr(dask_executor, "ABANDONED_SECONDS", 1)
    monkeypatch.setattr(dask_executor, "POLL_SECONDS", 0.2)
    worker = empty_cluster.start_worker()
    with pytest.raises(UserError, match=r"tcp://.* has had no workers, or has not answered, for 1 seconds; start"):
        with cluster_executor(empty_cluster.address) as executor:
            future = executor.submit(begin_and_sleep, "begun")
            eventually((folder / "begun").exists)
            os.kill(worker, signal.SIGKILL)
            future.result(timeout=50)


@pytest.fixture
def old_numpy(monkeypatch):
    """The pipeline seems to run with another numpy than the workers."""
    asked = Client.get_versions

    def versions(*arguments, **options):
        told = asked(*arguments, **options)
        return {**told, "client": {"packages": {**told["client"]["packages"], "numpy": "0.1"}}}

    monkeypatch.setattr(Client, "get_versions", versions)


def test_a_worker_with_other_packages_is_named(two_workers, folder, old_numpy):
    with pytest.raises(UserError, match=r"worker tcp://\S+ has numpy \S+, and the pipeline runs with 0\.1; results"):
        with cluster_executor(two_workers.address):
            pass


def test_a_worker_with_other_packages_that_joins_later_is_named(two_workers, folder, old_numpy, monkeypatch):
    monkeypatch.setattr(dask_executor, "difference", lambda *_: None)  # in the checks of the workers there are
    with pytest.raises(UserError, match=r"worker tcp://\S+ has numpy \S+, and the pipeline runs with 0\.1; results"):
        with cluster_executor(two_workers.address) as executor:
            run_tasks(executor, where, [1])


def test_only_the_first_two_numbers_of_python_are_compared():
    here = compared_versions({"python": "3.13.1.final.0", "numpy": "2.4", "toolz": "1.0"})
    assert difference("worker tcp://a:1", compared_versions({"python": "3.13.9.final.0", "numpy": "2.4"}), here) is None
    other = compared_versions({"python": "3.9.1.final.0", "numpy": "2.4"})
    assert str(difference("worker tcp://a:1", other, here)).startswith(
        "the worker tcp://a:1 has python 3.9, and the pipeline runs with 3.13; results could differ"
    )


def test_a_scheduler_with_another_python_is_named(two_workers, folder, monkeypatch):
    asked = Client.get_versions

    def versions(*arguments, **options):
        return {**asked(*arguments, **options), "scheduler": {"packages": {"python": "3.9.1.final.0"}}}

    monkeypatch.setattr(Client, "get_versions", versions)
    with pytest.raises(UserError, match=r"the dask scheduler has python 3\.9, and the pipeline runs with 3\."):
        with cluster_executor(two_workers.address):
            pass


def test_a_package_that_is_missing_is_a_difference():
    told = difference("worker a", {"keras": None}, {"keras": "3"})
    assert str(told).startswith("the worker a has keras not at all, and the pipeline runs with 3; results could differ")
    assert difference("worker a", {"keras": "3"}, {"keras": "3"}) is None


def test_a_worker_that_does_not_see_the_folder_is_named(two_workers, folder):
    """Its file system is simulated: the marker that it looks for lies nowhere."""
    with Client(two_workers.address, set_as_default=False) as client:
        with pytest.raises(UserError) as error:
            dask_executor._check_folder(client, Path("/nowhere/marker"))
        dask_executor._check_folder(client, Path(__file__))
    assert f"does not see the folder {folder}; share it with every worker under the same path" in str(error.value)
    assert "the worker tcp://" in str(error.value)


def test_a_worker_that_joins_later_and_does_not_see_the_folder_is_one_sentence(two_workers, folder, monkeypatch):
    def elsewhere(name, place, code, marker, wanted):
        return TaskProcesses(name, place, code, f"/nowhere{marker}", wanted)

    monkeypatch.setattr(dask_executor, "TaskProcesses", elsewhere)
    with pytest.raises(UserError, match=r"the worker tcp://\S+ does not see the folder .*; share it with every worker"):
        with cluster_executor(two_workers.address) as executor:
            run_tasks(executor, where, [1])


def test_without_dask_the_sentence_says_what_to_install(make_params, monkeypatch):
    monkeypatch.setattr(pool.importlib.util, "find_spec", lambda name: None)
    params = make_params({"execution.engine": "dask"})
    with pytest.raises(UserError, match="dask needs the package distributed, which is not installed here; run `pip"):
        with executor_for(params.execution, 1):
            pass
