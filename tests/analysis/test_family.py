"""The family of verdicts on cells whose truth is planted, and on evidence made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from stages.analysis.cells import Cell, Drift, SeedResult
from stages.analysis.family import Answer, DriftEvidence, drift_by_seed, family, judged
from stages.analysis.one_model import ModelOutcome
from stages.analysis.outcomes import AgainstTraining
from stages.params.derived import architecture_of
from stages.stats.accuracies import Accuracies, AccuracyDifference, Tolerated
from stages.stats.claims import Claims
from stages.stats.intervals import Interval
from stages.stats.readout_shift import ReadoutSums
from stages.stats.tolerance import Tolerance
from tests.analysis.planted import audit, condition, confidence, predictions, scores

pytestmark = pytest.mark.filterwarnings("error")

TEXTS = 1000
SEEDS = 12
CONDITIONS = {"pads-4": 4, "pads-16": 16, "as-trained": None, "other-side": None}
LABEL = np.tile([0, 1], TEXTS // 2)
LEARNED = 900
OF_TEXTS = np.random.default_rng(99).random(TEXTS)
"""How easy a text is, for every model."""


def read(generator, drift):
    """What the classifier reads, of spread 1, moves by `drift` against as trained."""
    trained = generator.normal(size=(TEXTS, 2))
    served = trained + np.sqrt(drift) * generator.normal(size=trained.shape)
    sums = ReadoutSums.of(np.arange(TEXTS), np.eye(2), trained, served)
    return AgainstTraining.of(predictions(LABEL, LABEL, LABEL), sums)


def moved(generator, drift, lost):
    """States of spread 1 that move by `drift`, and predictions of which this share is wrong."""
    alone = generator.normal(size=(TEXTS, 8))
    padded = alone + np.sqrt(drift) * generator.normal(size=alone.shape)
    guess = np.where(generator.random(TEXTS) < lost, 1 - LABEL, LABEL)
    return condition({"head": (alone, padded)}, predictions(LABEL, LABEL, guess))


def cell(make_params, variant="baseline", *, drift=0.0, lost=None, right=0.9, seeds=SEEDS, side="post", first=0):
    """Every condition moves states by `drift` and loses no texts, but those that `lost` names, beside 10 % as trained.

    The text alone is read as if it were padded as trained, but for a ten thousandth.

    Args:
        drift: drift ratio and readout drift, or one of each number of pads.
        lost: share of the texts that is wrong, by condition.
        right: share of the test texts that is right.
    """
    drifts = drift if isinstance(drift, dict) else dict.fromkeys(CONDITIONS, drift)
    results = []
    for seed in range(first, first + seeds):
        generator = np.random.default_rng(seed)
        spread = np.exp(generator.normal(0, 0.2))
        if drift == 0.0:
            still = {name: condition() for name in CONDITIONS}
        else:
            shares = {"as-trained": 0.1} | (lost or {})
            still = {
                name: moved(generator, spread * drifts.get(name, 0.5), shares.get(name, 0.1)) for name in CONDITIONS
            }
        fresh = np.random.default_rng(1000 + seed)
        against = {name: read(fresh, spread * drifts.get(name, 1e-4)) for name in ("pads-0", "pads-4", "pads-16")}
        model = ModelOutcome(still, confidence=confidence([True] * 4), audit=audit(), against_training=against)
        correct = OF_TEXTS + generator.normal(0, 0.05, TEXTS) < right
        results.append(SeedResult(seed, scores(LEARNED), model, correct))
    return Cell(side, variant, architecture_of(make_params(), variant), results)


def judge(make_params, cells, **changes):
    return {record.question: record for record in family(cells, CONDITIONS, make_params(changes).analyze)}


def test_six_questions_in_order(make_params):
    cells = [cell(make_params, variant, drift=0.4, side=side) for side in ("pre", "post") for variant in ("baseline",)]
    records = family(cells, CONDITIONS, make_params().analyze)
    assert [(record.question, record.side) for record in records] == [
        (question, side) for question in ("leak", "accuracy", "serving") for side in ("pre", "post")
    ]


def test_the_worst_number_of_pads_speaks_and_pays_for_the_choice(make_params):
    leaking = cell(make_params, drift={"pads-4": 0.012, "pads-16": 0.0135})
    record = judge(make_params, [leaking])["leak"]
    assert (record.condition, record.estimand, record.variant) == ("pads-16", "readout_drift", "baseline")
    values, _ = drift_by_seed(leaking, "pads-16")
    assert record.estimate == pytest.approx(np.exp(np.log(values).mean()))
    assert record.low < 0.0135 < record.high
    alone = DriftEvidence(leaking.readout_drift("pads-16"), Tolerance.of(values), 0.01).claims()
    assert record.p == pytest.approx(3 * alone.different)
    assert (record.verdict, record.population, record.not_worse) == ("DIFFERENT", "st", None)


def test_a_condition_within_the_bound_makes_no_equivalence_where_another_is_not(make_params):
    within = judge(make_params, [cell(make_params, drift={"pads-4": 0.001, "pads-16": 0.002})])["leak"]
    assert (within.verdict, within.condition) == ("EQUIVALENT", "pads-16")
    assert within.estimate < within.tolerance < 0.01
    beyond = judge(make_params, [cell(make_params, drift={"pads-4": 0.001, "pads-16": 0.0098})])["leak"]
    assert beyond.verdict == "INCONCLUSIVE"


def test_the_text_alone_is_a_number_of_pads_too(make_params):
    record = judge(make_params, [cell(make_params, drift={"pads-0": 0.3, "pads-4": 0.02, "pads-16": 0.01})])["leak"]
    assert (record.condition, record.verdict) == ("pads-0", "DIFFERENT")


def test_equivalence_of_leak_takes_nine_of_ten_new_seeds():
    """A geometric mean far below ε, of seeds so different that one in five lies beyond it."""
    generator = np.random.default_rng(1)
    values = np.exp(generator.normal(np.log(0.002), 1.9, 24))
    without = np.tile(values[:, np.newaxis], 50)
    found = DriftEvidence(Drift.of(values, without), Tolerance.of(values), 0.01)
    assert found.interval(0.9).high < 0.01
    assert found.claims().equivalent == Tolerance.of(values).p_below(0.01) > 0.5


def test_what_does_not_move_is_seen_and_not_inferred(make_params):
    still = cell(make_params)
    records = judge(make_params, [still, cell(make_params, "masked", right=0.9)])
    for question, not_worse in (("leak", None), ("serving", True)):
        record = records[question]
        assert (record.verdict, record.estimate, record.p, record.adjusted_p) == ("EXACT", 0.0, None, None)
        assert (record.population, record.not_worse, record.decided) == (None, not_worse, True)
    for seed in still.seeds:
        seed.model.audit["verdicts"]["post"] = "PROVEN"
    assert judge(make_params, [replace(still)])["leak"].verdict == "PROVEN"
    assert records["accuracy"].verdict == "EXACT"  # the same scores and states, to the last bit


def test_a_gain_of_accuracy_is_found_on_the_test_texts(make_params):
    cells = [cell(make_params, drift=0.4), cell(make_params, "masked", right=0.96, first=50)]
    record = judge(make_params, cells)["accuracy"]
    assert (record.variant, record.condition, record.estimand) == ("masked", None, "accuracy_difference")
    ours, theirs = (np.mean([seed.correct.mean() for seed in each.seeds]) for each in reversed(cells))
    assert record.estimate == pytest.approx(ours - theirs)
    assert (record.verdict, record.not_worse) == ("DIFFERENT", True)
    swapped = [replace(each, variant=name) for each, name in zip(cells, ("masked", "baseline"), strict=True)]
    assert judge(make_params, swapped)["accuracy"].not_worse is False


def test_the_bound_of_accuracy_is_the_tighter_one(make_params):
    rare, often = (
        judge(
            make_params, [cell(make_params, drift=0.4, right=right), cell(make_params, "masked", right=right, first=9)]
        )
        for right in (0.97, 0.8)
    )
    error = 1 - np.mean([seed.correct.mean() for seed in cell(make_params, right=0.97).seeds])
    assert rare["accuracy"].epsilon == pytest.approx(0.1 * error)
    assert often["accuracy"].epsilon == 0.01


def test_what_was_not_trained_is_undefined_and_says_what_to_do(make_params):
    records = judge(make_params, [cell(make_params, drift=0.4)])
    assert records["accuracy"].verdict == "UNDEFINED"
    assert "masked was not trained; add it to train.variants" in records["accuracy"].reason
    masked = judge(make_params, [cell(make_params, "masked")])
    assert {record.verdict for record in masked.values()} == {"UNDEFINED"}
    assert all("baseline was not trained" in record.reason for record in masked.values())


def test_at_chance_nothing_is_judged(make_params):
    helpless = cell(make_params, drift=0.4)
    for seed in helpless.seeds:
        seed.scores["splits"]["validation"] = scores(500)["splits"]["validation"]
    records = judge(make_params, [helpless, replace(helpless, variant="masked", seeds=list(helpless.seeds[::-1]))])
    assert [record.verdict for record in records.values()] == ["UNDEFINED"] * 3
    assert "no seed learned" in records["leak"].reason
    assert "both accuracies are chance" in records["accuracy"].reason


def test_serving_speaks_of_the_largest_loss_though_a_gain_is_larger(make_params):
    record = judge(make_params, [cell(make_params, drift=0.4, lost={"pads-16": 0.15, "other-side": 0.0})])["serving"]
    assert (record.condition, record.verdict, record.not_worse) == ("pads-16", "DIFFERENT", False)
    assert record.low < -0.05 < record.high
    gain = judge(make_params, [cell(make_params, drift=0.4, lost={"pads-16": 0.1, "other-side": 0.0})])["serving"]
    # The text alone is read without a mistake, too; both are among the conditions.
    assert gain.condition in ("other-side", "pads-0")
    assert (gain.verdict, gain.estimate > 0.08) == ("DIFFERENT", True)


def test_one_model_speaks_of_new_texts_alone(make_params):
    records = judge(make_params, [cell(make_params, drift=0.4, seeds=1), cell(make_params, "masked", seeds=1, first=9)])
    assert records["leak"].population == "t"
    assert "set train.seeds to 2" in records["accuracy"].reason
    assert (records["leak"].verdict, records["leak"].tolerance) == ("DIFFERENT", None)
    small = judge(make_params, [cell(make_params, drift=0.0001, seeds=1)])["leak"]
    assert (small.verdict, small.seeds_needed, small.about_epsilon) == ("INCONCLUSIVE", None, False)


class Planted:
    """Evidence with these p, of 12 seeds; with more they shrink with the square of their number."""

    def __init__(self, different, equivalent, seeds=SEEDS):
        self.p, self.seeds = (different, equivalent), seeds

    def claims(self):
        different, equivalent = (p * (SEEDS / self.seeds) ** 2 for p in self.p)
        return Claims(different, equivalent, 0.04)

    def interval(self, level):
        return Interval(0.02, 0.01, 0.03)

    def with_seeds(self, seeds):
        return Planted(*self.p, seeds)


def answers(make_params, *pairs, trained=SEEDS):
    (asked, *_) = family([cell(make_params, drift=0.4)], CONDITIONS, make_params().analyze)
    return [Answer(replace(asked, question="serving"), {None: Planted(*pair)}, None, SEEDS, trained) for pair in pairs]


def test_holms_correction_is_over_the_questions_that_have_a_p(make_params):
    """By hand: .01 · 3, then .02 · 2, then .04 · 1, each at least the one before; alone .04 would do as well."""
    found = judged(answers(make_params, (0.04, 1.0), (1.0, 0.01), (0.02, 1.0)), 0.05)
    assert [record.adjusted_p for record in found] == pytest.approx([0.04, 0.03, 0.04])
    assert [record.verdict for record in found] == ["DIFFERENT", "EQUIVALENT", "DIFFERENT"]
    found = judged(answers(make_params, (0.04, 1.0), (1.0, 0.03), (0.02, 1.0)), 0.05)
    assert [record.verdict for record in found] == ["INCONCLUSIVE"] * 3
    assert [record.adjusted_p for record in found] == pytest.approx([0.06, 0.06, 0.06])
    assert [record.p for record in found] == [0.04, 0.03, 0.02]


def test_an_open_question_says_how_many_seeds_would_decide_it(make_params):
    """p falls with (12 / n)², and two of three are open, so .025 decides: 12 √(.1 / .025) = 24, and 12 √(.4 / .025)."""
    found = judged(answers(make_params, (0.001, 1.0), (0.1, 1.0), (1.0, 0.4)), 0.05)
    assert [record.seeds_needed for record in found] == [None, 24, 48]
    assert not any(record.about_epsilon for record in found)
    of_learned = judged(answers(make_params, (0.1, 1.0), trained=18), 0.05)
    assert of_learned[0].seeds_needed == 26  # 12 √2 = 16.97 that learn, of which it takes half as many again


def test_about_epsilon_no_number_of_seeds_helps(make_params):
    """A mean difference of one point to the dot, where one point is the bound."""
    values = np.random.default_rng(4).normal(0, 0.01, SEEDS)
    one, other = 0.81 + values - values.mean(), np.full(SEEDS, 0.8)
    both = (Accuracies(each, np.tile(each[:, np.newaxis], 50), TEXTS) for each in (one, other))
    (answer,) = answers(make_params, (1.0, 1.0))
    (record,) = judged([replace(answer, evidence={None: AccuracyDifference.of(*both, Tolerated(0.01, 0.9))})], 0.05)
    assert (record.verdict, record.seeds_needed, record.about_epsilon) == ("INCONCLUSIVE", None, True)
