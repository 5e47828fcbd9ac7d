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


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        ([[1, 2, 3], [4, 5], [*range(1, 9), 1]], 2),
        (np.array([[0] * 7 + [1, 2, 3], [4, 5] + [0] * 8]), 2),  # rows wider than the input, texts that fit
    ],
)
def test_texts_of_more_steps_than_a_model_names_are_left_out(rows, read):
    model = keras.Sequential([layers.Input((WIDTH,)), layers.Embedding(9, 3), layers.LSTM(2)])
    result = audit(model, rows, pads=[1])
    left_out = [(item.count, item.of) for item in result.hazards if item.kind == "too_long"]
    assert (result.texts, left_out) == (read, [] if len(rows) == read else [(1, 3)])


def test_texts_that_are_all_too_long_end_in_a_sentence():
    with pytest.raises(AuditError, match="2 of 2 texts were left out, as `.*` reads 8 steps and they reach 9: cut"):
        audit(flat_model(), np.ones((2, WIDTH + 1), int))


def test_a_model_behind_a_vectorization_in_a_row_of_layers():
    vectorization = layers.TextVectorization(output_sequence_length=WIDTH)
    vectorization.adapt(["the cat sat", "on the mat"])
    trained = keras.Sequential([layers.Input((WIDTH,)), layers.Embedding(20, 3, mask_zero=True), layers.LSTM(2)])
    model = keras.Sequential([keras.Input((1,), dtype="string"), vectorization, trained])
    assert audit(model, ["the cat", "the cat sat on"], pads=[1]).outputs[0].largest_change == 0


def test_an_input_of_strings_keeps_the_name_that_its_user_gave_it():
    vectorization = layers.TextVectorization()
    vectorization.adapt(["the cat sat", "on the mat"])
    text = keras.Input((1,), dtype="string", name="review")
    model = keras.Model(text, layers.LSTM(2)(layers.Embedding(20, 3, mask_zero=True)(vectorization(text))))
    result = audit(model, {"review": ["the cat", "the cat sat on"]}, pad_values={"review": 0})
    assert [(item.name, item.kind) for item in result.inputs] == [("review", "strings")]
