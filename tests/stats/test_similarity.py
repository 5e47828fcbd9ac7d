import numpy as np
import pytest
from scipy.spatial import procrustes as scipy_procrustes
from scipy.spatial.distance import pdist, squareform
from scipy.stats import ortho_group

from stages.stats.intervals import mean_over_seeds_and_texts
from stages.stats.moments import Moments
from stages.stats.similarity import debiased_cka, jackknifed, procrustes
from stages.stats.text_groups import GROUPS, text_group

pytestmark = pytest.mark.filterwarnings("error")


def moments_of(x, y, shift=True):
    moments = Moments.create(1, *((x[0], y[0]) if shift else (np.zeros(x.shape[1]), np.zeros(y.shape[1]))))
    moments.add(x, y)
    return moments


def related(seed, n=60, p=5, q=4, noise=1.0):
    generator = np.random.default_rng(seed)
    x = generator.normal(2, 1, (n, p)) * np.arange(1, p + 1)
    return x, x[:, : min(p, 3)] @ generator.normal(size=(min(p, 3), q)) + noise * generator.normal(size=(n, q))


def gram_cka(x, y):
    """Song et al. (2012), equation 4: the unbiased HSIC from Gram matrices with an empty diagonal."""

    def hsic(one, two):
        n = len(one)
        mixed = one.sum() * two.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ two).sum()
        return (np.trace(one @ two) + mixed) / (n * (n - 3))

    grams = [rows @ rows.T for rows in (x - x.mean(axis=0), y - y.mean(axis=0))]
    for gram in grams:
        np.fill_diagonal(gram, 0)
    return hsic(*grams) / np.sqrt(hsic(grams[0], grams[0]) * hsic(grams[1], grams[1]))


def test_cka_equals_the_gram_form_from_five_batches():
    x, y = related(0, n=97)
    moments = Moments.create(1, x[0], y[0])
    for rows in np.array_split(np.arange(97), 5):
        moments.add(x[rows], y[rows])
    assert debiased_cka(moments) == pytest.approx(gram_cka(x, y), abs=1e-12)
    assert 0.1 < debiased_cka(moments) < 0.9


def test_cka_equals_the_unbiased_distance_correlation_of_squared_distances():
    """Székely & Rizzo (2014): products of U-centred distances."""

    def centred(rows):
        distances, n = squareform(pdist(rows, "sqeuclidean")), len(rows)
        row = distances.sum(axis=1) / (n - 2)
        values = distances - row[:, None] - row[None, :] + distances.sum() / ((n - 1) * (n - 2))
        np.fill_diagonal(values, 0)
        return values

    x, y = related(1)
    one, two = centred(x), centred(y)
    expected = (one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum())
    assert debiased_cka(moments_of(x, y)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [2, 5, 40])
def test_the_procrustes_distance_equals_scipys(n):
    """Scipy's disparity is 1 − ‖·‖_*² of rows that are centred and of norm 1."""
    generator = np.random.default_rng(n)
    x = generator.normal(size=(n, 4))
    y = x + 0.5 * generator.normal(size=(n, 4))
    disparity = scipy_procrustes(x, y)[2]
    assert procrustes(moments_of(x, y)) == pytest.approx(np.arccos(np.sqrt(max(1 - disparity, 0))), abs=1e-7)


def test_the_procrustes_distance_by_hand():
    """One shared unit of two each, all of variance 1: arccos(1 / 2)."""
    base = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)
    assert procrustes(moments_of(base[:, [0, 1]], base[:, [0, 2]])) == pytest.approx(np.pi / 3)
    assert procrustes(moments_of(base[:, [0]], base[:, [1, 2]])) == pytest.approx(np.pi / 2)


@pytest.mark.parametrize("statistic", [debiased_cka, procrustes])
def test_rotations_shifts_and_scale_change_nothing(statistic):
    x, y = related(2)
    rotation = ortho_group.rvs(4, random_state=np.random.default_rng(0))
    plain = statistic(moments_of(x, y))
    assert statistic(moments_of(x + 100, 1e-3 * y @ rotation - 50)) == pytest.approx(plain, abs=1e-10)
    assert statistic(moments_of(x, y, shift=False)) == pytest.approx(plain, abs=1e-10)
    assert statistic(moments_of(y, x)) == pytest.approx(plain, abs=1e-10)
    assert abs(statistic(moments_of(x, y @ np.diag([10, 1, 1, 1]))) - plain) > 0.01


def test_a_rotated_copy_is_the_same_representation():
    x, _ = related(3)
    copy = 3 * x @ ortho_group.rvs(5, random_state=np.random.default_rng(1)) + 7
    assert debiased_cka(moments_of(x, copy)) == pytest.approx(1, abs=1e-12)
    assert procrustes(moments_of(x, copy)) == pytest.approx(0, abs=1e-6)


def test_unrelated_rows_have_a_cka_of_zero_on_average():
    """200 draws of 30 rows of 20 units: biased CKA would be about .4."""
    generator = np.random.default_rng(4)
    values = [debiased_cka(moments_of(*generator.normal(size=(2, 30, 20)))) for _ in range(200)]
    assert abs(np.mean(values)) < 3.5 * np.std(values) / np.sqrt(200)
    assert np.std(values) < 0.1


def test_the_procrustes_distance_is_a_metric():
    generator = np.random.default_rng(5)
    for _ in range(20):
        one = generator.normal(size=(20, 3))
        two, three = (one + generator.normal(size=(20, 3)) * generator.random() for _ in range(2))
        sides = [procrustes(moments_of(*pair)) for pair in ((one, two), (two, three), (one, three))]
        assert 2 * max(sides) <= sum(sides) + 1e-12


def test_one_outlier_is_debiased_away_and_a_few_are_not():
    """Davari et al. (2022): both models throw the same texts far out, and CKA calls unrelated rows alike."""
    x, y = np.random.default_rng(6).normal(size=(2, 200, 5))
    for outliers, low, high in ((1, -0.1, 0.1), (4, 0.9, 1.0)):
        x[:outliers], y[:outliers] = 50, 50
        assert low < debiased_cka(moments_of(x, y)) < high
        assert debiased_cka(moments_of(x, y)) == pytest.approx(gram_cka(x, y), abs=1e-9)


@pytest.mark.parametrize("statistic", [debiased_cka, procrustes])
def test_leaving_a_group_out_equals_computing_without_it(statistic):
    x, y = related(7, n=600)
    group = text_group(np.arange(600))
    moments = Moments.create(GROUPS, x[0], y[0])
    moments.add(x, y, group)
    result = jackknifed(statistic, moments)
    assert result.estimate == pytest.approx(statistic(moments_of(x, y)), abs=1e-12)
    assert result.without_group.shape == (GROUPS,)
    for index in (0, 17, 49):
        kept = group != index
        assert result.without_group[index] == pytest.approx(statistic(moments_of(x[kept], y[kept])), abs=1e-12)


@pytest.mark.parametrize("statistic", [debiased_cka, procrustes])
def test_without_spread_or_rows_there_is_no_similarity(statistic):
    x, y = related(8)
    constant = np.full((60, 4), 0.7)
    for shift in (True, False):
        assert np.isnan(statistic(moments_of(x, constant, shift)))
        assert np.isnan(statistic(moments_of(constant, x, shift)))
    assert np.isnan(statistic(moments_of(x[:1], y[:1])))
    assert np.isnan(statistic(Moments.create(1, x[0], y[0])))


def test_cka_needs_four_rows():
    x, y = related(9, n=4)
    assert np.isnan(debiased_cka(moments_of(x[:3], y[:3])))
    assert debiased_cka(moments_of(x, y)) == pytest.approx(gram_cka(x, y), abs=1e-9)


@pytest.mark.slow
def test_the_jackknife_interval_of_cka_covers_what_it_promises():
    """300 draws of 500 texts; the truth is of 200,000. The standard error of the coverage is .0126."""
    generator = np.random.default_rng(10)
    mixing = generator.normal(size=(4, 4))

    def draw(n):
        x = generator.normal(size=(n, 4)) * np.array([3, 1, 1, 1])
        return x, x @ mixing + 3 * generator.normal(size=(n, 4))

    truth = debiased_cka(moments_of(*draw(200_000)))
    group = text_group(np.arange(500))
    covered = 0
    for _ in range(300):
        x, y = draw(500)
        moments = Moments.create(GROUPS, x[0], y[0])
        moments.add(x, y, group)
        result = jackknifed(debiased_cka, moments)
        mean = mean_over_seeds_and_texts(np.array([result.estimate]), result.without_group[np.newaxis])
        covered += mean.interval(0.95).low <= truth <= mean.interval(0.95).high
    assert 0.91 <= covered / 300 <= 0.985
