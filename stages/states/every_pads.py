"""What every number of pads up to a thousand does to the predictions of one model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.models.trainer import classes_of
from stages.states.pad_runs import PadRuns, same

if TYPE_CHECKING:
    from stages.params.texts import Side

MOST = 1000
POSITIONS = 200_000
"""Tokens read at a time: texts behind different runs of pads are read side by side."""

Ids = NDArray[np.int32]


def worst_pads(runs: PadRuns, texts: Sequence[tuple[Ids, Ids]], width: int, side: "Side") -> dict[str, Any]:
    """The numbers of pads from 0 to MOST that do most harm; all are tried, so this is exact for these texts.

    Args:
        runs: the model.
        texts: tokens (n, length) without padding, and labels (n,); one length each, at most `width`.
        width: of a row in training.
        side: where pads stood in training, and stand here.

    Returns:
        `texts`: how many there are; `pads`: the most that were tried; `as_trained`: texts whose class is right where
        each is padded to `width`; `flipped` and `right`: the first number of pads (`pads`) under which most texts have
        another class than as trained, and that under which fewest are right, with that number (`texts`).
    """
    tokens = [each for each, _ in texts]
    label = np.concatenate([labels for _, labels in texts])
    room = np.concatenate([np.full(len(each), width - each.shape[1]) for each in tokens])
    read = _after if side == "post" else _before
    predicted = read(runs, tokens, max(MOST, int(room.max())))
    trained, predicted = predicted[room, np.arange(len(label))], predicted[: MOST + 1]
    flipped, right = (predicted != trained).sum(axis=1), (predicted == label).sum(axis=1)
    return {
        "texts": len(label),
        "pads": MOST,
        "as_trained": int((trained == label).sum()),
        "flipped": {"pads": int(flipped.argmax()), "texts": int(flipped.max())},
        "right": {"pads": int(right.argmin()), "texts": int(right.min())},
    }


def _after(runs: PadRuns, texts: Sequence[Ids], most: int) -> NDArray[np.int64]:
    """The class of every text with 0 to `most` pads behind it, shape (most + 1, texts)."""
    found = [_run(runs, each, _zeros(runs)) for each in texts]
    output, *states = (np.concatenate(parts) for parts in zip(*found, strict=True))
    classes = [classes_of(output)]
    pad = np.zeros((len(output), 1), np.int32)
    for _ in range(most):
        output, *after = _run(runs, pad, states)
        if same(after, states):
            break
        states = after
        classes.append(classes_of(output))
    return np.stack([*classes, *classes[-1:] * (most + 1 - len(classes))])


def _before(runs: PadRuns, texts: Sequence[Ids], most: int) -> NDArray[np.int64]:
    """The class of every text with 0 to `most` pads before it, shape (most + 1, texts)."""
    starts = [_zeros(runs)]
    for _ in range(most):
        _, *after = _run(runs, np.zeros((1, 1), np.int32), starts[-1])
        if same(after, starts[-1]):
            break
        starts.append(after)
    parts = [np.concatenate(states) for states in zip(*starts, strict=True)]
    classes = np.concatenate([_from(runs, each, parts) for each in texts], axis=1)
    return classes[np.minimum(np.arange(most + 1), len(starts) - 1)]


def _from(runs: PadRuns, texts: Ids, starts: Sequence[NDArray[np.float32]]) -> NDArray[np.int64]:
    """The class of every text of one length from every start state, shape (starts, texts)."""
    many = max(1, POSITIONS // texts.size)
    classes = []
    for first in range(0, len(starts[0]), many):
        some = [np.repeat(part[first : first + many], len(texts), axis=0) for part in starts]
        output, *_ = _run(runs, np.tile(texts, (len(some[0]) // len(texts), 1)), some)
        classes.append(classes_of(output).reshape(-1, len(texts)))
    return np.concatenate(classes)


def _zeros(runs: PadRuns) -> list[NDArray[np.float32]]:
    """The states that a text alone starts from, (1, units) each."""
    return [state.numpy() for state in runs.after_pads(1, 0)]


def _run(runs: PadRuns, tokens: Ids, states: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """The output for `tokens` (n, steps) read from `states`, (n, units) or (1, units) each, and the states left."""
    import tensorflow as tf

    output, _, *left = runs.run(tokens, [tf.constant(state) for state in states])
    return [tensor.numpy() for tensor in (output, *left)]
