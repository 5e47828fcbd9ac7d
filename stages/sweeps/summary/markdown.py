"""factors.md and what `make advise` prints, from factors.json alone."""

import re
from pathlib import Path
from typing import Any

from stages.reporting.format import listed
from stages.reporting.render import rendered
from stages.reporting.results import Record
from stages.sweeps.summary.tables import (
    factors_table,
    interactions_table,
    masked_table,
    options_table,
    recommendation_table,
    run_table,
)

TEMPLATE = Path(__file__).with_name("factors.md.j2")


def factors_markdown(content: Record) -> str:
    """The whole document, GitHub-flavoured.

    Args:
        content: that of factors.json.
    """
    return rendered(TEMPLATE, _context(content))


def _context(content: Record) -> dict[str, Any]:
    return {
        "content": content,
        "factors": factors_table(content),
        "masked": masked_table(content),
        "interactions": interactions_table(content),
        "recommendation": recommendation_table(content),
        "fixed": listed([f"`{head}`" for head in content["fixed_width"]]),
        "options": options_table(content),
        "run": run_table(content),
    }


def advice(content: Record) -> str:
    """The recommendation as plain text; where there is none, one sentence with the sweeps that are needed."""
    decisions = content["recommendation"]
    decided = [each for each in decisions if each["choice"] is not None]
    if not decided:
        commands = [_plain(command) for command in dict.fromkeys(each["run"] for each in decisions)]
        return (
            f"{content['dataset']}: no recommendation yet, for no sweep was run that would tell; run {listed(commands)}"
        )
    width = max(len(each["decision"]) for each in decisions)
    lines = [f"{content['dataset']}: what to choose, each against Keras' default"]
    for each in decisions:
        lines.append(f"  {each['decision']:<{width}}  {_plain(each['sentence'])}")
    lines += [f"Measured one at a time, not together; to train with all of them: {content['together']}"]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Without Markdown's marks."""
    return re.sub(r"[`*]", "", text)
