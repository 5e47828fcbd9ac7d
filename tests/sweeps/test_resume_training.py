"""A sweep of the real pipeline that is killed while it trains ends with the same report as one that was left alone."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stages.sweeps.run.experiments import OWN
from tests.pipelines import ENVIRONMENT, commit, contents, run
from tests.sweeps import toy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc"),
]

SWEEP = """\
title: Tiny
question: Does it go on?
grid: {pad.max_len: [0.7, 4]}
read: [accuracy]
figure: {kind: curves, x: padding_share, panels: side, colour: variant}
"""


@pytest.fixture(scope="module")
def pipeline(one_cell, tmp_path_factory) -> Path:
    """The run of one cell with a sweep, committed; its params are those of the first point."""
    folder = shutil.copytree(one_cell, tmp_path_factory.mktemp("pipeline") / "project", symlinks=True)
    (folder / "sweeps").mkdir()
    (folder / "sweeps" / "tiny.yaml").write_text(SWEEP)
    commit(folder)
    return folder


def sweep_command(project: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stages.sweeps", "run", "--name", "tiny", "--jobs", "1"]
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
