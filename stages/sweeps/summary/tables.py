"""The tables of factors.md: rows of strings, every number written as everywhere else."""

from stages.reporting.format import (
    MISSING,
    format_count,
    format_percent_of,
    format_points_of,
    format_ratio,
    format_ratio_of,
    listed,
)
from stages.reporting.results import DRIFT, FLIPS, Estimate, Record
from stages.reporting.table import Table
from stages.sweeps.summary.ranking import AVERAGED, MASKED, NO_FIGURE, UNMASKED
from stages.sweeps.summary.swept import ACCURACY, SWEEPS, VARIANT


def factors_table(content: Record) -> Table:
    """Every factor ranked; accuracy of the three groups of models, drift and flips of the unmasked one."""
    header = [
        "", "factor", "worse against better", "accuracy unmasked, points", "accuracy masked", "accuracy averaged",
        "drift unmasked, ratio", "flips unmasked, points", "served otherwise, points",
    ]  # fmt: skip
    rows = [
        [
            str(place),
            f"{each['factor']} (`{each['sweep']}`)",
            _contrast(leading(each)),
            *(_effect(each, group, ACCURACY) for group in (UNMASKED, MASKED, AVERAGED)),
            *(_effect(each, AVERAGED if each["axis"] == VARIANT else UNMASKED, name) for name in (DRIFT, FLIPS)),
            _served(each),
        ]
        for place, each in enumerate(content["factors"], 1)
    ]
    return Table(header, rows, why_empty="no sweep was run")


def masked_table(content: Record) -> Table:
    """Drift and flips of the masked model, and of both averaged, by factor."""
    header = [
        "factor",
        "drift masked, ratio",
        "flips masked, points",
        "drift averaged, ratio",
        "flips averaged, points",
    ]
    rows = [
        [
            f"{each['factor']} (`{each['sweep']}`)",
            *(_effect(each, group, estimand) for group in (MASKED, AVERAGED) for estimand in (DRIFT, FLIPS)),
        ]
        for each in content["factors"]
    ]
    return Table(header, rows, why_empty="no sweep was run")


def interactions_table(content: Record) -> Table:
    """Differences of differences, as the sweeps found them."""
    rows = [
        [
            f"`{each['sweep']}`",
            " and ".join(
                f"{axis} `{each['levels'][axis]}` against `{each['references'][axis]}`" for axis in each["axes"]
            ),
            {ACCURACY: "accuracy, points", DRIFT: "drift, ratio of ratios", FLIPS: "flips, points"}[each["estimand"]],
            format_ratio_of(Estimate.of(each)) if each["estimand"] == DRIFT else format_points_of(Estimate.of(each)),
        ]
        for each in content["interactions"]
    ]
    header = ["sweep", "levels", "estimand", "beyond what each does alone"]
    return Table(header, rows, why_empty="no sweep shows an interaction")


def recommendation_table(content: Record) -> Table:
    """What to choose, what it buys against the default, and the evidence."""
    rows = []
    for each in content["recommendation"]:
        name, default = each["decision"], f"`{each['naive']}`"
        if each["choice"] is None:
            rows.append([name, "not run", default, MISSING, MISSING, each["run"]])
            continue
        bought = format_points_of(Estimate.of(each["accuracy"]))
        told = bought if each["accuracy"] is None or each["choice"] == each["naive"] else f"{bought} {each['verdict']}"
        rows.append(
            [
                name,
                _choice(each),
                default,
                "the default" if each["choice"] == each["naive"] else told,
                format_ratio(each["tokens_ratio"]),
                f"{each['evidence']}: {each['row']}",
            ]
        )
    header = ["decision", "choice", "Keras' default", "accuracy gained, points", "computed tokens, ratio", "evidence"]
    return Table(header, rows)


def options_table(content: Record) -> Table:
    """Every option of every decision beside the best one."""
    header = ["decision", "option", "test accuracy", "against the best, points", "computed tokens, ratio"]
    header += ["states", "allowed"]
    rows = [
        [
            each["decision"],
            f"`{option['option']}`",
            format_percent_of(Estimate.of(option["accuracy"])),
            "the best" if option["best"] else f"{format_points_of(Estimate.of(option['to_best']))} {option['verdict']}",
            format_ratio(option["tokens_ratio"]),
            "exact" if option["exact"] else "moved",
            "yes" if option["allowed"] else "no",
        ]
        for each in content["recommendation"]
        for option in each.get("options", [])
    ]
    return Table(header, rows, why_empty="no sweep was run that would tell")


def run_table(content: Record) -> Table:
    """Sweeps, sizes and commands; those not run with what they would tell."""
    rows = [
        [
            f"[{each['name']}](sweeps/{each['name']}.md)",
            format_count(each["experiments"]),
            f"{format_count(each['texts']['train'])} / {format_count(each['texts']['test'])}",
            str(each["seeds"]),
            f"`{each['command']}`",
        ]
        for each in content["run"]
    ]
    rows += [
        [f"{each['name']}: {SWEEPS[each['name']]}", "not run", MISSING, MISSING, f"`{each['command']}`"]
        for each in content["missing"]
    ]
    return Table(["sweep", "experiments", "texts, train / test", "seeds a row", "command"], rows)


def _choice(decision: Record) -> str:
    names = [f"`{name}`" for name in decision["either"]]
    if len(names) < 2:
        return f"**`{decision['choice']}`**"
    return f"either of {listed(names)}; **`{decision['choice']}`**"


def leading(factor: Record) -> Record:
    """The effect whose levels are named in the row: of the unmasked model, on accuracy where there is one."""
    effects = factor["effects"]
    groups = [effects[AVERAGED]] if factor["axis"] == VARIANT else [effects[UNMASKED], effects[MASKED]]
    cells: list[Record] = [group[estimand] for group in groups for estimand in (ACCURACY, DRIFT)]
    return next((cell for cell in cells if cell["estimate"] is not None), cells[0])


def _contrast(cell: Record) -> str:
    if cell["estimate"] is None:
        return MISSING
    place = f", {cell['where']}" if cell["where"] else ""
    return f"`{cell['level']}` against `{cell['reference']}`{place}"


def _effect(factor: Record, group: str, estimand: str) -> str:
    """The figure with its interval; its levels where they are not those of the row."""
    cell, lead = factor["effects"][group][estimand], leading(factor)
    if cell["estimate"] is None:
        return _reason(cell["reason"])
    text = (format_ratio_of if cell["scale"] == "ratio" else format_points_of)(Estimate.of(cell))
    names = [(each["level"], each["reference"], each["where"]) for each in (cell, lead) if each["estimate"] is not None]
    if len(set(names)) == 1:
        return text
    if names[0][:2] == names[-1][:2]:
        return f"{text} ({cell['where'] or 'all sides'})"
    return f"{text} ({_contrast(cell)})"


def _reason(reason: str) -> str:
    return MISSING if reason == NO_FIGURE else reason


def _served(factor: Record) -> str:
    """What serving the unmasked model otherwise costs at most, and where."""
    cell = factor["served_otherwise"]
    if cell is None:
        return MISSING
    return f"{format_points_of(Estimate.of(cell))} ({cell['level']}; {cell['where']})"
