"""Models that cannot be audited: one sentence, which names the layer or the input."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from stages.padding_audit import AuditError, audit

from .models import UNITS, L, behind_embedding, chain, last, masked, sequence, series, tokens

ops = keras.ops


def distributed_lstm_then_lstm() -> keras.Model:
    """TimeDistributed hands on the mask of (texts, sentences, words), which no LSTM can use."""
    ids = keras.Input((None, 5), dtype="int32", name="document")
    steps = L.Embedding(20, UNITS, mask_zero=True)(ids)
    return keras.Model(ids, last(name="sentences")(L.TimeDistributed(last(), name="words")(steps)))


def softmax_layer_over_time() -> keras.Model:
    """The mask of (texts, steps) meets scores of (texts, steps, 1): another shape, in a batch of one text silently."""
    ids = tokens()
    states = sequence()(masked(ids))
    weights = L.Softmax(axis=1, name="weights")(L.Dense(1)(states))
    return keras.Model(ids, ops.sum(L.Multiply()([states, weights]), axis=1))


def masking_of_nan() -> keras.Model:
    rows = series()
    return chain(rows, L.Masking(float("nan"))(rows), last())


def dense_of_windows() -> keras.Model:
    """The width is that of a table of numbers."""
    rows = keras.Input((7,), name="window")
    return chain(rows, rows, L.Dense(3, activation="relu"), L.Dense(1))


def images() -> keras.Model:
    pixels = keras.Input((8, 8, 3), name="image")
    return chain(pixels, pixels, L.Conv2D(2, 3), L.GlobalAveragePooling2D())


class Silent(keras.Model):
    """A model with a `call` of its own says nothing of its inputs."""

    def call(self, ids: Any) -> Any:
        return ids * 2


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (distributed_lstm_then_lstm, "layer `sentences` (LSTM), which a mask of 3 axes reaches"),
        (softmax_layer_over_time, "layer `weights` (Softmax) cannot read these inputs"),
        (lambda: behind_embedding(L.Softmax(name="scores"), last()), "layer `scores` (Softmax) cannot read"),
        (masking_of_nan, "NaN is no pad value"),
        (dense_of_windows, "nothing to pad: the model `functional` reads no sequence"),
        (images, "nothing to pad: the model `functional` reads no sequence"),
        (Silent, "give a batch of data"),
    ],
)
def test_a_model_that_cannot_be_audited_ends_in_one_sentence(build: Callable[[], keras.Model], says):
    keras.utils.clear_session(free_memory=False)
    with pytest.raises(AuditError) as refusal:
        audit(build())
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_rows_of_pads_alone_among_the_data_do_not_end_the_audit():
    keras.utils.clear_session(free_memory=False)
    rows = np.array([[3, 4, 0], [0, 0, 0], [5, 6, 7]])
    assert not audit(behind_embedding(last()), rows, pads=(1,)).leaks
