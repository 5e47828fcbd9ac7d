"""The published comparison of padding sides beside this one."""

from stages.reporting.format import format_percent, format_percent_interval, spaced
from stages.stats.rounding import rounded
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.rows import Record, Row

SOURCE = "Dwarampudi & Reddy 2019, arXiv 1903.07288"
PUBLISHED = {
    ("lstm", "pre"): 0.80,
    ("lstm", "post"): 0.50,
    ("cnn", "pre"): 0.75,
    ("cnn", "post"): 0.75,
}
"""Accuracy by network and side, as the paper's summary has it: about, and alike in training and test."""
TWEET_LENGTH = 93
"""The width that the paper pads its tweets to."""


def published_findings(grid: Grid) -> list[Record]:
    """One finding, where an LSTM and a network of convolutions without a mask were trained with pads on both sides."""
    found = {pair: _unmasked(grid, *pair) for pair in PUBLISHED}
    table = [_entry(row, *pair) for pair, row in found.items() if row is not None]
    if len(table) < len(PUBLISHED):
        return []
    return [{"id": "published", "source": SOURCE, "table": table, "text": _text(table)}]


def _unmasked(grid: Grid, network: str, side: str) -> Row | None:
    """The first unmasked row of this network on this side."""
    for row in grid.rows:
        lstm = row.recurrent and row.architecture.get("recurrent", "lstm") == "lstm"
        cnn = not row.recurrent and row.architecture["head"] == "conv"
        if row.side == side and not row.masked and (lstm if network == "lstm" else cnn):
            return row
    return None


def _entry(row: Row, network: str, side: str) -> Record:
    figures = {name: row.record[name] for name in ("accuracy", "train_accuracy", "max_len", "padding_share")}
    published = PUBLISHED[network, side]
    return {"network": network, "side": side, "variant": row.variant, "published": published, **rounded(figures)}


def _text(table: list[Record]) -> str:
    ours = "; ".join(f"{each['network'].upper()} {each['side']} {_accuracy(each['accuracy'])}" for each in table)
    theirs = "; ".join(f"{each['network'].upper()} {each['side']} {100 * each['published']:.0f} %" for each in table)
    return (
        f"Test accuracy here: {ours}. Published, about: {theirs} ({SOURCE}: tweets as word vectors, rows of "
        f"{TWEET_LENGTH}, one run, no mask, no intervals). Data, vectors and sizes differ, so what can be compared is "
        "which side is better and whether a network is at chance, not the level."
    )


def _accuracy(record: Record) -> str:
    return spaced(format_percent(record["estimate"]), format_percent_interval(record["low"], record["high"]))
