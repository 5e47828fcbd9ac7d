"""`make fuzz`: files of every format, changed at random; each is read, or refused in a sentence."""

import argparse
import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.errors import UserError
from stages.ingest import ingest
from stages.params.schema import load_params
from stages.tokenize import tokenize
from tests.conftest import REPOSITORY
from tests.robustness.commands import write_params
from tests.robustness.files import NOT_ONE, a_model, a_tokenizer, npy
from tests.robustness.tables import HOSTILE, ROWS, as_csv, as_jsonl, as_parquet

EXAMPLES = 100
"""Of every reader, under each seed."""

PIECES = [
    *(cell.encode("utf-8", "surrogatepass") for cell in HOSTILE.values()),
    *NOT_ONE.values(),
    b",",
    b";",
    b'"',
    b"\r",
]
edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 40),
        st.one_of(st.binary(max_size=8), st.sampled_from(PIECES)),
    ),
    max_size=6,
)
"""At which share of the file how many bytes give way to which."""


def changed(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """The file behind these edits."""
    for place, gone, piece in edits:
        start = int(place * len(content))
        content = content[:start] + piece + content[start + gone :]
    return content


def _read(file: str, content: bytes, *, knobs: dict[str, object] | None = None) -> None:
    """Read a file of data/raw as the pipeline does: the table itself, or what tokenizes a table that is right."""
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
        folder = Path(name)
        raw = folder / "raw"
        raw.mkdir()
        (raw / "mine.csv").write_text(as_csv(ROWS), encoding="utf-8")
        (raw / file).write_bytes(content)
        table = "mine.csv" if knobs else file
        entry = {"source": "table", "file": table, "text": "text", "label": "label"}
        write_params(folder, {"dataset": "mine", "datasets.mine": entry, **(knobs or {})})
        params = load_params(folder / "params.yaml")
        with contextlib.suppress(UserError):
            ingest(params, raw=raw, corpus=folder / "corpus")
            if knobs:
                tokenize(params, raw=raw, corpus=folder / "corpus", tokens=folder / "tokens")


def csv_files(edits: list[tuple[float, int, bytes]]) -> None:
    """Tables whose cells are parted by commas."""
    _read("table.csv", changed(as_csv(ROWS).encode(), edits))


def jsonl_files(edits: list[tuple[float, int, bytes]]) -> None:
    """Tables of an object a line."""
    _read("table.jsonl", changed(as_jsonl(ROWS).encode(), edits))


def parquet_files(edits: list[tuple[float, int, bytes]]) -> None:
    """Tables of columns."""
    _read("table.parquet", changed(as_parquet(ROWS), edits))


def tokenizers(kind: str, edits: list[tuple[float, int, bytes]]) -> None:
    """Tokenizers of the user's."""
    content = changed(json.dumps(a_tokenizer(kind)).encode(), edits)
    _read("tokenizer.json", content, knobs={"tokenize.kind": "file", "tokenize.file": "tokenizer.json"})


def word_vectors(edits: list[tuple[float, int, bytes]]) -> None:
    """Word vectors of the user's."""
    good = "".join(f"{word} {i} 0.5 -1e-3\n" for i, word in enumerate(("good", "bad", "film", "number")))
    _read("vectors.txt", changed(good.encode(), edits), knobs={"tokenize.vectors": "vectors.txt"})


def params_files(edits: list[tuple[float, int, bytes]]) -> None:
    """params.yaml itself."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "params.yaml"
        path.write_bytes(changed((REPOSITORY / "params.yaml").read_bytes(), edits))
        with contextlib.suppress(UserError):
            load_params(path)


def audits(file: str, edits: list[tuple[float, int, bytes]]) -> None:
    """A model to audit, and data for one."""
    from stages.padding_audit.data_files import read_data
    from stages.padding_audit.errors import AuditError
    from stages.padding_audit.files import checked_file
    from stages.padding_audit.loading import read_model

    content = changed(a_model() if file == "model.keras" else npy([[0, 0, 3, 4], [0, 5, 6, 7]]), edits)
    with tempfile.TemporaryDirectory() as name, contextlib.suppress(AuditError):
        path = Path(name) / file
        path.write_bytes(content)
        checked_file(path)
        if file == "model.keras":
            read_model(path)
        else:
            read_data(path, None)


EDITED = (edits,)
EVERY: dict[Callable[..., None], tuple[st.SearchStrategy[Any], ...]] = {
    csv_files: EDITED,
    jsonl_files: EDITED,
    parquet_files: EDITED,
    tokenizers: (st.sampled_from(["words", "wordpiece", "bpe"]), edits),
    word_vectors: EDITED,
    params_files: EDITED,
    audits: (st.sampled_from(["model.keras", "data.npy"]), edits),
}
"""Every reader with what it is given."""


def fuzz(reader: Callable[..., None], examples: int, seed: int) -> None:
    """Give a reader so many files; the first that breaks it is made small and raised."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    bounds = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=slow)
    hypothesis.seed(seed)(bounds(given(*EVERY[reader])(reader)))()


def main() -> None:
    """Go on with new seeds until the time is over; the first file that breaks a reader ends it, made small."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    end, files = time.monotonic() + 60 * parser.parse_args().minutes, 0
    for seed in count():
        for reader in EVERY:
            if time.monotonic() > end:
                print(f"{files:,} files, none of which broke a reader")
                return
            fuzz(reader, EXAMPLES, seed)
            files += EXAMPLES


if __name__ == "__main__":
    main()
