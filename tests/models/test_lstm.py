"""The LSTM that trains: Keras's own is the judge, to the last bit, under a mask to rounding."""

import numpy as np
import pytest

from stages.models import training as stage
from stages.models.tensorflow_setup import one_op_after_another, prepare_tensorflow
from tests.models.cells import training_task

pytestmark = pytest.mark.slow

BATCH, TIME, FEATURES, UNITS = 16, 21, 16, 32
RNG = np.random.default_rng(4)
LENGTHS = RNG.integers(1, TIME + 1, (BATCH, 1))
STEPS = np.arange(TIME)
MASKS = {
    "none": None,
    "post": LENGTHS > STEPS,
    "pre": STEPS[::-1] < LENGTHS,
    "holes": RNG.random((BATCH, TIME)) < 0.6,
    "nothing in a step": (RNG.random((BATCH, TIME)) < 0.6) & (STEPS % 5 > 0),
}
X = np.ones((2, 3, 5), np.float32)
SEQUENCES = (False, True)


@pytest.fixture(scope="module")
def layers():
    """Our layer, and Keras's."""
    prepare_tensorflow()
    import keras

    from stages.models.lstm import LSTM

    return LSTM, keras.layers.LSTM


def value_and_gradients(layer_class, mask, **options):
    """A layer's answer, and the gradients of x, W, U and b of a function of all of it."""
    import tensorflow as tf

    draws = np.random.default_rng(5)
    layer = layer_class(UNITS, use_cudnn=False, **options)
    layer.build((None, None, FEATURES))
    layer.set_weights([draws.normal(scale=0.3, size=weight.shape) for weight in layer.get_weights()])
    x = tf.constant(draws.normal(size=(BATCH, TIME, FEATURES)), tf.float32)
    weights = [variable.value for variable in layer.trainable_variables]

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES))])
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
@pytest.mark.parametrize("sequences", SEQUENCES)
def test_value_and_gradients_are_those_of_keras_to_the_last_bit(layers, sequences, backwards):
    options = {"return_sequences": sequences, "go_backwards": backwards}
    ours, theirs = (value_and_gradients(layer, "none", **options) for layer in layers)
    assert [value.tobytes() for value in ours] == [value.tobytes() for value in theirs]
    assert all(np.abs(value).max() > 0 for value in ours)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sequences", SEQUENCES)
@pytest.mark.parametrize("mask", ["post", "pre", "holes", "nothing in a step"])
def test_under_a_mask_they_are_those_of_keras_to_rounding(layers, mask, sequences, backwards):
    options = {"return_sequences": sequences, "go_backwards": backwards}
    ours, theirs = (value_and_gradients(layer, mask, **options) for layer in layers)
    for value, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
        assert np.abs(expected).max() > 0


OURS = "computed by our own LSTM"


def computed_by_ours(layer_class, monkeypatch, training=True, mask=None, **options):
    def stop(*_arguments, **_options):
        raise AssertionError(OURS)

    monkeypatch.setattr("stages.models.lstm._through_time", stop)
    try:
        layer_class(4, **{"seed": 1, "use_cudnn": False, **options})(X, training=training, mask=mask)
    except AssertionError as error:
        return OURS in str(error)
    return False


@pytest.mark.parametrize(
    "options",
    [
        {"recurrent_dropout": 0.3},
        {"dropout": 0.3},
        {"use_cudnn": "auto"},
        {"use_bias": False},
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"training": False},
        {"zero_output_for_mask": True, "return_sequences": True, "mask": np.ones(X.shape[:2], bool)},
    ],
)
def test_what_it_has_no_formula_for_keras_computes(layers, monkeypatch, options):
    assert computed_by_ours(layers[0], monkeypatch)
    assert not computed_by_ours(layers[0], monkeypatch, **options)


TWO_WAYS = {"model.bidirectional": "concat", "model.head": "max"}
MODELS = {
    "not masked": ("baseline", "pre", {}),
    "fixed width": ("baseline", "post", {"model.head": "flatten"}),
    "a head that sees masked steps": ("masked", "pre", TWO_WAYS),
}


@pytest.fixture
def trained(layers, make_params, padded, tmp_path, monkeypatch):
    """Trains a seed of a cell with our layers and with those of Keras; the folders of both."""

    def train(variant, side, **changes):
        make, made = stage._trainer.__wrapped__, []
        monkeypatch.setattr(stage, "_trainer", lambda *given: made.append(make(*given)) or made[-1])
        for name, layer in zip(("ours", "keras"), layers, strict=True):
            monkeypatch.setattr("stages.models.lstm.LSTM", layer)
            stage.train_seed(training_task(make_params, padded[side], tmp_path / name, variant, side, **changes))
            assert layer in {type(each) for each in made[-1].model._flatten_layers()}
        assert len(made) == 2
        return tmp_path / "ours", tmp_path / "keras"

    return train


@pytest.mark.parametrize(("variant", "side", "changes"), MODELS.values(), ids=MODELS)
def test_a_seed_ends_as_with_layers_of_keras(trained, variant, side, changes):
    ours, theirs = (
        [path.read_bytes() for path in sorted(each.iterdir())] for each in trained(variant, side, **changes)
    )
    assert len(ours) == 4
    assert ours == theirs


@pytest.mark.parametrize("side", ["pre", "post"])
def test_a_masked_seed_ends_with_the_weights_of_keras_to_rounding(trained, side):
    import keras

    folders = trained("masked", side, **{"model.layers": 2, "model.dropout": 0.2})
    models = [keras.models.load_model(folder / "model.keras", compile=False) for folder in folders]
    for ours, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
