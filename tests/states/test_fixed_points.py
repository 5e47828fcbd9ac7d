"""Where a run of pads ends, against maps whose fixed points are known and against the model's own states."""

import numpy as np
import pytest

from stages.runtime.files import read_json
from stages.runtime.paths import PAD_STEP
from stages.states.exporting import ExportTask, export_seed
from tests.architectures import architecture
from tests.padded_texts import VOCABULARY, write_padded

pytestmark = pytest.mark.slow

TEXTS = [np.array([[2, 3, 4], [5, 6, 7]], dtype=np.int32), np.array([[2, 3, 4, 5, 6], [7, 8, 9, 2, 3]], dtype=np.int32)]


@pytest.fixture(scope="module", autouse=True)
def _tensorflow():
    from stages.models.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()


def account(model):
    from stages.states.fixed_points import pad_step
    from stages.states.instrument import InstrumentedModel

    return pad_step(model, InstrumentedModel(model), TEXTS)


def model_of(layer):
    """Tokens → embedding of one feature → layer → one output; index 0 is embedded as 0.

    The last tokens of two of the four texts are embedded as 3, of the other two as −3.
    """
    import keras

    tokens = keras.Input((None,), dtype="int32")
    embed = keras.layers.Embedding(12, 1)
    model = keras.Model(tokens, keras.layers.Dense(1)(layer(embed(tokens))))
    embed.set_weights([np.array([[0, 1, 2, 3, 3, -1, -3, -3, 1, 2, -2, 1]]).T])
    return model


def plain(recurrent, activation="tanh", bias=0.0):
    """A SimpleRNN with this recurrent kernel, which reads the embedding through ones."""
    import keras

    recurrent = np.array(recurrent, dtype=float)
    layer = keras.layers.SimpleRNN(len(recurrent), activation=activation, name="plain")
    model = model_of(layer)
    layer.set_weights([np.ones((1, len(recurrent))), recurrent, np.full(len(recurrent), bias)])
    return model


def built(mask="none", vocabulary=12, **sizes):
    from stages.models.build import build_model

    return build_model(architecture(mask, **sizes), vocabulary, 2, 9, seed=3)


def test_a_linear_map_has_one_fixed_point_and_the_spectral_radius_of_its_matrix():
    matrix = [[0.5, 0.3, 0.0], [-0.4, 0.6, 0.1], [0.0, 0.2, -0.7]]
    result = account(plain(matrix, activation="linear", bias=0.4))
    (point,) = result["fixed_points"]
    assert (result["moves"], result["layer"], result["settled"]) == (True, "plain", 1.0)
    assert point["spectral_radius"] == pytest.approx(np.abs(np.linalg.eigvals(np.array(matrix))).max(), rel=1e-5)
    assert point["starts"] == 1.0
    assert point["residual"] < 1e-12


def test_two_attracting_points_and_the_repelling_one_that_the_zero_state_stays_at():
    """z → tanh(2z): z = ±0.9575 with slope 2 (1 − z²) = 0.1664, and z = 0 with slope 2."""
    result = account(plain([[2.0]]))
    z = 0.9575040240772687
    assert np.tanh(2 * z) == pytest.approx(z, abs=1e-12)
    radii = [point["spectral_radius"] for point in result["fixed_points"]]
    shares = [point["starts"] for point in result["fixed_points"]]
    assert sorted(radii) == pytest.approx([2 * (1 - z**2), 2 * (1 - z**2), 2.0], rel=1e-5)
    assert shares == [0.4, 0.4, 0.2]
    assert radii[2] == 2.0
    assert result["settled"] == 1.0


def test_a_cycle_is_not_a_fixed_point():
    """z → tanh(−2z) swings between ±0.9575; only the zero state stays where it is."""
    result = account(plain([[-2.0]]))
    assert result["settled"] == 0.2
    assert [point["spectral_radius"] for point in result["fixed_points"]] == [2.0]


@pytest.mark.parametrize("slope", [1.0, 0.99999, 1.1, 2.0])
def test_a_drift_that_goes_on_is_not_a_fixed_point(slope):
    """z → slope · z + 0.01: no fixed point, one at 1000 that 2000 pads do not reach, and flights to infinity."""
    result = account(plain([[slope]], activation="linear", bias=0.01))
    assert result["moves"]
    assert (result["settled"], result["fixed_points"]) == (0.0, [])


def lstm_step(z, pad, weights):
    """One step of an LSTM on z = (h, c), gates in Keras' order i f c o."""
    kernel, recurrent, bias = (np.asarray(weight, dtype=np.float64) for weight in weights)
    h, c = np.split(z, 2)
    i, f, g, o = np.split(pad @ kernel + h @ recurrent + bias, 4)
    c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
    return np.concatenate([np.tanh(c) / (1 + np.exp(-o)), c])


def test_an_lstm_that_hardly_forgets_against_finite_differences():
    model = built()
    embedding, kernel, recurrent, bias, *head = model.get_weights()
    bias[3:6] = 4.0
    model.set_weights([embedding, kernel, recurrent, bias, *head])
    z = np.zeros(6)
    for _ in range(5000):
        z = lstm_step(z, embedding[0].astype(np.float64), (kernel, recurrent, bias))
    slopes = [
        lstm_step(z + move, embedding[0].astype(np.float64), (kernel, recurrent, bias))
        - lstm_step(z - move, embedding[0].astype(np.float64), (kernel, recurrent, bias))
        for move in 1e-5 * np.eye(6)
    ]
    expected = np.abs(np.linalg.eigvals(np.array(slopes) / 2e-5)).max()
    radii = {round(point["spectral_radius"], 4) for point in account(model)["fixed_points"]}
    assert 0.9 < expected < 1
    assert round(float(expected), 4) in radii


def test_a_gru_contracts_its_own_states_by_the_spectral_radius():
    import keras

    from stages.states.instrument import InstrumentedModel

    layer = keras.layers.GRU(1)
    model = model_of(layer)
    layer.set_weights([np.ones((1, 3)), np.ones((1, 3)), np.array([[0.9, -0.2, 0.8], [0.1, 0.3, -0.4]])])
    reader = InstrumentedModel(model)
    text = TEXTS[0][:1]
    h = [reader.read(np.pad(text, ((0, 0), (0, pads)))).states[layer.name]["h"][0, 0] for pads in (40, 41, 42)]
    result = account(model)
    (point,) = result["fixed_points"]
    assert result["settled"] == 1.0
    assert point["spectral_radius"] == pytest.approx((h[2] - h[1]) / (h[1] - h[0]), rel=0.005)


def test_of_two_directions_and_two_layers_the_first_forward_one_is_followed():
    one, both = built(), built(bidirectional="concat", layers=2)
    both.get_layer("embedding").set_weights(one.get_layer("embedding").get_weights())
    both.get_layer("lstm_1").forward_layer.set_weights(one.get_layer("lstm_1").get_weights())
    found = account(one)
    assert found == account(both)
    assert found["layer"] == "lstm_1"


@pytest.mark.parametrize("sizes", [{}, {"layers": 2}, {"bidirectional": "concat"}])
def test_a_mask_makes_the_step_the_identity(sizes):
    assert account(built("embedding", **sizes)) == {
        "moves": False,
        "layer": "lstm_1",
        "settled": None,
        "fixed_points": [],
    }
    unmasked = account(built("none", **sizes))
    assert account(built("embedding+masking", **sizes)) == unmasked
    assert unmasked["moves"]


@pytest.mark.parametrize("side", ["pre", "post"])
def test_export_writes_the_account_beside_the_states_and_the_same_bytes_again(tmp_path, side):
    padded = write_padded(tmp_path / "padded", side)
    built(vocabulary=VOCABULARY).save(tmp_path / "model.keras")
    written = []
    for name in ("first", "again"):
        task = ExportTask(
            padded=padded,
            model=tmp_path / "model.keras",
            folder=tmp_path / name,
            side=side,
            variant="baseline",
            seed=0,
            classes=("no", "yes"),
            tokenizer="",
            pads=(0, 1),
            texts="all",
            batch_size=64,
        )
        export_seed(task)
        written.append((tmp_path / name / PAD_STEP).read_bytes())
    assert written[0] == written[1]
    assert set(read_json(tmp_path / "first" / PAD_STEP)) == {"moves", "layer", "settled", "fixed_points", "every_pads"}
