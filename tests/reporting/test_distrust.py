"""What a distrusting reader asks of the sentences: each rule is met by a case on either side of it."""

from dataclasses import replace

import pytest

from stages.analysis.contract_texts import LawPoint
from stages.analysis.estimate import SeedCount
from stages.reporting.answer import answer
from stages.reporting.claims.catalogue import claims
from stages.reporting.documents import report_markdown
from stages.stats.verdicts import Verdict
from tests.reporting.analyses import (
    EXACT,
    LEAK,
    SAME_ACCURACY,
    SMALL,
    UNCLEAR,
    WORSE,
    becomes,
    with_cells,
    with_report,
    with_verdicts,
)

JOINTLY = {"verdict": Verdict.DIFFERENT, "estimate": 0.9, "low": 0.8, "high": 1.0}
NOT_JOINTLY = {"verdict": Verdict.INCONCLUSIVE, "estimate": 0.5, "low": 0.4, "high": 0.6}
PLAIN = "**Yes, padding leaks"
NARROW = "**Yes, under 16 extra pads, padding leaks"


def claim(results, name):
    return next(claim for claim in claims(results) if claim.id == name)


def drift_becomes(outcome, conditions):
    """With pre-padding, under these conditions alone."""
    pre = becomes(outcome, estimand="drift_ratio", side="pre", variant="baseline")
    return lambda finding: pre(finding) if finding.condition in conditions else finding


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
    first = answer(with_verdicts(deep_results(drift=LEAK), drift_becomes(UNCLEAR, conditions)))[0]
    assert first.startswith(lead)
    assert first.count("under 16 extra pads") == 1
    assert f"with pre-padding {bracket}" in first
    assert "geometric mean over seeds" in first


def test_a_plain_no_leaks_nowhere(deep_results):
    assert answer(deep_results(drift=SMALL))[0].startswith("**No, padding does not leak")
    elsewhere = with_verdicts(deep_results(drift=SMALL), drift_becomes(LEAK, ["pads-64"]))
    assert answer(elsewhere)[0].startswith("**No, under 16 extra pads, padding does not leak")


def test_flips_say_which_way_they_turn(deep_results):
    turning = deep_results(drift=LEAK)
    assert "with post-padding (DIFFERENT: 0.2 % turned right, 1.2 % turned wrong)" in answer(turning)[1]
    unknown = with_conditions(turning, lambda facts: replace(facts, gained=None, lost=None))
    assert "turned" not in answer(unknown)[1]


def with_conditions(results, change):
    return with_cells(
        results, lambda cell: replace(cell, conditions=[change(condition) for condition in cell.conditions])
    )


def jointly(outcome):
    return becomes(outcome, estimand="joint_shift")


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
    ruled = claim(with_verdicts(deep_results(drift=drift), jointly(joint)), "C2")
    assert (ruled.stand, ruled.depends_on) == (stand, on)


def test_one_comparison_that_seeds_do_not_share_is_not_consistent(deep_results):
    def change(finding):
        return jointly(NOT_JOINTLY if finding.condition == "pads-1" else JOINTLY)(finding)

    assert claim(with_verdicts(deep_results(drift=SMALL), change), "C2").stand == "depends"


@pytest.mark.parametrize("drift", [LEAK, SMALL, UNCLEAR, EXACT])
@pytest.mark.parametrize("masked", [LEAK, EXACT])
def test_what_an_lstm_reduces_is_never_supported(drift, masked, deep_results):
    ruled = claim(deep_results(drift=drift, masked_drift=masked), "C3")
    assert ruled.stand != "supported"
    assert "compared with no LSTM, is not tested here" in ruled.figure or drift is UNCLEAR


def serving(low, high):
    outcome = {"verdict": Verdict.DIFFERENT, "estimate": (low + high) / 2, "low": low, "high": high}
    return becomes(outcome, estimand="accuracy_change", condition="pads-16", variant="baseline")


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
    served = with_verdicts(deep_results(drift=LEAK, gain=gain), serving(low, high))
    assert claim(served, "C4").stand == stand


def test_flips_are_quoted_and_not_judged(deep_results):
    many = {"verdict": Verdict.DIFFERENT, "estimate": 0.3, "low": 0.25, "high": 0.35}
    ruled = claim(deep_results(drift=LEAK, gain=SAME_ACCURACY, flips=many), "C4")
    assert ruled.stand == "supported"
    assert "flip 30.0 % [25.0, 35.0]" in ruled.figure


def test_what_is_true_by_counting_is_called_so(deep_results):
    linear = deep_results(drift=LEAK)
    assert "True by construction" in claim(linear, "C1").figure
    points = [LawPoint(max_len=width, padding_share=0.5, steps=steps) for width, steps in ((10, 600), (20, 800))]
    steep = with_report(linear, law=replace(linear.report.law, points=points, slope=20.0))
    assert "construction" not in claim(steep, "C1").figure


def test_coverage_with_few_seeds_is_told_where_seeds_are_few(deep_results):
    few, many = (report_markdown(deep_results({"train.seeds": seeds}, drift=LEAK)) for seeds in (3, 4))
    assert "With three seeds those of changes of NLL and Brier cover 88 to 90 %" in few
    assert "With three seeds" not in many
    for text in (few, many):
        assert "`tests/calibration.md`" in text
        assert "`report.pads`, which the first table shows, re-runs nothing" in text


def without_probes(results):
    return with_cells(results, lambda cell: replace(cell, probes=None))


def test_probes_say_on_how_many_texts(deep_results):
    probed = deep_results(drift=LEAK)
    assert "Probes read 40 texts; intervals speak of new seeds" in report_markdown(probed)
    assert "Intervals speak of new seeds on these texts" in report_markdown(without_probes(probed))


def test_the_mask_alone_saves_nothing_on_full_rows(deep_results):
    counted = deep_results(drift=LEAK)
    assert "a masked step the same FLOPs, because Keras computes it and discards it" in claim(counted, "C6").figure
    cheaper = with_report(
        counted,
        cost=[
            replace(cost, flops=cost.flops / 2) if (cost.variant, cost.batching) == ("masked", "fixed") else cost
            for cost in counted.report.cost
        ],
    )
    assert claim(cheaper, "C6").stand == "refuted"
    other_layers = claim(with_cells(cheaper, one_unit_more), "C6")
    assert other_layers.stand == "depends"
    assert "whose layers differ" in other_layers.figure


def one_unit_more(cell):
    """In the baseline."""
    units = cell.architecture.units + (cell.variant == "baseline")
    return replace(cell, architecture=cell.architecture.model_copy(update={"units": units}))


@pytest.mark.parametrize(
    ("outcome", "lead"),
    [
        (
            {"verdict": Verdict.DIFFERENT, "estimate": -0.64, "low": -0.85, "high": -0.43},
            "serving otherwise than trained costs accuracy**",
        ),
        (
            {"verdict": Verdict.DIFFERENT, "estimate": 0.03, "low": 0.02, "high": 0.04},
            "what serving otherwise than trained costs is open**",
        ),
        (
            {"verdict": Verdict.INCONCLUSIVE, "estimate": -0.07, "low": -0.13, "high": -0.01},
            "what serving otherwise than trained costs is open**",
        ),
        (
            {"verdict": Verdict.EQUIVALENT, "estimate": 0.001, "low": -0.002, "high": 0.004},
            "serving otherwise than trained costs none that matters**",
        ),
    ],
)
def test_what_serving_costs_stands_in_the_answer(deep_results, outcome, lead):
    served = becomes(outcome, estimand="accuracy_change", variant="baseline")
    second = answer(with_verdicts(deep_results(drift=LEAK, gain=SAME_ACCURACY), served))[1]
    assert f"training on it costs no accuracy that matters; {lead}" in second
    shown = "Served otherwise than trained, it changes by" in second
    assert shown == (outcome["verdict"] is not Verdict.EQUIVALENT)
    assert ("under 16 extra pads; by" in second) == ("under padding on the other side." in second) == shown


def test_pads_that_follow_from_the_length_are_named_and_not_called_dilution(deep_results):
    probed = deep_results(drift=LEAK)
    assert "Under padding as in training the pads follow from the length" in report_markdown(probed)
    assert "the pads follow from the length" not in report_markdown(without_probes(probed))


def with_sign_flips(cell):
    flips = {"c_lstm_1": SeedCount(significant=5 if cell.side == "post" else 0, of=6)}
    return replace(cell, conditions=[replace(condition, sign_flips=flips) for condition in cell.conditions])


def test_few_texts_are_told_by_sign_flips(deep_results):
    many = deep_results(drift=LEAK)
    assert "flipping the signs" not in report_markdown(many)
    said = report_markdown(with_cells(many, with_sign_flips))
    assert "(p < .05) in 0 of 6 seeds of `baseline` (pre) for `c_lstm_1`, 0 of 6 seeds of `masked` (pre)" in said
    assert "5 of 6 seeds of `baseline` (post) for `c_lstm_1`" in said
