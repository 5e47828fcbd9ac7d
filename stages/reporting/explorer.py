"""The units of every model, as the page lets a reader explore them."""

import json
from typing import Any

from markupsafe import Markup

from stages.analysis.contract_memory import UnitFacts
from stages.reporting.results import Results
from stages.stats.rounding import significant
from stages.stats.verdicts import UNMOVED, Verdict

MEASURES = ("shift", "effect", "largest")
DIGITS = 3
"""Of every number of a unit: a bar and a colour show no more."""


def explorer_data(units: list[UnitFacts]) -> list[dict[str, Any]]:
    """A record for each trained model, its numbers of pads rising, and each measure by number of pads and unit."""
    models: dict[tuple[str, str, int], list[UnitFacts]] = {}
    for facts in units:
        models.setdefault((facts.side, facts.variant, facts.seed), []).append(facts)
    return [_model(sorted(facts, key=lambda facts: facts.pads)) for facts in models.values()]


def _model(rising: list[UnitFacts]) -> dict[str, Any]:
    first = rising[0]
    return {
        "side": first.side,
        "variant": first.variant,
        "seed": first.seed,
        "state": first.state,
        "pads": [facts.pads for facts in rising],
        **{name: [[_short(value) for value in getattr(facts, name)] for facts in rising] for name in MEASURES},
    }


def _short(value: float | None) -> float | int | None:
    """A number of a unit; zero without its point."""
    return None if value is None else significant(value, DIGITS) or 0


def embedded_json(value: object) -> Markup:
    """JSON that cannot end the element of the page that it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def why_no_units(results: Results) -> str:
    """Why there is nothing to explore, where there is nothing."""
    if not any(seed.learned for cell in results.cells for seed in cell.seeds):
        return "No trained model beat chance, and what pads do to a model that learned nothing means nothing."
    moving = [finding for finding in results.findings if finding.state and finding.verdict not in UNMOVED]
    if not moving:
        return "Every state of every model is exact: no unit of any text moves, whatever the number of pads."
    if all(finding.verdict is Verdict.UNDEFINED for finding in moving):
        return "Every state is exact, or of a model that learned nothing: no unit moves in a way that means anything."
    return "report.json of this run holds no figures by unit."
