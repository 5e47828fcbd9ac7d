"""What practitioners ask about padding, each answered by a number of this run, or by the run that would have it."""

from collections.abc import Callable

from stages.analysis.contract import Finding, Question
from stages.analysis.contract_cells import CellFacts
from stages.params.schema import BASELINE
from stages.reporting.claims.cost import MASKED_STEP, cheapest
from stages.reporting.claims.stand import baselines, of_baseline, queue, sweeps, working
from stages.reporting.format import (
    PERCENT,
    RATIO,
    apart,
    capital,
    format_count,
    format_percent,
    format_ratio,
    listed,
)
from stages.reporting.tables_data import BATCHINGS
from stages.reporting.typed_results import DRIFT, FLIPS, Results, condition_text, head_text
from stages.stats.verdicts import Verdict

Answer = Callable[[Results], str]

ONE_RUN = "`dvc exp run -S {}`"
NO_MASK = "This run cannot tell: `train.variants` names no variant with a mask that works; run `dvc exp run -S {}`."
WITH_MASK = "'train.variants=[baseline,masked]'"
OTHER_HEADS = (
    "(Known of Keras 3, not measured here: recurrent layers, GlobalAveragePooling1D and attention use the mask; "
    "GlobalMaxPooling1D, Conv1D and Flatten drop it.)"
)


def questions(results: Results) -> list[Question]:
    """This run's answer to every question."""
    return [
        Question(id=name, question=question, answer=answer(results)) for name, (question, answer) in QUESTIONS.items()
    ]


def which_side(results: Results) -> str:
    """Q1, without a mask by the drift and with one by its absence."""
    if len(results.sides) < 2:
        only = f"it has {results.sides[0]}-padding alone"
        return f"This run cannot tell: {only}; run `dvc exp run -S 'pad.sides=[pre,post]'`."
    masked = working(results)
    exact = bool(masked) and all(results.exact(cell) for cell in masked)
    accuracies = listed([f"{_accuracy(cell)} with {cell.side}" for cell in masked])
    either = f"With a mask that works it does not matter to the state; test accuracy is {accuracies}. " if exact else ""
    cells = baselines(results)
    found = [each for cell in cells if (each := results.finding(cell, DRIFT, results.headline)) is not None]
    defined = sorted((each for each in found if each.estimate is not None), key=lambda each: each.estimate or 0.0)
    if len(defined) < 2:
        return f"{either}Without a mask this run cannot tell: its drift is not defined on both sides."
    drifts = listed([f"{RATIO.of(each)} with {each.side}" for each in defined])
    reached = listed([f"{_accuracy(cell)} with {cell.side}" for cell in cells])
    choice = (
        f"Without a mask {defined[0].side}, where pads move the state less"
        if apart(defined[0], defined[-1])
        else "Without a mask this run does not tell the sides apart"
    )
    return f"{either}{choice}: the drift under {condition_text(results.headline)} is {drifts}, test accuracy {reached}."


def are_zeros_enough(results: Results) -> str:
    """Q2: zeros without a mask are read like words."""
    found = of_baseline(results, DRIFT, [results.headline])
    if not found or all(each.verdict is Verdict.UNDEFINED for each in found):
        reason = found[0].reason if found else f"`train.variants` does not name `{BASELINE}`"
        return f"This run cannot tell: {reason}."
    figures = f"{condition_text(results.headline)} {_moved(results)}"
    reading = (
        "Index 0 is an index like any other: the embedding has a row for it, and the "
        f"{results.network} reads it as a word."
    )
    if all(each.harmless for each in found):
        return f"Here it is, for {figures}, too little to matter. {reading}"
    shown = all(each.verdict is Verdict.DIFFERENT for each in found)
    return f"{'No' if shown else 'It is not shown to be enough on every side'}: {figures}. {reading}"


def _moved(results: Results) -> str:
    """What the headline condition does to state and predictions, by side."""
    plural = condition_text(results.headline).endswith("pads")
    parts: list[str] = []
    for cell in baselines(results):
        drift, flips = (results.finding(cell, estimand, results.headline) for estimand in (DRIFT, FLIPS))
        flipped = PERCENT.of(flips) if flips is not None and flips.estimate is not None else "an undefined share"
        verb = f"{'flip' if plural else 'flips'} " if not parts else ""
        parts.append(f"by {_drift(drift)} and {verb}{flipped}{'' if parts else ' of the predictions'} ({cell.side})")
    return f"{'move' if plural else 'moves'} the state {'; '.join(parts)}"


def what_mask_zero_does(results: Results) -> str:
    """Q3: it freezes the state at pads, unless something behind it makes another mask."""
    masked = working(results)
    if not masked:
        return NO_MASK.format(WITH_MASK)
    asks = "It makes a mask of the indices that are not 0; at index 0 a recurrent layer skips the update of its state"
    moved, count = _largest(results, masked)
    does = f"in {count} comparisons of `{masked[0].variant}` the largest change of any unit is {format_ratio(moved)}"
    copies = sorted({cell.variant for cell in results.cells if cell.same_as_baseline and cell.mask != "none"})
    lost = (
        f" A `Masking` layer behind it replaces that mask: `{copies[0]}` equals `{BASELINE}` to the last bit."
        if copies
        else ""
    )
    return f"{asks}: {does}.{lost}"


def how_to_prove_it(results: Results) -> str:
    """Q4: by reading the same texts with and without pads."""
    how = (
        "Read the same texts with and without pads and compare the states: only a change of 0 (up to rounding) will "
        "do, for accuracy shows nothing. `make gate` does that and fails when a declared variant moves"
    )
    masked = working(results)
    if not masked:
        return f"{how}; this run has no masked variant to prove it of: run `dvc exp run -S {WITH_MASK}`."
    moved, count = _largest(results, masked)
    texts = max(finding.n_texts for finding in results.findings if finding.condition)
    shown = (
        f"here the largest change of `{masked[0].variant}` in {count} comparisons over {format_count(texts)} texts is"
    )
    other, _ = _largest(results, baselines(results))
    against = f", that of `{BASELINE}` {format_ratio(other)}" if baselines(results) else ""
    return f"{how}; {shown} {format_ratio(moved)}{against}."


def what_masked_steps_return(results: Results) -> str:
    """Q5, as far as the last state shows it; outputs of single steps are not exported."""
    known = (
        "(With `return_sequences=True` Keras repeats the previous output on a CPU and the cuDNN kernel writes zeros; "
        "outputs of single steps are not exported here.)"
    )
    masked = working(results)
    if not masked:
        return f"{NO_MASK.format(WITH_MASK)} {known}"
    frozen = not any(cell.pad_step.moves for cell in masked if cell.pad_step is not None)
    moved, _ = _largest(results, masked)
    if moved > results.exact_tolerance or not frozen:
        return (
            f"Not what was there before: the state of `{masked[0].variant}` moves by up to {format_ratio(moved)}. "
            f"{known}"
        )
    most = f"{results.pads[-1]} pads" if results.pads else "the pads"
    return (
        f"What was there before: a masked step leaves the state as it was, {format_ratio(moved)} away after {most}. "
        f"{known}"
    )


def is_masking_faster(results: Results) -> str:
    """Q6, in steps: the mask itself saves none, which is known and not measured; trimming does."""
    pairs = [(cell, other) for cell in working(results) for other in baselines(results) if other.side == cell.side]
    if not pairs:
        return f"This run cannot tell: it compares no masked model with `{BASELINE}`."
    cell, other = pairs[0]
    share = cell.computed_tokens / other.computed_tokens
    trimmed = (
        "But it makes the result independent of pads, so batches may be trimmed: training took "
        f"{format_percent(share)} of "
        f"the steps of `{BASELINE}` ({cell.side})."
        if share < 1
        else f"Nor were batches trimmed here: training took as many steps as `{BASELINE}`."
    )
    return f"Not by itself. {MASKED_STEP} {trimmed} Seconds are not measured."


def how_bidirectional_reads_pads(results: Results) -> str:
    """Q7, where a variant reads in both directions."""
    cells = [cell for cell in results.originals if cell.architecture.bidirectional != "none"]
    if not cells:
        return f"This run cannot tell: run {ONE_RUN.format('model.bidirectional=concat')}."
    parts = [f"{cell.title} {_drift(results.finding(cell, DRIFT, results.headline))}" for cell in cells]
    return (
        "Each direction meets them on its own: what lies behind the text for one lies before it for the other. Under "
        f"{condition_text(results.headline)} the drift is {listed(parts)}."
    )


def do_metrics_count_pads(results: Results) -> str:
    """Q8: with one prediction for each text there is no pad to count."""
    test = results.report.dataset.padded[results.sides[0]].splits["test"]
    return (
        "Not here: the head gives one prediction for each text, so loss and accuracy count "
        f"{format_count(test.texts)} test texts and none of their pads, {format_percent(test.padding_share)} of the "
        "positions. (Known of Keras 3, not measured here: where a model gives an output at every step, it weights loss "
        "and metrics by the mask, and without one counts pads.)"
    )


def which_layers_may_follow(results: Results) -> str:
    """Q9: what this run has behind the mask, by head, and the sweep that has the other heads."""
    masked = working(results)
    if not masked:
        return NO_MASK.format(WITH_MASK)
    heads: dict[tuple[str, int], list[CellFacts]] = {}
    for cell in masked:
        heads.setdefault((cell.architecture.head, cell.architecture.layers), []).append(cell)
    seen = "; ".join(_behind(results, *kind, cells) for kind, cells in heads.items())
    two_layers = any(layers > 1 for _, layers in heads)
    more = "" if two_layers else f"For a second recurrent layer run {ONE_RUN.format('model.layers=2')}. "
    return f"{capital(seen)}. {more}For other heads run {sweeps(results, 'downstream')}. {OTHER_HEADS}"


def _behind(results: Results, head: str, layers: int, cells: list[CellFacts]) -> str:
    """What the mask leaves of the largest change behind one head, and behind a second layer where there is one."""
    behind = f"{'a second recurrent layer, ' if layers > 1 else ''}{head_text(head)} and a dense classifier"
    moved, _ = _largest(results, cells)
    kept = moved <= results.exact_tolerance
    mask = "with a mask that works the largest change" if kept else "a mask that works does not suffice: the change"
    return f"behind {behind}, {mask} is {format_ratio(moved)}"


def which_width_to_choose(results: Results) -> str:
    """Q10: padding computed, the cheapest way to batch, and what the width cuts."""
    dataset = results.report.dataset
    padded, lengths = dataset.padded[results.sides[0]], dataset.tokens.splits["train"].length_quantiles
    train = padded.splits["train"]
    wastes = (
        f"Rows of {padded.max_len} are {format_percent(train.padding_share)} padding and cut "
        f"{format_percent(train.truncated_share)} of the training texts (median {lengths['0.5']}, longest "
        f"{results.longest_text} tokens)."
    )
    cells = working(results) or results.originals
    usable = next(cost for cost in cheapest(results, cells[0]) if cost.batching != "packed")
    name = BATCHINGS.get(usable.batching, usable.batching)
    best = f" The cheapest for `{cells[0].variant}`: {name} ({format_percent(usable.wasted)} padding)."
    run = queue("pad.max_len=0.5,0.75,0.95,longest")
    return f"{wastes}{best} Which width costs accuracy this run cannot tell: run {run}."


def _largest(results: Results, cells: list[CellFacts]) -> tuple[float, int]:
    """The largest change of any unit of any state, and over how many comparisons."""
    names = {(cell.side, cell.variant) for cell in cells}
    found = [each for each in results.findings if (each.side, each.variant) in names and each.estimand == DRIFT]
    return max((each.largest_change or 0.0 for each in found), default=0.0), len(found)


def _accuracy(cell: CellFacts) -> str:
    return PERCENT.of(cell.accuracy.estimate)


def _drift(finding: Finding | None) -> str:
    if finding is None or finding.estimate is None:
        return "undefined"
    return RATIO.of(finding)


QUESTIONS: dict[str, tuple[str, Answer]] = {
    "Q1": ("Pre- or post-padding?", which_side),
    "Q2": ("Is padding with zeros not enough?", are_zeros_enough),
    "Q3": ("What does `mask_zero` do?", what_mask_zero_does),
    "Q4": ("How can I prove that the mask worked?", how_to_prove_it),
    "Q5": ("What comes out at masked steps?", what_masked_steps_return),
    "Q6": ("Is masking faster?", is_masking_faster),
    "Q7": ("How does `Bidirectional` treat pads?", how_bidirectional_reads_pads),
    "Q8": ("Do loss and metrics count pads?", do_metrics_count_pads),
    "Q9": ("Which layers may follow?", which_layers_may_follow),
    "Q10": ("What does padding cost me, and which `max_len` or buckets should I use?", which_width_to_choose),
}
