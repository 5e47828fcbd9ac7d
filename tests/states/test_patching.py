"""Which part of the state carries what pads do: known answers of cells made by hand."""

import numpy as np
import pytest

from stages.analysis.contract_served import Patches
from stages.models.tensorflow_setup import prepare_tensorflow
from stages.runtime.files import read_json
from stages.runtime.paths import PATCHES, states_file
from stages.states.reader import states_batches
from tests.architectures import architecture
from tests.models.cells import exported
from tests.states.test_pad_runs import built

pytestmark = pytest.mark.slow

PADS = 3
OPEN, SHUT = 20.0, -20.0
A, B = 2, 3
"""The two texts, of one token each: the classes 1 and 0."""
OVERWRITES_C = (OPEN, SHUT, -2, OPEN)
"""Input gate, forget gate, candidate and output gate."""
KEEPS_C = (SHUT, OPEN, 0, SHUT)
HARMS = {
    "the cell behind a text": ("behind", "c", OVERWRITES_C, {A: (OPEN, SHUT, 2, OPEN), B: (OPEN, SHUT, -2, OPEN)}, 0),
    "the output gate behind it": ("behind", "h", KEEPS_C, {A: (OPEN, SHUT, 2, OPEN), B: (OPEN, SHUT, -2, OPEN)}, 0),
    "c of the start state": (
        "before",
        "c",
        (OPEN, SHUT, -2, SHUT),
        {A: (OPEN, OPEN, 0.5, OPEN), B: (OPEN, OPEN, -0.5, OPEN)},
        0,
    ),
    "h of the start state": (
        "before",
        "h",
        OVERWRITES_C,
        {A: (OPEN, SHUT, 0.5, OPEN), B: (OPEN, SHUT, -0.5, OPEN)},
        10,
    ),
}


def cell_of_one_unit(pad, texts, recurrent, mask):
    """A classifier of the sign of h behind an LSTM that meets each token with gates of its own."""
    prepare_tensorflow()
    from stages.models.build import build_model

    model = build_model(architecture(mask, units=1, embedding=4), 4, 2, PADS, seed=0)
    model.get_layer("embedding").set_weights([np.eye(4)])
    kernel = np.array([pad, (0, 0, 0, 0), texts[A], texts[B]])
    model.get_layer("lstm_1").set_weights([kernel, np.array([[0, 0, recurrent, 0]]), np.zeros(4)])
    model.get_layer("classifier").set_weights([np.ones((1, 1)), np.array([-0.1])])
    return model


@pytest.mark.parametrize("mask", ["none", "embedding"])
@pytest.mark.parametrize(("place", "part", "pad", "texts", "recurrent"), HARMS.values(), ids=HARMS)
def test_the_part_that_carries_the_harm_is_found(place, part, pad, texts, recurrent, mask):
    from stages.states.patching import patched

    model = cell_of_one_unit(pad, texts, recurrent, mask)
    found = patched(model, [(np.array([[A], [B]], np.int32), np.array([1, 0], np.int32), PADS)])
    other = {"c": "h", "h": "c"}[part]
    assert found["texts"] == 2
    assert found["right"]["none"] == 2
    assert found["right"][place] == found["right"][f"{place}_{part}"] == 1
    assert found["right"][f"{place}_{other}"] == 2


@pytest.mark.parametrize(
    "knobs",
    [{"mask": "embedding"}, {"mask": "embedding", "layers": 2}, {"mask": "masking_on_zeroed_row", "recurrent": "gru"}],
    ids=["lstm", "two layers", "gru"],
)
def test_weights_without_their_mask_are_an_unmasked_model(knobs):
    masked, unmasked = built(**knobs), built(**{**knobs, "mask": "none"})
    unmasked.set_weights(masked.get_weights())
    from stages.states.instrument import InstrumentedModel
    from stages.states.pad_runs import PadRuns
    from stages.states.patching import final_states
    from stages.states.rows import with_pads

    texts = np.random.default_rng(1).integers(1, 40, (16, 6), dtype=np.int32)
    found = final_states(PadRuns.of(masked, masked=False), texts, PADS)
    reader = InstrumentedModel(unmasked)
    for name, rows in (
        ("none", texts),
        ("before", with_pads(texts, PADS, "pre")),
        ("behind", with_pads(texts, PADS, "post")),
    ):
        np.testing.assert_array_equal(found[name], reader.read(rows).head)
    patches = {"before_h", "before_c", "behind_h", "behind_c"}
    assert found.keys() - {"none", "before", "behind"} == (set() if "recurrent" in knobs else patches)


def test_the_shift_along_the_readout_is_all_that_a_prediction_can_see():
    model = built(mask="embedding")
    from stages.states.pad_runs import PadRuns
    from stages.states.patching import final_states, patched

    texts, pads = np.random.default_rng(2).integers(1, 40, (32, 6), dtype=np.int32), 4
    weights = model.get_layer("classifier").get_weights()[0].astype(np.float64)
    contrasts = weights[:, 1:] - weights[:, :1]  # two directions for three classes
    along = contrasts @ np.linalg.pinv(contrasts)
    states = final_states(PadRuns.of(model, masked=False), texts, pads)
    share = patched(model, [(texts, np.zeros(32, np.int32), pads)])["along_readout"]
    for place in ("before", "behind"):
        shift = states[place] - states["none"]
        np.testing.assert_allclose((shift - shift @ along) @ contrasts, 0, atol=1e-12)
        assert share[place] == pytest.approx(((shift @ along) ** 2).sum() / (shift**2).sum())
        assert 0 < share[place] < 0.9


def test_a_text_that_fills_its_row_has_no_pads_and_a_head_over_all_steps_no_final_state():
    from stages.states.patching import patched

    texts = np.full((16, 6), 3, np.int32)
    found = patched(built(), [(texts, np.zeros(10, np.int32), 0)])
    assert found["texts"] == 10
    assert len(set(found["right"].values())) == 1
    assert found["along_readout"] == {"before": None, "behind": None}
    assert patched(built(head="mean"), [(texts, np.zeros(10, np.int32), 0)]) is None


def test_export_counts_the_texts_that_its_states_files_show_right(trained, padded, tmp_path):
    states = exported(padded, trained / "baseline", tmp_path / "states", causes=True)
    patches = Patches(**read_json(states / PATCHES))
    for patch, condition in (("none", "pads-0"), ("behind", "as-trained"), ("before", "other-side")):
        (batch,) = states_batches(states_file(states, condition), [])
        right = int((batch.probability.argmax(axis=1) == batch.label).sum())
        assert (patches.right[patch], patches.texts) == (right, len(batch.label))
