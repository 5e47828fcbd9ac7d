"""The units of every model, as the page lets a reader explore them."""

import json

from markupsafe import Markup

from stages.reporting.results import Record, Results
from stages.stats.rounding import significant
from stages.stats.verdicts import Verdict

MEASURES = ("shift", "effect", "largest")
DIGITS = 3
"""Of every number of a unit: a bar and a colour show no more."""


def explorer_data(units: list[Record]) -> list[Record]:
    """A record for each trained model, its numbers of pads rising, and each measure by number of pads and unit.

    Args:
        units: records of report.json's `units`, one for each model and number of pads.
    """
    models: dict[tuple[str, str, int], list[Record]] = {}
    for record in units:
        models.setdefault((record["side"], record["variant"], record["seed"]), []).append(record)
    result = []
    for (side, variant, seed), records in models.items():
        rising = sorted(records, key=lambda record: int(record["pads"]))
        model = {"side": side, "variant": variant, "seed": seed, "state": rising[0]["state"]}
        model["pads"] = [record["pads"] for record in rising]
        for measure in MEASURES:
            model[measure] = [[_short(value) for value in record[measure]] for record in rising]
        result.append(model)
    return result


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
    moving = [each for each in results.findings if each.state is not None and each.verdict is not Verdict.EXACT]
    if not moving:
        return "Every state of every model is exact: no unit of any text moves, whatever the number of pads."
    if all(each.verdict is Verdict.UNDEFINED for each in moving):
        return "Every state is exact, or of a model that learned nothing: no unit moves in a way that means anything."
    return "report.json of this run holds no figures by unit."
