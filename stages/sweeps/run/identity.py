"""The experiment that a point needs: its params, checked, and the name that says whether it was run before."""

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.analysis.contract import SCHEMA
from stages.errors import UserError
from stages.params.datasets import TableDataset
from stages.params.reading import read_mapping
from stages.params.schema import Params, checked_params
from stages.params.texts import NO_VECTORS
from stages.runtime.inputs import dvc_stages, is_watched
from stages.sweeps.spec import TEXTS_KEY, Overrides, Point, Sweep

WITHOUT_EFFECT = {"report", "audit", "gate", "execution", "datasets", "variants"}
"""Sections that change no figure of an experiment; of the two catalogues, the entries in use are taken alone."""

NOT_COMPUTING = {"report", "audit"}
"""Stages that change none: what stands behind the figures, and what stands beside them."""

DIGITS = 12


@dataclass(frozen=True)
class Experiment:
    """One point as it runs.

    Attributes:
        name: sweep and identity, `amount-0123456789ab`.
        overrides: dotted param -> value, as they are written into params.yaml.
        params: all of params.yaml with them.
    """

    name: str
    point: Point
    overrides: Overrides
    params: Params

    @property
    def identity(self) -> str:
        """A checksum of all that decides its figures: params, code and input files."""
        return self.name.rpartition("-")[2]


def planned(project: Path, sweep: Sweep, points: Sequence[Point]) -> tuple[list[Experiment], list[Path]]:
    """The experiments of all points, in their order, and the input files in data/raw/ that they read.

    Raises:
        UserError: params.yaml is wrong already; a point sets a key that params.yaml cannot have, or a combination that
            it refuses (the sentence names sweep file, point and reason); an input file is missing.
    """
    content = read_mapping(project / "params.yaml")
    checked_params(content, "params.yaml")
    code = code_checksum(project)
    files: dict[Path, str] = {}
    experiments = []
    for point in points:
        where = f"sweeps/{sweep.name}.yaml, {point}"
        overrides = _with_texts_enough(content, point.overrides)
        params = checked_params(with_overrides(content, overrides, where), where)
        read = input_files(project, params)
        for path in read:
            if path not in files:
                files[path] = _checksum_of_input(project / path, path)
        inputs = {str(path): files[path] for path in read}
        shaping = [shaping_params(params), code, inputs, SCHEMA]
        digest = hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:DIGITS]
        experiments.append(Experiment(f"{sweep.name}-{digest}", point, overrides, params))
    return experiments, list(files)


def with_overrides(content: Mapping[str, Any], overrides: Overrides, where: str) -> dict[str, Any]:
    """A copy of the content of params.yaml with the values at dotted paths replaced; sections are made as needed.

    Raises:
        UserError: a path leads through a value that is no section.
    """
    result: dict[str, Any] = copy.deepcopy(dict(content))
    override(result, overrides, where)
    return result


def override(content: Any, overrides: Overrides, where: str) -> None:
    """As `with_overrides`, in place.

    Raises:
        UserError: as there.
    """
    for path, value in overrides.items():
        *sections, key = path.split(".")
        section = content
        for name in sections:
            section = section.setdefault(name, {})
            if not isinstance(section, dict):
                raise UserError(f"{where}: {path}: {name} is a value of params.yaml, no section with keys of its own")
        section[key] = copy.deepcopy(value)


def shaping_params(params: Params) -> dict[str, Any]:
    """Every knob that changes a figure of the report: entries of catalogues that are not in use change none."""
    return {
        **params.model_dump(mode="json", exclude=WITHOUT_EFFECT),
        "chosen_dataset": params.chosen_dataset.model_dump(mode="json"),
        "trained": {name: params.variants[name].model_dump(mode="json") for name in params.train.variants},
    }


def code_checksum(project: Path) -> str:
    """SHA-256 over the commands and the code that dvc.yaml names for all stages that change a figure.

    Raises:
        UserError: dvc.yaml is not here, or names a module or folder that is not there.
    """
    try:
        stages = dvc_stages(project)
    except FileNotFoundError:
        raise UserError("dvc.yaml: no such file; run this in the folder of the pipeline") from None
    computing = {name: stage for name, stage in stages.items() if name not in NOT_COMPUTING}
    digest = hashlib.sha256()
    for name in sorted(computing):
        digest.update(f"{name}: {computing[name]['cmd']}\n".encode())
    deps = {dep for stage in computing.values() for dep in stage["deps"] if dep.startswith("stages/")}
    for file in sorted({file for dep in sorted(deps) for file in _files(project, dep)}):
        digest.update(f"{file.as_posix()}: {_checksum(project / file)}\n".encode())
    return digest.hexdigest()


def _files(project: Path, dep: str) -> list[Path]:
    """The file that a stage depends on, or the files below the folder that DVC looks at."""
    path = project / dep
    if path.is_file():
        return [Path(dep)]
    below = [file.relative_to(project) for file in path.rglob("*") if file.is_file()]
    files = list(filter(is_watched, below))
    if not files:
        raise UserError(f"dvc.yaml: a stage depends on {dep}, and there is no such file")
    return files


def input_files(project: Path, params: Params) -> list[Path]:
    """The files in data/raw/ that the pipeline reads with these params, those of a folder among them.

    Relative to the project.
    """
    names = []
    if isinstance(params.chosen_dataset, TableDataset):
        names.append(params.chosen_dataset.file)
    if params.tokenize.kind == "file":
        names.append(params.tokenize.file)
    if params.tokenize.vectors != NO_VECTORS:
        names.append(params.tokenize.vectors)
    paths = [Path("data", "raw", name) for name in names]
    return [file for path in paths for file in (_files(project, str(path)) if (project / path).is_dir() else [path])]


def _with_texts_enough(content: Mapping[str, Any], overrides: Overrides) -> Overrides:
    """The grammar is told to make as many texts as the corpus is to have, where it would make fewer."""
    name, wanted = overrides["dataset"], overrides.get(TEXTS_KEY)
    entry = content["datasets"].get(name, {})
    key = f"datasets.{name}.texts"
    made = overrides.get(key, entry.get("texts"))
    synthetic = entry.get("source") == "synthetic"
    if synthetic and isinstance(wanted, int) and isinstance(made, int) and wanted > made:
        return {**overrides, key: wanted}
    return overrides


def _checksum_of_input(path: Path, shown: Path) -> str:
    if not path.is_file():
        raise UserError(f"{shown}: no such file, and every experiment of this sweep reads it; put it there first")
    return _checksum(path)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
