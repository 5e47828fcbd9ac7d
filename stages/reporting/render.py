"""Filling in templates, and Markdown as HTML: for the report, its page, and what sweeps write.

There is one environment for all templates. Those whose names end in .html.j2 escape what is put into them. Markdown
becomes HTML here for its prose alone: a table or a figure stands in it as a fenced block that names it,

    ```table
    headline
    ```

and is rendered from the object of that name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from stages.reporting.claims.stand import Stand
from stages.reporting.format import format_count, format_percent, format_plain
from stages.reporting.table import Cell, Table

TEMPLATES = Path(__file__).parent / "templates"
STAGES = Path(__file__).parents[1]


@dataclass(frozen=True)
class Drawing:
    """A figure as it stands in a document."""

    name: str
    """The stem of its file."""
    caption: str
    """Markdown: what it says in bold, then how to read it."""
    svg: str = ""
    """As `stages.reporting.figures.style.svg` writes it, which makes it fit to stand in a page."""

    @property
    def title(self) -> str:
        """What stands for a figure that is not seen: what its caption says in bold."""
        return self.caption.split("**")[1].removesuffix(".")

    @property
    def width(self) -> float:
        """In points."""
        return float(self.svg.split('viewBox="')[1].split()[2])


@dataclass(frozen=True)
class Heading:
    """A place in the page that the contents lead to."""

    anchor: str
    title: Markup


@dataclass(frozen=True)
class Section:
    """A heading of the second level and what stands below it."""

    heading: Heading
    parts: list[Heading]
    """Of the third level."""
    body: Markup
    """With the heading."""


@dataclass(frozen=True)
class Page:
    """A document as HTML."""

    title: str
    """Plain text, not escaped."""
    opening: Markup
    """What stands before the first section: title, answer, first table."""
    sections: list[Section]


def rendered(template: Path, context: Mapping[str, Any]) -> str:
    """The text of a template below stages/, with a value for every name in it."""
    return ENVIRONMENT.get_template(template.relative_to(STAGES).as_posix()).render(context)


def literal(text: object) -> str:
    """A name that somebody chose, as Markdown that shows it letter by letter: no emphasis, link, tag or entity."""
    return re.sub(r"([\\`*_~\[\]<>&|$#!])", r"\\\1", " ".join(str(text).split()))


def cell_text(cell: Cell | str) -> str:
    """Text that cannot end a cell of a Markdown table."""
    return " ".join(str(cell).replace("|", "\\|").split())


def markdown_table(table: Table) -> str:
    """A table as GitHub reads it, with its notes; a sentence in the place of one without rows."""
    return _macro("table.md.j2", "table")(table)


def page_of(markdown: str, tables: Mapping[str, Table], drawings: Mapping[str, Drawing]) -> Page:
    """A document as HTML, nothing of which is fetched: what looks like HTML in it stays text.

    Args:
        markdown: prose, with tables and figures as fenced blocks that name them.
        tables: by that name.
        drawings: by that name.
    """
    env: dict[str, Any] = {"table": tables, "figure": drawings}
    tokens = PARSER.parse(markdown, env)

    def html(start: int, end: int) -> Markup:
        return Markup(PARSER.renderer.render(tokens[start:end], PARSER.options, env))

    def headings(tag: str, start: int, end: int) -> list[tuple[int, Heading]]:
        places = [i for i in range(start, end) if tokens[i].type == "heading_open" and tokens[i].tag == tag]
        return [(place, Heading(str(tokens[place].attrGet("id")), html(place + 1, place + 2))) for place in places]

    tops = headings("h2", 0, len(tokens))
    starts = [start for start, _ in tops] + [len(tokens)]
    sections = [
        Section(heading, [part for _, part in headings("h3", start, end)], html(start, end))
        for (_, heading), (start, end) in zip(tops, pairwise(starts), strict=True)
    ]
    title = next((_words(tokens[i + 1]) for i, token in enumerate(tokens) if token.tag == "h1"), "")
    return Page(title, html(0, starts[0]), sections)


def _macro(template: str, name: str) -> Callable[..., str]:
    macro: Callable[..., str] = getattr(ENVIRONMENT.get_template(template).module, name)
    return macro


def _inline(markdown: str) -> Markup:
    return Markup(PARSER.renderInline(markdown))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, STAGES]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape(["html.j2"]),
    )
    environment.filters |= {"percent": format_percent, "plain": format_plain, "whole": format_count}
    environment.filters |= {"cell": cell_text, "text": literal, "inline": _inline}
    return environment


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.core.ruler.push("anchors", _anchors)
    for name, rule in (("text", _text), ("image", _image), ("strong_open", _strong), ("fence", _fence)):
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


def _text(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    """Text in which no percent sign stands alone at the beginning of a line."""
    return escape(tokens[index].content, quote=False).replace(" %", "\N{NO-BREAK SPACE}%")


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    """The words of an image: an image that is fetched has no place in a file that stands alone."""
    return escape(tokens[index].content)


def _strong(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType) -> str:
    """Bold; what a run says of a claim gets its colour."""
    words = tokens[index + 1].content
    return f'<strong class="stand {words}">' if words in tuple(Stand) else "<strong>"


def _fence(_: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType) -> str:
    """A fold, or the table or figure that the block names, under the heading that it stands below; else its lines."""
    token = tokens[index]
    if token.info == "fold":
        return f"<details><summary>{escape(token.content.strip())}</summary>\n"
    if token.info == "unfold":
        return "</details>\n"
    subject = env.get(token.info, {}).get(token.content.strip())
    if subject is None:
        return f'<pre tabindex="0"><code>{escape(token.content, quote=False)}</code></pre>\n'
    headings = [_words(tokens[i + 1]) for i in range(index) if tokens[i].type == "heading_open"]
    return _macro(f"{token.info}.html.j2", token.info)(subject, headings[-1] if headings else "")


PARSER = _parser()
ENVIRONMENT = _environment()
