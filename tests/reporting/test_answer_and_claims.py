"""The sentences and the stands follow the numbers: another outcome, another answer."""

from dataclasses import replace

import pytest

from stages.analysis.contract_texts import LawPoint
from stages.reporting.answer import answer
from stages.reporting.claims.catalogue import claims
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
    becomes,
    with_cells,
    with_report,
    with_verdicts,
)


def stands(results):
    return {claim.id: claim.stand for claim in results.report.claims}


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


def test_sides_that_differ_are_told_apart(results):
    small = becomes(SMALL, side="pre", estimand="drift_ratio", variant="baseline")
    first = answer(with_verdicts(results(drift=LEAK), small))[0]
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


def test_a_double_mask_that_is_no_copy_is_judged_like_any_other(results):
    other = with_cells(results(drift=LEAK), lambda cell: replace(cell, same_as_baseline=False))
    assert "**`double_mask` still leaks**" in answer(other)[2]


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
    known = stands(results(**outcome))
    assert {name: known[name] for name in expected} == expected


def claim(results, name):
    return next(claim for claim in claims(results) if claim.id == name)


def test_compute_is_counted_in_steps(results):
    counted = results(drift=LEAK)
    assert claim(counted, "C1").stand == "supported"
    assert "2.38 times" in claim(counted, "C1").figure  # rows of 31 for 13 tokens of text
    assert claim(counted, "C6").stand == "depends"
    assert claim(counted, "C6").depends_on.startswith("trimming")


def with_law(results, slope, *steps):
    """At rows of 10 and of 20."""
    points = [
        LawPoint(max_len=width, padding_share=0.5, steps=count) for width, count in zip((10, 20), steps, strict=True)
    ]
    return with_report(results, law=replace(results.report.law, points=points, slope=slope))


def test_the_slope_of_the_law_decides_the_first_claim(deep_results):
    linear = deep_results(drift=LEAK)
    figure = claim(linear, "C1").figure
    assert "From rows of 11 to rows of 96 each further column adds 60 steps to an epoch of 60 texts" in figure
    assert "a pad costs 1 step and 12,576 FLOPs" in figure
    assert claim(with_law(linear, 20.0, 600, 800), "C1").stand == "refuted"
    assert claim(with_law(linear, 60.0, 600, 2400), "C1").stand == "refuted"


def test_a_difference_that_one_seed_lacks_is_not_consistent(results):
    lacking = claim(with_cells(results(drift={**LEAK, "estimate": 0.05}), stand_still), "C2")
    assert (lacking.stand, lacking.depends_on) == ("depends", "the seed (whether every one shows it)")
    assert "5 of 6 seeds" in lacking.figure


def stand_still(cell):
    """Seed 0 under 16 pads."""
    first, *others = cell.seeds
    drifts = first.drift_by_condition | {"pads-16": first.drift_by_condition["pads-16"] | {"head": 0.001}}
    return replace(cell, seeds=[replace(first, drift_by_condition=drifts), *others])


def test_units_and_cosine_stand_beside_the_drift(deep_results):
    known = deep_results(drift=LEAK)
    assert "move 80.0 % [75.0, 85.0] of the units" in claim(known, "C2").figure
    assert "mean cosine 0.840" in claim(known, "C2").figure
    assert "an undefined share of the units" in claim(with_cells(known, without_states), "C2").figure


def without_states(cell):
    return replace(cell, conditions=[replace(condition, states=None) for condition in cell.conditions])


def without_half_lives(results, **parts):
    """Where a cell forgets, at no rate; with these parts."""
    neither = {"within": None, "between": None}
    none = {"half_life": neither, "half_lives": {"within": [], "between": []}, "reasons": neither}

    def change(cell):
        forgetting = cell.forgetting and replace(cell.forgetting, **none | parts)
        return replace(cell, forgetting=forgetting)

    return with_cells(results, change)


def test_what_is_forgotten_has_a_half_life_or_a_reason(deep_results):
    forgetting = deep_results(drift=LEAK)
    share = "(for the 90.0 % [85.0, 95.0] of pairs that converge)"
    figure = claim(forgetting, "C3").figure
    assert f"every 11.6 [10.6, 12.6] pads halve the distance between texts of two classes {share}" in figure
    assert "`baseline` (pre): every" not in figure
    assert "`baseline` (pre): the distance" not in figure  # pads come before the text
    without = without_half_lives(forgetting, reasons={"within": "a reason", "between": None})
    said = "of one class has no half-life, for a reason (95.0 % [90.0, 100.0] of pairs converge)"
    assert said in claim(without, "C3").figure
    missing = with_cells(forgetting, lambda cell: replace(cell, forgetting=None))
    said = "two classes has no half-life, for the analysis holds no forgetting curve"
    assert said in claim(missing, "C3").figure


def test_a_curve_that_is_there_is_not_said_to_be_missing(deep_results):
    unfitted = without_half_lives(deep_results(drift=LEAK), converging={"within": None, "between": None})
    figure = claim(unfitted, "C3").figure
    assert "has no half-life, for none was fitted" in figure
    assert "holds no forgetting curve" not in figure


def test_serving_stands_beside_the_flips(deep_results):
    figure = claim(deep_results(drift=LEAK), "C4").figure
    assert "and change its accuracy by −3.0 [−3.3, −2.7] points against serving it as trained" in figure


def test_serving_alone_can_be_dramatic(deep_results):
    def lose(finding):
        served = (finding.estimand, finding.condition) == ("accuracy_change", "pads-16") and finding.estimate
        return replace(finding, estimate=-0.2, low=-0.25, high=-0.15) if served else finding

    served = deep_results(drift=LEAK, gain=SAME_ACCURACY)
    assert claim(served, "C4").stand == "supported"
    assert claim(with_verdicts(served, lose), "C4").stand == "refuted"


def test_a_leaking_mask_says_how_far(results):
    assert "its drift under 16 extra pads 0.385 [0.310, 0.470] DIFFERENT" in claim(results(drift=LEAK), "C5").figure


def test_untrimmed_masked_batches_support_that_masking_does_not_lower_the_cost(deep_results):
    untrimmed = with_cells(deep_results(drift=LEAK), lambda cell: replace(cell, computed_tokens=22_320))
    assert claim(untrimmed, "C6").stand == "supported"


def grows(finding):
    """More pads, more drift, of the baseline padded behind the text."""
    if (finding.estimand, finding.side, finding.verdict) != ("drift_ratio", "post", "DIFFERENT") or not finding.pads:
        return finding
    value = 0.02 * finding.pads
    return replace(finding, estimate=value, low=0.8 * value, high=1.2 * value)


def test_the_amount_and_the_side_of_padding_are_decided_where_intervals_lie_apart(deep_results):
    small = deep_results(drift={**LEAK, "estimate": 0.05, "low": 0.04, "high": 0.06})
    ruled = claim(with_verdicts(small, grows), "C7")
    assert ruled.stand == "depends"
    assert "the amount of padding (post) and the padding side" in ruled.depends_on
    assert "the amount of padding (pre)" not in ruled.depends_on
    assert "0.0200 [0.0160, 0.0240] at 1 extra pad to 1.28 [1.02, 1.54] at 64" in ruled.figure
    assert "rising at every step, intervals apart" in ruled.figure


def test_where_all_intervals_meet_the_extent_stays_open(deep_results):
    ruled = claim(deep_results(drift=LEAK), "C7")
    assert ruled.stand == "open"
    assert "intervals apart" not in ruled.figure
    assert "1.92 for texts of 4 to 7 tokens and 0.480 for 17 to 31 with post-padding" in ruled.figure
    assert "Not varied: the number of layers, the number of units and the downstream layer" in ruled.figure


def test_one_side_and_one_number_of_pads_leave_their_part_undefined(results):
    figure = claim(results({"pad.sides": ["post"], "export.pads": [0, 16]}, drift=LEAK), "C7").figure
    assert "undefined with post-padding (one number of pads)" in figure
    assert "undefined, for there is post-padding alone" in figure


def test_a_size_that_variants_vary_is_not_called_fixed(results):
    changes = {"variants": {"baseline": {"mask": "none"}, "wide": {"mask": "none", "units": 64}}}
    changes |= {"train.variants": ["baseline", "wide"], "gate.invariant": ["wide"], "analyze.family.variant": "wide"}
    figure = claim(results(changes, drift=LEAK), "C7").figure
    assert "Not varied: the number of layers and the downstream layer; run `make sweep NAME=size" in figure


def test_what_truncation_saves_is_said_and_what_it_costs_is_open(results):
    ruled = claim(results(drift=LEAK), "C9")
    assert "Rows of 31 instead of 48, the longest training text, cost 35.4 % fewer steps" in ruled.figure
    assert "cut 5.0 % of the training texts, 3.0 % of their tokens" in ruled.figure
    assert ruled.stand == "open"


def test_a_run_that_cuts_nothing_says_so(results):
    cut = results(drift=LEAK)
    dataset = cut.report.dataset
    train = dataset.tokens.splits["train"]
    short = replace(train, length_quantiles=train.length_quantiles | {"1": 31})
    tokens = replace(dataset.tokens, splits=dataset.tokens.splits | {"train": short})
    uncut = with_report(cut, dataset=replace(dataset, tokens=tokens))
    assert claim(uncut, "C9").figure.startswith("This run cuts no training text")


def test_what_one_run_cannot_tell_stays_open_and_names_the_run_that_could(results):
    for name in ("C7", "C8", "C9"):
        ruled = claim(results(drift=LEAK), name)
        assert ruled.stand == "open"
        assert "`make sweep NAME=" in ruled.figure
        assert "DATASET=synthetic`" in ruled.figure
