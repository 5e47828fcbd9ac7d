"""The answer in three sentences: does it leak, what does it cost, which fix works. All by rules on the verdicts."""

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.schema import BASELINE
from stages.reporting.claims.stand import (
    UNDEFINED_SHARE,
    as_in_training,
    baselines,
    by_side,
    conjugated,
    defined,
    format_known,
    gain_of_mask,
    largest_change,
    verdicts_on,
)
from stages.reporting.format import PERCENT, POINTS, RATIO, format_percent, format_plain, format_ratio, listed, spaced
from stages.reporting.results import ACCURACY_CHANGE, DRIFT, FLIPS, Results, condition_text
from stages.runtime.paths import OTHER_SIDE
from stages.stats.verdicts import UNMOVED, Verdict

TWO_MASKS = "embedding+masking"

DOUBTS = {Verdict.INCONCLUSIVE: "inconclusive; ", Verdict.EQUIVALENT: "too little to matter; "}


def answer(results: Results) -> list[str]:
    """Three sentences in Markdown."""
    return [leak(results), cost(results), fixes(results)]


def leak(results: Results) -> str:
    """Whether padding moves the state behind the model without a mask, by side."""
    cells = baselines(results)
    if not cells:
        return (
            f"**This run cannot say whether padding leaks through an unmasked {results.network}**: "
            f"`train.variants` does not name `{BASELINE}`."
        )
    findings = verdicts_on(results, cells, DRIFT)
    clauses = [_moved(results, cell, finding) for cell, finding in zip(cells, findings, strict=True)]
    verdict, under = _leak_verdict(results, findings), _under(results)
    at = "" if under in verdict else under.replace(",", "")
    return (
        f"**{verdict}**: {at}the state that the classifier reads drifts {listed(clauses)}. (Squared shift over the "
        f"spread between texts, geometric mean over seeds; above {format_plain(results.epsilon[DRIFT])} it matters.)"
    )


def _leak_verdict(results: Results, findings: list[Finding]) -> str:
    leaks = [finding.side for finding in findings if finding.verdict is Verdict.DIFFERENT]
    tight = [finding.side for finding in findings if finding.harmless]
    unclear = [finding.side for finding in findings if finding.side not in leaks + tight]
    if len(leaks) == len(findings):
        widely = all(_leaks_widely(results, cell) for cell in baselines(results))
        return f"Yes, {'' if widely else _under(results)}padding leaks through the unmasked {results.network}"
    if len(tight) == len(findings):
        anywhere = any(any(_different(results, cell)) for cell in baselines(results))
        where = _under(results) if anywhere else ""
        return f"No, {where}padding does not leak through the unmasked {results.network} in any amount that matters"
    if len(unclear) == len(findings):
        return f"This run cannot tell whether padding leaks through the unmasked {results.network}"
    parts = [f"with {side}-padding it leaks" for side in leaks]
    parts += [f"with {side}-padding it does not" for side in tight]
    parts += [f"with {side}-padding this run cannot tell" for side in unclear]
    return f"Through the unmasked {results.network}, {listed(parts)}"


def _different(results: Results, cell: CellFacts) -> list[bool]:
    """Whether the drift is DIFFERENT: under each number of pads, and at the end as trained."""
    findings = verdicts_on(results, [cell], DRIFT, as_in_training(results))
    return [finding.verdict is Verdict.DIFFERENT for finding in findings]


def _leaks_widely(results: Results, cell: CellFacts) -> bool:
    """Whether it leaks as trained and under most numbers of pads, so that the answer hangs on none of them."""
    *pads, trained = _different(results, cell)
    return trained and (not pads or 2 * sum(pads) > len(pads))


def _under(results: Results) -> str:
    return f"under {condition_text(results.headline)}, "


def _moved(results: Results, cell: CellFacts, finding: Finding) -> str:
    side = f"with {cell.side}-padding"
    if finding.verdict in UNMOVED:
        return f"not at all {side}"
    if finding.verdict is Verdict.UNDEFINED:
        return f"by an undefined amount {side} ({finding.reason})"
    return f"by {RATIO.of(finding)} {side} ({DOUBTS.get(finding.verdict, '')}{_where(results, cell)})"


def _where(results: Results, cell: CellFacts) -> str:
    *pads, trained = _different(results, cell)
    under = f"under {sum(pads)} of {len(pads)} number{'' if len(pads) == 1 else 's'} of pads, " if pads else ""
    return f"DIFFERENT {under}{'and as' if pads else 'as'} trained" if trained else f"DIFFERENT {under}not as trained"


def cost(results: Results) -> str:
    """What padding without a mask costs, in accuracy against the mask that works and in flips, by side."""
    cells = baselines(results)
    if not cells:
        return f"**What it costs cannot be said** either: every cost is a difference to `{BASELINE}`."
    gains = [gain_of_mask(results, cell.side) for cell in cells]
    flips = verdicts_on(results, cells, FLIPS)
    served = defined(verdicts_on(results, cells, ACCURACY_CHANGE, (results.headline, OTHER_SIDE)))
    at = condition_text(results.headline)
    shares = listed([_flipped(results, cell, finding) for cell, finding in zip(cells, flips, strict=True)])
    accuracies = listed([_accuracy(cell, gain) for cell, gain in zip(cells, gains, strict=True)])
    return (
        f"**{_cost_verdict(gains, flips)}{_serving_verdict(served)}**: {at} {conjugated('change', at)} the predicted "
        f"class of {shares}. The unmasked test accuracy is {accuracies}.{_serving_clause(served)}"
    )


def _serving_verdict(served: list[Finding]) -> str:
    """What serving under the headline's pads, and padded on the other side, does to accuracy; where it was judged."""
    if not served:
        return ""
    if any(finding.verdict is Verdict.DIFFERENT and (finding.estimate or 0.0) < 0 for finding in served):
        return "; serving otherwise than trained costs accuracy"
    if all(finding.harmless for finding in served):
        return "; serving otherwise than trained costs none that matters"
    return "; what serving otherwise than trained costs is open"


def _serving_clause(served: list[Finding]) -> str:
    """By condition, what is not shown to be too little to matter."""
    by_condition: dict[str, list[str]] = {}
    for finding in served:
        if not finding.harmless:
            clause = f"{POINTS.of(finding)} points with {finding.side}-padding ({finding.verdict})"
            by_condition.setdefault(condition_text(finding.condition or ""), []).append(clause)
    clauses = [f"by {listed(points)} under {condition}" for condition, points in by_condition.items()]
    return f" Served otherwise than trained, it changes {'; '.join(clauses)}." if clauses else ""


def _cost_verdict(gains: list[Finding | None], flips: list[Finding]) -> str:
    differ = [gain for gain in gains if gain is not None and gain.verdict is Verdict.DIFFERENT]
    better = [gain.side for gain in differ if (gain.estimate or 0.0) > 0]
    if better:
        return f"It costs accuracy with {_paddings(better)}"
    if differ:
        return f"With {_paddings([gain.side for gain in differ])} it is the mask that costs accuracy"
    if any(finding.verdict is Verdict.DIFFERENT for finding in flips):
        return f"It changes predictions; {_accuracy_verdict(gains)}"
    if all(finding is not None and finding.harmless for finding in gains + flips):
        return "It costs nothing that matters"
    return "What it costs is not settled by this run"


def _accuracy_verdict(gains: list[Finding | None]) -> str:
    if None in gains:
        return "its accuracy is not compared with a mask that works"
    if all(gain is not None and gain.harmless for gain in gains):
        return "training on it costs no accuracy that matters"
    return "whether training on it costs accuracy is open"


def _accuracy(cell: CellFacts, gain: Finding | None) -> str:
    notes = [f"{cell.n_seeds_at_chance} of {len(cell.seeds)} seeds at chance"] * bool(cell.n_seeds_at_chance)
    if gain is not None and gain.verdict in UNMOVED:
        notes.append(f"that of `{gain.variant}` to the last bit")
    elif gain is not None:
        notes.append(f"`{gain.variant}` adds {POINTS.of(gain)} points: {gain.verdict}")
    accuracy = f"{format_percent(cell.accuracy.mean)} with {cell.side}-padding"
    return f"{accuracy} ({'; '.join(notes)})" if notes else accuracy


def _flipped(results: Results, cell: CellFacts, flips: Finding) -> str:
    side = f"with {cell.side}-padding"
    if flips.verdict in UNMOVED:
        return f"no text {side}"
    share = f"{format_known(PERCENT, flips, UNDEFINED_SHARE)} of the texts {side}"
    return share if flips.estimate is None else f"{share} ({flips.verdict}{_direction(results, cell)})"


def _direction(results: Results, cell: CellFacts) -> str:
    """How many of all texts pads turn right, and wrong, against the text alone."""
    served = cell.at(results.headline)
    if served is None or served.gained is None or served.lost is None:
        return ""
    gained, lost = format_percent(served.gained.estimate), format_percent(served.lost.estimate)
    return f": {gained} turned right, {lost} turned wrong"


def fixes(results: Results) -> str:
    """What each of the other variants does about it."""
    others = [variant for variant in results.variants if variant != BASELINE]
    if not others:
        return f"**No fix was tried**: `train.variants` names `{BASELINE}` alone."
    return "; ".join(_fix(results, variant) for variant in others) + "."


def _fix(results: Results, variant: str) -> str:
    cells = [cell for cell in results.cells if cell.variant == variant]
    if all(cell.same_as_baseline for cell in cells):
        masks = cells[0].mask == TWO_MASKS
        nothing = ", the popular recipe of two masks, masks nothing" if masks else " changes nothing"
        return f"**`{variant}`{nothing}**: all its scores and states equal those of `{BASELINE}` to the last bit"
    findings = verdicts_on(results, cells, DRIFT)
    kinds = {finding.verdict for finding in findings}
    if kinds <= set(UNMOVED):
        largest = largest_change(findings)
        by = f" by more than {format_ratio(largest)}" if largest else ""
        return (
            f"**`{variant}` keeps the state exactly**: under {condition_text(results.headline)} no unit of any text "
            f"moves{by}"
        )
    if kinds == {Verdict.UNDEFINED}:
        return f"**of `{variant}` nothing can be said**: {findings[0].reason}"
    drifts = f"a drift ratio of {by_side(findings, _with_exact_interval, lambda finding: f'({finding.verdict})')}"
    if all(finding.harmless for finding in findings):
        return f"**`{variant}` is enough**: {drifts}, too little to matter"
    return f"**`{variant}` {'still leaks' if kinds == {Verdict.DIFFERENT} else 'is not settled'}**: {drifts}"


def _with_exact_interval(finding: Finding) -> str:
    """0 [0, 0] beside the figures of other sides, for the verdict behind it says that it is exact."""
    return spaced(RATIO.number(finding.estimate), RATIO.interval(finding.low, finding.high))


def _paddings(sides: list[str]) -> str:
    return listed([f"{side}-" for side in sides]) + "padding"
