"""Claims on the size of the effect: on predictions, with what it varies, and what would make it smaller."""

from stages.analysis.contract_cells import ALONE, CellFacts
from stages.reporting.claims.stand import DRAMATIC, Ruling, Stand, baselines, defined, sweeps, verdicts_on
from stages.reporting.format import apart, format_points, format_ratio
from stages.reporting.results import ACCURACY, ACCURACY_CHANGE, DRIFT, Results, condition_text
from stages.runtime.paths import condition_name


def often_minor(results: Results) -> Ruling:
    """C4: training, every way of serving, and its flips against as trained, each by its interval against DRAMATIC."""
    harms = [harm for cell in baselines(results) for harm in _harms(results, cell)]
    if not harms:
        return Ruling(Stand.OPEN, f"No seed of an unmasked {results.network} learned here.")
    estimate, _, _, words = max(harms, key=lambda harm: harm[0])
    figure = f"The worst: {words.format(format_points(estimate).removeprefix('+'))}."
    if any(low > DRAMATIC for _, low, _, _ in harms):
        minor = any(high <= DRAMATIC for _, _, high, _ in harms)
        return Ruling(Stand.DEPENDS, figure, "how it is trained and served") if minor else Ruling(Stand.REFUTED, figure)
    if all(high <= DRAMATIC for _, _, high, _ in harms):
        return Ruling(Stand.SUPPORTED, figure)
    return Ruling(Stand.OPEN, figure)


def _harms(results: Results, cell: CellFacts) -> list[tuple[float, float, float, str]]:
    """Estimate and bounds of each harm to an unmasked cell as a share of the texts, and the words for it."""
    harms = []
    masked = results.cell(cell.side, results.masked_variant)
    gain = None if masked is None else results.finding(masked, ACCURACY)
    side = f"with {cell.side}-padding"
    if gain is not None and gain.estimate is not None and gain.low is not None and gain.high is not None:
        harms.append((gain.estimate, gain.low, gain.high, f"training without a mask loses {{}} points {side}"))
    conditions = [ALONE, *results.conditions]
    for each in defined(verdicts_on(results, [cell], ACCURACY_CHANGE, conditions)):
        if each.low is not None and each.high is not None:
            words = f"serving with {condition_text(each.condition or '')} loses {{}} points {side}"
            harms.append((-(each.estimate or 0.0), -each.high, -each.low, words))
    for condition in conditions:
        under = cell.served(condition)
        flips = under.against_training.flip_rate if under and under.against_training else None
        if flips is not None and flips.low is not None and flips.high is not None:
            words = f"serving with {condition_text(condition)} flips {{}} % of the predictions as trained {side}"
            harms.append((flips.estimate, flips.low, flips.high, words))
    return harms


def extent(results: Results) -> Ruling:
    """C7: what one run varies is the amount of padding; the rest takes sweeps."""
    run = sweeps(results, "size", "downstream")
    growths = [growth for cell in baselines(results) if (growth := _growth(results, cell)) is not None]
    if not growths:
        return Ruling(Stand.OPEN, f"Run {run}.")
    shown, figure = max(growths, key=lambda growth: growth[0])
    if not shown:
        return Ruling(Stand.OPEN, f"{figure} Run {run}.")
    return Ruling(Stand.DEPENDS, figure, "the amount of padding; the rest takes sweeps")


def _growth(results: Results, cell: CellFacts) -> tuple[bool, str] | None:
    """Whether fewest and most pads have intervals that do not meet, and both drifts; None where one is undefined."""
    if len(results.pads) < 2:
        return None
    ends = [results.finding(cell, DRIFT, condition_name(pads)) for pads in (results.pads[0], results.pads[-1])]
    first, last = ends
    if first is None or last is None or first.estimate is None or last.estimate is None:
        return None
    differ = apart(first, last)
    if not differ:
        return differ, f"With {cell.side}-padding, intervals do not tell {first.pads} from {last.pads} pads."
    return differ, (
        f"With {cell.side}-padding the drift is {format_ratio(first.estimate)} under "
        f"{condition_text(first.condition or '')} and {format_ratio(last.estimate)} under {last.pads}."
    )


def attention_and_tuning(results: Results) -> Ruling:
    """C8: neither is varied in one run."""
    return Ruling(Stand.OPEN, f"One run cannot tell: run {sweeps(results, 'downstream', 'tuning')}.")
