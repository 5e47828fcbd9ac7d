import numpy as np
import pytest

from stages.stats.forgetting import PairDistances

PADS = (0, 1, 2, 4, 8, 16, 32, 64)


def sums(state_at, predicted, pads=PADS):
    """The sums of texts whose state after k pads is `state_at(k)`, as a states file keeps it."""
    by_pads = {count: state_at(count).astype(np.float32) for count in pads}
    return PairDistances.of(predicted, state_at(0).astype(np.float32), by_pads)


def texts(count=400, width=6, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, width)), generator.integers(0, 2, count)


def test_pairs_and_ratios_by_hand():
    """Classes 0 0 1 1 1: within 0–1 and 2–3 (the fifth has no partner), between 1–2."""
    alone = np.array([[0.0], [2.0], [5.0], [9.0], [1.0]])
    padded = np.array([[0.0], [1.0], [7.0], [8.0], [1.0]])
    found = PairDistances.of(np.array([0, 0, 1, 1, 1]), alone, {3: padded})
    assert found.pairs.tolist() == [2, 1]
    assert found.ratio("within") == pytest.approx([np.sqrt((1 / 2) * (1 / 4))])
    assert found.ratio("between") == pytest.approx([6 / 3])


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_the_distance_left_by_a_known_contraction(rate):
    states, predicted = texts()
    end = np.array([3.0, -2.0, 0.5, 1.0, 0.0, 9.0])
    found = sums(lambda pads: end + np.exp(-rate * pads) * (states - end), predicted)
    for kind in ("within", "between"):
        np.testing.assert_allclose(found.ratio(kind)[:5], np.exp(-rate * np.array(PADS[:5])), rtol=1e-3)


def test_a_contraction_to_the_last_bit_stops_at_the_precision():
    states, predicted = texts()
    found = sums(lambda pads: 1 + np.exp(-1.5 * pads) * states, predicted)
    ratio = found.ratio("within")
    assert 1e-7 < ratio[-1] < 1e-5
    assert np.isfinite(ratio).all()


def test_two_ends_keep_classes_apart_and_texts_of_a_class_meet():
    states, predicted = texts()
    ends = 20.0 * predicted[:, np.newaxis]
    found = sums(lambda pads: ends + np.exp(-0.1 * pads) * states, predicted)
    assert found.ratio("within") == pytest.approx(np.exp(-0.1 * np.array(PADS)), rel=0.01)
    assert found.ratio("between")[-1] == pytest.approx(1, abs=0.1)


def test_texts_that_are_not_told_apart_are_counted_apart():
    alone = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    found = PairDistances.of(np.zeros(6, dtype=int), alone, {1: 0 * alone, 2: alone})
    assert found.pairs[0] == 1
    assert found.ratio("within") == pytest.approx([3e-6 / 2, 1])
    assert np.isnan(found.ratio("between")).all()


@pytest.mark.parametrize("count", [0, 1])
def test_one_text_makes_no_pair(count):
    states, predicted = texts(count)
    found = sums(lambda pads: states, predicted)
    assert found.pairs.tolist() == [0, 0]
    assert np.isnan(found.ratio("within")).all()


def test_batches_add_up_to_their_pairs():
    states, predicted = texts()
    parts = [
        sums(lambda pads, s=s: np.exp(-0.1 * pads) * states[s], predicted[s]) for s in (slice(0, 150), slice(150, 400))
    ]
    whole = parts[0] + parts[1]
    assert (whole.pairs == parts[0].pairs + parts[1].pairs).all()
    np.testing.assert_allclose(whole.ratio("within"), np.exp(-0.1 * np.array(PADS)), rtol=1e-4)
    one, two = (PairDistances.of(predicted[:50], states[:50], {2: factor * states[:50]}) for factor in (0.5, 2.0))
    assert (one + two).ratio("between") == pytest.approx([1.0])
    with pytest.raises(ValueError, match="cannot be added"):
        whole + one
