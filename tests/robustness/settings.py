"""params.yaml with every knob set to what it cannot be, and files that are no params.yaml."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.params.schema import load_params
from stages.runtime.command import run
from tests.conftest import load_content
from tests.robustness.cases import Act, Case
from tests.robustness.commands import write_params

NO_NUMBER: tuple[Any, ...] = ("abc", None, [], {}, math.nan, math.inf, -1, 1e30, 10**19, "1; touch x")
NO_WORD: tuple[Any, ...] = (5, [], {}, "no such word", "a; touch x", "../../x", "go\x07od", "", "x" * 400)
NO_FLAG: tuple[Any, ...] = ("yes", 1, None, [])
NO_LIST: tuple[Any, ...] = ("pre", 5, {}, [[]], [None], ["no such thing"] * 2)
FREE = ("publisher", "text", "label", "split", "file", "url", "folders", "vectors", "scheduler", "sha256")
"""Knobs that may hold nearly any word."""


def cases() -> Iterator[Case]:
    """All of them."""
    content = load_content()
    chosen = content["datasets"]["synthetic"]
    content["datasets"] = {"synthetic": chosen}
    for key, value in _leaves(content):
        if isinstance(value, bool):
            bad = NO_FLAG
        elif isinstance(value, int | float):
            bad = NO_NUMBER
        elif isinstance(value, list):
            bad = NO_LIST
        elif key.rpartition(".")[2] in FREE:
            continue
        else:
            bad = NO_WORD
        for each in (one for one in bad if one != value):
            name = key.split(".")[-1]
            yield Case("values of params.yaml", f"{key}: {str(each)[:30]!r}", _with({key: each}), ("params.yaml", name))
        yield Case(
            "keys of params.yaml", f"{key}x", _with({f"{key}x": value}), ("params.yaml", f"{key.rpartition('.')[2]}x")
        )
    yield from _files()


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def _load() -> None:
    def check(params: Any, *, nothing: str = "") -> None:
        """Read params.yaml, as every stage does."""

    import sys

    sys.argv = ["check"]
    run(check)
    load_params(Path("params.yaml"))


def _with(changes: dict[str, Any]) -> Any:
    def prepare(folder: Path) -> Act:
        write_params(folder, changes)
        return _load

    return prepare


def _files() -> Iterator[Case]:
    """What lies there in place of params.yaml."""
    for name, content in {
        "nothing": b"",
        "a list": b"- a\n- b\n",
        "a word": b"hello\n",
        "JSON of nothing": b"{}",
        "tabs": b"dataset:\n\tx: 1\n",
        "a doubled key": b"dataset: synthetic\ndataset: mr\n",
        "latin-1": "dataset: caf\xe9\n".encode("latin-1"),
        "UTF-16": "dataset: synthetic\n".encode("utf-16"),
        "NUL": b"dataset: a\x00b\n",
        "conflict marks": b"<<<<<<< HEAD\ndataset: a\n=======\ndataset: b\n>>>>>>> x\n",
        "aliases that grow": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            f"{two}: &{two} [*{one},*{one},*{one},*{one},*{one},*{one},*{one},*{one}]\n".encode()
            for one, two in zip("abcdefghi", "bcdefghij", strict=True)
        ),
        "nested 5,000 deep": b"dataset: " + b"[" * 5000,
        "a Python object": b"dataset: !!python/object/apply:os.system ['touch x']\n",
        "an unknown tag": b"dataset: !mine x\n",
        "two documents": b"dataset: a\n---\ndataset: b\n",
        "an anchor that is nowhere": b"dataset: *nowhere\n",
        "1 MB of dashes": b"-" * 2**20,
    }.items():

        def prepare(folder: Path, content: bytes = content) -> Act:
            (folder / "params.yaml").write_bytes(content)
            return _load

        yield Case("files named params.yaml", name, prepare, ("params.yaml",))
    for name in ("no file", "a folder", "a dangling link"):

        def other(folder: Path, name: str = name) -> Act:
            if name == "a folder":
                (folder / "params.yaml").mkdir()
            elif name == "a dangling link":
                (folder / "params.yaml").symlink_to("nowhere")
            return _load

        yield Case("files named params.yaml", name, other, ("params.yaml",))
