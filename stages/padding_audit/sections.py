"""What stands on an audit's page behind the sentence and the picture: tables, lists and code, for any kind of page."""

from collections.abc import Sequence
from dataclasses import dataclass

from .chain import Link, Moved, change_text, hidden, links
from .facts import rounding
from .result import Audit, Cure, PadsRow, Verdict
from .sentences import listed, name, number, padding, percent

CLASSES = "classes that change"
AGAINST_ALONE = "Against the same texts without a pad."
AGAINST_MOVED = "The model takes one width alone: against the same texts with no pad moved to the other side."
COLUMNS = "Probability: the mean change of that of the class chosen. In brackets: 95 % intervals over texts."
PASTED = "Code to paste behind `model = keras.models.load_model(…)`; `cured` is the new model."
LEAKING = {Verdict.LEAKS, Verdict.UNDEFINED}
LONG = 20
"""A table of more rows is folded."""


class Code(str):
    """A text that stands there letter by letter: a name."""


class Strong(str):
    """A text that is stressed."""


@dataclass(frozen=True)
class Table:
    """Rows of cells: plain text, Code or Strong."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    sentences: Sequence[str]


@dataclass(frozen=True)
class Program:
    """Lines of Python."""

    code: str


Block = str | Table | Items | Program
"""A plain string is a sentence; names in it stand between backticks."""


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    blocks: Sequence[Block]


def sections(audit: Audit) -> list[Section]:
    """All sections that have something to say."""
    cures = [PASTED, *(block for cure in audit.cures for block in _cure(cure))] if audit.cures else []
    hazards = [Items([hazard.sentence for hazard in audit.hazards])] if audit.hazards else []
    every = [
        Section("Layers", _layers(audit)),
        Section("Predictions", _predictions(audit)),
        Section("What else may bite", hazards),
        Section("What to do", cures),
        Section("What was tested", [tested(audit)]),
    ]
    return [section for section in every if section.blocks]


def _cure(cure: Cure) -> list[Block]:
    """What to change, the code, and what it does; the title is said once."""
    enough = cure.verdict_after is None or LEAKING.isdisjoint(cure.verdict_after.values())
    measured = cure.sentence.removeprefix(f"{cure.title}: ")
    return [
        Strong(cure.title if enough else f"{cure.title}: not enough"),
        Program(cure.code),
        measured[:1].upper() + measured[1:],
    ]


def title(audit: Audit) -> str:
    """The model's name, and its file where it has one."""
    file = audit.model.file
    return name(audit.model.name) + (f", {name(file)}" if file not in (None, audit.model.name) else "")


def tested(audit: Audit) -> str:
    """The versions, and what was tried."""
    model = audit.model
    origin = [f"a {model.format} file"] if model.file else []
    origin += [f"saved by Keras {model.saved_by}"] if model.saved_by else []
    origin += [f"SHA-256 {model.sha256[:12]}"] if model.sha256 else []
    parts = [
        f"{audit.texts:,} texts, {audit.data}",
        f"{listed(pads(audit))} pads" if pads(audit) else "",
        f"{model.parameters:,} weights",
        f"computes in {model.dtype}",
        f"Keras {model.keras} on {model.backend}",
        *origin,
    ]
    return " · ".join(part for part in parts if part)


def pads(audit: Audit) -> list[str]:
    """The numbers of pads that were tried, in order."""
    changes = [item for row in audit.layers for by in row.change.values() for item in by.items()]
    of_layers = {int(count) for count, change in changes if change is not None}
    of_outputs = {row.pads for row in audit.outputs if row.pads is not None}
    return [str(count) for count in sorted(of_layers | of_outputs)]


def unmoved(audit: Audit, side: str) -> bool:
    """Whether no prediction changes by more than rounding, however it is padded on a side."""
    most = rounding(audit.model.dtype)
    if audit.sides[side].verdict in LEAKING:
        return False
    rows = [row for row in audit.outputs if row.side == side]
    return bool(rows) and all(row.flips == 0 and row.largest_change <= most for row in rows)


def condition(audit: Audit, row: PadsRow) -> str:
    """How the texts were padded."""
    count = f"{row.pads} pad{'s' * (row.pads != 1)}{' moved' * only_move(audit)}"
    how = {"batch": "in a batch", "width": "to its width"}.get(row.condition, count)
    return f"{row.side}, {how}"


def only_move(audit: Audit) -> bool:
    """Whether the model takes one width alone, so that no text can be read without pads or in another batch."""
    return any(item.width for item in audit.inputs) and all(row.condition == "pads" for row in audit.outputs)


def flips(row: PadsRow, rows: Sequence[PadsRow]) -> str:
    """The share of classes that change; a dash where the output is no class."""
    return percent(row.flips, row.low, row.high) if is_class(row, rows) else number(None)


def filled(table: Table) -> Table:
    """A table without the columns in which nothing stands but dashes."""
    columns = [i for i in range(len(table.header)) if any(row[i] != number(None) for row in table.rows)]
    return Table([table.header[i] for i in columns], [[row[i] for i in columns] for row in table.rows])


def is_class(row: PadsRow, rows: Sequence[PadsRow]) -> bool:
    """Whether an output chooses a class: else its values change, and never a probability."""
    same = [other for other in rows if other.output == row.output]
    return any(other.probability_change for other in same) or all(other.largest_change == 0 for other in same)


def _layers(audit: Audit) -> list[Block]:
    chain = [link for link in links(audit) if link.layers == 1]
    if not chain:
        return ["Only the output could be compared."]
    sides = list(audit.sides)
    rows = [[Code(link.label), *(_change(link, side) for side in sides), link.does, link.type] for link in chain]
    blocks: list[Block] = [Table(["layer", *sides, "mask", "type"], rows)]
    blocks.append(
        f"{listed(sides).capitalize()}: the largest change at steps of text, divided by the largest value, "
        "under the worst number of pads."
    )
    if inner := hidden(audit):
        blocks.append(f"Under {padding(inner, 'or')} a layer moves, and the output does not.")
    return blocks


def _change(link: Link, side: str) -> str:
    text = change_text(link, side) + " first leak" * (side in link.leaks)
    return Strong(text) if link.moved[side] is Moved.YES or side in link.leaks else text


def _predictions(audit: Audit) -> list[Block]:
    if not audit.outputs:
        return []
    calm = [side for side in audit.sides if unmoved(audit, side)]
    blocks: list[Block] = []
    if calm:
        blocks.append(f"Under {padding(calm, 'or')} no prediction changes by more than rounding.")
    rows = [row for row in audit.outputs if row.side not in calm]
    if rows:
        table = _changes(audit, rows)
        against = AGAINST_MOVED if only_move(audit) else AGAINST_ALONE
        blocks += [table, f"{against} {COLUMNS}" if CLASSES in table.header else against]
    return blocks


def _changes(audit: Audit, rows: Sequence[PadsRow]) -> Table:
    several = len({row.output for row in rows}) > 1
    cells = [
        [
            condition(audit, row),
            Code(row.output) if several else number(None),
            flips(row, rows),
            number(row.probability_change if is_class(row, rows) else None),
            number(row.largest_change),
            _accuracy(row),
        ]
        for row in rows
    ]
    return filled(Table(["padding", "output", CLASSES, "probability", "largest change", "accuracy"], cells))


def _accuracy(row: PadsRow) -> str:
    if row.accuracy is None or row.accuracy_alone is None:
        return number(None)
    change = 100 * (row.accuracy - row.accuracy_alone)
    sign = "−" if change < 0 else "+" if change else ""
    return f"{percent(row.accuracy)}, {sign}{number(abs(change))} points"
