"""The published comparison of padding sides beside this one."""

from stages.reporting.format import PERCENT
from stages.sweeps.findings.effects import Grid
from stages.sweeps.sweep_json_findings import Beside, Published
from stages.sweeps.sweep_json_rows import Figure, Row

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


def published_findings(grid: Grid) -> list[Published]:
    """One finding, where an LSTM and a network of convolutions without a mask were trained with pads on both sides."""
    rows = {pair: _unmasked(grid, *pair) for pair in PUBLISHED}
    table = [_beside(row, *pair) for pair, row in rows.items() if row is not None]
    if len(table) < len(PUBLISHED):
        return []
    return [Published(source=SOURCE, table=table, text=_text(table))]


def _unmasked(grid: Grid, network: str, side: str) -> Row | None:
    """The first unmasked row of this network on this side."""
    for row in grid.rows:
        lstm = row.architecture.recurrent == "lstm"
        cnn = not row.recurrent and row.architecture.head == "conv"
        if row.side == side and not row.masked and (lstm if network == "lstm" else cnn):
            return row
    return None


def _beside(row: Row, network: str, side: str) -> Beside:
    return Beside(
        network=network,
        side=side,
        variant=row.variant,
        published=PUBLISHED[network, side],
        accuracy=row.accuracy,
        train_accuracy=row.train_accuracy,
        max_len=row.max_len,
        padding_share=row.padding_share,
    )


def _text(table: list[Beside]) -> str:
    ours = "; ".join(
        f"{row.network.upper()} {row.side} {PERCENT.of(Figure(**vars(row.accuracy)).rounded())}" for row in table
    )
    theirs = "; ".join(f"{row.network.upper()} {row.side} {100 * row.published:.0f} %" for row in table)
    return (
        f"Test accuracy here: {ours}. Published, about: {theirs} ({SOURCE}: tweets as word vectors, rows of "
        f"{TWEET_LENGTH}, one run, no mask, no intervals). Data, vectors and sizes differ, so what can be compared is "
        "which side is better and whether a network is at chance, not the level."
    )
