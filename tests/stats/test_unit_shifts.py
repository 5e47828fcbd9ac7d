"""Units one by one and all against one bound: by hand, and against the tests of SciPy and statsmodels."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

from stages.stats.shift import ShiftSums
from stages.stats.unit_shifts import (
    largest_shift,
    smallest_unit_epsilon,
    text_sign_flip_p,
    unit_shifts,
)
from tests.analysis.planted import spread_by

pytestmark = pytest.mark.filterwarnings("error")


def sums_of(alone, delta):
    return ShiftSums.of(np.arange(len(alone)), alone, alone + delta)


def drawn(seed, n=40, width=6, mean=0.0, sd=1.0):
    generator = np.random.default_rng(seed)
    return generator.normal(3, 1, (n, width)), generator.normal(mean, sd, (n, width))


def test_a_unit_by_hand():
    """h⁰ = 0, 2, 4 of spread 2 and Δ = 1, 2, 3 of mean 2 and sd 1: t = 2√3 with 2 degrees of freedom, p = .0742."""
    units = unit_shifts(sums_of(np.array([[0.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]])), 1.5)
    assert (units.mean[0], units.sd[0], units.spread[0]) == pytest.approx((2, 1, 2))
    assert (units.effect[0], units.shift[0]) == pytest.approx((2, 1))
    # Student's t with 2 degrees of freedom: P(T > t) = ½ − t / (2√(2 + t²)). The bound 3 lies 1 above the mean, in
    # standard errors √((1² + 3²/2) / 3), so t² = 6/11.
    assert units.p_different[0] == pytest.approx(1 - 2 * np.sqrt(3) / np.sqrt(14))
    assert units.p_equivalent[0] == pytest.approx(0.5 - np.sqrt(6 / 11) / (2 * np.sqrt(2 + 6 / 11)))
    assert units.q_different[0] == units.p_different[0]


def test_the_tests_equal_scipys_and_statsmodels():
    alone, delta = drawn(0, mean=[0.0, 0.1, -0.1, 0.3, 0.6, -0.6])
    units = unit_shifts(sums_of(alone, delta), 0.5)
    np.testing.assert_allclose(units.p_different, stats.ttest_rel(alone + delta, alone).pvalue, rtol=1e-9)
    np.testing.assert_allclose(units.sd, DescrStatsW(delta).std * np.sqrt(40 / 39), rtol=1e-12)
    np.testing.assert_allclose(units.q_different, multipletests(units.p_different, method="fdr_by")[1])


def test_the_equivalence_test_is_ttost_with_the_error_of_the_spread_added():
    """Given Δ scaled up to the variance that the error of the spread adds, statsmodels finds the same p."""
    alone, delta = drawn(0, mean=[0.0, 0.1, -0.1, 0.3, 0.6, -0.6])
    units = unit_shifts(sums_of(alone, delta), 0.5)
    for unit in range(6):
        bound = 0.5 * alone[:, unit].std(ddof=1)
        mean, variance = delta[:, unit].mean(), delta[:, unit].var(ddof=1)
        wider = mean + (delta[:, unit] - mean) * np.sqrt((variance + bound**2 / 2) / variance)
        expected = ttost_paired(alone[:, unit] + wider, alone[:, unit], -bound, bound)[0]
        assert units.p_equivalent[unit] == pytest.approx(expected, rel=1e-9)


def test_the_share_of_units_that_moved():
    """Four units of sd 1 by construction, with d_z of 0, 0.19, 0.21 and −3; the last two moved."""
    pattern = np.array([-1.0, 1.0] * 50) / np.sqrt(100 / 99)
    delta = pattern[:, np.newaxis] + np.array([0.0, 0.19, 0.21, -3.0])
    units = unit_shifts(sums_of(drawn(0, 100, 4)[0], delta), 0.2)
    np.testing.assert_allclose(units.effect, [0, 0.19, 0.21, -3], atol=1e-12)
    assert units.moved() == 0.5
    assert units.different() == 0.25


def test_a_unit_that_no_text_moves_is_exactly_equivalent_and_poisons_no_other():
    alone, delta = drawn(1, width=4, mean=0.0, sd=0.2)
    delta[:, 2] = 0
    units = unit_shifts(sums_of(alone, delta), 0.5)
    rest = unit_shifts(sums_of(alone[:, [0, 1, 3]], delta[:, [0, 1, 3]]), 0.5)
    assert (units.effect[2], units.shift[2], units.p_equivalent[2]) == (0, 0, 0)
    assert np.isnan([units.p_different[2], units.q_different[2]]).all()
    np.testing.assert_allclose(units.q_different[[0, 1, 3]], rest.q_different)
    assert units.all_equivalent() is True


def test_changes_that_cancel_on_average_are_not_a_unit_that_stays():
    alone = np.arange(4.0)[:, np.newaxis]
    units = unit_shifts(sums_of(alone, np.array([[1.0], [-1.0], [1.0], [-1.0]])), 0.2)
    assert (units.mean[0], units.effect[0], units.p_different[0]) == (0, 0, 1)
    assert 0.3 < units.p_equivalent[0] < 0.5


def test_where_nothing_moves_all_units_are_equivalent():
    alone = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    units = unit_shifts(ShiftSums.of(np.arange(20), alone, alone), 0.2)
    assert units.all_equivalent() is True
    assert (units.moved(), units.different()) == (0, 0)
    assert not units.effect.any()


@pytest.mark.parametrize(("bound", "equivalent"), [(0.5, True), (0.1, False)])
def test_a_constant_change_has_no_effect_size_and_is_judged_exactly(bound, equivalent):
    alone, _ = drawn(2, width=2)
    units = unit_shifts(sums_of(alone, 0.3), bound)
    assert np.isnan(units.effect).all()
    assert np.isnan(units.p_different).all()
    assert np.isnan([units.moved(), units.different()]).all()
    np.testing.assert_array_equal(units.p_equivalent, 0.0 if equivalent else 1.0)
    assert units.all_equivalent() is equivalent


def test_a_unit_without_spread_has_no_scale_and_leaves_the_whole_undefined():
    alone, delta = drawn(3, width=3, sd=0.01)
    alone[:, 1] = 0.7
    units = unit_shifts(sums_of(alone, delta), 0.5)
    assert np.isnan([units.shift[1], units.p_equivalent[1]]).all()
    assert units.spread[1] == 0
    assert np.isfinite([units.effect[1], units.p_different[1]]).all()
    assert (units.p_equivalent[[0, 2]] < 0.05).all()
    assert units.all_equivalent() is None
    delta[:, 1] = 0
    assert unit_shifts(sums_of(alone, delta), 0.5).all_equivalent() is True


@pytest.mark.parametrize("texts", [0, 1])
def test_under_two_texts_everything_is_undefined(texts):
    alone, delta = drawn(0, texts, 2)
    units = unit_shifts(sums_of(alone, delta), 0.5)
    assert units.all_equivalent() is None
    assert np.isnan([units.moved(), units.different(), *units.effect, *units.spread, *units.p_equivalent]).all()


def test_one_unit_out_of_bounds_is_enough():
    alone, delta = drawn(4, 400, 5, sd=0.2)
    assert unit_shifts(sums_of(alone, delta), 0.2).all_equivalent() is True
    delta[:, 3] += 0.5
    assert unit_shifts(sums_of(alone, delta), 0.2).all_equivalent() is False


def rate_of(p, **kwargs):
    """Share of 4000 units, which are 4000 repetitions, with p under .05; its standard error is .0034."""
    values = [getattr(unit_shifts(sums_of(*drawn(seed, width=200, **kwargs)), 0.2), p) for seed in range(20)]
    return np.mean(np.array(values) <= 0.05)


def test_the_paired_t_has_its_size_under_the_null():
    assert rate_of("p_different", n=50) == pytest.approx(0.05, abs=0.014)


@pytest.mark.parametrize(("sign", "sd"), [(-1, 1.0), (1, 1.0), (1, 0.1), (-1, 0.02)])
def test_the_equivalence_test_has_its_size_at_the_boundary(sign, sd):
    """Mean Δ at ±ε · spread; with sd Δ far below ε · spread nearly all error is that of the spread."""
    assert rate_of("p_equivalent", n=300, mean=sign * 0.2, sd=sd) == pytest.approx(0.05, abs=0.014)


def test_the_false_discovery_rate_holds_for_correlated_units():
    """300 draws of 20 units with correlation .8: half at the null, half moved by d_z = 1."""
    generator = np.random.default_rng(7)
    false, power = [], []
    for _ in range(300):
        delta = np.sqrt(0.8) * generator.normal(size=(30, 1)) + np.sqrt(0.2) * generator.normal(size=(30, 20))
        delta[:, 10:] += 1
        found = unit_shifts(sums_of(generator.normal(size=(30, 20)), delta), 0.2).q_different <= 0.05
        false.append(found[:10].sum() / max(found.sum(), 1))
        power.append(found[10:].mean())
    assert np.mean(false) <= 0.05
    assert np.mean(power) > 0.8


def scaled_mean(delta, axis):
    """‖mean‖² over the pooled variance, for scipy: the texts are on the last axis, the units on the one before."""
    delta = np.moveaxis(delta, axis, -1)
    return (delta.mean(axis=-1) ** 2).sum(axis=-1) / delta.var(axis=-1, ddof=1).mean(axis=-1)


@pytest.mark.parametrize("texts", [2, 5, 8])
def test_sign_flips_of_few_texts_equal_scipys(texts):
    """Scipy flips one sample's signs; here the statistic of a text is an index into the rows of Δ and its sign."""
    delta = np.random.default_rng(texts).normal(0.3, 1, (texts, 3))
    index = np.arange(1.0, texts + 1)

    def statistic(signed):
        rows = np.sign(signed)[:, np.newaxis] * delta[np.abs(signed).astype(int) - 1]
        return scaled_mean(rows, axis=0)

    theirs = stats.permutation_test(
        (index,), statistic, permutation_type="samples", alternative="greater", vectorized=False, n_resamples=np.inf
    )
    ours = text_sign_flip_p(delta, np.random.default_rng(0))
    assert ours == pytest.approx(theirs.pvalue, abs=1e-12)
    assert ours * 2**texts == pytest.approx(round(ours * 2**texts))


def test_random_sign_flips_come_near_scipys():
    delta = np.random.default_rng(3).normal(0.25, 1, (30, 1))
    theirs = stats.permutation_test(
        (delta[:, 0],), lambda d: d.mean() ** 2 / d.var(ddof=1), permutation_type="samples", alternative="greater",
        vectorized=False, n_resamples=9999, rng=np.random.default_rng(0),
    )  # fmt: skip
    ours = text_sign_flip_p(delta, np.random.default_rng(1))
    assert ours == pytest.approx(theirs.pvalue, abs=0.02)
    assert ours == text_sign_flip_p(delta, np.random.default_rng(1))
    assert ours * 10_000 == pytest.approx(round(ours * 10_000))


def test_texts_that_all_move_alike_give_the_smallest_p():
    rows = np.tile([1.0, -2.0, 0.5], (6, 1))
    assert text_sign_flip_p(rows, np.random.default_rng(0)) == 2 / 2**6
    assert text_sign_flip_p(np.tile(rows, (5, 1)), np.random.default_rng(0), 999) == 1 / 1000


@pytest.mark.parametrize("texts", [9, 40])
@pytest.mark.parametrize("scale", [1e-200, 1e-8, 1e200])
def test_sign_flips_have_no_scale(texts, scale):
    delta = np.random.default_rng(texts).normal(0.2, 1, (texts, 4))
    p = text_sign_flip_p(delta, np.random.default_rng(0))
    assert 0 < p < 1
    assert text_sign_flip_p(delta * scale, np.random.default_rng(0)) == p


def test_the_flips_count_what_was_seen_and_its_opposite():
    for seed in range(50):
        delta = np.random.default_rng(seed).normal(2, 0.1, (9, 5))
        assert text_sign_flip_p(delta, np.random.default_rng(0)) == 2 / 2**9


def test_sign_flips_of_nothing_are_undefined():
    generator = np.random.default_rng(0)
    assert np.isnan(text_sign_flip_p(np.zeros((9, 3)), generator))
    assert np.isnan(text_sign_flip_p(np.ones((1, 3)), generator))
    assert np.isnan(text_sign_flip_p(np.ones((0, 3)), generator))


@pytest.mark.parametrize(("texts", "repetitions"), [(8, 1000), (20, 400)])
def test_sign_flips_have_their_size_for_correlated_heavy_tails(texts, repetitions):
    generator = np.random.default_rng(texts)
    mixing = generator.normal(size=(20, 20))
    draws = (generator.standard_t(2, (texts, 20)) @ mixing for _ in range(repetitions))
    rate = np.mean([text_sign_flip_p(delta, generator, 199) <= 0.05 for delta in draws])
    assert rate == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / repetitions))


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


@pytest.mark.parametrize("texts", [1, 2, 3])
def test_too_few_texts_have_no_bound(texts):
    """The t quantile of two degrees of freedom is so wide that no bound shows equivalence, however small the shift."""
    alone = np.arange(float(texts))[:, np.newaxis]
    padded = alone + np.linspace(0.1, 0.3, texts)[:, np.newaxis]
    assert np.isnan(smallest_unit_epsilon(units_of(alone, padded), texts))
    assert units_of(alone, padded, epsilon=1e9).all_equivalent() is not True


def test_three_texts_moved_alike_still_need_just_their_shift():
    alone = np.array([[0.0], [2.0], [4.0]])
    assert smallest_unit_epsilon(units_of(alone, alone + 1), 3) == pytest.approx(0.5)
