"""reports/<dataset>/sweeps/<name>.md: the question, its answer, the figure, and the tables behind them."""

import re
from pathlib import Path
from typing import Any

from stages.reporting.format import format_count, format_plain, listed
from stages.reporting.render import rendered
from stages.reporting.results import Record
from stages.sweeps.report.figures import captions
from stages.sweeps.report.finding_tables import finding_tables
from stages.sweeps.report.tables import (
    axes_of,
    axis_title,
    effects_table,
    heads_of_fixed_width,
    interactions_table,
    rows_table,
    serving_table,
)

TEMPLATE = Path(__file__).with_name("sweep.md.j2")
MANY_ROWS = 40
"""A longer table is folded up."""


def sweep_markdown(content: Record) -> str:
    """The whole document, GitHub-flavoured.

    Args:
        content: what `stages.sweeps.sweep_json.sweep_content` gives, as its JSON holds it.
    """
    return re.sub(r"\n{3,}", "\n\n", rendered(TEMPLATE, _context(content)))


def _context(content: Record) -> dict[str, Any]:
    axes = [each["name"] for each in content["axes"] if len(set(each["labels"]) - set(content["copies"])) > 1]
    rows = rows_table(content)
    return {
        "title": content["title"],
        "dataset": content["dataset"],
        "question": content["question"],
        "answer": content["answer"],
        "captions": captions(content),
        "rows": rows,
        "many": len(rows.rows) > MANY_ROWS,
        "copies": listed([f"`{variant}`" for variant in content["copies"]]),
        "repeats": _repeats(content["repeats"]),
        "fixed": listed([f"`{head}`" for head in heads_of_fixed_width([content])]),
        "timed": any(each["id"] == "equivalence" for each in content["findings"]),
        "effects": [(axis_title(axis), effects_table(content, axis)) for axis in axes],
        "others": [each["text"] for each in content["findings"] if not each["in_answer"]],
        "interactions": interactions_table(content),
        "looked_at": content["interactions_looked_at"],
        "shown": len(content["interactions"]),
        "findings": finding_tables(content),
        "serving": serving_table(content) if "accuracy_change" in content["read"] else None,
        "sizes": _sizes(content),
        "axes": [(axis_title(each["name"]), listed(each["labels"])) for each in content["axes"]],
        "settings": [f"`{key}: {_value(value)}`" for key, value in content["settings"].items()],
        "epsilon": _epsilon(content),
        "level": f"{100 * content['level']:g} %",
        "command": content["command"],
        "method": content["method"],
        "name": content["name"],
        "inner": listed([axis_title(axis) for axis in axes_of(content) if axis in ("side", "variant")]),
    }


def _repeats(repeats: dict[str, str]) -> str:
    """Which variants repeat the figures of which other."""
    parts = []
    for first in dict.fromkeys(repeats.values()):
        others = [f"`{variant}`" for variant, of in repeats.items() if of == first]
        parts.append(f"{listed(others)} repeat{'s' * (len(others) == 1)} every figure of `{first}`")
    return "; ".join(parts)


def _sizes(content: Record) -> str:
    texts, seeds = content["texts"], content["seeds"]
    least = "" if texts["alike"] else "at least "
    return (
        f"{least}{format_count(texts['train'])} training texts, {format_count(texts['test'])} test texts, of which "
        "states of "
        f"{format_count(texts['exported'])} were compared; {len(seeds)} seed{'s' * (len(seeds) != 1)} a row; "
        f"{content['experiments']} experiment{'s' * (content['experiments'] != 1)}"
    )


def _epsilon(content: Record) -> str:
    bounds = content["epsilon"]
    return (
        f"{_in_points(bounds['accuracy'])} of accuracy, a drift ratio of {format_plain(bounds['drift_ratio'])}, "
        f"{format_plain(100 * bounds['flip_rate'])} % of predictions flipped"
    )


def _in_points(bound: float) -> str:
    number = format_plain(100 * bound)
    return f"{number} point{'s' * (number != '1')}"


def _value(value: Any) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"[{', '.join(map(str, value))}]"
        if isinstance(value, list)
        else str(value)
    )
