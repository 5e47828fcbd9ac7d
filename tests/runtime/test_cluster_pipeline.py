"""The pipeline's stages on a real dask cluster write what they write locally, to the last byte."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from dvc.utils.serialize import modify_yaml

from tests.cluster import eventually, task_processes
from tests.pipelines import ENVIRONMENT, contents

pytestmark = pytest.mark.slow

NOWHERE = "tcp://127.0.0.1:9"
VARIANT = "baseline"
BY_TASKS = ("models/", "states/", "analysis/")
"""What tasks computed, below data/."""


@pytest.fixture(scope="module")
def project(one_cell, tmp_path_factory):
    """A copy of the run of one cell that the tests here may change; workers find `stages` here alone."""
    return shutil.copytree(one_cell, tmp_path_factory.mktemp("clustered") / "project", symlinks=True)


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
    places = {"tokens": "data/tokens", "padded": "data/padded", "models": f"{out}/models/{VARIANT}"}
    return {"variant": VARIANT, **places, **options}


def params_for(root, name, changes):
    shutil.copy(root / "params.yaml", root / name)
    with modify_yaml(str(root / name)) as content:
        for path, value in changes.items():
            section, key = path.split(".")
            content[section][key] = value
    return name


def behind_training(root, out, params):
    """Export, analyse and report the cell that was trained into `out`; every file there."""
    states = {"models": f"{out}/models/{VARIANT}", "states": f"{out}/states/variant={VARIANT}"}
    stage(root, "export", params=params, variant=VARIANT, tokens="data/tokens", padded="data/padded", **states)
    before = {"corpus": "data/corpus", "tokens": "data/tokens", "bag_of_words": "data/bag_of_words"}
    places = {"padded": "data/padded", "models": f"{out}/models", "states": f"{out}/states"}
    stage(root, "analyze", params=params, **before, **places, analysis=f"{out}/analysis")
    stage(root, "report", params=params, analysis=f"{out}/analysis", reports=f"{out}/reports/synthetic")
    return contents(root / out)


def on_the_cluster(started):
    return {"execution.engine": "dask", "execution.scheduler": started.address}


def tasks_done(started):
    """How many tasks the workers have done, as the scheduler counts."""
    with started.client() as client:
        counts = client.run_on_scheduler(  # a lambda is sent by value: the scheduler cannot import this module
            lambda dask_scheduler: {name: dict(of.state_counts) for name, of in dask_scheduler.task_prefixes.items()}
        )
    return counts.get("run_task", {}).get("memory", 0)


def begun_training(root, params, out):
    """Begin to train a cell, and wait until a worker is in the middle of a seed; the process and that history."""
    process = subprocess.Popen(
        command("train", **training(out), params=params),
        cwd=root,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: any((root / out).rglob("history.csv")) or process.poll() is not None)
    assert process.poll() is None, process.stderr.read()
    return process, next((root / out).rglob("history.csv"))


def test_with_a_worker_killed_models_states_and_reports_are_those_of_a_local_run_to_the_last_byte(
    empty_cluster, project
):
    local = {name: content for name, content in contents(project / "data").items() if name.startswith(BY_TASKS)}
    local |= {f"reports/{name}": content for name, content in contents(project / "reports").items()}
    assert {"reports/synthetic/report.md", "models/baseline/post/seed=1/model.keras"} <= set(local)
    assert {
        "states/variant=baseline/side=post/seed=1/condition=pads-8/states.parquet",
        "analysis/verdicts.json",
    } <= set(local)

    victim = empty_cluster.start_worker()
    params = params_for(project, "dask.yaml", on_the_cluster(empty_cluster))
    process, history = begun_training(project, params, "dask")
    (task,) = task_processes(victim)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: not task.is_running() or task.status() == psutil.STATUS_ZOMBIE, seconds=10)
    assert history.exists(), "it was killed too late: the folder has its final name"
    other = empty_cluster.start_worker()
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    assert victim not in empty_cluster.workers()
    assert other in empty_cluster.workers()

    clustered = behind_training(project, "dask", params)
    assert [name for name in local if clustered.get(name) != local[name]] == []
    assert set(clustered) == set(local)
    pairs = sum(each["pairs"] for each in json.loads(local["analysis/similarity.json"]))
    assert tasks_done(empty_cluster) == 2 + 2 + 2 + pairs == 7, "a cell of two seeds in three stages, and their pair"


def test_an_interrupted_stage_leaves_nothing_half_written_and_no_task_at_work(two_workers, project):
    out = "interrupted"
    params = params_for(project, f"{out}.yaml", on_the_cluster(two_workers))
    process, _ = begun_training(project, params, out)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "train: interrupted; nothing half-written was kept\n")
    assert not any(task_processes(worker) for worker in two_workers.workers())
    assert list((project / out / "models").iterdir()) == []
    assert not list(project.glob(".cluster.*"))
    time.sleep(2)
    assert list((project / out / "models").iterdir()) == [], "nobody writes behind it"


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
