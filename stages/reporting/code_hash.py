"""Which code computed the figures of a report: a hash that stands in report.json, and the reports that have another."""

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json

STAGES = Path(__file__).parents[1]
COMPUTING = (
    *("__init__.py", "analysis", "models", "states", "stats", "texts"),
    *("params/derived.py", "params/layers.py", "runtime/parquet.py", "runtime/paths.py"),
    *(f"{name}.py" for name in ("ingest", "tokenize", "bag_of_words", "pad", "train", "export", "analyze")),
)
"""Below stages/: what has a part in a figure; not what words and draws it, nor who runs it."""


def code_hash() -> str:
    """SHA-256 over the names and the code of the files that compute figures, as 16 hexadecimal digits."""
    places = [STAGES / name for name in COMPUTING]
    files = sorted(file for place in places for file in ([place] if place.is_file() else place.rglob("*.py")))
    digest = hashlib.sha256()
    for file in files:
        code = _code(file.read_text(encoding="utf-8"))
        digest.update(f"{file.relative_to(STAGES).as_posix()}\0{code}\0".encode())
    return digest.hexdigest()[:16]


@cache
def _code(text: str) -> str:
    """The lines of a module but docstrings, comments of a line and blank lines, which change no figure."""
    lines = dict(enumerate(text.splitlines(), start=1))
    for node in _statements(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines.pop(number, None)
    return "\n".join(line for line in lines.values() if line.strip() and not line.lstrip().startswith("#"))


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Every statement below a node; expressions, by far the most nodes, hold none and are not looked through."""
    for part in ("body", "handlers", "orelse", "finalbody", "cases"):
        for child in getattr(node, part, ()):
            if isinstance(child, ast.stmt):
                yield child
            yield from _statements(child)


def stale(_: Params, *, reports: Path) -> None:
    """Name the reports whose figures older code computed; exit with code 1 if there are any."""
    now = code_hash()
    codes = {path: read_json(path)["provenance"].get("code") for path in sorted(reports.glob("*/report.json"))}
    codes |= {path: read_json(path).get("code") for path in sorted(reports.glob("*/sweeps/*.json"))}
    older = [
        f"{path}: computed by {f'code {code}' if code else 'older code'}, the code of now is {now}"
        for path, code in codes.items()
        if code != now
    ]
    if older:
        sys.exit("\n".join(older))
    print(f"{len(codes)} reports, all computed by the code of now ({now})")


if __name__ == "__main__":
    run(stale)
