"""Verdicts on units: every seed must agree, and the smallest bound flips the verdict."""

import numpy as np
import pytest

from stages.analysis.outcomes import ConditionOutcome
from stages.analysis.verdicts import CONSTANT_UNIT, joint_shift_verdict, unit_shift_verdict
from stages.params.schema import Epsilon
from tests.analysis.planted import EPSILON, cell_of, condition, in_json, predictions, seed_result, spread_by, state

pytestmark = pytest.mark.filterwarnings("error")

TEXTS = 400
PREDICTED = predictions([0, 1] * 200, [0, 1] * 200, [0, 1] * 200)


def pair(mean):
    """Two units, of which one moves by `mean` standard deviations on average; Δ has a standard deviation of 1."""
    alone, padded = spread_by(0.0, texts=TEXTS, width=2)
    return alone, padded + np.array([mean, 0.0])


def judge(make_params, pairs, *, correct=None, epsilon=None, question=unit_shift_verdict):
    bounds = {"unit_shift": 0.2, "joint_shift": 0.5} | (epsilon or {})
    params = make_params({f"analyze.epsilon.{name}": value for name, value in bounds.items()}).analyze
    of_state = Epsilon(**{**EPSILON.model_dump(), **bounds})
    seeds = [
        seed_result(
            number,
            {"pads-8": ConditionOutcome({"head": state(*each, of_state)}, PREDICTED, condition().confidence)},
            (correct or [900] * len(pairs))[number],
        )
        for number, each in enumerate(pairs)
    ]
    return in_json(question)(cell_of(make_params, seeds), "pads-8", "head", params)


QUESTIONS = pytest.mark.parametrize(
    ("question", "near", "far", "between"),
    [(unit_shift_verdict, 0.05, 0.5, 0.2), (joint_shift_verdict, 0.1, 1.0, 0.5)],
    ids=["unit", "joint"],
)


@QUESTIONS
def test_all_seeds_must_agree(make_params, question, near, far, between):
    def verdict(*means):
        return judge(make_params, [pair(mean) for mean in means], question=question)["word"]

    assert verdict(near, near, near) == "EQUIVALENT"
    assert verdict(far, far, far) == "DIFFERENT"
    assert verdict(near, near, far) == "INCONCLUSIVE"
    assert verdict(near, near, between) == "INCONCLUSIVE"
    assert verdict(far, far, near) == "INCONCLUSIVE"


@QUESTIONS
def test_seeds_at_chance_have_no_vote(make_params, question, near, far, between):
    record = judge(make_params, [pair(near), pair(near), pair(far)], correct=[900, 900, 500], question=question)
    assert (record["word"], record["n_seeds"], record["n_seeds_at_chance"]) == ("EQUIVALENT", 2, 1)


def test_the_largest_shift_of_a_unit_by_seed(make_params):
    record = judge(make_params, [pair(-0.5), pair(0.6), pair(1.0)])
    assert (record["estimate"], record["low"], record["high"]) == (
        pytest.approx(0.7),
        pytest.approx(0.5),
        pytest.approx(1.0),
    )
    assert (record["estimand"], record["level"], record["n_texts"]) == ("unit_shift", None, TEXTS)
    assert record["largest_change"] == pytest.approx(max(np.abs(np.subtract(*pair(m))).max() for m in (-0.5, 0.6, 1)))


def test_the_distance_by_seed_without_its_bias(make_params):
    """Δ of standard deviation 1 and no correlation: D is the mean, debiased √((n − 4)/(n − 1) D² − 2/n)."""
    record = judge(make_params, [pair(0.6), pair(1.0)], question=joint_shift_verdict)
    expected = [np.sqrt(396 / 399 * mean**2 - 2 / 400) for mean in (0.6, 1.0)]
    assert (record["low"], record["high"]) == (pytest.approx(expected[0]), pytest.approx(expected[1]))
    assert record["estimate"] == pytest.approx(np.mean(expected))


@pytest.mark.parametrize(
    ("question", "name"), [(unit_shift_verdict, "unit_shift"), (joint_shift_verdict, "joint_shift")]
)
def test_the_smallest_bound_turns_the_verdict(make_params, question, name):
    pairs = [pair(0.3), pair(0.1)]
    needed = judge(make_params, pairs, question=question)["smallest_epsilon"]
    assert needed > 0.3
    for factor, expected in ((1 + 1e-5, "EQUIVALENT"), (1 - 1e-5, "INCONCLUSIVE")):
        record = judge(make_params, pairs, epsilon={name: needed * factor}, question=question)
        assert record["word"] == expected
        # What is needed does not depend on what was asked for.
        assert record["smallest_epsilon"] == pytest.approx(needed)


@QUESTIONS
def test_one_seed_is_no_range(make_params, question, near, far, between):
    record = judge(make_params, [pair(far)], question=question)
    assert (record["word"], record["low"]) == ("INCONCLUSIVE", None)
    assert (record["low"], record["high"]) == (None, None)
    assert record["estimate"] > 0.4


@QUESTIONS
def test_no_change_is_exact_whoever_learned(make_params, question, near, far, between):
    still = (pair(0.0)[0],) * 2
    record = judge(make_params, [still, still], correct=[900, 500], question=question)
    assert (record["word"], record["estimate"], record["smallest_epsilon"]) == ("EXACT", 0, 0)
    assert str(record["largest_change"]) == "0.0"
    # Rounding counts as none: below the tolerance of 1e-6, but not above.
    assert judge(make_params, [(still[0], still[0] + 9e-7)] * 2, question=question)["word"] == "EXACT"
    assert judge(make_params, [(still[0], still[0] + 2e-6)] * 2, question=question)["word"] != "EXACT"


@QUESTIONS
def test_too_few_seeds_that_learned(make_params, question, near, far, between):
    for correct, why in (([500, 500], "no seed learned"), ([900, 500], "1 of 2 seeds learned")):
        record = judge(make_params, [pair(far), pair(far)], correct=correct, question=question)
        assert (record["word"], record["estimate"], record["smallest_epsilon"]) == ("UNDEFINED", None, None)
        assert why in record["reason"]


def test_a_unit_without_a_scale_in_one_seed_is_undefined(make_params):
    alone, padded = pair(0.5)
    constant = np.column_stack([alone[:, 0], np.full(TEXTS, 0.5)])
    record = judge(make_params, [(alone, padded), (constant, padded)])
    assert (record["word"], record["reason"]) == ("UNDEFINED", CONSTANT_UNIT)
    assert (record["estimate"], record["low"], record["smallest_epsilon"]) == (None, None, None)
    # Where it rests, it is no obstacle.
    record = judge(make_params, [(constant, constant + np.array([0.5, 0.0]))] * 2)
    assert record["word"] == "DIFFERENT"


def test_texts_that_all_move_alike_have_no_joint_distance(make_params):
    alone = pair(0.0)[0]
    record = judge(make_params, [(alone, alone + 0.3)] * 2, question=joint_shift_verdict)
    assert (record["word"], record["estimate"]) == ("UNDEFINED", None)
    assert "same amount" in record["reason"]


def test_a_seed_whose_texts_rest_beside_one_whose_texts_move(make_params):
    """The one that rests is certainly inside, so the other decides whether all are; together they never differ."""
    still = (pair(0.0)[0],) * 2
    for question, near, far in ((unit_shift_verdict, 0.05, 0.5), (joint_shift_verdict, 0.1, 1.0)):
        assert judge(make_params, [still, pair(near)], question=question)["word"] == "EQUIVALENT"
        record = judge(make_params, [still, pair(far)], question=question)
        assert (record["word"], record["low"]) == ("INCONCLUSIVE", 0)


def test_fewer_texts_than_units_have_no_joint_distance(make_params):
    generator = np.random.default_rng(0)
    alone = generator.normal(size=(10, 12))
    record = judge(make_params, [(alone, alone + generator.normal(size=(10, 12)))] * 2, question=joint_shift_verdict)
    assert record["word"] == "UNDEFINED"
    assert "10 texts are too few" in record["reason"]
