"""What pads leave of the information in a state, for the report: probes, forgetting, the step of one pad, units."""

from collections.abc import Callable

import numpy as np

from stages.analysis.cells import Cell
from stages.analysis.contract_memory import (
    FixedPoint,
    Forgetting,
    ForgettingPoint,
    LabelProbe,
    PadCountProbe,
    PadStep,
    PadStepSeed,
    Probes,
    TextTrajectory,
    Trajectories,
    UnitFacts,
)
from stages.analysis.estimate import Estimate
from stages.analysis.one_model import last_hidden
from stages.analysis.readouts import Readout
from stages.params.derived import BASELINE
from stages.params.schema import AnalyzeParams
from stages.runtime.paths import condition_name
from stages.stats.forgetting import KINDS, Kind, PairDistances


def probe_facts(cell: Cell, level: float) -> Probes | None:
    """Means over the seeds that learned; None where too few did."""
    readouts = [seed.model.readout for seed in cell.learned if seed.model.readout is not None]
    if not readouts or _too_few(cell):
        return None

    def mean(value: Callable[[Readout], float], lowest: float = -np.inf, highest: float = np.inf) -> Estimate | None:
        return Estimate.over_seeds(np.array([value(readout) for readout in readouts]), level, lowest, highest)

    first = readouts[0]
    return Probes(
        texts=first.texts,
        label=[
            LabelProbe(
                condition=condition_name(pads),
                pads=pads,
                frozen=mean(lambda readout, pads=pads: readout.frozen[pads], 0, 1),  # type: ignore[misc]
                refitted=mean(lambda readout, pads=pads: readout.label.accuracy[pads], 0, 1),  # type: ignore[misc]
            )
            for pads in first.frozen
        ],
        label_reason=first.label.reason,
        pad_count=PadCountProbe(
            classes=first.pad_count.classes,
            accuracy=mean(lambda readout: readout.pad_count.accuracy, 0, 1),
            chance=first.pad_count.chance,
            information_bits=mean(lambda readout: readout.pad_count.information),
            entropy_bits=first.pad_count.entropy,
            reason=first.pad_count.reason,
        ),
        length_r2=mean(lambda readout: readout.length.r2, highest=1),
        confounded=first.confounded,
    )


def forgetting_facts(cell: Cell, params: AnalyzeParams) -> Forgetting | None:
    """Distances between texts by pads, geometric means over all their pairs and the seeds that learned.

    None where too few learned, or where pads do not move the state, so that there is nothing to forget.
    """
    by_seed = [seed.model.distances for seed in cell.learned if seed.model.distances is not None]
    if not by_seed or _too_few(cell) or not cell.moves(params.exact_tolerance):
        return None
    start = Estimate(1.0, 1.0, 1.0)
    points = [
        ForgettingPoint(pads=pads, **{kind: _distance(by_seed, kind, index, params.level) for kind in KINDS})
        for index, pads in enumerate(by_seed[0].pads)
    ]
    return Forgetting(points=[ForgettingPoint(pads=0, within=start, between=start), *points])


def pad_step_facts(cell: Cell) -> PadStep | None:
    """What export found of the map that one pad applies, for every seed that learned."""
    steps = [(seed.seed, seed.model.pad_step) for seed in cell.learned if seed.model.pad_step]
    if not steps:
        return None
    return PadStep(
        moves=any(step["moves"] for _, step in steps),
        layer=steps[0][1]["layer"],
        seeds=[
            PadStepSeed(
                seed=seed,
                settled=step["settled"],
                fixed_points=[FixedPoint(**point) for point in step["fixed_points"]],
                every_pads=step.get("every_pads"),
            )
            for seed, step in steps
        ],
    )


def trajectory_facts(cell: Cell, tolerance: float) -> Trajectories | None:
    """Where pads lead the states of some texts, in the first model that learned and moves; None where none does."""
    for seed in cell.learned:
        path = seed.model.readout.path if seed.model.readout else None
        if path is not None and any(outcome.largest > tolerance for outcome in seed.conditions.values()):
            texts = zip(path.labels, path.path.x.tolist(), path.path.y.tolist(), strict=True)
            return Trajectories(
                seed=seed.seed,
                explained=list(path.path.explained),
                texts=[TextTrajectory(label=label, pads=list(path.path.pads), x=x, y=y) for label, x, y in texts],
            )
    return None


def _too_few(cell: Cell) -> bool:
    return len(cell.learned) < min(2, len(cell.seeds))


def _distance(by_seed: list[PairDistances], kind: Kind, index: int, level: float) -> Estimate | None:
    """The geometric mean over seeds with its t interval on the logarithm."""
    mean = Estimate.over_seeds(np.log([float(distances.ratio(kind)[index]) for distances in by_seed]), level)
    if mean is None:
        return None
    low, high = (None if bound is None else float(np.exp(bound)) for bound in (mean.low, mean.high))
    return Estimate(float(np.exp(mean.estimate)), low, high)


def unit_facts(
    cells: list[Cell], baselines: dict[str, Cell], conditions: dict[str, int | None], tolerance: float
) -> list[UnitFacts]:
    """What happened to every unit of each model that learned and moves, under each number of pads.

    The units are those of the hidden state of the last recurrent layer. Models of a variant that repeats the baseline
    are left out, and so are those whose states do not move at all.
    """
    models = []
    for cell in cells:
        baseline = baselines.get(cell.side)
        repeats = cell.variant != BASELINE and baseline is not None and cell.same_results(baseline)
        if repeats or not cell.moves(tolerance):
            continue
        vector = last_hidden(cell.vectors)
        for seed in cell.learned:
            for condition, pads in conditions.items():
                if pads is not None:
                    state = seed.conditions[condition].states[vector]
                    models.append(
                        UnitFacts(
                            side=cell.side,
                            variant=cell.variant,
                            seed=seed.seed,
                            state=vector,
                            pads=pads,
                            effect=state.units.effect.tolist(),
                            shift=state.units.shift.tolist(),
                            largest=state.largest_of_unit.tolist(),
                        )
                    )
    return models
