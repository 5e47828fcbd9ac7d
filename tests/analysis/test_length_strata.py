"""Texts by length: strata, distances of distributions and drift, by hand and by SciPy."""

import numpy as np
import pytest
from scipy import stats

from stages.analysis.length_strata import LengthStrata
from stages.stats.histograms import BIN_WIDTH
from stages.stats.shift import ShiftSums

pytestmark = pytest.mark.filterwarnings("error")


def strata_of(length, alone, padded, *, batches=1, first=None):
    """What one condition did, the texts given in batches."""
    found = LengthStrata(("pads-8",), length if first is None else first, alone.shape[1])
    for rows in np.array_split(np.arange(len(length)), batches):
        found.add(length[rows], alone[rows], {"pads-8": padded[rows]})
    assert found.texts == len(length)
    return found.distributions("pads-8", ShiftSums.of(np.arange(len(length)), alone, padded))


def bounded(seed, n, width=3):
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (n, width)).astype(np.float32)


def test_the_strata_are_cut_at_the_quartiles():
    length = np.arange(1, 101)
    found = strata_of(length, bounded(0, 100), bounded(1, 100))
    assert [(each.shortest, each.longest, each.texts) for each in found.strata] == [
        (1, 25, 25),
        (26, 50, 25),
        (51, 75, 25),
        (76, 100, 25),
    ]


def test_texts_of_few_lengths_have_fewer_strata():
    def ranges(length):
        found = strata_of(np.array(length), bounded(0, len(length)), bounded(1, len(length)))
        return [(each.shortest, each.longest, each.texts) for each in found.strata]

    assert ranges([7] * 10) == [(7, 7, 10)]
    assert ranges([3] * 8 + [9] * 2) == [(3, 3, 8), (9, 9, 2)]
    assert ranges([3] * 2 + [9] * 8) == [(3, 9, 10)]
    assert ranges([4, 5]) == [(4, 4, 1), (5, 5, 1)]


def test_a_stratum_without_texts_is_left_out_and_later_lengths_find_theirs():
    """The cuts come from the first texts alone, 2, 4 and 6; later texts of 1 and 30 tokens join the ends."""
    first = np.array([2, 4, 6, 8])
    found = strata_of(np.array([1, 2, 30, 8]), bounded(0, 4), bounded(1, 4), first=first)
    assert [(each.shortest, each.longest, each.texts) for each in found.strata] == [(1, 2, 2), (8, 30, 2)]


def test_the_drift_of_a_stratum_by_hand():
    """One unit, h⁰ = 0, .2, .4, .6 of spread Σ = .2, or .05 a text; short texts move by .1, long ones by .3."""
    length = np.array([1, 1, 9, 9])
    alone = np.array([[0.0], [0.2], [0.4], [0.6]])
    found = strata_of(length, alone, alone + np.array([[0.1], [-0.1], [0.3], [0.3]]))
    assert [each.drift_ratio for each in found.strata] == pytest.approx([0.01 / 0.05, 0.09 / 0.05])


def test_the_distances_are_scipys():
    """Medians over units by stratum; over strata a mean weighted by texts."""
    length = np.repeat([1, 9], [300, 100])
    alone = bounded(0, 400)
    padded = (alone + np.where(length == 9, 0.3, 0.1)[:, np.newaxis] * [1.0, 0.5, 0.0]).astype(np.float32)
    found = strata_of(length, alone, padded)
    by_stratum = {
        "wasserstein": stats.wasserstein_distance,
        "kolmogorov_smirnov": lambda one, two: stats.ks_2samp(one, two).statistic,
    }
    for name, distance in by_stratum.items():
        expected = np.array(
            [[distance(alone[rows, u], padded[rows, u]) for u in range(3)] for rows in (length == 1, length == 9)]
        )
        # A bin may hide what happens to the few texts that it holds.
        tolerance = BIN_WIDTH if name == "wasserstein" else 2 / 100
        assert [getattr(each, name) for each in found.strata] == pytest.approx(
            np.median(expected, axis=1), abs=tolerance
        )
        np.testing.assert_allclose(getattr(found, name), expected.T @ [0.75, 0.25], atol=tolerance)
    assert found.wasserstein == pytest.approx([0.15, 0.075, 0], abs=BIN_WIDTH)


def test_texts_that_swap_their_states_drift_and_look_alike():
    """What an unpaired comparison cannot see."""
    alone = bounded(0, 100)
    found = strata_of(np.full(100, 5), alone, alone[::-1])
    assert found.wasserstein.max() == found.kolmogorov_smirnov.max() == 0
    assert found.strata[0].drift_ratio > 1


def test_no_change_is_no_distance_in_any_batches():
    length, alone = np.arange(90) % 9 + 1, bounded(0, 90)
    found = strata_of(length, alone, alone, batches=7)
    assert found.wasserstein.tolist() == found.kolmogorov_smirnov.tolist() == [0, 0, 0]
    assert [each.drift_ratio for each in found.strata] == [0] * len(found.strata)


def test_batches_change_nothing():
    length, alone, padded = np.arange(90) % 9 + 1, bounded(0, 90), bounded(1, 90)
    one, many = (strata_of(length, alone, padded, batches=count, first=length) for count in (1, 7))
    assert np.array_equal(one.wasserstein, many.wasserstein)
    assert [vars(each) for each in one.strata] == [pytest.approx(vars(each)) for each in many.strata]


def test_states_without_spread_have_no_drift():
    constant = np.full((10, 2), 0.5)
    found = strata_of(np.arange(10), constant, constant + 0.1)
    assert all(np.isnan(each.drift_ratio) for each in found.strata)
    assert found.wasserstein == pytest.approx([0.1, 0.1], abs=BIN_WIDTH)


@pytest.mark.parametrize("where", ["alone", "padded"])
def test_one_unbounded_value_in_a_later_batch_gives_distributions_up(where):
    states = {"alone": bounded(0, 40), "padded": bounded(1, 40)}
    assert strata_of(np.arange(40), **states, batches=4) is not None
    states[where][30, 1] = 1.001
    assert strata_of(np.arange(40), **states, batches=4) is None
