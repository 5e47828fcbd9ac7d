"""Every question is answered by a number of this run, or by the run that would have it."""

import re
from dataclasses import replace

import pytest

from stages.analysis.contract_audit import AuditedLayer, AuditedLeak
from stages.params.layers import HEADS, RECURRENT
from stages.params.schema import checked_params
from stages.reporting.documents import report_markdown
from stages.reporting.questions import QUESTIONS, questions
from tests.conftest import changed, load_content
from tests.reporting.analyses import EXACT, LEAK, NOTHING, SMALL, UNCLEAR, becomes, with_cells, with_verdicts

UNMASKED = {"train.variants": ["baseline"]}
NO_BASELINE = {"train.variants": ["masked", "double_mask"]}


def answers(results):
    return {question.id: question.answer for question in questions(results)}


def sentences(results):
    report = results.report
    return [question.answer for question in report.questions] + [claim.figure for claim in report.claims]


def test_there_are_ten_each_with_a_number_or_a_run(deep_results):
    asked = questions(deep_results(drift=LEAK))
    assert [question.id for question in asked] == [f"Q{number}" for number in range(1, 11)] == list(QUESTIONS)
    for question in asked:
        assert re.search(r"\d", question.answer) or "dvc exp run" in question.answer, question


def test_sides_are_told_apart_where_their_intervals_are(deep_results):
    alike = deep_results(drift=LEAK)
    assert "this run does not tell the sides apart" in answers(alike)["Q1"]
    less = becomes(
        {"estimate": 0.05, "low": 0.04, "high": 0.06}, side="pre", variant="baseline", estimand="drift_ratio"
    )
    text = answers(with_verdicts(alike, less))["Q1"]
    assert "Without a mask pre, where pads move the state less" in text
    assert "0.0500 [0.0400, 0.0600] with pre and 0.385 [0.310, 0.470] with post" in text
    assert text.startswith("With a mask that works it does not matter to the state")


def test_a_mask_that_leaks_does_not_make_the_sides_equal(results):
    assert not answers(results(drift=LEAK, masked_drift=LEAK))["Q1"].startswith("With a mask")


def test_one_side_cannot_tell_pre_from_post(results):
    text = answers(results({"pad.sides": ["post"]}, drift=LEAK))["Q1"]
    assert text.startswith("This run cannot tell: it has post-padding alone")


@pytest.mark.parametrize(
    ("drift", "lead"),
    [
        (LEAK, "No: 16 extra pads move the state by 0.385 [0.310, 0.470] and flip 2.1 % [1.5, 2.9]"),
        (SMALL, "Here it is"),
        (UNCLEAR, "It is not shown to be enough"),
        (NOTHING, "This run cannot tell: no seed learned"),
    ],
)
def test_zeros_are_enough_where_no_drift_matters(drift, lead, results):
    assert answers(results(drift=drift))["Q2"].startswith(lead)


def test_without_a_baseline_zeros_are_not_judged(results):
    assert "does not name `baseline`" in answers(results(NO_BASELINE, drift=LEAK))["Q2"]


def test_what_the_mask_does_is_its_largest_change(deep_results):
    text = answers(deep_results(drift=LEAK))["Q3"]
    assert "in 54 comparisons of `masked` the largest change of any unit is 0." in text  # 2 × 9 × 3 states
    assert "`double_mask` equals `baseline` to the last bit" in text
    assert "0.829" in answers(deep_results(drift=LEAK, masked_drift=LEAK))["Q3"]


def test_a_double_mask_that_is_no_copy_is_not_said_to_be_one(deep_results):
    other = with_cells(deep_results(drift=LEAK), lambda cell: replace(cell, same_as_baseline=False))
    assert "to the last bit" not in answers(other)["Q3"]


def test_the_proof_is_the_gate_and_a_change_of_nothing(results):
    text = answers(results(drift=LEAK))["Q4"]
    assert "`make gate`" in text
    assert text.endswith("over 40 texts is 0, that of `baseline` 0.829.")
    assert "no masked variant to prove it of" in answers(results(UNMASKED, drift=LEAK))["Q4"]


def test_masked_steps_leave_the_state_unless_it_moved(deep_results):
    assert answers(deep_results(drift=LEAK))["Q5"].startswith("What was there before")
    assert "0 away after 64 pads" in answers(deep_results(drift=LEAK))["Q5"]
    assert answers(deep_results(drift=LEAK, masked_drift=LEAK))["Q5"].startswith("Not what was there before")


def test_masking_is_faster_by_trimming_alone(deep_results, results):
    text = answers(deep_results(drift=LEAK))["Q6"]
    assert "Keras computes it and discards it (known, not measured here)" in text
    assert "training took 42.4 % of the steps of `baseline`" in text  # 9,460 of 22,320
    untrimmed = with_cells(deep_results(drift=LEAK), lambda cell: replace(cell, computed_tokens=22_320))
    assert "Nor were batches trimmed here" in answers(untrimmed)["Q6"]
    assert answers(results(NO_BASELINE, drift=LEAK))["Q6"].startswith("This run cannot tell")


def test_both_directions_are_answered_where_a_variant_reads_them(results):
    assert "`dvc exp run -S model.bidirectional=concat`" in answers(results(drift=LEAK))["Q7"]
    text = answers(results({"model.bidirectional": "concat"}, drift=LEAK))["Q7"]
    assert "`baseline` (pre) 0.385 [0.310, 0.470]" in text
    assert "dvc exp run" not in text


def test_loss_counts_texts(results):
    assert "count 40 test texts and none of their pads, 58.2 % of the positions" in answers(results(drift=LEAK))["Q8"]


def test_a_second_layer_is_named_where_there_is_one(results):
    assert "`dvc exp run -S model.layers=2`" in answers(results(drift=LEAK))["Q9"]
    text = answers(results({"model.layers": 2}, drift=LEAK))["Q9"]
    assert text.startswith("Behind a second recurrent layer, the last state and a dense classifier, with a mask that")
    assert "model.layers=2" not in text
    assert "a mask that works does not suffice" in answers(results(drift=LEAK, masked_drift=LEAK))["Q9"]


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
    assert "texts of like length, each batch to its longest (6.0 % padding)" in text
    unmasked = answers(deep_results(UNMASKED, drift=LEAK))["Q10"]
    assert "The cheapest for `baseline`: rows of max_len (58.1 % padding)" in unmasked


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


def test_a_command_asks_for_many_values_only_in_the_queue(deep_results):
    for text in sentences(deep_results(drift=LEAK)):
        for command in re.findall(r"`(dvc exp run[^`]*)`", text):
            several = any("," in choice for choice in re.findall(r"-S ([\w.]+=[^ \[]+)", command))
            assert several == ("--queue" in command), command
            assert ("`dvc queue start`" in text) or "--queue" not in command


def audited(cell, **changes):
    return replace(cell, audit=replace(cell.audit, **changes))


def test_masked_steps_are_answered_by_the_proof_and_by_the_outputs_of_every_step(deep_results):
    steps = [AuditedLayer(layer="lstm_1", type="LSTM", did="kept", at_masked_steps="repeats")]
    proven = with_cells(
        deep_results(drift=LEAK), lambda cell: audited(cell, proven=dict.fromkeys(("pre", "post"), 6), layers=steps)
    )
    text = answers(proven)["Q5"]
    assert "it is proven that a masked step of `masked` leaves any state as it was" in text
    assert "`lstm_1` repeats the step before" in text
    assert "not measured here" not in text
    assert "proven" not in answers(deep_results(drift=LEAK))["Q5"]


def test_metrics_of_outputs_at_every_step_are_not_said_to_count_texts(results):
    text = answers(with_cells(results(drift=LEAK), lambda cell: audited(cell, one_prediction_a_text=False)))["Q8"]
    assert "one prediction for each text" not in text


def test_the_way_of_the_mask_is_that_of_the_audit(results):
    assert "`masked`: `embedding` makes it and `lstm_1` uses it" in answers(results(drift=LEAK))["Q9"]
    dropped = [AuditedLayer(layer="max", type="GlobalMaxPooling1D", did="destroyed", at_masked_steps=None)]
    leak = AuditedLeak(layer="max", cause="destroyed", culprit="max")
    lost = with_cells(
        results(drift=LEAK), lambda cell: audited(cell, layers=dropped, first_leak={"pre": leak, "post": None})
    )
    assert "`max` drops it, and pads enter at `max`" in answers(lost)["Q9"]
