"""A sweep that is killed, whole or in part, goes on where it stopped, and ends with the same results."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from stages.sweeps.run.experiments import OWN
from tests.pipelines import contents, run
from tests.sweeps import toy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc"),
]

EVERY = [[{"pad.max_len": width}, {"words": f"synthetic {width} "}] for width in ("5", "6", "7")]


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A project in which the first of three experiments is done."""
    folder = toy.make(tmp_path_factory.mktemp("toy") / "project")
    assert toy.results(toy.begin(folder, toy.grid(5))) == EVERY[:1]
    return folder


@pytest.fixture
def project(template, tmp_path) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    return folder


def names_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def interrupted(project: Path) -> subprocess.Popen[str]:
    """A sweep with two experiments left, which are in the middle of their first stage."""
    holds = [toy.hold(project, 6), toy.hold(project, 7)]
    process = toy.begin(project, toy.grid(5, 6, 7))
    toy.wait_until(lambda: toy.started(project) == ["6", "7"], "the experiments did not start")
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
        toy.wait_until(lambda: len(toy.started(project)) > 2, "it did not start again")
        assert not {int(pid) for pid in toy.processes(project)} & set(others)
    let_go(project)
    assert toy.results(resumed) == EVERY
    assert toy.started(project) == ["6", "6", "7", "7"], "what is done is not done again"
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
    assert len(toy.started(project)) == 3
