import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.models.batching import (
    computed_tokens,
    epoch_batches,
    exact_length_batches,
    sorted_batches,
    trimmed,
)

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=300).map(np.array)


@pytest.mark.parametrize("grouping", ["length", "shuffle"])
@given(lengths=LENGTHS, size=st.integers(1, 50), seed=st.integers(0, 2**32))
def test_an_epoch_holds_every_text_once(lengths, size, seed, grouping):
    batches = epoch_batches(lengths, size, grouping, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert max(map(len, batches)) <= size


def test_grouping_by_length_leaves_less_padding_than_shuffling():
    lengths = np.random.default_rng(0).integers(1, 100, 3200)
    cost = {
        grouping: computed_tokens(
            epoch_batches(lengths, 32, grouping, np.random.default_rng(1)), lengths, 100, trims=True
        )
        for grouping in ("length", "shuffle")
    }
    assert cost["length"] < 1.05 * lengths.sum()
    assert cost["shuffle"] > 1.8 * lengths.sum()


def test_another_epoch_has_other_batches_and_the_same_seed_the_same():
    lengths = np.random.default_rng(0).integers(1, 100, 500)
    first, again, other = (epoch_batches(lengths, 32, "length", np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(map(np.array_equal, first, again))
    assert not all(map(np.array_equal, first, other))


@given(lengths=LENGTHS, size=st.integers(1, 50))
def test_exact_length_batches_hold_one_length_each_and_every_text_once(lengths, size):
    batches = list(exact_length_batches(lengths, size))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert all(len(set(lengths[rows])) == 1 and len(rows) <= size for rows in batches)


def test_sorted_batches_by_hand():
    assert [rows.tolist() for rows in sorted_batches(np.array([3, 1, 2, 1]), 3)] == [[1, 3, 2], [0]]


def test_trimming_drops_only_columns_that_are_padding_everywhere():
    pre = np.array([[0, 0, 0, 5], [0, 0, 6, 7]])
    post = np.array([[5, 0, 0, 0], [6, 7, 0, 0]])
    lengths = np.array([1, 2])
    assert trimmed(pre, lengths, "pre").tolist() == [[0, 5], [6, 7]]
    assert trimmed(post, lengths, "post").tolist() == [[5, 0], [6, 7]]


def test_computed_tokens_by_hand():
    lengths = np.array([3, 1, 2])
    batches = [np.array([0, 1]), np.array([2])]
    assert computed_tokens(batches, lengths, 10, trims=True) == 2 * 3 + 2
    assert computed_tokens(batches, lengths, 10, trims=False) == 30
