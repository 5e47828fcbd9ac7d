import numpy as np
import pingouin
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import ttest_1samp

from stages.stats.joint_shift import hotelling, joint_shift
from stages.stats.shift import ShiftSums

pytestmark = pytest.mark.filterwarnings("error")


def joint(delta, epsilon=0.5):
    return hotelling(len(delta), delta.mean(axis=0), np.atleast_2d(np.cov(delta, rowvar=False)), epsilon)


def test_the_distance_by_hand():
    """Mean (2, 0.3), variances 4 and 0.09 without correlation: D² = 1 + 1; F = 50 · 2 · 48 / (2 · 49)."""
    result = hotelling(50, np.array([2.0, 0.3]), np.diag([4.0, 0.09]), 0.5)
    assert result.distance == pytest.approx(np.sqrt(2))
    assert (result.dimensions, result.reason) == (2, None)
    # F with 2 and m degrees of freedom: P(F > f) = (1 + 2f/m)^(−m/2).
    assert result.p_different == pytest.approx((1 + 2 * (50 * 48 / 49) / 48) ** -24)


@pytest.mark.parametrize("width", [2, 3, 7])
def test_the_test_equals_pingouins(width):
    generator = np.random.default_rng(width)
    alone = generator.normal(size=(40, width))
    padded = alone + generator.normal(0.2, 1, (40, width)) @ generator.normal(size=(width, width))
    ours = joint_shift(ShiftSums.of(np.arange(40), alone, padded), 0.5)
    theirs = pingouin.multivariate_ttest(padded, alone, paired=True)
    assert ours.p_different == pytest.approx(theirs["pval"].iloc[0], rel=1e-9)
    assert 40 * ours.distance**2 == pytest.approx(theirs["T2"].iloc[0], rel=1e-9)
    inverse = np.linalg.inv(np.cov(padded - alone, rowvar=False))
    assert ours.distance == pytest.approx(mahalanobis((padded - alone).mean(axis=0), np.zeros(width), inverse))


def test_of_one_unit_the_test_is_the_paired_t_and_the_distance_the_effect_size():
    delta = np.random.default_rng(0).normal(-0.3, 1, (40, 1))
    assert joint(delta).p_different == pytest.approx(ttest_1samp(delta[:, 0], 0).pvalue, rel=1e-9)
    assert joint(delta).distance == pytest.approx(-delta.mean() / delta.std(ddof=1))


def test_the_distance_does_not_depend_on_the_units_of_the_state():
    generator = np.random.default_rng(0)
    delta = generator.normal(0.1, 1, (100, 4))
    mixed = delta @ generator.normal(size=(4, 4))
    assert joint(mixed).distance == pytest.approx(joint(delta).distance)
    assert joint(mixed).p_equivalent == pytest.approx(joint(delta).p_equivalent)


def test_directions_of_rounding_are_left_out():
    """A third unit that repeats the first has no direction of its own."""
    delta = np.random.default_rng(1).normal(0.2, 1, (60, 2))
    repeated = joint(np.column_stack([delta, delta[:, 0]]))
    assert repeated.dimensions == 2
    assert repeated.distance == pytest.approx(joint(delta).distance)
    assert repeated.p_different == pytest.approx(joint(delta).p_different)


def test_a_shift_in_a_direction_without_spread_is_not_called_equivalent():
    """The second unit moves by 1 in every text: infinitely far, and left out with its direction."""
    delta = np.random.default_rng(2).normal(0, 1, (500, 2))
    delta[:, 1] = 1.0
    result = joint(delta)
    assert result.reason == "the mean moved in a direction in which texts hardly differ"
    assert np.isnan([result.distance, result.p_different, result.p_equivalent]).all()
    delta[:, 1] = 0.0
    assert joint(delta).p_equivalent <= 0.05


def test_states_that_do_not_move_are_exactly_equivalent():
    states = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    result = joint_shift(ShiftSums.of(np.arange(30), states, states), 0.5)
    assert (result.distance, result.p_equivalent, result.reason) == (0.0, 0.0, "no text moved")
    assert (result.p_beyond, result.smallest_epsilon) == (1.0, 0.0)
    assert np.isnan(result.p_different)


def test_a_constant_change_has_no_distance():
    states = np.random.default_rng(0).normal(size=(30, 3))
    result = joint_shift(ShiftSums.of(np.arange(30), states, states + 0.3), 0.5)
    assert result.reason == "every text moved by the same amount"
    assert np.isnan([result.distance, result.p_different, result.p_equivalent]).all()


@pytest.mark.parametrize(("texts", "defined"), [(1, False), (3, False), (5, False), (6, True)])
def test_too_few_texts_give_a_reason(texts, defined):
    states = np.random.default_rng(texts).normal(size=(2, texts, 4))
    result = joint_shift(ShiftSums.of(np.arange(texts), *states), 0.5)
    assert (result.reason is None) == defined
    values = [result.distance, result.p_different, result.p_equivalent, result.p_beyond, result.smallest_epsilon]
    assert (np.isfinite(values) == defined).all()


def test_hundreds_of_units_and_texts_stay_finite():
    """384,000 texts and 256 units: p underflows, the distance does not; equivalence is certain on either side."""
    covariance = np.diag(np.logspace(0, -8, 256))
    for distance, equivalent in ((0.4, True), (0.6, False)):
        mean = distance / 16 * np.sqrt(np.diag(covariance))
        result = hotelling(384_000, mean, covariance, 0.5)
        assert result.distance == pytest.approx(distance)
        assert result.p_different == 0.0
        assert (result.p_equivalent <= 0.05) is equivalent


def test_the_smallest_epsilon_is_where_equivalence_begins():
    delta = np.random.default_rng(6).normal(0.1, 1, (200, 3))
    smallest = joint(delta).smallest_epsilon
    assert joint(delta, smallest).p_equivalent == pytest.approx(0.05, abs=1e-5)
    assert joint(delta, smallest + 0.01).p_equivalent <= 0.05
    assert joint(delta, smallest - 0.01).p_equivalent > 0.05
    assert joint(delta, 0.1).p_beyond == pytest.approx(1 - joint(delta, 0.1).p_equivalent)


@pytest.mark.parametrize(("texts", "width"), [(4, 2), (10, 2), (1000, 50), (20_000, 256)])
def test_the_smallest_epsilon_of_large_distances_goes_on_from_that_of_small_ones(texts, width, monkeypatch):
    """At a noncentrality of 10⁶ both ways can be computed; over the distance they agree to a thousandth."""
    distance = np.sqrt(1e6 / texts)
    mean = np.r_[distance, np.zeros(width - 1)]
    exact = hotelling(texts, mean, np.eye(width), 0.5).smallest_epsilon
    monkeypatch.setattr("stages.stats.joint_shift.LARGEST_NONCENTRALITY", 0)
    approximate = hotelling(texts, mean, np.eye(width), 0.5).smallest_epsilon
    assert approximate == pytest.approx(exact, abs=1e-3 * distance)


@pytest.mark.slow
@pytest.mark.parametrize(("distance", "epsilon"), [(0.5, 0.5), (0.0, 0.5)])
def test_both_tests_have_their_size(distance, epsilon):
    """2000 draws of 40 texts and 3 correlated units, at the boundary of equivalence and at no shift."""
    generator = np.random.default_rng(3)
    mixing = generator.normal(size=(3, 3))
    direction = generator.normal(size=3)
    mean = distance * direction / np.linalg.norm(direction)
    results = [joint((generator.normal(size=(40, 3)) + mean) @ mixing, epsilon) for _ in range(2000)]
    rate = np.mean([(each.p_equivalent if distance else each.p_different) <= 0.05 for each in results])
    assert rate == pytest.approx(0.05, abs=0.017)


def test_enough_texts_show_equivalence():
    generator = np.random.default_rng(4)
    shown = [joint(generator.normal(0.05, 1, (400, 4))).p_equivalent <= 0.05 for _ in range(50)]
    assert np.mean(shown) > 0.95


def test_far_out_in_a_tail_where_the_library_finds_nan_the_bounds_are_still_found():
    """1000 texts, 16 dimensions, ε = 1.2: scipy's noncentral F is NaN for some distances around .1, where it is 0."""
    found = [hotelling(1000, np.eye(16)[0] * distance, np.eye(16), 1.2) for distance in np.linspace(0.01, 0.3, 60)]
    assert all(0 <= each.p_equivalent < 1e-9 and each.p_beyond > 1 - 1e-9 for each in found)
    epsilons = [each.smallest_epsilon for each in found]
    assert epsilons == sorted(epsilons)
    assert epsilons[-1] < 0.36
