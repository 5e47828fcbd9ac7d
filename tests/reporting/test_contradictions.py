"""No sentence, stand or answer of a committed report disagrees with one of its rows."""

import json
import re

import pytest

from stages.analysis.contract import Report, from_json
from stages.analysis.contract_cells import ALONE
from stages.params.schema import GateParams
from stages.reporting.advice import advice
from stages.reporting.answer import ACCURACY, LEAK, SERVING, answer
from stages.reporting.claims.stand import baselines
from stages.reporting.format import format_percent, format_points, format_ratio
from stages.reporting.gate import violations
from stages.reporting.results import DRIFT, Results
from stages.runtime.paths import AS_TRAINED
from stages.stats.verdicts import UNMOVED, Verdict
from tests.conftest import committed
from tests.reporting.test_committed import committed_reports

pytestmark = pytest.mark.parametrize("folder", committed_reports())


def results_of(folder):
    return Results(from_json(Report, json.loads(committed(f"{folder}/report.json"))))


def pads_of(cell):
    """Every number of pads, none among them, with what it does."""
    return {ALONE: cell.alone, **{each.condition: each for each in cell.conditions if each.pads}}


def test_no_leak_is_denied_where_a_prediction_flips(folder):
    results = results_of(folder)
    first, flips = answer(results)[0], {}
    for cell in baselines(results):
        flips[cell.side] = max(under.against_training.flip_rate.estimate for under in pads_of(cell).values())
    if first.startswith("**No"):
        assert not any(flips.values())
    worst = max(flips, key=flips.get)
    if flips[worst]:
        assert f" {format_percent(flips[worst])} of its predictions" in first
        assert {side for side in flips if f"{side}-padding" in first.partition("** ")[2]} == {worst}


def test_every_number_of_the_lines_has_its_row(folder):
    results = results_of(folder)
    rows = {format_points(abs(r.estimate)).removeprefix("+") for r in results.report.family if r.estimate is not None}
    for number in re.findall(r"([\d.]+) points", " ".join(answer(results))):
        assert number in rows


def test_the_condition_that_is_called_worst_is_worst(folder):
    results = results_of(folder)
    for record in results.judged(LEAK):
        if record.condition:
            cell = results.cell(record.side, record.variant)
            drifts = {name: under.against_training.readout_drift.estimate for name, under in pads_of(cell).items()}
            assert drifts[record.condition] == max(drifts.values())
    for record in results.judged(SERVING):
        if record.condition and (record.estimate or 0) < 0:
            cell = results.cell(record.side, record.variant)
            served = {name: cell.served(name) for name in [ALONE, *results.conditions] if name != AS_TRAINED}
            assert served[record.condition].accuracy_change.estimate == min(
                under.accuracy_change.estimate for under in served.values()
            )


def test_a_word_agrees_with_its_interval(folder):
    for record in results_of(folder).report.family:
        beyond = record.low is not None and (record.low > record.epsilon or record.high < -record.epsilon)
        if record.verdict is Verdict.DIFFERENT:
            assert beyond
        if record.verdict is Verdict.EQUIVALENT:
            assert abs(record.estimate) <= record.epsilon
        assert (record.verdict in UNMOVED) == (record.low == record.high == 0)
        assert record.verdict is not Verdict.INCONCLUSIVE or record.seeds_needed or record.about_epsilon


def test_what_is_advised_passes_the_gate(folder):
    results = results_of(folder)
    found = advice(results)
    if found["advice"] in ("mask", "other mask"):
        gate = GateParams(models=(), invariant=(found["masked"],), must_be="exact", drift_ratio=0.01, flip_rate=0.005)
        assert not violations(results, gate)
        losses = [record for record in results.judged(ACCURACY) if record.verdict is Verdict.DIFFERENT]
        assert all(record.estimate > 0 for record in losses)


def test_the_side_that_is_preferred_moves_less(folder):
    results = results_of(folder)
    (first,) = [question.answer for question in results.report.questions if question.id == "Q1"]
    preferred = re.search(r"Without a mask (pre|post):", first)
    if preferred:
        leaks = {record.side: record.estimate for record in results.judged(LEAK)}
        assert leaks[preferred[1]] == min(leaks.values())


def test_words_stand_on_the_family_alone(folder):
    for finding in json.loads(committed(f"{folder}/report.json"))["verdicts"]:
        assert finding["verdict"] in (None, "PROVEN", "EXACT", "UNDEFINED")
        assert finding.get("exploratory", False) == (finding["verdict"] is None)
    details = committed(f"{folder}/report.md").partition("Everything below is exploratory")[2]
    tables = [line for line in details.partition("### What the verdicts say")[0].splitlines() if line.startswith("|")]
    assert not re.search(r"DIFFERENT|EQUIVALENT|INCONCLUSIVE", "\n".join(tables))


def test_what_is_said_of_drift_has_its_rows(folder):
    results = results_of(folder)
    drifts = {
        finding.estimate
        for finding in results.findings
        if finding.estimand == DRIFT and finding.variant == "baseline" and finding.estimate is not None
    }
    (figure,) = [claim.figure for claim in results.report.claims if claim.id == "C2"]
    for number in re.findall(r"from ([\d.e-]+) to ([\d.e-]+)", figure):
        assert set(number) <= {format_ratio(value) for value in drifts}
