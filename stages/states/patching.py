"""What pads do to a text through each part of a state: trained weights, read with pads and without a mask.

A state is patched where one part of it is as pads leave it and the rest as it is without them (activation patching, as
in Vig et al. 2020, arXiv 2004.12265). Pads before a text act through the state that the text starts from: h and c.
Pads behind it act through the two factors of h = o tanh(c): what the cell holds, and what the output gate lets out.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.states.instrument import readout_directions
from stages.states.pad_runs import PadRuns

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]

RANK = 1e-9
"""Directions of the readout that add less than this share of the largest are sums of the others."""


def patched(model: "keras.Model", batches: Iterable[tuple[Integers, Integers, int]]) -> dict[str, Any] | None:
    """How many texts the weights get right without pads, with pads before or behind them, and patched.

    Args:
        model: trained; a mask that it has is left out.
        batches: texts of one length without padding (n, length), their classes (m,), of which n - m rows have none,
            and how many pads their rows have room for.

    Returns:
        As `stages.analysis.contract_served.Patches` reads it; None where the model is no chain that `PadRuns` reads.
    """
    runs = PadRuns.of(model, masked=False)
    if runs is None:
        return None
    weights, bias = (values.astype(np.float64) for values in model.layers[-1].get_weights())
    directions, sizes, _ = np.linalg.svd(readout_directions(model), full_matrices=False)
    basis = directions[:, sizes > RANK * sizes.max()]
    texts, right = 0, dict[str, int]()
    moved = {"before": np.zeros(2), "behind": np.zeros(2)}
    for tokens, label, pads in batches:
        states = {name: h[: len(label)] for name, h in final_states(runs, tokens, pads).items()}
        texts += len(label)
        for name, h in states.items():
            right[name] = right.get(name, 0) + int((_classes(h @ weights + bias) == label).sum())
        for name in moved:
            shift = states[name] - states["none"]
            moved[name] += ((shift @ basis) ** 2).sum(), (shift**2).sum()
    along = {name: float(part / whole) if whole else None for name, (part, whole) in moved.items()}
    return {"texts": texts, "right": right, "along_readout": along}


def final_states(runs: PadRuns, tokens: Integers, pads: int) -> dict[str, Floats]:
    """What the classifier reads of texts (n, length) without pads, with so many of them, and patched: (n, units) each.

    By the names that `stages.analysis.contract_served.Patches` has; those of patches only where there is a cell state.
    """
    zeros, after = (runs.after_pads(len(tokens), count) for count in (0, pads))
    none = runs.run(tokens, zeros)
    ends = {"none": none, "before": runs.run(tokens, after)}
    ends["behind"] = runs.run(np.zeros((len(tokens), pads), np.int32), none[2:]) if pads else none
    if runs.tensors == 2:
        for name, kept in (("before_h", 0), ("before_c", 1)):
            start = [(after if index % 2 == kept else zeros)[index] for index in range(len(zeros))]
            ends[name] = runs.run(tokens, start)
    states = {name: end[-runs.tensors].numpy().astype(np.float64) for name, end in ends.items()}
    if runs.tensors == 2:
        cells = {name: np.tanh(ends[name][-1].numpy().astype(np.float64)) for name in ("none", "behind")}
        gates = {
            name: np.divide(states[name], cell, where=cell != 0, out=np.zeros_like(cell))
            for name, cell in cells.items()
        }
        states["behind_c"] = gates["none"] * cells["behind"]
        states["behind_h"] = gates["behind"] * cells["none"]
    return states


def _classes(logits: Floats) -> NDArray[np.int64]:
    """The class of every text from logits (n, 1) of a sigmoid or (n, classes) of a softmax."""
    classes: NDArray[np.int64] = logits.argmax(axis=1) if logits.shape[1] > 1 else (logits[:, 0] > 0).astype(np.int64)
    return classes
