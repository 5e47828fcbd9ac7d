"""The picture of a model: its layers as a chain, the mask as a line beside it, and what moved on which side."""

from html import escape

from .chain import MOST_LINKS, Line, Link, Moved, clipped, links, shortened, words
from .result import Audit, Did
from .sentences import printable

WIDTH = 328
"""Of the picture, in pixels: that of a phone of 360 without its margins."""
RAIL, LEFT, COLUMN = 12, 30, 44
"""Where the line of the mask runs, where the layers begin, and how wide the column of a side is."""
LINE, GAP = 22, 8
"""The height of a line of text, and the space between two layers."""
LETTER = 8.4
"""The width of a letter, more or less."""
STYLE = (
    ".chain{font:16px system-ui,sans-serif;fill:var(--ink)}.chain .box{fill:var(--card);stroke:var(--edge)}"
    ".chain .leak{stroke:var(--bad);stroke-width:2.5}.chain .says{fill:var(--soft)}"
    ".chain .bad{fill:var(--bad);font-weight:700}.chain .there{stroke:var(--mask);stroke-width:5}"
    ".chain .wrong{stroke:var(--mask);stroke-width:3;stroke-dasharray:3 4}.chain .dot{fill:var(--mask)}"
    ".chain .cut{stroke:var(--bad);stroke-width:3}"
)


def picture(audit: Audit) -> str:
    """The chain as an SVG that takes its colours from the page around it."""
    sides = list(audit.sides)
    columns = {side: WIDTH - COLUMN * (len(sides) - i - 0.5) for i, side in enumerate(sides)}
    top, parts = LINE + GAP, [_text(0, 16, "mask", "says")]
    parts += [_text(x, 16, side, "says", "middle") for side, x in columns.items()]
    for link in shortened(links(audit), MOST_LINKS):
        height = LINE * (1 + len(words(link))) + GAP
        parts.append(_link(link, top, height, columns))
        top += height + GAP
    for side, finding in audit.sides.items():
        parts.append(_text(LEFT, top + 16, f"output, {side}-padding", ""))
        style = "bad" if finding.verdict in ("LEAKS", "UNDEFINED") else ""
        parts.append(_text(WIDTH - 4, top + 16, finding.verdict, style, "end"))
        top += LINE
    label = escape(printable(audit.sentence))
    size = f'width="{WIDTH}" height="{top + GAP}" viewBox="0 0 {WIDTH} {top + GAP}"'
    return f'<svg class="chain" role="img" aria-label="{label}" {size}>' + "".join(parts) + "</svg>"


def _link(link: Link, top: int, height: int, columns: dict[str, float]) -> str:
    single = link.layers == 1
    parts = _rail(link, top, height)
    if single:
        style = "box leak" if link.leaks else "box"
        parts.append(
            f'<rect class="{style}" x="{LEFT - 4}" y="{top}" width="{WIDTH - LEFT + 2}" height="{height}" rx="6"/>'
        )
    room = min(columns.values()) - COLUMN / 2 - LEFT
    title = f"<title>{escape(printable(f'{link.label} {link.type}'))}</title>"
    name = clipped(printable(link.label), int(room / LETTER))
    parts.append(_text(LEFT + 4, top + 20, name, "" if single else "says", inner=title))
    for side, moved in link.moved.items():
        parts.append(_text(columns[side], top + 20, moved, "bad" if moved is Moved.YES else "says", "middle"))
    for i, said in enumerate(words(link), 1):
        parts.append(_text(LEFT + 4, top + 20 + LINE * i, said, "bad" if said == link.leak else "says"))
    return f"<g>{''.join(parts)}</g>"


def _rail(link: Link, top: int, height: int) -> list[str]:
    """The line of the mask: a dot where it is made, a bar where it is used up, a cross where it breaks."""
    middle = top + 15
    cut = 9 if link.breaks else 0
    parts = [
        _line(RAIL, start, RAIL, end, line.value)
        for line, start, end in (
            (link.above, top - GAP, middle - cut),
            (link.below, middle + cut, top + height),
        )
        if line is not Line.NONE
    ]
    if link.did is Did.MADE:
        parts.append(f'<circle class="dot" cx="{RAIL}" cy="{middle}" r="7"/>')
    elif link.breaks:
        parts += [_line(RAIL - 7, middle - 7 * s, RAIL + 7, middle + 7 * s, "cut") for s in (1, -1)]
    elif link.above is not Line.NONE and link.below is Line.NONE:
        parts.append(_line(RAIL - 8, middle, RAIL + 8, middle, "there"))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line class="{style}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _text(x: float, y: float, words: str, style: str, anchor: str = "start", inner: str = "") -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}{inner}</text>'
