import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stages.stats.histograms import (
    BIN_WIDTH,
    BINS,
    StateHistogram,
    kolmogorov_smirnov,
    length_stratum,
    over_strata,
    wasserstein,
)


def histogram(states, stratum=None, strata=1):
    states = np.asarray(states)
    counted = StateHistogram.create(states.shape[1], strata)
    counted.add(states, np.zeros(len(states), dtype=np.int64) if stratum is None else np.asarray(stratum))
    return counted


def states_of(generator, texts, width, scale=0.5, shift=0.0):
    return np.tanh(generator.normal(shift, scale, size=(texts, width))).astype(np.float32)


def scipys_w1(before, after):
    """In float64: SciPy may keep the type of its input, and float32 rounds by more than a bound leaves."""
    return stats.wasserstein_distance(before.astype(np.float64), after.astype(np.float64))


def test_a_value_lies_in_the_bin_that_begins_at_or_below_it():
    just_below = np.nextafter(np.float32(0), np.float32(-1))
    values = np.array([-1, just_below, 0, BIN_WIDTH, 1 - BIN_WIDTH, 1], dtype=np.float32)
    counts = histogram(values[:, np.newaxis]).counts[0, 0]
    assert dict(zip(np.flatnonzero(counts).tolist(), counts[counts > 0].tolist(), strict=True)) == {
        0: 1,
        BINS // 2 - 1: 1,
        BINS // 2: 1,
        BINS // 2 + 1: 1,
        BINS - 1: 2,
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_counts_equal_numpys_histogram_of_every_unit_and_stratum(dtype):
    generator = np.random.default_rng(0)
    states = states_of(generator, 1500, 40).astype(dtype)
    stratum = generator.integers(0, 3, size=1500)
    counted = histogram(states, stratum, strata=3)
    for unit in (0, 17, 39):
        for part in range(3):
            theirs, _ = np.histogram(states[stratum == part, unit], bins=BINS, range=(-1, 1))
            np.testing.assert_array_equal(counted.counts[part, unit], theirs)
    np.testing.assert_array_equal(counted.texts, np.bincount(stratum))


def test_the_distances_by_hand():
    """Values (−0.5, 0) against (0, 0.5): both go up by half; half of the texts change places across a point."""
    one, two = histogram([[-0.5], [0.0]]), histogram([[0.0], [0.5]])
    assert wasserstein(one, two) == pytest.approx(np.array([[0.5]]))
    assert kolmogorov_smirnov(one, two) == pytest.approx(np.array([[0.5]]))


def test_equal_distributions_have_a_distance_of_exactly_zero_in_any_order():
    generator = np.random.default_rng(1)
    states = states_of(generator, 1001, 3)
    one, two = histogram(states), histogram(generator.permutation(states))
    assert wasserstein(one, two).tolist() == [[0, 0, 0]]
    assert kolmogorov_smirnov(one, two).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("shift", [0.0, 0.001, 0.3])
@pytest.mark.parametrize("scale", [0.0005, 0.05, 3.0])
def test_scipys_distances_lie_within_the_stated_error(shift, scale):
    generator = np.random.default_rng(2)
    before, after = states_of(generator, 900, 5, scale), states_of(generator, 1100, 5, scale, shift)
    one, two = histogram(before), histogram(after)
    w1 = [scipys_w1(before[:, unit], after[:, unit]) for unit in range(5)]
    ks = np.array([stats.ks_2samp(before[:, unit], after[:, unit]).statistic for unit in range(5)])
    assert np.abs(wasserstein(one, two)[0] - w1).max() <= BIN_WIDTH
    mass = np.maximum(one.counts[0].max(axis=1) / 900, two.counts[0].max(axis=1) / 1100)
    low = kolmogorov_smirnov(one, two)[0]
    assert (low <= ks + 1e-12).all()
    assert (ks <= low + mass + 1e-12).all()


def test_what_happens_inside_one_bin_is_hidden():
    """All values move by a tenth of a bin: the true Kolmogorov–Smirnov distance is 1."""
    before = np.full((10, 1), 0.3)
    one, two = histogram(before), histogram(before + BIN_WIDTH / 10)
    assert kolmogorov_smirnov(one, two) == 0
    assert wasserstein(one, two) == 0


def test_at_realistic_sizes_the_error_of_w1_is_far_below_its_bound():
    generator = np.random.default_rng(3)
    before, after = states_of(generator, 20_000, 1), states_of(generator, 20_000, 1, shift=0.05)
    theirs = scipys_w1(before[:, 0], after[:, 0])
    assert wasserstein(histogram(before), histogram(after))[0, 0] == pytest.approx(theirs, abs=BIN_WIDTH / 10)


@settings(max_examples=30)
@given(cut=st.integers(0, 200), seed=st.integers(0, 1000))
def test_batches_in_any_order_give_the_same_counts(cut, seed):
    generator = np.random.default_rng(seed)
    states, stratum = states_of(generator, 200, 3), generator.integers(0, 2, size=200)
    whole = histogram(states, stratum, strata=2)
    for parts in ((slice(cut), slice(cut, None)), (slice(cut, None), slice(cut))):
        batches = StateHistogram.create(3, 2)
        for part in parts:
            batches.add(states[part], stratum[part])
        np.testing.assert_array_equal(batches.counts, whole.counts)


@pytest.mark.filterwarnings("error")
def test_a_stratum_without_texts_has_no_distance():
    generator = np.random.default_rng(4)
    one = histogram(states_of(generator, 30, 2), np.repeat([0, 2], 15), strata=4)
    two = histogram(states_of(generator, 30, 2), np.repeat([0, 1], 15), strata=4)
    for distance in (wasserstein, kolmogorov_smirnov):
        distances = distance(one, two)
        assert np.isfinite(distances[0]).all()
        assert np.isnan(distances[1:]).all()


@pytest.mark.filterwarnings("error")
def test_the_mean_over_strata_weighs_by_texts():
    """Two strata of 1 and 3 texts with distances 0.25 and 0.5, and one that nobody falls into."""
    stratum = [0, 2, 2, 2]
    one = histogram(np.zeros((4, 1)), stratum, strata=3)
    two = histogram(np.array([[0.25], [0.5], [0.5], [0.5]]), stratum, strata=3)
    assert over_strata(wasserstein(one, two), one, two) == pytest.approx([(1 * 0.25 + 3 * 0.5) / 4])


@pytest.mark.filterwarnings("error")
def test_without_texts_on_one_side_there_is_no_mean_over_strata():
    one, two = histogram(np.zeros((2, 1)), [0, 1], strata=2), histogram(np.zeros((2, 1)), [0, 0], strata=2)
    assert np.isnan(over_strata(wasserstein(one, two), one, two)).all()
    none = StateHistogram.create(3, 2)
    assert np.isnan(over_strata(wasserstein(none, none), none, none)).tolist() == [True] * 3


def test_strata_keep_a_shift_of_lengths_apart_from_a_shift_of_states():
    """Long texts lie higher; one batch holds more of them. Within strata nothing differs, over all everything does."""
    generator = np.random.default_rng(5)
    shift = np.array([-0.5, 0.5])
    lengths = [np.repeat([0, 1], counts) for counts in ((3000, 1000), (1000, 3000))]
    batches = [states_of(generator, 4000, 1, 0.1, shift[length][:, np.newaxis]) for length in lengths]
    one, two = (histogram(batch, length, strata=2) for batch, length in zip(batches, lengths, strict=True))
    apart, together = over_strata(wasserstein(one, two), one, two), wasserstein(*map(histogram, batches))
    assert apart[0] < 0.02
    assert together[0, 0] > 0.4


def test_the_strata_of_lengths_by_hand():
    assert length_stratum(np.array([1, 5, 6, 9, 10, 99]), np.array([5, 9])).tolist() == [0, 0, 1, 1, 2, 2]
    assert length_stratum(np.array([1, 99]), np.array([], dtype=np.int64)).tolist() == [0, 0]


def test_edges_that_do_not_ascend_are_refused():
    with pytest.raises(ValueError, match=r"must ascend.*\[5, 5\]"):
        length_stratum(np.array([1]), np.array([5, 5]))


@pytest.mark.parametrize("value", [1.25, -1.25, np.nan, np.inf])
def test_a_value_that_no_hidden_state_takes_is_named_and_nothing_is_counted(value):
    counted = StateHistogram.create(2, 1)
    states = np.array([[0.5, 0.5], [0.5, value]])
    with pytest.raises(ValueError, match=f"value {value} of unit 1 lies outside"):
        counted.add(states, np.zeros(2, dtype=np.int64))
    assert counted.texts.tolist() == [0]


@pytest.mark.parametrize(
    ("states", "stratum", "message"),
    [
        (np.zeros((3, 4)), np.zeros(3, dtype=np.int64), r"\(n, 2\) with \(n,\)"),
        (np.zeros((3, 2)), np.zeros(2, dtype=np.int64), r"\(n, 2\) with \(n,\)"),
        (np.zeros((3, 2)), np.array([0, 1, 3]), "strata from 0 to 3; this histogram has 0 to 2"),
        (np.zeros((3, 2)), np.array([0, -1, 2]), "strata from -1 to 2"),
    ],
)
def test_what_does_not_fit_is_refused(states, stratum, message):
    with pytest.raises(ValueError, match=message):
        StateHistogram.create(2, 3).add(states, stratum)


def test_histograms_of_different_shapes_are_refused():
    one, two = StateHistogram.create(2, 1), StateHistogram.create(3, 1)
    with pytest.raises(ValueError, match=r"\(1, 2, 2048\) and \(1, 3, 2048\)"):
        wasserstein(one, two)


def test_no_texts_change_nothing():
    counted = histogram([[0.5]])
    counted.add(np.zeros((0, 1)), np.zeros(0, dtype=np.int64))
    assert counted.texts.tolist() == [1]
