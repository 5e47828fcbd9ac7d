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
def test_the_half_life_of_a_known_contraction(rate):
    states, predicted = texts()
    end = np.array([3.0, -2.0, 0.5, 1.0, 0.0, 9.0])
    found = sums(lambda pads: end + np.exp(-rate * pads) * (states - end), predicted)
    for kind in ("within", "between"):
        half_life = found.half_life(kind)
        assert half_life.pads == pytest.approx(np.log(2) / rate, rel=1e-3)
        assert half_life.fit > 0.999
        assert half_life.reason is None
        np.testing.assert_allclose(found.ratio(kind)[:5], np.exp(-rate * np.array(PADS[:5])), rtol=1e-3)


def test_a_contraction_to_the_last_bit_is_read_before_the_precision_is_met():
    states, predicted = texts()
    found = sums(lambda pads: 1 + np.exp(-1.5 * pads) * states, predicted, pads=(0, 1, 2, 3, 4, 5, 6, 16, 64))
    assert found.half_life("within").pads == pytest.approx(np.log(2) / 1.5, rel=1e-3)
    ratio = found.ratio("within")
    assert found.blurred[0, -1] == found.pairs[0]
    assert 1e-7 < ratio[-1] < 1e-5
    assert np.isfinite(ratio).all()


def test_two_ends_keep_classes_apart_and_texts_of_a_class_meet():
    states, predicted = texts()
    ends = 20.0 * predicted[:, np.newaxis]
    found = sums(lambda pads: ends + np.exp(-0.1 * pads) * states, predicted)
    assert found.half_life("within").pads == pytest.approx(np.log(2) / 0.1, rel=1e-3)
    between = found.half_life("between")
    assert between.pads is None
    assert found.ratio("between")[-1] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("scale", "reason"),
    [
        (lambda pads: 1.0, "the distance does not change"),
        (lambda pads: 1 + 0.01 * pads, "the distance does not fall"),
        (lambda pads: 0.1 + 0.9 * np.exp(-pads), "the distance does not fall exponentially"),
        (lambda pads: np.exp(-0.005 * pads), "the distance does not halve within 64 pads"),
    ],
)
def test_no_half_life_where_there_is_none(scale, reason):
    states, predicted = texts()
    half_life = sums(lambda pads: scale(pads) * states, predicted).half_life("between")
    assert half_life.pads is None
    assert half_life.reason == reason


def test_three_points_at_least():
    states, predicted = texts()
    found = sums(lambda pads: np.exp(-0.1 * pads) * states, predicted, pads=(8,))
    assert "too few" in found.half_life("within").reason


def test_the_fit_begins_where_the_distance_begins_to_fall():
    """A plateau up to 16 pads, then a fall by 7 % a pad: the plateau does not blur the rate of the fall."""
    states, predicted = texts()
    found = sums(lambda pads: np.exp(-0.07 * max(0, pads - 16)) * states, predicted)
    half_life = found.half_life("within")
    assert half_life.pads == pytest.approx(np.log(2) / 0.07, rel=0.02)
    assert half_life.start == 16
    assert half_life.fit > 0.99


def test_rate_and_fit_are_those_of_least_squares():
    states, predicted = texts()
    log_ratio = {0: 0.0, 1: 0.3, 2: 0.2, 4: -0.05, 8: -0.5}
    found = sums(lambda pads: np.exp(log_ratio[pads]) * states, predicted, pads=tuple(log_ratio))
    x, y = np.array(list(log_ratio), dtype=float), np.array(list(log_ratio.values()))
    slope = np.polyfit(x[1:], y[1:], 1)[0]
    half_life = found.half_life("within")
    assert (half_life.start, half_life.pads) == (1, pytest.approx(-np.log(2) / slope, rel=1e-4))
    assert half_life.fit == pytest.approx(np.corrcoef(x[1:], y[1:])[0, 1] ** 2, rel=1e-4)


def test_texts_that_are_not_told_apart_are_counted_apart():
    alone = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    found = PairDistances.of(np.zeros(6, dtype=int), alone, {1: 0 * alone, 2: alone})
    assert (found.coincident[0], found.pairs[0], found.blurred[0].tolist()) == (2, 1, [1, 0])
    assert found.ratio("within") == pytest.approx([3e-6 / 2, 1])
    assert np.isnan(found.ratio("between")).all()
    assert found.half_life("between").reason == "no pair of texts"


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


def test_pairs_that_end_apart_do_not_slow_the_half_life_of_those_that_meet():
    """Two ends within the one predicted class: pairs across them move apart, and only those that meet have a rate."""
    states, _ = texts()
    ends = 20.0 * (np.arange(len(states)) % 4 == 1)[:, np.newaxis]
    found = sums(lambda pads: (1 - np.exp(-pads)) * ends + np.exp(-0.1 * pads) * states, np.zeros(len(states), int))
    half_life = found.half_life("within")
    assert half_life.share == 0.5
    assert half_life.pads == pytest.approx(np.log(2) / 0.1, rel=1e-3)
    assert found.ratio("within")[-1] > 0.05
