"""PROVEN where one masked step is the identity and no value of a pad arrives; never where that was not shown."""

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit import audit
from stages.padding_audit.facts import tolerance_of
from stages.padding_audit.loops import compiled_loops
from stages.padding_audit.proof import acts_on_each_step, masked_step_is_identity, proven, verdict_of
from stages.padding_audit.result import Verdict
from stages.padding_audit.samples import made_texts
from stages.padding_audit.subjects import subject_of
from stages.padding_audit.tracing import traced

BOTH_PROVEN = {"pre": Verdict.PROVEN, "post": Verdict.PROVEN}


def verdicts(model, pads=(4,)):
    """As `audit` gives them, without its predictions in batches."""
    subject, tolerance = subject_of(model, None, pad_values=None, time_inputs=None), tolerance_of(model)
    sample = made_texts(subject.inputs, 0, 5)
    with compiled_loops():
        trace = traced(subject, sample, sides=("pre", "post"), pads=pads, tolerance=tolerance)
        return {side: verdict_of(subject, trace, sample, side, tolerance) for side in trace.outputs}


def tokens(*behind, mask_zero=True):
    return keras.Sequential(
        [keras.Input((None,), dtype="int32"), layers.Embedding(12, 5, mask_zero=mask_zero), *behind]
    )


@keras.saving.register_keras_serializable("tests")
class LeaksBeyond17Pads(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return inputs
        pads = keras.ops.sum(keras.ops.cast(~mask, "float32"), axis=1)[:, None, None]
        return inputs + keras.ops.relu(pads - 17)


@keras.saving.register_keras_serializable("tests")
class CountsAMaskByHand(layers.Layer):
    """Reads no time axis but that of a mask."""

    def call(self, inputs, mask=None):
        pads = keras.ops.sum(keras.ops.cast(~mask, "float32"), axis=1)[:, None]
        return inputs + keras.ops.relu(pads - 17)


@pytest.mark.parametrize(
    "recurrent",
    [
        lambda: layers.LSTM(4),
        lambda: layers.GRU(4),
        lambda: layers.SimpleRNN(4, activation="relu"),
        lambda: layers.RNN([layers.GRUCell(4), layers.LSTMCell(3)]),
        lambda: layers.Bidirectional(layers.LSTM(4)),
        lambda: layers.LSTM(4, go_backwards=True),
    ],
    ids=["lstm", "gru", "simple_rnn", "cells", "bidirectional", "backwards"],
)
def test_a_masked_recurrent_layer_is_proven(recurrent):
    assert verdicts(tokens(recurrent(), layers.Dense(1, activation="sigmoid"))) == BOTH_PROVEN


def test_a_stack_of_masked_sequences_is_proven():
    stack = tokens(
        layers.SpatialDropout1D(0.3),
        layers.Bidirectional(layers.GRU(4, return_sequences=True)),
        layers.LSTM(3, return_sequences=True, zero_output_for_mask=True),
        layers.LSTM(3),
        layers.Dense(2, activation="softmax"),
    )
    assert verdicts(stack) == BOTH_PROVEN


def test_labels_at_every_step_are_proven():
    assert verdicts(tokens(layers.LSTM(4, return_sequences=True))) == BOTH_PROVEN


def test_nested_and_joined_models_are_proven():
    words, tags = keras.Input((None,), dtype="int32", name="words"), keras.Input((None,), dtype="int32", name="tags")
    joined = layers.Concatenate()([layers.Embedding(9, 4, mask_zero=True)(item) for item in (words, tags)])
    inner = keras.Sequential([keras.Input((None, 8)), layers.LSTM(3)], name="inner")
    assert verdicts(keras.Model([words, tags], layers.Dense(1)(inner(joined)))) == BOTH_PROVEN


def test_numbers_behind_masking_are_proven():
    model = keras.Sequential([keras.Input((None, 3)), layers.Masking(-1.0), layers.LSTM(4), layers.Dense(1)])
    assert verdicts(model) == BOTH_PROVEN


def test_a_mask_handed_on_by_hand_is_proven():
    ids = keras.Input((None,), dtype="int32")
    outputs = layers.LSTM(4)(layers.Embedding(9, 4)(ids), mask=keras.ops.not_equal(ids, 0))
    assert verdicts(keras.Model(ids, outputs)) == BOTH_PROVEN


def test_what_leaks_beyond_the_tested_pads_is_not_proven():
    model = tokens(LeaksBeyond17Pads(), layers.LSTM(4))
    assert verdicts(model) == {"pre": Verdict.EXACT, "post": Verdict.EXACT}
    assert verdicts(model, pads=(18,)) == {"pre": Verdict.LEAKS, "post": Verdict.LEAKS}


def test_a_layer_that_counts_a_mask_handed_by_hand_is_not_proven():
    ids = keras.Input((None,), dtype="int32")
    states = layers.LSTM(4)(layers.Embedding(9, 4, mask_zero=True)(ids))
    model = keras.Model(ids, CountsAMaskByHand()(states, mask=keras.ops.not_equal(ids, 0)))
    assert verdicts(model) == {"pre": Verdict.EXACT, "post": Verdict.EXACT}


def test_weights_that_ignore_pads_are_not_proven_without_a_mask():
    model = tokens(layers.GRU(4, reset_after=False), mask_zero=False)
    embedding = model.layers[0]
    embedding.set_weights([np.concatenate([np.zeros((1, 5)), embedding.get_weights()[0][1:]])])
    assert verdicts(model) == {"pre": Verdict.EXACT, "post": Verdict.LEAKS}


def test_the_audit_says_proven():
    result = audit(tokens(layers.LSTM(4)), pads=(1,))
    assert {finding.verdict for finding in result.sides.values()} == {Verdict.PROVEN}
    assert result.sentence == "Pre- and post-padding are proven exact for any number of pads."


@pytest.mark.parametrize(
    "model",
    [
        lambda: tokens(layers.LSTM(4, return_sequences=True), layers.Lambda(lambda x: x[:, -1], output_shape=(4,))),
        lambda: tokens(layers.LSTM(4, return_sequences=True), layers.Permute((1, 2)), layers.LSTM(3), mask_zero=False),
    ],
    ids=["last step by a Lambda", "no mask"],
)
def test_exact_without_a_proof_stays_exact_or_leaks(model):
    assert Verdict.PROVEN not in verdicts(model()).values()


def test_a_model_is_left_as_it_was():
    model = tokens(layers.LSTM(4))
    before = model.get_weights()
    subject = subject_of(model, None, pad_values=None, time_inputs=None)
    assert proven(subject, made_texts(subject.inputs, 0, 5), "pre")
    assert "call" not in vars(model.layers[0])
    assert all((first == second).all() for first, second in zip(before, model.get_weights(), strict=True))


def test_zeros_for_masked_steps_are_no_identity():
    layer = layers.LSTM(4, zero_output_for_mask=True)
    layer.build((None, None, 3))
    assert not masked_step_is_identity(layer, (3,))


@pytest.mark.parametrize(
    ("layer", "rank", "expected"),
    [
        (lambda: layers.Dense(3, activation="softmax"), 3, True),
        (lambda: layers.Dense(3, activation=lambda x: keras.ops.cumsum(x, axis=1)), 3, False),
        (lambda: layers.Dense(3), 2, False),
        (lambda: layers.LayerNormalization(axis=1), 3, False),
        (layers.LayerNormalization, 3, True),
        (lambda: layers.Concatenate(axis=1), 3, False),
        (lambda: layers.GroupNormalization(2), 3, False),
        (lambda: layers.Conv1D(2, 1), 3, False),
        (lambda: layers.TimeDistributed(layers.Dense(2)), 3, True),
        (lambda: type("Mine", (layers.Dense,), {})(3), 3, False),
    ],
)
def test_what_acts_on_each_step_alone(layer, rank, expected):
    assert acts_on_each_step(layer(), rank) is expected
