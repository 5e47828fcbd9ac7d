"""Seeds that an earlier run trained from the same inputs: with more seeds, only those that are missing are trained."""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from stages.params.model import Architecture
from stages.params.schema import TrainParams
from stages.runtime.files import read_json, write_json
from stages.runtime.inputs import dvc_stages

PROJECT = Path(__file__).parents[2]
MADE_OF = "made_of.json"
"""In a variant's folder: a hash of what its seeds were trained from, and one of each seed's files."""


def inputs_hash(architecture: Architecture, train: TrainParams, data: Sequence[Path]) -> str:
    """A hash of all that decides what a seed becomes, but for its number.

    Args:
        architecture: of the variant.
        train: the knobs of the training.
        data: folders of input files.
    """
    knobs = train.model_dump(exclude={"variants", "seeds", "first_seed"})
    code = [PROJECT / dep for dep in dvc_stages(PROJECT)["train"]["deps"] if dep.startswith("stages/")]
    digest = hashlib.sha256(repr([architecture, knobs, version("tensorflow"), version("keras")]).encode())
    for place in (*code, *data):
        files = [place] if place.is_file() else sorted(place.rglob("*.py" if place in code else "*"))
        for file in files:
            if file.is_file():
                digest.update(f"{file.relative_to(place.parent)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def keep_seeds(earlier: Path, folder: Path, seeds: Iterable[Path], inputs: str) -> list[Path]:
    """Copy what an earlier run trained from the same inputs, where no byte of it has changed since.

    Args:
        earlier: the variant's folder as the earlier run left it, if there was one.
        folder: the new one.
        seeds: folders of seeds, relative to these.
        inputs: what they are trained from.

    Returns:
        Those that were copied.
    """
    made_of = read_json(earlier / MADE_OF) if (earlier / MADE_OF).is_file() else {}
    if made_of.get("inputs") != inputs:
        return []
    kept = [seed for seed in seeds if made_of["seeds"].get(seed.as_posix()) == _files_hash(earlier / seed)]
    for seed in kept:
        shutil.copytree(earlier / seed, folder / seed)
    return kept


def write_made_of(folder: Path, seeds: Iterable[Path], inputs: str) -> None:
    """Write down what a variant's seeds were trained from, for a later run."""
    write_json(
        folder / MADE_OF, {"inputs": inputs, "seeds": {seed.as_posix(): _files_hash(folder / seed) for seed in seeds}}
    )


def _files_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*")):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
