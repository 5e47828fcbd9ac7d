"""Everything that is told of a cell, from seeds whose predictions and states are chosen by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from stages.analysis.outcomes import ConditionOutcome, Distributions, Stratum
from stages.stats.intervals import wilson
from stages.stats.predictions import PredictionSums
from stages.stats.rounding import finite
from stages.stats.text_groups import text_group
from tests.analysis.forty_texts import (
    ALONE,
    CONDITIONS,
    LABEL,
    PADDED,
    STATES,
    TEXTS,
    at,
    base_of,
    facts_of,
    guess,
    seed_of,
)
from tests.analysis.planted import condition, confidence, predictions, seed_result, spread_by

pytestmark = pytest.mark.filterwarnings("error")


def test_accuracy_and_its_change_against_the_text_padded_as_trained(make_params):
    """As trained 30 and 32 of 40 are right, alone 36 and 38, with 8 pads 24 and 20."""
    facts = facts_of(make_params, [seed_of(0), seed_of(1, alone=range(2), padded=range(20), trained=range(8))])
    assert facts["alone"]["accuracy"]["estimate"] == pytest.approx(37 / 40)
    assert facts["alone"]["accuracy_change"]["estimate"] == pytest.approx((6 + 6) / 80)
    assert at(facts, "pads-8")["accuracy"]["estimate"] == pytest.approx(22 / 40)
    assert at(facts, "pads-8")["accuracy_change"]["estimate"] == pytest.approx((-6 - 12) / 80)
    assert at(facts, "pads-8")["accuracy_change"]["low"] < -18 / 80 < at(facts, "pads-8")["accuracy_change"]["high"]
    assert at(facts, "as-trained")["accuracy"]["estimate"] == pytest.approx(31 / 40)
    assert at(facts, "as-trained")["accuracy_change"] is None
    assert [each["accuracy_by_condition"] for each in facts["seeds"]] == [
        {"pads-0": 36 / 40, "pads-8": 24 / 40, "as-trained": 30 / 40},
        {"pads-0": 38 / 40, "pads-8": 20 / 40, "as-trained": 32 / 40},
    ]
    assert [each["flips_by_condition"]["pads-8"] for each in facts["seeds"]] == [12 / 40, 18 / 40]


def test_the_change_of_accuracy_has_the_jackknife_of_its_texts(make_params):
    """One seed, by hand: the mean difference with each group of texts left out in turn."""
    change = at(facts_of(make_params, [seed_of(0)]), "pads-8")["accuracy_change"]
    difference = np.array(guess(range(16))) == LABEL
    difference = difference * 1.0 - (np.array(guess(range(10))) == LABEL)
    group = text_group(np.arange(TEXTS))
    without = np.array([difference[group != each].mean() for each in np.unique(group)])
    groups = len(without)
    error = np.sqrt((groups - 1) / groups * ((without - without.mean()) ** 2).sum())
    half = stats.t.ppf(0.975, groups - 1) * error
    assert (change["low"], change["high"]) == (pytest.approx(-0.15 - half), pytest.approx(-0.15 + half))


def test_scores_change_against_the_text_alone(make_params):
    """Every probability stays .8 and .2; a text that turns wrong goes from −log .8 to −log .2, and .08 to 1.28."""
    found = at(facts_of(make_params, [seed_of(0), seed_of(1)]), "pads-8")
    assert found["nll_change"]["estimate"] == pytest.approx(12 / 40 * np.log(4))
    assert found["brier_change"]["estimate"] == pytest.approx(12 / 40 * 1.2)
    assert found["mean_probability_change"] == pytest.approx(12 / 40 * 0.6)
    assert found["flip_rate"]["estimate"] == pytest.approx(0.3)


def test_texts_lost_and_gained_against_the_text_alone(make_params):
    """Wrong alone 0 to 3, with 8 pads 2 to 15: 12 are lost and 2 gained."""
    found = at(facts_of(make_params, [seed_of(number, padded=range(2, 16)) for number in range(2)]), "pads-8")
    assert (found["lost"]["estimate"], found["gained"]["estimate"]) == (pytest.approx(0.3), pytest.approx(0.05))


def test_mcnemar_counts_seeds_whose_texts_turn_more_one_way(make_params):
    """Lost and none gained, 12: p = 2 / 2¹²; 6: 2 / 2⁶ = .031; 5: 2 / 2⁵ = .0625. As many as gained: 1."""
    seeds = [
        seed_of(0),
        seed_of(1, padded=range(10)),
        seed_of(2, padded=range(9)),
        seed_of(3, alone=range(4), padded=range(4, 8)),
        seed_of(4, padded=range(4)),
        seed_of(5, correct=500),
    ]
    assert at(facts_of(make_params, seeds), "pads-8")["mcnemar"] == {"significant": 2, "of": 5}


def test_the_largest_change_is_that_of_any_seed_at_chance_too(make_params):
    wild = {"h_lstm_1": (ALONE, PADDED + 100)}
    facts = facts_of(make_params, [seed_of(0), seed_of(1), seed_of(2, correct=500, states=wild)])
    assert at(facts, "pads-8")["largest_change"] == pytest.approx((PADDED + 100 - ALONE).max())
    assert at(facts, "pads-8")["states"]["h_lstm_1"]["of"] == 2


def test_states_by_hand(make_params):
    """Both units of Δ have mean .5 and standard deviation 1, h⁰ has 1 and no correlation with Δ: hᵏ has variance 2."""
    found = at(facts_of(make_params, [seed_of(0), seed_of(1)]), "pads-8")["states"]["h_lstm_1"]
    # d_z = .5, above .2; t = .5 √40 = 3.16.
    assert found["units_moved"] == {"estimate": 1, "low": 1, "high": 1}
    assert found["units_different"] == 1
    assert (found["all_units_equivalent"], found["jointly_equivalent"], found["of"]) == (0, 0, 2)
    assert found["joint_distance"] == pytest.approx(np.sqrt(36 / 39 * 0.5 - 2 / 40))
    assert found["dispersion_left"]["estimate"] == pytest.approx(2)
    cosine = (ALONE * PADDED).sum(axis=1) / np.linalg.norm(ALONE, axis=1) / np.linalg.norm(PADDED, axis=1)
    assert found["cosine"] == pytest.approx(cosine.mean())


def test_a_small_shift_of_many_texts_is_equivalent_in_every_seed(make_params):
    states = {"h_lstm_1": spread_by(0.01, texts=TEXTS, width=1, noise=0.05)}
    found = at(facts_of(make_params, [seed_of(0, states=states), seed_of(1)]), "pads-8")["states"]["h_lstm_1"]
    assert (found["all_units_equivalent"], found["of"]) == (1, 2)
    assert found["joint_distance"] is not None


def test_one_seed_has_no_bounds_over_seeds_and_those_of_its_texts(make_params):
    found = at(facts_of(make_params, [seed_of(0)]), "pads-8")
    for name in ("units_moved", "dispersion_left"):
        assert (found["states"]["h_lstm_1"][name]["low"], found["states"]["h_lstm_1"][name]["high"]) == (None, None)
    for name in ("accuracy", "accuracy_change", "flip_rate", "nll_change"):
        assert found[name]["low"] < found[name]["estimate"] < found[name]["high"]


@pytest.mark.parametrize("correct", [(500, 500, 500), (900, 500, 500)])
def test_too_few_seeds_that_learned_leave_everything_undefined(make_params, correct):
    facts = facts_of(make_params, [seed_of(number, correct=right) for number, right in enumerate(correct)])
    found = at(facts, "pads-8")
    undefined = ("flip_rate", "mean_probability_change", "accuracy", "accuracy_change", "nll_change", "brier_change")
    assert {name: found[name] for name in undefined} == dict.fromkeys(undefined)
    assert (found["states"], found["distributions"], found["calibration_error"]) == (None, None, None)
    assert found["drift_ratio"] == {"h_lstm_1": None}
    assert set(facts["alone"].pop("against_training").values()) == {None}
    assert facts["alone"] == {"accuracy": None, "accuracy_change": None, "calibration_error": None}
    assert (facts["probes"], facts["forgetting"], facts["path"]) == (None, None, None)
    # What every seed did is told all the same.
    assert facts["seeds"][0]["accuracy_by_condition"]["pads-8"] == 24 / 40


def test_two_texts_have_no_interval(make_params):
    """They fall into one group of the jackknife."""
    two = np.array([3, 3])
    assert len(np.unique(text_group(two))) == 1
    swapped = PredictionSums.of(two, np.array([0, 1]), np.eye(2), np.eye(2)[::-1])
    outcome = ConditionOutcome(condition({"h_lstm_1": (ALONE[:2], PADDED[:2])}).states, swapped, confidence([True]))
    seeds = [seed_result(number, dict.fromkeys(CONDITIONS, outcome)) for number in range(2)]
    found = at(facts_of(make_params, seeds), "pads-8")
    assert (found["flip_rate"], found["accuracy"], found["accuracy_change"], found["states"]) == (None,) * 4
    assert found["drift_ratio"] == {"h_lstm_1": None}


def test_every_text_right_in_every_seed_is_no_certainty(make_params):
    """40 of 40: Wilson's interval goes down to 1 − 1.96² / (40 + 1.96²), and not to a width of 0."""
    seeds = [seed_of(number, alone=[], padded=[], trained=[]) for number in range(3)]
    found = at(facts_of(make_params, seeds), "pads-8")
    assert found["accuracy"] == {"estimate": 1, "low": pytest.approx(40 / (40 + 1.959964**2)), "high": 1}
    # Nothing moved at all, to the last bit, so no text could turn.
    assert found["accuracy_change"] == {"estimate": 0, "low": 0, "high": 0}


def test_no_text_that_turned_leaves_open_what_none_of_n_leaves_open(make_params):
    seeds = [seed_of(number, alone=range(4), padded=range(4), trained=range(4), sure=0.7) for number in range(3)]
    facts = facts_of(make_params, seeds)
    width = wilson(0, TEXTS, 0.95).high
    expected = {"estimate": 0, "low": pytest.approx(-width), "high": pytest.approx(width)}
    assert at(facts, "pads-8")["accuracy_change"] == expected
    assert facts["alone"]["accuracy_change"] == expected


def test_states_that_do_not_move_are_told_as_zeros(make_params):
    """What a mask leaves: no shift, all of the spread, a cosine of one."""
    still = {"h_lstm_1": (ALONE, ALONE)}
    seeds = [seed_of(number, padded=range(4), trained=range(4), states=still) for number in range(2)]
    found = at(facts_of(make_params, seeds), "pads-8")
    assert str(found["largest_change"]) == "0.0"
    assert found["drift_ratio"]["h_lstm_1"] == {"estimate": 0, "low": 0, "high": 0}
    states = found["states"]["h_lstm_1"]
    assert (states["units_moved"]["estimate"], states["units_different"], states["joint_distance"]) == (0, 0, 0)
    assert (states["all_units_equivalent"], states["jointly_equivalent"], states["of"]) == (2, 2, 2)
    assert (states["cosine"], states["dispersion_left"]["estimate"]) == (pytest.approx(1), 1)
    assert (found["flip_rate"]["estimate"], found["mcnemar"]) == (0, {"significant": 0, "of": 2})


SHIFT = ("units_moved", "units_different", "joint_distance")
CONSTANT = (*SHIFT, "dispersion_left", "participation_ratio", "effective_rank")


@pytest.mark.parametrize(
    ("alone", "padded", "undefined"),
    [
        (np.full((TEXTS, 2), 0.5), np.full((TEXTS, 2), 0.9), CONSTANT),
        (np.zeros((TEXTS, 2)), PADDED, ("cosine", "dispersion_left")),
        (ALONE, ALONE + 0.3, SHIFT),
    ],
    ids=["constant", "zero vectors", "all moved alike"],
)
def test_what_is_undefined_of_states_is_null_in_the_report(make_params, alone, padded, undefined):
    """In one of two seeds, which leaves their mean undefined too."""
    states = {"h_lstm_1": (alone, padded)}
    facts = finite(facts_of(make_params, [seed_of(0), seed_of(1, states=states)]))
    json.dumps(facts, allow_nan=False)
    found = at(facts, "pads-8")["states"]["h_lstm_1"]
    assert {name for name, value in found.items() if value is None} == set(undefined)
    drift = at(facts, "pads-8")["drift_ratio"]["h_lstm_1"]
    assert (drift is None) == ("dispersion_left" in undefined)
    assert (facts["seeds"][1]["drift_by_condition"]["pads-8"]["h_lstm_1"] is None) == (drift is None)


def test_distributions_are_means_over_seeds(make_params):
    def seed(number, scale):
        stratum = Stratum(1, 9, TEXTS, 0.1 * scale, 0.2 * scale, 0.3 * scale)
        found = Distributions(scale * np.array([0.1, 0.2, 0.6]), scale * np.array([0.3, 0.5, 0.4]), [stratum])
        known = condition(STATES, predictions(LABEL, LABEL, guess([1])))
        outcome = ConditionOutcome(known.states, known.predictions, known.confidence, found)
        return seed_result(number, dict.fromkeys(CONDITIONS, outcome))

    found = at(facts_of(make_params, [seed(0, 1), seed(1, 0.5)]), "pads-8")["distributions"]
    assert found["w1"] == {"median": pytest.approx(0.15), "largest": pytest.approx(0.45)}
    assert found["ks"] == {"median": pytest.approx(0.3), "largest": pytest.approx(0.375)}
    (stratum,) = found["strata"]
    figures = {"w1": pytest.approx(0.075), "ks": pytest.approx(0.15), "drift_ratio": pytest.approx(np.sqrt(0.3 * 0.15))}
    assert stratum == {"from": 1, "to": 9, "texts": TEXTS, **figures}
    (still,) = at(facts_of(make_params, [seed(0, 1), seed(1, 0)]), "pads-8")["distributions"]["strata"]
    assert still["drift_ratio"] == pytest.approx(0.15)
    assert at(facts_of(make_params, [seed_of(0)]), "pads-8")["distributions"] is None


def test_calibration_curves_pool_the_seeds_that_learned(make_params):
    """Ten texts at .6, of which 6 are right; of another seed ten at .9, of which 3 are; ten more, all wrong."""
    seeds = [
        seed_of(0, bins=confidence([True] * 6 + [False] * 4, 0.6)),
        seed_of(1, bins=confidence([True] * 3 + [False] * 7, 0.9)),
        seed_of(2, bins=confidence([False] * 10, 0.9)),
        seed_of(3, bins=confidence([True] * 50, 0.7), correct=500),
    ]
    curves = facts_of(make_params, seeds)["calibration"]
    assert list(curves) == ["pads-0", "pads-8", "as-trained"]
    assert curves["pads-8"] == curves["pads-0"]
    assert curves["pads-0"] == [
        {"confidence": pytest.approx(0.6), "accuracy": pytest.approx(0.6), "texts": 10},
        {"confidence": pytest.approx(0.9), "accuracy": pytest.approx(0.15), "texts": 20},
    ]
    assert facts_of(make_params, [seed_of(0, correct=500)])["calibration"] == {}


def test_the_calibration_error_without_what_noise_adds(make_params):
    """100 texts at .9 of which 60 are right: √(.3² − .6 · .4 / 99)."""
    bins = confidence([True] * 60 + [False] * 40, 0.9)
    facts = facts_of(make_params, [seed_of(number, bins=bins) for number in range(2)])
    expected = pytest.approx(np.sqrt(0.09 - 0.24 / 99))
    assert facts["alone"]["calibration_error"]["estimate"] == expected
    assert at(facts, "pads-8")["calibration_error"]["estimate"] == expected


def test_a_copy_of_the_baseline_is_named(make_params):
    base = base_of(make_params, 900, 910)

    def named(seeds):
        return facts_of(make_params, seeds, variant="double_mask", baseline=base)["same_as_baseline"]

    assert named([seed_of(0, correct=900), seed_of(1, correct=910)]) is True
    assert named([seed_of(0, correct=900), seed_of(1, correct=911)]) is False
    assert named([seed_of(0, correct=900), seed_of(1, correct=910, padded=range(17))]) is False
    moved = {"h_lstm_1": (ALONE, np.nextafter(PADDED, 9))}
    assert named([seed_of(0, correct=900), seed_of(1, correct=910, states=moved)]) is False
    assert facts_of(make_params, [seed_of(0)])["same_as_baseline"] is False


def test_tokens_are_added_up_over_seeds(make_params):
    facts = facts_of(make_params, [seed_of(0), seed_of(1), seed_of(2, correct=500)])
    assert (facts["computed_tokens"], facts["text_tokens"]) == (30, 15)
    assert [each["learned"] for each in facts["seeds"]] == [True, True, False]


def test_sign_flips_are_counted_where_texts_are_few(make_params):
    def with_p(number, p):
        seed = seed_of(number)
        flipped = replace(seed.conditions["pads-8"], sign_flip_p=dict.fromkeys(seed.conditions["pads-8"].states, p))
        return replace(seed, model=replace(seed.model, conditions={**seed.conditions, "pads-8": flipped}))

    few = at(facts_of(make_params, [with_p(0, 0.01), with_p(1, 0.5), with_p(2, 0.04)]), "pads-8")
    assert set(map(str, few["sign_flips"].values())) == {str({"significant": 2, "of": 3})}
    assert "sign_flips" not in at(facts_of(make_params, [seed_of(0), seed_of(1)]), "pads-8")
