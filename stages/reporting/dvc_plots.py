"""What `dvc plots` and `dvc metrics` read: tidy lists of records with bounds of intervals, and nested numbers."""

from stages.reporting.results import DRIFT, FLIPS, Record, Results
from stages.runtime.paths import condition_name
from stages.stats.rounding import rounded


def plot_records(results: Results, history: list[Record]) -> dict[str, list[Record]]:
    """The records of each file under plots/, by its stem.

    Args:
        results: the report.
        history: one record for each side, variant, seed and epoch, with losses and accuracies.
    """
    return {
        "drift": _by_pads(results, DRIFT),
        "flips": _by_pads(results, FLIPS),
        "accuracy": _accuracy(results),
        "learning": rounded([_epoch(row) for row in history]),
    }


def metrics(results: Results) -> Record:
    """By side and variant: numbers alone, a key left out where it is undefined."""
    nested: Record = {}
    for cell in results.cells:
        drift, flips = (results.finding(cell, estimand, results.headline) for estimand in (DRIFT, FLIPS))
        values = {
            "accuracy": cell.accuracy,
            "drift_ratio": drift.estimate if drift else None,
            "flip_rate": flips.estimate if flips else None,
            "seeds_at_chance": cell.at_chance,
            "padding_share": cell.padding_share,
        }
        known = {key: value for key, value in values.items() if value is not None}
        nested.setdefault(cell.side, {})[cell.variant] = known
    return nested


def _by_pads(results: Results, estimand: str) -> list[Record]:
    """The estimate with its interval at every number of extra pads; cells where it is undefined are left out."""
    return [
        {
            "cell": cell.name,
            "side": cell.side,
            "variant": cell.variant,
            "pads": pads,
            "estimate": found.estimate,
            "low": found.low,
            "high": found.high,
        }
        for cell in results.cells
        for pads in results.pads
        if (found := results.finding(cell, estimand, condition_name(pads))) is not None and found.estimate is not None
    ]


def _accuracy(results: Results) -> list[Record]:
    return [
        {
            "cell": cell.name,
            "side": cell.side,
            "variant": cell.variant,
            "seed": seed.seed,
            "accuracy": seed.accuracy,
        }
        for cell in results.cells
        for seed in cell.seeds
    ]


def _epoch(row: Record) -> Record:
    return {"cell": f"{row['side']}-{row['variant']}"} | row
