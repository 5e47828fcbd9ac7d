"""How many texts a run will read and how long they are, before any stage has read them."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np

from stages.params.datasets import SyntheticDataset, TableDataset
from stages.params.schema import Params
from stages.runtime.paths import SPLITS
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.tables import table
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
    columns = Columns(dataset.text, dataset.label, dataset.split, dataset.delimiter, dataset.quotes, dataset.publisher)
    rows, words, official = _of_table(raw / dataset.file, columns)
    if params.tokenize.kind != "words":
        words = length_counts(np.rint(SUBWORDS * np.repeat(np.arange(len(words)), words)).astype(np.int64))
    return Texts(_splits(params, rows, official if dataset.split else {}), words)


@cache
def _of_table(path: Path, columns: Columns) -> tuple[int, LengthCounts, Counter[str]]:
    """Rows, lengths in words of the first of them, and how many are of each official split."""
    lengths: list[int] = []
    official: Counter[str] = Counter()
    texts = characters = 0
    for row in table(path, columns).texts:
        text = row.text or ""
        if texts < SAMPLE_TEXTS:
            lengths.append(max(1, len(WORD.findall(text))))
        official[(row.split or "").lower()] += 1
        texts += 1
        characters += len(text)
        if characters > MOST_CHARACTERS:
            texts = max(texts, round(texts * path.stat().st_size / characters))
            break
    return texts, length_counts(np.array(lengths or [1])), official


def _splits(params: Params, texts: int, official: Mapping[str, int]) -> dict[str, int]:
    """By split, its number of texts; `official` counts the rows of each split that a dataset has, by its name."""
    if params.corpus.max_texts != "all":
        texts = min(texts, params.corpus.max_texts)
    shares = {"validation": params.corpus.validation, "test": params.corpus.test}
    rows = sum(official.values())
    for split, prefixes in (("validation", ("val", "dev")), ("test", ("test",))):
        given = sum(count for name, count in official.items() if name.startswith(prefixes))
        shares[split] = given / rows if given else shares[split]
    held_out = {split: round(texts * share) for split, share in shares.items()}
    counts = {"train": texts - sum(held_out.values()), **held_out}
    return {split: max(1, counts[split]) for split in SPLITS}
