"""The drift along the readout, on states and directions chosen by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.stats.readout_shift import ReadoutSums
from stages.stats.shift import ShiftSums
from stages.stats.text_groups import text_group

pytestmark = pytest.mark.filterwarnings("error")

DIRECTION = np.array([[1.0], [-1.0]])
TRAINED = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
"""Along the direction 0, 2 and −2: the spread is 8."""
SERVED = np.array([[5.0, 5.0], [3.0, 0.0], [0.0, 2.0]])
"""Along it 0, 3 and −2: the first moves far and at a right angle, the second by 1; the spread is 13 − 1/3."""


def test_the_readout_drift_by_hand():
    sums = ReadoutSums.of(np.arange(3), DIRECTION, TRAINED, SERVED)
    assert sums.drift().of_all == pytest.approx(1 / 8)
    assert sums.symmetric_drift().of_all == pytest.approx(1 / ((8 + 38 / 3) / 2))


def test_several_directions_add_up():
    """Along the second direction, the first unit, the spread is 4 − 4/3 and the three move by 5, 1 and 0."""
    both = np.array([[1.0, 1.0], [-1.0, 0.0]])
    drift = ReadoutSums.of(np.arange(3), both, TRAINED, SERVED).drift()
    assert drift.of_all == pytest.approx((1 + 25 + 1) / (8 + 8 / 3))


def test_each_group_left_out_by_hand():
    """Without the first text the spread is 8, without the second nothing moved, without the third the spread is 2."""
    ids = np.arange(3)
    order = np.argsort(text_group(ids))
    assert len(np.unique(text_group(ids))) == 3
    sums = ReadoutSums.of(ids, DIRECTION, TRAINED, SERVED)
    assert sums.drift().without_group == pytest.approx(np.array([1 / 8, 0, 1 / 2])[order])
    # Served, the spreads are 12.5, 2 and 4.5.
    expected = np.array([1 / ((8 + 12.5) / 2), 0, 1 / ((2 + 4.5) / 2)])
    assert sums.symmetric_drift().without_group == pytest.approx(expected[order])


def test_along_every_axis_it_is_the_drift_ratio():
    trained, served = np.random.default_rng(0).normal(3, 1, size=(2, 600, 4)).astype(np.float32)
    ids = np.arange(600)
    along = ReadoutSums.of(ids, np.eye(4), trained, served).drift()
    whole = ShiftSums.of(ids, trained, served)
    assert along.of_all == pytest.approx(whole.drift_ratio(), rel=1e-12)
    assert along.without_group == pytest.approx(whole.drift_ratio_without_group(), rel=1e-12)


def test_the_symmetric_drift_is_the_same_in_both_directions():
    """And the harmonic mean of the two drifts, one over each of the spreads."""
    trained, served = np.random.default_rng(0).normal(size=(2, 50, 4)) * [[[1.0]], [[3.0]]]
    directions = np.random.default_rng(1).normal(size=(4, 3))
    there = ReadoutSums.of(np.arange(50), directions, trained, served)
    back = ReadoutSums.of(np.arange(50), directions, served, trained)
    assert there.symmetric_drift().of_all == pytest.approx(back.symmetric_drift().of_all)
    harmonic = 2 / (1 / there.drift().of_all + 1 / back.drift().of_all)
    assert there.symmetric_drift().of_all == pytest.approx(harmonic)


@given(cut=st.integers(0, 200), seed=st.integers(0, 1000))
def test_any_split_gives_the_same_sums(cut, seed):
    generator = np.random.default_rng(seed)
    ids, directions = generator.permutation(200), generator.normal(size=(3, 2))
    trained, served = generator.normal(5, 1, size=(2, 200, 3))
    whole = ReadoutSums.of(ids, directions, trained, served)
    parts = ReadoutSums.of(ids[cut:], directions, trained[cut:], served[cut:]) + ReadoutSums.of(
        ids[:cut], directions, trained[:cut], served[:cut]
    )
    for one, two in ((whole.drift(), parts.drift()), (whole.symmetric_drift(), parts.symmetric_drift())):
        assert two.of_all == pytest.approx(one.of_all, rel=1e-9)
        assert two.without_group == pytest.approx(one.without_group, rel=1e-9)


def test_states_that_stay_have_no_drift_to_the_bit():
    states = np.random.default_rng(0).normal(size=(64, 33)).astype(np.float32)
    sums = ReadoutSums.of(np.arange(64), np.random.default_rng(1).normal(size=(33, 5)), states, states.copy())
    assert (sums.drift().of_all, sums.symmetric_drift().of_all) == (0.0, 0.0)
    assert not sums.drift().without_group.any()


def test_a_spread_that_collapses_under_the_condition_halves_the_symmetric_denominator():
    """All texts end at the origin: 0² + 2² + 2² moved, over 8, and over 8 / 2."""
    sums = ReadoutSums.of(np.arange(3), DIRECTION, TRAINED, np.zeros((3, 2)))
    assert (sums.drift().of_all, sums.symmetric_drift().of_all) == (pytest.approx(1), pytest.approx(2))


def test_without_spread_as_trained_there_is_no_drift():
    sums = ReadoutSums.of(np.arange(3), DIRECTION, np.full((3, 2), [0.7, 0.1]), TRAINED)
    assert np.isnan(sums.drift().of_all)
    assert np.isfinite(sums.symmetric_drift().of_all)
    still = np.full((3, 2), 0.7)
    assert np.isnan(ReadoutSums.of(np.arange(3), DIRECTION, still, still).symmetric_drift().of_all)
