"""The stage `ingest`: a dataset of the catalogue becomes a corpus of three splits."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from stages.params.datasets import SyntheticDataset, TableDataset
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import whole_folder, write_json
from stages.runtime.paths import SPLITS
from stages.texts.corpora import store
from stages.texts.corpora.downloads import download
from stages.texts.corpora.selection import Selection, select
from stages.texts.corpora.source import Source
from stages.texts.corpora.synthetic import synthetic
from stages.texts.corpora.tables import Layout, table

ROWS_OF_A_GROUP = 16_384
CHARACTERS_OF_A_GROUP = 1 << 22

SCHEMA = pa.schema(
    [
        pa.field("text_id", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
    ]
)


class Digest(Protocol):
    """A running checksum, as `hashlib` makes them."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes in."""


def ingest(params: Params, *, raw: Path, corpus: Path) -> None:
    """Read the chosen dataset and write its train, validation and test texts, each row once, in random order."""
    with whole_folder(corpus) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        source = _source(params, raw, folder, scratch)
        with store.opened(scratch / "texts.sqlite") as database:
            selection = select(database, source, params.corpus)
            digest = hashlib.sha256()
            for split, name in enumerate(SPLITS):
                _write_split(folder / f"{name}.parquet", store.texts(database, split), selection, name, digest)
        shutil.rmtree(scratch)
        write_json(folder / "summary.json", _summary(params, selection, digest.hexdigest()))
    for line in _report(params.dataset, selection):
        print(line)


def _source(params: Params, raw: Path, folder: Path, scratch: Path) -> Source:
    """The records of the chosen dataset; the synthetic one writes its truth into `folder`."""
    dataset = params.chosen_dataset
    if isinstance(dataset, SyntheticDataset):
        return synthetic(dataset, folder)
    if isinstance(dataset, TableDataset):
        return table(
            raw / dataset.file,
            Layout(dataset.text, dataset.label, dataset.split, dataset.delimiter, dataset.quotes, dataset.publisher),
        )
    return download(dataset, scratch)


def _write_split(
    path: Path, texts: Iterator[tuple[int, str, int]], selection: Selection, split: str, digest: Digest
) -> None:
    """Write a split's rows, and take each into the checksum as a line of JSON: text, class, split."""
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for group in _groups(texts):
            for _, text, label in group:
                name = selection.classes[selection.ranks[label]]
                digest.update(json.dumps([text, name, split]).encode() + b"\n")
            columns = [
                pa.array([text_id for text_id, _, _ in group], pa.int64()),
                pa.array([text for _, text, _ in group], pa.string()),
                pa.array([selection.ranks[label] for _, _, label in group], pa.int32()),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))


def _groups(texts: Iterator[tuple[int, str, int]]) -> Iterator[list[tuple[int, str, int]]]:
    """Row groups, bounded in rows and in characters."""
    group: list[tuple[int, str, int]] = []
    characters = 0
    for row in texts:
        group.append(row)
        characters += len(row[1])
        if len(group) == ROWS_OF_A_GROUP or characters >= CHARACTERS_OF_A_GROUP:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _summary(params: Params, selection: Selection, digest: str) -> dict[str, Any]:
    return {
        "dataset": params.dataset,
        "source": params.chosen_dataset.source,
        "classes": list(selection.classes),
        "counts": asdict(selection.counts),
        "splits": {split: {"texts": sum(texts.values()), "classes": texts} for split, texts in selection.texts.items()},
        "rules": list(selection.rules),
        "sha256": digest,
    }


def _report(name: str, selection: Selection) -> tuple[str, str]:
    """What was kept and what was dropped, a line each."""
    counts = selection.counts
    splits = ", ".join(f"{split} {sum(texts.values())}" for split, texts in selection.texts.items())
    dropped = {
        "empty": counts.empty,
        "unlabelled": counts.unlabelled,
        "conflicting": counts.conflicting,
        "duplicates": counts.duplicates,
        "of a label not in train": counts.unseen_label,
        "by subsampling": counts.subsampled_away,
    }
    reasons = ", ".join(f"{number} {reason}" for reason, number in dropped.items() if number) or "none"
    return (
        f"{name}: kept {counts.kept} of {counts.read} texts in {len(selection.classes)} classes: {splits}",
        f"{name}: dropped: {reasons}",
    )


if __name__ == "__main__":
    run(ingest)
