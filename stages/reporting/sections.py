"""report.md as HTML: sections with anchors, tables that scroll by themselves, drawings in the place of images."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from stages.reporting.format import EXACT_ZERO, MISSING
from stages.stats.verdicts import Verdict

STANDS = ("supported", "refuted", "depends", "open")
"""What report.md says in bold of a claim."""

PROSE_LETTERS = 60
"""A column with a cell longer than this is read, not compared."""

TALL_ROWS = 24
"""A table with more rows scrolls in a box, below its header."""

_VERDICT = re.compile(rf"\b({'|'.join(verdict.value for verdict in Verdict)})\b")
_INTERVAL = re.compile(r"\[(?:&lt;)?[−+]?\d[^\[\]]*, [^\[\]]*\]")
_NUMBER = re.compile(r"[<−+]?\d[\d,.]*(e-?\d+)?( %)?")


@dataclass(frozen=True)
class Heading:
    """A place in the page that the contents lead to."""

    anchor: str
    title: str
    """HTML."""


@dataclass(frozen=True)
class Section:
    """A heading of the second level and what stands below it."""

    heading: Heading
    parts: list[Heading]
    """Of the third level."""
    body: str
    """HTML, with the heading."""


@dataclass(frozen=True)
class Document:
    """A whole report as HTML."""

    title: str
    """Plain text, not escaped."""
    opening: str
    """What stands before the first section: title, answer, first table."""
    sections: list[Section]


def document(markdown: str, drawings: dict[str, str]) -> Document:
    """The Markdown of a report as HTML, nothing of which is fetched: what looks like HTML in it stays text.

    Args:
        markdown: report.md, with tables as GitHub reads them.
        drawings: SVG of each figure, by the stem of the file that an image names; another image becomes its words.
    """
    parser = _parser()
    env: dict[str, Any] = {"drawings": drawings}
    tokens = parser.parse(markdown, env)

    def html(start: int, end: int) -> str:
        return str(parser.renderer.render(tokens[start:end], parser.options, env))

    def headings(tag: str, start: int, end: int) -> list[tuple[int, Heading]]:
        places = [i for i in range(start, end) if tokens[i].type == "heading_open" and tokens[i].tag == tag]
        return [(place, Heading(str(tokens[place].attrGet("id")), html(place + 1, place + 2))) for place in places]

    found = headings("h2", 0, len(tokens))
    starts = [start for start, _ in found] + [len(tokens)]
    sections = [
        Section(heading, [part for _, part in headings("h3", start, end)], html(start, end))
        for (_, heading), (start, end) in zip(found, pairwise(starts), strict=True)
    ]
    title = next((_words(tokens[i + 1]) for i, token in enumerate(tokens) if token.tag == "h1"), "")
    return Document(title, html(0, starts[0]), sections)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.core.ruler.push("anchors", _anchors)
    parser.core.ruler.push("figures", _figures)
    parser.core.ruler.push("tables", _tables)
    parser.core.ruler.push("stands", _stands)
    for name, rule in (
        ("text", _text),
        ("image", _image),
        ("table_open", _table_open),
        ("table_close", _table_close),
        ("fence", _fence),
    ):
        parser.add_render_rule(name, rule)
    return parser


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])


def _anchors(state: StateCore) -> None:
    """Every heading gets the anchor that GitHub gives it, so that links of report.md work here too."""
    taken: dict[str, int] = {}
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            words = _words(state.tokens[index + 1])
            anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            copies = taken.get(anchor, 0)
            taken[anchor] = copies + 1
            token.attrSet("id", f"{anchor}-{copies}" if copies else anchor)


def _figures(state: StateCore) -> None:
    """A paragraph that is one image becomes a figure; a paragraph right behind it that starts in bold, its caption."""
    tokens, result, index = state.tokens, cast(list[Token], []), 0
    while index < len(tokens):
        drawing = _drawing(tokens, index, state.env)
        if drawing is None:
            result.append(tokens[index])
            index += 1
            continue
        name, svg, words = drawing
        named = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1)
        result.append(_raw(f'<figure id="figure-{escape(name)}">\n<div class="drawing">{named}</div>\n'))
        index += 3
        if _starts_in_bold(tokens, index):
            result += [_raw("<figcaption>"), *tokens[index : index + 3], _raw("</figcaption>\n")]
            index += 3
        else:
            result.append(_raw(f"<figcaption><p>{escape(words)}</p></figcaption>\n"))
        result.append(_raw("</figure>\n"))
    state.tokens = result


def _drawing(tokens: list[Token], index: int, env: EnvType) -> tuple[str, str, str] | None:
    """Name, HTML and words of the figure in the paragraph that opens here; None where there is none."""
    if tokens[index].type != "paragraph_open":
        return None
    children = tokens[index + 1].children or []
    if len(children) != 1 or children[0].type != "image":
        return None
    source = re.fullmatch(r"figures/([\w-]+)\.svg", str(children[0].attrGet("src")))
    svg = env["drawings"].get(source[1]) if source else None
    return (source[1], svg, children[0].content) if source and svg is not None else None


def _starts_in_bold(tokens: list[Token], index: int) -> bool:
    if index >= len(tokens) or tokens[index].type != "paragraph_open":
        return False
    children = [child for child in tokens[index + 1].children or [] if child.type != "text" or child.content]
    return bool(children) and children[0].type == "strong_open"


def _raw(html: str) -> Token:
    return Token("html_block", "", 0, content=html, block=True)


def _tables(state: StateCore) -> None:
    """Each table and cell gets the classes by which it is laid out."""
    heading = ""
    tokens = state.tokens
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = _words(tokens[index + 1])
        if token.type == "table_open":
            end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
            _one_table(tokens[index:end], heading)


def _one_table(tokens: list[Token], heading: str) -> None:
    header = [(token, _words(tokens[i + 1])) for i, token in enumerate(tokens) if token.type == "th_open"]
    cells = [(token, _words(tokens[i + 1])) for i, token in enumerate(tokens) if token.type == "td_open"]
    classes = ["table"]
    if [words for _, words in header[:2]] == ["padding", "variant"]:
        classes.append("two-keys")
    if len(cells) > TALL_ROWS * len(header):
        classes.append("tall")
    tokens[0].meta = {"class": " ".join(classes), "label": heading}
    for column, (head, _) in enumerate(header):
        head.attrSet("scope", "col")
        below = [words for _, words in cells[column :: len(header)]]
        kind = "prose" if any(len(words) > PROSE_LETTERS for words in below) else None
        if below and all(words in ("", MISSING) or _NUMBER.fullmatch(words) for words in below):
            kind = "number"
        for token in [head, *(token for token, _ in cells[column :: len(header)])]:
            if kind:
                token.attrJoin("class", kind)


def _stands(state: StateCore) -> None:
    """The stand of a claim, in bold, gets its colour."""
    for token in state.tokens:
        children = token.children or []
        for one, two in pairwise(children):
            if one.type == "strong_open" and two.type == "text" and two.content in STANDS:
                one.attrSet("class", f"stand {two.content}")


def _text(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    """Text with verdicts and intervals marked; it is escaped first, which touches neither."""
    words = tokens[index].content
    if words == EXACT_ZERO:
        return f'<span class="verdict exact">{EXACT_ZERO}</span>'
    html = escape(words, quote=False)
    html = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", html)
    html = _INTERVAL.sub(lambda found: f'<span class="interval">{found[0]}</span>', html)
    return _VERDICT.sub(lambda found: f'<span class="verdict {found[0].lower()}">{found[0]}</span>', html)


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    """The words of an image: an image that is fetched has no place in a file that stands alone."""
    return escape(tokens[index].content)


def _table_open(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    meta = tokens[index].meta
    label = escape(f"Table: {meta['label']}", quote=True)
    return f'<div class="{meta["class"]}" role="region" tabindex="0" aria-label="{label}">\n<table>\n'


def _table_close(_: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType) -> str:
    return "</table>\n</div>\n"


def _fence(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[index].content, quote=False)}</code></pre>\n'
