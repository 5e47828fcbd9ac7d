import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.texts.corpora.quotas import held_out, proportional


@pytest.mark.parametrize(
    ("count", "taken"),
    [(100, (25, 15)), (3, (1, 1)), (4, (1, 1)), (10, (2, 2)), (2, (0, 1)), (1, (0, 0))],
)
def test_a_quarter_and_fifteen_percent_are_held_out(count, taken):
    assert held_out(count, (0.25, 0.15)) == taken


@given(st.integers(3, 10_000), st.floats(0.01, 0.5), st.floats(0.01, 0.49))
def test_three_texts_or_more_leave_at_least_one_for_each_split(count, test, validation):
    taken = held_out(count, (test, validation))
    assert min(taken) >= 1
    assert sum(taken) < count


def test_no_share_takes_nothing():
    assert held_out(5, ()) == ()


def test_remainders_are_given_to_the_largest():
    # Exact shares 5.0, 3.33, 1.67: the last text goes to the third stratum.
    assert proportional([30, 20, 10], 10) == [5, 3, 2]


def test_each_stratum_keeps_at_least_one_at_the_cost_of_the_largest():
    assert proportional([100, 1, 1], 10) == [8, 1, 1]


def test_more_strata_than_texts_keep_one_each():
    assert proportional([5] * 12, 10) == [1] * 12


def test_fewer_texts_than_allowed_are_all_kept():
    assert proportional([3, 4], 10) == [3, 4]


@given(st.lists(st.integers(1, 500), min_size=1, max_size=40), st.integers(10, 2000))
def test_shares_sum_to_the_total_and_exceed_no_stratum(counts, total):
    shares = proportional(counts, total)
    assert all(1 <= share <= count for share, count in zip(shares, counts, strict=True))
    assert sum(shares) == min(sum(counts), max(total, len(counts)))
