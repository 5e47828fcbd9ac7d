"""The LSTM that trains: Keras's own is the judge of its values and gradients, to the last bit."""

import numpy as np
import pytest

from stages.modeling import training as stage
from stages.modeling.tensorflow_runtime import one_op_after_another, prepare_tensorflow
from tests.modeling.cells import training_unit

pytestmark = pytest.mark.slow

BATCH, TIME = 16, 21
RNG = np.random.default_rng(4)
LENGTHS = RNG.integers(1, TIME + 1, (BATCH, 1))
STEPS = np.arange(TIME)
MASKS = {
    "none": None,
    "post": LENGTHS > STEPS,
    "pre": STEPS[::-1] < LENGTHS,
    "holes": RNG.random((BATCH, TIME)) < 0.6,
}
ONE_END = [(mask, sequences) for mask in ("none", "post", "pre") for sequences in (False, True)]


@pytest.fixture(scope="module")
def layers():
    """Our layer, and Keras's."""
    prepare_tensorflow()
    import keras

    from stages.modeling.lstm import LSTM

    return LSTM, keras.layers.LSTM


def value_and_gradients(layer_class, mask, features, units, **options):
    """A layer's answer, and the gradients of x, W, U and b of a function of all of it."""
    import tensorflow as tf

    draws = np.random.default_rng(5)
    layer = layer_class(units, use_cudnn=False, **options)
    layer.build((None, None, features))
    layer.set_weights([draws.normal(size=weight.shape) for weight in layer.get_weights()])
    x = tf.constant(draws.normal(size=(BATCH, TIME, features)), tf.float32)
    weights = [variable.value for variable in layer.trainable_variables]

    @tf.function(input_signature=[tf.TensorSpec((None, None, features))])
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = layer(x, mask=MASKS[mask], training=True)
            scale = tf.cast(tf.range(tf.size(found)), tf.float32) / tf.cast(tf.size(found), tf.float32)
            total = tf.reduce_sum(tf.reshape(found, (-1,)) ** 2 * scale)
        return found, *tape.gradient(total, [x, *weights])

    with one_op_after_another():
        return [np.asarray(value) for value in both(x)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("mask", "sequences"), [*ONE_END, ("holes", False)])
def test_value_and_gradients_are_those_of_keras_to_the_last_bit(layers, mask, sequences, backwards):
    for features, units in ((3, 4), (16, 32)):
        options = {"return_sequences": sequences, "go_backwards": backwards}
        ours, theirs = (value_and_gradients(layer, mask, features, units, **options) for layer in layers)
        assert [value.tobytes() for value in ours] == [value.tobytes() for value in theirs]
        assert all(np.abs(value).max() > 0 for value in ours)


def test_gradients_of_masked_steps_between_others_are_those_of_keras_to_rounding(layers):
    """There the steps of a sequence have another order of sums."""
    ours, theirs = (value_and_gradients(layer, "holes", 16, 32, return_sequences=True) for layer in layers)
    for value, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("training", "options"), [(False, {}), (True, {"recurrent_dropout": 0.3}), (True, {"dropout": 0.3})]
)
def test_what_it_does_not_compute_itself_keras_computes(layers, monkeypatch, training, options):
    def none(*_arguments, **_options):
        raise AssertionError("computed by our own LSTM")

    monkeypatch.setattr("stages.modeling.lstm._through_time", none)
    assert layers[0](4, seed=1, **options)(np.ones((2, 3, 5), np.float32), training=training).shape == (2, 4)


@pytest.mark.parametrize(
    "changes", [{}, {"model.layers": 2, "model.bidirectional": "concat", "model.head": "mean", "model.dropout": 0.2}]
)
def test_a_seed_ends_as_with_layers_of_keras(layers, make_params, padded, tmp_path, monkeypatch, changes):
    found = {}
    for name, layer in zip(("ours", "keras"), layers, strict=True):
        monkeypatch.setattr("stages.modeling.lstm.LSTM", layer)
        stage._trainer.cache_clear()
        stage.train_seed(training_unit(make_params, padded["post"], tmp_path / name, "masked", **changes))
        found[name] = [path.read_bytes() for path in sorted((tmp_path / name).iterdir())]
    stage._trainer.cache_clear()
    assert len(found["ours"]) == 3
    assert found["ours"] == found["keras"]
