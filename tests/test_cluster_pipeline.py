"""The pipeline's stages on a real dask cluster write what they write locally, to the last byte."""

import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from dvc.utils.serialize import modify_yaml

from tests.cluster import (
    eventually,
    unit_processes,
)
from tests.conftest import REPOSITORY
from tests.pipelines import COPIED, ENVIRONMENT, SMALL, change_params, contents

pytestmark = pytest.mark.slow

NOWHERE = "tcp://127.0.0.1:9"
CELL = "post-masked"
TINY = SMALL | {
    "pad.sides": ["post"],
    "train.variants": ["masked"],
    "datasets.synthetic.texts": 400,
    # Models that did not learn would not be compared, and a worker must be killed before the last epoch.
    "train.epochs": 25,
}


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


def behind_training(root, out, params):
    """Export, analyse and report the cell that was trained into `out`; every file there."""
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


@pytest.fixture(scope="module")
def local(project):
    """Every file of the cell, trained, exported, analysed and reported without a cluster."""
    stage(project, "train", **training("local"))
    return behind_training(project, "local", "params.yaml")


def test_with_a_worker_killed_models_states_and_reports_are_those_of_a_local_run_to_the_last_byte(
    empty_cluster, project, local
):
    assert {"reports/report.md", "reports/report.html", "reports/report.json"} <= set(local)
    assert {"models/post-masked/seed=1/model.keras", "states/post-masked/seed=1/pads-8.parquet"} <= set(local)

    victim, other = (empty_cluster.start_worker() for _ in range(2))
    params = params_for(project, "dask.yaml", on_the_cluster(empty_cluster))
    process = begun_training(project, params, "dask")
    (unit,) = unit_processes(victim)
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: not unit.is_running() or unit.status() == psutil.STATUS_ZOMBIE, seconds=10)
    assert not list((project / "dask").glob(f"models/{CELL}.*.partial/seed=[01]")), "it was killed too late"
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    assert victim not in empty_cluster.workers()
    assert other in empty_cluster.workers()

    clustered = behind_training(project, "dask", params)
    assert [name for name in local if clustered.get(name) != local[name]] == []
    assert set(clustered) == set(local)
    assert units_done(empty_cluster) == 2 * 3 + 1, "two seeds in three stages, and a pair of models compared"


def test_an_interrupted_stage_leaves_nothing_half_written_and_no_unit_at_work(two_workers, project):
    out = "interrupted"
    params = params_for(project, f"{out}.yaml", on_the_cluster(two_workers))
    process = begun_training(project, params, out)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "train: interrupted; nothing half-written was kept\n")
    assert not any(unit_processes(worker) for worker in two_workers.workers())
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
