"""The stage `ingest`: a dataset of the catalogue becomes a corpus of three splits."""

import hashlib
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stages.params.datasets import SyntheticDataset, TableDataset
from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import whole_folder, write_json
from stages.runtime.paths import SPLITS, raw_file
from stages.texts.corpora import store
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.downloads import download
from stages.texts.corpora.selection import Selection, format_counts, select
from stages.texts.corpora.source import Source
from stages.texts.corpora.synthetic import synthetic
from stages.texts.corpora.tables import table
from stages.texts.corpora.write import write_split
from stages.texts.normalization import trained_words
from stages.texts.tokens.brought import brought_words


def ingest(params: Params, *, raw: Path, corpus: Path) -> None:
    """Read the chosen dataset and write its train, validation and test texts, each row once, in random order."""
    knobs = params.tokenize
    words = brought_words(raw_file(raw, knobs.file)) if knobs.kind == "file" else trained_words(knobs.lowercase)
    with whole_folder(corpus) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        source = _source(params, raw, folder, scratch)
        with store.opened(scratch / "texts.sqlite") as database:
            selection = select(database, source, params.corpus, words)
            digest = hashlib.sha256()
            for split, name in enumerate(SPLITS):
                write_split(folder / f"{name}.parquet", store.texts(database, split), selection, name, digest)
        shutil.rmtree(scratch)
        write_json(folder / "summary.json", _summary(params, selection, digest.hexdigest()))
    for line in format_counts(params.dataset, selection):
        print(line)


def _source(params: Params, raw: Path, folder: Path, scratch: Path) -> Source:
    """The texts of the chosen dataset; the synthetic one writes its truth into `folder`."""
    dataset = params.chosen_dataset
    if isinstance(dataset, SyntheticDataset):
        return synthetic(dataset, folder)
    if isinstance(dataset, TableDataset):
        return table(raw_file(raw, dataset.file), Columns.of(dataset))
    return download(dataset, scratch)


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


if __name__ == "__main__":
    run(ingest)
