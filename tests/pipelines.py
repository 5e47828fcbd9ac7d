"""The pipeline in temporary copies of the repository, small, through DVC, as a user runs it."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dvc.utils.serialize import modify_yaml

from tests.conftest import REPOSITORY

SMALL = {
    "datasets.synthetic.texts": 160,
    # Easy texts, few pads, small batches and a fast optimizer: models that did not learn would not be compared.
    "datasets.synthetic.vocabulary": 50,
    "datasets.synthetic.negation": 0,
    "datasets.synthetic.label_noise": 0,
    "pad.max_len": 0.7,
    "train.variants": ["baseline", "masked"],
    "train.seeds": 2,
    "execution.workers": 1,  # the tests themselves fill the cores, and each process imports TensorFlow
    "train.epochs": 6,
    "train.batch_size": 16,
    "train.learning_rate": 0.03,
    "export.pads": [0, 2, 8],
    "export.texts": 30,
    "report.pads": 8,
}
ONE_CELL = {
    **SMALL,
    "pad.sides": ["post"],
    "train.variants": ["baseline"],
    "train.epochs": 12,  # time to kill a worker in
    "train.patience": 0,
}
COPIED = ("stages", "dvc.yaml", "params.yaml", ".dvc/config", ".dvc/plots", ".dvcignore", ".gitignore", "data/raw")

ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "DVC_NO_ANALYTICS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def run(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert not check or result.returncode == 0, result.stdout + result.stderr
    return result


def stages_run(output: str) -> list[str]:
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]


def change_params(folder: Path, changes: dict[str, object]) -> None:
    """As `dvc exp run -S` changes them."""
    with modify_yaml(str(folder / "params.yaml")) as content:
        for path, value in changes.items():
            *sections, key = path.split(".")
            section = content
            for name in sections:
                section = section[name]
            section[key] = value


def undo(folder: Path) -> None:
    """The last commit again, and its data."""
    run(folder, "git", "checkout", "-q", ".")
    run(folder, "dvc", "checkout", "-q")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copy_project(folder: Path, changes: dict[str, object]) -> None:
    """What the pipeline needs, with changed params and without texts of the user's; no git repository yet."""
    for name in COPIED:
        source, target = REPOSITORY / name, folder / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.csv", "*.parquet")
            shutil.copytree(source, target, ignore=ignored)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    change_params(folder, changes)


def commit(folder: Path) -> None:
    """Everything in a folder as a commit of a git repository, which is made where there is none."""
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "a run")


def once(shared: Path, name: str, make: Callable[[Path], str]) -> Path:
    """A folder that the process of the tests that comes first makes; every process copies it, and none changes it.

    Args:
        shared: where, a folder that all processes know.
        name: the folder's name.
        make: makes the folder; what it returns stands beside it, in `<name>.log`.
    """
    folder, log = shared / name, shared / f"{name}.log"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not log.exists():
            shutil.rmtree(folder, ignore_errors=True)
            log.write_text(make(folder))
    return folder


def make_run(changes: dict[str, object], folder: Path) -> str:
    """A git repository with the pipeline, changed, run and committed; what `dvc repro` said."""
    copy_project(folder, changes)
    run(folder, "git", "init", "-q", "-b", "main")
    output = run(folder, "dvc", "repro").stdout
    commit(folder)
    return output
