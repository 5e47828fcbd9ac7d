"""Every command that a committed report prints: it is one that there is, and it comes to where its work starts."""

import re
import shlex
import sys

import pytest
from dvc.utils.hydra import apply_overrides

from stages.params.schema import load_params
from stages.sweeps import __main__ as sweeps_door
from stages.sweeps.run import experiments
from tests.conftest import REPOSITORY, committed, committed_files
from tests.pipelines import commit, copy_project, run

SPLITS = ("train", "train", "train", "validation", "test")
TEXTS = "text,label,split\n" + "".join(f"text number {row},{row % 2},{SPLITS[row % 5]}\n" for row in range(400))


def printed():
    """The commands in all committed pages, each once."""
    text = "\n".join(map(committed, committed_files("reports/*.md"))).replace("\\\n", "")
    spans = re.findall(r"`((?:make|dvc|python) [^`\n]*)`", text)
    blocks = re.findall(r"^((?:make|dvc|python) .*)$", text, re.MULTILINE)
    return sorted({" ".join(words.split()) for words in (*spans, *blocks)})


COMMANDS = printed()
SWEEPS = [words for words in COMMANDS if words.startswith("make sweep")]
RUNS = [words for words in COMMANDS if words.startswith("dvc exp run")]
OTHERS = {
    "make audit": "tests/test_audit.py",
    "make audit MODEL=model.keras": "tests/test_audit.py",
    "make gate": "tests/test_gate.py",
    "make stale": "tests/reporting/test_summary.py",
}
"""Those that other tests run, and which."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with a few texts in place of every file of the catalogue."""
    folder = tmp_path_factory.mktemp("printed") / "project"
    copy_project(folder, {})
    run(folder, "git", "init", "-q", "-b", "main")
    for dataset in load_params(folder / "params.yaml").datasets.values():
        if (file := getattr(dataset, "file", None)) is not None:
            (folder / "data" / "raw" / file).write_text(TEXTS)
    sweeps = folder / "sweeps"
    sweeps.mkdir()
    for path in (REPOSITORY / "sweeps").glob("*.yaml"):
        (sweeps / path.name).write_text(path.read_text())
    commit(folder)
    return folder


class StartedError(Exception):
    """What stands in for the work."""


def test_all_kinds_are_looked_at_here():
    assert len(SWEEPS) > 10
    assert len(RUNS) > 3
    # `make stale` is printed where older code computed a sweep, as none of those that are committed.
    assert {*COMMANDS, "make stale"} == {*SWEEPS, *RUNS, *OTHERS}


@pytest.mark.slow
@pytest.mark.parametrize("words", SWEEPS)
def test_a_sweep_starts_its_experiments(project, monkeypatch, words):
    started = []

    def start(missing, *_):
        started.extend(missing)
        raise StartedError

    options = dict(word.split("=") for word in words.split()[2:])
    monkeypatch.chdir(project)
    monkeypatch.setattr(experiments, "_run", start)
    given = ["run", *(f"--{key.lower()}={value}" for key, value in options.items())]
    monkeypatch.setattr(sys, "argv", ["sweeps", *given])
    with pytest.raises(StartedError):
        sweeps_door.main()
    assert started
    assert {each.overrides["dataset"] for each in started} == {options["DATASET"]}


@pytest.mark.parametrize("words", RUNS)
def test_the_params_of_a_run_are_allowed(tmp_path, words):
    path = tmp_path / "params.yaml"
    path.write_text((REPOSITORY / "params.yaml").read_text())
    overrides = shlex.split(words)[4::2]
    assert shlex.split(words)[3::2] == ["-S"] * len(overrides)
    apply_overrides(str(path), overrides)
    assert load_params(path)


@pytest.mark.slow
def test_a_run_starts_its_first_stage(project):
    """With a stage that says so and ends, in place of the work."""
    ingest = project / "stages" / "ingest.py"
    ingest.write_text("raise SystemExit('the work starts')\n")
    result = run(project, *shlex.split(RUNS[-1]), check=False)
    assert "the work starts" in result.stdout + result.stderr
    run(project, "git", "checkout", "-q", ".")
