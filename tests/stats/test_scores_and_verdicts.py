import numpy as np
import pytest

from stages.stats.intervals import Interval
from stages.stats.scores import score
from stages.stats.verdicts import Verdict, judge, smallest_epsilon


def test_scores_by_hand():
    scores = score(np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7]]), np.array([0, 1, 1]))
    assert (scores.texts, scores.correct, scores.majority) == (3, 2, 2)
    assert scores.nll == pytest.approx(-np.log([0.8, 0.4, 0.7]).mean())
    assert scores.brier == pytest.approx((2 * 0.2**2 + 2 * 0.6**2 + 2 * 0.3**2) / 3)


def test_a_confident_mistake_does_not_make_the_loss_infinite():
    assert score(np.array([[1.0, 0.0]]), np.array([1])).nll == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize(
    ("narrow", "wide", "verdict"),
    [
        ((-0.005, 0.009), (-0.008, 0.012), Verdict.EQUIVALENT),
        ((0.02, 0.05), (0.011, 0.06), Verdict.DIFFERENT),
        ((-0.05, -0.02), (-0.06, -0.011), Verdict.DIFFERENT),
        ((0.002, 0.02), (0.001, 0.03), Verdict.INCONCLUSIVE),
        ((0.012, 0.02), (0.009, 0.03), Verdict.INCONCLUSIVE),
    ],
)
def test_verdicts_at_a_bound_of_one_point(narrow, wide, verdict):
    assert judge(Interval(0, *narrow), Interval(0, *wide), 0.01) == verdict


def test_the_smallest_epsilon_is_the_far_end_of_the_interval():
    assert smallest_epsilon(Interval(0.0, -0.03, 0.01)) == 0.03
