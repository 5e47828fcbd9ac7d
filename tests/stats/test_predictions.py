import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar

from stages.stats.predictions import (
    QUANTITIES,
    PredictionSums,
    Quantity,
    rate_difference,
    rate_difference_without_group,
)
from stages.stats.scores import score
from stages.stats.text_groups import GROUPS, text_group

IDS = np.arange(4)
LABELS = np.array([0, 0, 1, 1])
ALONE = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
PADDED = np.array([[0.8, 0.2], [0.6, 0.4], [0.7, 0.3], [0.3, 0.7]])


def random_predictions(generator, texts, classes=3):
    alone = generator.dirichlet(np.ones(classes), texts)
    padded = generator.dirichlet(np.ones(classes), texts)
    return generator.permutation(texts), generator.integers(0, classes, texts), alone, padded


def test_every_sum_by_hand():
    sums = PredictionSums.of(IDS, LABELS, ALONE, PADDED)
    totals = {quantity.value: sums.total(quantity) for quantity in QUANTITIES}
    assert totals == pytest.approx(
        {
            "flips": 2,
            "correct": 3,
            "correct_alone": 3,
            "lost": 1,
            "gained": 1,
            "moved": 0.1 + 0.2 + 0.5,
            "nll_change": np.log(0.9 * 0.4 * 0.8 / (0.8 * 0.6 * 0.3)),
            "brier_change": 2 * ((0.2**2 - 0.1**2) + (0.4**2 - 0.6**2) + (0.7**2 - 0.2**2)),
        }
    )
    assert sums.rate("moved") == pytest.approx(0.8 / 4)
    assert (sums.n_texts, sums.n_groups, sums.correct) == (4, len(set(text_group(IDS))), 3)
    assert sums.largest == pytest.approx(0.5)


def test_changes_equal_the_difference_of_the_scores():
    ids, label, alone, padded = random_predictions(np.random.default_rng(0), 500)
    sums = PredictionSums.of(ids, label, alone, padded)
    before, after = score(alone, label), score(padded, label)
    assert sums.rate("nll_change") == pytest.approx(after.nll - before.nll)
    assert sums.rate("brier_change") == pytest.approx(after.brier - before.brier)
    assert (sums.rate("correct"), sums.rate("correct_alone")) == pytest.approx((after.accuracy, before.accuracy))


def test_a_probability_of_0_does_not_make_the_change_infinite():
    sums = PredictionSums.of(IDS[:1], LABELS[:1], np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]], dtype=np.float32))
    assert sums.total("nll_change") == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_leaving_a_group_out_equals_computing_without_it(quantity):
    ids, label, alone, padded = random_predictions(np.random.default_rng(1), 900)
    without = PredictionSums.of(ids, label, alone, padded).rate_without_group(quantity)
    group = text_group(ids)
    assert len(without) == GROUPS
    for index in (0, 23, 49):
        kept = group != index
        expected = PredictionSums.of(ids[kept], label[kept], alone[kept], padded[kept]).rate(quantity)
        assert without[index] == pytest.approx(expected)


@given(cut=st.integers(1, 199), seed=st.integers(0, 1000))
def test_any_split_gives_the_same_sums(cut, seed):
    ids, label, alone, padded = random_predictions(np.random.default_rng(seed), 200)
    whole = PredictionSums.of(ids, label, alone, padded)
    first, second = (
        PredictionSums.of(ids[part], label[part], alone[part], padded[part]) for part in (slice(cut), slice(cut, None))
    )
    for parts in (first + second, second + first):
        np.testing.assert_allclose(parts.sums, whole.sums, rtol=1e-10, atol=1e-10)
        np.testing.assert_array_equal(parts.texts, whole.texts)
        assert parts.largest == whole.largest


def test_an_unknown_quantity_is_refused():
    with pytest.raises(ValueError, match="flops"):
        PredictionSums.of(IDS, LABELS, ALONE, PADDED).rate("flops")


@pytest.mark.parametrize(("lost", "gained"), [(1, 0), (5, 1), (0, 12), (7, 7), (40, 22)])
def test_mcnemar_equals_statsmodels(lost, gained):
    right, wrong = [0.9, 0.1], [0.1, 0.9]
    alone = np.array([right] * lost + [wrong] * gained + [right] * 9)
    padded = np.array([wrong] * lost + [right] * gained + [right] * 9)
    texts = len(alone)
    sums = PredictionSums.of(np.arange(texts), np.zeros(texts, dtype=int), alone, padded)
    assert (sums.total(Quantity.LOST), sums.total(Quantity.GAINED)) == (lost, gained)
    assert sums.mcnemar_p() == pytest.approx(mcnemar([[9, lost], [gained, 0]], exact=True).pvalue)


def test_mcnemar_is_undefined_where_no_text_is_lost_or_gained():
    assert np.isnan(PredictionSums.of(IDS, LABELS, ALONE, ALONE).mcnemar_p())


def test_two_conditions_are_compared_on_the_same_texts():
    """Trained with padding: 3 of 4 are right there, 3 alone, and all 4 where the probabilities are the labels."""
    padded = PredictionSums.of(IDS, LABELS, ALONE, PADDED)
    perfect = PredictionSums.of(IDS, LABELS, ALONE, np.eye(2)[LABELS])
    assert rate_difference(perfect, padded, "correct") == pytest.approx(1 / 4)
    # Text 2 is the one that is wrong with pads: leaving its group out leaves no difference.
    without = rate_difference_without_group(perfect, padded, "correct")
    groups = sorted(set(text_group(IDS)))
    assert len(groups) == 4
    expected = [0 if group == text_group(IDS)[2] else 1 / 3 for group in groups]
    np.testing.assert_allclose(without, expected)


def test_two_conditions_with_other_texts_are_not_compared():
    one = PredictionSums.of(IDS, LABELS, ALONE, PADDED)
    two = PredictionSums.of(IDS + 100, LABELS, ALONE, PADDED)
    with pytest.raises(ValueError, match="same texts"):
        rate_difference(one, two, "correct")
    with pytest.raises(ValueError, match="same texts"):
        rate_difference_without_group(one, two, "correct")
