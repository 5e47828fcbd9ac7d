"""What one pad does to the state of a trained model: the map from state to state, and where a run of pads ends.

Every pad is the same input, so a run of pads iterates one map z → F(z) of the state (Miller & Hardt 2018,
arXiv 1805.10369). All here speaks of the first recurrent layer, in its forward direction: it reads the embedding of
index 0 itself, while deeper layers read what it puts out, so its fixed points come first.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.stats.rounding import significant

if TYPE_CHECKING:
    import keras

    from stages.states.instrument import InstrumentedModel

Floats = NDArray[np.float64]
Ids = NDArray[np.int32]

MOVES = 1e-6
"""A pad moves the state where any value changes by more: the arithmetic of two batch shapes differs by less."""
STEPS = 2000
"""Pads after which a state that still moves counts as not settled."""
SLOW = 1e-8
"""The iteration ends early where every start moves by less than this times max(1, ‖z‖) a pad."""
RESIDUAL = 1e-12
"""A state is fixed where ‖F(z) − z‖ is at most this times max(1, ‖z‖)."""
SAME = 1e-4
"""Ends closer together than this share of the spread of the starts are one point."""
NEAR = 1e-2
"""Newton's method may refine an end by this share of that spread: what lies farther is not where the pads led."""
NEWTON_STEPS = 20
UNBOUNDED = 1e9
"""A state with a value beyond this is on its way to infinity."""
DIGITS = 6


def pad_step(model: "keras.Model", reader: "InstrumentedModel", texts: Sequence[Ids]) -> dict[str, Any]:
    """Where a run of pads takes the state of the first recurrent layer, in the forward direction.

    Whether a pad moves the state at all is read off the model: a mask makes the step the identity. Where it moves,
    the map is iterated from the zero state and from the final state of every text, and every point that a start
    settles at is described by the Jacobian of the map there. A limit cycle, or a drift slower than STEPS pads, is
    never called a fixed point.

    Args:
        model: a functional model that reads tokens (n, time).
        reader: the same model, instrumented.
        texts: texts without padding, shape (n, length), one length an array.

    Returns:
        `moves`: does a pad move the state; `layer`: which layer this is about; `settled`: share of the starts that
        end at a fixed point, None where nothing moves; `fixed_points`, the most visited first: `spectral_radius` of
        the Jacobian (below 1 the point attracts), `starts` (share of the starts that end there), `residual`
        ‖F(z) − z‖.
    """
    name = next(iter(reader.read(texts[0]).states))
    layer = model.get_layer(name)
    cell = _forward_cell(layer)
    sizes = _state_sizes(cell)
    alone = _final_states(reader, name, sizes, texts)
    padded = _final_states(reader, name, sizes, [np.pad(text, ((0, 0), (0, 1))) for text in texts])
    if not np.abs(padded - alone).max() > MOVES:
        return {"moves": False, "layer": name, "settled": None, "fixed_points": []}
    starts = np.concatenate([np.zeros_like(alone[:1]), alone])
    return {"moves": True, "layer": name, **_fixed_points(_StepMap(cell, _embedded_pad(model, layer)), starts)}


def _forward_cell(layer: "keras.Layer") -> "keras.Layer":
    import keras

    return layer.forward_layer.cell if isinstance(layer, keras.layers.Bidirectional) else layer.cell


def _state_sizes(cell: "keras.Layer") -> list[int]:
    return [cell.state_size] if isinstance(cell.state_size, int) else list(cell.state_size)


def _final_states(reader: "InstrumentedModel", name: str, sizes: Sequence[int], texts: Sequence[Ids]) -> Floats:
    """States (n, width) of all texts, the tensors of the forward direction side by side in Keras' order."""
    readings = [reader.read(text).states[name] for text in texts]
    rows = [[reading[letter][:, :size] for letter, size in zip(reading, sizes, strict=True)] for reading in readings]
    return np.concatenate([np.concatenate(parts, axis=1) for parts in rows]).astype(np.float64)


def _embedded_pad(model: "keras.Model", layer: "keras.Layer") -> Floats:
    """What the layer reads at a pad, shape (1, features)."""
    import keras

    # An explicit mask, as a Masking layer makes one, stands behind the sequence among the inputs.
    sequence = layer.input[0] if isinstance(layer.input, list | tuple) else layer.input
    below = keras.Model(model.inputs[0], sequence)
    vector: Floats = np.asarray(below(np.zeros((1, 1), dtype=np.int32)))[:, 0].astype(np.float64)
    return vector


class _StepMap:
    """The map z → F(z) of one pad, in float64: the trained cell, built again in that precision.

    Single precision would leave residuals near 1e-7, too coarse to tell a fixed point from a slow one.
    """

    def __init__(self, trained: "keras.Layer", pad: Floats) -> None:
        import tensorflow as tf

        sizes = _state_sizes(trained)
        cell = type(trained).from_config({**trained.get_config(), "dtype": "float64"})
        cell.build((None, pad.shape[1]))
        cell.set_weights(trained.get_weights())

        def step(z: Any) -> Any:
            inputs = tf.repeat(tf.constant(pad), tf.shape(z)[0], axis=0)
            return tf.concat(cell(inputs, tf.split(z, sizes, axis=1), training=False)[1], axis=1)

        def iterate(z: Any) -> Any:
            def moving(count: Any, _z: Any, moved: Any) -> Any:
                return (count < STEPS) & tf.reduce_any(moved)

            def advance(count: Any, z: Any, _moved: Any) -> Any:
                after = step(z)
                size = tf.maximum(tf.norm(after, axis=1), 1.0)
                return count + 1, after, tf.norm(after - z, axis=1) > SLOW * size

            return tf.while_loop(moving, advance, (0, z, tf.ones(tf.shape(z)[0], tf.bool)))[1]

        def jacobian(z: Any) -> Any:
            copies = tf.repeat(z[tf.newaxis], z.shape[0], axis=0)
            with tf.GradientTape() as tape:
                tape.watch(copies)
                diagonal = tf.linalg.diag_part(step(copies))
            return tape.gradient(diagonal, copies)

        width = sum(sizes)
        rows = [tf.TensorSpec((None, width), tf.float64)]
        self._step = tf.function(step, input_signature=rows, autograph=False)
        self._iterate = tf.function(iterate, input_signature=rows, autograph=False)
        self._jacobian = tf.function(jacobian, input_signature=[tf.TensorSpec((width,), tf.float64)], autograph=False)

    def iterate(self, z: Floats) -> Floats:
        """States (n, width) after STEPS pads, or after fewer where all of them hardly move any more."""
        ends: Floats = self._iterate(z).numpy()
        return ends

    def shift(self, z: Floats) -> Floats:
        """F(z) − z of one state (width,)."""
        shift: Floats = self._step(z[np.newaxis]).numpy()[0] - z
        return shift

    def jacobian(self, z: Floats) -> Floats:
        """∂F/∂z at one state (width,), shape (width, width)."""
        jacobian: Floats = self._jacobian(z).numpy()
        return jacobian


def _fixed_points(step: _StepMap, starts: Floats) -> dict[str, Any]:
    ends = step.iterate(starts)
    ends = ends[np.abs(ends).max(axis=1) < UNBOUNDED]
    spread = float(np.sqrt(((starts - starts.mean(axis=0)) ** 2).sum(axis=1).mean()))
    points: list[Floats] = []
    visits: list[int] = []
    for end, count in _distinct(ends, SAME * spread):
        point = _refined(step, end, NEAR * spread)
        if point is None:
            continue
        known = next((index for index, other in enumerate(points) if _distance(point, other) <= SAME * spread), None)
        if known is None:
            points.append(point)
            visits.append(count)
        else:
            visits[known] += count
    return {
        "settled": significant(sum(visits) / len(starts), DIGITS),
        "fixed_points": [
            {
                "spectral_radius": significant(_spectral_radius(step.jacobian(points[index])), DIGITS),
                "starts": significant(visits[index] / len(starts), DIGITS),
                "residual": significant(float(np.linalg.norm(step.shift(points[index]))), DIGITS),
            }
            for index in sorted(range(len(points)), key=lambda index: -visits[index])
        ],
    }


def _distinct(ends: Floats, radius: float) -> list[tuple[Floats, int]]:
    """Ends that lie apart, in their order, with how many ends lie within `radius` of each and of none before it."""
    distinct: list[tuple[Floats, int]] = []
    left = ends
    while len(left):
        close = np.linalg.norm(left - left[0], axis=1) <= radius
        distinct.append((left[0], int(close.sum())))
        left = left[~close]
    return distinct


def _refined(step: _StepMap, end: Floats, near: float) -> Floats | None:
    """The fixed point at or beside an end, by Newton's method; None where the pads have not led to one.

    A point that only Newton's method reaches must attract: the centre of a small cycle is a fixed point too, but not
    where the pads lead.
    """
    point = end
    for attempt in range(NEWTON_STEPS):
        shift = step.shift(point)
        if np.linalg.norm(shift) <= RESIDUAL * max(1.0, float(np.linalg.norm(point))):
            return point if attempt == 0 or _spectral_radius(step.jacobian(point)) < 1 else None
        try:
            point = point - np.linalg.solve(step.jacobian(point) - np.eye(len(point)), shift)
        except np.linalg.LinAlgError:
            return None
        if not _distance(point, end) <= near:
            return None
    return None


def _spectral_radius(jacobian: Floats) -> float:
    return float(np.abs(np.linalg.eigvals(jacobian)).max())


def _distance(one: Floats, two: Floats) -> float:
    return float(np.linalg.norm(one - two))
