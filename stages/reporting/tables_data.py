"""The texts, and what padding them costs: splits, words, ways to make batches, widths of rows."""

from typing import Any

from stages.reporting.format import format_count, format_percent, format_ratio, listed
from stages.reporting.results import Record, Results
from stages.reporting.table import Row, Table, count_cell, number_cell

BATCHINGS = {
    "fixed": "rows of max_len",
    "per_batch": "each batch to its longest text",
    "bucketed": "texts of like length, each batch to its longest",
    "packed": "no pads at all (packed)",
}
SPLITS = ("train", "validation", "test")

DROPPED = {
    "empty": "empty",
    "unlabelled": "without a label",
    "conflicting": "under two labels",
    "duplicates": "duplicates",
    "unseen_label": "of a class that training lacks",
    "subsampled_away": "beyond corpus.max_texts",
}
"""Why a row was left out, by the key of its count."""


def batching_table(results: Results) -> Table:
    """A row for each variant and way to batch an epoch; sides that cost the same share a row; no copies."""
    header = ["padding", "variant", "batches", "steps", "padding among them", "FLOPs", "against rows of max_len"]
    header += ["possible here"]
    sides: dict[tuple[Any, ...], list[str]] = {}
    for cost in results.records("cost"):
        if cost["variant"] not in results.copies:
            key = (cost["variant"], cost["batching"], cost["steps"], cost["wasted"], cost["flops"], cost["usable"])
            sides.setdefault(key, []).append(cost["side"])
    rows: list[Row] = []
    for (variant, batching, steps, wasted, flops, usable), where in sides.items():
        fixed = cost_of(results, where[0], variant, "fixed")
        share = flops / fixed["flops"] if fixed and fixed["flops"] else None
        rows.append(
            [
                listed(where),
                f"`{variant}`",
                BATCHINGS.get(batching, batching),
                count_cell(round(steps)),
                number_cell(wasted, format_percent),
                number_cell(flops),
                number_cell(share or None, lambda share: f"× {format_ratio(share)}"),
                "yes" if usable else "no",
            ]
        )
    return Table(header, rows)


def cost_of(results: Results, side: str, variant: str, batching: str) -> Record | None:
    """What one epoch costs under one way to batch it; None where the analysis does not say."""
    wanted = (side, variant, batching)
    costs = results.records("cost")
    return next((cost for cost in costs if (cost["side"], cost["variant"], cost["batching"]) == wanted), None)


def law_table(results: Results) -> Table:
    """A row for each width of row: padding and steps of an epoch."""
    law = padding_law(results)
    rows = [
        [
            count_cell(point["max_len"]),
            number_cell(point["padding_share"], format_percent),
            count_cell(round(point["steps"])),
        ]
        for point in (law["points"] if law else [])
    ]
    return Table(["rows of", "padding", "steps of an epoch"], rows)


def padding_law(results: Results) -> Record | None:
    """{"points": [{"max_len", "padding_share", "steps"}], "slope" (steps a further column adds), "texts"}, or None."""
    found: Record | list[Record] | None = results.report.get("law")
    law = found[0] if isinstance(found, list) and found else found
    return law if isinstance(law, dict) and law.get("points") else None


def splits_table(results: Results) -> Table:
    """A row for each split: texts, lengths, vocabulary, padding."""
    dataset = results.report["dataset"]
    padded = dataset["padded"][results.sides[0]]
    header = ["split", "texts", "median length", "95 % at most", "longest", "tokens known", "tokens unknown"]
    header += [f"padding in rows of {padded['max_len']}", "texts cut", "tokens cut"]
    rows: list[Row] = []
    for name in SPLITS:
        split, rows_of = dataset["tokens"]["splits"][name], padded["splits"][name]
        shares = [split["coverage"], split["unknown_share"]]
        shares += [rows_of[share] for share in ("padding_share", "truncated_share", "cut_share")]
        rows.append(
            [
                name,
                count_cell(split["texts"]),
                *(number_cell(split["length_quantiles"][quantile], str) for quantile in ("0.5", "0.95", "1")),
                *(number_cell(share, format_percent) for share in shares),
            ]
        )
    return Table(header, rows)


def vectors_found(vectors: Record | None) -> str:
    """Which word vectors were read and how much they cover; empty where none were."""
    if vectors is None:
        return ""
    return (
        f"`{vectors['file']}` has vectors of {vectors['dimension']} values for "
        f"{format_count(vectors['words_found'])} of the "
        f"{format_count(vectors['vocabulary'])} words of the vocabulary, which are "
        f"{format_percent(vectors['share_of_training_tokens_found'])} of the training tokens."
    )


def dropped(counts: dict[str, int]) -> str:
    """What was read, what was left out and why, and what was kept."""
    left_out = [f"{format_count(counts[key])} {reason}" for key, reason in DROPPED.items() if counts.get(key)]
    return (
        f"{format_count(counts['read'])} rows were read: {listed(left_out) or 'none'} dropped, "
        f"{format_count(counts['kept'])} kept."
    )
