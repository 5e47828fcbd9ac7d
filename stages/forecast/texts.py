"""How many texts a run will read and how long they are, before any stage has read them."""

import gzip
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stages.params.datasets import SyntheticDataset, TableDataset
from stages.params.schema import Params
from stages.runtime.paths import SPLITS, raw_file
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.source import SPLIT_NAMES, TRAIN
from stages.texts.corpora.tables import table
from stages.texts.reading import GZIP
from stages.texts.tokens.length_histogram import LengthCounts, length_counts

WORD = re.compile(r"\w+|[^\w\s]+")
"""As `tokenize.kind: words` splits."""
SUBWORDS = 1.3
"""Tokens of a word where a word may be several."""
SAMPLE_TEXTS = 5_000
"""Texts whose tokens are counted."""
MOST_CHARACTERS = 20_000_000
"""Of a file's texts that are read; beyond, its size tells how many more there are."""


@dataclass(frozen=True)
class Texts:
    """What is known of a dataset.

    Attributes:
        splits: by split, its number of texts.
        lengths: histogram of the lengths, in tokens, of some of all texts.
    """

    splits: Mapping[str, int]
    lengths: LengthCounts

    @property
    def total(self) -> int:
        """Of all splits."""
        return sum(self.splits.values())

    @property
    def tokens(self) -> float:
        """Of a text, on average."""
        return float(self.lengths @ np.arange(len(self.lengths)) / self.lengths.sum())


def texts_of(params: Params, raw: Path) -> Texts | None:
    """Of the dataset that params.yaml chooses; None where it must be downloaded first.

    Texts that `ingest` will drop, such as duplicates, are counted.

    Args:
        params: the knobs.
        raw: the folder of the user's files.

    Raises:
        UserError: the chosen file is missing or broken, as far as it is read.
    """
    dataset = params.chosen_dataset
    if isinstance(dataset, SyntheticDataset):
        places = (np.arange(SAMPLE_TEXTS) + 0.5) / SAMPLE_TEXTS
        deviations = np.array([NormalDist().inv_cdf(place) for place in places])
        drawn = dataset.median_length * np.exp(dataset.length_sigma * deviations)
        lengths = np.clip(np.rint(drawn), dataset.shortest, dataset.longest).astype(np.int64)
        return Texts(_splits(params, dataset.texts, {}), length_counts(lengths))
    if not isinstance(dataset, TableDataset):
        return None
    rows, words, official = _of_table(raw_file(raw, dataset.file), Columns.of(dataset))
    if params.tokenize.kind != "words":
        words = length_counts(np.rint(SUBWORDS * np.repeat(np.arange(len(words)), words)).astype(np.int64))
    return Texts(_splits(params, rows, official), words)


def _of_table(path: Path, columns: Columns) -> tuple[int, LengthCounts, Counter[int]]:
    """Rows, lengths in words of the first of them, and how many are of each official split, by its place in SPLITS.

    Of the splits nothing is said where not all rows are read: those of a split may stand together.
    """
    lengths: list[int] = []
    official: Counter[int] = Counter()
    texts = characters = 0
    for row in table(path, columns).texts:
        text = row.text or ""
        if texts < SAMPLE_TEXTS:
            lengths.append(max(1, len(WORD.findall(text))))
        official[SPLIT_NAMES.get((row.split or "").strip().lower(), TRAIN)] += 1
        texts += 1
        characters += len(text)
        if characters > MOST_CHARACTERS:
            texts = max(texts, _number(path, texts / characters))
            official.clear()
            break
    return texts, length_counts(np.array(lengths or [1])), official


def _number(path: Path, texts_of_a_byte: float) -> int:
    """Of the texts in a table: as its Parquet files say, or by its size."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    parquet = [file for file in files if file.suffix == ".parquet"]
    with suppress(pa.ArrowException, OSError):  # `ingest` says what is wrong with a file that this run does not reach
        if parquet:
            return sum(pq.read_metadata(file).num_rows for file in parquet)
    return round(texts_of_a_byte * sum(map(_unpacked, files)))


def _unpacked(file: Path) -> float:
    """Bytes of a file's content, were all of it packed as closely as its beginning."""
    size = file.stat().st_size
    if file.suffix != GZIP:
        return size
    with file.open("rb") as packed, gzip.open(packed) as content:
        return len(content.read(MOST_CHARACTERS)) * size / packed.tell()


def _splits(params: Params, texts: int, official: Mapping[int, int]) -> dict[str, int]:
    """By split, its number of texts; `official` counts the rows of each split that a dataset has."""
    if params.corpus.max_texts != "all":
        texts = min(texts, params.corpus.max_texts)
    shares = {"validation": params.corpus.validation, "test": params.corpus.test}
    rows = sum(official.values())
    given = {split: official.get(SPLITS.index(split), 0) / rows if rows else 0.0 for split in shares}
    held_out = {split: round(texts * (given[split] or share)) for split, share in shares.items()}
    counts = {"train": texts - sum(held_out.values()), **held_out}
    return {split: max(1, counts[split]) for split in SPLITS}
