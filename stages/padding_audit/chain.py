"""The chain of a model's layers as a page shows it: the line of the mask, where it breaks, what moved on which side.

Long models are shortened: runs of layers at which nothing happens become one link.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import isnan

from .facts import rounding
from .result import Audit, Cause, Did, FirstLeak, LayerRow, Verdict
from .sentences import DOES, call_name, listed, number

KEEPS = {Did.KEPT: "mask handed on", Did.NONE: "no mask", Did.LOST_BEFORE: "mask lost before"}
"""What a run of such layers says."""
SAID = (Did.MADE, Did.CONSUMED, Did.REPLACED, Did.DESTROYED, Did.NOT_HANDED)
"""What is said in words beside a layer's name."""
BREAKS = (Did.DESTROYED, Did.REPLACED, Did.NOT_HANDED)
WORTHLESS = 5
CODE = "code between two layers"
MOST_LINKS = 12
"""Of a chain that is drawn."""


class Line(StrEnum):
    """The line of the mask on one edge of a link."""

    THERE = "there"
    WRONG = "wrong"
    """There is one, put in the place of the right one."""
    NONE = "none"


LINES = {Line.THERE: "┃", Line.WRONG: "┆", Line.NONE: " "}


class Moved(StrEnum):
    """Whether an output moved at real steps."""

    NOT = "="
    ROUNDING = "≈"
    YES = "≠"
    UNKNOWN = "?"


MEANS = {Moved.NOT: "same", Moved.ROUNDING: "rounding", Moved.YES: "changed", Moved.UNKNOWN: "not comparable"}
SIGNS = {
    "●": ("dot", "made"),
    "┃": ("line", "there"),
    "┆": ("dashes", "another in its place"),
    "┻": ("bar", "used up"),
    "╳": ("cross", "lost"),
}
"""The letters of the line of the mask, the shapes that stand for them in the picture, and what they mean."""


@dataclass(frozen=True)
class Link:
    """A layer of the chain, or a run of layers."""

    label: str
    """The layer's path, or how many layers."""
    does: str
    """What it does with the mask, in words."""
    did: Did
    """That of the first layer of a run."""
    above: Line
    below: Line
    moved: Mapping[str, Moved]
    """By side: the most of a run."""
    changes: Mapping[str, float | None]
    """By side, under the worst number of pads."""
    leaks: Sequence[str] = ()
    """The sides of which it is the first leak."""
    layers: int = 1
    """0 for code between two layers."""
    type: str = ""

    @property
    def breaks(self) -> bool:
        """Whether the line of the right mask ends here, though steps go on."""
        return self.layers <= 1 and self.did in BREAKS

    @property
    def leak(self) -> str:
        """The words that mark it; empty where it is no first leak."""
        return f"first leak, {listed(self.leaks)}" if self.leaks else ""


def links(audit: Audit) -> list[Link]:
    """Every layer in the order of computation, and code between two layers where a mask is lost in it."""
    result: list[Link] = []
    line = Line.NONE
    for row in audit.layers:
        did = did_of(row, audit)
        if _lost_in_code(row, audit):
            result.append(Link(CODE, DOES[Did.DESTROYED], Did.DESTROYED, line, Line.NONE, {}, {}, layers=0))
            line = Line.NONE
        above = Line.NONE if not row.mask_in else line if line is not Line.NONE else Line.THERE
        line = Line.NONE if not row.mask_out else Line.THERE if above is Line.NONE else above
        line = Line.WRONG if did is Did.REPLACED else line
        changes = {side: largest(row.change.get(side, {})) for side in audit.sides}
        result.append(
            Link(
                call_name(row.path, row.call),
                DOES[did],
                did,
                above,
                line,
                {side: moved(change, audit.model.dtype) for side, change in changes.items()},
                changes,
                [side for side, leak in first_leaks(audit).items() if (leak.path, leak.call) == (row.path, row.call)],
                type=row.type,
            )
        )
    return result


def shortened(chain: Sequence[Link], most: int) -> list[Link]:
    """The chain in at most so many links: first leaks, then what lost the mask, then what made or used it up."""
    if len(chain) <= most:
        return list(chain)
    worth = {place: _worth(chain, place) for place in range(len(chain))}
    order = sorted((place for place in worth if worth[place] < WORTHLESS), key=lambda place: (worth[place], place))
    kept: list[int] = []
    for shown in range(len(order), 0, -1):
        kept = sorted(order[:shown])
        if len(kept) + len(_gaps(kept, len(chain))) <= most:
            break
    pieces = [(place, chain[place]) for place in kept]
    pieces += [(gap.start, _run(chain[gap.start : gap.stop])) for gap in _gaps(kept, len(chain))]
    return [link for _, link in sorted(pieces, key=lambda piece: piece[0])]


def first_leaks(audit: Audit) -> dict[str, FirstLeak]:
    """The first leaks by side."""
    return {side: finding.first_leak for side, finding in audit.sides.items() if finding.first_leak is not None}


def did_of(row: LayerRow, audit: Audit) -> Did:
    """What a layer did, as the sentence says it: who dropped the mask did not use it up."""
    drops = {leak.culprit for leak in first_leaks(audit).values() if leak.cause in (Cause.LOST, Cause.DESTROYED)}
    return Did.DESTROYED if row.path in drops and row.did is Did.CONSUMED else row.did


def largest(changes: Mapping[str, float | None]) -> float | None:
    """The change under the worst number of pads; NaN where one is, None where none is known."""
    known = [change for change in changes.values() if change is not None]
    return max(known, key=lambda change: (isnan(change), change), default=None)


def moved(change: float | None, dtype: str) -> Moved:
    """What a change means in a model that computes in such numbers."""
    if change is None:
        return Moved.UNKNOWN
    if change == 0:
        return Moved.NOT
    return Moved.ROUNDING if change <= rounding(dtype) else Moved.YES


def hidden(audit: Audit) -> list[str]:
    """The sides that do not leak though a layer moved: what moved did not reach the output."""
    chain = links(audit)
    calm = [side for side in audit.sides if audit.sides[side].verdict not in (Verdict.LEAKS, Verdict.UNDEFINED)]
    return [side for side in calm if any(link.moved.get(side) is Moved.YES for link in chain)]


def change_text(link: Link, side: str) -> str:
    """The change on a side as a number."""
    return number(link.changes.get(side)) if link.layers else ""


def _lost_in_code(row: LayerRow, audit: Audit) -> bool:
    leaks = first_leaks(audit).values()
    return any(
        leak.cause is Cause.LOST and leak.culprit is None and (leak.path, leak.call) == (row.path, row.call)
        for leak in leaks
    )


def _worth(chain: Sequence[Link], place: int) -> int:
    """0 where it must be seen, more where it need not."""
    link = chain[place]
    if link.leaks:
        return 0
    if link.breaks or link.layers == 0:
        return 1
    beside = chain[max(0, place - 1) : place + 2]
    if any(other.leaks for other in beside):
        return 2
    if link.did in (Did.MADE, Did.CONSUMED):
        return 3
    return 4 if place in (0, len(chain) - 1) else WORTHLESS


def _gaps(kept: Sequence[int], size: int) -> list[range]:
    edges = [-1, *kept, size]
    return [range(a + 1, b) for a, b in pairwise(edges) if b - a > 1]


def _run(chain: Sequence[Link]) -> Link:
    if len(chain) == 1:
        return chain[0]
    count = sum(link.layers for link in chain)
    kinds = list(dict.fromkeys(KEEPS.get(link.did, f"mask: {link.does}") for link in chain))
    order, sides = list(Moved), list(dict.fromkeys(side for link in chain for side in link.moved))
    return Link(
        label=f"{count} layers",
        does=" or ".join(kinds) if len(kinds) <= 2 else "",
        did=chain[0].did,
        above=chain[0].above,
        below=chain[-1].below,
        moved={
            side: max((link.moved[side] for link in chain if side in link.moved), key=order.index) for side in sides
        },
        changes={side: largest({link.label: link.changes.get(side) for link in chain}) for side in sides},
        layers=count,
    )


def mark(link: Link) -> str:
    """The line of the mask beside a link, as one letter."""
    if link.layers > 1:
        return " " if Line.NONE in (link.above, link.below) else LINES[link.below]
    if link.breaks:
        return "╳"
    if link.did is Did.MADE:
        return "●"
    return "┻" if link.above is not Line.NONE and link.below is Line.NONE else LINES[link.below]


def mask_legend(chain: Sequence[Link], *, letters: bool) -> str:
    """What the signs of the line mean, those alone that a chain shows: its letters, or the shapes of the picture."""
    drawn = {mark(link) for link in chain}
    if not letters:
        drawn |= {LINES[line] for link in chain for line in (link.above, link.below)}
    return ", ".join(f"{sign if letters else shape} {said}" for sign, (shape, said) in SIGNS.items() if sign in drawn)


def moved_legend(chain: Sequence[Link]) -> str:
    """What the signs of a side mean, those alone that a chain shows."""
    shown = {moved for link in chain for moved in link.moved.values()}
    return ", ".join(f"{moved} {said}" for moved, said in MEANS.items() if moved in shown)


def words(link: Link) -> list[str]:
    """What is worth saying of a link: what it does with the mask, and whether it is a first leak."""
    says = link.does if link.layers > 1 else f"mask: {link.does}" if link.did in SAID else ""
    return [said for said in (says, link.leak) if said]


def clipped(text: str, letters: int) -> str:
    """A text in so many letters, its middle left out where it is longer."""
    if len(text) <= letters:
        return text
    head = (letters - 1) // 3
    return f"{text[:head]}…{text[len(text) - (letters - 1 - head) :]}"
