"""Runs of pads that are read once give what the model gives for every padded row, to the last bit."""

import numpy as np
import pytest

from stages.forecast.cost import is_chain
from stages.models.tensorflow_setup import prepare_tensorflow
from stages.params.derived import architecture_of
from tests.architectures import architecture
from tests.conftest import load_content

pytestmark = pytest.mark.slow

PADS = (0, 1, 3, 16)
CHAINS = {
    "lstm": {},
    "gru": {"recurrent": "gru"},
    "simple_rnn": {"recurrent": "simple_rnn"},
    "two layers": {"layers": 2, "dropout": 0.5},
    "mask": {"mask": "embedding"},
    "mask, two layers": {"mask": "embedding", "layers": 2},
    "second mask": {"mask": "embedding+masking"},
    "row of zeros": {"mask": "masking_on_zeroed_row", "recurrent": "gru"},
}
OTHERS = {
    "normalized": {"layers": 2, "layer_normalization": True},
    "both directions": {"bidirectional": "concat"},
    "all steps": {"head": "mean"},
    "explicit mask": {"mask": "explicit"},
    "fixed width": {"head": "flatten"},
    "no recurrent layer": {"recurrent": "none", "head": "conv"},
}


def built(**knobs):
    prepare_tensorflow()
    from stages.models.build import build_model

    model = build_model(architecture(units=7, embedding=5, **knobs), 40, 3, 20, seed=1)
    # Weights as large as those of a trained model, the row of zeros kept.
    rng = np.random.default_rng(0)
    for layer in model.layers:
        layer.set_weights([each + (each != 0) * rng.normal(0, 0.5, each.shape) for each in layer.get_weights()])
    return model


@pytest.mark.parametrize("variant", load_content()["variants"])
def test_the_forecast_knows_without_building_which_models_are_read_so(make_params, variant):
    prepare_tensorflow()
    from stages.models.build import build_model
    from stages.states.pad_runs import PadRuns

    made = architecture_of(make_params(), variant)
    assert is_chain(made) is (PadRuns.of(build_model(made, 40, 2, 20, seed=1)) is not None)


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("knobs", CHAINS.values(), ids=CHAINS)
def test_every_number_of_pads_gives_what_the_padded_row_gives(knobs, side):
    model = built(**knobs)
    from stages.states.instrument import InstrumentedModel
    from stages.states.pad_runs import PadRuns
    from stages.states.rows import with_pads

    runs, whole = PadRuns.of(model), InstrumentedModel(model)
    assert runs is not None
    for rows in (1, 5, 32, 5):
        texts = np.random.default_rng(rows).integers(1, 40, (rows, 6), dtype=np.int32)
        for pads, ours in zip(PADS, runs.read(texts, PADS, side), strict=True):
            theirs = whole.read(with_pads(texts, pads, side))
            np.testing.assert_array_equal(ours.output, theirs.output)
            np.testing.assert_array_equal(ours.head, theirs.head)
            assert ours.states.keys() == theirs.states.keys()
            for layer, states in theirs.states.items():
                assert ours.states[layer].keys() == states.keys()
                for letter, values in states.items():
                    np.testing.assert_array_equal(ours.states[layer][letter], values)


@pytest.mark.parametrize(("mask", "passes"), [("embedding", 1), ("none", len(PADS))])
def test_texts_are_read_again_only_behind_pads_that_lead_to_another_state(mask, passes, monkeypatch):
    model = built(mask=mask)
    from stages.states.pad_runs import PadRuns

    runs, read = PadRuns.of(model), []
    run = runs.run
    monkeypatch.setattr(runs, "run", lambda tokens, states: read.append(tokens.any()) or run(tokens, states))
    assert len(list(runs.read(np.full((5, 6), 3, np.int32), PADS, "pre"))) == len(PADS)
    assert sum(read) == passes


@pytest.mark.parametrize("knobs", OTHERS.values(), ids=OTHERS)
def test_other_models_are_read_row_by_row(knobs):
    model = built(**knobs)
    from stages.states.pad_runs import PadRuns

    assert PadRuns.of(model) is None
