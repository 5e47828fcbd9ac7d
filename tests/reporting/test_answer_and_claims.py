"""The sentences and the stands follow the numbers: another outcome, another answer."""

import pytest

from stages.reporting.answer import answer
from stages.reporting.content import Analysis, report_content
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
    return {claim["id"]: claim["stand"] for claim in results.report["claims"]}


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
        (SAME_ACCURACY, FLIPS, "**It changes predictions; it costs no accuracy that matters**"),
        (SAME_ACCURACY, NO_FLIPS, "**It costs nothing that matters**"),
        (UNCLEAR, FLIPS, "**It changes predictions; whether it costs accuracy is open**"),
        (UNCLEAR, NOTHING, "**What it costs is not settled by this run**"),
    ],
)
def test_the_second_sentence_says_what_it_costs(gain, flips, lead, results):
    assert answer(results(drift=LEAK, gain=gain, flips=flips))[1].startswith(lead)


def test_seeds_at_chance_are_counted_in_the_second_sentence(results):
    second = answer(results(drift=NOTHING, flips=NOTHING, learned=False))[1]
    assert "(6 of 6 seeds at chance)" in second
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
        ({"drift": SMALL}, {"C2": "refuted", "C3": "refuted"}),
        ({"drift": NOTHING, "flips": NOTHING, "learned": False}, {"C2": "open", "C3": "open"}),
        ({"drift": LEAK, "masked_drift": LEAK}, {"C3": "supported", "C5": "refuted"}),
        ({"drift": LEAK, "gain": BETTER}, {"C4": "refuted"}),
        ({"drift": LEAK, "gain": SAME_ACCURACY}, {"C4": "supported"}),
        ({"drift": LEAK, "gain": UNCLEAR, "flips": NOTHING}, {"C4": "open"}),
    ],
)
def test_a_stand_follows_the_numbers(outcome, expected, results):
    found = stands(results(**outcome))
    assert {name: found[name] for name in expected} == expected


def test_compute_is_counted_in_steps(results):
    found = results(drift=LEAK)
    claims = {claim["id"]: claim for claim in found.report["claims"]}
    assert claims["C1"]["stand"] == "supported"
    assert "2.38 times" in claims["C1"]["figure"]  # rows of 31 for 13 tokens of text
    assert claims["C6"]["stand"] == "depends"
    assert claims["C6"]["depends_on"].startswith("trimming")


def test_what_one_run_cannot_tell_stays_open_and_names_the_run_that_could(results):
    claims = {claim["id"]: claim for claim in results(drift=LEAK).report["claims"]}
    for name in ("C7", "C8", "C9"):
        assert claims[name]["stand"] == "open"
        assert "dvc exp run" in claims[name]["figure"]
