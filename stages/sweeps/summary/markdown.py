"""factors.md and what `make advise` prints, from factors.json alone."""

import re
import textwrap
from pathlib import Path

from stages.reporting.format import listed
from stages.reporting.render import rendered
from stages.reporting.results import DRIFT, FLIPS
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.findings.words import format_names
from stages.sweeps.summary.factors_json import FactorsReport, Undecided
from stages.sweeps.summary.tables import (
    factors_table,
    interactions_table,
    masked_table,
    options_table,
    recommendation_table,
    run_table,
)

LOOKED_AT = {ACCURACY: "accuracy", DRIFT: "drift", FLIPS: "flips"}
LINE_WIDTH = 110
"""Characters in a line of what is read first, so that it fits on one screen."""
TEMPLATE = Path(__file__).with_name("factors.md.j2")


def factors_markdown(report: FactorsReport) -> str:
    """The whole document, GitHub-flavoured."""
    context = {
        "report": report,
        "factors": factors_table(report),
        "masked": masked_table(report),
        "interactions": interactions_table(report),
        "answer": [
            textwrap.fill(line, LINE_WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
            for line in report.answer
        ],
        "recommendation": recommendation_table(report),
        "notes": _notes(report),
        "command": command_lines(report.together),
        "looked_at": listed([f"{count} of {LOOKED_AT[name]}" for name, count in report.contrasts.items()]),
        "fixed": format_names(report.fixed_width),
        "options": options_table(report),
        "run": run_table(report),
    }
    return rendered(TEMPLATE, context)


def advice(report: FactorsReport) -> str:
    """What factors.md begins with as plain text; where nothing is decided, one sentence with the sweeps that would."""
    decisions = report.recommendation
    if not report.decided:
        runs = dict.fromkeys(decision.run for decision in decisions if isinstance(decision, Undecided))
        commands = listed([_plain(command) for command in runs])
        return f"{report.dataset}: no recommendation yet, for no sweep was run that would tell; run {commands}"
    table = recommendation_table(report)
    cells = [table.header, *([_plain(str(cell)) for cell in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines = [*map(_plain, report.answer), "", *rows, "", *map(_plain, _notes(report))]
    return "\n".join(
        [*lines, "Each choice was measured by itself. To train with all of them:", command_lines(report.together)]
    )


def command_lines(command: str) -> str:
    """A command in lines of a screen's width, which a shell reads as one."""
    lines = [""]
    for part in re.split(" (?=-S )", command):
        if len(lines[-1]) + len(part) > LINE_WIDTH:
            lines.append("   ")
        lines[-1] = f"{lines[-1]} {part}".removeprefix(" " * (len(lines) == 1))
    return " \\\n".join(lines)


def _notes(report: FactorsReport) -> list[str]:
    notes = [decision.note for decision in report.recommendation if decision.note]
    if report.of_other_code:
        notes.append("Older code computed some of these sweeps: `make stale` names them.")
    return notes


def _plain(text: str) -> str:
    """Without Markdown's marks."""
    return re.sub(r"`|\*\*", "", text)
