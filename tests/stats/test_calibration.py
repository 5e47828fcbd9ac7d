import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from stages.stats.calibration import Confidence, ConfidenceBins, EqualMassBins, calibration_error_over_seeds
from stages.stats.text_groups import text_group


def plain_ece(bins):
    """Σ_b n_b/n |accuracy_b − confidence_b| (Naeini et al. 2015): biased upwards, for noise counts as error."""
    gap = np.abs(bins.correct.sum(axis=0) - bins.confidence.sum(axis=0))
    return gap.sum() / bins.texts.sum() if bins.texts.sum() else float("nan")


def debiased_ece(bins):
    """The root of the squared error, 0 where that is negative: ECE_debias of Roelofs et al. (arXiv 2012.08668)."""
    return np.sqrt(np.maximum(bins.squared_error(), 0))


def predictions(generator, texts, sharpened=1.0):
    """Two-class probabilities and labels; the true log-odds are those predicted, divided by `sharpened`."""
    odds = generator.normal(0, 2, texts)
    label = (generator.random(texts) < 1 / (1 + np.exp(-odds / sharpened))).astype(int)
    second = 1 / (1 + np.exp(-odds))
    return np.arange(texts), label, np.stack([1 - second, second], axis=1)


def bins_of(confidence, right, bins=15):
    """Confidences of the first of two classes, all above .5."""
    confidence = np.array(confidence)
    probability = np.stack([confidence, 1 - confidence], axis=1)
    return ConfidenceBins.of(np.arange(len(confidence)), 1 - np.array(right), probability).equal_mass(bins)


def test_two_bins_by_hand():
    """(.6, .6): one of two right, gap −.1; (.8, .9): both right, gap .15. Noise: .5·.5/1 and 0."""
    bins = bins_of([0.6, 0.9, 0.6, 0.8], [1, 1, 0, 1], bins=2)
    curve = [(point.confidence, point.accuracy, point.texts) for point in bins.curve()]
    np.testing.assert_allclose(curve, [(0.6, 0.5, 2), (0.85, 1.0, 2)])
    assert plain_ece(bins) == pytest.approx((0.1 + 0.15) / 2)
    assert bins.squared_error() == pytest.approx((0.1**2 - 0.25 + 0.15**2) / 2)
    assert debiased_ece(bins) == 0


def test_the_curve_equals_sklearns():
    ids, label, probability = predictions(np.random.default_rng(0), 4000)
    curve = ConfidenceBins.of(ids, label, probability).equal_mass(10).curve()
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == label
    accuracy, sure = calibration_curve(right, confidence, n_bins=10, strategy="quantile")
    # A fine bin is not split, so that up to a few of 400 texts fall on the other side of a boundary.
    np.testing.assert_allclose([point.confidence for point in curve], sure, atol=0.002)
    np.testing.assert_allclose([point.accuracy for point in curve], accuracy, atol=0.01)
    assert all(abs(point.texts - 400) < 20 for point in curve)


def test_the_plain_error_equals_that_of_sorted_texts():
    ids, label, probability = predictions(np.random.default_rng(1), 3000, sharpened=3)
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == label
    parts = np.array_split(np.argsort(confidence), 15)
    expected = sum(abs(right[part].sum() - confidence[part].sum()) for part in parts) / 3000
    assert plain_ece(ConfidenceBins.of(ids, label, probability).equal_mass()) == pytest.approx(expected, abs=1e-3)


def test_the_debiased_error_of_a_calibrated_model_is_about_0_where_the_plain_one_is_not():
    generator = np.random.default_rng(2)
    runs = [ConfidenceBins.of(*predictions(generator, 1000)).equal_mass() for _ in range(300)]
    squared = np.array([bins.squared_error() for bins in runs])
    assert abs(squared.mean()) < 3 * squared.std() / np.sqrt(300)
    assert abs(squared.mean()) < 1e-4
    assert np.mean([plain_ece(bins) for bins in runs]) > 0.03
    assert np.median([debiased_ece(bins) for bins in runs]) < 0.01


def test_a_planted_error_is_recovered_without_bias():
    """Log-odds three times too large; the truth from the same bins of a million texts."""
    generator = np.random.default_rng(3)
    truth = ConfidenceBins.of(*predictions(generator, 1_000_000, 3)).equal_mass().squared_error()
    assert truth > 0.15**2
    runs = np.array(
        [ConfidenceBins.of(*predictions(generator, 1000, 3)).equal_mass().squared_error() for _ in range(300)]
    )
    assert abs(runs.mean() - truth) < 3 * runs.std() / np.sqrt(300)


def test_an_equal_gap_in_every_bin_is_that_gap():
    confidence = np.repeat(np.linspace(0.6, 0.9, 7), 1000)
    right = np.concatenate([np.arange(1000) < 1000 * (sure - 0.1) for sure in np.linspace(0.6, 0.9, 7)])
    bins = bins_of(confidence, right.astype(int), bins=7)
    assert plain_ece(bins) == pytest.approx(0.1, abs=1e-3)
    assert debiased_ece(bins) == pytest.approx(0.1, abs=2e-3)


@given(cut=st.integers(1, 299), seed=st.integers(0, 1000))
def test_any_split_gives_the_same_sums(cut, seed):
    ids, label, probability = predictions(np.random.default_rng(seed), 300)
    whole = ConfidenceBins.of(ids, label, probability)
    first, second = (
        ConfidenceBins.of(ids[part], label[part], probability[part]) for part in (slice(cut), slice(cut, None))
    )
    for parts in (first + second, second + first):
        np.testing.assert_array_equal(parts.texts, whole.texts)
        np.testing.assert_array_equal(parts.correct, whole.correct)
        np.testing.assert_allclose(parts.confidence, whole.confidence, rtol=1e-12)
    assert plain_ece(whole.pooled().equal_mass()) == pytest.approx(plain_ece(whole.equal_mass()))


def test_what_is_kept_of_the_bins_gives_the_same_errors_and_curve():
    bins = ConfidenceBins.of(*predictions(np.random.default_rng(4), 300))
    kept = Confidence.of(bins)
    assert kept.by_group.squared_error() == bins.equal_mass().squared_error()
    assert (
        kept.by_group.squared_error_without_group().tolist() == bins.equal_mass().squared_error_without_group().tolist()
    )
    assert (kept.pooled + kept.pooled).equal_mass().curve() == (bins + bins).pooled().equal_mass().curve()


def test_leaving_a_group_out_equals_computing_without_it_in_the_same_bins():
    ids, label, probability = predictions(np.random.default_rng(4), 2000)
    bins = ConfidenceBins.of(ids, label, probability).equal_mass()
    without = bins.squared_error_without_group()
    groups = np.unique(text_group(ids))
    assert len(without) == len(groups) == 50
    for index in (0, 31):
        kept = groups != index
        rest = EqualMassBins(bins.texts[kept], bins.confidence[kept], bins.correct[kept])
        assert without[index] == pytest.approx(rest.squared_error())


@pytest.mark.filterwarnings("error")
def test_confidences_that_crowd_make_fewer_bins():
    """All equal: one bin. Saturated at 1: the last fine bin holds them. Three texts: three bins with one each."""
    equal = bins_of([0.8] * 10, [1] * 8 + [0] * 2)
    assert [point.texts for point in equal.curve()] == [10]
    assert plain_ece(equal) == pytest.approx(0, abs=1e-12)
    assert [point.texts for point in bins_of([1.0] * 90 + [0.6] * 10, [1] * 100).curve()] == [10, 90]
    few = bins_of([0.6, 0.7, 0.8], [1, 1, 0])
    assert [point.texts for point in few.curve()] == [1, 1, 1]
    assert np.isnan(few.squared_error())
    assert np.isnan(debiased_ece(few))
    assert calibration_error_over_seeds([few], 0.95) is None


@pytest.mark.filterwarnings("error")
def test_no_texts_and_no_seeds_have_no_error():
    none = bins_of([], [])
    assert none.curve() == []
    assert np.isnan(plain_ece(none))
    assert np.isnan(none.squared_error())
    assert calibration_error_over_seeds([], 0.95) is None
    assert calibration_error_over_seeds([none], 0.95) is None


def test_over_seeds_the_squares_are_averaged():
    generator = np.random.default_rng(5)
    seeds = [ConfidenceBins.of(*predictions(generator, 2000, 3)).equal_mass() for _ in range(4)]
    interval = calibration_error_over_seeds(seeds, 0.95)
    assert interval.estimate == pytest.approx(np.sqrt(np.mean([each.squared_error() for each in seeds])))
    assert 0 < interval.low < interval.estimate < interval.high


def test_over_calibrated_seeds_the_interval_reaches_down_to_0():
    generator = np.random.default_rng(6)
    seeds = [ConfidenceBins.of(*predictions(generator, 2000)).equal_mass() for _ in range(4)]
    interval = calibration_error_over_seeds(seeds, 0.95)
    assert interval.low == 0
    assert interval.high < 0.03
