"""What pads leave in the states of one side and variant of an analysis made by hand."""

import math

import numpy as np

from stages.analysis.contract_memory import (
    AtPads,
    EveryPads,
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
)
from stages.params.derived import seed_numbers
from stages.runtime.paths import AS_TRAINED, condition_name
from tests.reporting.cases import TEST_TEXTS, Case, interval


def probes_of(case: Case) -> Probes | None:
    if not case.learned:
        return None
    numbers = [0, *(pads for pads in case.conditions.values() if pads)]
    chance = 1 / len(numbers)
    return Probes(
        texts=TEST_TEXTS,
        label=[
            LabelProbe(
                condition=condition_name(pads),
                pads=pads,
                frozen=interval(0.88 - 0.002 * case.strength * pads, 0.02, case.seeds),
                refitted=interval(0.885 - 0.0005 * case.strength * pads, 0.02, case.seeds),
            )
            for pads in numbers
        ],
        label_reason=None,
        pad_count=PadCountProbe(
            classes=len(numbers),
            accuracy=interval(chance + 0.6 * case.strength, 0.02, case.seeds),
            chance=chance,
            information_bits=interval(2.0 * case.strength, 0.1, case.seeds),
            entropy_bits=math.log2(len(numbers)),
            reason=None,
        ),
        length_r2=interval(0.89, 0.02, case.seeds),
        confounded=[AS_TRAINED],
    )


def forgetting_of(case: Case) -> Forgetting | None:
    """Pads bring two texts of a class together faster than two of different classes."""
    if not (case.strength and case.learned):
        return None
    rates = {"within": 0.09, "between": 0.06}

    def point(pads: int) -> ForgettingPoint:
        left = {kind: math.exp(-rate * pads) for kind, rate in rates.items()}
        return ForgettingPoint(
            pads=pads, **{kind: interval(share, 0.01 * bool(pads), case.seeds) for kind, share in left.items()}
        )

    return Forgetting(points=[point(pads) for pads in [0, *(pads for pads in case.conditions.values() if pads)]])


def pad_step_of(case: Case) -> PadStep | None:
    """Every start of a run of pads ends in one fixed point, in seed 0 a few do not."""
    if not case.learned:
        return None
    moves = case.strength > 0

    def seed_of(seed: int) -> PadStepSeed:
        if not moves:
            return PadStepSeed(seed=seed, settled=None, fixed_points=[])
        end = FixedPoint(spectral_radius=0.9 + 0.01 * seed, starts=1.0, residual=1e-13)
        every = EveryPads(
            texts=128,
            pads=1000,
            as_trained=112,
            flipped=AtPads(pads=40 + seed, texts=32),
            right=AtPads(pads=64, texts=96 - seed),
        )
        return PadStepSeed(seed=seed, settled=1.0 if seed else 0.97, fixed_points=[end], every_pads=every)

    return PadStep(moves=moves, layer="lstm_1", seeds=[seed_of(seed) for seed in seed_numbers(case.params.train)])


def path_of(case: Case) -> Trajectories | None:
    """From the place of its class every text goes to one end, with pads before it to an end near its start."""
    if not (case.strength and case.learned):
        return None
    rng = np.random.default_rng(7)
    pads = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    shares = 1 - np.exp(-np.array(pads) / 7)
    bend = 0.5 * shares * (1 - shares)
    texts = []
    for number in range(28):
        label = number % case.classes
        angle = 2 * math.pi * label / case.classes
        start = rng.normal(0, 0.7, 2) + 1.6 * np.array([math.cos(angle), math.sin(angle)])
        far = np.array([2.4 + 0.1 * label, -1.5])
        end = far + rng.normal(0, 0.08, 2) if case.side == "post" else start + 0.3 * rng.normal(0, 1, 2)
        x, y = ([float(value) for value in axis] for axis in start[:, None] + np.outer(end - start, shares) + bend)
        texts.append(TextTrajectory(label=label, pads=pads, x=x, y=y))
    return Trajectories(seed=0, explained=[0.61, 0.17], texts=texts)
