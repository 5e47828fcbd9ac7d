"""The first texts of a states file, kept whole: for what needs the states themselves and not their sums."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.states.reader import StatesBatch

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sample:
    """n texts under every condition; texts stand in random order in the files, so the first ones are a random sample.

    Attributes:
        text_id: shape (n,).
        label: shape (n,).
        length: tokens of each text, shape (n,).
        predicted: the predicted class by condition, shape (n,).
        pads: number of pads by condition, shape (n,).
        vectors: by condition and name, shape (n, width).
    """

    text_id: NDArray[np.int64]
    label: NDArray[np.int32]
    length: NDArray[np.int32]
    predicted: dict[str, NDArray[np.intp]]
    pads: dict[str, NDArray[np.int32]]
    vectors: dict[str, dict[str, Floats]]

    @staticmethod
    def of(alone: StatesBatch, batches: Mapping[str, StatesBatch], names: tuple[str, ...], rows: int) -> "Sample":
        """The first `rows` texts of one batch under every condition, with the states `names` alone."""
        return Sample(
            text_id=alone.text_id[:rows],
            label=alone.label[:rows],
            length=alone.length[:rows],
            predicted={name: batch.probability[:rows].argmax(axis=1) for name, batch in batches.items()},
            pads={name: batch.pads[:rows] for name, batch in batches.items()},
            vectors={
                condition: {name: batch.vectors[name][:rows].copy() for name in names}
                for condition, batch in batches.items()
            },
        )

    def __add__(self, other: "Sample") -> "Sample":
        """The texts of both."""
        return Sample(
            text_id=np.concatenate([self.text_id, other.text_id]),
            label=np.concatenate([self.label, other.label]),
            length=np.concatenate([self.length, other.length]),
            predicted={name: np.concatenate([own, other.predicted[name]]) for name, own in self.predicted.items()},
            pads={name: np.concatenate([own, other.pads[name]]) for name, own in self.pads.items()},
            vectors={
                condition: {
                    name: np.concatenate([states, other.vectors[condition][name]]) for name, states in own.items()
                }
                for condition, own in self.vectors.items()
            },
        )

    def __len__(self) -> int:
        return len(self.text_id)
