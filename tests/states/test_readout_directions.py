"""The directions along which a classifier reads, off models built by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from stages.errors import UserError
from stages.states.instrument import readout_directions

pytestmark = pytest.mark.slow


def classifier(kernel, activation):
    inputs = keras.Input((len(kernel),))
    dense = layers.Dense(len(kernel[0]), activation=activation)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([np.array(kernel, dtype=np.float32), np.ones(len(kernel[0]), dtype=np.float32)])
    return model


def test_a_sigmoid_reads_along_its_weights():
    directions = readout_directions(classifier([[0.5], [-2.0]], "sigmoid"))
    assert directions.dtype == np.float64
    np.testing.assert_array_equal(directions, [[0.5], [-2.0]])


def test_a_softmax_reads_along_each_class_against_the_mean_of_the_others():
    """Weights (3, 0), (0, 6) and (0, 0): the first less (0, 3), the second less (1.5, 0), the third less (1.5, 3)."""
    directions = readout_directions(classifier([[3, 0, 0], [0, 6, 0]], "softmax"))
    np.testing.assert_allclose(directions, [[3, -1.5, -1.5], [-3, 6, -3]])


def test_what_all_classes_share_moves_no_prediction_and_is_no_direction():
    """A softmax takes the weights (1, 1) that its three classes share for nothing."""
    shared = readout_directions(classifier([[4, 1, 1], [1, 7, 1]], "softmax"))
    np.testing.assert_allclose(shared, readout_directions(classifier([[3, 0, 0], [0, 6, 0]], "softmax")))


@pytest.mark.parametrize("last", ["activation", "per step"])
def test_a_model_that_ends_otherwise_is_one_sentence(last):
    inputs = keras.Input((4,) if last == "activation" else (3, 4))
    outputs = layers.Dense(1)(inputs)
    model = keras.Model(inputs, layers.Activation("sigmoid")(outputs) if last == "activation" else outputs)
    with pytest.raises(UserError, match="its output does not come from a Dense layer that reads one vector a text"):
        readout_directions(model)
