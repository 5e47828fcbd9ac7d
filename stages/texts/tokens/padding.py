"""From tokens to rows of one width, and what that costs."""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stages.params.texts import Side
from stages.texts.tokens import length_histogram
from stages.texts.tokens.length_histogram import LengthCounts

Truncate = Literal["keep_head", "keep_tail"]
Width = int | float | str
"""A number of tokens, a quantile of the training lengths in (0, 1], `longest` training text, or `longest*K`."""

ADVISED_QUANTILE = 0.95
MUCH_PADDING = 0.5


def row_width(max_len: Width, training: LengthCounts) -> int:
    """The number of positions of every row, of whatever split."""
    if isinstance(max_len, str):
        return length_histogram.longest(training) * int(max_len.partition("*")[2] or 1)
    if isinstance(max_len, float):
        return length_histogram.quantile(training, max_len)
    return max_len


def padded_rows(
    tokens: NDArray[np.int32], length: NDArray[np.int32], max_len: int, side: Side, truncate: Truncate
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pad short texts with 0 on `side` and cut long ones.

    Args:
        tokens: indices of all texts, one behind the other, shape (sum of length,).
        length: tokens of each text, shape (n,).
        max_len: width of a row, at least 1.
        side: where the padding goes, before or behind the text.
        truncate: whether a text that is too long keeps its head or its tail.

    Returns:
        The rows, shape (n, max_len), and how many tokens of each text they hold, shape (n,).
    """
    kept = np.minimum(length, max_len)
    position = np.arange(len(tokens)) - np.repeat(np.cumsum(length) - length, length)
    first = np.zeros_like(length) if truncate == "keep_head" else length - kept
    fits = (position >= np.repeat(first, length)) & (position < np.repeat(first + kept, length))
    column = np.arange(max_len)
    filled = column < kept[:, None] if side == "post" else column >= max_len - kept[:, None]
    rows = np.zeros((len(length), max_len), dtype=np.int32)
    rows[filled] = tokens[fits]
    return rows, kept


def padded_schema(max_len: int) -> pa.Schema:
    """The columns of a padded file."""
    return pa.schema(
        [
            pa.field("text_id", pa.int64(), nullable=False),
            pa.field("label", pa.int32(), nullable=False),
            pa.field("tokens", pa.list_(pa.field("item", pa.int32(), nullable=False), max_len), nullable=False),
            pa.field("length", pa.int32(), nullable=False),
        ]
    )


def padded_batch(batch: pa.RecordBatch, max_len: int, side: Side, truncate: Truncate) -> pa.RecordBatch:
    """The rows of a padded file for a batch of a tokens file."""
    schema = padded_schema(max_len)
    # `values` would ignore where a slice of a larger array begins.
    flat = batch["tokens"].flatten().to_numpy()
    rows, kept = padded_rows(flat, batch["length"].to_numpy(), max_len, side, truncate)
    tokens = pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), type=schema.field("tokens").type)
    return pa.record_batch([batch["text_id"], batch["label"], tokens, pa.array(kept)], schema=schema)


def split_profile(counts: LengthCounts, max_len: int) -> dict[str, Any]:
    """A split's entry in profile.json, from the histogram of its lengths before padding."""
    kept = length_histogram.clipped(counts, max_len)
    return {
        "texts": int(counts.sum()),
        "tokens": length_histogram.tokens(kept),
        "padding_share": length_histogram.padding_share(counts, max_len),
        "truncated_share": length_histogram.truncated_share(counts, max_len),
        "cut_share": length_histogram.cut_share(counts, max_len),
        "length_quantiles": length_histogram.quantiles(kept),
    }


def choices(training: LengthCounts) -> dict[str, dict[str, float]]:
    """What two values of `pad.max_len` would give: the width, and the share of padding in the training rows."""
    widths = {
        "longest": length_histogram.longest(training),
        str(ADVISED_QUANTILE): length_histogram.quantile(training, ADVISED_QUANTILE),
    }
    return {
        name: {"max_len": width, "padding_share": length_histogram.padding_share(training, width)}
        for name, width in widths.items()
    }


def width_hint(max_len: Width, training: LengthCounts) -> str | None:
    """One line for who pads to the longest text and gets mostly padding; else None."""
    given, other = choices(training).values()
    if max_len != "longest" or given["padding_share"] <= MUCH_PADDING or given["max_len"] == other["max_len"]:
        return None
    return (
        f"max_len {given['max_len']} leaves {100 * given['padding_share']:.0f} % padding; "
        f"pad.max_len={ADVISED_QUANTILE} would give {other['max_len']} and {100 * other['padding_share']:.0f} %"
    )
