"""What dvc.yaml says that a stage reads, as it was when the stage began.

DVC records params, code and data as they are when a stage has ended. A stage that looks again before it names its
outputs keeps what was edited meanwhile out of dvc.lock, and out of the run cache.
"""

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stages.errors import UserError
from stages.params.reading import dotted, read_mapping
from stages.runtime.files import PARTIAL_SUFFIX

DVC_YAML = Path("dvc.yaml")

HASHED_BYTES = 2**20
"""A larger file is another one when its size or its time is."""

UNWATCHED = (f"*{PARTIAL_SUFFIX}", "__pycache__", "*.pyc", ".*.sw?", "*~", ".DS_Store")
"""Names of files and folders, as in .dvcignore: half-written, or what Python, an editor or macOS puts beside others."""
_UNWATCHED = re.compile("|".join(map(fnmatch.translate, UNWATCHED)))


class Inputs:
    """The values of a stage's keys and the files of its deps; none for a stage that dvc.yaml in this folder lacks."""

    def __init__(self, stage: str, options: Mapping[str, Any], params: Path) -> None:
        """Look for the first time.

        Args:
            stage: its name in dvc.yaml.
            options: of its command line: where DVC does not run it, its side, variant or model is DVC's `${item}`.
            params: the file of knobs.

        Raises:
            UserError: it is missing or is not YAML.
        """
        entry = dvc_stages().get(stage, {}) if DVC_YAML.is_file() else {}
        content = read_mapping(params)
        by_hand = next((value for name, value in options.items() if name in ("side", "variant", "model")), "")
        item = os.environ.get("DVC_STAGE", "").partition("@")[2] or by_hand
        names = {"dataset": str(_at(content, "dataset"))}

        def resolved(kind: str) -> list[str]:
            return [re.sub(r"\$\{(.+?)\}", lambda m: names.get(m[1], item), text) for text in entry.get(kind, [])]

        self._stage, self._params, self._deps, self._keys = stage, params, resolved("deps"), resolved("params")
        self._values, self._files = self._values_of(content), dict(self._hashes())

    def check(self) -> None:
        """Look again.

        Raises:
            UserError: a value or a file is another one.
        """
        values = self._values_of(read_mapping(self._params))
        edits = [
            f"{key} was {self._values.get(key, 'not there')} and is {values.get(key, 'not there')}"
            for key in sorted(self._values.keys() | values.keys())
            if self._values.get(key) != values.get(key)
        ]
        if edits:
            raise UserError(f"{self._params} was edited while {self._stage} ran: {', '.join(edits)}; run again")
        files = dict(self._hashes())
        for path in sorted(self._files.keys() | files.keys()):
            if self._files.get(path) != files.get(path):
                how = "changed" if path in self._files and path in files else "added" if path in files else "removed"
                raise UserError(f"{path} was {how} while {self._stage} ran; nothing was kept, so run again")

    def _values_of(self, content: Any) -> dict[str, Any]:
        return {name: value for key in self._keys for name, value in dotted(_at(content, key), key)}

    def _hashes(self) -> Iterator[tuple[Path, object]]:
        for dep in map(Path, self._deps):
            for path in [dep] if dep.is_file() else dep.rglob("*"):
                if is_watched(path) and path.is_file():
                    yield path, _hash(path)


def dvc_stages(project: Path = Path()) -> dict[str, dict[str, Any]]:
    """The stages of a project's dvc.yaml: name -> its entry, once for all items of one that is run for several.

    Raises:
        FileNotFoundError: there is no dvc.yaml.
    """
    stages = YAML(typ="safe").load(project / DVC_YAML)["stages"]
    return {name: entry.get("do", entry) for name, entry in stages.items()}


def is_watched(path: Path) -> bool:
    """Whether DVC looks at a file; the path is relative to the project."""
    return not any(map(_UNWATCHED.match, path.parts))


def _hash(path: Path) -> object:
    try:
        status = path.stat()
        if status.st_size > HASHED_BYTES:
            return status.st_size, status.st_mtime_ns
        return _digest(path.absolute(), status.st_size, status.st_ctime_ns)
    except OSError as error:  # who reads it as an input says what is wrong with it
        return error.errno


@cache
def _digest(path: Path, _size: int, _changed: int) -> bytes:
    """Of a file's content, read once for each size and time of change: a stage looks after each of many tasks."""
    return hashlib.sha256(path.read_bytes()).digest()


def _at(content: Any, key: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for name in key.split("."):
        content = content.get(name) if isinstance(content, Mapping) else None
    return content
