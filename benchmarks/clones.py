"""`dvc repro` in clones of the repository, so that what is measured is what is committed."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.processes import environment
from benchmarks.table import REPOSITORY
from stages.sweeps.run.identity import override

SMALL: dict[str, Any] = {
    "datasets.synthetic.texts": 160,
    # Easy texts, small batches and a fast optimizer, so that models learn: others are not compared.
    "datasets.synthetic.vocabulary": 50,
    "datasets.synthetic.negation": 0,
    "datasets.synthetic.label_noise": 0,
    "pad.max_len": 0.7,
    "train.seeds": 2,
    "train.epochs": 6,
    "train.batch_size": 16,
    "train.learning_rate": 0.03,
    "export.pads": [0, 2, 8],
    "export.texts": 30,
    "report.pads": 8,
}
"""A run of next to no work: what is left are imports and starts."""


def clone(folder: Path, commit: str = "HEAD", changes: Mapping[str, Any] | None = None) -> Path:
    """A clone that knows of no run: with dvc.lock, ours would keep the report that git has."""
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(folder)], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    (folder / "dvc.lock").unlink()
    change_params(folder / "params.yaml", changes or {})
    return folder


def change_params(path: Path, changes: Mapping[str, Any]) -> None:
    """Write values at dotted paths into a file of params."""
    yaml = YAML()
    content = yaml.load(path)
    override(content, changes, str(path))
    yaml.dump(content, path)


def repro(folder: Path, *options: str, expected: str = "") -> float:
    """Seconds of `dvc repro` in a clone; ends the program where it fails or does not say what is expected."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    start = time.perf_counter()
    command = [sys.executable, "-m", "dvc", "repro", *options]
    run = subprocess.run(
        command, cwd=folder, env=environment() | {"PATH": path}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if run.returncode or expected not in run.stdout:
        sys.exit(f"dvc repro failed in {folder}:\n{run.stdout}{run.stderr}")
    return seconds
