"""The answer in three sentences: does it leak, what does it cost, which fix works. All by rules on the verdicts."""

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts
from stages.params.layers import WORKING_MASKS
from stages.params.schema import BASELINE
from stages.reporting.format import (
    PERCENT,
    POINTS,
    RATIO,
    format_percent,
    format_plain,
    format_ratio,
    listed,
    spaced,
)
from stages.reporting.typed_results import ACCURACY, ACCURACY_CHANGE, DRIFT, FLIPS, Results, condition_text
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.stats.verdicts import Verdict

TWO_MASKS = "embedding+masking"


def answer(results: Results) -> list[str]:
    """Three sentences in Markdown."""
    return [leak(results), cost(results), fixes(results)]


def leak(results: Results) -> str:
    """Whether padding moves the state behind the model without a mask, by side."""
    found = _of_variant(results, BASELINE, DRIFT)
    if not found:
        return (
            f"**This run cannot say whether padding leaks through an unmasked {results.network}**: "
            f"`train.variants` does not name `{BASELINE}`."
        )
    clauses = [_moved(results, cell, finding) for cell, finding in found]
    verdict, under = _leak_verdict(results, [finding for _, finding in found]), _under(results)
    at = "" if under in verdict else under.replace(",", "")
    return (
        f"**{verdict}**: {at}the state that the classifier reads drifts {listed(clauses)}. "
        "(Squared shift over the spread between texts, geometric mean over seeds; "
        f"above {format_plain(results.epsilon[DRIFT])} it matters.)"
    )


def _leak_verdict(results: Results, found: list[Finding]) -> str:
    leaks = [each.side for each in found if each.verdict is Verdict.DIFFERENT]
    tight = [each.side for each in found if each.harmless]
    if len(leaks) == len(found):
        widely = all(_leaks_widely(results, cell) for cell, _ in _of_variant(results, BASELINE, DRIFT))
        return f"Yes, {'' if widely else _under(results)}padding leaks through the unmasked {results.network}"
    if len(tight) == len(found):
        anywhere = any(any(_different(results, cell)) for cell, _ in _of_variant(results, BASELINE, DRIFT))
        where = _under(results) if anywhere else ""
        return f"No, {where}padding does not leak through the unmasked {results.network} in any amount that matters"
    parts = [f"with {side}-padding it leaks" for side in leaks] + [f"with {side}-padding it does not" for side in tight]
    unclear = [each.side for each in found if each.side not in leaks + tight]
    parts += [f"with {side}-padding this run cannot tell" for side in unclear]
    if len(unclear) == len(found):
        return f"This run cannot tell whether padding leaks through the unmasked {results.network}"
    return f"Through the unmasked {results.network}, {listed(parts)}"


def _different(results: Results, cell: CellFacts) -> list[bool]:
    """Whether the drift is DIFFERENT: under each number of pads, and at the end as trained."""
    conditions = [*(condition_name(pads) for pads in results.pads), AS_TRAINED]
    found = [results.finding(cell, DRIFT, condition) for condition in conditions]
    return [each is not None and each.verdict is Verdict.DIFFERENT for each in found]


def _leaks_widely(results: Results, cell: CellFacts) -> bool:
    """Whether it leaks as trained and under most numbers of pads, so that the answer hangs on none of them."""
    *pads, trained = _different(results, cell)
    return trained and (not pads or 2 * sum(pads) > len(pads))


def _under(results: Results) -> str:
    return f"under {condition_text(results.headline)}, "


def _moved(results: Results, cell: CellFacts, finding: Finding) -> str:
    side = f"with {cell.side}-padding"
    if finding.verdict is Verdict.EXACT:
        return f"not at all {side}"
    if finding.verdict is Verdict.UNDEFINED:
        return f"by an undefined amount {side} ({finding.reason})"
    return f"by {RATIO.of(finding)} {side} ({_doubt(finding)}{_where(results, cell)})"


def _doubt(finding: Finding) -> str:
    words = {Verdict.INCONCLUSIVE: "inconclusive; ", Verdict.EQUIVALENT: "too little to matter; "}
    return words.get(finding.verdict, "")


def _where(results: Results, cell: CellFacts) -> str:
    *pads, trained = _different(results, cell)
    under = f"under {sum(pads)} of {len(pads)} number{'' if len(pads) == 1 else 's'} of pads, " if pads else ""
    return f"DIFFERENT {under}{'and as' if pads else 'as'} trained" if trained else f"DIFFERENT {under}not as trained"


def cost(results: Results) -> str:
    """What padding without a mask costs, in accuracy against the mask that works and in flips, by side."""
    baselines = [cell for cell in results.cells if cell.variant == BASELINE]
    if not baselines:
        return f"**What it costs cannot be said** either: every cost is a difference to `{BASELINE}`."
    gains = [_gain(results, cell) for cell in baselines]
    flips = [results.finding(cell, FLIPS, results.headline) for cell in baselines]
    verb = "change" if condition_text(results.headline).endswith("pads") else "changes"
    shares = listed([_flipped(results, cell, flip) for cell, flip in zip(baselines, flips, strict=True)])
    accuracies = listed([_accuracy_clause(cell, gain) for cell, gain in zip(baselines, gains, strict=True)])
    served = [(cell.side, _served(results, cell)) for cell in baselines]
    return (
        f"**{_cost_verdict(gains, flips)}{_serving_verdict(served)}**: {condition_text(results.headline)} {verb} the "
        f"predicted class of {shares}. The unmasked test accuracy is {accuracies}.{_serving_clause(served)}"
    )


def _served(results: Results, cell: CellFacts) -> list[Finding]:
    """What serving under the headline's pads, and padded on the other side, does to accuracy; where it was judged."""
    found = [results.finding(cell, ACCURACY_CHANGE, condition) for condition in (results.headline, OTHER_SIDE)]
    return [each for each in found if each is not None and each.estimate is not None]


def _serving_verdict(served: list[tuple[str, list[Finding]]]) -> str:
    found = [each for _, findings in served for each in findings]
    if not found:
        return ""
    if any(each.verdict is Verdict.DIFFERENT and (each.estimate or 0.0) < 0 for each in found):
        return "; serving otherwise than trained costs accuracy"
    if all(each.harmless for each in found):
        return "; serving otherwise than trained costs none that matters"
    return "; what serving otherwise than trained costs is open"


def _serving_clause(served: list[tuple[str, list[Finding]]]) -> str:
    """By condition, what is not shown to be too little to matter."""
    by_condition: dict[str, list[str]] = {}
    for side, findings in served:
        for each in findings:
            if not each.harmless:
                clause = f"{POINTS.of(each)} points with {side}-padding ({each.verdict})"
                by_condition.setdefault(condition_text(each.condition or ""), []).append(clause)
    clauses = [f"by {listed(found)} under {condition}" for condition, found in by_condition.items()]
    return f" Served otherwise than trained, it changes {'; '.join(clauses)}." if clauses else ""


def _gain(results: Results, cell: CellFacts) -> Finding | None:
    """What the mask that works adds to the baseline's test accuracy on the same side."""
    for other in results.cells:
        if other.side == cell.side and other.mask in WORKING_MASKS:
            return results.finding(other, ACCURACY)
    return None


def _cost_verdict(gains: list[Finding | None], flips: list[Finding | None]) -> str:
    differ = [gain for gain in gains if gain is not None and gain.verdict is Verdict.DIFFERENT]
    flipping = [flip for flip in flips if flip is not None and flip.verdict is Verdict.DIFFERENT]
    better = [gain.side for gain in differ if gain.estimate is not None and gain.estimate > 0]
    if better:
        return f"It costs accuracy with {_paddings(better)}"
    if differ:
        return f"With {_paddings([gain.side for gain in differ])} it is the mask that costs accuracy"
    if flipping:
        return f"It changes predictions; {_accuracy_verdict(gains)}"
    if all(each is not None and each.harmless for each in gains + flips):
        return "It costs nothing that matters"
    return "What it costs is not settled by this run"


def _accuracy_verdict(gains: list[Finding | None]) -> str:
    if None in gains:
        return "its accuracy is not compared with a mask that works"
    if all(gain is not None and gain.harmless for gain in gains):
        return "training on it costs no accuracy that matters"
    return "whether training on it costs accuracy is open"


def _accuracy_clause(cell: CellFacts, gain: Finding | None) -> str:
    notes = [f"{cell.n_seeds_at_chance} of {len(cell.seeds)} seeds at chance"] * bool(cell.n_seeds_at_chance)
    if gain is not None and gain.verdict is Verdict.EXACT:
        notes.append(f"that of `{gain.variant}` to the last bit")
    elif gain is not None:
        notes.append(f"`{gain.variant}` adds {POINTS.of(gain)} points: {gain.verdict}")
    return spaced(
        f"{format_percent(cell.accuracy.mean)} with {cell.side}-padding", f"({'; '.join(notes)})" if notes else ""
    )


def _flipped(results: Results, cell: CellFacts, flip: Finding | None) -> str:
    side = f"with {cell.side}-padding"
    if flip is None or flip.estimate is None:
        return f"an undefined share of the texts {side}"
    if flip.verdict is Verdict.EXACT:
        return f"no text {side}"
    return f"{PERCENT.of(flip)} of the texts {side} ({flip.verdict}{_direction(results, cell)})"


def _direction(results: Results, cell: CellFacts) -> str:
    """How many of all texts pads turn right, and wrong, against the text alone."""
    facts = cell.at(results.headline)
    if facts is None or facts.gained is None or facts.lost is None:
        return ""
    gained, lost = format_percent(facts.gained.estimate), format_percent(facts.lost.estimate)
    return f": {gained} turned right, {lost} turned wrong"


def fixes(results: Results) -> str:
    """What each of the other variants does about it."""
    others = [variant for variant in results.variants if variant != BASELINE]
    if not others:
        return f"**No fix was tried**: `train.variants` names `{BASELINE}` alone."
    return "; ".join(_fix(results, variant) for variant in others) + "."


def _fix(results: Results, variant: str) -> str:
    found = _of_variant(results, variant, DRIFT)
    cells = [cell for cell, _ in found]
    findings = [finding for _, finding in found]
    if all(cell.same_as_baseline for cell in cells):
        nothing = (
            ", the popular recipe of two masks, masks nothing" if cells[0].mask == TWO_MASKS else " changes nothing"
        )
        return f"**`{variant}`{nothing}**: all its scores and states equal those of `{BASELINE}` to the last bit"
    if all(finding.verdict is Verdict.EXACT for finding in findings):
        largest = max(finding.largest_change or 0.0 for finding in findings)
        by = (
            "no unit of any text moves"
            if largest == 0
            else f"no unit of any text moves by more than {format_ratio(largest)}"
        )
        return f"**`{variant}` keeps the state exactly**: under {condition_text(results.headline)} {by}"
    if all(finding.harmless for finding in findings):
        return f"**`{variant}` is enough**: {_by_side(findings)}, too little to matter"
    if all(finding.verdict is Verdict.DIFFERENT for finding in findings):
        return f"**`{variant}` still leaks**: {_by_side(findings)}"
    if all(finding.verdict is Verdict.UNDEFINED for finding in findings):
        return f"**of `{variant}` nothing can be said**: {findings[0].reason}"
    return f"**`{variant}` is not settled**: {_by_side(findings)}"


def _by_side(findings: list[Finding]) -> str:
    return "a drift ratio of " + listed(
        [
            spaced(RATIO.number(each.estimate), RATIO.interval(each.low, each.high))
            + f" with {each.side} ({each.verdict})"
            for each in findings
        ]
    )


def _of_variant(results: Results, variant: str, estimand: str) -> list[tuple[CellFacts, Finding]]:
    pairs = [
        (cell, results.finding(cell, estimand, results.headline)) for cell in results.cells if cell.variant == variant
    ]
    return [(cell, finding) for cell, finding in pairs if finding is not None]


def _paddings(sides: list[str]) -> str:
    return listed([f"{side}-" for side in sides]) + "padding"
