"""One pass over the states of one seed: every condition against the text alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.layout import condition_name, states_path
from stages.states.reader import StatesBatch, aligned_batches, read_metadata
from stages.states.schema import vector_columns
from stages.stats.downstream import PredictionSums
from stages.stats.shift import ShiftSums


@dataclass(frozen=True)
class PairUnit:
    """What one process needs to compare the conditions of one seed; picklable."""

    states: Path
    side: str
    variant: str
    seed: int
    conditions: tuple[str, ...]
    """The conditions to compare with the text alone."""


@dataclass(frozen=True)
class PairSums:
    """What one condition did to the states and predictions of one model, as sums."""

    shifts: dict[str, ShiftSums]
    predictions: PredictionSums

    def __add__(self, other: "PairSums") -> "PairSums":
        """The sums of both sets of texts."""
        shifts = {name: sums + other.shifts[name] for name, sums in self.shifts.items()}
        return PairSums(shifts, self.predictions + other.predictions)

    @property
    def largest(self) -> float:
        """The largest change of any unit of any state of any text."""
        return max(sums.largest for sums in self.shifts.values())


def sums_of_seed(unit: PairUnit) -> dict[str, PairSums]:
    """The sums of every condition, in one streamed pass; memory does not depend on the number of texts.

    Raises:
        UserError: a states file is missing, damaged, holds other texts, no texts, or a value that is not finite.
    """
    alone, *padded = (
        states_path(unit.states, unit.side, unit.variant, unit.seed, condition)
        for condition in (condition_name(0), *unit.conditions)
    )
    vectors = vector_columns(read_metadata(alone).widths)
    sums: dict[str, PairSums] = {}
    for before, *after in aligned_batches([alone, *padded], vectors):
        for path, batch in zip([alone, *padded], [before, *after], strict=True):
            _refuse_non_finite(path, batch)
        for condition, batch in zip(unit.conditions, after, strict=True):
            new = _sums(before, batch)
            sums[condition] = sums[condition] + new if condition in sums else new
    if not sums:
        raise UserError(f"{alone}: the file holds no texts; run `dvc repro` to export it again")
    return sums


def _sums(alone: StatesBatch, padded: StatesBatch) -> PairSums:
    return PairSums(
        {name: ShiftSums.of(alone.text_id, alone.vectors[name], padded.vectors[name]) for name in alone.vectors},
        PredictionSums.of(alone.text_id, alone.label, alone.probability, padded.probability),
    )


def _refuse_non_finite(path: Path, batch: StatesBatch) -> None:
    columns: dict[str, NDArray[np.float32]] = {"probability": batch.probability, **batch.vectors}
    for name, values in columns.items():
        broken = ~np.isfinite(values).all(axis=1)
        if broken.any():
            raise UserError(
                f"{path}: {name} of text_id {batch.text_id[broken.argmax()]} is not a finite number, so the model "
                "diverged while it trained; lower train.learning_rate and run again"
            )
