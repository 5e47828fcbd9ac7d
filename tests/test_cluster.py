"""The units of work on a real dask cluster: its workers are processes on loopback, started in another folder."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from distributed import Client
from distributed.comm.core import CommClosedError
from dvc.utils.serialize import modify_yaml

from stages import cluster, execution
from stages.cluster import cluster_executor
from stages.cluster_process import difference, versions
from stages.errors import UserError
from stages.execution import executor_for, run_all
from tests.cluster import (
    Cluster,
    begin_and_sleep,
    die,
    eventually,
    kill_the_worker,
    refuse_or_touch,
    sleep_the_first_time,
    unit_processes,
    where,
)
from tests.test_pipeline import COPIED, ENVIRONMENT, REPOSITORY, SMALL, change_params, contents

pytestmark = pytest.mark.slow

NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture
def empty_cluster(tmp_path_factory):
    """A scheduler without workers."""
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """A scheduler and two workers of one thread each, that no test may kill."""
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        started.start_worker()
    yield started
    started.close()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the test runs in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_units(executor, work, units):
    return run_all(executor, work, units, label="", steps=len(units), done=lambda: (0, ""))


def test_units_run_beside_the_workers_in_the_folder_of_the_pipeline(two_workers, folder):
    with cluster_executor(two_workers.address) as executor:
        found = run_units(executor, where, range(6))
        assert {parent for _, parent, _ in found} == set(two_workers.workers())
        assert len({process for process, _, _ in found}) == 2, "one process a thread, used again"
        assert {place for _, _, place in found} == {str(folder)}
        assert list(folder.glob(".cluster.*"))
    assert not any(unit_processes(worker) for worker in two_workers.workers())
    assert list(folder.iterdir()) == []


def test_every_run_meets_the_code_as_it_is_now(two_workers, folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    module = folder / "of_the_project.py"
    for value in ("old", "brand new"):
        module.write_text(f"def said(unit):\n    return {value!r}\n")
        sys.modules.pop("of_the_project", None)
        importlib.invalidate_caches()
        of_the_project = importlib.import_module("of_the_project")
        with cluster_executor(two_workers.address) as executor:
            assert run_units(executor, of_the_project.said, [1, 2, 3]) == [value] * 3


def test_each_thread_of_a_worker_has_a_process_of_its_own(empty_cluster, folder):
    worker = empty_cluster.start_worker(threads=2)
    with cluster_executor(empty_cluster.address) as executor:
        found = run_units(executor, where, range(6))
        assert len({process for process, _, _ in found}) == 2
        assert {parent for _, parent, _ in found} == {worker}


def test_a_worker_that_joins_later_gets_units_too(empty_cluster, folder):
    first = empty_cluster.start_worker()
    with cluster_executor(empty_cluster.address) as executor:
        assert {parent for _, parent, _ in run_units(executor, where, range(2))} == {first}
        second = empty_cluster.start_worker(nanny=True)
        assert {parent for _, parent, _ in run_units(executor, where, range(6))} == {first, second}


def test_the_first_error_of_a_unit_ends_the_work_as_it_does_locally(two_workers, folder):
    names = [str(number) for number in range(50)]
    with pytest.raises(UserError, match="^wrong: this is not allowed$"):
        with cluster_executor(two_workers.address) as executor:
            run_units(executor, refuse_or_touch, ["wrong", *names])
    assert len(list(folder.iterdir())) < 10


def test_a_fault_of_the_program_keeps_the_traceback_that_it_has_there(two_workers, folder):
    with pytest.raises(KeyError) as error:
        with cluster_executor(two_workers.address) as executor:
            run_units(executor, refuse_or_touch, ["fault"])
    assert "in refuse_or_touch" in error.value.__notes__[0]


def test_a_unit_whose_process_is_killed_runs_again(two_workers, folder):
    with cluster_executor(two_workers.address) as executor:
        assert run_units(executor, die, [("deaths", 2)]) == [2]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_a_worker_was_at_when_it_ended_another_one_does(empty_cluster, folder, sign):
    workers = {empty_cluster.start_worker(), empty_cluster.start_worker()}
    with cluster_executor(empty_cluster.address) as executor:
        future = executor.submit(sleep_the_first_time, "worker")
        eventually(lambda: (folder / "worker").exists() and (folder / "worker").read_text())
        first = int((folder / "worker").read_text())
        os.kill(first, sign)
        assert future.result(timeout=40) == (workers - {first}).pop()


def test_an_interrupt_at_a_worker_is_not_the_units_error(two_workers, folder):
    with cluster_executor(two_workers.address) as executor:
        future = executor.submit(begin_and_sleep, "begun")
        eventually((folder / "begun").exists)
        for worker in two_workers.workers():
            for process in unit_processes(worker):
                process.send_signal(signal.SIGINT)
        with pytest.raises(TimeoutError):
            future.result(timeout=1.5)


def test_a_unit_that_kills_its_process_again_and_again_is_one_sentence(two_workers, folder):
    with pytest.raises(UserError, match=r"process was killed 3 times, at last beside the worker tcp://.*: exit"):
        with cluster_executor(two_workers.address) as executor:
            run_units(executor, die, [("deaths", 3)])


def test_a_unit_that_kills_one_worker_after_another_is_one_sentence(empty_cluster, folder):
    empty_cluster.start_worker(nanny=True)
    with pytest.raises(
        UserError, match=r"4 workers died one after another over the same unit, the last of them tcp://"
    ):
        with cluster_executor(empty_cluster.address) as executor:
            run_units(executor, kill_the_worker, [1])


def test_a_worker_lost_while_it_is_checked_is_one_sentence(two_workers, folder, monkeypatch):
    def lost(*_):
        raise CommClosedError("in <TCP>: closed")

    monkeypatch.setattr(cluster, "_check_workers", lost)
    with pytest.raises(UserError, match=r"was lost while the workers were checked \(in <TCP>: closed\); run again"):
        with cluster_executor(two_workers.address):
            pass


def test_a_run_that_ends_early_leaves_no_unit_at_work(two_workers, folder):
    with pytest.raises(KeyboardInterrupt):
        with cluster_executor(two_workers.address) as executor:
            executor.submit(begin_and_sleep, "begun")
            eventually((folder / "begun").exists)
            raise KeyboardInterrupt
    assert not any(unit_processes(worker) for worker in two_workers.workers())
    assert list(folder.iterdir()) == [folder / "begun"]


def test_a_killed_pipeline_leaves_no_unit_at_work(two_workers, folder):
    code = (
        "from stages.cluster import cluster_executor\nfrom tests.cluster import begin_and_sleep\n"
        f"with cluster_executor({two_workers.address!r}) as executor:\n"
        "    executor.submit(begin_and_sleep, 'begun').result()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment)
    eventually((folder / "begun").exists)
    assert any(unit_processes(worker) for worker in two_workers.workers())
    process.kill()
    process.wait()
    eventually(lambda: not any(unit_processes(worker) for worker in two_workers.workers()), seconds=20)


def test_the_bar_follows_the_units(two_workers, folder, monkeypatch, capsys):
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
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 1)
    with pytest.raises(UserError, match=r"tcp://.* had no workers for 1 seconds; start some with `dask worker tcp"):
        with cluster_executor(empty_cluster.address):
            pass
    assert list(folder.iterdir()) == []


def test_workers_that_all_died_are_one_sentence(empty_cluster, folder, monkeypatch):
    monkeypatch.setattr(cluster, "ABANDONED_SECONDS", 1)
    monkeypatch.setattr(cluster, "POLL_SECONDS", 0.2)
    worker = empty_cluster.start_worker()
    with pytest.raises(UserError, match=r"tcp://.* has had no workers for 1 seconds; start some and run"):
        with cluster_executor(empty_cluster.address) as executor:
            future = executor.submit(begin_and_sleep, "begun")
            eventually((folder / "begun").exists)
            os.kill(worker, signal.SIGKILL)
            future.result(timeout=50)


def test_a_worker_with_other_packages_is_named(two_workers, folder, monkeypatch):
    monkeypatch.setattr(cluster, "versions", lambda: {**versions(), "numpy": "0.1"})
    with pytest.raises(UserError, match=r"worker tcp://\S+ has numpy \S+, and the pipeline runs with 0\.1; results"):
        with cluster_executor(two_workers.address):
            pass


def test_a_worker_with_other_packages_that_joins_later_is_named(two_workers, folder, monkeypatch):
    monkeypatch.setattr(cluster, "versions", lambda: {**versions(), "numpy": "0.1"})
    monkeypatch.setattr(cluster, "_check_workers", lambda *_: None)
    with pytest.raises(UserError, match=r"worker tcp://\S+ has numpy \S+, and the pipeline runs with 0\.1; results"):
        with cluster_executor(two_workers.address) as executor:
            run_units(executor, where, [1])


def test_a_worker_with_another_python_is_named(two_workers):
    cluster._check_pythons({"tcp://a:1": f"3.{sys.version_info.minor}.99"}, "worker")
    with pytest.raises(UserError, match=r"the worker tcp://a:1 runs Python 3\.9\.1, and the pipeline runs 3"):
        cluster._check_pythons({"tcp://a:1": "3.9.1"}, "worker")


def test_a_package_that_is_missing_is_a_difference():
    assert difference({"keras": None}, {"keras": "3"}) == "has keras not at all, and the pipeline runs with 3"
    assert difference({"keras": "3"}, {"keras": "3"}) is None


def test_a_worker_that_does_not_see_the_folder_is_named(two_workers, folder):
    """Its file system is simulated: the marker that it looks for lies nowhere."""
    with Client(two_workers.address, set_as_default=False) as client:
        with pytest.raises(UserError) as error:
            cluster._check_workers(client, two_workers.address, Path("/nowhere/marker"))
        cluster._check_workers(client, two_workers.address, Path(__file__))
    assert f"does not see the folder {folder}; share it with every worker under the same path" in str(error.value)
    assert "the worker tcp://" in str(error.value)


def test_a_worker_that_joins_later_and_does_not_see_the_folder_is_one_sentence(two_workers, folder):
    with pytest.raises(UserError, match="a worker does not see the folder"):
        with cluster_executor(two_workers.address) as executor:
            executor._run_unit = cluster._ByValue(lambda *_: None)  # what a worker answers that finds no marker
            run_units(executor, where, [1])


def test_without_dask_the_sentence_says_what_to_install(make_params, monkeypatch):
    monkeypatch.setattr(execution.importlib.util, "find_spec", lambda name: None)
    params = make_params({"execution.engine": "dask"})
    with pytest.raises(UserError, match="dask needs the package distributed, which is not installed here; run `pip"):
        with executor_for(params.execution, 1):
            pass


CELL = "post-masked"
TINY = SMALL | {
    "pad.sides": ["post"],
    "train.variants": ["masked"],
    "datasets.synthetic.texts": 400,
    "train.epochs": 8,  # enough to learn, or no models would be compared
}
LONGER = 25
"""Epochs that take long enough for a worker to be killed among them."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A small project with everything that comes before training; its workers find `stages` here alone."""
    root = tmp_path_factory.mktemp("project")
    for name in ("stages", "params.yaml", "data/raw"):
        assert name in COPIED
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.csv", "*.parquet"))
        else:
            shutil.copy(source, root / name)
    change_params(root, TINY)
    stage(root, "ingest", raw="data/raw", corpus="data/corpus")
    stage(root, "tokenize", raw="data/raw", corpus="data/corpus", tokens="data/tokens")
    stage(root, "bag_of_words", tokens="data/tokens", bag_of_words="data/bag_of_words")
    stage(root, "pad", side="post", tokens="data/tokens", padded="data/padded/post")
    return root


def command(name, params="params.yaml", **options):
    given = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    return [sys.executable, "-m", f"stages.{name}", "--params", params, *given]


def stage(root, name, **options):
    result = subprocess.run(
        command(name, **options), cwd=root, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result


def training(out, **options):
    places = {"tokens": "data/tokens", "padded": "data/padded/post", "models": f"{out}/models/{CELL}"}
    return {"side": "post", "variant": "masked", **places, **options}


def params_for(root, name, changes):
    shutil.copy(root / "params.yaml", root / name)
    with modify_yaml(str(root / name)) as content:
        for path, value in changes.items():
            section, key = path.split(".")
            content[section][key] = value
    return name


def through_the_pipeline(root, out, params):
    stage(root, "train", **training(out), params=params)
    states = {"padded": "data/padded/post", "models": f"{out}/models/{CELL}", "states": f"{out}/states/{CELL}"}
    stage(root, "export", params=params, side="post", variant="masked", **states)
    before = {"corpus": "data/corpus", "tokens": "data/tokens", "bag_of_words": "data/bag_of_words"}
    places = {"padded": "data/padded", "models": f"{out}/models", "states": f"{out}/states"}
    stage(root, "analyze", params=params, **before, **places, analysis=f"{out}/analysis")
    stage(root, "report", params=params, analysis=f"{out}/analysis", reports=f"{out}/reports")
    return contents(root / out)


def on_the_cluster(started):
    return {"execution.engine": "dask", "execution.scheduler": started.address}


def units_done(started):
    """How many units the workers have done, as the scheduler counts."""
    with started.client() as client:
        counts = client.run_on_scheduler(  # a lambda is sent by value: the scheduler cannot import this module
            lambda dask_scheduler: {name: dict(of.state_counts) for name, of in dask_scheduler.task_prefixes.items()}
        )
    return counts.get("run_unit", {}).get("memory", 0)


def test_models_states_and_reports_are_those_of_a_local_run_to_the_last_byte(two_workers, project):
    local = through_the_pipeline(project, "local", "params.yaml")
    params, before = params_for(project, "dask.yaml", on_the_cluster(two_workers)), units_done(two_workers)
    clustered = through_the_pipeline(project, "dask", params)
    assert {"reports/report.md", "reports/report.html", "reports/report.json"} <= set(local)
    assert {"models/post-masked/seed=1/model.keras", "states/post-masked/seed=1/pads-8.parquet"} <= set(local)
    assert [name for name in local if clustered.get(name) != local[name]] == []
    assert set(clustered) == set(local)
    assert units_done(two_workers) - before == 2 * 3 + 1, "two seeds in three stages, and a pair of models compared"


@pytest.fixture(scope="module")
def trained_longer(project):
    """The models of a cell that takes a while, trained locally."""
    stage(project, "train", **training("longer"), params=params_for(project, "longer.yaml", {"train.epochs": LONGER}))
    return contents(project / "longer")


def begun_training(root, params, out):
    """Begin to train a cell, and wait until both seeds are in the middle."""
    process = subprocess.Popen(
        command("train", **training(out), params=params),
        cwd=root,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )

    def both_at_work():
        histories = list((root / out).glob(f"models/{CELL}.*.partial/seed=*.partial/history.csv"))
        return len(histories) == 2 and all(len(path.read_text().splitlines()) > 2 for path in histories)

    eventually(lambda: both_at_work() or process.poll() is not None)
    assert process.poll() is None, process.stderr.read()
    return process


@pytest.mark.parametrize("nanny", [False, True])
def test_a_worker_killed_in_the_middle_changes_no_byte(empty_cluster, project, trained_longer, nanny):
    victim, other = empty_cluster.start_worker(nanny=nanny), empty_cluster.start_worker(nanny=nanny)
    out = f"killed-{nanny}"
    params = params_for(project, f"{out}.yaml", {**on_the_cluster(empty_cluster), "train.epochs": LONGER})
    process = begun_training(project, params, out)
    (unit,) = unit_processes(victim)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: not unit.is_running() or unit.status() == psutil.STATUS_ZOMBIE, seconds=10)
    assert not list((project / out).glob(f"models/{CELL}.*.partial/seed=[01]")), "it was killed too late"
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    assert contents(project / out) == trained_longer
    assert victim not in empty_cluster.workers()
    assert other in empty_cluster.workers()


def test_an_interrupted_stage_leaves_nothing_half_written_and_no_unit_at_work(two_workers, project, trained_longer):
    out = "interrupted"
    params = params_for(project, f"{out}.yaml", {**on_the_cluster(two_workers), "train.epochs": LONGER})
    process = begun_training(project, params, out)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "train: interrupted; nothing half-written was kept\n")
    assert not any(unit_processes(worker) for worker in two_workers.workers())
    assert list((project / out / "models").iterdir()) == []
    assert not list(project.glob(".cluster.*"))
    time.sleep(2)
    assert list((project / out / "models").iterdir()) == [], "nobody writes behind it"
    stage(project, "train", **training(out), params=params)
    assert contents(project / out) == trained_longer


def test_a_scheduler_that_is_not_there_is_one_sentence_and_nothing_else(project):
    changes = {"execution.engine": "dask", "execution.scheduler": NOWHERE}
    begun = time.monotonic()
    arguments = command("train", **training("nowhere"), params=params_for(project, "nowhere.yaml", changes))
    result = subprocess.run(
        arguments, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )
    assert time.monotonic() - begun < 15
    assert result.returncode == 2
    assert result.stderr.startswith(f"train: error: execution.scheduler: no dask scheduler answers at {NOWHERE} (")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
