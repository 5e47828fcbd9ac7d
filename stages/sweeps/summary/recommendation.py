"""What to do on this dataset: side, mask, width of rows, batching, head; each with what it buys and what shows it."""

from dataclasses import dataclass, replace

from stages.params.schema import BASELINE
from stages.reporting.format import MISSING, POINTS, format_ratio
from stages.stats.verdicts import Verdict
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.findings.words import format_names
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.summary.choosing import Choice, against_best, choose
from stages.sweeps.summary.comparing import comparison
from stages.sweeps.summary.factors_json import Decided, OptionFacts, Undecided
from stages.sweeps.summary.swept import Sweeps, Swept, unmasked_variant
from stages.sweeps.sweep_json_rows import Row

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
class _Decision:
    """What was chosen, and against what.

    Attributes:
        name: what is decided.
        naive: what Keras does by default.
        choice: among the options.
        against: the default of Keras as it was trained there; None where it was not.
        base: what tells.
        why: what the choice rests on beside accuracy and compute.
        knobs: what sets it in params.yaml, `key=value`.
    """

    name: str
    naive: str
    choice: Choice
    against: Row | None
    base: Base
    why: str
    knobs: list[str]


def recommend(sweeps: Sweeps, base: Base | None) -> list[Decided | Undecided]:
    """All decisions; each is taken with those before it as they were chosen.

    A mask is assumed where nothing was run to tell.
    """
    if base is None:
        run = sweeps.command("architecture")
        first: list[Decided | Undecided] = [
            _undecided("side", NAIVE_SIDE, run, MISSING),
            _undecided("mask", BASELINE, run, MISSING),
        ]
        masked, side = True, NAIVE_SIDE
    else:
        chosen, decisions = _side_and_mask(base)
        first = [_decided(decision) for decision in decisions]
        masked, side = chosen.masked, chosen.side
    return [
        *first,
        _from_sweep(sweeps, "max_len", ("truncation", "amount"), LONGEST, masked=masked, side=side),
        _from_sweep(sweeps, "batching", ("batching",), FIXED, masked=masked, side=side),
        _from_sweep(sweeps, "head", ("downstream",), (NAIVE_HEAD,), masked=masked, side=side),
    ]


def base_of(sweeps: Sweeps, main: Base | None) -> Base | None:
    """The main report where it compares a mask with none; else the first sweep that does, on both sides if any does."""
    bases = [] if main is None else [main]
    for name in BASE_SWEEPS:
        sweep = sweeps.get(name)
        if sweep is not None and sweep.unmasked and sweep.masked:
            bases.append(_base(sweep, sweep.where({**sweep.references})))
    comparable = [
        base for base in bases if any(row.masked for row in base.rows) and any(row.unmasked for row in base.rows)
    ]
    both = [base for base in comparable if len({row.side for row in base.rows}) == 2]
    return next(iter(both or comparable), None)


def _base(sweep: Swept, rows: list[Row]) -> Base:
    return Base(f"sweep `{sweep.name}`", rows, sweep.report.level, sweep.report.epsilon[ACCURACY])


def _side_and_mask(base: Base) -> tuple[Row, list[_Decision]]:
    """The two are chosen together, among rows that differ in them alone; copies of the unmasked model are left out."""
    plain = unmasked_variant(base.rows) or BASELINE
    model = next(row.without_mask for row in base.rows if row.variant == plain)
    alike = [row for row in base.rows if row.without_mask == model]
    rows = [row for row in alike if row.variant == plain or not row.same_as_baseline]
    choice = choose({row.name: row for row in rows}, "", base.level, base.epsilon)
    equals = [option.row for option in choice.options if option.name in choice.equals]
    # Between equals: the first mask that was trained, on the side that is the default.
    first = equals[0].variant
    chosen = next((row for row in equals if (row.side, row.variant) == (NAIVE_SIDE, first)), equals[0])

    def of_two(name: str, naive: str, axis: str, knob: str, why: str) -> _Decision:
        """One of the two, with the options that differ in it alone."""
        kept = VARIANT if axis == SIDE else SIDE
        own = {row.levels[axis]: row for row in rows if row.levels[kept] == chosen.levels[kept]}
        options = against_best(own, base.level, base.epsilon)
        as_good = [row.levels[axis] for row in equals if row.levels[kept] == chosen.levels[kept]]
        option = next(option for option in options if option.row is chosen)
        knobs = [f"{knob}=[{chosen.levels[axis]}]"]
        return _Decision(name, naive, Choice(option, options, as_good), own.get(naive), base, why, knobs)

    unmasked = {row.side: row for row in rows if row.variant == plain}
    why_side = ""
    if chosen.masked and len(unmasked) == 2:
        gained = comparison(unmasked["post"], unmasked["pre"], ACCURACY, base.level)
        why_side = (
            f"Without a mask post-padding instead of pre-padding changes accuracy by {POINTS.of(gained.value)} points."
        )
    return chosen, [
        of_two("side", NAIVE_SIDE, SIDE, "pad.sides", why_side),
        of_two("mask", plain, VARIANT, "train.variants", _exactness(chosen)),
    ]


def _undecided(name: str, naive: str, run: str, evidence: str) -> Undecided:
    sentence = f"Not run: {run}."
    return Undecided(decision=name, naive=naive, evidence=evidence, why="", knobs=[], run=run, sentence=sentence)


def _exactness(chosen: Row) -> str:
    if chosen.exact:
        return "It keeps states and predictions exactly, under the extra pads that it was read with."
    return "It does not keep the states exactly." if chosen.masked else "Pads move its states."


def _from_sweep(
    sweeps: Sweeps, word: str, names: tuple[str, ...], defaults: tuple[str, ...], *, masked: bool, side: str
) -> Decided | Undecided:
    """A decision among the levels of one sweep, for the model and the side that were chosen before."""
    sweep = next((one for name in names if (one := sweeps.get(name)) is not None), None)
    run = sweeps.command(names[0])
    if sweep is None:
        return _undecided(word, defaults[0], run, MISSING)
    rows = _options(sweep, word, masked=masked, side=side)
    base = _base(sweep, list(rows.values()))
    if len(rows) < 2:
        return _undecided(word, defaults[0], run, base.evidence)
    naive = _naive(rows, defaults, word)
    choice = choose(rows, naive, base.level, base.epsilon)
    axis = sweep.axis_of(word) or ""
    knobs = [f"{axis}={choice.option.name}"] if "." in axis else []
    why = _exactness(choice.option.row) if word == "head" else ""
    return _decided(_Decision(word, naive, choice, rows.get(naive), base, why, knobs))


def _options(sweep: Swept, word: str, *, masked: bool, side: str) -> dict[str, Row]:
    """Label and row for every level of the axes of a sweep, for one side and one model."""
    variant = (sweep.masked if masked else sweep.unmasked) or sweep.unmasked or sweep.grid.rows[0].variant
    rows = sweep.where({SIDE: side if side in sweep.sides else sweep.sides[0], VARIANT: variant})
    if word == "batching":
        return {", ".join(row.options.values()): row for row in rows}
    axis = sweep.axis_of(word)
    fixed = {name: label for name, label in sweep.references.items() if name != axis}
    return {} if axis is None else {row.levels[axis]: row for row in rows if fixed.items() <= row.levels.items()}


def _naive(rows: dict[str, Row], defaults: tuple[str, ...], word: str) -> str:
    """The option that stands for Keras' default."""
    named = [name for name in defaults if name in rows]
    named += [name for name in rows if any(default in name for default in defaults)] * (word == "batching")
    if named:
        return named[0]
    if word == "max_len":
        return max(rows, key=lambda name: rows[name].max_len)
    return next(iter(rows))


def _decided(decision: _Decision) -> Decided:
    """What is written of a decision: choice, what it buys, the options, and the sentence that says so."""
    chosen, against, epsilon = decision.choice.option, decision.against, decision.base.epsilon
    bought = None if against is None else comparison(chosen.row, against, ACCURACY, decision.base.level)
    facts = Decided(
        decision=decision.name,
        naive=decision.naive,
        evidence=decision.base.evidence,
        why=decision.why,
        knobs=decision.knobs,
        choice=chosen.name,
        either=decision.choice.equals,
        row=chosen.row.name,
        exact=chosen.row.exact,
        accuracy=None if bought is None else bought.value,
        verdict=None if bought is None else bought.verdict(epsilon),
        reason=None if bought is None else bought.contrast.reason,
        tokens_ratio=_tokens_ratio(chosen.row, against),
        options=[
            OptionFacts(
                option=option.name,
                accuracy=option.row.accuracy,
                to_best=option.to_best.value,
                verdict=option.to_best.verdict(epsilon),
                tokens_ratio=_tokens_ratio(option.row, against),
                exact=option.row.exact,
                allowed=option.allowed,
                best=option is decision.choice.best,
            )
            for option in decision.choice.options
        ],
        sentence="",
    )
    return replace(facts, sentence=_sentence(decision, facts))


def _tokens_ratio(row: Row, against: Row | None) -> float | None:
    return None if against is None else row.computed_tokens / against.computed_tokens


def _sentence(decision: _Decision, facts: Decided) -> str:
    """Choice, what it buys, and how sure that is."""
    name = f"`{facts.choice}`"
    if len(facts.either) > 1:
        name = f"either of {format_names(facts.either)}: the data do not decide, so {name}"
    if not facts.changes:
        bought = f"as Keras does by default{_alternatives(decision)}"
    elif facts.accuracy is None:
        bought = "the default was not trained beside it"
    else:
        bought = (
            f"{POINTS.of(facts.accuracy)} points of accuracy ({facts.verdict_text}) and "
            f"{format_ratio(facts.tokens_ratio)} times the computed tokens against `{facts.naive}`"
        )
    return f"{name}: {bought} ({facts.evidence}, row {facts.row}). {facts.why}".rstrip()


def _alternatives(decision: _Decision) -> str:
    """The best of the options that were not chosen, against the choice."""
    chosen = decision.choice.option
    others = [option for option in decision.choice.options if option.name != chosen.name]
    if not others:
        return ""
    best = max(others, key=lambda option: option.row.accuracy.estimate)
    change = comparison(best.row, chosen.row, ACCURACY, decision.base.level)
    word = change.verdict(decision.base.epsilon)
    told = "" if word is Verdict.UNDEFINED else f" ({word})"
    return (
        f"; the most accurate other, `{best.name}`, gives {POINTS.of(change.value)} points{told} and "
        f"{format_ratio(best.row.computed_tokens / chosen.row.computed_tokens)} times the computed tokens"
    )
