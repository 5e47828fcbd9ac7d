"""What padding does to predictions: counted batch by batch, from the compiled model."""

import keras
import numpy as np
import pytest

from stages.padding_audit import audit, outputs
from stages.padding_audit.predicting import predicting
from stages.padding_audit.subjects import any_width, subject_of
from stages.padding_audit.tally import Tally, tally

L = keras.layers
HALVES = (0.1, 0.9), (0.8, 0.2), (0.6, 0.4)
MOVED = (0.2, 0.8), (0.3, 0.7), (0.7, 0.3)


def test_classes_are_counted_by_hand():
    counted = tally(np.array(HALVES), np.array(MOVED), [np.array(1), np.array(0), np.array(1)])
    assert (counted.values, counted.decisions, counted.flips) == (3, 3, 1)
    assert counted.moved == pytest.approx(0.1 + 0.5 + 0.1)
    assert counted.largest == pytest.approx(0.5)
    assert (counted.labels, counted.right) == (3, (2, 1))


def test_numbers_between_0_and_1_are_decisions_at_one_half_each():
    counted = tally(np.array([[0.2, 0.9], [0.4, 0.4]]), np.array([[0.6, 0.9], [0.4, 0.6]]), None)
    assert (counted.values, counted.decisions, counted.flips, counted.labels) == (2, 4, 2, 0)


def test_numbers_that_are_no_probabilities_in_one_batch_are_none_in_all():
    classes = tally(np.array(HALVES), np.array(MOVED), None)
    others = tally(np.array([[3.0, 0.1]]), np.array([[1.0, 0.1]]), None)
    for both in (classes + others, others + classes):
        assert (both.are_classes, both.values, both.largest) == (False, 4, 2.0)


def test_what_is_not_a_number_stays_so():
    first = np.array([[np.nan, 1.0]])
    both = tally(np.array(HALVES), np.array(MOVED), None) + tally(first, first, None)
    assert np.isnan(both.largest)
    assert not both.are_classes


def test_batches_add_up_to_the_whole():
    first, second = (np.random.default_rng(seed).dirichlet([1, 1, 1], 40) for seed in (1, 2))
    labels = list(np.arange(40) % 3)
    whole = tally(first, second, labels)
    parts = [tally(first[a : a + 7], second[a : a + 7], labels[a : a + 7]) for a in range(0, 40, 7)]
    added = sum(reversed(parts), Tally())
    assert (added.flips, added.decisions, added.right, added.largest) == (
        whole.flips,
        whole.decisions,
        whole.right,
        whole.largest,
    )
    assert added.moved == pytest.approx(whole.moved)


def tagger():
    return keras.Sequential(
        [
            L.Input((None,), dtype="int32"),
            L.Embedding(9, 3),
            L.LSTM(4, return_sequences=True),
            L.TimeDistributed(L.Dense(2, activation="softmax")),
        ]
    )


def documents():
    words = keras.Input((None,), dtype="int32")
    sentence = keras.Model(words, L.GRU(3)(L.Embedding(9, 3, mask_zero=True)(words)))
    inputs = keras.Input((None, 4), dtype="int32")
    return keras.Model(inputs, L.LSTM(3)(L.TimeDistributed(sentence)(inputs)))


@pytest.mark.slow
@pytest.mark.parametrize(("build", "shape"), [(tagger, ()), (documents, (4,))])
def test_a_compiled_model_gives_at_every_width_what_the_model_gives(build, shape):
    model = build()
    subject = subject_of(model, None, pad_values=None, time_inputs=None)
    with any_width(model), predicting(subject) as predict:
        for texts, width in ((5, 7), (5, 9), (5, 12), (3, 12)):
            rows = np.random.default_rng(width).integers(0, 9, (texts, width, *shape)).astype("int32")
            (output,) = predict([rows])
            np.testing.assert_allclose(output, np.asarray(model(rows, training=False)), atol=1e-6)
    assert model.predict_function is None
    assert all("call" not in vars(layer) for layer in model.layers)


@pytest.mark.slow
def test_rows_are_the_same_when_few_predictions_fit_in_memory(monkeypatch):
    model = tagger()
    generator = np.random.default_rng(0)
    texts = [list(generator.integers(1, 9, length)) for length in generator.integers(2, 6, 70)]
    labels = [np.array(text) % 2 for text in texts]
    whole = audit(model, texts, labels=labels, pads=(1, 3)).outputs
    monkeypatch.setattr(outputs, "MOST_BYTES", 1)
    parts = audit(model, texts, labels=labels, pads=(1, 3)).outputs
    for first, second in zip(whole, parts, strict=True):
        assert (first.condition, first.texts, first.accuracy_alone) == (
            second.condition,
            second.texts,
            second.accuracy_alone,
        )
        if first.condition == "pads":
            assert (first.flips, first.accuracy) == (second.flips, second.accuracy)
            assert first.largest_change == pytest.approx(second.largest_change, abs=1e-7)
