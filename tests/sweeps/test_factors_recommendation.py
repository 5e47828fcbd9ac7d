"""The recommendation: the cheapest of what is not worse, and what it is against Keras' default."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from stages.analysis.contract import Report, from_json
from stages.params.schema import checked_params
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.rows import rows_of
from stages.sweeps.summary.choosing import Options
from stages.sweeps.summary.factors import _together, factors_report
from stages.sweeps.summary.markdown import advice
from stages.sweeps.summary.tables import recommendation_table
from stages.sweeps.sweep_json_rows import Figure
from tests.conftest import changed, committed, load_content
from tests.sweeps import planted_sweeps as planted
from tests.sweeps.outcomes import cell, report

COMPUTED = {"cheap": 100, "dear": 200, "dearest": 300}


def row(accuracies, *, tokens=100, exact=False):
    """A row of one setting: an accuracy a seed."""
    (made,) = rows_of(report(cell(accuracy=accuracies, variant="masked", computed=tokens)), {})
    moved = Figure(estimate=0.0 if exact else 1.0, low=0.0, high=2.0, verdict=Verdict.EXACT if exact else None)
    return replace(made, drift_ratio=moved, flip_rate=moved)


def chosen(rows, naive="dear"):
    return options(rows, naive=naive).choose()


def options(rows, *, must_be_exact=False, naive="dear"):
    return Options("sweep `truncation`", rows, level=0.95, epsilon=0.01, must_be_exact=must_be_exact, naive=naive)


def test_the_cheapest_of_equivalent_options_is_chosen():
    rows = {"dear": row([0.80, 0.81, 0.82], tokens=200), "cheap": row([0.799, 0.811, 0.819], tokens=100)}
    assert chosen(rows) == "cheap"


def test_an_option_that_is_shown_to_be_worse_is_left_out_however_cheap():
    rows = {"dear": row([0.80, 0.81, 0.82], tokens=200), "cheap": row([0.75, 0.761, 0.769], tokens=100)}
    assert chosen(rows) == "dear"
    assert [name for name in rows if options(rows).allowed(name)] == ["dear"]


def test_an_option_below_by_more_than_epsilon_is_left_out_though_its_interval_holds_0():
    """Differences −.06, +.02, −.02: mean −.02, t interval wider than ±.09."""
    rows = {"dear": row([0.80, 0.80, 0.80], tokens=200), "cheap": row([0.74, 0.82, 0.78], tokens=100)}
    assert chosen(rows) == "dear"


def test_an_option_below_by_less_than_epsilon_stays_while_its_interval_holds_0():
    """Differences −.03, +.02, −.005: mean −.005."""
    rows = {"dear": row([0.80, 0.80, 0.80], tokens=200), "cheap": row([0.77, 0.82, 0.795], tokens=100)}
    assert chosen(rows) == "cheap"


def test_what_is_exact_goes_before_what_is_cheaper():
    rows = {"dear": row([0.80, 0.81, 0.82], tokens=200, exact=True), "cheap": row([0.80, 0.81, 0.82], tokens=100)}
    assert chosen(rows) == "dear"


@pytest.mark.parametrize(
    ("exact", "choice"), [([0.74, 0.82, 0.78], "dear"), ([0.76, 0.762, 0.758], "cheap")], ids=["undecided", "worse"]
)
def test_where_accuracy_does_not_decide_the_exact_option_wins(exact, choice):
    """Differences −.06, +.02, −.02 hold 0, so that −2 points do not decide; −.04, −.038, −.042 do."""
    rows = {"dear": row(exact, tokens=200, exact=True), "cheap": row([0.80, 0.80, 0.80], tokens=100)}
    assert chosen(rows) == choice


def test_behind_an_exact_mask_an_option_that_breaks_it_is_not_allowed_however_accurate():
    """`max` gained 5 points and was recommended behind a mask, where `make gate` fails."""
    rows = {"dear": row([0.78, 0.77, 0.79], exact=True), "cheap": row([0.83, 0.82, 0.84])}
    held = options(rows, must_be_exact=True)
    assert (held.choose(), held.equals(), held.allowed("cheap")) == ("dear", ["dear"], False)
    assert options(rows).choose() == "cheap"


def test_the_intervals_of_a_decision_hold_at_once_for_its_options():
    """Three options are two comparisons: 97.5 % each, where t(2) is 6.2053."""
    rows = {name: row([0.80, 0.81, 0.82 + shift]) for name, shift in (("dear", 0.0), ("cheap", 0.03), ("other", 0.0))}
    gain = options(rows).gain("cheap", "dear").value
    assert (gain.estimate, gain.low) == pytest.approx((0.01, 0.01 - 6.2053 * 0.01), abs=1e-5)


def test_between_equals_the_default_stays_and_all_are_named():
    same = [0.80, 0.81, 0.82]
    rows = {"cheap": row(same), "dear": row(same), "dearest": row(same, tokens=300)}
    assert chosen(rows) == "dear"
    assert options(rows).equals() == ["cheap", "dear"]


def test_another_of_the_same_cost_replaces_the_default_only_where_it_is_shown_to_be_better():
    """`attention` was recommended in place of `last` for +1.6 [−4.3, +7.4] points: here −.06, +.02, −.02."""
    rows = {"cheap": row([0.80, 0.80, 0.80]), "dear": row([0.74, 0.82, 0.78])}
    assert (chosen(rows), options(rows).equals()) == ("dear", ["cheap", "dear"])
    assert chosen(rows, naive="cheap") == "cheap"
    assert chosen({**rows, "dear": row([0.76, 0.762, 0.758])}) == "cheap"


@pytest.fixture(scope="module")
def decided():
    content = factors_report("synthetic", planted.everything(), None)
    return content, {decision.decision: decision for decision in content.recommendation}


def test_the_mask_that_is_exact_is_recommended_with_what_it_buys(decided):
    """Reference width .5, pre: .87 with the mask, .86 without; 1200 tokens against 1100."""
    _, found = decided
    assert found["mask"].choice == "masked"
    assert found["mask"].accuracy.estimate == pytest.approx(0.01, abs=5e-4)
    assert found["mask"].tokens_ratio == pytest.approx(1200 / 1100, rel=1e-3)
    assert found["mask"].exact
    assert found["mask"].evidence == "sweep `amount`"


def test_sides_between_which_the_data_do_not_decide_are_either_and_pre_stays(decided):
    content, found = decided
    assert found["side"].either == ["pre", "post"]
    assert found["side"].choice == "pre"
    assert [cell.text for cell in recommendation_table(content).cells[0]][1] == "**`pre`** or `post`"


def test_the_narrowest_rows_that_cost_nothing_are_recommended(decided):
    """900 of 1300 tokens for a tenth of a point."""
    _, found = decided
    assert found["max_len"].choice == "0.75"
    assert found["max_len"].naive == "1.0"
    assert found["max_len"].tokens_ratio == pytest.approx(900 / 1300, rel=1e-3)
    assert found["max_len"].accuracy.low < -0.001 < found["max_len"].accuracy.high


def test_a_width_that_cuts_texts_says_how_many():
    sweep = planted.truncation()
    cutting = replace(sweep, rows=[replace(row, truncated_share=0.25) for row in sweep.rows])
    content = factors_report("synthetic", [planted.amount(), cutting], None)
    (found,) = [each for each in content.recommendation if each.decision == "max_len"]
    assert found.note == "`0.75` cuts 25.0 % of the training texts."
    assert found.note.replace("`", "") in advice(content)


def test_buckets_are_recommended_where_accuracy_is_the_same(decided):
    _, found = decided
    assert (found["batching"].choice, found["batching"].naive) == ("bucketed", "fixed")
    assert found["batching"].tokens_ratio == 0.4
    assert found["batching"].knobs == ["train.grouping=length", "train.trim=always"]


def test_a_head_that_breaks_the_invariance_is_not_recommended(decided):
    _, found = decided
    assert found["head"].choice == "last"
    options = {option.option: option for option in found["head"].options}
    assert not options["mean_naive"].exact
    assert not options["mean_naive"].allowed


def test_a_head_that_is_better_and_breaks_the_mask_is_told_and_not_recommended():
    content = factors_report("synthetic", [planted.amount(), planted.downstream(naive=0.92)], None)
    found = content.recommendation[-1]
    assert (found.choice, found.exact) == ("last", True)
    assert re.fullmatch(
        r"`mean_naive` gains \+5\.0 \[\+4\.9, \+5\.1\] points and breaks the mask; `make gate` would fail\.", found.note
    )
    assert "model.head=last" in content.together


def test_behind_a_mask_that_no_option_keeps_exact_nothing_is_decided():
    heads = planted.downstream()
    rows = [replace(row, drift_ratio=Figure(estimate=1.0, low=0.5, high=2.0)) for row in heads.rows]
    content = factors_report("synthetic", [planted.amount(), replace(heads, rows=rows)], None)
    found = content.recommendation[-1]
    assert (found.choice, found.evidence) == (None, "sweep `downstream`")
    assert recommendation_table(content).rows[-1][1] == "undecided"


def test_widths_come_from_the_amount_where_truncation_was_not_run():
    content = factors_report("synthetic", [planted.amount()], None)
    (found,) = (decision for decision in content.recommendation if decision.decision == "max_len")
    assert found.evidence == "sweep `amount`"
    assert found.naive == "longest"


def test_a_sweep_that_was_not_run_is_named_with_its_command(decided):
    content = factors_report("mr", [planted.truncation()], None)
    (found,) = (decision for decision in content.recommendation if decision.decision == "head")
    assert found.choice is None
    assert found.run == "`make sweep NAME=downstream DATASET=mr`"


def test_the_main_report_decides_on_side_and_mask_where_it_is_there():
    main = from_json(Report, json.loads(committed("reports/synthetic/report.json")))
    content = factors_report("synthetic", planted.everything(), main)
    found = {decision.decision: decision for decision in content.recommendation}
    assert found["mask"].evidence == found["side"].evidence == "report.md"
    assert found["mask"].choice == "masked"
    cells = {(cell.side, cell.variant): cell for cell in main.cells}
    side = found["side"].choice
    assert found["mask"].tokens_ratio == pytest.approx(
        cells[side, "masked"].computed_tokens / cells[side, "baseline"].computed_tokens, rel=1e-3
    )


def test_the_usual_settings_are_those_of_the_main_report():
    """Its max_len is .95, so masks are compared at that width; without it at the first one of the sweep."""
    sweeps = [planted.amount()]
    assert factors_report("synthetic", sweeps, None).recommendation[1].row == "`0.5`, pre, `masked`"
    settings = replace(planted.batching(), settings={"pad": {"max_len": 0.95}, "pad.max_len": 0.95})
    found = factors_report("synthetic", [*sweeps, settings], None)
    assert found.recommendation[1].row == "`0.95`, pre, `masked`"


def test_the_command_without_a_mask_that_holds_leaves_the_gate_as_it_is(decided):
    """It said gate.invariant=[], which every stage refuses."""
    mask = replace(next(one for one in decided[0].decided if one.decision == "mask"), choice="baseline", exact=False)
    assert "gate" not in _together("mr", [mask])


def test_the_command_that_trains_all_choices_names_params_that_exist(decided):
    content, _ = decided
    assert content.together == (
        "dvc exp run -S dataset=synthetic -S 'pad.sides=[pre]' -S 'train.variants=[masked]' -S pad.max_len=0.75 "
        "-S train.grouping=length -S train.trim=always -S model.head=last -S 'gate.invariant=[masked]'"
    )
    knobs = shlex.split(content.together)[4::2]
    chosen = [knob for decision in content.decided for knob in decision.knobs]
    assert knobs == ["dataset=synthetic", *chosen, "gate.invariant=[masked]"]
    changes = {key: YAML(typ="safe").load(value) for key, value in (knob.split("=", 1) for knob in knobs)}
    assert checked_params(changed(load_content(), changes), "params.yaml")


def test_what_a_shell_would_expand_is_quoted():
    wider = replace(planted.amount(), rows=[row for row in planted.amount().rows if row.levels["pad.max_len"] != "0.5"])
    axis = replace(wider.axes[0], sets={label: {"pad.max_len": "longest*8"} for label in wider.axes[0].labels})
    content = factors_report("synthetic", [replace(wider, axes=[axis, *wider.axes[1:]])], None)
    assert "-S 'pad.max_len=longest*8'" in content.together


def test_advice_is_plain_text_and_keeps_the_star_of_a_label():
    text = advice(factors_report("synthetic", [planted.amount()], None))
    assert "`" not in text
    assert "**" not in text
    assert "That is longest*8 against 0.5, post." in text


def test_advice_without_sweeps_is_one_sentence_with_the_commands():
    text = advice(factors_report("mr", [], None))
    assert "\n" not in text
    assert "no recommendation yet" in text
    for name in ("architecture", "truncation", "batching", "downstream"):
        assert f"make sweep NAME={name} DATASET=mr" in text
