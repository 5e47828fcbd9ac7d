"""One pass over states on disk: its figures are those of the arrays in any batches, and its memory is bounded."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from stages.analysis import one_model
from stages.analysis.one_model import ModelTask, outcome_of_model
from stages.errors import UserError
from stages.params.schema import Epsilon
from stages.runtime.files import write_json
from stages.runtime.paths import AUDIT, PAD_STEP, READOUT, states_file, states_of
from stages.states.schema import StatesMetadata
from stages.states.writer import states_writer
from stages.stats.predictions import Quantity
from tests.analysis.planted import audit
from tests.conftest import REPOSITORY

EPSILON = Epsilon(drift_ratio=0.01, flip_rate=0.005, accuracy=0.01, error_ratio=0.9, unit_shift=0.2, joint_shift=0.5)
STILL = {"moves": False, "layer": "lstm_1", "settled": None, "fixed_points": []}


def write_states(root, condition, hidden, *, batches=1, pads=0, label=None):
    """States of texts of 1 to 9 tokens, whose label is by default whether the first unit is positive."""
    n, width = hidden.shape
    widths = {"probability": 2, "h_lstm_1": width, "c_lstm_1": width, "head": width}
    metadata = StatesMetadata("post", "baseline", 0, condition, ("no", "yes"), "", "", widths)
    positive = 1 / (1 + np.exp(-4 * hidden[:, :1].astype(np.float64)))
    columns = {
        "text_id": np.arange(n),
        "label": (hidden[:, 0] > 0 if label is None else label).astype(np.int32),
        "length": np.arange(n, dtype=np.int32) % 9 + 1,
        "pads": np.full(n, pads, np.int32),
        "probability": np.concatenate([1 - positive, positive], axis=1),
        **{name: hidden.astype(np.float32) for name in ("h_lstm_1", "c_lstm_1", "head")},
    }
    with states_writer(states_file(states_of(root, "post", "baseline", 0), condition), metadata) as writer:
        for rows in np.array_split(np.arange(n), batches):
            writer.add({name: values[rows] for name, values in columns.items()}, "test")
    write_json(states_of(root, "post", "baseline", 0) / PAD_STEP, STILL)
    write_json(states_of(root, "post", "baseline", 0) / AUDIT, audit())
    np.save(states_of(root, "post", "baseline", 0) / READOUT, np.eye(width)[:, :1])


def task(root, **others):
    return ModelTask(root, "post", "baseline", 0, {"pads-8": 8, **others}, EPSILON, probe_texts=200)


def bounded(generator, *shape):
    return np.tanh(generator.normal(size=shape)).astype(np.float32)


def test_states_on_disk_give_the_figures_of_the_arrays(tmp_path):
    alone, padded = bounded(np.random.default_rng(0), 2, 9000, 3)
    write_states(tmp_path, "pads-0", alone)
    write_states(tmp_path, "pads-8", padded, pads=8)
    found = outcome_of_model(task(tmp_path))
    condition = found.conditions["pads-8"]
    direct = ((padded - alone) ** 2).sum() / ((alone - alone.mean(axis=0)) ** 2).sum()
    head = condition.states["head"]
    assert head.drift_ratio == pytest.approx(direct, rel=1e-5)
    assert head.units.mean == pytest.approx((padded.astype(float) - alone).mean(axis=0))
    assert head.largest_of_unit == pytest.approx(np.abs(padded.astype(float) - alone).max(axis=0))
    assert condition.predictions.n_texts == 9000
    assert condition.predictions.rate(Quantity.FLIPS) == pytest.approx(((alone > 0) != (padded > 0))[:, 0].mean())
    assert sum(stratum.texts for stratum in condition.distributions.strata) == 9000
    assert [stratum.shortest for stratum in condition.distributions.strata] == [1, 4, 6, 8]
    strata = condition.distributions.strata
    mean = sum(stratum.drift_ratio * stratum.texts for stratum in strata) / 9000
    assert mean == pytest.approx(head.drift_ratio)
    assert found.readout.texts == 200
    assert found.pad_step == STILL
    assert condition.sign_flip_p is None


def test_every_condition_is_compared_with_the_text_padded_as_trained_too(tmp_path, monkeypatch):
    """The classifier reads the first unit, and its sign is the predicted class and, of the text alone, the label."""
    monkeypatch.setattr(one_model, "MOST_ROWS", 64)
    alone, padded, trained = bounded(np.random.default_rng(0), 3, 500, 3)
    for name, hidden in (("pads-0", alone), ("pads-8", padded), ("as-trained", trained)):
        write_states(tmp_path, name, hidden, batches=3, label=alone[:, 0] > 0)
    found = outcome_of_model(task(tmp_path, **{"as-trained": None})).against_training
    assert found.keys() == {"pads-0", "pads-8"}
    reference = trained[:, 0].astype(float)
    for name, hidden in (("pads-0", alone), ("pads-8", padded)):
        read, outcome = hidden[:, 0].astype(float), found[name]
        moved, spread = ((read - reference) ** 2).sum(), 500 * reference.var()
        assert outcome.readout_drift.of_all == pytest.approx(moved / spread)
        symmetric = moved / (spread / 2 + 500 * read.var() / 2)
        assert outcome.readout_drift_symmetric.of_all == pytest.approx(symmetric)
        assert outcome.predictions.flip_rate() == ((read > 0) != (reference > 0)).mean()
        right = (read > 0) == (alone[:, 0] > 0)
        was_right = (reference > 0) == (alone[:, 0] > 0)
        assert outcome.predictions.rate(Quantity.GAINED) == pytest.approx((right & ~was_right).mean())
        assert outcome.predictions.rate(Quantity.LOST) == pytest.approx((~right & was_right).mean())


def test_the_size_of_batches_changes_nothing_but_rounding(tmp_path, monkeypatch):
    alone, padded = bounded(np.random.default_rng(0), 2, 3000, 3)
    write_states(tmp_path, "pads-0", alone, batches=7)
    write_states(tmp_path, "pads-8", padded)
    whole = outcome_of_model(task(tmp_path))
    monkeypatch.setattr(one_model, "MOST_ROWS", 64)
    parts = outcome_of_model(task(tmp_path))
    one, two = (found.conditions["pads-8"] for found in (whole, parts))
    assert one.states["h_lstm_1"].drift_ratio == pytest.approx(two.states["h_lstm_1"].drift_ratio, rel=1e-12)
    assert one.states["h_lstm_1"].joint.distance == pytest.approx(two.states["h_lstm_1"].joint.distance, rel=1e-9)
    assert np.array_equal(one.predictions.sums[:2], two.predictions.sums[:2])
    assert whole.readout.label == parts.readout.label


def test_few_texts_are_also_tested_by_flipping_signs(tmp_path):
    alone = bounded(np.random.default_rng(0), 12, 3)
    write_states(tmp_path, "pads-0", alone)
    write_states(tmp_path, "pads-8", alone * np.float32(0.5) + np.float32(0.4), pads=8)
    condition = outcome_of_model(task(tmp_path)).conditions["pads-8"]
    assert condition.sign_flip_p.keys() == {"h_lstm_1", "c_lstm_1", "head"}
    assert all(p < 0.05 for p in condition.sign_flip_p.values())


def test_two_texts_one_unit_and_no_change_give_no_number_that_looks_real(tmp_path):
    states = np.array([[0.5], [0.5]])
    write_states(tmp_path, "pads-0", states)
    write_states(tmp_path, "pads-8", states)
    found = outcome_of_model(task(tmp_path))
    state = found.conditions["pads-8"].states["head"]
    assert np.isnan(state.drift_ratio)
    assert state.largest == 0
    assert np.isnan(found.readout.pad_count.accuracy)
    assert "fewer than" in found.readout.pad_count.reason
    assert found.readout.path is None


def test_a_state_outside_the_bounds_of_a_cell_has_no_distributions(tmp_path):
    alone = np.random.default_rng(0).normal(size=(500, 3)) * 3
    write_states(tmp_path, "pads-0", alone)
    write_states(tmp_path, "pads-8", alone)
    assert outcome_of_model(task(tmp_path)).conditions["pads-8"].distributions is None


def test_a_state_that_is_not_a_number_is_one_sentence(tmp_path):
    head = np.zeros((10, 3))
    write_states(tmp_path, "pads-0", head)
    head[4, 1] = np.nan
    write_states(tmp_path, "pads-8", head)
    with pytest.raises(
        UserError, match=r"condition=pads-8/states\.parquet: .* of text_id 4 is not a finite number.*learning_rate"
    ):
        outcome_of_model(task(tmp_path))


def test_a_file_without_texts_is_one_sentence(tmp_path):
    write_states(tmp_path, "pads-0", np.zeros((0, 3)))
    write_states(tmp_path, "pads-8", np.zeros((0, 3)))
    with pytest.raises(UserError, match="the file holds no texts"):
        outcome_of_model(task(tmp_path))


def test_what_is_kept_of_a_model_is_small(tmp_path):
    """The outcomes of all models wait for the last one; bins of confidence by group would be 2.4 MB a condition."""
    for name, pads in (("pads-0", 0), ("pads-8", 8)):
        write_states(tmp_path, name, bounded(np.random.default_rng(pads), 3000, 3), pads=pads)
    assert len(pickle.dumps(outcome_of_model(task(tmp_path)))) < 250_000


LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[2]), int(sys.argv[2])))
from tests.analysis.test_one_model import outcome_of_model, task
found = outcome_of_model(task(Path(sys.argv[1])))
print(found.conditions["pads-8"].predictions.n_texts)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit on a process's memory is Linux's")
def test_states_larger_than_the_memory_that_a_process_may_take_are_analysed(tmp_path):
    """100,000 texts × 3 states × 256 units × 2 conditions are 614 MB as float32; the process may take 550 MB."""
    texts, limit = 100_000, 550_000_000
    alone = bounded(np.random.default_rng(0), texts, 256)
    size = 2 * 3 * alone.nbytes
    write_states(tmp_path, "pads-0", alone, batches=20)
    write_states(tmp_path, "pads-8", np.roll(alone, 1, axis=1), batches=20, pads=8)
    del alone
    frugal = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1") | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    command = [sys.executable, "-c", LIMITED, str(tmp_path), str(limit)]
    environment = os.environ | frugal
    result = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == texts
    assert size > limit


def test_a_state_too_wide_for_its_covariances_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(one_model, "WIDEST", 2)
    for name, pads in (("pads-0", 0), ("pads-8", 8)):
        write_states(tmp_path, name, np.zeros((9, 3), np.float32), pads=pads)
    with pytest.raises(UserError, match=r"has 3 values a text, and covariances are kept of at most 2; lower model\.un"):
        outcome_of_model(task(tmp_path))
