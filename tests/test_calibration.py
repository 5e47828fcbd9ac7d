"""The committed table of coverages lists every simulation and is what the code gives today."""

import re

import pytest
from scipy import stats

from tests.calibrate import RESULT, SECTIONS
from tests.simulations.simulation import Kind, Row, Simulation

SIMULATIONS = {simulation.what: simulation for section in SECTIONS.values() for simulation in section}


@pytest.fixture(scope="module")
def committed():
    """The lines of the table by what they are about."""
    lines = [line for line in RESULT.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if not line.startswith("| what")}


def share_of(line):
    return float(re.search(r"(?:covered|rejected) ([\d.]+) %", line)[1]) / 100


def made(kind, nominal, hits, at_most=False, remark=""):
    return Row(Simulation("a", "b", kind, nominal, 1000, lambda generator: True, at_most, remark), 1000, hits)


def test_the_table_lists_every_simulation_once(committed):
    assert len(SIMULATIONS) == sum(len(section) for section in SECTIONS.values())
    assert list(committed) == list(SIMULATIONS)
    for what, simulation in SIMULATIONS.items():
        assert f"| {simulation.truth} | {simulation.runs} | {simulation.kind} " in committed[what]


def test_repeating_a_simulation_gives_the_same_row(committed):
    what = "sign flips, 6 seeds, no effect"
    assert SIMULATIONS[what].run().line() == committed[what]


@pytest.mark.parametrize(
    "what",
    [
        "flip rate of 0.02, 3 seeds × 200 texts, seeds differ strongly",
        "drift ratio, 6 seeds × 400 texts, seeds differ",
        "McNemar, 500 texts, no effect",
        "T², equivalence at ε",
        "accuracy difference (crossed), 6 seeds × 1000 texts, seeds differ",
        "accuracy by Student's t over 6 seeds, P(learn) of 0.9",
        "family, all at ε, EQUIVALENT false, independent",
        "tolerance statement, 6 seeds, 99.9 % below ε",
    ],
)
def test_a_small_rerun_agrees_with_the_table(committed, what):
    """60 runs: further from the committed share than one in ten thousand would be is a changed estimator."""
    row = SIMULATIONS[what].run(60)
    assert stats.binomtest(row.hits, row.runs, share_of(committed[what])).pvalue > 1e-4


def test_no_test_rejects_too_often(committed):
    assert not [line for line in committed.values() if "rejects too often" in line]


def test_a_planted_drift_is_recovered_and_none_is_invented(committed):
    """The acceptance of the drift ratio: 93 % of 300 runs, and DIFFERENT without drift in at most 5 %."""
    for spread in ("alike", "differ"):
        assert share_of(committed[f"drift ratio, 6 seeds × 400 texts, seeds {spread}"]) >= 0.93
    assert share_of(committed["verdict of drift: DIFFERENT without drift"]) <= 0.05
    assert share_of(committed["verdict of drift: EXACT or EQUIVALENT without drift"]) == 1


def test_what_falls_short_is_said():
    assert made(Kind.COVERED, 0.95, 919).remark() == "**covers less than 92 %**"
    assert made(Kind.COVERED, 0.95, 920, remark="a reason").remark() == "a reason"
    assert made(Kind.COVERED, 0.95, 900, remark="a reason").remark() == "**covers less than 92 %**; a reason"
    assert made(Kind.REJECTED, 0.05, 80).remark() == "**rejects too often**"
    assert made(Kind.REJECTED, 0.05, 60).remark() == ""
    assert made(Kind.REJECTED, 0.05, 20).remark() == "rejects less often than promised"
    assert made(Kind.REJECTED, 0.05, 20, at_most=True).remark() == ""
    assert made(Kind.REJECTED, None, 1000).remark() == ""


def test_the_row_of_the_table_by_hand():
    """Half a run on either side: √(.9496 · .0504 / 1000) = .69 %."""
    assert made(Kind.COVERED, 0.95, 950).line() == "| a | b | 1000 | covered 95.0 % | 95 % | 0.7 % |  |"
    assert made(Kind.REJECTED, 0.05, 30, at_most=True).line() == "| a | b | 1000 | rejected 3.0 % | ≤ 5 % | 0.5 % |  |"
    assert made(Kind.REJECTED, None, 0).line().startswith("| a | b | 1000 | rejected 0.0 % | – | 0.1 % |")
