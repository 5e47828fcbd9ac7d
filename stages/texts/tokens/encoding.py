"""From texts to token indices."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from stages.errors import UserError
from stages.texts.tokens.brought import panics
from stages.texts.tokens.chunks import ChunkwiseEncoder
from stages.texts.tokens.vocabulary import PADDING

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
        with panics("tokenize.file: the tokenizer fails on a text"):
            encodings = self.tokenizer.encode_batch_fast(texts.to_pylist(), add_special_tokens=False)
        length = np.fromiter((len(encoding) for encoding in encodings), np.int32, len(encodings))
        ids = chain.from_iterable(encoding.ids for encoding in encodings)
        return np.fromiter(ids, np.int32, int(length.sum())), length


Encoder = WholeEncoder | ChunkwiseEncoder


def encoded(encoder: Encoder, texts: pa.StringArray, text_ids: NDArray[np.int64]) -> Encoded:
    """Tokenize texts; `text_ids`, shape (n,), name them in the sentence of a mistake.

    Raises:
        UserError: a text became the padding token, or a tokenizer of the user's fails on it.
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
