"""Word vectors trained on other texts: from a text file of word2vec or GloVe to rows of the vocabulary."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.texts.reading import opened, readable

FILE = "vectors.npy"
PADDING = 0

NOT_FOUND, FOLDED, AS_IS = 0, 1, 2
"""How a word was found in the file, the better the greater."""


@dataclass(frozen=True)
class WordVectors:
    """The vectors of a vocabulary.

    Attributes:
        rows: shape (vocabulary, dimension), float32; row 0 is zero, and rows of tokens that the file lacks are NaN.
        found: whether the file has a vector for the word, shape (vocabulary,); never for padding and unknown.
    """

    rows: NDArray[np.float32]
    found: NDArray[np.bool_]


def load_vectors(tokens: Path) -> NDArray[np.float32] | None:
    """The vectors that the stage `tokenize` wrote into the folder `tokens`, or None where `tokenize.vectors` is none.

    Shape (vocabulary, dimension), float32. Row 0, padding, is zero; a row of NaN stands for a token without a vector,
    which a model draws as if no vectors were given.
    """
    path = tokens / FILE
    return np.load(path, allow_pickle=False) if path.exists() else None


def read_vectors(path: Path, words: Mapping[str, int], size: int) -> WordVectors:
    """Read the vectors of a vocabulary's words; the others are passed over, so that memory is that of the vocabulary.

    The file is UTF-8 text, plain or .gz, with a word and its values on each line, parted by white space. A first line
    of two whole numbers (word2vec) says how many words and values follow; without it (GloVe) the first word says how
    many values. Words may hold spaces, as some of GloVe's do. A word is looked up as it is, else in lower case; of two
    lines with one word the first counts. Values of words outside of the vocabulary are counted, not read.

    Args:
        path: the file.
        words: index of every word, padding and unknown left out.
        size: number of indices, from 0 to the greatest.

    Raises:
        UserError: the file is missing, empty, cut off, or holds no word of the vocabulary; a line has another number of
            values; a value is not a finite number. The sentence names the line.
    """
    as_is = {word.encode(): index for word, index in words.items()}
    folded: dict[bytes, list[int]] = {}
    for word, index in words.items():
        folded.setdefault(word.lower().encode(), []).append(index)
    how = np.full(size, NOT_FOUND)
    rows: NDArray[np.float32] | None = None
    for number, name, values in _entries(path):
        if rows is None:
            rows = np.full((size, len(values)), np.nan, dtype=np.float32)
        matches = [(index, FOLDED) for index in folded.get(name, ())]
        if name in as_is:
            matches.append((as_is[name], AS_IS))
        better = {index: kind for index, kind in matches if kind > how[index]}
        if better:
            rows[list(better)] = _numbers(path, number, values)
            how[list(better)] = list(better.values())
    if rows is None or not how.any():
        raise UserError(
            f"{path}: it holds no word of the vocabulary of {len(as_is)}; take vectors of the language and the kind of "
            "tokens that `tokenize` makes, or let tokenize.vectors be none"
        )
    rows[PADDING] = 0
    return WordVectors(rows, how != NOT_FOUND)


def _entries(path: Path) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Line number, word and values of every entry; all have the same number of values."""
    dimension, promised, entries = 0, None, 0
    for number, line in _lines(path):
        pieces = line.split()
        if number == 1 and len(pieces) == 2 and all(piece.isdigit() for piece in pieces):
            promised, dimension = int(pieces[0]), int(pieces[1])
            continue
        if not pieces:
            continue
        dimension = dimension or len(pieces) - 1
        word = pieces[:-dimension] if dimension else []
        if not word or (len(word) > 1 and _is_number(word[-1])):
            raise UserError(
                f"{path}: line {number} has {len(pieces) - 1} values where {dimension or 'some'} are expected, for "
                "each line must be a word and its values, as word2vec and GloVe write text; download it again or mend "
                "the line"
            )
        entries += 1
        yield number, b" ".join(word), pieces[-dimension:]
    if not entries:
        raise UserError(f"{path}: it holds no vectors; put a file of words and values there, one word a line")
    if promised not in (None, entries):
        raise UserError(
            f"{path}: the first line promises {promised} words, but {entries} follow; download the file again or mend "
            "the line"
        )


def _lines(path: Path) -> Iterable[tuple[int, bytes]]:
    with opened(readable(path, "put the vectors there, or let tokenize.vectors be none"), str(path)) as file:
        yield from enumerate(file, start=1)


def _numbers(path: Path, number: int, values: list[bytes]) -> NDArray[np.float32]:
    try:
        numbers = np.array(values, dtype=np.float32)
    except ValueError:
        wrong = next(value for value in values if not _is_number(value))
    else:
        if np.isfinite(numbers).all():
            return numbers
        wrong = values[int(np.argmin(np.isfinite(numbers)))]
    raise UserError(
        f"{path}: line {number} holds {wrong.decode(errors='replace')!r} where a finite number is expected; download "
        "it again or mend the line"
    )


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
