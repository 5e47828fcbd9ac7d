"""What every table is made of: rows, reasons below them, and which rows stand for many."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stages.reporting.format import (
    EXACT_ZERO,
    MISSING,
    PERCENT,
    POINTS,
    RATIO,
    Judged,
    Scale,
    format_ratio,
)
from stages.reporting.results import ALONE, CellFacts, Finding, Results, condition_text
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE
from stages.stats.verdicts import Verdict


@dataclass
class Notes:
    """Reasons that stand below a table, each once."""

    reasons: list[str] = field(default_factory=list)

    def mark(self, text: str, reason: str | None) -> str:
        """The text with the number of its reason."""
        reason = reason or "not defined"
        if reason not in self.reasons:
            self.reasons.append(reason)
        return f"{text} ({self.reasons.index(reason) + 1})"


@dataclass(frozen=True)
class Table:
    """A Markdown table, with the reasons for what is undefined."""

    header: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    why_empty: str = "this run's analysis holds no such figures"
    """Stands in the place of a table without rows."""


def cell_name(cell: CellFacts) -> list[str]:
    """The first two columns of a row: padding side and variant."""
    return [cell.side, f"`{cell.variant}`"]


def condition_rows(results: Results, cell: CellFacts, conditions: list[str]) -> list[tuple[str, str]]:
    """A name and a condition for each row of a cell; one row for all where no condition moved anything.

    Args:
        results: the report.
        cell: the cell whose rows are wanted.
        conditions: in the order of the rows.
    """
    if results.exact(cell) and len(conditions) > 1:
        return [("every condition", next((each for each in conditions if each not in (ALONE, AS_TRAINED)), AS_TRAINED))]
    return [(condition_name_in_table(condition), condition) for condition in conditions]


def condition_name_in_table(condition: str) -> str:
    """A condition in a cell of a table."""
    return {AS_TRAINED: "as trained", OTHER_SIDE: "other side"}.get(condition) or condition_text(condition)


def drift_text(finding: Finding | None, notes: Notes) -> str:
    """0.385 [0.31, 0.47] DIFFERENT."""
    return judged_text(RATIO, finding, notes)


def share_text(finding: Finding | None, notes: Notes) -> str:
    """2.1 % [1.5, 2.9] DIFFERENT."""
    return judged_text(PERCENT, finding, notes)


def points_text(finding: Finding | None, notes: Notes) -> str:
    """+4.4 [−0.3, +9.1] INCONCLUSIVE."""
    return judged_text(POINTS, finding, notes)


def largest_text(finding: Finding | None) -> str:
    """The largest change of one unit of the state that the classifier reads, over all texts and seeds."""
    if finding is None or finding.largest_change is None:
        return MISSING
    return EXACT_ZERO if finding.largest_change == 0 else format_ratio(finding.largest_change)


def smallest_text(finding: Finding | None, value: Callable[[float | None], str]) -> str:
    """ε*, the smallest bound at which equivalence would hold."""
    if finding is None or finding.verdict is Verdict.EXACT:
        return MISSING if finding is None else "0"
    return value(finding.smallest_epsilon)


def judged_text(scale: Scale, finding: Judged | None, notes: Notes) -> str:
    """An estimate, its interval and its verdict; a reason below the table where it is undefined."""
    if finding is not None and finding.verdict is Verdict.UNDEFINED:
        return notes.mark(scale.number(finding.estimate), finding.reason)
    return scale.judged(finding)


def of_seeds(count: int | None, of: int | None) -> str:
    """5 of 6; a dash where it was not counted."""
    return MISSING if count is None or of is None else f"{count} of {of}"
