"""The page of an audit: as Markdown, as one HTML file, as lines of a terminal."""

import re
from collections.abc import Sequence
from html import escape

from .chain import MOST_LINKS, Link, clipped, links, mark, mask_legend, moved_legend, shortened, words
from .picture import STYLE, picture
from .result import Audit
from .sections import LONG, Block, Code, Items, Program, Strong, Table, sections, title
from .sentences import printable
from .terminal import terminal

__all__ = ["html", "markdown", "terminal"]

LONGEST_NAME = 28
"""In the picture of letters."""

CSS = (
    ":root{color-scheme:light dark;--ink:#1c2024;--soft:#5b6470;--page:#fff;--card:#f4f6f8;--edge:#d5dae0;"
    "--bad:#c01c28;--mask:#0b7a75}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3adb8;--page:#15181c;--card:#20252b;"
    "--edge:#3a424c;--bad:#ff7b72;--mask:#4fd1c5}}"
    "*{box-sizing:border-box}body{margin:0 auto;padding:16px;max-width:46rem;background:var(--page);color:var(--ink);"
    "font:17px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.1rem;margin:0;color:var(--soft)}h2{font-size:1.2rem;margin:2rem 0 .5rem}"
    ".answer{font-size:1.25rem;font-weight:600;line-height:1.35;margin:.25rem 0 1rem}"
    "code,pre{font-family:ui-monospace,monospace;font-size:16px}"
    ".scroll,pre{overflow-x:auto;overflow-wrap:normal}pre{padding:12px;background:var(--card);border-radius:6px}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--edge);"
    "white-space:nowrap}svg{display:block;max-width:100%;height:auto}.legend{color:var(--soft);font-size:16px}"
    "td strong{color:var(--bad);white-space:normal}td span{white-space:nowrap}h1 code,.answer code{font-size:.95em}"
    "summary{padding:8px 0;cursor:pointer}"
)


def markdown(audit: Audit) -> str:
    """The page for a code host: plain Markdown, the picture as a block of text."""
    chain = shortened(links(audit), MOST_LINKS)
    parts = [f"# {_md_sentence(title(audit))}: does padding leak?", f"**{_md_sentence(audit.sentence)}**"]
    if chain:
        parts += [_md_program(_drawn(audit, chain), "text"), _md_text(_legend(chain, letters=True))]
    for section in sections(audit):
        parts += [f"## {section.title}", *(_md_block(block) for block in section.blocks)]
    return "\n\n".join(parts) + "\n"


def html(audit: Audit) -> str:
    """The page as one file that needs nothing else: no script, no request, light and dark."""
    chain = shortened(links(audit), MOST_LINKS)
    drawn = f'{picture(audit)}<p class="legend">{escape(_legend(chain, letters=False))}</p>' if chain else ""
    body = "".join(
        f"<h2>{section.title}</h2>\n" + "\n".join(_html_block(block) for block in section.blocks) + "\n"
        for section in sections(audit)
    )
    name = escape(title(audit).replace("`", ""))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{name}: does padding leak?</title><style>{CSS}{STYLE}</style></head>\n<body>"
        f"<h1>{_html_sentence(title(audit))}: does padding leak?</h1>\n"
        f'<p class="answer">{_html_sentence(audit.sentence)}</p>\n'
        f"{drawn}\n{body}</body></html>\n"
    )


def _legend(chain: Sequence[Link], *, letters: bool) -> str:
    line = mask_legend(chain, letters=letters)
    return f"{f'Mask: {line}. ' if line else ''}Steps of text, with pads: {moved_legend(chain)}."


def _drawn(audit: Audit, chain: Sequence[Link]) -> str:
    """The chain in letters, as the picture shows it."""
    names = [clipped(printable(link.label), LONGEST_NAME) for link in chain]
    widest = max(map(len, [*names, "layer"]))
    lines = [f"   {'layer':{widest}} " + " ".join(f"{side:^4}" for side in audit.sides)]
    for link, name in zip(chain, names, strict=True):
        signs = " ".join(f"{link.moved.get(side, ''):^4}" for side in audit.sides)
        lines.append(f" {mark(link)} {name:{widest}} {signs}  {'; '.join(words(link))}".rstrip())
    return "\n".join([*lines, *(f"   output, {side}: {finding.verdict}" for side, finding in audit.sides.items())])


def _spans(sentence: str) -> list[tuple[str, bool]]:
    """The parts of a sentence, and whether each is a name, which stands between backticks."""
    parts = re.split(r"`([^`]+)`", printable(sentence))
    return [(part, bool(i % 2)) for i, part in enumerate(parts) if part]


def _md_sentence(sentence: str) -> str:
    return "".join(_md_code(part) if is_name else _md_text(part) for part, is_name in _spans(sentence))


def _md_text(text: str) -> str:
    """Letters that mean something to Markdown are escaped."""
    return re.sub(r"([\\`*_<>|~#&]|\[(?!\d))", r"\\\1", printable(text))


def _md_code(text: str) -> str:
    """A span of code, in a table too: with more backticks around it than it holds."""
    text = printable(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _md_program(code: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"


def _md_cell(cell: str) -> str:
    if isinstance(cell, Code):
        return _md_code(cell).replace("|", "\\|")
    return f"**{_md_text(cell)}**" if isinstance(cell, Strong) else _md_text(cell)


def _md_block(block: Block) -> str:
    if isinstance(block, Table):
        rows = [[_md_cell(cell) for cell in row] for row in [block.header, *block.rows]]
        rows.insert(1, ["---"] * len(block.header))
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return (
            f"<details><summary>All {len(block.rows)} rows</summary>\n\n{table}\n\n</details>"
            if _long(block)
            else table
        )
    if isinstance(block, Items):
        return "\n".join(f"- {_md_sentence(sentence)}" for sentence in block.sentences)
    if isinstance(block, Program):
        return _md_program(block.code, "python")
    return f"**{_md_sentence(block)}**" if isinstance(block, Strong) else _md_sentence(block)


def _html_sentence(sentence: str) -> str:
    return "".join(f"<code>{escape(part)}</code>" if is_name else escape(part) for part, is_name in _spans(sentence))


def _html_cell(cell: str) -> str:
    text = escape(printable(cell))
    if isinstance(cell, Code):
        return f"<code>{text}</code>"
    figure, _, words = text.partition(" ")
    whole = f" <span>{words}</span>" if words else ""
    return f"<strong>{figure}{whole}</strong>" if isinstance(cell, Strong) else text


def _html_block(block: Block) -> str:
    if isinstance(block, Table):
        head = "".join(f"<th>{escape(cell)}</th>" for cell in block.header)
        rows = "".join(f"<tr>{''.join(f'<td>{_html_cell(cell)}</td>' for cell in row)}</tr>\n" for row in block.rows)
        table = f'<div class="scroll" tabindex="0"><table><tr>{head}</tr>\n{rows}</table></div>'
        return f"<details><summary>All {len(block.rows)} rows</summary>{table}</details>" if _long(block) else table
    if isinstance(block, Items):
        return f"<ul>{''.join(f'<li>{_html_sentence(sentence)}</li>' for sentence in block.sentences)}</ul>"
    if isinstance(block, Program):
        return f'<pre tabindex="0">{escape(block.code.rstrip())}</pre>'
    if isinstance(block, Strong):
        return f"<p><strong>{_html_sentence(block)}</strong></p>"
    return f"<p>{_html_sentence(block)}</p>"


def _long(table: Table) -> bool:
    return len(table.rows) > LONG
