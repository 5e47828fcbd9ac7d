"""The report of a sweep: rows, effects, interactions, findings, and the paragraph that answers."""

from collections.abc import Sequence
from dataclasses import replace

from stages.params.derived import BASELINE
from stages.reporting.results import ACCURACY_CHANGE, Results
from stages.sweeps.findings.batching import batching_findings
from stages.sweeps.findings.causes import causes_findings
from stages.sweeps.findings.effects import Grid, copied_variants, effects, grid_of, repeated_variants
from stages.sweeps.findings.gains import gain_findings
from stages.sweeps.findings.heads import downstream_findings
from stages.sweeps.findings.interactions import interactions
from stages.sweeps.findings.main_effects import exact_finding, main_findings
from stages.sweeps.findings.published import published_findings
from stages.sweeps.findings.rows import sweep_rows
from stages.sweeps.findings.served_otherwise import mismatch_findings
from stages.sweeps.findings.threshold import threshold_findings
from stages.sweeps.findings.truncation import truncation_findings
from stages.sweeps.findings.tuning import tuning_findings
from stages.sweeps.spec import SIDE, TEXTS_KEY, VARIANT, ExperimentReport, Overrides, Sweep
from stages.sweeps.sweep_json import SCHEMA, Axis, Effect, Finding, SweepReport, Texts
from stages.sweeps.sweep_json_findings import MainEffect
from stages.sweeps.sweep_json_rows import Row, picked

METHOD = (
    "Intervals of rows are those of the main report: accuracy over seeds, drift and flips over seeds and texts. "
    "Effects compare levels within a seed, which starts from the same weights where the architecture is the same: "
    "t intervals over seeds of paired differences, for drift of logarithms. They speak of new seeds on these texts."
)


def sweep_report(sweep: Sweep, dataset: str, experiments: Sequence[ExperimentReport]) -> SweepReport:
    """What reports/<dataset>/sweeps/<name>.json holds, floats at 4 significant digits.

    Args:
        sweep: what was asked.
        dataset: what it ran on.
        experiments: one for each point, in the order of the points.
    """
    first = Results(experiments[0].report)
    rows = sweep_rows(experiments)
    axes = _axes(sweep, rows)
    grid = grid_of(rows, axes, first.level, first.epsilon)
    changed = [effect.rounded() for effect in effects(grid)]
    notable, looked_at = interactions(grid)
    findings = _findings(sweep, grid, changed)
    return picked(
        SweepReport,
        sweep,
        schema=SCHEMA,
        answer=" ".join(finding.text for finding in findings if finding.in_answer),
        dataset=dataset,
        command=_command(sweep, dataset, experiments[0]),
        code=_code(experiments),
        settings=settings(sweep, experiments[0]),
        axes=axes,
        texts=_texts(experiments),
        seeds=grid.seeds,
        experiments=len(experiments),
        level=first.level,
        epsilon=first.epsilon,
        pads=first.report.params["report"]["pads"],
        read=list(sweep.read),
        copies=copied_variants(rows),
        repeats=repeated_variants(rows),
        rows=rows,
        effects=changed,
        interactions=notable,
        interactions_looked_at=looked_at,
        findings=findings,
        method=METHOD,
    ).rounded()


def settings(sweep: Sweep, experiment: ExperimentReport) -> Overrides:
    """What every experiment of the sweep changed alike: the overrides without those of the grid and the dataset."""
    gridded = {key for levels in sweep.grid.values() for changes in levels.values() for key in changes}
    return {key: value for key, value in experiment.point.overrides.items() if key not in gridded | {"dataset"}}


def _findings(sweep: Sweep, grid: Grid, changed: list[Effect]) -> list[Finding]:
    """What this kind of sweep shows, then what every axis does; the first of both answers, and what is exact.

    Where an axis is the answer, so is what a mask adds at its levels.
    """
    thresholds, causes = threshold_findings(grid), causes_findings(grid)
    kinds: list[Finding] = [
        *truncation_findings(grid),
        *batching_findings(grid),
        *tuning_findings(grid),
        *published_findings(grid),
        *downstream_findings(grid),
        *causes,
        *(mismatch_findings(grid) if ACCURACY_CHANGE in sweep.read else []),
    ]
    main = main_findings(grid, changed)
    # Where training falls to chance is one part of what an axis does; every other kind is the answer, but where nothing
    # was varied between experiments it leaves out what the variants do, unless that is what it is about.
    general = not kinds or not (grid.outer or causes)
    return [
        *(replace(finding, in_answer=not kinds) for finding in thresholds),
        *(replace(finding, in_answer=True) for finding in kinds),
        *(replace(finding, in_answer=True) for finding in gain_findings(grid) if general),
        *(replace(finding, in_answer=general and _of_the_question(finding, main)) for finding in main),
        *(replace(finding, in_answer=True) for finding in exact_finding(grid.rows)),
    ]


def _of_the_question(finding: MainEffect, main: list[MainEffect]) -> bool:
    """The unmasked model shows what an axis does; without it in the sweep, every variant does."""
    baseline = any(other.levels.get(VARIANT, BASELINE) == BASELINE for other in main)
    return finding.levels.get(VARIANT, BASELINE) == BASELINE or not baseline


def _axes(sweep: Sweep, rows: list[Row]) -> list[Axis]:
    """The grid's axes, then side and variant, copies of the baseline among the variants."""
    outer = [Axis(name=axis, labels=list(levels), sets=levels) for axis, levels in sweep.grid.items()]
    inner = {SIDE: [row.side for row in rows], VARIANT: [row.variant for row in rows]}
    return [
        *outer,
        *(Axis(name=axis, labels=list(dict.fromkeys(labels)), sets={}) for axis, labels in inner.items()),
    ]


def _texts(experiments: Sequence[ExperimentReport]) -> Texts:
    """Numbers of texts, the smallest where experiments differ (a grammar of other lengths has other duplicates)."""
    corpora = [experiment.report.dataset.corpus.splits for experiment in experiments]
    sizes = [(splits["train"].texts, splits["test"].texts) for splits in corpora]
    train, test = (min(numbers) for numbers in zip(*sizes, strict=True))
    verdicts = [verdict for experiment in experiments for verdict in experiment.report.verdicts]
    compared = [verdict.n_texts for verdict in verdicts if verdict.condition]
    return Texts(train=train, test=test, exported=min(compared), alike=len(set(sizes)) == 1)


def _code(experiments: Sequence[ExperimentReport]) -> str | None:
    codes = {experiment.report.provenance.code for experiment in experiments}
    return codes.pop() if len(codes) == 1 else None


def _command(sweep: Sweep, dataset: str, experiment: ExperimentReport) -> str:
    """What repeats the sweep; with the number of texts where it is not the file's."""
    texts = experiment.point.overrides.get(TEXTS_KEY)
    own = sweep.settings(dataset).get(TEXTS_KEY)
    size = f" TEXTS={texts}" if texts is not None and texts != own and TEXTS_KEY in settings(sweep, experiment) else ""
    return f"make sweep NAME={sweep.name} DATASET={dataset}{size}"
