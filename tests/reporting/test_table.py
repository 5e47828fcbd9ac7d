"""Cells know what they are sorted by and what they hold; their Markdown is one text."""

from dataclasses import replace

import pytest

from stages.analysis.estimate import Estimate
from stages.reporting.format import PERCENT, POINTS, RATIO, format_percent
from stages.reporting.table import (
    EXACT_CELL,
    MISSING_CELL,
    Cell,
    Kind,
    Notes,
    Table,
    count_cell,
    estimate_cell,
    judged_cell,
    number_cell,
    of_seeds,
)
from stages.stats.verdicts import Verdict
from tests.reporting.findings import finding

LEAK = finding(0.385, 0.31, 0.47, Verdict.DIFFERENT)


def test_a_judged_cell_is_sorted_by_its_estimate_and_reads_as_the_sentence_does():
    cell = judged_cell(RATIO, LEAK, Notes())
    assert (cell.value, cell.kind, cell.verdict) == (0.385, Kind.FIGURE, Verdict.DIFFERENT)
    assert str(cell) == RATIO.judged(LEAK)
    assert judged_cell(RATIO, None, Notes()) == MISSING_CELL


def test_an_exact_figure_is_a_zero_that_says_so():
    exact = replace(LEAK, verdict=Verdict.EXACT)
    assert judged_cell(POINTS, exact, Notes()) == estimate_cell(POINTS, exact) == EXACT_CELL
    assert (str(EXACT_CELL), EXACT_CELL.value) == ("0 (exact)", 0.0)


def test_an_undefined_figure_has_its_reason_below_the_table_once():
    notes = Notes()
    undefined = finding(reason="no seed learned")
    first, second = (judged_cell(PERCENT, undefined, notes) for _ in range(2))
    other = judged_cell(PERCENT, replace(undefined, estimate=0.5, reason=None), notes)
    assert first == second
    assert (str(first), first.kind, first.value) == ("– (1)", Kind.MISSING, None)
    assert (str(other), other.value) == ("50.0 % (2)", 0.5)
    assert notes.reasons == ["no seed learned", "not defined"]


@pytest.mark.parametrize(
    ("cell", "text", "value", "kind"),
    [
        (number_cell(0.0002, format_percent), "<0.1 %", 0.0002, Kind.NUMBER),
        (count_cell(4464000), "4,464,000", 4464000, Kind.NUMBER),
        (number_cell(None), "–", None, Kind.MISSING),
        (estimate_cell(PERCENT, Estimate(0.021, 0.015, 0.029)), "2.1 % [1.5, 2.9]", 0.021, Kind.FIGURE),
        (estimate_cell(PERCENT, Estimate(0.021, None, None)), "2.1 %", 0.021, Kind.NUMBER),
        (estimate_cell(PERCENT, None), "–", None, Kind.MISSING),
        (of_seeds(10, 12), "10 of 12", 10, Kind.TEXT),
        (of_seeds(None, 12), "–", None, Kind.MISSING),
        (Cell("2.1 %", 0.021, rest="; 90 % converge"), "2.1 %; 90 % converge", 0.021, Kind.TEXT),
        (
            replace(number_cell(0.5), rest=(" / ", estimate_cell(RATIO, Estimate(0.3, 0.2, 0.4)), " at 64")),
            "0.500 / 0.300 [0.200, 0.400] at 64",
            0.5,
            Kind.NUMBER,
        ),
    ],
)
def test_a_cell_has_its_text_and_what_it_is_sorted_by(cell, text, value, kind):
    assert (str(cell), cell.value, cell.kind) == (text, value, kind)


def test_a_column_is_laid_out_by_what_its_cells_hold():
    rows = [
        ["pre", number_cell(0.026, format_percent), "word " * 20, estimate_cell(RATIO, LEAK)],
        ["post", MISSING_CELL, "short", MISSING_CELL],
    ]
    table = Table(["padding", "share", "text", "drift"], rows)
    assert [(column.title, column.kind) for column in table.columns] == [
        ("padding", ""), ("share", "number"), ("text", "prose"), ("drift", ""),
    ]  # fmt: skip
    assert table.cells[1][0] == Cell("post")
