"""Estimates and verdicts on states whose truth is planted."""

from dataclasses import replace

import numpy as np
import pytest

from stages.analysis.cells import Cell, SeedResult
from stages.analysis.one_model import ModelOutcome
from stages.analysis.outcomes import ConditionOutcome, StateOutcome
from stages.analysis.verdicts import verdicts
from stages.params.derived import architecture_of
from stages.params.schema import Epsilon
from stages.stats.calibration import Confidence, ConfidenceBins
from stages.stats.predictions import PredictionSums
from stages.stats.shift import ShiftSums
from tests.analysis.planted import audit, first, in_json

verdicts = in_json(verdicts)

TEXTS = 1000
CONDITIONS = {"pads-8": 8}
CONFIDENCE = Confidence.of(ConfidenceBins.of(np.arange(4), np.zeros(4, int), np.full((4, 2), 0.5)))
EPSILON = Epsilon(drift_ratio=0.01, flip_rate=0.005, accuracy=0.01, error_ratio=0.9, unit_shift=0.2, joint_shift=0.5)


def scores(correct, texts=TEXTS, majority=500):
    test = {"texts": texts, "correct": correct, "majority": majority, "accuracy": correct / texts, "nll": 0.5}
    return {
        "splits": {"validation": test, "test": test},
        "training": {"epochs": 1, "computed_tokens": 10, "text_tokens": 5},
    }


def pair(seed, drift=0.0, flip=0.0):
    """States of spread 1 a unit that move by normal noise of variance `drift`: the drift ratio is `drift`."""
    generator = np.random.default_rng(seed)
    ids = np.arange(TEXTS)
    alone = generator.normal(size=(TEXTS, 16))
    padded = alone + np.sqrt(drift) * generator.normal(size=alone.shape)
    before = np.tile([0.8, 0.2], (TEXTS, 1))
    after = np.where((generator.random(TEXTS) < flip)[:, np.newaxis], before[:, ::-1], before)
    labels = generator.integers(0, 2, TEXTS)
    return outcome(ShiftSums.of(ids, alone, padded), PredictionSums.of(ids, labels, before, after))


def outcome(shift, predictions):
    return ConditionOutcome({"head": StateOutcome.of(shift, EPSILON)}, predictions, CONFIDENCE)


def model(**conditions):
    return ModelOutcome(
        {name.replace("_", "-"): each for name, each in conditions.items()}, confidence=None, audit=audit()
    )


def cell(make_params, variant="baseline", correct=(900,) * 6, drifts=(0.0,) * 6, flip=0.0, base=0):
    results = [
        SeedResult(number, scores(right), model(pads_8=pair(base + number, drift, flip)), first(right))
        for number, (right, drift) in enumerate(zip(correct, drifts, strict=True))
    ]
    return Cell("post", variant, architecture_of(make_params(), variant), results)


def judged(make_params, cells, estimand, variant="baseline"):
    records = verdicts(cells, CONDITIONS, make_params().analyze)
    (record,) = [each for each in records if each["estimand"] == estimand and each["variant"] == variant]
    return record


def test_a_planted_drift_is_found_inside_its_interval(make_params):
    record = judged(make_params, [cell(make_params, drifts=(0.3, 0.35, 0.4, 0.45, 0.5, 0.4))], "drift_ratio")
    assert record["low"] < np.exp(np.log([0.3, 0.35, 0.4, 0.45, 0.5, 0.4]).mean()) < record["high"]
    assert record["high"] - record["low"] < 0.2
    assert record["word"] == "DIFFERENT"
    assert (record["n_texts"], record["n_seeds"], record["n_seeds_at_chance"]) == (TEXTS, 6, 0)


def test_states_that_do_not_move_are_exact(make_params):
    record = judged(make_params, [cell(make_params)], "drift_ratio")
    assert (record["word"], record["estimate"], record["high"], record["largest_change"]) == ("EXACT", 0, 0, 0)


@pytest.mark.parametrize("condition", ["pads-8", "other-side"])
def test_what_does_not_move_is_proven_where_every_audit_proves_that_side(make_params, condition):
    """Pads stand behind the texts of this cell, but for the condition that pads on the other side."""
    side = "pre" if condition == "other-side" else "post"
    still = cell(make_params)
    for seed in still.seeds:
        seed.model.conditions[condition] = seed.model.conditions["pads-8"]
        seed.model.audit["verdicts"] = {"pre": "EXACT", "post": "EXACT"} | {side: "PROVEN"}
    (record,) = _drifts(make_params, still, condition)
    assert (record["word"], record["estimate"]) == ("PROVEN", 0)
    still.seeds[3].model.audit["verdicts"][side] = "EXACT"
    (record,) = _drifts(make_params, replace(still), condition)
    assert record["word"] == "EXACT"


def _drifts(make_params, still, condition):
    records = verdicts([still], {condition: None}, make_params().analyze)
    return [record for record in records if record["estimand"] == "drift_ratio"]


def test_a_drift_far_below_the_bound_is_equivalent(make_params):
    record = judged(make_params, [cell(make_params, drifts=(0.001,) * 6)], "drift_ratio")
    assert record["word"] == "EQUIVALENT"
    assert record["smallest_epsilon"] < 0.0015


def test_a_typical_drift_below_the_bound_is_no_equivalence_where_one_seed_lies_beyond(make_params):
    drifts = (0.0005, 0.0005, 0.0005, 0.0005, 0.0005, 0.0115)
    record = judged(make_params, [cell(make_params, drifts=drifts)], "drift_ratio")
    assert record["high"] < 0.01
    assert record["word"] == "INCONCLUSIVE"
    assert record["largest_seed"] == record["smallest_epsilon"] == pytest.approx(0.0115, rel=0.1)


def test_a_drift_around_the_bound_is_inconclusive(make_params):
    record = judged(make_params, [cell(make_params, drifts=(0.002, 0.05, 0.01, 0.02, 0.004, 0.03))], "drift_ratio")
    assert record["word"] == "INCONCLUSIVE"


def test_seeds_at_chance_are_counted_and_not_averaged(make_params):
    drifts, correct = (0.4, 0.4, 0.4, 0.4, 90.0, 90.0), (900, 900, 900, 900, 500, 520)
    record = judged(make_params, [cell(make_params, drifts=drifts, correct=correct)], "drift_ratio")
    assert (record["n_seeds"], record["n_seeds_at_chance"]) == (4, 2)
    assert record["estimate"] == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize("estimand", ["drift_ratio", "flip_rate"])
def test_a_model_that_never_learned_is_undefined_with_a_reason(make_params, estimand):
    cells = [cell(make_params, drifts=(0.4,) * 6, correct=(500,) * 6, flip=0.1)]
    record = judged(make_params, cells, estimand)
    assert (record["word"], record["estimate"]) == ("UNDEFINED", None)
    assert "no seed learned" in record["reason"]


def test_one_seed_that_learned_by_luck_is_no_result(make_params):
    cells = [cell(make_params, drifts=(0.4,) * 6, correct=(540, *(500,) * 5))]
    record = judged(make_params, cells, "drift_ratio")
    assert (record["word"], record["n_seeds"]) == ("UNDEFINED", 1)
    assert "1 of 6 seeds learned" in record["reason"]


def test_whether_a_seed_learned_is_decided_on_the_validation_texts(make_params):
    lucky, able = cell(make_params, drifts=(0.4,) * 2, correct=(900, 500)).seeds
    lucky.scores["splits"]["validation"] = scores(520)["splits"]["test"]
    able.scores["splits"]["validation"] = scores(900)["splits"]["test"]
    assert (lucky.learned, able.learned) == (False, True)
    assert (lucky.accuracy.estimate, able.accuracy.estimate) == (0.9, 0.5)


def test_a_model_that_never_learned_can_still_be_exact(make_params):
    assert judged(make_params, [cell(make_params, correct=(500,) * 6)], "drift_ratio")["word"] == "EXACT"


def test_two_texts_give_no_figure(make_params):
    """Two texts, which may fall into one group of the jackknife or into two."""
    for ids in (np.array([3, 3]), np.array([3, 4])):
        alone = np.array([[0.0, 1.0], [1.0, 0.0]])
        shift = ShiftSums.of(ids, alone, alone + 0.3)
        swapped = PredictionSums.of(ids, np.array([0, 1]), alone, alone[::-1])
        results = [SeedResult(0, scores(900), model(pads_8=outcome(shift, swapped)), first(900))]
        cells = [Cell("post", "baseline", architecture_of(make_params(), "baseline"), results)]
        record = judged(make_params, cells, "drift_ratio")
        assert (record["word"], record["estimate"]) == ("UNDEFINED", None)


def gaining(make_params, base):
    """20 texts more in both seeds: the difference and its verdict."""
    cells = [
        cell(make_params, correct=base, drifts=(0.4, 0.4)),
        cell(make_params, "masked", correct=tuple(right + 20 for right in base), drifts=(0.3, 0.3), base=9),
    ]
    return judged(make_params, cells, "accuracy_difference", "masked")


def test_two_accuracies_at_chance_are_not_compared(make_params):
    record = gaining(make_params, (500, 500))
    assert (record["word"], record["low"], record["estimate"]) == ("UNDEFINED", None, pytest.approx(0.02))
    assert "chance" in record["reason"]


def test_the_same_gain_in_every_seed_has_the_error_of_the_texts(make_params):
    """Not an interval of width 0, and not none: in each seed 20 of 1000 turned, which has a standard error of .0044."""
    record = gaining(make_params, (900, 850))
    assert record["estimate"] == pytest.approx(0.02)
    assert 0.0044 < record["estimate"] - record["low"] < 3 * 0.0044
    assert record["high"] - record["estimate"] == pytest.approx(record["estimate"] - record["low"])


def test_where_some_seeds_do_not_learn_the_difference_is_a_bound(make_params):
    """Student's t over six seeds of which three are at chance would say −.2 ± .2 and cover what it likes."""
    cells = [
        cell(make_params, correct=(500, 900, 500, 900, 500, 900), drifts=(0.4,) * 6),
        cell(make_params, "masked", correct=(900,) * 6, base=9),
    ]
    record = judged(make_params, cells, "accuracy_difference", "masked")
    assert record["estimate"] == pytest.approx(0.2)
    assert record["method"].startswith("mean difference; bounds from P(learn)")
    # P(learn) of 3 of 6 at 98.75 % lies within .0717 and .9283; what the texts leave open comes to at most .05.
    assert 0.9 - (0.5 + 0.9283 * 0.4) - 0.05 < record["low"] < 0.9 - (0.5 + 0.9283 * 0.4)
    assert 0.9 - (0.5 + 0.0717 * 0.4) < record["high"] < 0.9 - (0.5 + 0.0717 * 0.4) + 0.05


def test_the_printed_level_is_that_of_the_interval(make_params):
    cells = [cell(make_params, drifts=(0.002, 0.05, 0.01, 0.02, 0.004, 0.03))]
    narrow, wide = (
        verdicts(cells, CONDITIONS, make_params({"analyze.level": level}).analyze)[0] for level in (0.2, 0.99)
    )
    assert narrow["verdict"] is wide["verdict"] is None
    assert narrow["high"] < wide["high"]
    assert narrow["smallest_epsilon"] == wide["smallest_epsilon"]


def test_flips_are_found_inside_their_interval(make_params):
    record = judged(make_params, [cell(make_params, flip=0.1)], "flip_rate")
    assert record["low"] < 0.1 < record["high"]
    assert record["word"] == "DIFFERENT"


def test_accuracy_is_compared_seed_by_seed(make_params):
    """Seeds differ by far more than the variants, which a comparison of two means could not see through."""
    ours, base = (700, 750, 800, 850, 900, 950), (650, 702, 748, 801, 850, 899)
    cells = [cell(make_params, correct=base), cell(make_params, "masked", correct=ours, base=50)]
    record = judged(make_params, cells, "accuracy_difference", "masked")
    assert record["estimate"] == pytest.approx(0.05)
    assert record["word"] == "DIFFERENT"
    assert record["high"] - record["low"] < 0.05  # two means whose seeds have a deviation of .1 would have four times


def test_equal_results_to_the_last_bit_are_exact(make_params):
    cells = [cell(make_params, drifts=(0.4,) * 6), cell(make_params, "double_mask", drifts=(0.4,) * 6)]
    record = judged(make_params, cells, "accuracy_difference", "double_mask")
    assert record["word"] == "EXACT"
    assert "to the last bit" in record["method"]
    other = [cells[0], cell(make_params, "double_mask", drifts=(0.4,) * 6, base=1)]
    assert judged(make_params, other, "accuracy_difference", "double_mask")["word"] != "EXACT"


def test_one_seed_has_no_interval_of_training(make_params):
    cells = [
        cell(make_params, correct=(900,), drifts=(0.4,)),
        cell(make_params, "masked", correct=(920,), drifts=(0.4,), base=9),
    ]
    record = judged(make_params, cells, "accuracy_difference", "masked")
    assert (record["word"], record["low"]) == ("UNDEFINED", None)
    assert "one seed" in record["reason"]
    assert judged(make_params, cells, "drift_ratio")["n_seeds"] == 1


def test_the_baseline_is_not_compared_with_itself(make_params):
    records = verdicts([cell(make_params)], CONDITIONS, make_params().analyze)
    assert {record["estimand"] for record in records} == {"drift_ratio", "flip_rate", "unit_shift", "joint_shift"}


def test_a_state_without_spread_is_undefined(make_params):
    constant = np.full((TEXTS, 4), 0.5)
    ids = np.arange(TEXTS)
    predictions = pair(0).predictions
    still = outcome(ShiftSums.of(ids, constant, constant + 0.1), predictions)
    results = [SeedResult(0, scores(900), model(pads_8=still), first(900))]
    cells = [Cell("post", "baseline", architecture_of(make_params(), "baseline"), results)]
    record = judged(make_params, cells, "drift_ratio")
    assert record["word"] == "UNDEFINED"
    assert "no spread" in record["reason"]


@pytest.mark.slow
def test_the_interval_of_the_drift_covers_what_it_promises(make_params):
    """300 experiments of 6 seeds whose drift ratios scatter log-normally around 0.2."""
    generator, covered = np.random.default_rng(5), 0
    for number in range(300):
        drifts = np.exp(generator.normal(np.log(0.2), 0.5, 6))
        interval = cell(make_params, drifts=tuple(drifts), base=10 * number).drift("pads-8", "head").interval(0.95)
        covered += interval.low < 0.2 < interval.high
    assert covered / 300 >= 0.92
