"""From texts to token indices, and what the tokens of a split look like as a whole."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from stages.errors import UserError
from stages.texts.tokens import length_histogram
from stages.texts.tokens.chunks import ChunkwiseEncoder
from stages.texts.tokens.vocabulary import PADDING, UNKNOWN

SCHEMA = pa.schema(
    [
        pa.field("text_id", pa.int64(), nullable=False),
        pa.field("label", pa.int32(), nullable=False),
        pa.field("tokens", pa.list_(pa.field("item", pa.int32(), nullable=False)), nullable=False),
        pa.field("length", pa.int32(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Encoded:
    """n texts as tokens.

    Attributes:
        tokens: indices of all texts, one behind the other, shape (sum of length,), int32; none is 0.
        length: tokens of each text, shape (n,), int32; 0 where nothing was left of a text.
    """

    tokens: NDArray[np.int32]
    length: NDArray[np.int32]


class WholeEncoder:
    """What a tokenizer makes of texts, each given to it whole: right for every tokenizer."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def encode(self, texts: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """As ChunkwiseEncoder.encode."""
        encodings = self.tokenizer.encode_batch_fast(texts.to_pylist(), add_special_tokens=False)
        length = np.fromiter((len(encoding) for encoding in encodings), np.int32, len(encodings))
        ids = chain.from_iterable(encoding.ids for encoding in encodings)
        return np.fromiter(ids, np.int32, int(length.sum())), length


Encoder = WholeEncoder | ChunkwiseEncoder


def encoded(encoder: Encoder, texts: pa.StringArray, text_ids: NDArray[np.int64]) -> Encoded:
    """Tokenize texts; `text_ids`, shape (n,), name them in the sentence of a mistake.

    Raises:
        UserError: a text became the padding token.
    """
    tokens, length = encoder.encode(texts)
    padding = np.flatnonzero(tokens == PADDING)
    if len(padding):
        row = int(np.searchsorted(np.cumsum(length), padding[0], side="right"))
        token = encoder.tokenizer.id_to_token(PADDING)
        raise UserError(
            f"text_id {text_ids[row]}: it contains the padding token {token!r}, which a "
            "model could not tell from padding; take it out of the text, or use a tokenizer that splits it"
        )
    return Encoded(tokens, length)


def token_rows(batch: pa.RecordBatch, texts: Encoded) -> pa.RecordBatch:
    """The rows of a tokens file: `batch`'s text_id and label with their tokens, texts without tokens left out."""
    kept = np.flatnonzero(texts.length)
    length = texts.length[kept]
    offsets = np.concatenate([[0], np.cumsum(length)]).astype(np.int32)
    tokens = pa.ListArray.from_arrays(pa.array(offsets), pa.array(texts.tokens), type=SCHEMA.field("tokens").type)
    keys = [batch[name].take(pa.array(kept)).cast(SCHEMA.field(name).type) for name in ("text_id", "label")]
    return pa.record_batch([*keys, tokens, pa.array(length)], schema=SCHEMA)


class SplitTally:
    """Counts over the texts of one split, batch by batch."""

    def __init__(self, vocabulary_size: int) -> None:
        self._occurrences = np.zeros(vocabulary_size, dtype=np.int64)
        self._lengths: length_histogram.LengthCounts = np.zeros(0, dtype=np.int64)
        self._dropped = 0

    @property
    def texts(self) -> int:
        """Texts that have tokens."""
        return int(self._lengths.sum())

    @property
    def occurrences(self) -> NDArray[np.int64]:
        """How often each index occurs, shape (vocabulary_size,)."""
        return self._occurrences

    def add(self, batch: Encoded) -> None:
        """Count one batch."""
        with_tokens = batch.length[batch.length > 0]
        self._dropped += len(batch.length) - len(with_tokens)
        self._lengths = length_histogram.merged(self._lengths, length_histogram.length_counts(with_tokens))
        self._occurrences += np.bincount(batch.tokens, minlength=len(self._occurrences))

    def profile(self) -> dict[str, Any]:
        """The split's entry in profile.json.

        Raises:
            ValueError: no text has tokens.
        """
        tokens = length_histogram.tokens(self._lengths)
        unknown = int(self._occurrences[UNKNOWN]) / tokens
        return {
            "texts": self.texts,
            "dropped_empty": self._dropped,
            "tokens": tokens,
            "unknown_share": unknown,
            "coverage": 1 - unknown,
            # Padding can occur in no text, so it does not count as an entry here.
            "vocabulary_share": float(np.mean(self._occurrences[PADDING + 1 :] > 0)),
            "length_quantiles": length_histogram.quantiles(self._lengths),
            "length_mean": length_histogram.mean(self._lengths),
            "length_counts": self._lengths.tolist(),
        }
