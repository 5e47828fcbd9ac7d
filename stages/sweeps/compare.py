"""Two runs of the pipeline side by side: which params differ, and what that does, with intervals."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.analysis.contract import Report
from stages.analysis.contract_cells import CellFacts
from stages.analysis.estimate import Estimate
from stages.errors import UserError
from stages.params.reading import dotted
from stages.reporting.answer import LEAK, SERVING
from stages.reporting.format import MISSING, PERCENT, POINTS, RATIO, Scale
from stages.reporting.render import markdown_table
from stages.reporting.table import Row, Table
from stages.sweeps.run import git

SCALES: Mapping[str, Scale] = {LEAK: RATIO, SERVING: POINTS}


def comparison(project: Path, dataset: str, names: tuple[str, str]) -> str:
    """What two runs found, as Markdown.

    Args:
        project: the folder of the pipeline, in a git repository.
        dataset: whose reports are compared.
        names: of two DVC experiments, or any revisions that git knows.

    Raises:
        UserError: there is no such run, or it has no report of the dataset that this version reads.
    """
    known = git.experiments(project, git.head(project))
    one, two = (_report(project, dataset, name, known) for name in names)
    header = ["padding", "what", *(f"`{name}`" for name in names), "difference, points"]
    sentences = [_params(one, two), *_cautions(one, two)]
    rows = [*_accuracies(one, two), *_judged(one, two)]
    return "\n\n".join([f"**{dataset}**: {' '.join(sentences)}", markdown_table(Table(header, rows))])


def _report(project: Path, dataset: str, name: str, known: Mapping[str, str]) -> Report:
    """Of an experiment, `known` by its name, or of another revision."""
    try:
        sha = git.git(project, "rev-parse", "--verify", "--quiet", f"{known.get(name, name)}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        names = ", ".join(sorted(known)) or "none yet"
        raise UserError(f"{name}: neither an experiment nor a revision of git; experiments: {names}") from None
    report = git.report(project, sha, dataset)
    if report is None:
        path = f"reports/{dataset}/report.json"
        raise UserError(
            f"{name}: it holds no {path} that this version reads; commit that report, or name a run or a DATASET= "
            "that has one"
        )
    return report


def _params(one: Report, two: Report) -> str:
    flat = [dict(dotted(report.params)) for report in (one, two)]
    changed = [key for key in flat[0] | flat[1] if flat[0].get(key) != flat[1].get(key)]
    if not changed:
        return "the same params."
    return "; ".join(f"`{key}` {flat[0].get(key, MISSING)} → {flat[1].get(key, MISSING)}" for key in changed) + "."


def _cautions(one: Report, two: Report) -> Iterator[str]:
    """What makes a difference more than the effect of the params."""
    if one.provenance.code != two.provenance.code:
        yield "Different code computed the two."
    if one.dataset.corpus != two.dataset.corpus:
        yield "Their texts differ, so a difference is also one between test texts."


def _accuracies(one: Report, two: Report) -> Iterator[Row]:
    """Every cell that both trained; the difference is paired by seed, with a t interval: it speaks of new seeds."""
    others = {(cell.side, cell.variant): cell for cell in two.cells}
    for cell in one.cells:
        other = others.get((cell.side, cell.variant))
        if other:
            differences = _differences(cell, other)
            difference = (
                "0 in every seed"
                if len(differences) and not differences.any()
                else POINTS.of(Estimate.over_seeds(differences, cell.accuracy.level, -1, 1))
            )
            means = [PERCENT.of(each.accuracy.estimate) for each in (cell, other)]
            yield [cell.side, f"accuracy of `{cell.variant}`", *means, difference]


def _differences(one: CellFacts, two: CellFacts) -> NDArray[np.float64]:
    """Of the accuracies of every seed that both trained."""
    accuracies = [{seed.seed: seed.accuracy.estimate for seed in cell.seeds} for cell in (one, two)]
    both = sorted(accuracies[0].keys() & accuracies[1].keys())
    return np.array([accuracies[1][seed] - accuracies[0][seed] for seed in both])


def _judged(one: Report, two: Report) -> Iterator[Row]:
    """What each says of leak and serving; nothing is subtracted, for their worst conditions may differ."""
    others = {(record.question, record.side): record for record in two.family}
    for record in one.family:
        other = others.get((record.question, record.side))
        if other and record.question in SCALES:
            scale = SCALES[record.question]
            what = "readout drift of `baseline`" if record.question == LEAK else "serving `baseline` otherwise, points"
            yield [record.side, what, scale.judged(record), scale.judged(other), MISSING]
