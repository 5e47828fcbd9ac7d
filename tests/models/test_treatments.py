"""What variants may do about padding beside a mask, in the model and in its training."""

import numpy as np
import pytest

from stages.models.tensorflow_setup import prepare_tensorflow
from stages.models.training import train_seed
from stages.params.derived import architecture_of
from stages.texts.tokens.padded import read_padded
from tests.architectures import architecture
from tests.models.cells import scores, training_task

pytestmark = pytest.mark.slow

WORDS, WIDTH = 12, 9
RNG = np.random.default_rng(3)
LENGTH = RNG.integers(2, WIDTH + 1, 32)
TOKENS = np.where(np.arange(WIDTH) < LENGTH[:, None], RNG.integers(1, WORDS, (32, WIDTH)), 0).astype(np.int32)
LABEL = (LENGTH > 5).astype(np.float32)[:, None]


@pytest.fixture(autouse=True)
def _tensorflow():
    prepare_tensorflow()


def trained(**knobs):
    """A model, and the same after three updates."""
    from stages.models.build import build_model
    from stages.models.trainer import Trainer

    before, model = (build_model(architecture(**knobs), WORDS, 2, WIDTH, 7) for _ in range(2))
    Trainer(model, 2, 0.02).train([(TOKENS, LABEL)] * 3)
    return before, model


def weights(model, layer):
    return model.get_layer(layer).get_weights()[0]


def test_a_pad_row_of_zeros_stays_zero_and_the_others_learn():
    before, model = trained(pad_row="zero")
    assert not weights(model, "embedding")[0].any()
    assert (weights(model, "embedding") != weights(before, "embedding")).any(axis=1).sum() == WORDS - 1
    assert not np.array_equal(model(TOKENS), model(np.pad(TOKENS, ((0, 0), (0, 3)))))  # its pads are read all the same


@pytest.mark.parametrize("recurrent", ["lstm", "gru"])
def test_a_trained_start_state_begins_as_zeros_learns_and_ignores_pads_behind_a_mask(recurrent):
    from stages.models.build import build_model

    knobs = {"mask": "embedding", "recurrent": recurrent}
    before, model = trained(start_state="trained", layers=2, **knobs)
    usual = build_model(architecture(layers=2, **knobs), WORDS, 2, WIDTH, 7)
    np.testing.assert_array_equal(before(TOKENS), usual(TOKENS))
    starts = [f"{recurrent}_{layer}_start_{letter}" for layer in (1, 2) for letter in "hc"[: 1 + (recurrent == "lstm")]]
    assert all(weights(model, name).any() for name in starts)
    for side in ((3, 0), (0, 3)):
        np.testing.assert_array_equal(model(TOKENS), model(np.pad(TOKENS, ((0, 0), side))))


def test_the_length_stands_beside_the_head():
    from stages.states.instrument import InstrumentedModel

    _, model = trained(length_to_head=True)
    for pads in ((3, 0), (0, 3)):
        head = InstrumentedModel(model).read(np.pad(TOKENS, ((0, 0), pads))).head
        np.testing.assert_allclose(head[:, -1], LENGTH / WIDTH, rtol=1e-6)


def test_random_pads_are_drawn_for_every_text_from_none_to_all_and_the_same_in_every_run(make_params, padded, tmp_path):
    for name in ("first", "again"):
        train_seed(training_task(make_params, padded["post"], tmp_path / name, "random_pads"))
    train_seed(training_task(make_params, padded["post"], tmp_path / "baseline"))
    first, again, baseline = ((tmp_path / n / "model.keras").read_bytes() for n in ("first", "again", "baseline"))
    assert first == again != baseline
    assert scores(tmp_path / "first")["training"] == scores(tmp_path / "baseline")["training"]


@pytest.mark.parametrize("side", ["pre", "post"])
def test_a_text_at_a_random_place_is_the_same_text(padded, side):
    from stages.models.training import Feed

    texts = read_padded(padded[side] / "train.parquet")
    rows, generator = np.arange(len(texts.length)), np.random.default_rng(0)
    tokens, label = Feed(texts, side, trims=False, explicit=False).batch(rows, generator)
    before = (tokens != 0).argmax(axis=1)
    room = tokens.shape[1] - texts.length
    assert {0.0, 1.0} <= set(before[room > 0] / room[room > 0])
    assert 0.4 < np.mean(before[room > 0] / room[room > 0]) < 0.6
    assert [row[row != 0].tolist() for row in tokens] == [row[row != 0].tolist() for row in texts.tokens]
    np.testing.assert_array_equal(label[:, 0], texts.label)


def test_the_catalogue_has_a_variant_of_each(make_params):
    params = make_params({})
    found = {name: architecture_of(params, name) for name in params.variants}
    assert found["baseline"] == found["random_pads"].model_copy(update={"random_pads": False})
    assert found["baseline"] == found["zero_row"].model_copy(update={"pad_row": "learned"})
    assert found["masked"] == found["trained_start"].model_copy(update={"start_state": "zero"})
    assert found["baseline"] == found["length"].model_copy(update={"length_to_head": False})
    assert found["masked"] == found["masked_length"].model_copy(update={"length_to_head": False})
