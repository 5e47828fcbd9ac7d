"""Small experiments made by hand: reports with the figures that a test wants, and sweeps over them."""

from dataclasses import dataclass, replace

import numpy as np

from stages.analysis.contract import Finding
from stages.analysis.contract_cells import CellFacts, SeedFacts
from stages.analysis.estimate import Estimate, OverSeeds, SplitScores
from stages.params.model import Architecture
from stages.params.schema import checked_params
from stages.reporting.report_json import report_of
from stages.stats.intervals import mean_over_seeds
from stages.sweeps.findings.effects import grid_of
from stages.sweeps.findings.rows import sweep_rows
from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.spec import ExperimentReport, Sweep
from tests.conftest import load_content
from tests.reporting.analyses import LEAK, analysis

EXACT = "EXACT"
EPSILON = {"accuracy": 0.01, "drift_ratio": 0.01, "flip_rate": 0.005, "unit_shift": 0.2, "joint_shift": 0.5}
CONDITIONS = ("pads-16", "as-trained", "other-side")
PARAMS = checked_params(load_content(), "params.yaml")
WHOLE = report_of(PARAMS, analysis(PARAMS, drift=LEAK))
"""A report with every field, in which those that a test is about are replaced."""
SIZES = {
    "embedding": 16, "embeddings": "learned", "recurrent": "lstm", "layers": 1, "units": 32, "bidirectional": "none",
    "layer_normalization": False, "dropout": 0.0, "recurrent_dropout": 0.0, "head": "last", "use_cudnn": False,
}  # fmt: skip


@dataclass(frozen=True)
class HandMade:
    """One cell of a report and the verdicts on it."""

    cell: CellFacts
    verdicts: list[Finding]

    def with_drift(self, factors, condition="pads-16"):
        """The same, with the drift of every seed under one condition multiplied by a factor of its own."""
        seeds = [
            replace(
                seed,
                drift_by_condition=seed.drift_by_condition
                | {condition: {name: value * factor for name, value in seed.drift_by_condition[condition].items()}},
            )
            for seed, factor in zip(self.cell.seeds, factors, strict=True)
        ]
        return replace(self, cell=replace(self.cell, seeds=seeds))


def cell(
    *,
    side="post",
    variant="baseline",
    accuracy=(0.80, 0.82, 0.84),
    drift=(1.0, 2.0, 4.0),
    state=None,
    flips=(0.02, 0.03, 0.04),
    learned=None,
    train=None,
    validation=None,
    mask=None,
    computed=3000,
    change=None,
    same=False,
    **architecture,
):
    """One cell: figures are one a seed; drift, state (of h, the drift where None) and flips may be EXACT."""
    learned = [True] * len(accuracy) if learned is None else list(learned)
    mask = mask or ("embedding" if variant == "masked" else "none")
    vectors = ["h_lstm_1", "head"] if architecture.get("recurrent", "lstm") != "none" else ["head"]
    by_vector = {"head": drift, "h_lstm_1": drift if state is None else state}
    interval = mean_over_seeds(np.array(accuracy)).interval(0.95) if len(accuracy) > 1 else None
    known = sum(learned)
    verdicts = [
        _finding(side, variant, "drift_ratio", name, _verdict(by_vector[vector], learned, known, "drift_ratio"), vector)
        for name in CONDITIONS
        for vector in vectors
    ]
    verdicts += [
        _finding(side, variant, "flip_rate", name, _verdict(flips, learned, known, "flip_rate")) for name in CONDITIONS
    ]
    verdicts += [
        _finding(side, variant, "accuracy_change", name, {"pads": None, "epsilon": 0.01, "verdict": None} | figures)
        for name, figures in (change or {}).items()
    ]
    facts = replace(
        WHOLE.cells[0],
        side=side,
        variant=variant,
        architecture=Architecture.model_validate(SIZES | {"mask": mask} | architecture),
        vectors=vectors,
        same_as_baseline=same,
        n_seeds=len(accuracy),
        n_seeds_at_chance=len(accuracy) - known,
        computed_tokens=computed,
        text_tokens=1000,
        padding_share_computed=1 - 1000 / computed,
        accuracy=OverSeeds(
            mean=float(np.mean(accuracy)),
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            level=0.95,
        ),
        seeds=[
            _seed(
                seed,
                learned[seed],
                {"train": (train or accuracy)[seed], "validation": (validation or accuracy)[seed]},
                accuracy[seed],
                {vector: _value(by_vector[vector], seed) for vector in vectors},
                _value(flips, seed),
            )
            for seed in range(len(accuracy))
        ],
    )
    return HandMade(facts, verdicts)


def _seed(seed, learned, scores, accuracy, drift, flips):
    return SeedFacts(
        seed=seed,
        learned=learned,
        majority=0.5,
        accuracy=Estimate(accuracy, accuracy - 0.03, accuracy + 0.03),
        scores={
            split: SplitScores(texts=100, correct=round(100 * share), majority=50, accuracy=share, nll=0.5)
            for split, share in {**scores, "test": accuracy}.items()
        },
        epochs=2,
        drift_by_condition=dict.fromkeys(CONDITIONS, drift),
        flips_by_condition=dict.fromkeys(CONDITIONS, flips),
        accuracy_by_condition=dict.fromkeys(["pads-0", *CONDITIONS], accuracy),
    )


def _finding(side, variant, estimand, condition, figures, state=None):
    return Finding(
        **{
            "question": "does it matter?",
            "estimand": estimand,
            "side": side,
            "variant": variant,
            "condition": condition,
            "pads": _pads(condition),
            "state": state,
            "level": 0.95,
            "smallest_epsilon": None,
            "method": "by hand",
            "n_texts": 40,
            "n_seeds": 3,
        }
        | figures
    )


def report(*cells, max_len=31, share=0.5, truncated=0.0, texts=60, level=0.95):
    """The report of one experiment."""
    dataset = WHOLE.dataset
    sizes = {"train": texts, "validation": 20, "test": 40}
    splits = {name: replace(dataset.corpus.splits[name], texts=count) for name, count in sizes.items()}
    padded = next(iter(dataset.padded.values()))
    train = replace(padded.splits["train"], padding_share=share, truncated_share=truncated, cut_share=truncated / 2)
    padded = replace(padded, max_len=max_len, splits={**padded.splits, "train": train})
    return replace(
        WHOLE,
        cells=[made.cell for made in cells],
        verdicts=[verdict for made in cells for verdict in made.verdicts],
        dataset=replace(
            dataset,
            name="synthetic",
            corpus=replace(dataset.corpus, splits=splits),
            padded={made.cell.side: padded for made in cells},
        ),
        params={"report": {"pads": 16}, "analyze": {"epsilon": EPSILON, "level": level}},
    )


def sweep(grid, *, read=("accuracy", "drift_ratio", "flip_rate"), figure=None, **more):
    """A sweep over this grid, written as in a sweep file."""
    base = {"name": "trial", "title": "A trial", "question": "What does it do?", "read": list(read)}
    return Sweep.model_validate(
        {**base, "grid": grid, "figure": figure or {"kind": "curves", "x": next(iter(grid))}, **more}
    )


def outcomes(found, make):
    """The experiment of each point of the sweep; `make` gets its levels and returns the report."""
    return [
        ExperimentReport(point, make(**dict(zip(_names(found), point.levels.values(), strict=True))))
        for point in found.points("synthetic")
    ]


def grid_of_sweep(found, experiments):
    """The grid of a sweep's report."""
    made = sweep_report(found, "synthetic", experiments)
    return grid_of(sweep_rows(experiments), made.axes, made.level, made.epsilon)


def _names(found):
    return [axis.rsplit(".", maxsplit=1)[-1].replace(" ", "_") for axis in found.axes]


def _value(values, seed):
    return 1e-9 if isinstance(values, str) else values[seed % len(values)]


def _pads(condition):
    return int(condition.removeprefix("pads-")) if condition.startswith("pads-") else None


def _verdict(values, learned, known, estimand):
    nothing = {"epsilon": EPSILON[estimand], "largest_change": 0.0}
    if isinstance(values, str):
        return nothing | {"estimate": 0.0, "low": 0.0, "high": 0.0, "verdict": "EXACT"}
    if known < 2:
        reason = "fewer than two seeds beat chance"
        return nothing | {"estimate": None, "low": None, "high": None, "verdict": "UNDEFINED", "reason": reason}
    kept = np.array([_value(values, seed) for seed, ok in enumerate(learned) if ok])
    middle = (
        float(np.exp(np.log(kept).mean())) if estimand == "drift_ratio" and (kept > 0).all() else float(kept.mean())
    )
    bounds = {"estimate": middle, "low": middle / 2, "high": middle * 2}
    return nothing | bounds | {"verdict": None, "exploratory": True}
