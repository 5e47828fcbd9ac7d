"""The tables of factors.md."""

from dataclasses import replace

from stages.reporting.format import MISSING, PERCENT, POINTS, format_count
from stages.reporting.results import DRIFT, FLIPS
from stages.reporting.table import Cell, Row, Table, estimate_cell, number_cell
from stages.sweeps.findings.effects import ACCURACY
from stages.sweeps.report.tables import scale_of
from stages.sweeps.summary.factors_json import (
    AVERAGED,
    MASKED,
    UNMASKED,
    Decided,
    Factor,
    FactorsReport,
    LargestEffect,
    Undecided,
)
from stages.sweeps.summary.ranking import NO_FIGURE
from stages.sweeps.summary.swept import SWEEPS

INTERACTIONS = {ACCURACY: "accuracy, points", DRIFT: "drift, ratio of ratios", FLIPS: "flips, points"}


def factors_table(report: FactorsReport) -> Table:
    """Every factor ranked; accuracy of the three groups of models, drift and flips of the unmasked one."""
    header = [
        "", "factor", "worse against better", "accuracy unmasked, points", "accuracy masked", "accuracy averaged",
        "drift unmasked, ratio", "flips unmasked, points", "served otherwise, points",
    ]  # fmt: skip
    rows = [
        [
            str(place),
            f"{factor.factor} (`{factor.sweep}`)",
            MISSING if factor.named.estimate is None else factor.named.contrast,
            *(_effect(factor, factor.effects[group][ACCURACY]) for group in (UNMASKED, MASKED, AVERAGED)),
            *(_effect(factor, factor.of_unmasked[estimand]) for estimand in (DRIFT, FLIPS)),
            _served(factor.served_otherwise),
        ]
        for place, factor in enumerate(report.factors, 1)
    ]
    return Table(header, rows, why_empty="no sweep was run")


def masked_table(report: FactorsReport) -> Table:
    """Drift and flips of the masked model, and of both averaged, by factor."""
    header = ["factor", "drift masked, ratio", "flips masked, points", "drift averaged, ratio"]
    header += ["flips averaged, points"]
    effects = [(group, estimand) for group in (MASKED, AVERAGED) for estimand in (DRIFT, FLIPS)]
    rows = [
        [
            f"{factor.factor} (`{factor.sweep}`)",
            *(_effect(factor, factor.effects[group][estimand]) for group, estimand in effects),
        ]
        for factor in report.factors
    ]
    return Table(header, rows, why_empty="no sweep was run")


def interactions_table(report: FactorsReport) -> Table:
    """Differences of differences, as the sweeps found them."""
    rows: list[Row] = [
        [
            f"`{interaction.sweep}`",
            " and ".join(
                f"{axis} `{interaction.levels[axis]}` against `{interaction.references[axis]}`"
                for axis in interaction.axes
            ),
            INTERACTIONS[interaction.estimand],
            estimate_cell(scale_of(interaction.scale), interaction),
        ]
        for interaction in report.interactions
    ]
    header = ["sweep", "levels", "estimand", "beyond what each does alone"]
    return Table(header, rows, why_empty="no sweep shows an interaction")


def recommendation_table(report: FactorsReport) -> Table:
    """What to choose, what it buys against the default, and the evidence, in short cells."""
    header = ["decision", "choice", "Keras' default", "accuracy gained, points", "computed tokens, times", "evidence"]
    return Table(header, [_decision(decision) for decision in report.recommendation])


def _decision(decision: Decided | Undecided) -> Row:
    name, default = decision.decision, f"`{decision.naive}`"
    if isinstance(decision, Undecided):
        tried = decision.evidence != MISSING
        return [name, "undecided" if tried else "not run", default, MISSING, MISSING, decision.run]
    return [
        name,
        f"**`{decision.choice}`**{_or([option for option in decision.either if option != decision.choice])}",
        default,
        POINTS.of(decision.accuracy) if decision.changes else "the default",
        number_cell(decision.tokens_ratio),
        decision.evidence,
    ]


def _or(others: list[str]) -> str:
    """What is as good as the choice: its name, or how many there are."""
    return f" or {len(others)} others" if len(others) > 1 else "".join(f" or `{other}`" for other in others)


def options_table(report: FactorsReport) -> Table:
    """Every option of every decision beside the best one."""
    header = ["decision", "option", "test accuracy", "against the best, points", "computed tokens, ratio"]
    header += ["states", "allowed"]
    rows: list[Row] = [
        [
            f"{decision.decision} ({decision.evidence}, {decision.row})",
            f"**`{option.option}`**" if option.option == decision.choice else f"`{option.option}`",
            estimate_cell(PERCENT, option.accuracy),
            "the best" if option.best else POINTS.of(option.to_best),
            number_cell(option.tokens_ratio),
            "exact" if option.exact else "moved",
            "yes" if option.allowed else "no",
        ]
        for decision in report.decided
        for option in decision.options
    ]
    return Table(header, rows, why_empty="no sweep was run that would tell")


def run_table(report: FactorsReport) -> Table:
    """Sweeps, sizes and commands; those not run with what they would tell."""
    rows: list[Row] = [
        [
            f"[{sweep.name}](sweeps/{sweep.name}.md)",
            format_count(sweep.experiments),
            f"{format_count(sweep.texts.train)} / {format_count(sweep.texts.test)}",
            str(sweep.seeds),
            f"`{sweep.code}`" if sweep.code else MISSING,
            f"`{sweep.command}`",
        ]
        for sweep in report.run
    ]
    rows += [
        [f"{sweep.name}: {SWEEPS[sweep.name]}", "not run", MISSING, MISSING, MISSING, f"`{sweep.command}`"]
        for sweep in report.missing
    ]
    return Table(["sweep", "experiments", "texts, train / test", "seeds a row", "code", "command"], rows)


def _effect(factor: Factor, effect: LargestEffect) -> Cell | str:
    """The figure with its interval; its levels where they are not those of the row."""
    if effect.estimate is None:
        return MISSING if effect.reason == NO_FIGURE else effect.reason or MISSING
    cell, named = estimate_cell(scale_of(effect.scale), effect), factor.named
    if effect.low is None:
        cell = replace(cell, rest=", no interval")
    if named.estimate is None or effect.contrast == named.contrast:
        return cell
    same = (effect.level, effect.reference) == (named.level, named.reference)
    return f"{cell} ({effect.where or 'all sides' if same else effect.contrast})"


def _served(effect: LargestEffect | None) -> str:
    """What serving the unmasked model otherwise costs at most, and where."""
    return MISSING if effect is None else f"{POINTS.of(effect)} ({effect.level}; {effect.where})"
