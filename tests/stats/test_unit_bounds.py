"""All units of a state against one bound: by hand, and against the tests that the bounds belong to."""

import numpy as np
import pytest
from scipy import stats

from stages.stats.shift import ShiftSums
from stages.stats.unit_shifts import largest_shift, smallest_unit_epsilon, some_unit_beyond, unit_shifts
from tests.analysis.planted import spread_by

pytestmark = pytest.mark.filterwarnings("error")


def units_of(alone, padded, epsilon=0.2):
    return unit_shifts(ShiftSums.of(np.arange(len(alone)), alone, padded), epsilon)


def test_the_largest_shift_by_hand():
    """h⁰ = 0, 2, 4 has spread 2: shifts of +1 and −3 are half a standard deviation and one and a half."""
    alone = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    assert largest_shift(units_of(alone, alone + np.array([1.0, -3.0]))) == pytest.approx(1.5)
    assert largest_shift(units_of(alone, alone)) == 0


def test_the_smallest_bound_solves_its_equation():
    """n = 100, mean .1, sd and spread 1: x = ε* leaves a t of exactly the 95 % quantile between bound and mean."""
    epsilon = smallest_unit_epsilon(units_of(*spread_by(0.1)), 100)
    error = np.sqrt((1 + epsilon**2 / 2) / 100)
    assert (epsilon - 0.1) / error == pytest.approx(stats.t.ppf(0.95, 99))


@pytest.mark.parametrize("mean", [0.0, 0.1, -0.1, 2.0])
def test_just_above_the_smallest_bound_all_units_are_equivalent_and_just_below_they_are_not(mean):
    for width in (1, 4):
        pair = spread_by(mean, width=width)
        epsilon = smallest_unit_epsilon(units_of(*pair), 100)
        assert units_of(*pair, epsilon=epsilon * (1 + 1e-9)).all_equivalent() is True
        assert units_of(*pair, epsilon=epsilon * (1 - 1e-9)).all_equivalent() is False


def test_the_smallest_bound_is_that_of_the_unit_that_needs_the_widest():
    alone, padded = spread_by(0.0, width=3)
    padded[:, 1] += 0.7
    alone_of_one, padded_of_one = alone[:, [1]], padded[:, [1]]
    needed = smallest_unit_epsilon(units_of(alone, padded), 100)
    assert needed == pytest.approx(smallest_unit_epsilon(units_of(alone_of_one, padded_of_one), 100))
    assert needed > 0.7


def test_a_unit_that_every_text_moves_alike_needs_just_its_shift_and_one_that_rests_nothing():
    alone = np.arange(10.0)[:, np.newaxis] * [1.0, 1.0]
    spread = np.arange(10.0).std(ddof=1)
    assert smallest_unit_epsilon(units_of(alone, alone + np.array([3.0, 0.0])), 10) == pytest.approx(3 / spread)
    assert smallest_unit_epsilon(units_of(alone, alone), 10) == 0


def test_a_unit_without_a_scale_has_no_bound_and_no_shift():
    """Not an infinite one: a constant unit that moves, by the same amount or not, is undefined beside any other."""
    alone = np.column_stack([np.arange(10.0), np.full(10, 0.5)])
    for moved in (np.full(10, 0.1), np.linspace(-1, 1, 10), np.linspace(0, 1, 10)):
        units = units_of(alone, alone + np.column_stack([np.zeros(10), moved]))
        assert np.isnan(smallest_unit_epsilon(units, 10))
        assert np.isnan(largest_shift(units))


def test_a_constant_unit_that_rests_hides_no_other():
    alone, padded = spread_by(0.5)
    constant = np.full((100, 1), 0.5)
    units = units_of(np.hstack([alone, constant]), np.hstack([padded, constant]))
    assert largest_shift(units) == pytest.approx(0.5)
    assert smallest_unit_epsilon(units, 100) == pytest.approx(smallest_unit_epsilon(units_of(alone, padded), 100))
    assert some_unit_beyond(units, 100, 0.2)


@pytest.mark.parametrize("texts", [1, 2, 3])
def test_too_few_texts_have_no_bound(texts):
    """The t quantile of two degrees of freedom is so wide that no bound shows equivalence, however small the shift."""
    alone = np.arange(float(texts))[:, np.newaxis]
    padded = alone + np.linspace(0.1, 0.3, texts)[:, np.newaxis]
    assert np.isnan(smallest_unit_epsilon(units_of(alone, padded), texts))
    assert units_of(alone, padded, epsilon=1e9).all_equivalent() is not True
    assert not some_unit_beyond(units_of(alone, padded), texts, 0.2)


def test_three_texts_moved_alike_still_need_just_their_shift():
    alone = np.array([[0.0], [2.0], [4.0]])
    assert smallest_unit_epsilon(units_of(alone, alone + 1), 3) == pytest.approx(0.5)


def test_a_unit_is_beyond_from_the_quantile_of_t_on():
    """n = 100, sd and spread 1, ε = .2: the standard error is √(1.02 / 100), the one-sided quantile t(.95; 99)."""
    edge = 0.2 + stats.t.ppf(0.95, 99) * np.sqrt(1.02 / 100)
    for sign in (1, -1):
        assert some_unit_beyond(units_of(*spread_by(sign * (edge + 1e-6))), 100, 0.2)
        assert not some_unit_beyond(units_of(*spread_by(sign * (edge - 1e-6))), 100, 0.2)


def test_four_units_must_pass_a_quarter_of_the_level():
    alone, padded = spread_by(0.0, width=4)
    edge = 0.2 + stats.t.ppf(1 - 0.05 / 4, 99) * np.sqrt(1.02 / 100)
    for excess, beyond in ((1e-6, True), (-1e-6, False)):
        moved = padded + np.array([0, 0, edge + excess, 0])
        assert some_unit_beyond(units_of(alone, moved), 100, 0.2) is beyond


def test_a_unit_that_every_text_moves_far_and_alike_is_beyond():
    """Ten times the bound: no spread of the change is no reason to say nothing."""
    alone = np.random.default_rng(0).normal(size=(200, 3))
    assert some_unit_beyond(units_of(alone, alone + np.array([0.0, 2.0, 0.0])), 200, 0.2)
    assert not some_unit_beyond(units_of(alone, alone + np.array([0.0, 0.19, 0.0])), 200, 0.2)
    assert not some_unit_beyond(units_of(alone, alone), 200, 0.2)


def test_no_state_is_both_equivalent_and_beyond():
    for mean in np.linspace(-0.5, 0.5, 41):
        units = units_of(*spread_by(mean, texts=2000, width=2))
        assert not (units.all_equivalent() and some_unit_beyond(units, 2000, 0.2))
