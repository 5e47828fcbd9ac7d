"""Time series, and words that are read in several ways."""

from typing import Any

import keras

from stages.padding_audit.result import Cause, Verdict

from .models import (
    UNITS,
    L,
    Leak,
    behind_embedding,
    behind_masking,
    both,
    chain,
    known,
    last,
    sequence,
    series,
)

ops = keras.ops


@known()
def masking() -> keras.Model:
    return behind_masking(last())


@known()
def masking_minus_one() -> keras.Model:
    return behind_masking(last(), mask_value=-1.0)


@known(**both("lstm", Cause.MISALIGNED, "masking"), pad_values={"series": 0.0})
def masking_another_value() -> keras.Model:
    return behind_masking(last(), mask_value=-1.0)


@known(**both("lstm", Cause.NO_MASK))
def series_without_mask() -> keras.Model:
    rows = series()
    return chain(rows, rows, last())


@known(**both("lstm", Cause.MISALIGNED, "masking"))
def dense_before_masking() -> keras.Model:
    rows = series()
    return chain(rows, rows, L.Dense(UNITS), L.Masking(), last())


@known()
def dense_without_bias_before_masking() -> keras.Model:
    rows = series()
    return chain(rows, rows, L.Dense(UNITS, use_bias=False), L.Masking(), last())


@known(**both("lstm", Cause.MISALIGNED, "masking"))
def batch_normalization_before_masking() -> keras.Model:
    rows = series()
    return chain(rows, rows, L.BatchNormalization(), L.Masking(), last())


@known()
def batch_normalization_behind_masking() -> keras.Model:
    return behind_masking(L.BatchNormalization(), last())


@known(**both("lstm", Cause.MISALIGNED, "embedding"), pad_values={"tokens": -1})
def embedding_of_minus_one() -> keras.Model:
    return behind_embedding(last())


@known()
def one_feature() -> keras.Model:
    rows = series(1)
    return chain(rows, L.Masking()(rows), last(), L.Dense(1))


@known(**both("global_max_pooling1d", Cause.NO_MASK))
def convolution_of_series() -> keras.Model:
    rows = series()
    return chain(rows, rows, L.Conv1D(UNITS, 3, padding="same"), L.GlobalMaxPooling1D())


@known(**both("global_max_pooling1d", Cause.NO_MASK))
def convolution_of_long_texts() -> keras.Model:
    """It reads no text of fewer than 9 steps."""
    rows = series()
    return chain(rows, rows, L.Conv1D(UNITS, 9), L.GlobalMaxPooling1D())


@known()
def autoencoder() -> keras.Model:
    """Every step is given back, from a code of the whole."""
    rows = series()
    steps = L.Masking()(rows)
    code = last(name="encoder")(steps)
    again = code[:, None] + ops.zeros_like(rows[..., :1])
    real = ops.any(ops.not_equal(rows, 0.0), axis=-1)
    return keras.Model(rows, L.TimeDistributed(L.Dense(3))(sequence(name="decoder")(again, mask=real)))


@known(
    pre=Leak("sum", Cause.NO_MASK, verdict=Verdict.UNDEFINED),
    post=Leak("sum", Cause.NO_MASK, verdict=Verdict.UNDEFINED),
)
def not_a_number_at_pads() -> keras.Model:
    rows = series()
    real = ops.cast(ops.not_equal(rows, 0.0), "float32")
    return keras.Model(rows, ops.sum(ops.log(ops.abs(rows)) * real, axis=1))


@known()
def mixed_bfloat16() -> keras.Model:
    return in_policy("mixed_bfloat16")


@known()
def mixed_float16() -> keras.Model:
    return in_policy("mixed_float16")


@known(pre=Leak("lstm", Cause.NO_MASK), post=Leak("lstm_1", Cause.NO_MASK))
def mixed_float16_without_mask() -> keras.Model:
    return in_policy("mixed_float16", mask=False)


def in_policy(name: str, **options: Any) -> keras.Model:
    policy = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy(name)
    try:
        return behind_embedding(sequence(), last(), L.Dense(1, activation="sigmoid", dtype="float32"), **options)
    finally:
        keras.mixed_precision.set_dtype_policy(policy)


@known(**both("lstm", Cause.MISALIGNED, "masking"))
def mask_value_that_float16_cannot_hold() -> keras.Model:
    rows = series()
    return chain(rows, L.Masking(1e-9, dtype="float16")(rows), last(dtype="float16"))
