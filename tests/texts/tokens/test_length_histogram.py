import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.texts.tokens import length_histogram as lengths

some_lengths = st.lists(st.integers(1, 60), min_size=1, max_size=80)


def counts_of(values: list[int]) -> lengths.LengthCounts:
    return lengths.length_counts(np.array(values, dtype=np.int32))


def test_the_histogram_is_indexed_by_length() -> None:
    assert counts_of([2, 4, 2]).tolist() == [0, 0, 2, 0, 1]


def test_no_texts_have_an_empty_histogram() -> None:
    assert counts_of([]).tolist() == []


def test_the_median_of_an_even_number_of_texts_is_the_lower_middle() -> None:
    assert lengths.quantile(counts_of([1, 3, 7, 9]), 0.5) == 3


def test_a_share_just_above_a_half_needs_one_text_more() -> None:
    assert lengths.quantile(counts_of([1, 3, 7, 9]), 0.51) == 7


def test_the_quantiles_zero_and_one_are_the_shortest_and_the_longest() -> None:
    counts = counts_of([5, 3, 8])
    assert (
        lengths.quantile(counts, 0),
        lengths.quantile(counts, 1),
        lengths.longest(counts),
    ) == (3, 8, 8)


def test_a_share_that_binary_floats_round_up_does_not_ask_for_another_text() -> None:
    assert 0.07 * 100 > 7
    assert lengths.quantile(counts_of(list(range(1, 101))), 0.07) == 7


def test_texts_of_one_length_have_that_length_at_every_quantile() -> None:
    assert set(lengths.quantiles(counts_of([6] * 10)).values()) == {6}


def test_one_text_of_one_token_has_every_quantile_at_one() -> None:
    assert set(lengths.quantiles(counts_of([1])).values()) == {1}


def test_no_texts_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no texts"):
        lengths.quantile(counts_of([]), 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_zero_and_one_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share in"):
        lengths.quantile(counts_of([1]), share)


@given(some_lengths, st.sampled_from(lengths.QUANTILES))
def test_quantiles_agree_with_numpys_inverted_distribution(values: list[int], share: float) -> None:
    # With at most 80 texts no share of QUANTILES meets a rounding error in NumPy's own product.
    expected = np.quantile(np.array(values), share, method="inverted_cdf")
    assert lengths.quantile(counts_of(values), share) == expected


@given(some_lengths, some_lengths)
def test_merging_histograms_is_the_histogram_of_all_texts(first: list[int], second: list[int]) -> None:
    merged = lengths.merged(counts_of(first), counts_of(second))
    assert merged.tolist() == counts_of(first + second).tolist()


@given(some_lengths, st.integers(1, 70))
def test_clipping_a_histogram_is_the_histogram_of_clipped_lengths(values: list[int], max_len: int) -> None:
    assert lengths.clipped(counts_of(values), max_len).tolist() == counts_of([min(v, max_len) for v in values]).tolist()


def test_shares_of_rows_of_four_by_hand() -> None:
    counts = counts_of([1, 4, 7])
    assert lengths.padding_share(counts, 4) == pytest.approx(3 / 12)
    assert lengths.truncated_share(counts, 4) == pytest.approx(1 / 3)
    assert lengths.cut_share(counts, 4) == pytest.approx(3 / 12)
    assert lengths.tokens(counts) == 12
    assert lengths.mean(counts) == pytest.approx(4)


def test_rows_wider_than_every_text_cut_nothing() -> None:
    counts = counts_of([1, 3])
    assert lengths.padding_share(counts, 10) == pytest.approx(16 / 20)
    assert (lengths.truncated_share(counts, 10), lengths.cut_share(counts, 10)) == (0, 0)
