import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.decomposition import PCA

from stages.stats.dispersion import (
    dispersion,
    dispersion_left,
    effective_rank,
    padded_covariance,
    participation_ratio,
)
from stages.stats.moments import PairMoments
from stages.stats.shift import ShiftSums

pytestmark = pytest.mark.filterwarnings("error")


def dispersion_of(alone, padded):
    return dispersion(ShiftSums.of(np.arange(len(alone)), alone, padded))


def test_by_hand():
    """Eigenvalues 3 and 1: (3 + 1)² / (9 + 1) = 1.6 directions, exp of the entropy of ¾ and ¼."""
    covariance = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert participation_ratio(covariance) == pytest.approx(1.6)
    assert effective_rank(covariance) == pytest.approx((4 / 3) ** 0.75 * 4**0.25)
    assert dispersion_left(np.diag([3.0, 5.0]), covariance) == pytest.approx(0.5)


@pytest.mark.parametrize("width", [1, 2, 9])
def test_a_sphere_has_its_width_and_a_line_one_direction(width):
    line = np.outer(np.arange(1.0, width + 1), np.arange(1.0, width + 1))
    for count in (participation_ratio, effective_rank):
        assert count(0.3 * np.eye(width)) == pytest.approx(width)
        assert count(line) == pytest.approx(1)


def test_the_counts_equal_those_from_a_principal_component_analysis():
    generator = np.random.default_rng(0)
    alone = generator.normal(size=(200, 5))
    padded = alone @ generator.normal(size=(5, 5)) + 3
    result = dispersion_of(alone, padded)
    variances = PCA().fit(padded).explained_variance_
    assert result.participation_ratio == pytest.approx(variances.sum() ** 2 / (variances**2).sum())
    assert result.effective_rank == pytest.approx(np.exp(entropy(variances)))
    assert result.left == pytest.approx(variances.sum() / alone.var(axis=0, ddof=1).sum())


def test_the_covariance_with_pads_follows_from_that_of_the_change():
    alone, padded = np.random.default_rng(1).normal(4, 1, (2, 50, 3))
    pair = PairMoments.of(alone, padded - alone)
    np.testing.assert_allclose(padded_covariance(pair), np.cov(padded, rowvar=False), rtol=1e-12, atol=1e-14)


def test_states_that_halve_keep_a_quarter():
    alone = np.random.default_rng(2).normal(size=(100, 6))
    result, same = dispersion_of(alone, alone / 2 + 1), dispersion_of(alone, alone)
    assert result.left == pytest.approx(0.25)
    assert result.participation_ratio == pytest.approx(same.participation_ratio)
    assert same.left == 1.0


def test_texts_that_all_end_in_one_state_keep_nothing_and_have_no_directions():
    alone = np.random.default_rng(3).normal(0.3, 0.7, size=(100, 6))
    result = dispersion_of(alone, np.broadcast_to(alone[0], alone.shape))
    assert result.left == pytest.approx(0, abs=1e-14)
    assert np.isnan([result.participation_ratio, result.effective_rank]).all()


def test_a_nearly_collapsed_state_still_has_its_directions():
    """Two directions at a hundred-thousandth of the spread are not lost in the difference of large sums."""
    generator = np.random.default_rng(4)
    alone = generator.normal(size=(1000, 6))
    left = np.zeros((1000, 6))
    left[:, :2] = 1e-5 * generator.normal(size=(1000, 2))
    result = dispersion_of(alone, left)
    assert result.left == pytest.approx(1e-10 / 3, rel=0.1)
    assert result.participation_ratio == pytest.approx(2, rel=0.01)


def test_what_has_no_spread_alone_has_none_to_keep():
    constant = np.full((100, 3), 0.7)
    result = dispersion_of(constant, constant + np.random.default_rng(5).normal(size=(100, 3)))
    assert np.isnan(result.left)
    assert result.participation_ratio == pytest.approx(3, rel=0.1)
    still = dispersion_of(constant, constant)
    assert np.isnan([still.left, still.participation_ratio, still.effective_rank]).all()


@pytest.mark.parametrize("texts", [0, 1])
def test_one_text_has_no_dispersion(texts):
    states = np.random.default_rng(6).normal(size=(2, texts, 3))
    result = dispersion_of(*states)
    assert np.isnan([result.left, result.participation_ratio, result.effective_rank]).all()


def test_matrices_without_spread_are_undefined():
    zero = np.zeros((3, 3))
    assert np.isnan([participation_ratio(zero), effective_rank(zero), dispersion_left(zero, np.eye(3))]).all()


def test_planted_directions_are_counted():
    """Eigenvalues 4, 1, 1, 1 of 20,000 texts: 49 / 19 and the entropy of 4/7 and three times 1/7."""
    states = np.random.default_rng(7).normal(size=(20_000, 4)) * np.array([2, 1, 1, 1])
    result = dispersion_of(states, states)
    assert result.participation_ratio == pytest.approx(49 / 19, rel=0.02)
    assert result.effective_rank == pytest.approx(np.exp(entropy([4, 1, 1, 1])), rel=0.02)
