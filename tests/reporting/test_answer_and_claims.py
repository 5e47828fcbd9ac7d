"""The sentences and the stands follow the numbers: another outcome, another answer."""

import pytest

from stages.reporting.answer import answer
from stages.reporting.claims.catalogue import claims
from stages.reporting.report_json import Analysis, report_content
from stages.reporting.results import Results
from tests.reporting.analyses import (
    BETTER,
    EXACT,
    FLIPS,
    LEAK,
    NO_FLIPS,
    NOTHING,
    SAME_ACCURACY,
    SMALL,
    UNCLEAR,
    WORSE,
    analysis,
)


def stands(results):
    return {each["id"]: each["stand"] for each in results.report["claims"]}


@pytest.mark.parametrize(
    ("drift", "lead"),
    [
        (LEAK, "**Yes, padding leaks"),
        (SMALL, "**No, padding does not leak"),
        (EXACT, "**No, padding does not leak"),
        (UNCLEAR, "**This run cannot tell"),
        (NOTHING, "**This run cannot tell"),
    ],
)
def test_the_first_sentence_says_whether_it_leaks(drift, lead, results):
    first = answer(results(drift=drift))[0]
    assert first.startswith(lead)
    assert ("0.385 [0.310, 0.470]" in first) == (drift is LEAK)
    assert ("no seed learned" in first) == (drift is NOTHING)


def test_sides_that_differ_are_told_apart(make_params):
    params = make_params()
    content = analysis(params, drift=LEAK)
    for record in content["verdicts"]:
        if (record["side"], record["estimand"], record["variant"]) == ("pre", "drift_ratio", "baseline"):
            record.update(SMALL)
    first = answer(Results(report_content(params, Analysis(**content))))[0]
    assert first.startswith(
        "**Through the unmasked LSTM, with post-padding it leaks and with pre-padding it does not**"
    )


@pytest.mark.parametrize(
    ("gain", "flips", "lead"),
    [
        (BETTER, FLIPS, "**It costs accuracy with pre- and post-padding**"),
        (WORSE, FLIPS, "**With pre- and post-padding it is the mask that costs accuracy**"),
        (SAME_ACCURACY, FLIPS, "**It changes predictions; training on it costs no accuracy that matters**"),
        (SAME_ACCURACY, NO_FLIPS, "**It costs nothing that matters**"),
        (UNCLEAR, FLIPS, "**It changes predictions; whether training on it costs accuracy is open**"),
        (UNCLEAR, NOTHING, "**What it costs is not settled by this run**"),
    ],
)
def test_the_second_sentence_says_what_it_costs(gain, flips, lead, results):
    assert answer(results(drift=LEAK, gain=gain, flips=flips))[1].startswith(lead)


def test_seeds_at_chance_are_counted_in_the_second_sentence(results):
    second = answer(results(drift=NOTHING, flips=NOTHING, learned=False))[1]
    assert "(6 of 6 seeds at chance;" in second
    assert "an undefined share" in second


@pytest.mark.parametrize(
    ("masked_drift", "says"),
    [
        (EXACT, "**`masked` keeps the state exactly**"),
        (SMALL, "**`masked` is enough**"),
        (LEAK, "**`masked` still leaks**"),
        (UNCLEAR, "**`masked` is not settled**"),
        (NOTHING, "**of `masked` nothing can be said**"),
    ],
)
def test_the_third_sentence_says_which_fix_works(masked_drift, says, results):
    third = answer(results(drift=LEAK, masked_drift=masked_drift))[2]
    assert third.startswith(says)
    assert "**`double_mask`, the popular recipe of two masks, masks nothing**" in third


def test_a_double_mask_that_is_no_copy_is_judged_like_any_other(make_params):
    params = make_params()
    content = analysis(params, drift=LEAK)
    for cell in content["cells"]:
        cell["same_as_baseline"] = False
    assert "**`double_mask` still leaks**" in answer(Results(report_content(params, Analysis(**content))))[2]


def test_without_a_baseline_the_answer_says_so(results):
    sentences = answer(results({"train.variants": ["masked"]}, drift=LEAK))
    assert "`train.variants` does not name `baseline`" in sentences[0]
    assert "cannot be said" in sentences[1]


def test_a_baseline_alone_tried_no_fix(results):
    assert answer(results({"train.variants": ["baseline"]}, drift=LEAK))[2].startswith("**No fix was tried**")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"drift": LEAK}, {"C2": "depends", "C3": "depends", "C5": "depends"}),
        ({"drift": {**LEAK, "estimate": 0.05}}, {"C2": "supported"}),
        ({"drift": SMALL}, {"C2": "depends", "C3": "depends"}),
        ({"drift": EXACT}, {"C2": "refuted", "C3": "refuted"}),
        ({"drift": NOTHING, "flips": NOTHING, "learned": False}, {"C2": "open", "C3": "open"}),
        ({"drift": LEAK, "masked_drift": LEAK}, {"C3": "open", "C5": "refuted"}),
        ({"drift": LEAK, "gain": BETTER}, {"C4": "refuted"}),
        ({"drift": LEAK, "gain": SAME_ACCURACY}, {"C4": "open"}),  # how it is served is not known
        ({"drift": LEAK, "gain": UNCLEAR, "flips": NOTHING}, {"C4": "open"}),
    ],
)
def test_a_stand_follows_the_numbers(outcome, expected, results):
    found = stands(results(**outcome))
    assert {name: found[name] for name in expected} == expected


def claim(results, name):
    return next(each for each in results.report["claims"] if each["id"] == name)


def altered(results, change):
    """The same report with some of its verdicts changed in place, judged anew."""
    content = results.report
    for record in content["verdicts"]:
        change(record)
    again = Results(content)
    return {each["id"]: each for each in claims(again)}


def test_compute_is_counted_in_steps(results):
    found = results(drift=LEAK)
    assert claim(found, "C1")["stand"] == "supported"
    assert "2.38 times" in claim(found, "C1")["figure"]  # rows of 31 for 13 tokens of text
    assert claim(found, "C6")["stand"] == "depends"
    assert claim(found, "C6")["depends_on"].startswith("trimming")


def test_the_slope_of_the_law_decides_the_first_claim(deep_results):
    figure = claim(deep_results(drift=LEAK), "C1")["figure"]
    assert "From rows of 11 to rows of 96 each further column adds 60 steps to an epoch of 60 texts" in figure
    assert "a pad costs 1 step and 12,576 FLOPs" in figure
    points = [{"max_len": width, "padding_share": 0.5, "steps": steps} for width, steps in ((10, 600), (20, 800))]
    steep = {"law": {"points": points, "slope": 20.0, "texts": 60}}
    assert claim(deep_results(drift=LEAK, replaced=steep), "C1")["stand"] == "refuted"
    bent = [*points[:1], {"max_len": 20, "padding_share": 0.5, "steps": 2400}]
    off = {"law": {"points": bent, "slope": 60.0, "texts": 60}}
    assert claim(deep_results(drift=LEAK, replaced=off), "C1")["stand"] == "refuted"


def test_without_a_law_the_slope_is_undefined(results):
    assert "slope is undefined" in claim(results(drift=LEAK), "C1")["figure"]


def test_a_difference_that_one_seed_lacks_is_not_consistent(make_params):
    params = make_params()
    content = analysis(params, drift={**LEAK, "estimate": 0.05})
    for cell in content["cells"]:
        cell["seeds"][0]["drift_by_condition"]["pads-16"]["head"] = 0.001
    found = claim(Results(report_content(params, Analysis(**content))), "C2")
    assert (found["stand"], found["depends_on"]) == ("depends", "the seed (whether every one shows it)")
    assert "5 of 6 seeds" in found["figure"]


def test_units_and_cosine_stand_beside_the_drift(deep_results, results):
    assert "move 80.0 % [75.0, 85.0] of the units" in claim(deep_results(drift=LEAK), "C2")["figure"]
    assert "mean cosine 0.840" in claim(deep_results(drift=LEAK), "C2")["figure"]
    assert "an undefined share of the units" in claim(results(drift=LEAK), "C2")["figure"]


def test_what_is_forgotten_has_a_half_life_or_a_reason(deep_results, results):
    found = deep_results(drift=LEAK)
    share = "(for the 90.0 % [85.0, 95.0] of pairs that converge)"
    figure = claim(found, "C3")["figure"]
    assert f"every 11.6 [10.6, 12.6] pads halve the distance between texts of two classes {share}" in figure
    assert "`baseline` (pre): every" not in figure
    assert "`baseline` (pre): the distance" not in figure  # pads come before the text
    for cell in found.report["cells"]:
        cell["forgetting"] = (cell["forgetting"] or {}) | {"half_life": {}, "reasons": {"within": "a reason"}}
    without = next(each["figure"] for each in claims(Results(found.report)) if each["id"] == "C3")
    assert "of one class has no half-life, for a reason (95.0 % [90.0, 100.0] of pairs converge)" in without
    missing = claim(results(drift=LEAK), "C3")["figure"]
    assert "two classes has no half-life, for the analysis holds no forgetting curve" in missing


def test_a_curve_that_is_there_is_not_said_to_be_missing(deep_results):
    points = [{"pads": pads, "within": None, "between": None} for pads in (0, 16)]
    forgetting = {"points": points, "half_life": {"within": None, "between": None}}
    figure = claim(deep_results(drift=LEAK, replaced={"forgetting": forgetting}), "C3")["figure"]
    assert "has no half-life, for none was fitted" in figure
    assert "holds no forgetting curve" not in figure


def test_serving_stands_beside_the_flips(deep_results):
    figure = claim(deep_results(drift=LEAK), "C4")["figure"]
    assert "and change its accuracy by −3.0 [−3.3, −2.7] points against serving it as trained" in figure


def test_serving_alone_can_be_dramatic(deep_results):
    def lose(record):
        if (record["estimand"], record["condition"]) == ("accuracy_change", "pads-16") and record["estimate"]:
            record.update(estimate=-0.2, low=-0.25, high=-0.15)

    found = deep_results(drift=LEAK, gain=SAME_ACCURACY)
    assert claim(found, "C4")["stand"] == "supported"
    assert altered(found, lose)["C4"]["stand"] == "refuted"


def test_a_leaking_mask_says_how_far(results):
    assert "its drift under 16 extra pads 0.385 [0.310, 0.470] DIFFERENT" in claim(results(drift=LEAK), "C5")["figure"]


def test_untrimmed_masked_batches_support_that_masking_does_not_lower_the_cost(deep_results):
    found = deep_results(drift=LEAK)
    for cell in found.report["cells"]:
        cell["computed_tokens"] = 22_320
    again = {each["id"]: each for each in claims(Results(found.report))}
    assert again["C6"]["stand"] == "supported"


def grows(record):
    """More pads, more drift, of the baseline padded behind the text."""
    if (record["estimand"], record["side"], record["verdict"]) == ("drift_ratio", "post", "DIFFERENT") and record[
        "pads"
    ]:
        value = 0.02 * record["pads"]
        record.update(estimate=value, low=0.8 * value, high=1.2 * value)


def test_the_amount_and_the_side_of_padding_are_decided_where_intervals_lie_apart(deep_results):
    found = altered(deep_results(drift={**LEAK, "estimate": 0.05, "low": 0.04, "high": 0.06}), grows)["C7"]
    assert found["stand"] == "depends"
    assert "the amount of padding (post) and the padding side" in found["depends_on"]
    assert "the amount of padding (pre)" not in found["depends_on"]
    assert "0.0200 [0.0160, 0.0240] at 1 extra pad to 1.28 [1.02, 1.54] at 64" in found["figure"]
    assert "rising at every step, intervals apart" in found["figure"]


def test_where_all_intervals_meet_the_extent_stays_open(deep_results):
    found = claim(deep_results(drift=LEAK), "C7")
    assert found["stand"] == "open"
    assert "intervals apart" not in found["figure"]
    assert "1.92 for texts of 4 to 7 tokens and 0.480 for 17 to 31 with post-padding" in found["figure"]
    assert "Not varied: the number of layers, the number of units and the downstream layer" in found["figure"]


def test_one_side_and_one_number_of_pads_leave_their_part_undefined(results):
    figure = claim(results({"pad.sides": ["post"], "export.pads": [0, 16]}, drift=LEAK), "C7")["figure"]
    assert "undefined with post-padding (one number of pads)" in figure
    assert "undefined, for there is post-padding alone" in figure


def test_a_size_that_variants_vary_is_not_called_fixed(make_params):
    changes = {"variants": {"baseline": {"mask": "none"}, "wide": {"mask": "none", "units": 64}}}
    changes |= {"train.variants": ["baseline", "wide"], "gate.invariant": ["wide"]}
    params = make_params(changes)
    found = claim(Results(report_content(params, Analysis(**analysis(params, drift=LEAK)))), "C7")
    assert "Not varied: the number of layers and the downstream layer; run `make sweep NAME=size" in found["figure"]


def test_what_truncation_saves_is_said_and_what_it_costs_is_open(results):
    found = claim(results(drift=LEAK), "C9")
    assert "Rows of 31 instead of 48, the longest training text, cost 35.4 % fewer steps" in found["figure"]
    assert "cut 5.0 % of the training texts, 3.0 % of their tokens" in found["figure"]
    assert found["stand"] == "open"


def test_a_run_that_cuts_nothing_says_so(results):
    report = results(drift=LEAK).report
    report["dataset"]["tokens"]["splits"]["train"]["length_quantiles"]["1"] = 31
    found = {each["id"]: each for each in claims(Results(report))}["C9"]
    assert found["figure"].startswith("This run cuts no training text")


def test_what_one_run_cannot_tell_stays_open_and_names_the_run_that_could(results):
    for name in ("C7", "C8", "C9"):
        found = claim(results(drift=LEAK), name)
        assert found["stand"] == "open"
        assert "`make sweep NAME=" in found["figure"]
        assert "DATASET=synthetic`" in found["figure"]
