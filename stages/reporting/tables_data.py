"""The texts, and what padding them costs: splits, words, ways to make batches, widths of rows."""

from stages.analysis.contract_texts import BatchingCost, TextCounts, VectorCoverage
from stages.reporting.format import format_count, format_percent, format_ratio, listed
from stages.reporting.results import Results
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
    "rare_class": "of a rare class",
    "unseen_label": "of a class that training lacks",
    "subsampled_away": "beyond corpus.max_texts",
}
"""Why a row was left out, by the key of its count."""


def batching_table(results: Results) -> Table:
    """A row for each variant and way to batch an epoch; sides that cost the same share a row; no copies."""
    header = ["padding", "variant", "batches", "steps", "padding among them", "FLOPs", "against rows of max_len"]
    header += ["possible here"]
    alike: dict[tuple[object, ...], list[BatchingCost]] = {}
    for cost in results.report.cost:
        if cost.variant not in results.copies:
            key = (cost.variant, cost.batching, cost.steps, cost.wasted, cost.flops, cost.usable)
            alike.setdefault(key, []).append(cost)
    rows: list[Row] = []
    for costs in alike.values():
        cost = costs[0]
        fixed = results.cost(cost.side, cost.variant, "fixed").flops
        rows.append(
            [
                listed([same.side for same in costs]),
                f"`{cost.variant}`",
                BATCHINGS.get(cost.batching, cost.batching),
                count_cell(round(cost.steps)),
                number_cell(cost.wasted, format_percent),
                number_cell(cost.flops),
                number_cell(cost.flops / fixed if fixed else None, lambda share: f"× {format_ratio(share)}"),
                "yes" if cost.usable else "no",
            ]
        )
    return Table(header, rows)


def law_table(results: Results) -> Table:
    """A row for each width of row: padding and steps of an epoch."""
    rows = [
        [count_cell(point.max_len), number_cell(point.padding_share, format_percent), count_cell(point.steps)]
        for point in results.report.law.points
    ]
    return Table(["rows of", "padding", "steps of an epoch"], rows)


def splits_table(results: Results) -> Table:
    """A row for each split: texts, lengths, vocabulary, padding."""
    dataset = results.report.dataset
    padded = dataset.padded[results.sides[0]]
    header = ["split", "texts", "median length", "95 % at most", "longest", "tokens known", "tokens unknown"]
    header += [f"padding in rows of {padded.max_len}", "texts cut", "tokens cut"]
    rows: list[Row] = []
    for name in SPLITS:
        split, in_rows = dataset.tokens.splits[name], padded.splits[name]
        lengths = [split.length_quantiles[share] for share in ("0.5", "0.95", "1")]
        shares = [split.coverage, split.unknown_share]
        shares += [in_rows.padding_share, in_rows.truncated_share, in_rows.cut_share]
        rows.append(
            [
                name,
                count_cell(split.texts),
                *(number_cell(length, str) for length in lengths),
                *(number_cell(share, format_percent) for share in shares),
            ]
        )
    return Table(header, rows)


def vectors_found(vectors: VectorCoverage | None) -> str:
    """Which word vectors were read and how much they cover; empty where none were."""
    if vectors is None:
        return ""
    return (
        f"`{vectors.file}` has vectors of {vectors.dimension} values for {format_count(vectors.words_found)} of the "
        f"{format_count(vectors.vocabulary)} words of the vocabulary, which are "
        f"{format_percent(vectors.share_of_training_tokens_found)} of the training tokens."
    )


def dropped(counts: TextCounts) -> str:
    """What was read, what was left out and why, and what was kept."""
    left_out = [f"{format_count(count)} {reason}" for key, reason in DROPPED.items() if (count := getattr(counts, key))]
    return (
        f"{format_count(counts.read)} rows were read: {listed(left_out) or 'none'} dropped, "
        f"{format_count(counts.kept)} kept."
    )


DATA_TABLES = {"batching": batching_table, "law": law_table, "splits": splits_table}
"""By the name that the templates know them by."""
