"""factors.md and what `make advise` prints, from factors.json alone."""

import re
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
TEMPLATE = Path(__file__).with_name("factors.md.j2")


def factors_markdown(report: FactorsReport) -> str:
    """The whole document, GitHub-flavoured."""
    context = {
        "report": report,
        "factors": factors_table(report),
        "masked": masked_table(report),
        "interactions": interactions_table(report),
        "recommendation": recommendation_table(report),
        "looked_at": listed([f"{count} of {LOOKED_AT[name]}" for name, count in report.contrasts.items()]),
        "fixed": format_names(report.fixed_width),
        "options": options_table(report),
        "run": run_table(report),
    }
    return rendered(TEMPLATE, context)


def advice(report: FactorsReport) -> str:
    """The recommendation as plain text; where there is none, one sentence with the sweeps that are needed."""
    decisions = report.recommendation
    if not report.decided:
        runs = dict.fromkeys(decision.run for decision in decisions if isinstance(decision, Undecided))
        commands = listed([_plain(command) for command in runs])
        return f"{report.dataset}: no recommendation yet, for no sweep was run that would tell; run {commands}"
    width = max(len(decision.decision) for decision in decisions)
    lines = [f"{report.dataset}: what to choose, each against Keras' default"]
    lines += [f"  {decision.decision:<{width}}  {_plain(decision.sentence)}" for decision in decisions]
    lines += [f"Measured one at a time, not together; to train with all of them: {report.together}"]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Without Markdown's marks."""
    return re.sub(r"[`*]", "", text)
