"""What practitioners ask about padding, each answered by a number of this run, or by the run that would have it."""

from collections.abc import Callable

from stages.analysis.contract import Question
from stages.analysis.contract_cells import CellFacts
from stages.params.layers import RECURRENT
from stages.params.schema import BASELINE
from stages.reporting.claims.cost import MASKED_STEP, cheapest
from stages.reporting.claims.stand import (
    UNDEFINED_SHARE,
    all_drifts,
    baselines,
    by_side,
    conjugated,
    defined,
    format_known,
    largest_change,
    masked_and_baseline,
    queue,
    sweeps,
    verdicts_on,
    working,
)
from stages.reporting.format import PERCENT, RATIO, apart, capital, format_count, format_percent, format_ratio, listed
from stages.reporting.results import DRIFT, FLIPS, Results, condition_text, head_text
from stages.reporting.tables_data import BATCHINGS
from stages.stats.verdicts import Verdict

Answer = Callable[[Results], str]

RECURRENT_TYPES = (*(cell.layer for cell in RECURRENT.values()), "Bidirectional")
WORDS_AT_MASKED_STEPS = {"repeats": "repeats the step before", "zeros": "gives zeros", "other": "gives other values"}
DID = {
    "made": "makes it",
    "kept": "hands it on",
    "consumed": "uses it",
    "replaced": "replaces it",
    "destroyed": "drops it",
    "not_handed": "is not handed it",
}
WITH_MASK = "`dvc exp run -S 'train.variants=[baseline,masked]'`"
NO_MASK = f"This run cannot tell: `train.variants` names no variant with a mask that works; run {WITH_MASK}."
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
    masked, cells = working(results), baselines(results)
    exact = bool(masked) and all(results.exact(cell) for cell in masked)
    accuracies = by_side(masked, _accuracy)
    either = f"With a mask that works it does not matter to the state; test accuracy is {accuracies}. " if exact else ""
    drifts = defined(verdicts_on(results, cells, DRIFT))
    if len(drifts) < 2:
        return f"{either}Without a mask this run cannot tell: its drift is not defined on both sides."
    less, more = sorted(drifts, key=lambda drift: drift.estimate or 0.0)
    choice = (
        f"Without a mask {less.side}, where pads move the state less"
        if apart(less, more)
        else "Without a mask this run does not tell the sides apart"
    )
    return (
        f"{either}{choice}: the drift under {condition_text(results.headline)} is {by_side([less, more], RATIO.of)}, "
        f"test accuracy {by_side(cells, _accuracy)}."
    )


def are_zeros_enough(results: Results) -> str:
    """Q2: zeros without a mask are read like words."""
    drifts = verdicts_on(results, baselines(results), DRIFT)
    if all(drift.verdict is Verdict.UNDEFINED for drift in drifts):
        reason = drifts[0].reason if drifts else f"`train.variants` does not name `{BASELINE}`"
        return f"This run cannot tell: {reason}."
    figures = _moved(results)
    reading = (
        "Index 0 is an index like any other: the embedding has a row for it, and the "
        f"{results.network} reads it as a word."
    )
    if all(drift.harmless for drift in drifts):
        return f"Here it is, for {figures}, too little to matter. {reading}"
    shown = all(drift.verdict is Verdict.DIFFERENT for drift in drifts)
    return f"{'No' if shown else 'It is not shown to be enough on every side'}: {figures}. {reading}"


def _moved(results: Results) -> str:
    """What the headline condition does to state and predictions, by side."""
    at = condition_text(results.headline)
    drifts, flips = (verdicts_on(results, baselines(results), estimand) for estimand in (DRIFT, FLIPS))
    moves = [f"by {format_known(RATIO, drift)}" for drift in drifts]
    shares = [format_known(PERCENT, finding, UNDEFINED_SHARE) for finding in flips]
    shares[0] = f"{conjugated('flip', at)} {shares[0]} of the predictions"
    parts = [f"{moved} and {share} ({drift.side})" for moved, share, drift in zip(moves, shares, drifts, strict=True)]
    return f"{at} {conjugated('move', at)} the state {'; '.join(parts)}"


def what_mask_zero_does(results: Results) -> str:
    """Q3: it freezes the state at pads, unless something behind it makes another mask."""
    masked = working(results)
    if not masked:
        return NO_MASK
    copies = sorted({cell.variant for cell in results.cells if cell.same_as_baseline and cell.mask != "none"})
    replaced = "A `Masking` layer behind it replaces that mask"
    lost = f" {replaced}: `{copies[0]}` equals `{BASELINE}` to the last bit." if copies else ""
    drifts = all_drifts(results, masked)
    return (
        "It makes a mask of the indices that are not 0; at index 0 a recurrent layer skips the update of its state: "
        f"in {len(drifts)} comparisons of `{masked[0].variant}` the largest change of any unit is "
        f"{format_ratio(largest_change(drifts))}.{lost}"
    )


def how_to_prove_it(results: Results) -> str:
    """Q4: by reading the same texts with and without pads."""
    how = (
        "Read the same texts with and without pads and compare the states: only a change of 0 (up to rounding) will "
        "do, for accuracy shows nothing. `make gate` does that and fails when a declared variant moves"
    )
    masked = working(results)
    if not masked:
        return f"{how}; this run has no masked variant to prove it of: run {WITH_MASK}."
    texts = max(finding.n_texts for finding in results.findings if finding.condition)
    drifts, others = all_drifts(results, masked), all_drifts(results, baselines(results))
    against = f", that of `{BASELINE}` {format_ratio(largest_change(others))}" if others else ""
    return (
        f"{how}; here the largest change of `{masked[0].variant}` in {len(drifts)} comparisons over "
        f"{format_count(texts)} texts is {format_ratio(largest_change(drifts))}{against}."
    )


def what_masked_steps_return(results: Results) -> str:
    """Q5: of the state by what the runs show, of outputs at every step by the audit."""
    masked = working(results)
    of_keras = _at_masked_steps(masked)
    if not masked:
        return f"{NO_MASK} {of_keras}"
    moved = largest_change(all_drifts(results, masked))
    if moved > results.exact_tolerance or any(cell.pad_step is not None and cell.pad_step.moves for cell in masked):
        moves = f"the state of `{masked[0].variant}` moves by up to {format_ratio(moved)}"
        return f"Not what was there before: {moves}. {of_keras}"
    most = f"{results.pads[-1]} pads" if results.pads else "the pads"
    if all(cell.audit.proves(side) for cell in masked for side in cell.audit.proven):
        leaves = f"it is proven that a masked step of `{masked[0].variant}` leaves any state as it was"
    else:
        leaves = f"a masked step leaves the state as it was, {format_ratio(moved)} away after {most}"
    return f"What was there before: {leaves}. {of_keras}"


def _at_masked_steps(cells: list[CellFacts]) -> str:
    """What recurrent layers with an output at every step give where the mask is false."""
    given = {
        f"`{layer.layer}` {WORDS_AT_MASKED_STEPS[layer.at_masked_steps]}"
        for cell in cells
        for layer in cell.audit.layers
        if layer.type in RECURRENT_TYPES and layer.at_masked_steps
    }
    if given:
        return f"Of its outputs at masked steps, {listed(sorted(given))}."
    return (
        "(Known of Keras, not measured here: with `return_sequences=True` a CPU repeats the previous output and the "
        "cuDNN kernel writes zeros.)"
    )


def is_masking_faster(results: Results) -> str:
    """Q6, in steps: the mask itself saves none, which is known and not measured; trimming does."""
    pairs = masked_and_baseline(results)
    if not pairs:
        return f"This run cannot tell: it compares no masked model with `{BASELINE}`."
    cell, other = pairs[0]
    share = cell.computed_tokens / other.computed_tokens
    trimmed = (
        "But it makes the result independent of pads, so batches may be trimmed: training took "
        f"{format_percent(share)} of the steps of `{BASELINE}` ({cell.side})."
        if share < 1
        else f"Nor were batches trimmed here: training took as many steps as `{BASELINE}`."
    )
    return f"Not by itself. {MASKED_STEP} {trimmed} Seconds are not measured."


def how_bidirectional_reads_pads(results: Results) -> str:
    """Q7, where a variant reads in both directions."""
    cells = [cell for cell in results.originals if cell.architecture.bidirectional != "none"]
    if not cells:
        return "This run cannot tell: run `dvc exp run -S model.bidirectional=concat`."
    pairs = zip(cells, verdicts_on(results, cells, DRIFT), strict=True)
    return (
        "Each direction meets them on its own: what lies behind the text for one lies before it for the other. Under "
        f"{condition_text(results.headline)} the drift is "
        f"{listed([f'{cell.title} {format_known(RATIO, drift)}' for cell, drift in pairs])}."
    )


def do_metrics_count_pads(results: Results) -> str:
    """Q8: with one prediction for each text there is no pad to count."""
    test = results.report.dataset.padded[results.sides[0]].splits["test"]
    if not all(cell.audit.one_prediction_a_text for cell in results.cells):
        return (
            "Where a model gives an output at every step, Keras weights loss and metrics by the mask, if there is one."
        )
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
        return NO_MASK
    heads: dict[tuple[str, int], list[CellFacts]] = {}
    for cell in masked:
        heads.setdefault((cell.architecture.head, cell.architecture.layers), []).append(cell)
    seen = "; ".join(_behind(results, *kind, cells) for kind, cells in heads.items())
    ways = {f"`{cell.variant}`: {way}" for cell in masked if (way := _way_of_the_mask(cell))}
    seen = f"{seen}. The audit of the mask's way: {'; '.join(sorted(ways))}" if ways else seen
    two_layers = any(layers > 1 for _, layers in heads)
    more = "" if two_layers else "For a second recurrent layer run `dvc exp run -S model.layers=2`. "
    return f"{capital(seen)}. {more}For other heads run {sweeps(results, 'downstream')}. {OTHER_HEADS}"


def _way_of_the_mask(cell: CellFacts) -> str:
    """Which layer made, kept or dropped the mask, and where pads enter all the same."""
    way = [f"`{layer.layer}` {DID[layer.did]}" for layer in cell.audit.layers if layer.did in DID]
    leaks = [leak for leak in cell.audit.first_leak.values() if leak is not None]
    return listed(way) + (f", and pads enter at `{leaks[0].layer}`" if leaks and way else "")


def _behind(results: Results, head: str, layers: int, cells: list[CellFacts]) -> str:
    """What the mask leaves of the largest change behind one head, and behind a second layer where there is one."""
    behind = f"{'a second recurrent layer, ' if layers > 1 else ''}{head_text(head)} and a dense classifier"
    moved = largest_change(all_drifts(results, cells))
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
    cost = cheapest(results, cells[0])
    best = f"The cheapest for `{cells[0].variant}`: {BATCHINGS[cost.batching]} ({format_percent(cost.wasted)} padding)."
    run = queue("pad.max_len=0.5,0.75,0.95,longest")
    return f"{wastes} {best} Which width costs accuracy this run cannot tell: run {run}."


def _accuracy(cell: CellFacts) -> str:
    return PERCENT.of(cell.accuracy.estimate)


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
