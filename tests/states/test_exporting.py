"""Exporting one seed: the conditions, the texts in each, and what the states files hold."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from stages.errors import UserError
from stages.models.training import train_seed
from stages.runtime.paths import AUDIT, PAD_STEP, READOUT, conditions, states_file
from stages.states.exporting import loaded
from stages.states.pad_runs import PadRuns
from stages.states.reader import aligned_batches, read_metadata, read_readout, states_batches
from stages.texts.tokens.padded import read_padded
from tests.models.cells import PADS, VARIANTS, exported, scores, training_task
from tests.padded_texts import MAX_LEN
from tests.pipelines import contents

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def states(states_of):
    """The states of the baseline of one seed, padded behind."""
    return states_of("baseline", "post")


@pytest.fixture(scope="module")
def models(make_params, padded, trained, trainers_kept, tmp_path_factory):
    """The folder of a variant trained on one side of padding, to be read alone."""

    @cache
    def of(variant, side):
        if side == "post" and variant in VARIANTS:
            return trained / variant
        folder = tmp_path_factory.mktemp("model") / variant
        train_seed(training_task(make_params, padded[side], folder, variant, side=side))
        return folder

    return of


@pytest.fixture(scope="module")
def states_of(models, padded, tmp_path_factory):
    """The states of such a model, exported once, to be read alone."""

    @cache
    def of(variant, side):
        folder = tmp_path_factory.mktemp("states") / variant
        return exported(padded, models(variant, side), folder, variant, side)

    return of


def test_a_head_of_one_width_is_exported_with_its_pads_moved_to_the_other_side(make_params, padded, tmp_path):
    changes = {"model.head": "flatten"}
    train_seed(training_task(make_params, padded["post"], tmp_path / "model", "masked", **changes))
    folder = exported(padded, tmp_path / "model", tmp_path / "states", "masked")
    paths = [states_file(folder, name) for name in ("pads-0", "pads-5", "as-trained")]
    alone, moved, trained = next(aligned_batches(paths, ["h_lstm_1", "head"], 1000))
    # The same rows, but in batches of other shapes.
    np.testing.assert_allclose(alone.vectors["head"], trained.vectors["head"], atol=1e-6)
    full = alone.length == MAX_LEN
    assert np.array_equal(alone.vectors["head"][full], moved.vectors["head"][full])
    assert not np.isclose(alone.vectors["head"][~full], moved.vectors["head"][~full]).all(axis=1).any()
    np.testing.assert_allclose(alone.vectors["h_lstm_1"], moved.vectors["h_lstm_1"], atol=1e-7)
    assert json.loads((folder / PAD_STEP).read_text()) is None
    audit = json.loads((folder / AUDIT).read_text())
    assert (audit["verdicts"]["post"], audit["first_leak"]["post"]["cause"]) == ("LEAKS", "fixed_width")


def test_a_model_without_recurrence_is_exported_with_its_head_alone(states_of):
    folder = states_of("cnn", "post")
    assert read_metadata(states_file(folder, "pads-1")).widths == {"probability": 2, "head": 4}
    assert json.loads((folder / PAD_STEP).read_text()) is None


def test_an_explicit_mask_trains_and_exports_the_states_of_the_masked_model(models, states_of):
    """Same weights, same texts, the same pads left out: where the mask comes from changes nothing."""
    assert scores(models("explicit", "pre"))["splits"] == scores(models("masked", "pre"))["splits"]
    folders = [states_of(variant, "pre") for variant in ("masked", "explicit")]
    paths = [states_file(folder, "pads-5") for folder in folders]
    masked, explicit = next(aligned_batches(paths, ["head"], 1000))
    assert np.array_equal(masked.vectors["head"], explicit.vectors["head"])
    for folder in folders:
        audit = json.loads((folder / AUDIT).read_text())
        assert audit["verdicts"] == {"pre": "PROVEN", "post": "PROVEN"}


def test_the_audit_of_an_unmasked_model_names_the_layer_that_reads_pads(states):
    audit = json.loads((states / AUDIT).read_text())
    assert audit["verdicts"] == {"pre": "LEAKS", "post": "LEAKS"}
    assert audit["first_leak"]["pre"] == {"layer": "lstm_1", "cause": "no_mask", "culprit": None}
    assert audit["one_prediction_a_text"]


def test_a_shift_along_the_readout_is_the_change_of_the_log_odds(states):
    """So what is written is what the classifier makes of the column `head`, but for its bias."""
    directions = read_readout(states / READOUT)
    assert (directions.shape, directions.dtype) == ((4, 1), np.float64)
    ((one, other),) = aligned_batches([states_file(states, name) for name in ("as-trained", "pads-5")], ["head"])
    odds = [np.log(each.probability[:, 1].astype(np.float64) / each.probability[:, 0]) for each in (one, other)]
    moved = (other.vectors["head"].astype(np.float64) - one.vectors["head"]) @ directions
    assert np.abs(moved).max() > 1e-3
    np.testing.assert_allclose(moved[:, 0], odds[1] - odds[0], atol=1e-5)


def test_every_condition_holds_the_same_texts_in_the_same_order(states):
    names = sorted(path.name.removeprefix("condition=") for path in states.glob("*=*"))
    assert names == ["as-trained", "other-side", "pads-0", "pads-1", "pads-5"] == sorted(conditions(PADS))
    for name in names:
        pairs = list(aligned_batches([states_file(states, "pads-0"), states_file(states, name)], ["head"]))
        assert sum(len(one.text_id) for one, _ in pairs) == 160
    metadata = read_metadata(states_file(states, "pads-5"))
    assert metadata.widths == {"probability": 2, "h_lstm_1": 4, "c_lstm_1": 4, "head": 4}
    assert (metadata.classes, metadata.condition, metadata.seed) == (("no", "yes"), "pads-5", 0)


def test_pads_are_counted_and_probabilities_sum_to_one(states):
    (extra,) = states_batches(states_file(states, "pads-5"), [])
    (whole,) = states_batches(states_file(states, "as-trained"), [])
    assert set(extra.pads) == {5}
    np.testing.assert_array_equal(whole.pads + whole.length, MAX_LEN)
    np.testing.assert_allclose(extra.probability.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("side", ["pre", "post"])
def test_extra_pads_move_the_baseline_and_leave_the_masked_model_exact(states_of, side):
    moved = {}
    for variant in ("baseline", "masked"):
        states = states_of(variant, side)
        for condition in ("pads-1", "pads-5", "as-trained", "other-side"):
            ((one, other),) = aligned_batches(
                [states_file(states, "pads-0"), states_file(states, condition)], ["c_lstm_1"]
            )
            moved[variant, condition] = np.abs(one.vectors["c_lstm_1"] - other.vectors["c_lstm_1"]).max()
    assert {size for (variant, _), size in moved.items() if variant == "masked"} == {0.0}
    assert moved["baseline", "pads-1"] > 1e-3


def test_the_text_alone_is_read_without_any_padding(states, trained, padded):
    """Each text run by itself through the saved model, against the batch export."""
    import keras

    (batch,) = states_batches(states_file(states, "pads-0"), [])
    texts = read_padded(padded["post"] / "test.parquet")
    model = keras.models.load_model(trained / "baseline" / "model.keras")
    for row in (0, 7, 100):
        alone = texts.tokens[row : row + 1, : texts.length[row]]
        assert batch.probability[row, 1] == pytest.approx(model.predict_on_batch(alone)[0, 0], abs=1e-6)
        assert batch.text_id[row] == texts.text_id[row]


def test_the_number_of_texts_is_a_knob(trained, padded, tmp_path):
    states = exported(padded, trained / "baseline", tmp_path / "states", texts=10)
    (batch,) = states_batches(states_file(states, "pads-1"), [])
    assert len(batch.text_id) == 10


def test_windows_do_not_change_what_is_exported(states, trained, padded, tmp_path, monkeypatch):
    monkeypatch.setattr("stages.states.exporting.WINDOW_ROWS", 33)
    parts = exported(padded, trained / "baseline", tmp_path / "parts")
    for condition in conditions(PADS):
        ((one, other),) = aligned_batches([states_file(states, condition), states_file(parts, condition)], ["head"])
        np.testing.assert_allclose(one.vectors["head"], other.vectors["head"], atol=1e-6)


def test_a_damaged_model_is_one_sentence(padded, tmp_path):
    (tmp_path / "model.keras").write_bytes(b"not a model")
    with pytest.raises(UserError, match=r"model\.keras: not a readable Keras model"):
        exported(padded, tmp_path, tmp_path / "states")


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("variant", ["baseline", "masked"])
def test_runs_of_pads_write_what_whole_rows_write(models, states_of, padded, tmp_path, monkeypatch, variant, side):
    model, runs = models(variant, side), states_of(variant, side)
    assert PadRuns.of(loaded(model / "model.keras"))
    monkeypatch.setattr(PadRuns, "of", lambda _model: None)
    rows = exported(padded, model, tmp_path / "rows", variant, side)
    assert {str(states_file(Path(), name)) for name in conditions(PADS)} < set(contents(runs))
    steps = [json.loads((folder / PAD_STEP).read_text()) for folder in (runs, rows)]
    assert steps[0].pop("every_pads")  # told of runs of pads alone
    assert steps[0] == steps[1]
    of_runs, of_rows = contents(runs), contents(rows)
    del of_runs[PAD_STEP], of_rows[PAD_STEP]
    assert of_runs == of_rows
