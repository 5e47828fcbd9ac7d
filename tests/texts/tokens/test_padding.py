import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.params.texts import Side
from stages.texts.tokens.encoding import SCHEMA
from stages.texts.tokens.length_histogram import length_counts
from stages.texts.tokens.padding import (
    Truncate,
    Width,
    choices,
    padded_batch,
    padded_rows,
    row_width,
    split_profile,
    width_hint,
)

SIDES: tuple[Side, ...] = ("pre", "post")
TRUNCATIONS: tuple[Truncate, ...] = ("keep_head", "keep_tail")
some_texts = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=12), max_size=10)


def rows_of(texts: list[list[int]], max_len: int, side: Side, truncate: Truncate) -> tuple[np.ndarray, np.ndarray]:
    flat = np.array([token for text in texts for token in text], dtype=np.int32)
    return padded_rows(flat, np.array([len(text) for text in texts], dtype=np.int32), max_len, side, truncate)


def counts_of(*values: int) -> np.ndarray:
    return length_counts(np.array(values, dtype=np.int32))


@pytest.mark.parametrize(
    ("side", "truncate", "expected"),
    [
        ("pre", "keep_head", [[0, 0, 5], [6, 7, 8]]),
        ("pre", "keep_tail", [[0, 0, 5], [7, 8, 9]]),
        ("post", "keep_head", [[5, 0, 0], [6, 7, 8]]),
        ("post", "keep_tail", [[5, 0, 0], [7, 8, 9]]),
    ],
)
def test_padding_and_truncation_by_hand(side: Side, truncate: Truncate, expected: list[list[int]]) -> None:
    rows, kept = rows_of([[5], [6, 7, 8, 9]], 3, side, truncate)
    assert rows.tolist() == expected
    assert kept.tolist() == [1, 3]
    assert (rows.dtype, kept.dtype) == (np.int32, np.int32)


def test_texts_of_the_width_are_rows_as_they_are() -> None:
    assert rows_of([[1, 2], [3, 4]], 2, "pre", "keep_head")[0].tolist() == [[1, 2], [3, 4]]


def test_texts_of_one_token_fit_rows_of_one() -> None:
    assert rows_of([[1], [2], [3]], 1, "post", "keep_tail")[0].tolist() == [[1], [2], [3]]


def test_no_texts_give_no_rows() -> None:
    assert rows_of([], 4, "pre", "keep_head")[0].shape == (0, 4)


@given(some_texts, st.integers(1, 15), st.sampled_from(SIDES), st.sampled_from(TRUNCATIONS))
def test_without_its_padding_a_row_is_what_was_kept(
    texts: list[list[int]], max_len: int, side: Side, truncate: Truncate
) -> None:
    rows, kept = rows_of(texts, max_len, side, truncate)
    for text, row, length in zip(texts, rows, kept, strict=True):
        padding, body = (row[: max_len - length], row[max_len - length :]) if side == "pre" else (
            row[length:], row[:length]
        )  # fmt: skip
        assert not padding.any()
        assert body.all()
        assert body.tolist() == (text[:max_len] if truncate == "keep_head" else text[-max_len:])


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("truncate", TRUNCATIONS)
def test_rows_equal_those_of_keras(side: Side, truncate: Truncate) -> None:
    import keras

    generator = np.random.default_rng(3)
    texts = [generator.integers(1, 500, length).tolist() for length in generator.integers(1, 40, 300)]
    for max_len in (1, 7, 20, 60):
        expected = keras.utils.pad_sequences(
            texts, max_len, padding=side, truncating="post" if truncate == "keep_head" else "pre"
        )
        np.testing.assert_array_equal(rows_of(texts, max_len, side, truncate)[0], expected)


def token_batch(texts: list[list[int]]) -> pa.RecordBatch:
    columns = [
        pa.array(range(len(texts)), pa.int64()),
        pa.array([0] * len(texts), pa.int32()),
        pa.array(texts, SCHEMA.field("tokens").type),
        pa.array([len(text) for text in texts], pa.int32()),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def test_a_slice_of_a_batch_is_padded_like_a_batch_of_its_own() -> None:
    batch = token_batch([[1, 2, 3], [4], [5, 6], [7, 8, 9]])
    padded = padded_batch(batch.slice(1, 2), 2, "pre", "keep_head")
    assert padded["tokens"].to_pylist() == [[0, 4], [5, 6]]
    assert padded["text_id"].to_pylist() == [1, 2]
    assert padded["length"].to_pylist() == [1, 2]


@pytest.mark.parametrize(
    ("max_len", "expected"),
    [(3, 3), (50, 50), ("longest", 9), ("longest*3", 27), (1.0, 9), (0.5, 2), (0.75, 4), (0.0001, 1)],
)
def test_the_width_is_a_number_a_quantile_or_the_longest(max_len: Width, expected: int) -> None:
    assert row_width(max_len, counts_of(1, 2, 4, 9)) == expected


def test_the_profile_of_a_split_by_hand() -> None:
    profile = split_profile(counts_of(1, 4, 7), 4)
    assert (profile["texts"], profile["tokens"]) == (3, 9)
    assert profile["padding_share"] == pytest.approx(3 / 12)
    assert profile["truncated_share"] == pytest.approx(1 / 3)
    assert profile["cut_share"] == pytest.approx(3 / 12)
    assert (profile["length_quantiles"]["0"], profile["length_quantiles"]["1"]) == (1, 4)


MOSTLY_SHORT = counts_of(*[2] * 19, 10)


def test_the_choices_by_hand() -> None:
    assert choices(MOSTLY_SHORT) == {
        "longest": {"max_len": 10, "padding_share": pytest.approx(1 - 48 / 200)},
        "0.95": {"max_len": 2, "padding_share": pytest.approx(0)},
    }


def test_who_pads_to_the_longest_and_gets_mostly_padding_is_told_of_a_quantile() -> None:
    assert (
        width_hint("longest", MOSTLY_SHORT) == "max_len 10 leaves 76 % padding; pad.max_len=0.95 would give 2 and 0 %"
    )


@pytest.mark.parametrize(
    ("max_len", "counts"), [(10, MOSTLY_SHORT), (1.0, MOSTLY_SHORT), ("longest", counts_of(5, 5, 6))]
)
def test_others_are_told_nothing(max_len: Width, counts: np.ndarray) -> None:
    assert width_hint(max_len, counts) is None
