"""What a distrusting reader asks of the sentences: each rule is met by a case on either side of it."""

import pytest

from stages.reporting.answer import answer
from stages.reporting.claims.catalogue import claims
from stages.reporting.documents import report_markdown
from stages.reporting.results import Results
from tests.reporting.analyses import EXACT, LEAK, SAME_ACCURACY, SMALL, UNCLEAR, WORSE

JOINTLY = {"verdict": "DIFFERENT", "estimate": 0.9, "low": 0.8, "high": 1.0}
NOT_JOINTLY = {"verdict": "INCONCLUSIVE", "estimate": 0.5, "low": 0.4, "high": 0.6}
PLAIN = "**Yes, padding leaks"
NARROW = "**Yes, under 16 extra pads, padding leaks"


def altered(results, change):
    """The same report with some of its verdicts changed in place."""
    for record in results.report["verdicts"]:
        change(record)
    return Results(results.report)


def claim(results, name):
    return next(each for each in claims(results) if each["id"] == name)


def drift_becomes(verdict, conditions, side="pre"):
    def change(record):
        if (record["estimand"], record["side"], record["variant"]) == ("drift_ratio", side, "baseline"):
            record.update(verdict if record["condition"] in conditions else {})

    return change


@pytest.mark.parametrize(
    ("conditions", "lead", "bracket"),
    [
        ([], PLAIN, "(DIFFERENT under 7 of 7 numbers of pads, and as trained)"),
        (["pads-1", "pads-2", "pads-4"], PLAIN, "(DIFFERENT under 4 of 7 numbers of pads, and as trained)"),
        (["pads-1", "pads-2", "pads-4", "pads-8"], NARROW, "(DIFFERENT under 3 of 7 numbers of pads, and as trained)"),
        (["as-trained"], NARROW, "(DIFFERENT under 7 of 7 numbers of pads, not as trained)"),
        (["other-side"], PLAIN, "(DIFFERENT under 7 of 7 numbers of pads, and as trained)"),
    ],
)
def test_a_plain_yes_holds_as_trained_and_under_most_numbers_of_pads(conditions, lead, bracket, deep_results):
    first = answer(altered(deep_results(drift=LEAK), drift_becomes(UNCLEAR, conditions)))[0]
    assert first.startswith(lead)
    assert first.count("under 16 extra pads") == 1
    assert f"with pre-padding {bracket}" in first
    assert "geometric mean over seeds" in first


def test_a_plain_no_leaks_nowhere(deep_results):
    assert answer(deep_results(drift=SMALL))[0].startswith("**No, padding does not leak")
    elsewhere = altered(deep_results(drift=SMALL), drift_becomes(LEAK, ["pads-64"]))
    assert answer(elsewhere)[0].startswith("**No, under 16 extra pads, padding does not leak")


def test_flips_say_which_way_they_turn(deep_results, results):
    second = answer(deep_results(drift=LEAK))[1]
    assert "with post-padding (DIFFERENT: 0.2 % turned right, 1.2 % turned wrong)" in second
    assert "turned" not in answer(results(drift=LEAK))[1]


def jointly(figures):
    def change(record):
        if record["estimand"] == "joint_shift":
            record.update(figures)

    return change


@pytest.mark.parametrize(
    ("drift", "joint", "stand", "on"),
    [
        (EXACT, EXACT, "refuted", None),
        (SMALL, JOINTLY, "supported", None),
        (SMALL, NOT_JOINTLY, "depends", "what counts as a difference (here: a drift ratio beyond 0.01)"),
        (UNCLEAR, JOINTLY, "open", None),
        (LEAK, JOINTLY, "depends", "what is called subtle (here: a drift ratio up to 0.1)"),
    ],
)
def test_a_drift_too_small_to_matter_does_not_refute_that_states_differ(drift, joint, stand, on, deep_results):
    found = claim(altered(deep_results(drift=drift), jointly(joint)), "C2")
    assert (found["stand"], found["depends_on"]) == (stand, on)


def test_one_comparison_that_seeds_do_not_share_is_not_consistent(deep_results):
    def change(record):
        jointly(NOT_JOINTLY if record["condition"] == "pads-1" else JOINTLY)(record)

    assert claim(altered(deep_results(drift=SMALL), change), "C2")["stand"] == "depends"


@pytest.mark.parametrize("drift", [LEAK, SMALL, UNCLEAR, EXACT])
@pytest.mark.parametrize("masked", [LEAK, EXACT])
def test_what_an_lstm_reduces_is_never_supported(drift, masked, deep_results):
    found = claim(deep_results(drift=drift, masked_drift=masked), "C3")
    assert found["stand"] != "supported"
    assert "compared with no LSTM, is not tested here" in found["figure"] or drift is UNCLEAR


def serving(low, high):
    def change(record):
        if (record["estimand"], record["condition"], record["variant"]) == ("accuracy_change", "pads-16", "baseline"):
            record.update(estimate=(low + high) / 2, low=low, high=high, verdict="DIFFERENT")

    return change


@pytest.mark.parametrize(
    ("gain", "low", "high", "stand"),
    [
        (SAME_ACCURACY, -0.01, 0.01, "supported"),
        (WORSE, -0.01, 0.01, "supported"),  # a mask that costs accuracy is no harm of pads
        (SAME_ACCURACY, 0.08, 0.12, "supported"),  # pads that help are none either
        (SAME_ACCURACY, -0.12, -0.08, "refuted"),
        ({**WORSE, "estimate": 0.08, "low": 0.06, "high": 0.1}, -0.01, 0.01, "refuted"),
        (SAME_ACCURACY, -0.08, -0.02, "open"),
    ],
)
def test_only_harm_that_pads_do_is_dramatic(gain, low, high, stand, deep_results):
    found = altered(deep_results(drift=LEAK, gain=gain), serving(low, high))
    assert claim(found, "C4")["stand"] == stand


def test_flips_are_quoted_and_not_judged(deep_results):
    many = {"verdict": "DIFFERENT", "estimate": 0.3, "low": 0.25, "high": 0.35}
    found = claim(deep_results(drift=LEAK, gain=SAME_ACCURACY, flips=many), "C4")
    assert found["stand"] == "supported"
    assert "flip 30.0 % [25.0, 35.0]" in found["figure"]


def test_what_is_true_by_counting_is_called_so(deep_results):
    assert "True by construction" in claim(deep_results(drift=LEAK), "C1")["figure"]
    points = [{"max_len": width, "padding_share": 0.5, "steps": steps} for width, steps in ((10, 600), (20, 800))]
    steep = {"law": {"points": points, "slope": 20.0, "texts": 60}}
    assert "construction" not in claim(deep_results(drift=LEAK, replaced=steep), "C1")["figure"]


def test_coverage_with_few_seeds_is_told_where_seeds_are_few(deep_results):
    few, many = (report_markdown(deep_results({"train.seeds": seeds}, drift=LEAK)) for seeds in (3, 4))
    assert "With three seeds those of changes of NLL and Brier cover 88 to 90 %" in few
    assert "With three seeds" not in many
    for text in (few, many):
        assert "`tests/calibration.md`" in text
        assert "`report.pads`, which the first table shows, re-runs nothing" in text


def test_probes_say_on_how_many_texts(deep_results, results):
    assert "Probes read 40 texts; intervals speak of new seeds" in report_markdown(deep_results(drift=LEAK))
    assert "Intervals speak of new seeds on these texts" in report_markdown(results(drift=LEAK))


def test_the_mask_alone_saves_nothing_on_full_rows(deep_results):
    found = deep_results(drift=LEAK)
    assert "a masked step the same FLOPs, because Keras computes it and discards it" in claim(found, "C6")["figure"]
    cheaper = [
        each | {"flops": each["flops"] / 2} if (each["variant"], each["batching"]) == ("masked", "fixed") else each
        for each in found.report["cost"]
    ]
    found = deep_results(drift=LEAK, replaced={"cost": cheaper})
    assert claim(found, "C6")["stand"] == "refuted"
    for cell in found.report["cells"]:
        cell["architecture"]["units"] += cell["variant"] == "baseline"
    other_layers = claim(Results(found.report), "C6")
    assert other_layers["stand"] == "depends"
    assert "whose layers differ" in other_layers["figure"]


def serving_becomes(record):
    def change(each):
        if (each["estimand"], each["variant"]) == ("accuracy_change", "baseline"):
            each.update(record)

    return change


@pytest.mark.parametrize(
    ("record", "lead"),
    [
        (
            {"verdict": "DIFFERENT", "estimate": -0.64, "low": -0.85, "high": -0.43},
            "serving otherwise than trained costs accuracy**",
        ),
        (
            {"verdict": "DIFFERENT", "estimate": 0.03, "low": 0.02, "high": 0.04},
            "what serving otherwise than trained costs is open**",
        ),
        (
            {"verdict": "INCONCLUSIVE", "estimate": -0.07, "low": -0.13, "high": -0.01},
            "what serving otherwise than trained costs is open**",
        ),
        (
            {"verdict": "EQUIVALENT", "estimate": 0.001, "low": -0.002, "high": 0.004},
            "serving otherwise than trained costs none that matters**",
        ),
    ],
)
def test_what_serving_costs_stands_in_the_answer(deep_results, record, lead):
    second = answer(altered(deep_results(drift=LEAK, gain=SAME_ACCURACY), serving_becomes(record)))[1]
    assert f"training on it costs no accuracy that matters; {lead}" in second
    shown = "Served otherwise than trained, it changes by" in second
    assert shown == (record["verdict"] != "EQUIVALENT")
    assert ("under 16 extra pads; by" in second) == ("under padding on the other side." in second) == shown


def test_pads_that_follow_from_the_length_are_named_and_not_called_dilution(deep_results, results):
    found = report_markdown(deep_results(drift=LEAK))
    assert "Under padding as in training the pads follow from the length" in found
    assert "the pads follow from the length" not in report_markdown(results(drift=LEAK))


def test_few_texts_are_told_by_sign_flips(deep_results):
    found = deep_results(drift=LEAK)
    assert "flipping the signs" not in report_markdown(found)
    for cell in found.report["cells"]:
        for condition in cell["conditions"]:
            condition["sign_flips"] = {"c_lstm_1": {"significant": 5 if cell["side"] == "post" else 0, "of": 6}}
    said = report_markdown(Results(found.report))
    assert "(p < .05) in 0 of 6 seeds of `baseline` (pre) for `c_lstm_1`, 0 of 6 seeds of `masked` (pre)" in said
    assert "5 of 6 seeds of `baseline` (post) for `c_lstm_1`" in said
