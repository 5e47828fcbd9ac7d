"""reports/<dataset>/sweeps/<name>.md: the question, its answer, the figure, and the tables behind them."""

import re
from pathlib import Path
from typing import Any

from stages.reporting.format import format_count, format_plain, listed
from stages.reporting.render import rendered
from stages.sweeps.findings.words import format_names
from stages.sweeps.report.figures import captions
from stages.sweeps.report.finding_tables import finding_tables
from stages.sweeps.report.tables import (
    axis_title,
    effects_table,
    heads_of_fixed_width,
    interactions_table,
    rows_table,
    serving_table,
)
from stages.sweeps.spec import INNER_AXES, VARIANT, label
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_findings import Equivalence

TEMPLATE = Path(__file__).with_name("sweep.md.j2")
MANY_ROWS = 40
"""A longer table is folded up."""


def sweep_markdown(sweep: SweepReport) -> str:
    """The whole document, GitHub-flavoured."""
    return re.sub(r"\n{3,}", "\n\n", rendered(TEMPLATE, _context(sweep)))


def _context(sweep: SweepReport) -> dict[str, Any]:
    axes = [axis.name for axis in sweep.axes if len(set(axis.labels) - set(sweep.copies)) > 1]
    rows = rows_table(sweep)
    return {
        "sweep": sweep,
        "captions": captions(sweep),
        "rows": rows,
        "many": len(rows.rows) > MANY_ROWS,
        "copies": format_names(sweep.copies),
        "repeats": _repeats(sweep),
        "fixed": format_names(heads_of_fixed_width([sweep])),
        "timed": bool(sweep.of_kind(Equivalence)),
        "effects": [(axis_title(axis), effects_table(sweep, axis)) for axis in axes],
        "answer": [finding.text for finding in sweep.findings if finding.in_answer],
        "others": [finding.text for finding in sweep.findings if not finding.in_answer],
        "interactions": interactions_table(sweep),
        "findings": finding_tables(sweep),
        "serving": serving_table(sweep) if "accuracy_change" in sweep.read else None,
        "sizes": _sizes(sweep),
        "axes": [(axis_title(axis.name), listed(axis.labels)) for axis in sweep.axes],
        "settings": [f"`{key}: {_value(value)}`" for key, value in sorted(sweep.settings.items())],
        "epsilon": _epsilon(sweep.epsilon),
        "level": f"{100 * sweep.level:g} %",
        "inner": listed([axis_title(axis) for axis in sweep.naming_axes if axis in INNER_AXES]),
    }


def _repeats(sweep: SweepReport) -> str:
    """Which variants repeat the figures of which other, in the order of the variants."""
    variants = next(axis.labels for axis in sweep.axes if axis.name == VARIANT)
    repeated = {first: [name for name in variants if sweep.repeats.get(name) == first] for first in variants}
    return "; ".join(
        f"{format_names(names)} repeat{'s' * (len(names) == 1)} every figure of `{first}`"
        for first, names in repeated.items()
        if names
    )


def _sizes(sweep: SweepReport) -> str:
    texts, seeds = sweep.texts, len(sweep.seeds)
    least = "" if texts.alike else "at least "
    return (
        f"{least}{format_count(texts.train)} training texts, {format_count(texts.test)} test texts, of which states of "
        f"{format_count(texts.exported)} were compared; {seeds} seed{'s' * (seeds != 1)} a row; "
        f"{sweep.experiments} experiment{'s' * (sweep.experiments != 1)}"
    )


def _epsilon(bounds: dict[str, float]) -> str:
    return (
        f"{_in_points(bounds['accuracy'])} of accuracy, a drift ratio of {format_plain(bounds['drift_ratio'])}, "
        f"{format_plain(100 * bounds['flip_rate'])} % of predictions flipped"
    )


def _in_points(bound: float) -> str:
    number = format_plain(100 * bound)
    return f"{number} point{'s' * (number != '1')}"


def _value(value: Any) -> str:
    """A value as YAML writes it."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else label(value)
