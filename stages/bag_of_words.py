"""Stage `bag_of_words`: what the words alone are worth, without their order and without a neural network."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from stages.params.schema import Params
from stages.runtime.command import run
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.parquet import record_batches
from stages.runtime.paths import SPLITS
from stages.stats.bag_of_words import Bags, BagScores, Corpus, Fit, feature_columns, fits, presence, scores, texts_with

BATCH_TEXTS = 1024
NO_WORDS = (0, 1)
"""Padding, which no text holds, and unknown, which says nothing of which word it was."""

Columns = NDArray[np.int64]


def bag_of_words(params: Params, *, tokens: Path, bag_of_words: Path) -> None:
    """Fit a logistic regression on which tokens a text holds, and score it on every split.

    `bag_of_words.penalties` are tried from strong to weak while the loss on the validation texts falls.
    """
    knobs = params.bag_of_words
    profile = read_json(tokens / "profile.json")
    columns = _columns(tokens / "train.parquet", profile["vocabulary_size"], knobs.vocabulary)
    shape = (int(columns.max()) + 1, len(profile["classes"]))
    with whole_folder(bag_of_words) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        corpora = {name: _corpus(tokens / f"{name}.parquet", columns, scratch / name) for name in SPLITS}
        with threadpool_limits(1):  # or the last digits of a sum would depend on the number of cores
            tried = _tried(corpora, fits(corpora["train"], shape, knobs.penalties, knobs.passes))
            best, _ = min(tried, key=lambda each: each[1].nll)
            splits = {name: scores(corpus, best) for name, corpus in corpora.items()}
        shutil.rmtree(scratch)
        write_json(
            folder / "scores.json",
            {
                "penalty": best.penalty,
                "features": shape[0],
                "splits": {name: asdict(split) for name, split in splits.items()},
                "tried": [_trial(*each) for each in tried],
            },
        )
    print(
        f"without a neural network: {100 * splits['test'].accuracy:.1f} % of the test texts right, from {shape[0]} "
        f"tokens at penalty {best.penalty:g}{'' if best.converged else ', not converged; raise bag_of_words.passes'}"
    )


def _columns(training: Path, size: int, most: int) -> Columns:
    held = np.zeros(size, dtype=np.int64)
    for batch in record_batches(training, ["tokens", "length"], BATCH_TEXTS):
        held += texts_with(batch["tokens"].flatten().to_numpy(), batch["length"].to_numpy(), size)
    return feature_columns(held, most, NO_WORDS)


def _corpus(path: Path, columns: Columns, scratch: Path) -> Corpus:
    """The texts of one file as bags, which are made once and then read from `scratch`, a batch at a time."""
    with scratch.open("wb") as file:
        for bags in _bags(path, columns):
            _write(file, bags)
    width = int(columns.max()) + 1
    return lambda: _read(scratch, width)


def _bags(path: Path, columns: Columns) -> Iterator[Bags]:
    for batch in record_batches(path, ["label", "tokens", "length"], BATCH_TEXTS):
        present = presence(batch["tokens"].flatten().to_numpy(), batch["length"].to_numpy(), columns)
        yield Bags(present, batch["label"].to_numpy())


def _write(file: BinaryIO, bags: Bags) -> None:
    """Numbers of texts and of ones; labels, where each text ends, and the columns of its ones."""
    texts, ones = bags.present.shape[0], bags.present.nnz
    for values in ([texts, ones], bags.label, bags.present.indptr[1:], bags.present.indices):
        file.write(np.asarray(values, dtype=np.int32).tobytes())


def _read(scratch: Path, width: int) -> Iterator[Bags]:
    with scratch.open("rb") as file:
        while head := file.read(8):
            texts, ones = np.frombuffer(head, np.int32).tolist()
            label, end, columns = np.split(
                np.frombuffer(file.read(4 * (2 * texts + ones)), np.int32), [texts, 2 * texts]
            )
            start = np.concatenate([np.zeros(1, np.int32), end])
            yield Bags(sparse.csr_matrix((np.ones(ones), columns, start), shape=(texts, width)), label)


def _tried(corpora: dict[str, Corpus], path: Iterator[Fit]) -> list[tuple[Fit, BagScores]]:
    """The fits up to the first whose loss on the validation texts is not lower, each with its scores on them."""
    tried: list[tuple[Fit, BagScores]] = []
    for fit in path:
        tried.append((fit, scores(corpora["validation"], fit)))
        if len(tried) > 1 and tried[-1][1].nll >= tried[-2][1].nll:
            break
    return tried


def _trial(fit: Fit, validation: BagScores) -> dict[str, Any]:
    return {
        "penalty": fit.penalty,
        "passes": fit.passes,
        "converged": fit.converged,
        "validation_accuracy": validation.accuracy,
        "validation_nll": validation.nll,
    }


if __name__ == "__main__":
    run(bag_of_words)
