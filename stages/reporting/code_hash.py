"""Which code computed the figures of a report: a hash that stands in report.json, and the reports that have another."""

import hashlib
import sys
from pathlib import Path

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json

STAGES = Path(__file__).parents[1]
COMPUTING = (
    *("analysis", "models", "runtime", "states", "stats", "texts"),
    *("params/derived.py", "params/layers.py", "errors.py"),
    *(f"{name}.py" for name in ("ingest", "tokenize", "bag_of_words", "pad", "train", "export", "analyze")),
)
"""Below stages/: what has a part in a figure; not what words and draws it."""


def code_hash() -> str:
    """SHA-256 over names and contents of the files that compute figures, as 16 hexadecimal digits."""
    places = [STAGES / name for name in COMPUTING]
    files = sorted(file for place in places for file in ([place] if place.is_file() else place.rglob("*.py")))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(STAGES).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


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
