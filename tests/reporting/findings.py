"""A verdict with the figures that a test names, and nothing of note in its other fields."""

from stages.analysis.contract import Finding
from stages.stats.verdicts import Verdict


def finding(estimate=None, low=None, high=None, verdict=Verdict.UNDEFINED, reason=None):
    """A drift ratio under 16 extra pads."""
    return Finding(
        question="?",
        estimand="drift_ratio",
        side="post",
        variant="baseline",
        condition="pads-16",
        pads=16,
        state="h_lstm_1",
        estimate=estimate,
        low=low,
        high=high,
        level=0.95,
        epsilon=0.01,
        smallest_epsilon=None,
        verdict=verdict,
        reason=reason,
        method="t",
        n_texts=40,
        n_seeds=6,
    )
