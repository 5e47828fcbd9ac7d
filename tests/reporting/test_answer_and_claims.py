"""The lines, the advice and the stands follow the numbers: another outcome, another answer."""

import itertools
import re
from dataclasses import replace

import pytest

from stages.analysis.contract_texts import LawPoint
from stages.analysis.estimate import Estimate
from stages.reporting.advice import advice
from stages.reporting.answer import answer
from stages.reporting.claims.catalogue import claims
from stages.reporting.documents import report_markdown
from tests.reporting.analyses import (
    BETTER,
    EXACT,
    LEAK,
    NOTHING,
    SAME_ACCURACY,
    SMALL,
    UNCLEAR,
    WORSE,
    becomes,
    with_cells,
    with_family,
    with_report,
    with_verdicts,
)

MOST_WORDS = 25
LOSS = {**WORSE, "condition": "other-side"}
ACCURACIES = [BETTER, WORSE, SAME_ACCURACY, UNCLEAR, EXACT, NOTHING]
SERVED = [LOSS, {**BETTER, "condition": "pads-64"}, SAME_ACCURACY, UNCLEAR, EXACT, NOTHING]


def words(text):
    return len(text.replace("–", "").split())


def sentences(text):
    return re.split(r"(?<=[.!?])\**\s+", text)


@pytest.mark.parametrize(
    ("drift", "lead"),
    [
        (LEAK, "**Yes, padding leaks through the unmasked LSTM.** "),
        (SMALL, "**Yes, padding leaks through the unmasked LSTM, by too little to matter.** "),
        (UNCLEAR, "**Yes, padding leaks through the unmasked LSTM.** "),  # only "by more than ε" is open
        (EXACT, "**No, padding does not leak through the unmasked LSTM.** No tested padding moves"),
        (NOTHING, "**Whether padding leaks cannot be said here**"),
    ],
)
def test_the_first_line_says_whether_it_leaks(drift, lead, results):
    first = answer(results(drift=drift))[0]
    assert first.startswith(lead)
    assert (" % of its predictions as trained with " in first) == (drift in (LEAK, SMALL, UNCLEAR))


def test_a_side_that_does_not_leak_is_not_said_to(results):
    first = answer(with_family(results(drift=LEAK), "leak", EXACT, "pre"))[0]
    assert first.startswith("**Yes, padding leaks through the unmasked LSTM with post-padding.**")
    proven = with_family(results(drift=LEAK), "leak", {**EXACT, "verdict": "PROVEN"})
    assert answer(proven)[0].endswith("Proven for every number of pads.")


def test_the_worst_number_of_pads_speaks_and_the_text_alone_is_one(results):
    def change(cell):
        worst = replace(
            cell.alone.against_training, flip_rate=replace(cell.alone.against_training.flip_rate, estimate=0.3)
        )
        return replace(cell, alone=replace(cell.alone, against_training=worst)) if cell.side == "pre" else cell

    first = answer(with_cells(results(drift=LEAK), change))[0]
    assert first.endswith("Serving it without its pre-padding changes 30.0 % of its predictions.")


@pytest.mark.parametrize(
    ("gain", "lead"),
    [
        (BETTER, "**Unmasked training costs up to 11.0 points of accuracy.**"),
        (WORSE, "**The mask costs 8.0 points of accuracy.**"),
        (SAME_ACCURACY, "**Unmasked training costs no accuracy that matters.**"),
        (EXACT, "**Unmasked training costs no accuracy that matters.**"),
        (UNCLEAR, "**Undecided: whether unmasked training costs accuracy that matters.**"),
        (NOTHING, "**What unmasked training costs cannot be said here.**"),
    ],
)
def test_the_second_line_says_what_training_costs(gain, lead, results):
    found = with_family(with_family(results(drift=LEAK), "accuracy", gain), "serving", NOTHING)
    assert answer(found)[1] == lead


def test_a_side_that_is_undefined_is_not_said_to_cost_nothing(results):
    found = with_family(results(drift=LEAK, gain=SAME_ACCURACY), "accuracy", NOTHING, "post")
    assert answer(found)[1].endswith(
        " Undecided: whether unmasked training on post-padding costs accuracy that matters."
    )
    found = with_family(with_family(found, "serving", SAME_ACCURACY), "serving", NOTHING, "pre")
    assert answer(found)[1].endswith(" Undecided: whether serving it padded otherwise costs accuracy.")


LOST_ON_THE_OTHER_SIDE = "Trained with pre-padding and served with post-padding, it loses 8.0 points of accuracy."


def test_one_open_side_is_named(results):
    open_pre = with_family(results(drift=LEAK, gain=SAME_ACCURACY), "accuracy", UNCLEAR, "pre")
    assert answer(open_pre)[1].endswith(
        " Undecided: whether unmasked training on pre-padding costs accuracy that matters."
    )


def test_training_is_said_to_cost_on_the_sides_where_it_is_shown_to(results):
    """banking77 loses nothing with pre-padding: "training without a mask costs accuracy" was bold."""
    found = with_family(results(drift=LEAK, gain=SAME_ACCURACY), "accuracy", BETTER, "post")
    assert answer(found)[1].startswith("**Unmasked training on post-padding costs 11.0 points of accuracy.**")


def test_where_the_mask_is_below_the_baseline_only_how_much_is_open(results):
    """On snips the interval was [−0.8, −0.1]: whether training on pre-padding costs accuracy was called undecided."""
    below = {**UNCLEAR, "estimate": -0.005, "low": -0.008, "high": -0.001}
    found = with_family(results(drift=LEAK, gain=SAME_ACCURACY), "accuracy", below, "pre")
    assert answer(found)[1].endswith(" The mask may cost up to 0.8 points of accuracy on pre-padding.")
    both_open = with_family(found, "accuracy", UNCLEAR, "post")
    assert "Undecided: whether unmasked training on post-padding costs accuracy" in answer(both_open)[1]


@pytest.mark.parametrize(
    ("serving", "end"),
    [
        (LOSS, f" {LOST_ON_THE_OTHER_SIDE}"),
        (
            {**BETTER, "condition": "pads-64"},
            " Trained with pre-padding and served with 64 extra pads, it gains 11.0 points of accuracy.",
        ),
        (SAME_ACCURACY, " Serving it padded otherwise costs none that matters."),
        (UNCLEAR, " Undecided: whether serving it padded otherwise costs accuracy."),
        (NOTHING, "that matters.**"),
    ],
)
def test_the_second_line_says_what_serving_costs(serving, end, results):
    assert answer(with_family(results(drift=LEAK, gain=SAME_ACCURACY), "serving", serving))[1].endswith(end)


def test_a_loss_that_is_decided_stands_before_what_is_not(results):
    found = with_family(with_family(results(drift=LEAK), "accuracy", UNCLEAR), "serving", LOSS)
    assert answer(found)[1] == (
        f"**{LOST_ON_THE_OTHER_SIDE}** Undecided: whether unmasked training costs accuracy that matters."
    )


def test_the_third_line_says_what_the_mask_does(results):
    third = answer(results(drift=LEAK))[2]
    assert (
        third == "**`mask_zero=True`, here called `masked`, stops it**: no tested padding moves anything. "
        "A `Masking` layer after the embedding undoes the mask."
    )
    assert answer(results(drift=LEAK, masked_drift=SMALL))[2].startswith(
        "**`mask_zero=True`, here called `masked`, does not"
    )
    other = with_cells(results(drift=LEAK), lambda cell: replace(cell, same_as_baseline=False))
    assert answer(other)[2].endswith("`double_mask` does not.")
    assert answer(results({"train.variants": ["baseline"]}, drift=LEAK))[2].startswith("**No mask was tried**")


@pytest.mark.parametrize("drift", [LEAK, SMALL, EXACT, NOTHING])
def test_no_line_is_long(drift, results):
    made = results(drift=drift)
    for gain, serving in itertools.product(ACCURACIES, SERVED):
        found = with_family(with_family(made, "accuracy", gain, "post"), "serving", serving, "pre")
        for line in answer(found):
            assert words(line) <= MOST_WORDS, line
            assert not set("([") & set(line), line


def test_no_sentence_above_the_fold_is_long(deep_results):
    above = report_markdown(deep_results(drift=LEAK)).partition("## Figures")[0]
    prose = [
        line
        for line in re.sub(r"```.*?```", "\n", above, flags=re.DOTALL).splitlines()
        if not line.startswith(("|", "#", "!"))
    ]
    for paragraph in "\n".join(prose).split("\n\n"):
        for sentence in sentences(re.sub(r"^\d\. |^- ", "", paragraph.strip(), flags=re.MULTILINE)):
            assert words(sentence) <= MOST_WORDS, sentence


def test_the_report_is_short_where_it_is_not_folded(deep_results):
    text = report_markdown(deep_results(drift=LEAK))
    assert text.count("<details>") == text.count("</details>") == 5
    assert len(re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL).splitlines()) <= 250


@pytest.mark.parametrize(
    ("changes", "outcome", "question", "expected"),
    [
        ({}, {"drift": LEAK}, None, "mask"),
        ({}, {"drift": LEAK}, ("accuracy", WORSE), "as trained"),
        ({}, {"drift": LEAK, "masked_drift": LEAK}, None, "as trained"),
        ({"train.variants": ["baseline"]}, {"drift": LEAK}, None, "try"),
        ({"train.variants": ["baseline", "explicit"]}, {"drift": LEAK}, None, "as trained"),
        ({}, {"drift": EXACT}, None, "nothing"),
    ],
)
def test_the_advice_is_what_the_gate_holds(changes, outcome, question, expected, results):
    found = results(changes, **outcome)
    found = with_family(found, *question) if question else found
    assert advice(found)["advice"] == expected
    assert found.keeps_still(advice(found)["masked"]) or expected != "mask"


def stands(results):
    return {claim.id: claim.stand for claim in results.report.claims}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"drift": LEAK}, {"C2": "refuted", "C3": "depends", "C5": "depends"}),
        ({"drift": {**LEAK, "estimate": 0.05}}, {"C2": "supported"}),
        ({"drift": SMALL}, {"C2": "depends", "C3": "depends"}),
        ({"drift": UNCLEAR}, {"C2": "open", "C3": "open"}),
        ({"drift": EXACT}, {"C2": "refuted", "C3": "refuted"}),
        ({"drift": NOTHING, "flips": NOTHING, "learned": False}, {"C2": "open", "C3": "open", "C7": "open"}),
        ({"drift": LEAK, "masked_drift": LEAK}, {"C3": "open", "C5": "refuted"}),
        ({"drift": LEAK, "gain": BETTER}, {"C1": "supported", "C6": "depends", "C8": "open", "C9": "open"}),
    ],
)
def test_a_stand_follows_the_numbers(outcome, expected, deep_results):
    found = stands(deep_results(**outcome))
    assert {name: found[name] for name in expected} == expected


def test_a_difference_that_one_seed_lacks_is_not_consistent(results):
    def change(cell):
        first = cell.seeds[0]
        none = {name: dict.fromkeys(states, 0.0) for name, states in first.drift_by_condition.items()}
        return replace(cell, seeds=[replace(first, drift_by_condition=none), *cell.seeds[1:]])

    found = with_cells(results(drift={**LEAK, "estimate": 0.05}), change)
    assert next(claim for claim in claims(found) if claim.id == "C2").stand == "depends"


@pytest.mark.parametrize("drift", [LEAK, SMALL, UNCLEAR, EXACT])
@pytest.mark.parametrize("masked", [LEAK, EXACT])
def test_what_an_lstm_reduces_is_never_supported(drift, masked, deep_results):
    assert stands(deep_results(drift=drift, masked_drift=masked))["C3"] != "supported"


def flipping(share):
    """Every way of serving another than as trained flips this share of the predictions."""

    def served(under):
        against = under.against_training
        return replace(under, against_training=against and replace(against, flip_rate=share))

    return lambda cell: replace(cell, alone=served(cell.alone), conditions=list(map(served, cell.conditions)))


def claim(results, name):
    return next(claim for claim in claims(results) if claim.id == name)


@pytest.mark.parametrize(
    ("gain", "served", "flips", "stand"),
    [
        (SAME_ACCURACY, (-0.01, 0.01), 0.02, "supported"),
        (WORSE, (-0.01, 0.01), 0.02, "supported"),  # a mask that costs accuracy is no harm of pads
        (SAME_ACCURACY, (0.08, 0.12), 0.02, "supported"),  # pads that help are none either
        (SAME_ACCURACY, (-0.12, -0.08), 0.02, "depends"),
        (SAME_ACCURACY, (-0.01, 0.01), 0.30, "depends"),
        ({**BETTER, "low": 0.06}, (-0.12, -0.08), 0.30, "refuted"),
        (SAME_ACCURACY, (-0.08, -0.02), 0.02, "open"),
    ],
)
def test_minor_is_judged_on_training_on_the_worst_serving_and_on_flips(gain, served, flips, stand, deep_results):
    def figures(low, high):
        return {"verdict": None, "estimate": (low + high) / 2, "low": low, "high": high}

    found = deep_results(drift=LEAK, gain=gain)
    found = with_verdicts(found, becomes(figures(*served), estimand="accuracy_change", variant="baseline"))
    found = with_cells(found, flipping(Estimate(flips, flips - 0.01, flips + 0.01)))
    assert claim(found, "C4").stand == stand
    assert not re.search(r"[{}]", claim(found, "C4").figure)


def test_the_slope_of_the_law_decides_the_first_claim(results):
    linear = results(drift=LEAK)
    points = [LawPoint(max_len=width, padding_share=0.5, steps=steps) for width, steps in ((10, 600), (20, 800))]
    steep = with_report(linear, law=replace(linear.report.law, points=points, slope=20.0))
    assert claim(steep, "C1").stand == "refuted"
    assert "computed 2.38 steps for each token of text" in claim(linear, "C1").figure
    assert "adds 1.00 steps a text" in claim(linear, "C1").figure


def test_the_amount_is_decided_where_intervals_lie_apart(results):
    alike = results(drift=LEAK)
    assert claim(alike, "C7").stand == "open"
    less = becomes({**LEAK, "estimate": 0.05, "low": 0.04, "high": 0.06}, condition="pads-1", variant="baseline")
    ruled = claim(with_verdicts(alike, less), "C7")
    assert (ruled.stand, ruled.depends_on) == ("depends", "the amount of padding; the rest takes sweeps")
    assert "is 0.0500 under 1 extra pad and 0.385 under 64" in ruled.figure


def test_claims_are_short(deep_results):
    for each in deep_results(drift=LEAK).report.claims:
        figure = re.sub(r"`make sweep [^`]*`", "`sweep`", each.figure)
        assert words(figure) <= 20, figure
