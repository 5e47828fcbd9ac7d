"""What to do on this dataset: side, mask, width of rows, batching, head; each with what it buys and what shows it."""

from dataclasses import dataclass

from stages.params.schema import BASELINE
from stages.reporting.format import MISSING, format_points_of, format_ratio, listed
from stages.reporting.results import Estimate, Record
from stages.stats.verdicts import Verdict
from stages.sweeps.summary.choosing import Choice, Option, choose, options_of
from stages.sweeps.summary.comparing import accuracy_difference
from stages.sweeps.summary.swept import ACCURACY, SIDE, VARIANT, Row, Sweep, Sweeps

NAIVE_SIDE = "pre"
NAIVE_HEAD = "last"

LONGEST = ("longest", "1.0", "1")
FIXED = ("fixed", "never")
BASE_SWEEPS = ("architecture", "amount", "truncation", "batching", "downstream", "mismatch", "cell", "size")
"""Where sides and masks are compared when there is no main report, the first that has both."""


@dataclass(frozen=True)
class Base:
    """Where every side and mask was trained with all else alike: the main report, or a sweep at its references."""

    evidence: str
    rows: list[Row]
    level: float
    epsilon: float


@dataclass(frozen=True)
class Decision:
    """One thing to decide, what was chosen, and against what; no choice where nothing was run to tell."""

    name: str
    naive: str
    choice: Choice | None
    against: Row | None
    """The default of Keras as it was trained there."""
    evidence: str
    level: float
    epsilon: float
    run: str = ""
    """What would tell, where there is no choice."""
    why: str = ""
    """What the choice rests on beside accuracy and compute."""
    knobs: tuple[str, ...] = ()
    """What sets it in params.yaml, `key=value`."""


def recommend(sweeps: Sweeps, base: Base | None) -> list[Decision]:
    """All decisions; each is taken with those before it as they were chosen."""
    side, mask = _side_and_mask(sweeps, base)
    where = (_variant_row(mask), _side_of(side))
    width = _from_sweep(sweeps, "max_len", ("truncation", "amount"), LONGEST, where)
    batching = _from_sweep(sweeps, "batching", ("batching",), FIXED, where)
    head = _from_sweep(sweeps, "head", ("downstream",), (NAIVE_HEAD,), where)
    return [side, mask, width, batching, head]


def base_of(sweeps: Sweeps, main: Base | None) -> Base | None:
    """The main report where it compares a mask with none; else the first sweep that does, on both sides if any does."""
    found = [] if main is None else [main]
    for name in BASE_SWEEPS:
        sweep = sweeps.get(name)
        if sweep is not None and sweep.unmasked and sweep.masked:
            rows = sweep.where(**sweep.references)
            found.append(Base(f"sweep `{name}`", rows, sweep.level, sweep.epsilon[ACCURACY]))
    comparable = [
        each
        for each in found
        if any(row.masked for row in each.rows) and any(row.architecture["mask"] == "none" for row in each.rows)
    ]
    both = [each for each in comparable if len({row.side for row in each.rows}) == 2]
    return next(iter(both or comparable), None)


def _side_and_mask(sweeps: Sweeps, base: Base | None) -> tuple[Decision, Decision]:
    if base is None:
        run = sweeps.command("architecture")
        return _undecided("side", NAIVE_SIDE, run), _undecided("mask", BASELINE, run)
    rows = _alike(base.rows)
    choice = choose({row.name: row for row in rows}, "", base.level, base.epsilon)
    equals = [each.row for each in choice.options if each.name in choice.equals]
    # Between equals: the first mask that was trained, on the side that is the default.
    first = equals[0].variant
    chosen = next((row for row in equals if (row.side, row.variant) == (NAIVE_SIDE, first)), equals[0])
    of_side = {row.side: row for row in rows if row.variant == chosen.variant}
    of_mask = {row.variant: row for row in rows if row.side == chosen.side}
    sides = [row.side for row in equals if row.variant == chosen.variant]
    masks = [row.variant for row in equals if row.side == chosen.side]
    return (
        _decided("side", NAIVE_SIDE, of_side, chosen, base, sides, _without_mask(rows, chosen, base)),
        _decided("mask", _unmasked(rows), of_mask, chosen, base, masks, _exactness(chosen)),
    )


def _undecided(name: str, naive: str, run: str, evidence: str = MISSING) -> Decision:
    return Decision(name, naive, None, None, evidence, 0.0, 0.0, run)


def _alike(rows: list[Row]) -> list[Row]:
    """The rows that differ from the unmasked model in side and mask alone, copies of it left out."""
    name = _unmasked(rows)
    plain = next(row for row in rows if row.variant == name)
    return [row for row in rows if row.without_mask == plain.without_mask and (not row.copy or row.variant == name)]


def _unmasked(rows: list[Row]) -> str:
    without = [row.variant for row in rows if row.architecture["mask"] == "none"]
    return BASELINE if BASELINE in without else without[0]


def _decided(
    name: str, naive: str, rows: dict[str, Row], chosen: Row, base: Base, equals: list[str], why: str
) -> Decision:
    """One of the two that were chosen together, with the options that differ in it alone."""
    best = max(rows.values(), key=lambda row: row.accuracy.estimate if row.accuracy else 0.0)
    options = options_of(rows, best, base.level, base.epsilon)
    choice = Choice(next(each for each in options if each.row is chosen), options, equals)
    knob = f"pad.sides=[{chosen.side}]" if name == "side" else f"train.variants=[{chosen.variant}]"
    against = rows.get(naive)
    return Decision(name, naive, choice, against, base.evidence, base.level, base.epsilon, why=why, knobs=(knob,))


def _without_mask(rows: list[Row], chosen: Row, base: Base) -> str:
    """What the side does where there is no mask, which is what happens where a mask gets lost."""
    unmasked = {row.side: row for row in rows if row.variant == _unmasked(rows)}
    if not chosen.masked or len(unmasked) < 2:
        return ""
    found = accuracy_difference(unmasked["post"], unmasked["pre"], base.level)
    return (
        f"Without a mask post-padding instead of pre-padding changes accuracy by {format_points_of(found.value)} "
        "points."
    )


def _exactness(chosen: Row) -> str:
    if chosen.exact:
        return "It keeps states and predictions exactly, under the extra pads that it was read with."
    return "It does not keep the states exactly." if chosen.masked else "Pads move its states."


def _variant_row(mask: Decision) -> bool:
    """Whether a model with a mask was chosen; a mask is assumed where nothing was run to tell."""
    return mask.choice is None or mask.choice.option.row.masked


def _side_of(side: Decision) -> str:
    return NAIVE_SIDE if side.choice is None else side.choice.option.row.side


def _from_sweep(
    sweeps: Sweeps, word: str, names: tuple[str, ...], defaults: tuple[str, ...], where: tuple[bool, str]
) -> Decision:
    """A decision among the levels of one sweep, for the model and the side that were chosen before."""
    sweep = next((found for name in names if (found := sweeps.get(name)) is not None), None)
    run = sweeps.command(names[0])
    if sweep is None:
        return _undecided(word, defaults[0], run)
    rows = _options(sweep, word, where)
    level, epsilon = sweep.level, sweep.epsilon[ACCURACY]
    if len(rows) < 2:
        return _undecided(word, defaults[0], run, f"sweep `{sweep.name}`")
    naive = _naive(rows, defaults, word)
    choice = choose(rows, naive, level, epsilon)
    evidence = f"sweep `{sweep.name}`"
    axis = sweep.axis_of(word) or ""
    knobs = (f"{axis}={choice.option.name}",) if "." in axis else ()
    why = _exactness(choice.option.row) if word == "head" else ""
    return Decision(word, naive, choice, rows.get(naive), evidence, level, epsilon, run, why, knobs)


def _options(sweep: Sweep, word: str, where: tuple[bool, str]) -> dict[str, Row]:
    """Label and row for every level of the axes of a sweep, for one side and one model."""
    masked, side = where
    variant = (sweep.masked if masked else sweep.unmasked) or sweep.unmasked or sweep.rows[0].variant
    rows = sweep.where(**{SIDE: side if side in sweep.sides else sweep.sides[0], VARIANT: variant})
    if word == "batching":
        return {", ".join(row.options.values()): row for row in rows}
    axis = sweep.axis_of(word)
    fixed = {name: label for name, label in sweep.references.items() if name != axis}
    kept = [row for row in rows if fixed.items() <= row.levels.items()]
    return {} if axis is None else {row.levels[axis]: row for row in kept}


def _naive(rows: dict[str, Row], defaults: tuple[str, ...], word: str) -> str:
    """The option that stands for Keras' default."""
    named = [name for name in defaults if name in rows]
    named += [name for name in rows if any(default in name for default in defaults)] * (word == "batching")
    if named:
        return named[0]
    if word == "max_len":
        return max(rows, key=lambda name: rows[name].max_len)
    return next(iter(rows))


def decision_record(decision: Decision) -> Record:
    """A decision as JSON: choice, what it buys, the options, and the sentence that says so."""
    shared: Record = {
        "decision": decision.name,
        "naive": decision.naive,
        "evidence": decision.evidence,
        "why": decision.why,
        "knobs": list(decision.knobs),
    }
    if decision.choice is None:
        return shared | {"choice": None, "run": decision.run, "sentence": f"Not run: {decision.run}."}
    chosen, options = decision.choice.option, decision.choice.options
    bought = None if decision.against is None else accuracy_difference(chosen.row, decision.against, decision.level)
    tokens = None if decision.against is None else chosen.row.tokens / decision.against.tokens
    found = shared | {
        "choice": chosen.name,
        "either": decision.choice.equals,
        "row": chosen.row.name,
        "exact": chosen.row.exact,
        "accuracy": None if bought is None else _figures(bought.value),
        "verdict": None if bought is None else str(bought.verdict(decision.epsilon)),
        "reason": None if bought is None else bought.contrast.reason,
        "tokens_ratio": tokens,
        "options": [_option_record(each, decision) for each in options],
    }
    return found | {"sentence": _sentence(decision, found)}


def _option_record(option: Option, decision: Decision) -> Record:
    against = decision.against
    return {
        "option": option.name,
        "accuracy": _figures(option.row.accuracy),
        "to_best": _figures(option.to_best.value),
        "verdict": str(option.to_best.verdict(decision.epsilon)),
        "tokens_ratio": None if against is None else option.row.tokens / against.tokens,
        "exact": option.row.exact,
        "allowed": option.allowed,
        "best": decision.choice is not None and option is decision.choice.best,
    }


def _figures(value: Estimate | None) -> Record | None:
    return None if value is None else {"estimate": value.estimate, "low": value.low, "high": value.high}


def _sentence(decision: Decision, found: Record) -> str:
    """Choice, what it buys, and how sure that is."""
    equals = found["either"]
    name = f"`{found['choice']}`"
    if len(equals) > 1:
        name = f"either of {listed([f'`{each}`' for each in equals])}: the data do not decide, so {name}"
    if found["choice"] == decision.naive:
        bought = f"as Keras does by default{_alternatives(decision)}"
    elif found["accuracy"] is None:
        bought = "the default was not trained beside it"
    else:
        bought = (
            f"{format_points_of(Estimate.of(found['accuracy']))} points of accuracy ({verdict_text(found)}) and "
            f"{format_ratio(found['tokens_ratio'])} times the computed tokens against `{decision.naive}`"
        )
    return f"{name}: {bought} ({decision.evidence}, row {found['row']}). {decision.why}".rstrip()


def verdict_text(decision: Record) -> str:
    """The verdict on what a choice buys, or why there is none."""
    return f"UNDEFINED: {decision['reason']}" if decision["reason"] else str(decision["verdict"])


def _alternatives(decision: Decision) -> str:
    """The best of the options that were not chosen, against the choice."""
    choice = decision.choice
    others = [] if choice is None else [each for each in choice.options if each.name != choice.option.name]
    if choice is None or not others:
        return ""
    best = max(others, key=lambda each: each.row.accuracy.estimate if each.row.accuracy else 0.0)
    found = accuracy_difference(best.row, choice.option.row, decision.level)
    word = found.verdict(decision.epsilon)
    told = "" if word is Verdict.UNDEFINED else f" ({word})"
    return (
        f"; the most accurate other, `{best.name}`, gives {format_points_of(found.value)} points{told} and "
        f"{format_ratio(best.row.tokens / choice.option.row.tokens)} times the computed tokens"
    )
