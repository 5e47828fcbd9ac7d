import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.stats.predictions import PredictionSums
from stages.stats.shift import ShiftSums
from stages.stats.text_groups import GROUPS, group_sums, text_group


def test_the_drift_ratio_by_hand():
    """Two texts at (0, 0) and (2, 0), spread 2; one moves by (0, 3), the other stays: 9 / 2."""
    alone = np.array([[0.0, 0.0], [2.0, 0.0]])
    padded = np.array([[0.0, 3.0], [2.0, 0.0]])
    sums = ShiftSums.of(np.array([1, 2]), alone, padded)
    assert sums.drift_ratio() == pytest.approx(4.5)
    assert sums.largest == 3.0


def test_leaving_a_group_out_equals_computing_without_it():
    generator = np.random.default_rng(0)
    ids = np.arange(600)
    alone, padded = generator.normal(size=(2, 600, 4))
    without = ShiftSums.of(ids, alone, padded).drift_ratio_without_group()
    group = text_group(ids)
    assert len(without) == GROUPS
    for index in (0, 17, 49):
        kept = group != index
        assert without[index] == pytest.approx(ShiftSums.of(ids[kept], alone[kept], padded[kept]).drift_ratio())


@given(cut=st.integers(1, 199), seed=st.integers(0, 1000))
def test_any_split_gives_the_same_sums(cut, seed):
    generator = np.random.default_rng(seed)
    ids = generator.permutation(200)
    alone, padded = generator.normal(5, 1, size=(2, 200, 3))
    whole = ShiftSums.of(ids, alone, padded)
    parts = ShiftSums.of(ids[cut:], alone[cut:], padded[cut:]) + ShiftSums.of(ids[:cut], alone[:cut], padded[:cut])
    assert parts.drift_ratio() == pytest.approx(whole.drift_ratio(), rel=1e-10)
    np.testing.assert_allclose(parts.state, whole.state, rtol=1e-12)


@given(cut=st.integers(0, 200), seed=st.integers(0, 1000))
def test_any_split_gives_the_same_moments_and_cosine(cut, seed):
    generator = np.random.default_rng(seed)
    ids = generator.permutation(200)
    alone, padded = generator.normal(5, 1, size=(2, 200, 3))
    alone[0] = 0
    whole = ShiftSums.of(ids, alone, padded)
    parts = ShiftSums.of(ids[cut:], alone[cut:], padded[cut:]) + ShiftSums.of(ids[:cut], alone[:cut], padded[:cut])
    delta = padded - alone
    assert parts.pair.n == 200
    np.testing.assert_allclose(parts.pair.mean_y, delta.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(parts.pair.cov_x, np.cov(alone, rowvar=False), rtol=1e-10)
    np.testing.assert_allclose(parts.pair.cov_y, np.cov(delta, rowvar=False), rtol=1e-10)
    np.testing.assert_array_equal(parts.largest_of_unit, np.abs(delta).max(axis=0))
    assert parts.largest == np.abs(delta).max()
    assert (parts.without_direction, whole.without_direction) == (1, 1)
    assert parts.mean_cosine() == pytest.approx(whole.mean_cosine(), rel=1e-12)


def test_the_mean_cosine_by_hand():
    """At right angles, opposite, at 45 degrees, and two texts without a direction."""
    alone = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    padded = np.array([[0.0, 5.0], [-1.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    sums = ShiftSums.of(np.arange(5), alone, padded)
    assert sums.without_direction == 2
    assert sums.mean_cosine() == pytest.approx((0 - 1 + np.sqrt(0.5)) / 3)


def test_states_that_stay_have_a_cosine_of_one_to_the_bit():
    states = np.random.default_rng(0).normal(size=(64, 33)).astype(np.float32)
    assert ShiftSums.of(np.arange(64), states, states).mean_cosine() == 1.0


@pytest.mark.filterwarnings("error")
def test_without_any_direction_there_is_no_mean_cosine():
    zeros = np.zeros((3, 2), dtype=np.float32)
    assert np.isnan(ShiftSums.of(np.arange(3), zeros, zeros + 1).mean_cosine())


def test_a_small_change_of_a_large_state_loses_no_digits():
    """Float32 states near 1 that move by about 2⁻²⁰: the variance of Δ is right to ten digits, not four."""
    generator = np.random.default_rng(0)
    alone = (1 - 2.0**-10 * generator.random((300, 2))).astype(np.float32)
    padded = (alone - 2.0**-20 * generator.integers(0, 5, (300, 2))).astype(np.float32)
    delta = padded.astype(np.float64) - alone
    sums = ShiftSums.of(np.arange(300), alone, padded)
    np.testing.assert_allclose(np.diag(sums.pair.cov_y), delta.var(axis=0, ddof=1), rtol=1e-10)


@pytest.mark.parametrize("shape", [(500,), (500, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_group_sums_add_row_by_row(shape, dtype):
    generator = np.random.default_rng(0)
    values = generator.normal(size=shape).astype(dtype)
    group = text_group(generator.permutation(500))
    expected = np.zeros((GROUPS, *shape[1:]))
    np.add.at(expected, group, values)
    sums = group_sums(group, values)
    assert sums.dtype == np.float64
    np.testing.assert_array_equal(sums, expected)


def test_groups_are_even_and_depend_on_the_id_alone():
    ids = np.arange(50_000)
    counts = np.bincount(text_group(ids), minlength=GROUPS)
    assert counts.min() > 850
    assert counts.max() < 1150
    shuffled = np.random.default_rng(0).permutation(ids)
    np.testing.assert_array_equal(text_group(shuffled), text_group(ids)[shuffled])


def test_a_state_without_spread_has_no_drift_ratio():
    constant = np.full((10, 2), 0.7, dtype=np.float32)
    assert np.isnan(ShiftSums.of(np.arange(10), constant, constant + 1).drift_ratio())


def test_predictions_by_hand():
    alone = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    padded = np.array([[0.8, 0.2], [0.6, 0.4], [0.2, 0.8]])
    sums = PredictionSums.of(np.arange(3), np.array([0, 0, 1]), alone, padded)
    assert sums.flip_rate() == pytest.approx(1 / 3)
    assert (sums.total("correct_alone"), sums.correct, sums.n_texts) == (2, 3, 3)
    assert sums.moved == pytest.approx(0.1 + 0.2 + 0)
    assert sums.largest == pytest.approx(0.2)
    twice = sums + PredictionSums.of(np.arange(3, 6), np.array([0, 0, 1]), alone, alone)
    assert twice.flip_rate() == pytest.approx(1 / 6)
