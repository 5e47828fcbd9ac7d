"""The texts: how many, how long, how much of their rows is padding, what was dropped."""

from stages.reporting.format import format_count, format_percent, listed
from stages.reporting.results import Record, Results
from stages.reporting.tables.parts import Table


def splits_table(results: Results) -> Table:
    """A row for each split: texts, lengths, vocabulary, padding."""
    dataset = results.report["dataset"]
    padded = dataset["padded"][results.sides[0]]
    header = ["split", "texts", "median length", "95 % at most", "longest", "tokens known", "tokens unknown"]
    header += [f"padding in rows of {padded['max_len']}", "texts cut", "tokens cut"]
    rows = []
    for name, split in dataset["tokens"]["splits"].items():
        lengths, rows_of = split["length_quantiles"], padded["splits"][name]
        rows.append(
            [
                name,
                format_count(split["texts"]),
                *(str(lengths[quantile]) for quantile in ("0.5", "0.95", "1")),
                format_percent(split["coverage"]),
                format_percent(split["unknown_share"]),
                *(format_percent(rows_of[share]) for share in ("padding_share", "truncated_share", "cut_share")),
            ]
        )
    order = ["train", "validation", "test"]
    return Table(header, sorted(rows, key=lambda row: order.index(row[0])))


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
    reasons = {
        "empty": "empty",
        "unlabelled": "without a label",
        "conflicting": "under two labels",
        "duplicates": "duplicates",
        "unseen_label": "of a class that training lacks",
        "subsampled_away": "beyond corpus.max_texts",
    }
    left = [f"{format_count(counts[key])} {reason}" for key, reason in reasons.items() if counts.get(key)]
    return (
        f"{format_count(counts['read'])} rows were read: {listed(left) or 'none'} dropped, "
        f"{format_count(counts['kept'])} kept."
    )
