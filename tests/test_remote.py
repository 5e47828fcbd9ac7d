"""A DVC remote on a server that speaks S3, on loopback: what was computed on one machine is not computed on another."""

import json
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from tests.pipelines import change_params, commit, contents, run, stages_run

NEEDED = ("dvc_s3", "moto", "flask", "flask_cors")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(find_spec(name) for name in NEEDED),
        reason="dvc-s3, moto or flask is not installed; `make setup` installs them",
    ),
]

BUCKET = "padding"
KEY = "an-access-key"
UP_TO_DATE = "Data and pipelines are up to date."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an S3 server with one bucket and nothing in it."""
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = address_in(log)
        requests.put(f"{address}/{BUCKET}", timeout=30).raise_for_status()
        yield address
    finally:
        process.terminate()
        process.wait()


def address_in(log: Path) -> str:
    deadline = time.monotonic() + 60
    while not (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return found[1]


def sign_in(folder: Path) -> None:
    """What git does not track: every user has keys of their own."""
    run(folder, "dvc", "remote", "modify", "--local", "storage", "access_key_id", KEY)
    run(folder, "dvc", "remote", "modify", "--local", "storage", "secret_access_key", "a-secret")


@pytest.fixture(scope="module")
def project(server, one_cell, tmp_path_factory) -> Path:
    """The run of one cell; git has it in a bare repository beside it, and the remote has its data."""
    folder = shutil.copytree(one_cell, tmp_path_factory.mktemp("first") / "project", symlinks=True)
    run(folder, "dvc", "remote", "add", "-d", "storage", f"s3://{BUCKET}/padding-impact")
    run(folder, "dvc", "remote", "modify", "storage", "endpointurl", server)
    commit(folder)
    run(folder, "git", "init", "-q", "--bare", "-b", "main", "../origin")
    run(folder, "git", "remote", "add", "origin", str(folder.parent / "origin"))
    run(folder, "git", "push", "-q", "origin", "main")
    sign_in(folder)
    run(folder, "dvc", "push")
    return folder


@pytest.fixture
def colleague(project, tmp_path) -> Path:
    """A clone that has what git tracks and nothing else."""
    folder = tmp_path / "colleague"
    run(tmp_path, "git", "clone", "-q", str(project.parent / "origin"), str(folder))
    shutil.copy(project / ".dvc" / "config.local", folder / ".dvc")
    assert outputs(folder) == {}
    return folder


def outputs(folder: Path) -> dict[str, bytes]:
    """What the stages wrote into data/."""
    return {name: content for name, content in contents(folder / "data").items() if not name.startswith("raw/")}


def written(folder: Path) -> dict[str, int]:
    """When each file of data/ and reports/ was written, in nanoseconds."""
    return {
        str(path): path.stat().st_mtime_ns
        for top in ("data", "reports")
        for path in (folder / top).rglob("*")
        if path.is_file()
    }


def assert_nothing_runs(folder: Path) -> None:
    before = written(folder)
    output = run(folder, "dvc", "repro").stdout
    assert stages_run(output) == []
    assert UP_TO_DATE in output
    assert written(folder) == before
    assert run(folder, "git", "status", "--porcelain").stdout == ""


def test_credentials_stay_out_of_git(project):
    assert KEY in (project / ".dvc" / "config.local").read_text()
    assert run(project, "git", "grep", "-e", KEY, check=False).returncode == 1
    assert run(project, "git", "status", "--porcelain").stdout == ""


def test_what_was_lost_comes_back_byte_for_byte_and_nothing_runs(project, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(project, folder, symlinks=True)
    before, reports = outputs(folder), contents(folder / "reports")
    assert any(name.startswith("states/") for name in before)
    shutil.rmtree(folder / ".dvc" / "cache")
    for path in (folder / "data").iterdir():
        if path.name != "raw":
            shutil.rmtree(path)
    assert json.loads(run(folder, "dvc", "status", "--json").stdout), "nothing was lost"
    run(folder, "dvc", "pull")
    assert outputs(folder) == before
    assert_nothing_runs(folder)
    assert contents(folder / "reports") == reports


def test_another_machine_pulls_and_computes_nothing_but_what_it_changes(project, colleague):
    run(colleague, "dvc", "pull")
    assert outputs(colleague) == outputs(project)
    assert_nothing_runs(colleague)
    change_params(colleague, {"report.pads": 2})
    assert stages_run(run(colleague, "dvc", "repro", "--dry").stdout) == ["report"]


def test_a_report_is_written_from_the_analysis_alone(project, colleague):
    """The states, by far the largest, stay where they are."""
    run(colleague, "dvc", "pull", "data/analysis")
    with (colleague / "stages" / "report.py").open("a") as module:
        module.write("# changed\n")
    output = run(colleague, "dvc", "repro", "--allow-missing").stdout
    assert stages_run(output) == ["report"]
    assert contents(colleague / "reports") == contents(project / "reports")
    assert {name.split("/")[0] for name in outputs(colleague)} == {"analysis"}


@pytest.fixture(scope="module")
def wider(project, tmp_path_factory) -> Path:
    """The first machine with another experiment in its workspace, kept under the name `wider`."""
    folder = shutil.copytree(project, tmp_path_factory.mktemp("wider") / "project", symlinks=True)
    change_params(folder, {"analyze.level": 0.99})
    assert stages_run(run(folder, "dvc", "repro").stdout) == ["analyze", "report"]
    run(folder, "dvc", "exp", "save", "-n", "wider")
    return folder


def test_an_experiment_reaches_another_machine_with_its_data(wider, colleague):
    run(wider, "dvc", "exp", "push", "origin", "wider")
    run(colleague, "dvc", "exp", "pull", "origin", "wider")
    run(colleague, "dvc", "exp", "apply", "wider")
    assert contents(colleague / "reports") == contents(wider / "reports")
    assert outputs(colleague) == outputs(wider)
    assert stages_run(run(colleague, "dvc", "repro").stdout) == []


def test_the_run_cache_gives_another_machine_what_no_commit_names(wider, colleague):
    """Whose dvc.lock is not committed: the run cache knows it, and `dvc repro --pull` fetches it."""
    run(wider, "dvc", "push", "--run-cache")
    run(colleague, "dvc", "pull", "--run-cache")
    change_params(colleague, {"analyze.level": 0.99})
    assert stages_run(run(colleague, "dvc", "repro", "--dry").stdout)[0] == "analyze", "its data are not here"
    output = run(colleague, "dvc", "repro", "--pull").stdout
    assert "Stage 'analyze' is cached - skipping run, checking out outputs" in output
    assert stages_run(output) == ["report"]
    assert contents(colleague / "reports") == contents(wider / "reports")
