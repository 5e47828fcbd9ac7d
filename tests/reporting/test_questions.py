"""Every question is answered by a number of this run, or by the run that would have it."""

import re
from dataclasses import replace

import pytest

from stages.analysis.contract_audit import AuditedLayer
from stages.params.layers import HEADS, RECURRENT
from stages.params.schema import checked_params
from stages.reporting.documents import report_markdown
from stages.reporting.questions import QUESTIONS, questions
from tests.conftest import changed, load_content
from tests.reporting.analyses import (
    BETTER,
    EXACT,
    LEAK,
    NOTHING,
    SAME_ACCURACY,
    SMALL,
    UNCLEAR,
    with_cells,
    with_family,
)

UNMASKED = {"train.variants": ["baseline"]}
CONDITIONS = ["pads-0", *(f"pads-{2**power}" for power in range(7))]
NO_BASELINE = {"train.variants": ["masked", "double_mask"]}


def answers(results):
    return {question.id: question.answer for question in questions(results)}


def sentences(results):
    report = results.report
    return [question.answer for question in report.questions] + [claim.figure for claim in report.claims]


def test_there_are_ten_of_two_sentences_at_most(deep_results):
    asked = questions(deep_results(drift=LEAK))
    assert [question.id for question in asked] == [f"Q{number}" for number in range(1, 11)] == list(QUESTIONS)
    for question in asked:
        assert len(re.findall(r"[.!?](?= |$)", re.sub(r"`[^`]*`", "code", question.answer))) <= 2, question


def of_seeds(pre, other_side=0.0):
    """Seeds whose readout drifts by `pre` with pre-padding, and by 0.4 with post-padding; a third of them by more.

    Padded on the other side by `other_side`, whichever it is.
    """

    def change(cell):
        drift = pre if cell.side == "pre" else 0.4
        seeds = [
            replace(
                seed,
                readout_drift_by_condition=dict.fromkeys(CONDITIONS, drift * (1 + (seed.seed % 3 == 1) * drift))
                | {"other-side": other_side},
            )
            for seed in cell.seeds
        ]
        return replace(cell, seeds=seeds)

    return change


def test_sides_are_told_apart_by_pairs_of_seeds(deep_results):
    found = deep_results(drift=LEAK)
    assert answers(found)["Q1"].startswith("With a mask that works it does not matter: nothing moves on either side.")
    apart = answers(with_cells(found, of_seeds(0.1)))["Q1"]
    assert (
        "Without a mask pre: at its worst, padding moves what the classifier reads 4.33 times less." in apart
    )  # 4 · 1.4^⅓ / 1.1^⅓
    assert "cannot tell the sides apart" in answers(with_cells(found, of_seeds(0.1, other_side=0.4)))["Q1"]
    one_seed = with_cells(with_cells(found, of_seeds(0.1)), lambda cell: replace(cell, seeds=cell.seeds[:1]))
    assert answers(one_seed)["Q1"].endswith("Without a mask this run cannot tell the sides apart.")


def test_a_side_that_costs_accuracy_is_not_said_to_be_like_the_other(deep_results):
    """banking77 loses 65 points with post-padding and none with pre-padding: "cannot tell the sides apart", it said."""
    alike = with_cells(deep_results(drift=LEAK, gain=SAME_ACCURACY), of_seeds(0.1, other_side=0.4))
    dear = answers(with_family(alike, "accuracy", BETTER, "post"))["Q1"]
    assert dear.endswith(
        "Without a mask pre, served as trained: training on post-padding costs 11.0 points of accuracy."
    )
    both = answers(with_family(alike, "accuracy", BETTER))["Q1"]
    assert both.endswith("Without a mask this run cannot tell the sides apart.")


def test_a_mask_that_leaks_does_not_make_the_sides_equal(results):
    assert not answers(results(drift=LEAK, masked_drift=LEAK))["Q1"].startswith("With a mask")


def test_one_side_cannot_tell_pre_from_post(results):
    assert "This run has post-padding alone" in answers(results({"pad.sides": ["post"]}, drift=LEAK))["Q1"]


@pytest.mark.parametrize(
    ("drift", "lead"),
    [
        (LEAK, "No: without a mask, index 0 is a word like any other"),
        (UNCLEAR, "No: "),
        (SMALL, "Here it is"),
        (EXACT, "Here it is"),
        (NOTHING, "This run cannot tell"),
    ],
)
def test_zeros_are_enough_where_no_drift_matters(drift, lead, results):
    assert answers(results(drift=drift))["Q2"].startswith(lead)


def test_without_a_baseline_zeros_are_not_judged(results):
    assert "no `baseline` learned" in answers(results(NO_BASELINE, drift=LEAK))["Q2"]


def test_what_the_mask_does_is_its_largest_change(deep_results):
    text = answers(deep_results(drift=LEAK))["Q3"]
    assert "the largest change of `masked` is 0." in text
    assert "undoes that, as `double_mask` shows" in text
    assert "0.829" in answers(deep_results(drift=LEAK, masked_drift=LEAK))["Q3"]
    other = with_cells(deep_results(drift=LEAK), lambda cell: replace(cell, same_as_baseline=False))
    assert "undoes" not in answers(other)["Q3"]


def test_the_proof_is_the_gate_and_the_audit(results):
    text = answers(results(drift=LEAK))["Q4"]
    assert "`make gate`" in text
    assert "`make audit MODEL=model.keras`" in text
    assert "not proven, only tested" in text
    proven = with_cells(
        results(drift=LEAK), lambda cell: audited(cell, proven=dict.fromkeys(("pre", "post"), cell.audit.of))
    )
    assert "`masked` is proven" in answers(proven)["Q4"]
    assert "trained no mask that works" in answers(results(UNMASKED, drift=LEAK))["Q4"]


def test_masked_steps_leave_the_state_unless_it_moved(deep_results):
    assert answers(deep_results(drift=LEAK))["Q5"].startswith("What was there before: the state moves by 0.")
    moved = answers(deep_results(drift=LEAK, masked_drift=LEAK))["Q5"]
    assert moved.startswith("Not what was there before: a state moves by up to 0.829")
    steps = [AuditedLayer(layer="lstm_1", type="LSTM", did="kept", at_masked_steps="repeats")]
    known = with_cells(deep_results(drift=LEAK), lambda cell: audited(cell, layers=steps))
    assert "`lstm_1` repeats the step before" in answers(known)["Q5"]


def test_masking_is_faster_by_trimming_alone(deep_results, results):
    text = answers(deep_results(drift=LEAK))["Q6"]
    assert text.startswith("Not by itself")
    assert "have 42.4 % of the steps" in text  # 9,460 of 22,320
    untrimmed = with_cells(deep_results(drift=LEAK), lambda cell: replace(cell, computed_tokens=22_320))
    assert answers(untrimmed)["Q6"].startswith("No: ")
    assert "compares no masked model" in answers(results(NO_BASELINE, drift=LEAK))["Q6"]


def test_both_directions_are_answered_where_a_variant_reads_them(results):
    assert "`dvc exp run -S dataset=synthetic -S model.bidirectional=concat`" in answers(results(drift=LEAK))["Q7"]
    text = answers(results({"model.bidirectional": "concat"}, drift=LEAK))["Q7"]
    assert "`baseline` (pre) drifts by 0.385, under 1 extra pad" in text
    assert "dvc exp run" not in text


def test_metrics_count_no_pads_where_a_text_has_one_prediction(results):
    assert answers(results(drift=LEAK))["Q8"].startswith("Not here: there is one prediction a text.")
    steps = with_cells(results(drift=LEAK), lambda cell: audited(cell, one_prediction_a_text=False))
    assert "one prediction a text" not in answers(steps)["Q8"]


def test_what_is_behind_the_mask_does_or_does_not(results):
    assert answers(results(drift=LEAK))["Q9"].startswith("Here the last state and a dense classifier do")
    leaking = answers(results(drift=LEAK, masked_drift=LEAK))["Q9"]
    assert leaking.startswith("Not the last state, which moves by 0.829.")


@pytest.mark.parametrize("head", HEADS)
def test_the_layer_that_follows_is_the_head_that_was_trained(head, results):
    trained = results({"model.head": head}, drift=LEAK)
    assert ("the last state" in answers(trained)["Q9"]) == (head == "last")
    assert head == "last" or f"the head `{head}`" in answers(trained)["Q9"]
    assert f"The classifier reads {'the last state' if head == 'last' else f'all steps through the head `{head}`'}" in (
        report_markdown(trained)
    )


@pytest.mark.parametrize(("cell", "name"), [("lstm", "an LSTM"), ("gru", "a GRU"), ("simple_rnn", "a SimpleRNN")])
def test_a_model_is_called_by_its_own_cell(cell, name, results):
    document = report_markdown(results({"model.recurrent": cell}, drift=LEAK))
    own, _, _ = document.partition("## What was claimed elsewhere")
    named = set(re.findall(r"LSTM|GRU|SimpleRNN", own))
    assert named == {name.split()[1]}
    assert f"{RECURRENT[cell].products}·u·(u + d) + {RECURRENT[cell].elementwise}u FLOPs" in document
    assert "not offered" not in document


def test_the_cheapest_batches_are_those_that_may_be_used(deep_results):
    text = answers(deep_results(drift=LEAK))["Q10"]
    assert "the cheapest for `masked` is texts of like length, each batch to its longest." in text
    assert "the cheapest for `baseline` is rows of max_len." in answers(deep_results(UNMASKED, drift=LEAK))["Q10"]


@pytest.mark.parametrize("changes", [{}, UNMASKED, NO_BASELINE, {"pad.sides": ["pre"]}])
def test_every_command_names_knobs_and_values_that_params_allow(changes, deep_results):
    commands = [
        command
        for text in sentences(deep_results(changes, drift=EXACT))
        for command in re.findall(r"`(dvc exp run[^`]*)`", text)
    ]
    assert commands
    for command in commands:
        choices = re.findall(r"-S '?([\w.]+)=([^ ']+)'?", command)
        assert choices, command
        for key, values in choices:
            for value in [values] if values.startswith("[") else values.split(","):
                content = changed(load_content(), {key: yaml_value(value)})
                assert checked_params(content, "params.yaml")
                *sections, name = key.split(".")
                known = load_content()
                for section in sections:
                    known = known[section]
                assert name in known, command


def yaml_value(text):
    if text.startswith("["):
        return text[1:-1].split(",")
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def audited(cell, **changes):
    return replace(cell, audit=replace(cell.audit, **changes))
