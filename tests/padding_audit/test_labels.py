"""Labels of the user's: one for every text, or one for every step of a row that loses its pads."""

import keras
import numpy as np
import pytest

from stages.padding_audit.batches import sample_of
from stages.padding_audit.errors import AuditError
from stages.padding_audit.samples import Sample
from stages.padding_audit.subjects import subject_of

ROWS = np.array([[0, 1, 2, 3], [0, 0, 0, 4]])


def labelled(labels: object, data: object = ROWS, inputs: int = 1) -> Sample:
    tokens = [keras.Input((None,), dtype="int32", name=name) for name in ("left", "right")[:inputs]]
    words = keras.layers.Embedding(9, 2)
    model = keras.Model(tokens, [words(tensor) for tensor in tokens])
    return sample_of(data, subject_of(model, data, pad_values=None, time_inputs=None), labels)


def test_labels_of_steps_lose_their_pads() -> None:
    sample = labelled([[9, 5, 6, 7], [9, 9, 9, 8]])
    assert [label.tolist() for label in sample.labels or []] == [[5, 6, 7], [8]]
    assert sample.pad_label == 9


def test_labels_of_texts_stay_as_they_are() -> None:
    one_hot = np.eye(5)[[2, 4]]
    sample = labelled(one_hot)
    np.testing.assert_array_equal(sample.labels, one_hot)
    assert sample.pad_label is None
    assert [int(label) for label in labelled([1, 0]).labels or []] == [1, 0]


def test_labels_of_steps_are_those_of_the_input_of_their_width() -> None:
    decoder = np.array([[1, 2, 0, 0, 0], [1, 2, 3, 0, 0]])
    sample = labelled(decoder + 1, (ROWS, decoder), inputs=2)
    assert [label.tolist() for label in sample.labels or []] == [[2, 3], [2, 3, 4]]


def test_labels_of_another_number_of_texts_are_refused() -> None:
    with pytest.raises(AuditError, match="2 texts and 3 labels"):
        labelled([1, 2, 3])
