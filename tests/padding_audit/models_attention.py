"""Attention: layers of Keras, and as people write it by hand."""

from collections.abc import Callable
from typing import Any

import keras

from stages.padding_audit.result import Cause

from .models import UNITS, L, Leak, behind_embedding, both, known, last, masked, sequence, tokens, unmasked

ops = keras.ops


def attended(layer: Any, embed: Callable[[Any], Any] = masked, **options: Any) -> keras.Model:
    """Self-attention, then the average over time."""
    ids = tokens()
    steps = embed(ids)
    inputs = (steps, steps) if isinstance(layer, L.MultiHeadAttention) else ([steps, steps],)
    return keras.Model(ids, L.GlobalAveragePooling1D()(layer(*inputs, **options)))


@known()
def multi_head_attention() -> keras.Model:
    return attended(L.MultiHeadAttention(2, UNITS))


@known()
def dot_attention() -> keras.Model:
    return attended(L.Attention())


@known()
def additive_attention() -> keras.Model:
    return attended(L.AdditiveAttention())


@known()
def causal_attention() -> keras.Model:
    return attended(L.MultiHeadAttention(2, UNITS), use_causal_mask=True)


@known(**both("multi_head_attention", Cause.NO_MASK))
def multi_head_attention_without_mask() -> keras.Model:
    return attended(L.MultiHeadAttention(2, UNITS), unmasked)


@known(**both("attention", Cause.NO_MASK))
def attention_without_mask() -> keras.Model:
    return attended(L.Attention(), unmasked)


@known()
def attention_with_mask_by_hand() -> keras.Model:
    ids = tokens()
    steps = unmasked(ids)
    real = ops.not_equal(ids, 0)
    attention = L.MultiHeadAttention(2, UNITS)(steps, steps, attention_mask=real[:, None, :])
    return keras.Model(ids, L.GlobalAveragePooling1D()(attention, mask=real))


@known()
def transformer_block() -> keras.Model:
    ids = tokens()
    steps = masked(ids)
    steps = L.LayerNormalization()(L.Add()([steps, L.MultiHeadAttention(2, UNITS)(steps, steps)]))
    forward = L.Dense(UNITS)(L.Dense(8, activation="relu")(steps))
    return keras.Model(ids, L.GlobalAveragePooling1D()(L.LayerNormalization()(L.Add()([steps, forward]))))


@known(**both("softmax", Cause.LOST, "softmax"))
def softmax_over_time_by_hand() -> keras.Model:
    """An operation reads scores that carry a mask, and drops it."""
    ids = tokens()
    states = sequence()(masked(ids))
    weights = ops.softmax(L.Dense(1)(states), axis=1)
    return keras.Model(ids, ops.sum(states * weights, axis=1))


@known(**both("softmax", Cause.LOST, "dot"))
def softmax_behind_dot() -> keras.Model:
    ids = tokens()
    steps = masked(ids)
    weights = L.Softmax()(L.Dot((2, 2))([steps, steps]))
    return keras.Model(ids, L.GlobalAveragePooling1D()(L.Dot((2, 1))([weights, steps])))


@known()
def masked_softmax_by_hand() -> keras.Model:
    ids = tokens()
    states = sequence()(masked(ids))
    scores = L.Dense(1)(states) - 1e9 * ops.cast(ops.equal(ids, 0), "float32")[..., None]
    return keras.Model(ids, ops.sum(states * ops.softmax(scores, axis=1), axis=1))


@known()
def masked_mean_by_hand() -> keras.Model:
    ids = tokens()
    real = ops.cast(ops.not_equal(ids, 0), "float32")[..., None]
    return keras.Model(ids, ops.sum(unmasked(ids) * real, axis=1) / ops.sum(real, axis=1))


@known(**both("sum", Cause.NO_MASK))
def sum_over_time_by_hand() -> keras.Model:
    return behind_embedding(lambda steps: ops.sum(steps, axis=1), mask=False)


class Pooled(keras.layers.Layer):
    """Attention over time as a layer of a user's, which ignores its mask."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.score = L.Dense(1)

    def call(self, inputs: Any) -> Any:
        return ops.sum(inputs * ops.softmax(self.score(inputs), axis=1), axis=1)


class MaskedPooled(Pooled):
    """The same, with the mask."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        scores = self.score(inputs)
        if mask is not None:
            scores = ops.where(mask[..., None], scores, -1e9)
        return ops.sum(inputs * ops.softmax(scores, axis=1), axis=1)


class Careless(Pooled):
    """The same, which takes the mask and does not read it."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return super().call(inputs)


@known(**both("pooled", Cause.DESTROYED, "pooled"))
def pooled_by_a_layer() -> keras.Model:
    return behind_embedding(sequence(), Pooled())


@known()
def pooled_by_a_layer_with_mask() -> keras.Model:
    return behind_embedding(sequence(), MaskedPooled())


@known(**both("careless", Cause.MISUSED))
def pooled_by_a_careless_layer() -> keras.Model:
    return behind_embedding(sequence(), Careless())


class Positions(keras.layers.Layer):
    """Adds a vector for every place."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True
        self.table = L.Embedding(64, UNITS)

    def call(self, inputs: Any) -> Any:
        return inputs + self.table(ops.arange(ops.shape(inputs)[1]))


@known(pre=Leak("positions", Cause.MIXES_STEPS))
def positions() -> keras.Model:
    return behind_embedding(Positions(), last())


def cross(embed: Callable[[Any], Any], layer: Any) -> keras.Model:
    """A decoder whose steps look at those of another input."""
    source, target = tokens("source"), tokens("target")
    steps, looked_at = sequence()(masked(target)), embed(source)
    inputs = (steps, looked_at) if isinstance(layer, L.MultiHeadAttention) else ([steps, looked_at],)
    return keras.Model([source, target], L.Dense(3)(layer(*inputs)))


@known()
def cross_attention() -> keras.Model:
    return cross(masked, L.Attention())


@known(**both("attention", Cause.NO_MASK))
def cross_attention_without_source_mask() -> keras.Model:
    return cross(unmasked, L.Attention())


@known(**both("multi_head_attention", Cause.NO_MASK))
def cross_multi_head_attention_without_source_mask() -> keras.Model:
    return cross(unmasked, L.MultiHeadAttention(2, UNITS))


@known()
def attention_scores_as_output() -> keras.Model:
    """Two axes of the scores are time, and none of them is the second."""
    ids = tokens()
    steps = masked(ids)
    values, scores = L.MultiHeadAttention(2, UNITS)(steps, steps, return_attention_scores=True)
    return keras.Model(ids, [L.GlobalAveragePooling1D()(values), scores])


class Scored(Pooled):
    """Two outputs: one without time, one with."""

    def call(self, inputs: Any) -> Any:
        weights = ops.softmax(self.score(inputs), axis=1)
        return ops.sum(inputs * weights, axis=1), weights


@known(**both("scored", Cause.DESTROYED, "scored"))
def layer_of_two_outputs() -> keras.Model:
    ids = tokens()
    return keras.Model(ids, Scored()(masked(ids))[0])
