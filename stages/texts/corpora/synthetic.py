"""A grammar of short reviews whose label is known: which words carry it, where they stand, and how often it is wrong.

A text is filler, drawn from neutral sentence templates whose open places take words of a vocabulary with Zipf-like
frequencies, and some cue phrases. A cue phrase is a cue word of the text's class, or, with the probability `negation`,
"not" and a cue word of the next class (the first after the last), which means the class before that word's. All cue
phrases of a text agree, so the rule recovers the clean label of every text; `label_noise` then replaces the label of
some texts by another class, uniformly.

Every token is lower case and stands between single spaces. The last sentence is cut off at the drawn length.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stages.params.datasets import CuePosition, SyntheticDataset
from stages.runtime.files import write_json
from stages.texts.corpora.source import RawText, Source
from stages.texts.corpora.words import NEGATION, TEMPLATES, cue_words, fillers

# Also the number of texts that share one random stream, so it is part of what a seed means.
CHUNK = 1_024

# Frequencies fall as 1 / (rank + 2.7), the shift that Mandelbrot (1953) gave to Zipf's law for the most frequent words.
MANDELBROT_SHIFT = 2.7

SENTENCES = tuple(tuple(template.split()) for template in TEMPLATES)
SHORTEST_SENTENCE = 4

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

TRUTH_SCHEMA = pa.schema(
    [
        pa.field("text_id", pa.int64(), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
        pa.field("cue_positions", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
    ]
)

RULE = (
    "A cue word means its own class; a cue word right behind 'not' means the class before its own in the list of "
    "classes (the last one for a word of the first). All cue words of a text mean the same class, its clean label."
)


class Text(NamedTuple):
    """A generated text: its tokens, its class before and after the noise, and where its cues (and their "not") are."""

    tokens: list[str]
    clean: int
    label: int
    cue_positions: list[int]


@dataclass(frozen=True)
class Grammar:
    """What all texts of a dataset are made of; `cumulative` is the distribution function of the fillers' ranks."""

    dataset: SyntheticDataset
    cues: tuple[tuple[str, ...], ...]
    fillers: tuple[str, ...]
    cumulative: np.ndarray[tuple[int], np.dtype[np.float64]]


def synthetic(dataset: SyntheticDataset, folder: Path) -> Source:
    """The dataset's texts; writes `truth.parquet` and `truth.json` into `folder` while one iterates.

    The first texts stay the same where only the number of texts changes. Memory: one chunk of texts.
    """
    return Source("synthetic texts", "label", _raw_texts(dataset, folder))


def best_accuracy(label_noise: float, classes: int) -> float:
    """The accuracy that no classifier can beat: that of the most probable label, given the clean one."""
    return max(1 - label_noise, label_noise / (classes - 1))


def texts(dataset: SyntheticDataset) -> Iterator[Text]:
    """The texts of a dataset; their clean classes take turns."""
    names = cue_words(dataset.classes)
    words = fillers(dataset.vocabulary, names.values())
    weights = np.cumsum(1 / (np.arange(1, len(words) + 1) + MANDELBROT_SHIFT))
    grammar = Grammar(dataset, tuple(names.values()), tuple(words), weights / weights[-1])
    root = np.random.SeedSequence(dataset.seed)
    for start in range(0, dataset.texts, CHUNK):
        rng = np.random.default_rng(root.spawn(1)[0])
        yield from _chunk(grammar, start, rng)[: dataset.texts - start]


def _raw_texts(dataset: SyntheticDataset, folder: Path) -> Iterator[RawText]:
    names = tuple(cue_words(dataset.classes))
    lengths = np.zeros(dataset.longest + 1, dtype=np.int64)
    noisy = 0
    with pq.ParquetWriter(folder / "truth.parquet", TRUTH_SCHEMA, compression="zstd") as writer:
        waiting: list[tuple[int, int, int, list[int]]] = []
        for text_id, text in enumerate(texts(dataset)):
            lengths[len(text.tokens)] += 1
            noisy += text.label != text.clean
            waiting.append((text_id, len(text.tokens), text.clean, text.cue_positions))
            if len(waiting) == 8 * CHUNK:
                _write(writer, waiting)
                waiting.clear()
            yield RawText(text_id, f"row {text_id}", " ".join(text.tokens), names[text.label], None)
        _write(writer, waiting)
    write_json(folder / "truth.json", _truth(dataset, lengths, noisy))


def _write(writer: pq.ParquetWriter, rows: list[tuple[int, int, int, list[int]]]) -> None:
    if rows:
        columns = [
            pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), TRUTH_SCHEMA, strict=True)
        ]
        writer.write_table(pa.Table.from_arrays(columns, schema=TRUTH_SCHEMA))


def _truth(
    dataset: SyntheticDataset, lengths: np.ndarray[tuple[int], np.dtype[np.int64]], noisy: int
) -> dict[str, Any]:
    """What truth.json holds; `lengths` counts the texts of each length."""
    names = cue_words(dataset.classes)
    cumulative = np.cumsum(lengths)
    number = int(cumulative[-1])
    longest = int(np.flatnonzero(lengths)[-1])
    mean = float(lengths @ np.arange(len(lengths))) / number
    return {
        "texts": number,
        "classes": list(names),
        "cue_words": {name: list(words) for name, words in names.items()},
        "negation": NEGATION,
        "rule": RULE,
        "cue_position": dataset.cue_position,
        "best_accuracy": round(best_accuracy(dataset.label_noise, dataset.classes), 12),
        "noisy_labels": noisy,
        "length": {
            "unit": "tokens between spaces",
            "mean": round(mean, 6),
            "shortest": int(np.flatnonzero(lengths)[0]),
            "longest": longest,
            "quantiles": {f"{share:g}": int(np.searchsorted(cumulative, share * number)) for share in QUANTILES},
        },
        "padding_share_at_longest": round(1 - mean / longest, 6),
    }


def _chunk(grammar: Grammar, start: int, rng: np.random.Generator) -> list[Text]:
    """`CHUNK` texts, the first of which is number `start` of the dataset."""
    dataset = grammar.dataset
    logarithms = rng.normal(np.log(dataset.median_length), dataset.length_sigma, CHUNK)
    bounded = np.clip(logarithms, np.log(dataset.shortest), np.log(dataset.longest))
    lengths = np.rint(np.exp(bounded)).astype(int).tolist()
    clean = (start + np.arange(CHUNK)) % dataset.classes
    others = (clean + rng.integers(1, dataset.classes, CHUNK)) % dataset.classes
    labels = np.where(rng.random(CHUNK) < dataset.label_noise, others, clean).tolist()
    negated = (rng.random((CHUNK, dataset.cues)) < dataset.negation).tolist()
    choices = rng.random((CHUNK, dataset.cues)).tolist()
    places = np.sort(rng.random((CHUNK, dataset.cues)), axis=1).tolist()
    ranks = np.searchsorted(grammar.cumulative, rng.random(sum(lengths)), side="right").tolist()
    words = (grammar.fillers[rank] for rank in ranks)
    most = sum(lengths) // min(map(len, SENTENCES)) + CHUNK
    sentences = iter(rng.integers(0, len(SENTENCES), most).tolist())
    made = []
    for index, label in enumerate(clean.tolist()):
        phrases = _phrases(grammar, label, negated[index], choices[index])
        filler = _filler(lengths[index] - sum(map(len, phrases)), words, sentences)
        gaps = _gaps(dataset.cue_position, places[index], len(filler))
        tokens, positions = _woven(filler, phrases, gaps)
        made.append(Text(tokens, label, labels[index], positions))
    return made


def _filler(length: int, words: Iterator[str], sentences: Iterator[int]) -> list[str]:
    """Sentences cut off at `length` tokens; bare filler words where there is no room for the start of a sentence."""
    if length < SHORTEST_SENTENCE:
        return list(itertools.islice(words, length))
    tokens: list[str] = []
    while len(tokens) < length:
        for token in SENTENCES[next(sentences)][: length - len(tokens)]:
            tokens.append(next(words) if token == "*" else token)
    return tokens


def _gaps(position: CuePosition, places: list[float], length: int) -> list[int]:
    """How many filler tokens stand before each cue phrase; `places` in [0, 1) are sorted."""
    if position == "anywhere":
        return [int(place * (length + 1)) for place in places]
    return [{"start": 0, "middle": length // 2, "end": length}[position]] * len(places)


def _woven(filler: list[str], phrases: list[list[str]], gaps: list[int]) -> tuple[list[str], list[int]]:
    """The tokens of a text, phrases between filler tokens only, and the indices of the phrases' tokens."""
    tokens: list[str] = []
    positions: list[int] = []
    done = 0
    for phrase, gap in zip(phrases, gaps, strict=True):
        tokens += filler[done:gap]
        positions += range(len(tokens), len(tokens) + len(phrase))
        tokens += phrase
        done = gap
    return tokens + filler[done:], positions


def _phrases(grammar: Grammar, label: int, negated: list[bool], choices: list[float]) -> list[list[str]]:
    """The cue phrases of one text; `choices` in [0, 1) pick the cue words."""
    phrases = []
    for negate, choice in zip(negated, choices, strict=True):
        words = grammar.cues[(label + negate) % len(grammar.cues)]
        word = words[int(choice * len(words))]
        phrases.append([NEGATION, word] if negate else [word])
    return phrases
