"""The content of a sweep's report: rows, effects, interactions, findings, and the paragraph that answers."""

from collections.abc import Sequence

from stages.params.schema import BASELINE
from stages.reporting.results import Results
from stages.stats.rounding import rounded
from stages.sweeps.findings.batching import batching_findings
from stages.sweeps.findings.effects import Grid, copied_variants, effects, grid_of, repeated_variants
from stages.sweeps.findings.heads import downstream_findings
from stages.sweeps.findings.interactions import interactions
from stages.sweeps.findings.main_effects import exact_finding, main_findings
from stages.sweeps.findings.published import published_findings
from stages.sweeps.findings.rows import Record, Row, sweep_rows
from stages.sweeps.findings.served_otherwise import mismatch_findings
from stages.sweeps.findings.threshold import threshold_findings
from stages.sweeps.findings.truncation import truncation_findings
from stages.sweeps.findings.tuning import tuning_findings
from stages.sweeps.spec import TEXTS_KEY, Outcome, Sweep

SCHEMA = 1
METHOD = (
    "Intervals of rows are those of the main report: accuracy over seeds, drift and flips over seeds and texts. "
    "Effects compare levels within a seed, which starts from the same weights where the architecture is the same: "
    "t intervals over seeds of paired differences, for drift of logarithms. They speak of new seeds on these texts."
)


def sweep_content(sweep: Sweep, dataset: str, outcomes: Sequence[Outcome]) -> Record:
    """The JSON of reports/<dataset>/sweeps/<name>.json, floats at 4 significant digits.

    Args:
        sweep: what was asked.
        dataset: what it ran on.
        outcomes: one for each point, in the order of the points.
    """
    results = [Results(outcome.report) for outcome in outcomes]
    first = results[0]
    rows = sweep_rows(outcomes)
    grid = grid_of(rows, sweep, first.level, first.epsilon)
    changed = rounded(effects(grid))
    notable, looked_at = interactions(grid)
    findings = _findings(sweep, grid, changed)
    content = {
        "schema": SCHEMA,
        "name": sweep.name,
        "title": sweep.title,
        "question": sweep.question,
        "answer": " ".join(each["text"] for each in findings if each["in_answer"]),
        "dataset": dataset,
        "command": _command(sweep, dataset, outcomes[0]),
        "settings": settings(sweep, outcomes[0]),
        "axes": _axes(sweep, grid, rows),
        "texts": _texts(results),
        "seeds": grid.seeds,
        "experiments": len(outcomes),
        "level": first.level,
        "epsilon": first.epsilon,
        "pads": first.report["params"]["report"]["pads"],
        "read": list(sweep.read),
        "figure": sweep.figure.model_dump(),
        "copies": copied_variants(rows),
        "repeats": repeated_variants(rows),
        "rows": [row.record for row in rows],
        "effects": changed,
        "interactions": notable,
        "interactions_looked_at": looked_at,
        "findings": findings,
        "method": METHOD,
    }
    return dict(rounded(content))


def settings(sweep: Sweep, outcome: Outcome) -> Record:
    """What every experiment of the sweep changed alike: the overrides without those of the grid and the dataset."""
    gridded = {key for levels in sweep.grid.values() for changes in levels.values() for key in changes}
    return {key: value for key, value in outcome.point.overrides.items() if key not in gridded | {"dataset"}}


def _findings(sweep: Sweep, grid: Grid, changed: list[Record]) -> list[Record]:
    """What this kind of sweep shows, then what every axis does; the first of both answers, and what is exact."""
    special = [
        *threshold_findings(grid),
        *truncation_findings(grid),
        *batching_findings(grid),
        *tuning_findings(grid),
        *published_findings(grid),
        *downstream_findings(grid),
        *(mismatch_findings(grid) if "accuracy_change" in sweep.read else []),
    ]
    main = main_findings(grid, changed)
    # Where training falls to chance is one part of what an axis does; every other kind is the answer, but where nothing
    # was varied between experiments it leaves out what the variants do.
    kinds = {each["id"] for each in special} - {"threshold"}
    general = not kinds or not grid.outer
    exact = exact_finding(grid.rows)
    return [
        *({**each, "in_answer": each["id"] in kinds or not kinds} for each in special),
        *({**each, "in_answer": general and _of_the_question(each, main)} for each in main),
        *({**each, "in_answer": True} for each in exact),
    ]


def _of_the_question(finding: Record, main: list[Record]) -> bool:
    """The unmasked model shows what an axis does; without it in the sweep, every variant does."""
    baseline = any(each["levels"].get("variant", BASELINE) == BASELINE for each in main)
    return finding["levels"].get("variant", BASELINE) == BASELINE or not baseline


def _axes(sweep: Sweep, grid: Grid, rows: list[Row]) -> list[Record]:
    """The grid's axes, then side and variant, copies of the baseline among the variants."""
    variants = list(dict.fromkeys(row.variant for row in rows))
    inner = {"side": list(dict.fromkeys(row.side for row in rows)), "variant": variants}
    return [
        {"name": axis, "labels": labels, "changes": sorted(grid.changes.get(axis, []))}
        for axis, labels in {**sweep.axes, **inner}.items()
    ]


def _texts(results: Sequence[Results]) -> Record:
    """Numbers of texts, the smallest where experiments differ (a grammar of other lengths has other duplicates)."""
    splits = [each.report["dataset"]["corpus"]["splits"] for each in results]
    exported = [record["n_texts"] for each in results for record in each.report["verdicts"] if record["condition"]]
    found = {name: min(each[name]["texts"] for each in splits) for name in ("train", "test")}
    return {**found, "exported": min(exported), "alike": len({str(each) for each in map(_sizes, splits)}) == 1}


def _sizes(splits: Record) -> list[int]:
    return [splits[name]["texts"] for name in ("train", "test")]


def _command(sweep: Sweep, dataset: str, outcome: Outcome) -> str:
    """What repeats the sweep; with the number of texts where it is not the file's."""
    texts = outcome.point.overrides.get(TEXTS_KEY)
    own = sweep.settings(dataset).get(TEXTS_KEY)
    size = f" TEXTS={texts}" if texts is not None and texts != own and TEXTS_KEY in settings(sweep, outcome) else ""
    return f"make sweep NAME={sweep.name} DATASET={dataset}{size}"
