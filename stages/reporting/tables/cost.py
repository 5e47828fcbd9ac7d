"""What is computed: by how batches are made, and by the width of the rows."""

from typing import Any

from stages.reporting.format import MISSING, format_count, format_percent, format_ratio, listed
from stages.reporting.results import Record, Results
from stages.reporting.tables.parts import Table

BATCHINGS = {
    "fixed": "rows of max_len",
    "per_batch": "each batch to its longest text",
    "bucketed": "texts of like length, each batch to its longest",
    "packed": "no pads at all (packed)",
}


def batching_table(results: Results) -> Table:
    """A row for each variant and way to batch an epoch; sides that cost the same share a row; no copies."""
    header = ["padding", "variant", "batches", "steps", "padding among them", "FLOPs", "against rows of max_len"]
    header += ["possible here"]
    sides: dict[tuple[Any, ...], list[str]] = {}
    records = [each for each in results.records("cost") if each["variant"] not in results.copies]
    for each in records:
        key = (each["variant"], each["batching"], each["steps"], each["wasted"], each["flops"], each["usable"])
        sides.setdefault(key, []).append(each["side"])
    rows = []
    for (variant, batching, steps, wasted, flops, usable), where in sides.items():
        fixed = cost_of(results, where[0], variant, "fixed")
        share = flops / fixed["flops"] if fixed and fixed["flops"] else None
        row = [
            listed(where),
            f"`{variant}`",
            BATCHINGS.get(batching, batching),
            format_count(round(steps)),
            format_percent(wasted),
        ]
        rows.append(
            [*row, format_ratio(flops), f"× {format_ratio(share)}" if share else MISSING, "yes" if usable else "no"]
        )
    return Table(header, rows)


def cost_of(results: Results, side: str, variant: str, batching: str) -> Record | None:
    """What one epoch costs under one way to batch it; None where the analysis does not say."""
    wanted = (side, variant, batching)
    for each in results.records("cost"):
        if (each["side"], each["variant"], each["batching"]) == wanted:
            return each
    return None


def law_table(results: Results) -> Table:
    """A row for each width of row: padding and steps of an epoch."""
    law = padding_law(results)
    points = [] if law is None else law["points"]
    rows = [
        [format_count(each["max_len"]), format_percent(each["padding_share"]), format_count(round(each["steps"]))]
        for each in points
    ]
    return Table(["rows of", "padding", "steps of an epoch"], rows)


def padding_law(results: Results) -> Record | None:
    """{"points": [{"max_len", "padding_share", "steps"}], "slope" (steps a further column adds), "texts"}, or None."""
    found: Record | list[Record] | None = results.report.get("law")
    law = found[0] if isinstance(found, list) and found else found
    return law if isinstance(law, dict) and law.get("points") else None
