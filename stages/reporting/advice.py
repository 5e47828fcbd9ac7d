"""What to do on Monday: one piece of advice, by rules on the family of verdicts, that the project's own gate holds."""

from typing import Any

from stages.params.derived import BASELINE
from stages.reporting.answer import ACCURACY, LEAK, different
from stages.reporting.claims.stand import baselines
from stages.reporting.results import Results
from stages.stats.verdicts import UNMOVED

TRUNCATING = {"keep_head": "post", "keep_tail": "pre"}
"""What Keras calls the end that is cut."""


def advice(results: Results) -> dict[str, Any]:
    """What the template monday.md.j2 asks for.

    `advice` is nothing (padding changes nothing), mask (one argument), other mask (another one that holds), as trained
    (no mask that holds without costing accuracy), or try (none was trained).
    """
    held = [name for name in results.variants if name != BASELINE and results.keeps_still(name)]
    name = results.masked_variant if results.masked_variant in held else next(iter(held), "")
    tried = any(cell.mask != "none" for cell in results.cells)
    records = results.judged(LEAK)
    padded = max(baselines(results) or results.cells, key=lambda cell: cell.accuracy.mean)
    costly = name == results.masked_variant and any(
        (r.estimate or 0.0) < 0 for r in different(results.judged(ACCURACY))
    )
    context: dict[str, Any] = {
        "masked": name,
        "width": results.of(name)[0].architecture.embedding if name else 0,
        "padded_side": padded.side,
        "truncating": TRUNCATING[results.report.params["pad"]["truncate"]],
        "why": "The mask costs accuracy here." if costly else "No variant with a mask holds here.",
    }
    if records and all(record.verdict in UNMOVED for record in records):
        return context | {"advice": "nothing"}
    if name and not costly:
        return context | {"advice": "mask" if results.of(name)[0].mask == "embedding" else "other mask"}
    return context | {"advice": "as trained" if tried else "try"}
