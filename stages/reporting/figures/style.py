"""How every figure looks: colours, panels, legends, and the SVG that it is written as."""

import io
import itertools
import math
import re
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from stages.analysis.contract_cells import CellFacts
from stages.params.layers import WORKING_MASKS
from stages.reporting.results import Results

INK = "#222222"
GREY = "#555555"
"""Of rules and of what belongs to no variant."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    # A page with a dark theme may hold the figure: no text inherits its colour from there.
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    # Names of classes are the user's: a $ in them is a $.
    "text.parse_math": False,
}

LineStyle = Literal["-", "--", ":"] | tuple[float, tuple[float, ...]]

PANEL_WIDTH = 3.5
PANEL_HEIGHT = 3.1
"""Inches. Two panels side by side keep their letters legible where they are shown 400 pixels wide."""

TITLE_LETTERS = 42
"""A line of a title that is longer would run into the next panel."""

LETTER = 0.076
"""Inches, the mean width of a letter at the size of a legend."""

FONTS = "DejaVu Sans, Verdana, Arial, sans-serif"

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Look:
    """How one variant is drawn: in colours that most eyes tell apart (Okabe & Ito 2008), dashed where it lies above."""

    colour: str
    line: LineStyle
    marker: str
    width: float


LOOKS = (
    Look("#D55E00", "-", "o", 3.0),
    Look("#0072B2", "-", "s", 1.8),
    Look("#111111", (0, (3, 3)), "^", 1.3),
    Look("#009E73", (0, (6, 2)), "D", 1.5),
    Look("#CC79A7", (0, (1.5, 1.5)), "v", 1.5),
    Look("#E69F00", (0, (6, 2, 1.5, 2)), "P", 1.5),
    Look("#56B4E9", (0, (8, 3)), "X", 1.5),
)

RESERVED = dict(zip(("baseline", "masked", "double_mask"), LOOKS, strict=False))

Subject = TypeVar("Subject")
Draw = Callable[[Results], Figure]


def variant_looks(variants: Iterable[str]) -> dict[str, Look]:
    """The look of every variant; those of the default run look the same in every figure of every run and sweep."""
    names = list(dict.fromkeys(variants))
    free = itertools.cycle([*LOOKS[len(RESERVED) :], *(RESERVED[name] for name in RESERVED if name not in names)])
    return {name: RESERVED[name] if name in RESERVED else next(free) for name in names}


def cells_of(results: Results, side: str, *, copies: bool = False) -> list[tuple[CellFacts, Look]]:
    """The cells of one side, each with its look; with those that repeat the baseline to the last bit if `copies`."""
    looks = variant_looks(results.variants)
    cells = results.cells if copies else results.originals
    return [(cell, looks[cell.variant]) for cell in cells if cell.side == side]


def panels(
    rows: int,
    columns: int,
    *,
    height: float = PANEL_HEIGHT,
    sharex: bool = False,
    sharey: bool | Literal["row"] = False,
) -> tuple[Figure, list[Axes]]:
    """A figure with rows × columns panels, read like a page; `sharex` and `sharey` as matplotlib has them."""
    figure = Figure(figsize=(PANEL_WIDTH * max(columns, 1.5), height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey)
    return figure, list(grid.flat)


def paged_panels(count: int, *, height: float, share: bool = False) -> tuple[Figure, list[Axes]]:
    """So many panels, two beside each other; with one scale for all of them if they `share` it."""
    figure, grid = panels(math.ceil(count / 2), min(2, count), height=height, sharex=share, sharey=share)
    for axes in grid[count:]:
        axes.remove()
    return figure, grid[:count]


def empty_figure(sentence: str) -> Figure:
    """What stands where a run has nothing to draw: one sentence that says why."""
    figure = Figure(figsize=(2 * PANEL_WIDTH, 1.1))
    figure.text(0.5, 0.5, textwrap.fill(sentence, 92), ha="center", va="center", color=GREY)
    return figure


def why_empty(results: Results, what: str, *, moving: bool = False) -> str:
    """The sentence in the place of a figure without data, of unmasked cells if only `moving` states are drawn."""
    cells = [cell for cell in results.cells if not moving or cell.mask not in WORKING_MASKS]
    if not cells:
        reason = "no unmasked variant was trained"
    elif not any(cell.learned for cell in results.cells):
        reason = "no seed beat chance"
    elif not any(len(cell.learned) >= min(2, len(cell.seeds)) for cell in cells):
        reason = f"too few seeds{' of the unmasked variants' * moving} beat chance"
    else:
        reason = "no state moved" if moving else "it was not measured"
    return f"This run cannot show {what}: {reason}."


def rule(label: str, linestyle: LineStyle = ":") -> Line2D:
    """A line in a legend that belongs to no variant."""
    return Line2D([], [], color=GREY, linestyle=linestyle, linewidth=1.2, label=label)


def dot(label: str, marker: str = "o", *, hollow: bool = False, colour: str = GREY) -> Line2D:
    """A marker in a legend."""
    face = "white" if hollow else colour
    return Line2D(
        [], [], color=colour, marker=marker, markerfacecolor=face, linestyle="none", markersize=5, label=label
    )


def handle(label: str, look: Look, *, size: float = 4.0) -> Line2D:
    """A line in a legend, with a marker where it has a `size` in points."""
    marker = look.marker if size else "None"
    return Line2D(
        [],
        [],
        color=look.colour,
        linestyle=look.line,
        linewidth=look.width,
        marker=marker,
        markersize=size,
        label=label,
    )


def variant_lines(
    results: Results, names: dict[str, str] | None = None, *, plain: bool = False, size: float = 4.0
) -> list[Line2D]:
    """The variants in a legend, by the label that `names` gives them, all where it is None; solid lines if `plain`."""
    labels = names if names is not None else {variant: variant for variant in results.variants}
    looks = {name: look for name, look in variant_looks(results.variants).items() if name in labels}
    if plain:
        looks = {name: replace(look, line="-", width=1.8) for name, look in looks.items()}
    return [handle(labels[name], look, size=size) for name, look in looks.items()]


def legend(figure: Figure, handles: Sequence[Artist], *, length: float = 2.6) -> None:
    """One legend above all panels, in as many columns as fit; no legend lies over data."""
    if not handles:
        return
    widths = [len(str(handle.get_label())) * LETTER + 0.125 * (length + 2.8) for handle in handles]
    rows = next(
        (rows for rows in range(1, len(widths)) if _fits(widths, math.ceil(len(widths) / rows), figure.get_figwidth())),
        len(widths),
    )
    columns = math.ceil(len(widths) / rows)
    figure.legend(handles=list(handles), loc="outside upper center", ncols=columns, frameon=False, handlelength=length)


def legend_above(axes: Axes, handles: Sequence[Artist], name: str) -> None:
    """A small legend above one panel, headed by the panel's name."""
    axes.legend(
        handles=list(handles), title=name, title_fontsize=9.5, alignment="left", loc="lower left", ncols=2,
        bbox_to_anchor=(0.0, 1.0), frameon=False, fontsize=7.5, handlelength=2.4, handletextpad=0.5,
        columnspacing=0.8, borderaxespad=0.2,
    )  # fmt: skip


def _fits(widths: list[float], columns: int, width: float) -> bool:
    """Whether a legend of so many columns is narrow enough; matplotlib fills it column by column, the first fuller."""
    rows, more = divmod(len(widths), columns)
    ends = [0, *itertools.accumulate(rows + (index < more) for index in range(columns))]
    return sum(max(widths[start:end]) for start, end in itertools.pairwise(ends)) <= width


def not_drawn(variants: Sequence[str], why: str = "undefined") -> str:
    """What a note below a title says of variants that a panel leaves out; nothing where there are none."""
    return f"{why}, not drawn: {', '.join(variants)}" if variants else ""


def title(axes: Axes, text: str, note: str = "") -> None:
    """The title of a panel, and below it what the panel does not draw."""
    axes.set_title("\n".join([text, textwrap.fill(note, TITLE_LETTERS)][: 1 + bool(note)]))


def svg(name: str, draw: Callable[[Subject], Figure], subject: Subject) -> str:
    """A figure as SVG with text as text, and neither date nor version in it.

    It can stand in a page beside others: all of its ids begin with its name, and it brings no style sheet.
    """
    buffer = io.StringIO()
    with mpl.rc_context(STYLE | {"svg.hashsalt": name}):
        canvas: Any = FigureCanvasSVG(draw(subject))
        # Figure.savefig draws all of it twice, the first time for the layout alone; that is done in every drawing.
        canvas.print_svg(buffer, metadata=dict.fromkeys(("Date", "Creator", "Type", "Format")))
    return _for_a_page(buffer.getvalue(), name)


def _for_a_page(text: str, name: str) -> str:
    """Without the ids that nothing refers to, the others behind the figure's name; a style sheet as attributes."""
    ET.register_namespace("", SVG_NAMESPACE)
    root = ET.fromstring(text)
    used = dict.fromkeys(re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', text))
    names = {identity: f"{name}-{number}" for number, identity in enumerate(used, 1)}
    for element in root.iter():
        for child in list(element):
            if child.tag == f"{{{SVG_NAMESPACE}}}metadata" or child.find(f"{{{SVG_NAMESPACE}}}style") is not None:
                element.remove(child)
        _rename(element, names)
    _without_bare_groups(root)
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt", "font-family": FONTS}
    ET.indent(root, "")
    return ET.tostring(root, encoding="unicode") + "\n"


def _rename(element: ET.Element, names: dict[str, str]) -> None:
    """The ids of one element, and its numbers at a hundredth of a point."""
    identity = element.attrib.pop("id", "")
    if identity in names:
        element.set("id", names[identity])
    target = element.attrib.pop(XLINK, None)
    if target:
        element.set("href", f"#{names[target.removeprefix('#')]}")
    for key, value in element.attrib.items():
        if key == "clip-path":
            element.set(key, f"url(#{names[value.removeprefix('url(#').removesuffix(')')]})")
        elif key in ("d", "x", "y", "transform", "points"):
            short = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", value)
            element.set(key, re.sub(r" ?([A-Za-z]) ?", r"\1", " ".join(short.split())) if key == "d" else short)
        elif key == "style":
            element.set(key, re.sub(r"font-family: [^;]*; ", "", value))


def _without_bare_groups(element: ET.Element) -> None:
    """Every group that says nothing gives way to its content; what all marks of one say alike, the group says."""
    for child in list(element):
        _without_bare_groups(child)
        looks_of_marks = {mark.get("style", "") for mark in child if mark.tag == f"{{{SVG_NAMESPACE}}}use"}
        if len(child) > 2 and len(looks_of_marks) == 1 and all(mark.tag == child[0].tag for mark in child):
            child.set("style", looks_of_marks.pop())
            for mark in child:
                mark.attrib.pop("style", None)
        elif child.tag == f"{{{SVG_NAMESPACE}}}g" and not child.attrib:
            place = list(element).index(child)
            element[place : place + 1] = list(child)
