from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.models.batching import computed_tokens, epoch_batches, sorted_batches
from stages.stats.padding_cost import Batching, Cost, flops_per_step, linear_law, padding_costs
from stages.texts.tokens.length_histogram import length_counts


def costs(lengths, max_len, batch_size):
    return padding_costs(length_counts(np.asarray(lengths)), max_len, batch_size)


def steps_of(order, batch_size):
    """Steps of these lengths in this order, every batch padded to its longest."""
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return sum(len(batch) * max(batch) for batch in batches)


def test_the_costs_by_hand():
    """Lengths 1, 2, 4 and 9 cut to 6, in batches of two.

    Of the three ways to pair them, 1+2 and 4+6 computes 2·2 + 2·6 = 16, the other two compute 2·4 + 2·6 = 20.
    """
    found = costs([1, 2, 4, 9], max_len=6, batch_size=2)
    assert found[Batching.FIXED] == Cost(24, 13)
    assert found[Batching.PER_BATCH].steps == pytest.approx((16 + 20 + 20) / 3)
    assert found[Batching.BUCKETED] == Cost(16, 13)
    assert found[Batching.PACKED] == Cost(13, 13)
    assert found[Batching.FIXED].wasted == pytest.approx(11 / 24)
    assert found[Batching.BUCKETED].wasted == pytest.approx(3 / 16)
    assert found[Batching.PACKED].wasted == 0


@settings(max_examples=60)
@given(lengths=st.lists(st.integers(1, 7), min_size=1, max_size=7), batch_size=st.integers(1, 8))
@example(lengths=[1, 10, 10, 10], batch_size=3)
@example(lengths=[1, 1, 1, 10], batch_size=3)
def test_random_and_sorted_batches_equal_the_mean_and_the_least_of_all_orders(lengths, batch_size):
    every = [steps_of(order, batch_size) for order in permutations(lengths)]
    found = costs(lengths, 10, batch_size)
    assert found[Batching.PER_BATCH].steps == pytest.approx(np.mean(every), rel=1e-9)
    assert found[Batching.BUCKETED].steps == min(every)


def test_batches_of_every_subset():
    """A batch of 4 of 9 texts and one of 4 and one of 1: the expected longest by going through all subsets."""
    lengths = [1, 1, 2, 3, 3, 5, 8, 8, 13]
    four = np.mean([max(batch) for batch in combinations(lengths, 4)])
    assert costs(lengths, 13, 4)[Batching.PER_BATCH].steps == pytest.approx(8 * four + np.mean(lengths))


def test_random_batches_agree_with_the_ones_that_training_makes():
    generator = np.random.default_rng(0)
    lengths = np.minimum(generator.geometric(0.07, size=1003), 40)
    epochs = [
        computed_tokens(epoch_batches(lengths, 32, "shuffle", generator), lengths, 40, trims=True) for _ in range(400)
    ]
    error = np.std(epochs, ddof=1) / np.sqrt(len(epochs))
    assert costs(lengths, 40, 32)[Batching.PER_BATCH].steps == pytest.approx(np.mean(epochs), abs=4 * error)


@pytest.mark.parametrize("texts", [960, 1000])
def test_sorted_batches_agree_with_the_ones_that_scoring_makes(texts):
    generator = np.random.default_rng(1)
    lengths = generator.geometric(0.07, size=texts)
    found = costs(lengths, lengths.max(), 32)[Batching.BUCKETED].steps
    ascending = computed_tokens(sorted_batches(lengths, 32), lengths, lengths.max(), trims=True)
    descending = steps_of(sorted(lengths.tolist(), reverse=True), 32)
    if texts % 32 == 0:
        assert found == ascending == descending
    else:
        assert found <= min(ascending, descending)
        assert found > 0.99 * min(ascending, descending)


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=80),
    batch_size=st.integers(1, 90),
    max_len=st.integers(1, 70),
)
@example(lengths=[1, 10, 10, 10], batch_size=3, max_len=10)
def test_the_ways_of_batching_go_from_dear_to_cheap(lengths, batch_size, max_len):
    found = costs(lengths, max_len, batch_size)
    packed, bucketed, per_batch, fixed = (found[name].steps for name in reversed(Batching))
    assert packed <= bucketed
    assert bucketed <= per_batch * (1 + 1e-9)
    assert per_batch <= fixed * (1 + 1e-9)
    assert {cost.text_steps for cost in found.values()} == {sum(min(length, max_len) for length in lengths)}


def test_a_batch_of_one_wastes_nothing_and_a_batch_of_all_is_as_wide_as_the_longest():
    lengths = [3, 5, 9]
    alone, together = costs(lengths, 20, 1), costs(lengths, 20, 3)
    assert alone[Batching.PER_BATCH].steps == alone[Batching.BUCKETED].steps == 17
    assert together[Batching.PER_BATCH].steps == together[Batching.BUCKETED].steps == 27
    assert together[Batching.FIXED].steps == 60


def test_millions_of_texts_keep_their_precision():
    """Two lengths: the longest of a batch is 1 only if no text of 2 is drawn, with probability Π (n₁ − i) / (n − i)."""
    short, texts, size = 19_000_000, 20_000_000, 64
    counts = np.array([0, short, texts - short])
    none = np.prod([(short - drawn) / (texts - drawn) for drawn in range(size)])
    found = padding_costs(counts, 2, size)[Batching.PER_BATCH].steps
    assert found / texts == pytest.approx(2 - none, abs=1e-8)


def test_texts_without_tokens_have_no_share_of_waste_where_nothing_is_computed():
    found = costs([0, 0], 5, 2)
    assert np.isnan(found[Batching.PACKED].wasted)
    assert found[Batching.FIXED].wasted == 1


@pytest.mark.parametrize(
    ("lengths", "max_len", "batch_size", "message"),
    [
        ([], 5, 2, "no texts"),
        ([1, 2], 0, 2, "at least 1 token, not 0"),
        ([1, 2], 5, 0, "at least 1 text, not 0"),
    ],
)
def test_what_has_no_cost_is_refused(lengths, max_len, batch_size, message):
    with pytest.raises(ValueError, match=message):
        costs(np.array(lengths, dtype=np.int64), max_len, batch_size)


def test_the_flops_of_one_layer_by_hand():
    """16 inputs, 32 units: 4 gates of 32 units, each with 48 weights of two operations; 9 more for every unit."""
    assert flops_per_step(16, 32, layers=1) == 4 * 32 * 48 * 2 + 9 * 32 == 12_576


def test_two_directions_double_a_layer_and_widen_the_next_ones_input():
    first, second = 8 * 32 * (32 + 16) + 9 * 32, 8 * 32 * (32 + 32) + 9 * 32
    widened = 8 * 32 * (32 + 64) + 9 * 32
    assert flops_per_step(16, 32, layers=3) == first + 2 * second
    assert flops_per_step(16, 32, layers=3, directions=2, merged=2) == 2 * (first + 2 * widened)


def test_the_flops_of_the_products_follow_from_the_weights_of_the_matrices():
    """A bias is the first summand of its product, so a product takes two operations for every weight of a matrix."""
    embedding, units = 10, 7
    weights = 4 * units * (embedding + units)
    assert flops_per_step(embedding, units, layers=1) - 9 * units == 2 * weights


def test_steps_grow_by_the_number_of_texts_with_every_column():
    generator = np.random.default_rng(2)
    lengths = generator.geometric(0.1, size=1234)
    law = linear_law(length_counts(lengths), [10, 25, int(lengths.max()), 400])
    assert law.slope == 1234
    assert law.r_squared == 1
    assert [point.steps for point in law.points] == [12_340, 30_850, 1234 * lengths.max(), 493_600]
    assert law.points[-1].padding_share == pytest.approx(1 - lengths.sum() / 493_600)
    assert law.points[0].padding_share == pytest.approx(1 - np.minimum(lengths, 10).sum() / 12_340)


def test_the_line_through_numpys_integers_does_not_overflow():
    counts = np.zeros(3, dtype=np.int64)
    counts[2] = 50_000_000
    law = linear_law(counts, np.array([100, 200, 4000]))
    assert (law.slope, law.r_squared) == (50_000_000, 1)


@pytest.mark.parametrize("max_lens", [[], [7], [7, 7]])
def test_a_line_needs_two_widths(max_lens):
    with pytest.raises(ValueError, match="two widths"):
        linear_law(np.array([0, 3, 4]), max_lens)
