"""The answer in three lines: does it leak, what does it cost, which fix works; by rules on the family of verdicts."""

from collections.abc import Iterable

from stages.analysis.contract_cells import ALONE, CellFacts
from stages.analysis.contract_family import FamilyVerdict
from stages.params.derived import BASELINE
from stages.reporting.claims.stand import baselines, conjugated
from stages.reporting.format import capital, format_percent, format_points, listed
from stages.reporting.results import Results, condition_text
from stages.runtime.paths import OTHER_SIDE
from stages.stats.verdicts import UNMOVED, Verdict

LEAK, ACCURACY, SERVING = "leak", "accuracy", "serving"
"""The questions of the family."""

SEEN = (*UNMOVED, Verdict.UNDEFINED)
"""What takes no inference: nothing moved, or nothing is known."""


def answer(results: Results) -> list[str]:
    """Three lines in Markdown, none over 25 words."""
    return [leak(results), cost(results), fix(results)]


def leak(results: Results) -> str:
    """Whether padding reaches the prediction of the model without a mask, which is a matter of fact for these texts."""
    records = results.judged(LEAK)
    known = [record for record in records if record.verdict is not Verdict.UNDEFINED]
    moved = [record for record in known if record.verdict not in UNMOVED]
    if not known:
        return "**Whether padding leaks cannot be said here**: the table of verdicts says why."
    if not moved:
        proven = all(record.verdict is Verdict.PROVEN for record in known)
        seen = "Proven for every number of pads." if proven else "No tested padding moves what its classifier reads."
        return f"**No, padding does not leak through the unmasked {results.network}.** {seen}"
    where = "" if len(moved) == len(records) else f" with {paddings(moved)}"
    small = ", by too little to matter" if all(record.verdict is Verdict.EQUIVALENT for record in moved) else ""
    sides = [record.side for record in moved]
    flips = _flipped([cell for cell in baselines(results) if cell.side in sides])
    return f"**Yes, padding leaks through the unmasked {results.network}{where}{small}.**{flips}"


def flips_by_pads(cell: CellFacts) -> list[tuple[float, str]]:
    """The share of predictions that are others than as trained, under every number of pads, and the condition."""
    by_condition = {ALONE: cell.alone, **{under.condition: under for under in cell.conditions}}
    changed = [
        (under.against_training.flip_rate.estimate, condition)
        for condition, under in by_condition.items()
        if (condition == ALONE or getattr(under, "pads", None))
        and under.against_training is not None
        and under.against_training.flip_rate is not None
    ]
    return [(share, condition) for share, condition in changed if share is not None]


def _flipped(cells: Iterable[CellFacts]) -> str:
    """Under which number of pads, none among them, most predictions are others than as trained."""
    shares = [(share, condition, cell.side) for cell in cells for share, condition in flips_by_pads(cell)]
    if not shares:
        return ""
    share, condition, side = max(shares, key=lambda each: each[0])
    if not share:
        return " No prediction changes."
    if condition == ALONE:
        return f" Serving it without its {side}-padding changes {format_percent(share)} of its predictions."
    what = condition_text(condition)
    changed = f"{conjugated('change', what)} {format_percent(share)} of its predictions as trained"
    return f" {capital(what)} {changed} with {side}-padding."


def cost(results: Results) -> str:
    """What training on padding costs against the mask, and what serving otherwise costs; what is decided is first."""
    accuracy, serving = results.judged(ACCURACY), results.judged(SERVING)
    training, served = _training(accuracy), _serving(serving)
    if different(serving) and not different(accuracy) and not all(record.decided for record in accuracy):
        return f"**{served}** {training}"
    return f"**{training}** {served}".rstrip()


def _training(records: list[FamilyVerdict]) -> str:
    gains = [record for record in different(records) if (record.estimate or 0.0) > 0]
    losses = [record for record in different(records) if (record.estimate or 0.0) < 0]
    unclear = [record for record in records if not record.decided]
    if gains:
        most = "up to " if len(gains) > 1 else ""
        return f"Unmasked training{_on(gains, records)} costs {most}{points(gains)} of accuracy."
    if losses:
        return f"The mask costs {points(losses)} of accuracy{_on(losses, records)}."
    if all(record.verdict is Verdict.UNDEFINED for record in records):
        return "What unmasked training costs cannot be said here."
    may_cost = [record for record in unclear if not _excludes_a_cost(record)]
    if may_cost:
        return f"Undecided: whether unmasked training{_on(may_cost, records)} costs accuracy that matters."
    if unclear:
        most = format_points(max(-(record.low or 0.0) for record in unclear)).removeprefix("+")
        return f"The mask may cost up to {most} points of accuracy{_on(unclear, records)}."
    return "Unmasked training costs no accuracy that matters."


def _excludes_a_cost(record: FamilyVerdict) -> bool:
    """Whether the interval says that training without the mask costs nothing that matters; the mask may."""
    return record.low is not None and record.high is not None and record.low < 0 and record.high < record.epsilon


def _serving(records: list[FamilyVerdict]) -> str:
    if different(records):
        losses = [record for record in different(records) if (record.estimate or 0.0) < 0]
        worst = max(losses or different(records), key=_size)
        changes = f"{'loses' if losses else 'gains'} {format_points(_size(worst)).removeprefix('+')} points of accuracy"
        return f"Trained with {worst.side}-padding and served with {_served(worst)}, it {changes}."
    if all(record.verdict is Verdict.UNDEFINED for record in records):
        return ""
    if not all(record.decided for record in records):
        return "Undecided: whether serving it padded otherwise costs accuracy."
    return "Serving it padded otherwise costs none that matters."


def _served(record: FamilyVerdict) -> str:
    """What stands in a row in place of the padding of training."""
    if record.condition == OTHER_SIDE:
        return "post-padding" if record.side == "pre" else "pre-padding"
    return condition_text(record.condition or "")


def fix(results: Results) -> str:
    """What the variant with the mask does about it, and the other variants."""
    variant = results.masked_variant
    if variant not in results.variants:
        return f"**No mask was tried**: add `{variant}` to `train.variants`."
    proven = all(cell.audit.proves(side) for cell in results.of(variant) for side in cell.audit.proven)
    called = f"`{variant}`"
    mask = f"`mask_zero=True`, here called {called}," if results.of(variant)[0].mask == "embedding" else called
    if not results.keeps_still(variant):
        first = f"**{mask} does not stop it**: padding moves what its classifier reads."
    elif proven:
        first = f"**{mask} stops it**, proven for every number of pads."
    else:
        first = f"**{mask} stops it**: no tested padding moves anything."
    others = [name for name in results.variants if name not in (BASELINE, variant, *results.copies)]
    still = [f"`{name}`" for name in others if results.keeps_still(name)]
    leaking = [f"`{name}`" for name in others if not results.keeps_still(name)]
    more = [f"So {'does' if len(still) == 1 else 'do'} {listed(still)}."] * bool(still)
    more += [f"{listed(leaking)} {'does' if len(leaking) == 1 else 'do'} not."] * bool(leaking)
    more += [_undone(results, name) for name in results.copies if name != BASELINE]
    return " ".join([first, *more])


def _undone(results: Results, name: str) -> str:
    """What is said of a variant that repeats the baseline."""
    if results.of(name)[0].mask == "embedding+masking":
        return "A `Masking` layer after the embedding undoes the mask."
    return f"`{name}` equals `{BASELINE}` to the last bit."


def different(records: Iterable[FamilyVerdict]) -> list[FamilyVerdict]:
    """Those that are shown to be more than ε."""
    return [record for record in records if record.verdict is Verdict.DIFFERENT]


def paddings(records: Iterable[FamilyVerdict]) -> str:
    """pre- and post-padding."""
    return listed([f"{record.side}-" for record in records]) + "padding"


def _size(record: FamilyVerdict) -> float:
    return abs(record.estimate or 0.0)


def _on(some: list[FamilyVerdict], records: list[FamilyVerdict]) -> str:
    """The padding of some records; nothing where they are all."""
    return "" if len(some) == len(records) else f" on {paddings(some)}"


def points(records: list[FamilyVerdict]) -> str:
    """The largest: 29.6 points."""
    return f"{format_points(max(map(_size, records))).removeprefix('+')} points"
