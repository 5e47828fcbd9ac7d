"""Which widths a model reads, and what it says where no text can be padded."""

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit import AuditError, audit

WIDTH = 8


def flat_model():
    return keras.Sequential(
        [layers.Input((WIDTH,)), layers.Embedding(9, 3), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )


def test_texts_that_fill_the_only_width_cannot_be_padded():
    rows = np.random.default_rng(0).integers(1, 9, (5, WIDTH))
    with pytest.raises(AuditError, match="no text leaves room for a pad in the 8 steps that the model reads"):
        audit(flat_model(), rows)


def test_shorter_texts_of_the_same_model_have_their_pads_moved():
    rows = np.random.default_rng(0).integers(1, 9, (5, WIDTH))
    rows[:, 6:] = 0
    assert {row.pads for row in audit(flat_model(), rows, pads=(1, 2)).outputs} == {1, 2}


def test_an_input_of_strings_keeps_the_name_that_its_user_gave_it():
    vectorization = layers.TextVectorization()
    vectorization.adapt(["the cat sat", "on the mat"])
    text = keras.Input((1,), dtype="string", name="review")
    model = keras.Model(text, layers.LSTM(2)(layers.Embedding(20, 3, mask_zero=True)(vectorization(text))))
    result = audit(model, {"review": ["the cat", "the cat sat on"]}, pad_values={"review": 0})
    assert [(item.name, item.kind) for item in result.inputs] == [("review", "strings")]
