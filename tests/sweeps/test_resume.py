"""A sweep that is killed, whole or in part, goes on where it stopped, and ends with the same report."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stages.sweeps.experiments import OWN
from tests.sweeps import toy
from tests.test_pipeline import ENVIRONMENT, contents, copy_project, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc"),
]

EVERY = [[{"pad.max_len": width}, {"words": f"synthetic {width} "}] for width in ("5", "6", "7")]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    return toy.make(tmp_path_factory.mktemp("toy") / "project")


@pytest.fixture
def project(template, tmp_path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    return folder


def names_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def interrupted(project: Path) -> subprocess.Popen[str]:
    """A sweep of which one experiment is done and two are in the middle of their first stage."""
    holds = [toy.hold(project, 6), toy.hold(project, 7)]
    process = toy.begin(project, toy.grid(5, 6, 7))
    toy.wait_until(lambda: toy.started(project) == ["5", "6", "7"], "the experiments did not start")
    assert len(holds) == len(list((project / OWN).glob("sandbox-[0-9]")))
    return process


def let_go(project: Path) -> None:
    for path in project.parent.glob("starts.hold-*"):
        path.unlink()


VICTIMS = {
    "the sweep": lambda sweep, other: [sweep],
    "everything": lambda sweep, others: [sweep, *others],
    "the sweep and the guards": lambda sweep, others: [sweep, *(pid for pid in others if "guard.py" in names_of(pid))],
}


@pytest.mark.parametrize("victims", VICTIMS)
def test_a_killed_sweep_goes_on_where_it_stopped(project, victims):
    before = {name: text for name, text in contents(project).items() if not name.startswith((".git/", ".dvc/"))}
    process = interrupted(project)
    others = [int(pid) for pid in toy.processes(project)]
    for pid in VICTIMS[victims](process.pid, others):
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    if victims != "the sweep and the guards":  # nobody is left to end what they started, but the next sweep
        toy.wait_until(lambda: not toy.processes(project), "experiments outlive their sweep")
    users_own = project / ".dvc" / "tmp" / "exps" / "tmp1"
    users_own.mkdir(parents=True)

    resumed = toy.begin(project, toy.grid(5, 6, 7))
    if victims == "the sweep and the guards":
        toy.wait_until(lambda: len(toy.started(project)) > 3, "it did not start again")
        assert not {int(pid) for pid in toy.processes(project)} & set(others)
    let_go(project)
    assert toy.results(resumed) == EVERY
    assert toy.started(project) == ["5", "6", "6", "7", "7"], "what is done is not done again"
    assert sorted(path.name for path in (project / OWN).iterdir()) == ["lock", "logs"]
    assert users_own.is_dir()
    after = {name: text for name, text in contents(project).items() if not name.startswith((".git/", ".dvc/"))}
    assert after == before
    shown = run(project, "dvc", "exp", "show", "--csv").stdout
    assert shown.count("toy-") == 3
    assert "Running" not in shown


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_at_once(project, ending):
    process = interrupted(project)
    process.send_signal(ending)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert toy.processes(project) == []
    assert sorted(path.name for path in (project / OWN).iterdir()) == ["lock", "logs"]


def test_a_killed_experiment_fails_alone(project):
    process = interrupted(project)
    for pid in toy.processes(project):
        if "exp run" in names_of(int(pid)) and "guard.py" not in names_of(int(pid)):
            os.kill(int(pid), signal.SIGKILL)
            break
    toy.wait_until(lambda: len(toy.processes(project)) < 6, "what DVC had started outlived it")
    let_go(project)
    _, errors = process.communicate(timeout=120)
    assert "error: toy: one experiment failed" in errors
    assert "it was killed from outside" in errors
    assert toy.results(toy.begin(project, toy.grid(5, 6, 7))) == EVERY
    assert len(toy.started(project)) == 4


SWEEP = """\
title: Tiny
question: Does it go on?
grid: {pad.max_len: [4, longest]}
read: [accuracy]
figure: {kind: curves, x: padding_share, panels: side, colour: variant}
"""

SMALL = {
    "datasets.synthetic.texts": 160,
    "pad.max_len": 4,
    "pad.sides": ["post"],
    "train.variants": ["baseline"],
    "train.seeds": 2,
    "execution.workers": 1,  # the tests themselves fill the cores, and each process imports TensorFlow
    "train.epochs": 1,
    "export.pads": [0, 8],
    "export.texts": 30,
    "report.pads": 8,
}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> Path:
    """The real pipeline, small, run once and committed; its params are those of the first point."""
    folder = tmp_path_factory.mktemp("pipeline") / "project"
    copy_project(folder, SMALL)
    (folder / "sweeps").mkdir()
    (folder / "sweeps" / "tiny.yaml").write_text(SWEEP)
    run(folder, "git", "init", "-q")
    run(folder, "dvc", "repro", "-q")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "a run")
    return folder


def sweep_command(project: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stages.sweep", "--name", "tiny", "--jobs", "1"]
    with (project.parent / f"{project.name}.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=project, env=ENVIRONMENT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def experiments_of(project: Path) -> dict[str, str]:
    lines = run(project, "git", "for-each-ref", "--format=%(refname) %(objectname)", "refs/exps").stdout.splitlines()
    return dict(line.split(" ") for line in lines)


def test_the_report_after_a_kill_is_that_of_a_sweep_without_one_byte_for_byte(pipeline):
    whole = pipeline.with_name("without-a-kill")
    shutil.copytree(pipeline, whole)
    before = contents(pipeline / "reports")
    uninterrupted = sweep_command(whole)
    killed = sweep_command(pipeline)
    logs = pipeline / OWN / "logs"
    toy.wait_until(
        lambda: any("Running stage 'train@" in log.read_text() for log in logs.glob("*.log")),
        "the second experiment did not begin to train",
    )
    done = experiments_of(pipeline)
    assert len(done) == 1
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    toy.wait_until(lambda: not toy.processes(pipeline), "experiments outlive their sweep")
    assert contents(pipeline / "reports") == before

    assert sweep_command(pipeline).wait() == 0, (pipeline.parent / f"{pipeline.name}.log").read_text()
    assert uninterrupted.wait() == 0
    after = contents(pipeline / "reports")
    assert after == contents(whole / "reports")
    assert {"synthetic/sweeps/tiny.json", "synthetic/sweeps/tiny.md"} <= set(after) - set(before)
    assert {name: after[name] for name in before} == before, "the reports of the main run"
    assert experiments_of(pipeline).items() > done.items(), "what is done is not done again"
    assert all(
        line.startswith("?? reports/") for line in run(pipeline, "git", "status", "--porcelain").stdout.splitlines()
    )
