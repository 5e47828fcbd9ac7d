"""Tables of typed cells: each is rendered to Markdown and to HTML, and nothing is read back out of its text.

How to make one:

    notes = Notes()
    rows = [[*cell_name(cell), judged_cell(RATIO, finding, notes), number_cell(cell.padding_share, format_percent)]]
    table = Table(["padding", "variant", "drift ratio", "padding"], rows, notes.reasons)

A cell that only says words may be a plain string, in Markdown. `number_cell` is a number alone, `count_cell` a count,
`estimate_cell` a figure with its interval, `judged_cell` one with its verdict too, `of_seeds` a count of seeds.
`str(cell)` is its Markdown. What stands behind the figure goes into `rest`: `replace(cell, rest=" of 8 classes")`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from stages.reporting.format import (
    EXACT_ZERO,
    MISSING,
    PROVEN_ZERO,
    Bounded,
    Judged,
    Scale,
    format_count,
    format_ratio,
    spaced,
)
from stages.reporting.results import condition_text
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE
from stages.stats.verdicts import UNMOVED, Verdict

PROSE_LETTERS = 60
"""A column with a cell longer than this is read, not compared."""


class Kind(StrEnum):
    """What a cell holds."""

    NUMBER = "number"
    """A number alone."""
    FIGURE = "figure"
    """A number with an interval, a verdict or both."""
    TEXT = "text"
    MISSING = "missing"


@dataclass(frozen=True)
class Cell:
    """One cell: what is read, and what it is sorted by."""

    text: str
    """The number or the words, in Markdown."""
    value: float | None = None
    """What it is sorted by; None: by its words, or last where it is missing."""
    kind: Kind = Kind.TEXT
    interval: str = ""
    verdict: Verdict | None = None
    rest: "str | tuple[Cell | str, ...]" = ""
    """What stands behind all that: Markdown, or such text with further figures in it."""

    @property
    def behind(self) -> "list[Cell]":
        """The rest as cells."""
        parts = (self.rest,) if isinstance(self.rest, str) else self.rest
        return [as_cell(part) for part in parts if part]

    def __str__(self) -> str:
        """The whole cell in Markdown."""
        verdict = self.verdict if self.verdict not in (None, *UNMOVED) else ""
        return spaced(self.text, self.interval, str(verdict)) + "".join(map(str, self.behind))


def as_cell(cell: Cell | str) -> Cell:
    """A plain string as the cell of words that it is."""
    return cell if isinstance(cell, Cell) else Cell(cell)


MISSING_CELL = Cell(MISSING, kind=Kind.MISSING)
EXACT_CELL = Cell(EXACT_ZERO, 0.0, Kind.FIGURE, verdict=Verdict.EXACT)
PROVEN_CELL = Cell(PROVEN_ZERO, 0.0, Kind.FIGURE, verdict=Verdict.PROVEN)
"""What did not move at all, as seen, or as proven for any number of pads."""

Row = Sequence[Cell | str]
"""A plain string is a cell of words."""


@dataclass(frozen=True)
class Column:
    """The head of a column."""

    title: str
    kind: str
    """`number`: numbers alone; `prose`: long texts; else empty."""


@dataclass(frozen=True)
class Table:
    """Rows of cells, with the reasons for what is undefined."""

    header: list[str]
    rows: Sequence[Row]
    notes: list[str] = field(default_factory=list)
    why_empty: str = "this run's analysis holds no such figures"
    """Stands in the place of a table without rows."""

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows, plain strings as cells."""
        return [[as_cell(cell) for cell in row] for row in self.rows]

    @property
    def columns(self) -> list[Column]:
        """Each heading with what stands below it."""
        return [
            Column(title, _kind_of(cells))
            for title, cells in zip(self.header, zip(*self.cells, strict=True), strict=True)
        ]


def _kind_of(cells: Sequence[Cell]) -> str:
    if all(cell.kind in (Kind.NUMBER, Kind.MISSING) for cell in cells):
        return "number"
    return "prose" if any(len(str(cell)) > PROSE_LETTERS for cell in cells) else ""


@dataclass
class Notes:
    """Reasons that stand below a table, each once."""

    reasons: list[str] = field(default_factory=list)

    def marked(self, cell: Cell, reason: str | None) -> Cell:
        """The cell with the number of its reason."""
        reason = reason or "not defined"
        if reason not in self.reasons:
            self.reasons.append(reason)
        return replace(cell, rest=(*cell.behind, f" ({self.reasons.index(reason) + 1})"))


def number_cell(value: float | None, text: Callable[[float], str] = format_ratio) -> Cell:
    """A number alone, as `text` writes it."""
    return MISSING_CELL if value is None else Cell(text(value), value, Kind.NUMBER)


def count_cell(count: int | None) -> Cell:
    """4,464,000."""
    return MISSING_CELL if count is None else Cell(format_count(count), count, Kind.NUMBER)


def estimate_cell(scale: Scale, value: Bounded | None) -> Cell:
    """0.385 [0.310, 0.470]."""
    if value is None or value.estimate is None:
        return MISSING_CELL
    if isinstance(value, Judged) and value.verdict in UNMOVED:
        return PROVEN_CELL if value.verdict is Verdict.PROVEN else EXACT_CELL
    interval = scale.interval(value.low, value.high)
    return Cell(scale.number(value.estimate), value.estimate, Kind.FIGURE if interval else Kind.NUMBER, interval)


def judged_cell(scale: Scale, value: Judged | None, notes: Notes) -> Cell:
    """0.385 [0.310, 0.470] DIFFERENT; the number of a reason below the table where it is undefined."""
    if value is None:
        return MISSING_CELL
    if value.verdict is Verdict.UNDEFINED:
        return notes.marked(number_cell(value.estimate, scale.number), value.reason)
    cell = estimate_cell(scale, value)
    return cell if value.verdict in UNMOVED else replace(cell, kind=Kind.FIGURE, verdict=value.verdict)


def of_seeds(count: int | None, of: int | None) -> Cell:
    """5 of 6; a dash where it was not counted."""
    return MISSING_CELL if count is None or of is None else Cell(f"{count} of {of}", count)


def condition_name_in_table(condition: str) -> str:
    """A condition in a cell of a table."""
    return {AS_TRAINED: "as trained", OTHER_SIDE: "other side"}.get(condition) or condition_text(condition)
