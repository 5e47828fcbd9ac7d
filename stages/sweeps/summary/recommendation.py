"""What to do on this dataset: side, mask, width of rows, batching, head; each with what it buys and what shows it."""

from dataclasses import dataclass, replace

from stages.params.derived import BASELINE
from stages.reporting.format import MISSING, POINTS, format_percent
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.spec import SIDE, VARIANT
from stages.sweeps.summary.choosing import Options
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
class Model:
    """What was chosen before max_len, batching and head are."""

    side: str
    masked: bool
    exact: bool
    """Whether pads move nothing, which no later choice may break: `make gate` would fail."""


def recommend(sweeps: Sweeps, base: Options | None) -> list[Decided | Undecided]:
    """All decisions; each is taken with those before it as they were chosen.

    A mask is assumed where nothing was run to tell.
    """
    first: list[Decided | Undecided]
    if base is None:
        run = sweeps.command("architecture")
        first = [_undecided("side", NAIVE_SIDE, run), _undecided("mask", BASELINE, run)]
        model = Model(NAIVE_SIDE, masked=True, exact=True)
    else:
        chosen, first = _side_and_mask(base)
        model = Model(chosen.side, masked=chosen.masked, exact=chosen.masked and chosen.exact)
    return [
        *first,
        _from_sweep(sweeps, "max_len", ("truncation", "amount"), LONGEST, model),
        _from_sweep(sweeps, "batching", ("batching",), FIXED, model),
        _from_sweep(sweeps, "head", ("downstream",), (NAIVE_HEAD,), model),
    ]


def base_of(sweeps: Sweeps, main: Options | None) -> Options | None:
    """Where sides and masks are compared: the main report where it has both kinds of model; else the first sweep.

    One that has both sides goes before one that has not.
    """
    bases = [] if main is None else [main]
    for name in BASE_SWEEPS:
        sweep = sweeps.get(name)
        if sweep is not None and sweep.unmasked and sweep.masked:
            bases.append(_of_sweep(sweep, {row.name: row for row in sweep.where({**sweep.references})}))
    comparable = [
        base
        for base in bases
        if any(row.masked for row in base.rows.values()) and any(row.unmasked for row in base.rows.values())
    ]
    both = [base for base in comparable if len({row.side for row in base.rows.values()}) == 2]
    return next(iter(both or comparable), None)


def _of_sweep(sweep: Swept, rows: dict[str, Row]) -> Options:
    return Options(f"sweep `{sweep.report.name}`", rows, sweep.report.level, sweep.report.epsilon[ACCURACY])


def _side_and_mask(base: Options) -> tuple[Row, list[Decided | Undecided]]:
    """The two are chosen together, among rows that differ in them alone; copies of the unmasked model are left out."""
    plain = unmasked_variant([*base.rows.values()]) or BASELINE
    model = next(row.without_mask for row in base.rows.values() if row.variant == plain)
    alike = {name: row for name, row in base.rows.items() if row.without_mask == model}
    rows = {name: row for name, row in alike.items() if row.variant == plain or not row.same_as_baseline}
    equals = [rows[name] for name in replace(base, rows=rows).equals()]
    # Between equals: the first mask that was trained, on the side that is the default.
    first = equals[0].variant
    chosen = next((row for row in equals if (row.side, row.variant) == (NAIVE_SIDE, first)), equals[0])

    def of_two(name: str, naive: str, axis: str, knob: str) -> Decided:
        """One of the two, with the options that differ in it alone."""
        kept = VARIANT if axis == SIDE else SIDE
        own = {row.levels[axis]: row for row in rows.values() if row.levels[kept] == chosen.levels[kept]}
        as_good = [row.levels[axis] for row in equals if row.levels[kept] == chosen.levels[kept]]
        choice = chosen.levels[axis]
        return _decided(name, naive, replace(base, rows=own), choice, as_good, "", [f"{knob}=[{choice}]"])

    return chosen, [
        of_two("side", NAIVE_SIDE, SIDE, "pad.sides"),
        of_two("mask", plain, VARIANT, "train.variants"),
    ]


def _undecided(name: str, naive: str, run: str, evidence: str = MISSING) -> Undecided:
    return Undecided(decision=name, naive=naive, evidence=evidence, note="", knobs=[], run=run)


def _from_sweep(
    sweeps: Sweeps, word: str, names: tuple[str, ...], defaults: tuple[str, ...], model: Model
) -> Decided | Undecided:
    """A decision among the levels of one sweep, for the model and the side that were chosen before."""
    sweep = next((one for name in names if (one := sweeps.get(name)) is not None), None)
    run = sweeps.command(names[0])
    if sweep is None:
        return _undecided(word, defaults[0], run)
    rows = _rows(sweep, word, model)
    naive = _naive(rows, defaults, word) if rows else ""
    options = replace(_of_sweep(sweep, rows), must_be_exact=model.exact, naive=naive)
    if len(options.rows) < 2 or not options.eligible:
        return _undecided(word, defaults[0], run, options.evidence)
    choice, axis = options.choose(), sweep.axis_of(word)
    levels = options.rows[choice].options
    knobs = sweep.knobs(levels if word == "batching" or axis is None else {axis: levels[axis]})
    notes = [_broken(options, choice), _cut(options.rows[choice], choice)]
    return _decided(word, naive, options, choice, options.equals(), " ".join(filter(None, notes)), knobs)


def _broken(options: Options, choice: str) -> str:
    """What is more accurate and breaks the mask that was chosen; empty where nothing is shown to be."""
    name = options.breaking(choice) if options.must_be_exact else None
    if name is None:
        return ""
    gain = POINTS.of(options.gain(name, choice).value)
    return f"`{name}` gains {gain} points and breaks the mask; `make gate` would fail."


def _cut(row: Row, choice: str) -> str:
    """How many texts lose words by a choice; empty where none does, or where the choice is not one of a width."""
    if not row.truncated_share or choice != row.levels.get("pad.max_len"):
        return ""
    return f"`{choice}` cuts {format_percent(row.truncated_share)} of the training texts."


def _rows(sweep: Swept, word: str, model: Model) -> dict[str, Row]:
    """Label and row for every level of the axes of a sweep, for one side and one model."""
    variant = (sweep.masked if model.masked else sweep.unmasked) or sweep.unmasked or sweep.grid.rows[0].variant
    rows = sweep.where({SIDE: model.side if model.side in sweep.sides else sweep.sides[0], VARIANT: variant})
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


def _decided(
    name: str, naive: str, options: Options, choice: str, either: list[str], note: str, knobs: list[str]
) -> Decided:
    """What is written of a decision: choice, what it buys, and the options."""
    rows, best = options.rows, options.best(options.rows)
    bought = options.gain(choice, naive) if naive in rows else None
    return Decided(
        decision=name,
        naive=naive,
        evidence=options.evidence,
        note=note,
        knobs=knobs,
        choice=choice,
        either=either,
        row=rows[choice].name,
        exact=rows[choice].exact,
        accuracy=None if bought is None else bought.value,
        tokens_ratio=options.tokens_ratio(choice, naive),
        options=[
            OptionFacts(
                option=option,
                accuracy=row.accuracy,
                to_best=options.gain(option, best).value,
                tokens_ratio=options.tokens_ratio(option, naive),
                exact=row.exact,
                allowed=options.allowed(option),
                best=option == best,
            )
            for option, row in rows.items()
        ],
    )
