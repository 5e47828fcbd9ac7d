"""The commands that cases run, as a user does, but in a process that has imported everything."""

import os
import sys
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stages.runtime.command import run
from tests.conftest import load_content

FOLDERS = ("raw", "corpus", "tokens", "bag_of_words", "padded", "models", "states", "analysis")


def command(name: str, **options: str) -> Callable[[], None]:
    """As `stage`, in place of this process."""
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    return lambda: os.execv(sys.executable, [sys.executable, "-m", f"stages.{name}", *words])


def stage(name: str, **options: str) -> Callable[[], None]:
    """A stage as `dvc repro` runs it: `stage("tokenize", raw="data/raw", …)`."""

    def act() -> None:
        module = __import__(f"stages.{name}", fromlist=[name])
        sys.argv = [name, *(word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value))]
        run(getattr(module, name))

    return act


def ingest() -> Callable[[], None]:
    """The stage that reads the user's own files."""
    return stage("ingest", raw="data/raw", corpus="data/corpus")


def write_params(folder: Path, changes: Mapping[str, Any] = {}, *, small: Mapping[str, Any] = {}) -> None:
    """The project's own params.yaml with changes, by dotted key."""
    content = load_content()
    for key, value in {**small, **changes}.items():
        node = content
        *path, last = key.split(".")
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value
    text = StringIO()
    YAML(typ="safe").dump(content, text)
    (folder / "params.yaml").write_text(text.getvalue(), encoding="utf-8")


def table(folder: Path, file: str, content: bytes, **entry: Any) -> Callable[[], None]:
    """Lay a table into data/raw, name it as the dataset `mine`, and read it."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / file).write_bytes(content)
    known = {"source": "table", "file": file, "text": "text", "label": "label", **entry}
    write_params(folder, {"dataset": "mine", "datasets.mine": known})
    return ingest()
