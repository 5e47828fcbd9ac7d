"""One pass over the states of one trained model: every condition against the text alone, and against as-trained."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from stages.analysis.contract_served import Patches
from stages.analysis.length_strata import LengthStrata
from stages.analysis.outcomes import AgainstTraining, ConditionOutcome, StateOutcome
from stages.analysis.readouts import Readout, readout
from stages.analysis.samples import Sample
from stages.errors import UserError
from stages.params.schema import Epsilon
from stages.runtime.files import read_json
from stages.runtime.paths import AS_TRAINED, AUDIT, PAD_STEP, PATCHES, READOUT, condition_name, states_file, states_of
from stages.states.reader import StatesBatch, aligned_batches, read_metadata, read_readout
from stages.states.schema import HEAD, HIDDEN_PREFIX, vector_columns
from stages.stats.calibration import Confidence, ConfidenceBins
from stages.stats.forgetting import PairDistances
from stages.stats.predictions import PredictionSums
from stages.stats.readout_shift import ReadoutSums
from stages.stats.shift import ShiftSums
from stages.stats.unit_shifts import text_sign_flip_p

BATCH_BYTES = 16 * 2**20
"""States of all conditions that are read at a time."""
FEWEST_ROWS, MOST_ROWS = 64, 2048

WIDEST = 4096
"""Values of a state beyond which the products of all pairs of them would not fit into memory."""

FEW_TEXTS = 100
"""Up to here the mean shift is also tested by flipping signs, which needs no large sample."""


@dataclass(frozen=True)
class ModelTask:
    """What one process needs to compare the conditions of one model; picklable."""

    states: Path
    side: str
    variant: str
    seed: int
    conditions: dict[str, int | None]
    """The conditions to compare with the text alone, with their number of pads (None: padded to max_len)."""
    epsilon: Epsilon
    probe_texts: int


@dataclass(frozen=True)
class ModelOutcome:
    """What the pass found.

    Attributes:
        conditions: what every condition did, by name, the text alone left out.
        confidence: how sure the model is of its predictions for the text alone.
        distances: between the states of two texts, as pads are added.
        readout: what can be read off the states of the first texts.
        pad_step: what export found of the map that one pad applies to the state; None where there is none.
        audit: what export found by the audit of the model.
        against_training: what every condition did against as-trained, by name, the text alone among them.
        patches: what export found with patched states; None where it was not asked to, or could not.
    """

    conditions: dict[str, ConditionOutcome]
    confidence: Confidence
    distances: PairDistances | None = None
    readout: Readout | None = None
    pad_step: dict[str, Any] | None = None
    audit: dict[str, Any] | None = None
    against_training: dict[str, AgainstTraining] = field(default_factory=dict)
    patches: Patches | None = None


def outcome_of_model(task: ModelTask) -> ModelOutcome:
    """Every figure of one model, in one streamed pass; memory does not depend on the number of texts.

    Raises:
        UserError: a states file is missing, damaged, holds other texts, no texts, or a value that is not finite.
    """
    # The models are the tasks that run side by side; threads of linear algebra beside them only wait for each other.
    with threadpool_limits(1):
        return _outcome(task)


def _outcome(task: ModelTask) -> ModelOutcome:
    folder = states_of(task.states, task.side, task.variant, task.seed)
    alone, *padded = (states_file(folder, condition) for condition in (condition_name(0), *task.conditions))
    widths = read_metadata(alone).widths
    vectors = vector_columns(widths)
    for name in vectors:
        if widths[name] > WIDEST:
            raise UserError(
                f"{alone}: {name} has {widths[name]:,} values a text, and covariances are kept of at most {WIDEST:,}; "
                f"lower model.units{' or pad.max_len' if name == HEAD else ''} and run again"
            )
    rows = BATCH_BYTES // (4 * sum(widths[name] for name in vectors) * (1 + len(padded)))
    sums: _Sums | None = None
    for before, *after in aligned_batches([alone, *padded], vectors, min(max(rows, FEWEST_ROWS), MOST_ROWS)):
        for path, batch in zip([alone, *padded], [before, *after], strict=True):
            _refuse_non_finite(path, batch)
        if sums is None:
            sums = _Sums(task, vectors, before)
        sums.add(before, dict(zip(task.conditions, after, strict=True)))
    if sums is None:
        raise UserError(f"{alone}: the file holds no texts; run `dvc repro` to export it again")
    patches = read_json(folder / PATCHES) if (folder / PATCHES).is_file() else None
    return replace(
        sums.outcome(read_json(folder / PAD_STEP)),
        audit=read_json(folder / AUDIT),
        patches=None if patches is None else Patches(**patches),
    )


class _Sums:
    """What is gathered of the batches; what follows from it is worked out at the end."""

    def __init__(self, task: ModelTask, vectors: list[str], first: StatesBatch) -> None:
        self._task = task
        self._hidden = last_hidden(vectors)
        self._sampled = sampled_vectors(vectors)
        self._kept = (*self._sampled, *(name for name in vectors if name not in self._sampled))
        self._shifts: dict[str, dict[str, ShiftSums]] = {}
        self._predictions: dict[str, PredictionSums] = {}
        self._directions = read_readout(states_of(task.states, task.side, task.variant, task.seed) / READOUT)
        self._predictions_of_trained: dict[str, PredictionSums] = {}
        self._readouts: dict[str, ReadoutSums] = {}
        self._confidence: dict[str, ConfidenceBins] = {}
        self._strata = LengthStrata(tuple(task.conditions), first.length, first.vectors[self._hidden].shape[1])
        self._sample: Sample | None = None
        self._distances: PairDistances | None = None

    def add(self, alone: StatesBatch, after: dict[str, StatesBatch]) -> None:
        """Add the same texts alone and under every condition."""
        self._strata.add(
            alone.length, alone.vectors[self._hidden], {name: b.vectors[self._hidden] for name, b in after.items()}
        )
        _gather(self._confidence, condition_name(0), ConfidenceBins.of(alone.text_id, alone.label, alone.probability))
        for condition, batch in after.items():
            shifts = self._shifts.setdefault(condition, {})
            for name, states in alone.vectors.items():
                _gather(shifts, name, ShiftSums.of(alone.text_id, states, batch.vectors[name]))
            predictions = PredictionSums.of(alone.text_id, alone.label, alone.probability, batch.probability)
            _gather(self._predictions, condition, predictions)
            confidence = ConfidenceBins.of(batch.text_id, batch.label, batch.probability)
            _gather(self._confidence, condition, confidence)
        if AS_TRAINED in after:
            self._add_against(after[AS_TRAINED], {condition_name(0): alone, **after})
        distances = self._pair_distances(alone, after)
        self._distances = distances if self._distances is None else self._distances + distances
        missing = self._task.probe_texts - (len(self._sample) if self._sample else 0)
        if missing > 0:
            new = Sample.of(alone, {condition_name(0): alone, **after}, self._kept, missing)
            self._sample = new if self._sample is None else self._sample + new

    def outcome(self, pad_step: dict[str, Any] | None) -> ModelOutcome:
        """What follows from all texts."""
        assert self._sample is not None  # there was a first batch
        few = len(self._sample) if len(self._sample) == self._strata.texts <= FEW_TEXTS else 0
        return ModelOutcome(
            conditions={
                condition: ConditionOutcome(
                    states={name: StateOutcome.of(sums, self._task.epsilon) for name, sums in shifts.items()},
                    predictions=self._predictions[condition],
                    confidence=Confidence.of(self._confidence[condition]),
                    distributions=self._strata.distributions(condition, shifts[self._hidden]),
                    sign_flip_p=self._sign_flip_p(condition) if few else None,
                )
                for condition, shifts in self._shifts.items()
            },
            confidence=Confidence.of(self._confidence[condition_name(0)]),
            distances=self._distances,
            readout=readout(self._sample, self._task.conditions),
            pad_step=pad_step,
            against_training={
                condition: AgainstTraining.of(self._predictions_of_trained[condition], sums)
                for condition, sums in self._readouts.items()
            },
        )

    def _add_against(self, trained: StatesBatch, batches: dict[str, StatesBatch]) -> None:
        for condition, batch in batches.items():
            if condition == AS_TRAINED:
                continue
            predictions = PredictionSums.of(batch.text_id, batch.label, trained.probability, batch.probability)
            _gather(self._predictions_of_trained, condition, predictions)
            read = ReadoutSums.of(batch.text_id, self._directions, trained.vectors[HEAD], batch.vectors[HEAD])
            _gather(self._readouts, condition, read)

    def _pair_distances(self, alone: StatesBatch, after: dict[str, StatesBatch]) -> PairDistances:
        names = [name for name in self._sampled if name != HEAD] or [HEAD]

        def whole(batch: StatesBatch) -> NDArray[np.float32]:
            return np.concatenate([batch.vectors[name] for name in names], axis=1)

        by_pads = {pads: whole(after[name]) for name, pads in self._task.conditions.items() if pads is not None}
        return PairDistances.of(alone.probability.argmax(axis=1), whole(alone), by_pads)

    def _sign_flip_p(self, condition: str) -> dict[str, float]:
        """Of every state."""
        assert self._sample is not None
        alone, padded = (self._sample.vectors[name] for name in (condition_name(0), condition))
        return {
            name: text_sign_flip_p(
                padded[name].astype(np.float64) - alone[name], np.random.default_rng(self._task.seed)
            )
            for name in self._kept
        }


def last_hidden(vectors: list[str]) -> str:
    """The hidden state of the last recurrent layer, or what the classifier reads where there is no such layer."""
    hidden = [name for name in vectors if name.startswith(HIDDEN_PREFIX)]
    return hidden[-1] if hidden else HEAD


def sampled_vectors(vectors: list[str]) -> tuple[str, ...]:
    """The states that are kept whole for some texts: all of the last recurrent layer, and what the classifier reads."""
    layer = last_hidden(vectors).removeprefix(HIDDEN_PREFIX)
    return tuple(name for name in vectors if name == HEAD or name.partition("_")[2] == layer)


def _gather(sums: dict[str, Any], name: str, new: Any) -> None:
    sums[name] = sums[name] + new if name in sums else new


def _refuse_non_finite(path: Path, batch: StatesBatch) -> None:
    columns: dict[str, NDArray[np.float32]] = {"probability": batch.probability, **batch.vectors}
    for name, values in columns.items():
        # One sum is finite unless a value is not, and costs a fraction of testing them all.
        if np.isfinite(values.sum(dtype=np.float64)):
            continue
        broken = ~np.isfinite(values).all(axis=1)
        raise UserError(
            f"{path}: {name} of text_id {batch.text_id[broken.argmax()]} is not a finite number, so the model "
            "diverged while it trained; lower train.learning_rate and run again"
        )
