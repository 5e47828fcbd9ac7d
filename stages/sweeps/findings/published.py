"""The published comparison of padding sides beside this one."""

from stages.reporting.format import PERCENT
from stages.sweeps.findings.effects import Grid
from stages.sweeps.findings.words import figure
from stages.sweeps.sweep_json_findings import Beside, Published
from stages.sweeps.sweep_json_rows import Row, picked

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
    table = [
        picked(Beside, row, network=network, published=PUBLISHED[network, side])
        for (network, side), row in rows.items()
        if row is not None
    ]
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


def _text(table: list[Beside]) -> str:
    ours = "; ".join(f"{row.network.upper()} {row.side} {PERCENT.of(figure(row.accuracy))}" for row in table)
    theirs = "; ".join(f"{row.network.upper()} {row.side} {100 * row.published:.0f} %" for row in table)
    return (
        f"Test accuracy here: {ours}. Published, about: {theirs} ({SOURCE}). That is one run without mask or interval, "
        f"of tweets in rows of {TWEET_LENGTH}. Data and sizes differ: compare which side is better, not the level."
    )
