"""The compiled loops of recurrent layers: the values of Keras' own loop, no step of which is called."""

from unittest.mock import patch

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit.loops import compiled_loops
from stages.padding_audit.recording import recorded

LAYERS = {
    "lstm": lambda: layers.LSTM(4, return_sequences=True, return_state=True),
    "lstm by gate": lambda: layers.LSTM(4, implementation=1, return_state=True),
    "gru": lambda: layers.GRU(4, activation="relu", go_backwards=True, return_sequences=True),
    "gru of 2014": lambda: layers.GRU(4, reset_after=False, use_bias=False, return_state=True),
    "simple": lambda: layers.SimpleRNN(4, recurrent_dropout=0.5, return_state=True),
    "rnn": lambda: layers.RNN(layers.GRUCell(4), zero_output_for_mask=True, return_sequences=True),
    "both": lambda: layers.Bidirectional(layers.LSTM(4, return_state=True, zero_output_for_mask=True)),
    "half": lambda: layers.LSTM(4, dtype="mixed_float16"),
}


def drawn(layer, features=3):
    """The layer with random weights, biases too."""
    layer.build((None, None, features))
    generator = np.random.default_rng(0)
    layer.set_weights([generator.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def read(layer, steps, features, mask):
    generator = np.random.default_rng(steps)
    series = keras.ops.convert_to_tensor(generator.normal(size=(5, steps, features)).astype("float32"))
    real = keras.ops.convert_to_tensor(generator.uniform(size=(5, steps)) < 0.7) if mask else None
    return [np.asarray(tensor) for tensor in keras.tree.flatten(layer(series, mask=real))]


def steps_called(layer, steps):
    """How often the cell of a layer is called while the layer reads some steps."""
    with patch.object(layer.cell, "call", wraps=layer.cell.call) as call:
        read(layer, steps, 3, mask=False)
    return call.call_count


@pytest.mark.parametrize("mask", [False, True], ids=["no mask", "mask"])
@pytest.mark.parametrize("build", LAYERS.values(), ids=LAYERS)
def test_a_compiled_loop_gives_what_the_loop_of_keras_gives(build, mask):
    for features in (3, 2):  # other layers of the same kind
        layer = drawn(build(), features)
        for steps in (1, 6):
            expected = read(layer, steps, features, mask)
            with compiled_loops():
                found = read(layer, steps, features, mask)
            for first, second in zip(expected, found, strict=True):
                assert first.dtype == second.dtype
                np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_no_step_is_called_one_by_one():
    layer = drawn(layers.LSTM(3))
    assert steps_called(layer, 9) > 9
    with compiled_loops():
        assert steps_called(layer, 9) == 0


class CellOfHers(layers.SimpleRNNCell):
    pass


@pytest.mark.parametrize(
    "build",
    [
        lambda: layers.RNN(CellOfHers(3)),
        lambda: layers.SimpleRNN(3, activation=lambda x: x / 2),
        lambda: layers.SimpleRNN(3, unroll=True),
        lambda: layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3)])),
    ],
)
def test_code_of_the_users_runs_as_it_is(build):
    layer = drawn(build())
    before = steps_called(layer, 9)
    with compiled_loops():
        assert steps_called(layer, 9) == before


def test_a_loop_in_training_runs_as_it_is():
    layer = drawn(layers.LSTM(3, dropout=0.5))
    with compiled_loops(), patch.object(layer.cell, "call", wraps=layer.cell.call) as call:
        layer(np.ones((2, 4, 3), "float32"), training=True)
    assert call.call_count > 4


def test_keras_is_as_it_was_behind_a_run_even_one_that_fails():
    before = layers.RNN.inner_loop
    with pytest.raises(ZeroDivisionError), compiled_loops():
        assert layers.RNN.inner_loop is not before
        1 / 0  # noqa: B018
    assert layers.RNN.inner_loop is before


def test_a_recorded_run_compiles_and_uses_up_no_name_and_no_random_number():
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential([keras.Input((None, 7)), layers.SimpleRNN(11)])
    keras.utils.set_random_seed(5)
    expected = (keras.random.uniform((1,), seed=keras.random.SeedGenerator()), layers.Dense(1).name)
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(5)
    with patch.object(model.layers[0].cell, "call", side_effect=AssertionError):
        with compiled_loops():
            recorded(model, np.zeros((2, 4, 7), "float32"))
    assert (keras.random.uniform((1,), seed=keras.random.SeedGenerator()), layers.Dense(1).name) == expected
