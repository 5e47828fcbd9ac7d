"""What masks do, and that an instrumented model computes what the model computes."""

from pathlib import Path

import numpy as np
import pytest

from tests.architectures import architecture

pytestmark = pytest.mark.slow

TOKENS = np.array([[2, 3, 4, 5], [6, 7, 8, 9]], dtype=np.int32)


@pytest.fixture(scope="module", autouse=True)
def _tensorflow():
    from stages.models.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()


def built(mask="none", classes=2, seed=0, **sizes):
    from stages.models.build import build_model

    return build_model(architecture(mask, **sizes), 12, classes, 9, seed)


def padded(side):
    return np.pad(TOKENS, ((0, 0), (3, 0) if side == "pre" else (0, 3)))


def test_every_mask_starts_from_the_same_weights_and_another_seed_from_others():
    weights = {mask: built(mask).get_weights() for mask in ("none", "embedding", "embedding+masking")}
    for ours in weights.values():
        assert all(map(np.array_equal, ours, weights["none"]))
    assert not np.array_equal(built(seed=1).get_weights()[0], weights["none"][0])


def test_the_two_directions_start_from_different_weights():
    layer = built(bidirectional="concat").get_layer("lstm_1")
    assert not np.array_equal(layer.forward_layer.get_weights()[0], layer.backward_layer.get_weights()[0])


@pytest.mark.parametrize(
    "sizes", [{}, {"layers": 2}, {"bidirectional": "concat"}, {"layers": 2, "bidirectional": "concat"}]
)
def test_a_real_mask_freezes_every_state_and_the_popular_recipe_masks_nothing(sizes):
    from stages.states.instrument import InstrumentedModel

    drift = {}
    for mask in ("none", "embedding", "embedding+masking"):
        model = InstrumentedModel(built(mask, **sizes))
        alone, *with_pads = (model.read(tokens) for tokens in (TOKENS, padded("pre"), padded("post")))
        drift[mask] = [
            np.abs(alone.states[layer][letter] - reading.states[layer][letter]).max()
            for reading in with_pads
            for layer in alone.states
            for letter in "hc"
        ]
    assert max(drift["embedding"]) == 0.0
    assert min(drift["none"]) > 1e-4
    assert drift["embedding+masking"] == drift["none"]


@pytest.mark.parametrize("sizes", [{}, {"layers": 3}, {"bidirectional": "concat", "layers": 2}])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_instrumented_model_computes_what_the_saved_model_computes(tmp_path: Path, sizes, classes):
    import keras

    from stages.states.instrument import InstrumentedModel

    path = tmp_path / "model.keras"
    built("embedding", classes, **sizes).save(path)
    model = keras.models.load_model(path)
    reading = InstrumentedModel(model).read(padded("post"))
    np.testing.assert_allclose(reading.output, model.predict_on_batch(padded("post")), atol=1e-7)
    last = list(reading.states)[-1]
    width = 6 if "bidirectional" in sizes else 3
    assert list(reading.states) == [f"lstm_{n}" for n in range(1, sizes.get("layers", 1) + 1)]
    assert reading.states[last]["c"].shape == (2, width)
    np.testing.assert_allclose(reading.head, reading.states[last]["h"], atol=1e-7)


def test_states_of_an_lstm_by_hand():
    """One step of an LSTM, computed from its weights (Hochreiter & Schmidhuber 1997, gates in Keras' order i f c o)."""
    from stages.states.instrument import InstrumentedModel

    model = built()
    embedding, kernel, _, bias, *_ = model.get_weights()
    i, f, g, o = np.split(embedding[[2, 6]] @ kernel + bias, 4, axis=1)
    cell = 1 / (1 + np.exp(-i)) * np.tanh(g)
    reading = InstrumentedModel(model).read(TOKENS[:, :1])
    np.testing.assert_allclose(reading.states["lstm_1"]["c"], cell, rtol=1e-5)
    np.testing.assert_allclose(reading.states["lstm_1"]["h"], np.tanh(cell) / (1 + np.exp(-o)), rtol=1e-5)
    assert f.shape == (2, 3)


def test_the_states_of_a_gru_in_two_directions_are_told_apart():
    import keras

    from stages.states.instrument import InstrumentedModel

    tokens = keras.Input((None,), dtype="int32")
    hidden = keras.layers.Embedding(12, 4)(tokens)
    hidden = keras.layers.Bidirectional(keras.layers.GRU(3), name="gru")(hidden)
    model = keras.Model(tokens, keras.layers.Dense(1)(hidden))
    reading = InstrumentedModel(model).read(TOKENS)
    assert set(reading.states["gru"]) == {"h"}
    np.testing.assert_allclose(reading.states["gru"]["h"], reading.head, atol=1e-7)


def test_a_model_without_recurrent_layers_has_a_head_and_no_states():
    import keras

    from stages.states.instrument import InstrumentedModel

    tokens = keras.Input((None,), dtype="int32")
    hidden = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(12, 4)(tokens))
    model = InstrumentedModel(keras.Model(tokens, keras.layers.Dense(1)(hidden)))
    reading = model.read(TOKENS)
    assert (model.recurrent, reading.states, reading.head.shape) == (False, {}, (2, 4))
