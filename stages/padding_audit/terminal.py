"""The page of an audit in a terminal: at most 40 lines."""

import textwrap
from collections.abc import Sequence

from .chain import change_text, clipped, links, mark, mask_legend, shortened, words
from .result import Audit, Cure, PadsRow
from .sections import CLASSES, Table, condition, filled, flips, tested, title, unmoved
from .sentences import number, padding, printable

MOST_LINES = 40
MOST_OF_A_LIST = 4
"""Hazards, or cures, that are told; the others are counted."""
MOST_LINKS, FEWEST_LINKS = 16, 8
HEADER = ["padding", CLASSES, "largest change"]
NUMBERS = "Numbers: the largest change at steps of text, divided by the largest value."
WHERE_THE_CODE_IS = "The code of a cure, to paste, stands in report.md, which --output FOLDER (make: OUTPUT=) writes."
COLUMN = 11
"""The width of a number."""


def terminal(audit: Audit, width: int = 100) -> str:
    """The sentence, the chain with what moved, the predictions, hazards and cures, each line at most `width` wide."""
    rest = [
        _predictions(audit),
        _listed("hazard", [hazard.sentence for hazard in audit.hazards], width),
        _listed("cure", [_cure(cure) for cure in audit.cures], width),
        _wrapped(WHERE_THE_CODE_IS, width) if any(cure.code for cure in audit.cures) else [],
        _wrapped(tested(audit), width),
    ]
    behind = [line for block in rest if block for line in ("", *block)]
    for most in range(MOST_LINKS, FEWEST_LINKS - 1, -1):
        lines = [title(audit).replace("`", ""), *_wrapped(audit.sentence, width), *_chain(audit, most, width), *behind]
        if len(lines) <= MOST_LINES:
            break
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], "…"]
    return "".join(f"{clipped(printable(line), width)}\n" for line in lines)


def _chain(audit: Audit, most: int, width: int) -> list[str]:
    chain = shortened(links(audit), most)
    if not chain:
        return []
    sides = list(audit.sides)
    notes = ["; ".join(words(link)) for link in chain]
    room = width - 3 - COLUMN * len(sides) - max(len(note) for note in notes) - 2
    names = min(max(len(link.label) for link in chain), max(12, room))
    lines = ["", f"   {'':{names}}" + "".join(f"{side:>{COLUMN}}" for side in sides)]
    for link, note in zip(chain, notes, strict=True):
        numbers = "".join(f"{change_text(link, side):>{COLUMN}}" for side in sides)
        lines.append(f" {mark(link)} {clipped(printable(link.label), names):{names}}{numbers}  {note}".rstrip())
    verdicts = "".join(f"{finding.verdict:>{COLUMN}}" for finding in audit.sides.values())
    lines.append(f"   {clipped('output', names):{names}}{verdicts}")
    signs = mask_legend(chain, letters=True)
    return [*lines, *_wrapped(f"{'Mask: ' if signs else ''}{signs}{'. ' if signs else ''}{NUMBERS}", width)]


def _predictions(audit: Audit) -> list[str]:
    """For every side the worst number of pads, a batch and the model's own width."""
    calm = [side for side in audit.sides if unmoved(audit, side)]
    said = [f"Under {padding(calm, 'or')} no prediction changes by more than rounding."] if calm else []
    rows = [row for side in audit.sides if side not in calm for row in _worst(audit.outputs, side)]
    if not rows:
        return said
    several = len({row.output for row in audit.outputs}) > 1
    cells = [
        [
            condition(audit, row) + f", {row.output}" * several,
            flips(row, audit.outputs),
            number(row.largest_change),
        ]
        for row in rows
    ]
    table = filled(Table(HEADER, cells))
    lines = [table.header, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(f"{cell:{wide}}" for cell, wide in zip(line, widths, strict=True)).rstrip() for line in lines
    ] + said


def _worst(rows: Sequence[PadsRow], side: str) -> list[PadsRow]:
    kinds = dict.fromkeys(row.condition for row in rows if row.side == side)
    return [
        max(
            (row for row in rows if (row.side, row.condition) == (side, kind)),
            key=lambda row: (row.flips, row.largest_change),
        )
        for kind in kinds
    ]


def _cure(cure: Cure) -> str:
    """What was measured begins with the title."""
    return cure.sentence if cure.sentence.startswith(cure.title) else f"{cure.title}. {cure.sentence}"


def _listed(word: str, sentences: Sequence[str], width: int) -> list[str]:
    lines = [line for sentence in sentences[:MOST_OF_A_LIST] for line in _wrapped(sentence, width, f"{word}: ")]
    left = len(sentences) - MOST_OF_A_LIST
    return [*lines, f"{word}: {left} more on the page"] if left > 0 else lines


def _wrapped(text: str, width: int, lead: str = "") -> list[str]:
    return textwrap.wrap(printable(text), width, initial_indent=lead, subsequent_indent=" " * len(lead))
