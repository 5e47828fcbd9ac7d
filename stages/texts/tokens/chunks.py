"""Texts cut at white space, so that what depends on one word alone is done once for every distinct word.

Texts are the same few words again and again: a million short texts hold thirteen million words and some thousands of
distinct ones. A tokenizer may be asked chunk by chunk where it splits at white space itself, and where what it does
before (NFC, lower case) never joins characters across white space.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tokenizers import Tokenizer, normalizers, pre_tokenizers

REMEMBERED = 2**17
"""Distinct chunks that are held in memory, beside those of one batch; where more come, all are forgotten at once."""


@dataclass(frozen=True)
class Chunks:
    """n texts cut at white space.

    Attributes:
        distinct: every chunk that occurs, once.
        index: for every chunk of all texts, one text behind the other, its place in `distinct`, shape (chunks,).
        offsets: where each text begins in `index`, and where the last ends, shape (n + 1,).
    """

    distinct: list[str]
    index: NDArray[np.int32]
    offsets: NDArray[np.int32]


def chunks_of(texts: pa.StringArray) -> Chunks:
    """Cut texts, shape (n,), at ASCII white space; other white space stays inside of chunks."""
    lists = pc.ascii_split_whitespace(texts)
    encoded = lists.flatten().dictionary_encode()
    offsets = lists.offsets.to_numpy()
    return Chunks(encoded.dictionary.to_pylist(), encoded.indices.to_numpy(), offsets - offsets[0])


def word_counts(
    batches: Iterable[pa.StringArray], normalizer: normalizers.Normalizer, splitter: pre_tokenizers.PreTokenizer
) -> Counter[str]:
    """How often each word occurs in texts, words being what `splitter` makes of normalized text."""
    counts: Counter[str] = Counter()
    waiting: Counter[str] = Counter()

    def count() -> None:
        for chunk, times in waiting.items():
            for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(chunk)):
                counts[word] += times
        waiting.clear()

    for texts in batches:
        chunks = chunks_of(texts)
        waiting.update(dict(zip(chunks.distinct, np.bincount(chunks.index).tolist(), strict=True)))
        if len(waiting) > REMEMBERED:
            count()
    count()
    return counts


class ChunkwiseEncoder:
    """What a tokenizer makes of texts, asked once for every distinct chunk."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}

    def encode(self, texts: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The token indices of texts, shape (n,): of all of them in a row, and how many each text has, shape (n,)."""
        chunks = chunks_of(texts)
        ids = self._ids(chunks.distinct)
        sizes = np.fromiter(map(len, ids), np.int64, len(ids))
        flat = np.fromiter(chain.from_iterable(ids), np.int32, int(sizes.sum()))
        size = sizes[chunks.index]
        ends = np.concatenate([[0], np.cumsum(size)])
        first = (np.cumsum(sizes) - sizes)[chunks.index]
        tokens = flat[np.repeat(first - ends[:-1], size) + np.arange(ends[-1])]
        return tokens, np.diff(ends[chunks.offsets]).astype(np.int32)

    def _ids(self, chunks: list[str]) -> list[list[int]]:
        missing = [chunk for chunk in chunks if chunk not in self._known]
        if len(self._known) + len(missing) > REMEMBERED:
            self._known.clear()
            missing = chunks
        encodings = self.tokenizer.encode_batch_fast(missing, add_special_tokens=False)
        self._known.update(zip(missing, (encoding.ids for encoding in encodings), strict=True))
        return [self._known[chunk] for chunk in chunks]
