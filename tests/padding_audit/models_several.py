"""Shared layers, several inputs, models with a `call` of their own, and deep ones."""

from typing import Any

import keras

from stages.padding_audit.result import Cause

from .models import IDS, UNITS, L, Leak, behind_embedding, both, known, last, masked, sequence, tokens, unmasked


def siamese(right: Any = lambda steps: steps) -> keras.Model:
    inputs = [tokens("left"), tokens("right")]
    embedding, lstm = L.Embedding(IDS, UNITS, mask_zero=True), last()
    first, second = lstm(embedding(inputs[0])), lstm(right(embedding(inputs[1])))
    return keras.Model(inputs, L.Dense(1)(L.Subtract()([first, second])))


@known()
def twins() -> keras.Model:
    return siamese()


@known(**both("lstm", Cause.LOST, "multiply", call=2))
def twins_of_which_one_leaks() -> keras.Model:
    return siamese(lambda steps: steps * 2.0)


@known()
def twice_through_one_layer() -> keras.Model:
    lstm = sequence()
    return behind_embedding(lstm, lstm, L.GlobalAveragePooling1D())


@known(pre=Leak("lstm", Cause.LOST, "tanh", call=2), post=Leak("global_average_pooling1d", Cause.LOST, "tanh"))
def twice_through_one_layer_that_leaks() -> keras.Model:
    lstm = sequence()
    return behind_embedding(lstm, keras.ops.tanh, lstm, L.GlobalAveragePooling1D())


@known()
def fixed_input_beside() -> keras.Model:
    ids, facts = tokens(), keras.Input((3,), name="facts")
    return keras.Model([ids, facts], L.Dense(1)(L.Concatenate()([last()(masked(ids)), L.Dense(2)(facts)])))


@known(**both("global_average_pooling1d", Cause.NO_MASK))
def bag_of_words_without_mask() -> keras.Model:
    return behind_embedding(L.GlobalAveragePooling1D(), L.Dense(2, activation="softmax"), mask=False)


@known(**both("unmasked", Cause.NO_MASK))
def one_branch_of_two_leaks() -> keras.Model:
    ids = tokens()
    return keras.Model(ids, L.Concatenate()([last(name="masked")(masked(ids)), last(name="unmasked")(unmasked(ids))]))


@known(pre=Leak("global_max_pooling1d", Cause.DESTROYED, "global_max_pooling1d"))
def words_pooled_in_two_ways() -> keras.Model:
    """A leak behind two exact layers, whose output is mixed with theirs."""
    ids = tokens()
    states = sequence()(masked(ids))
    pooled = [L.GlobalAveragePooling1D()(states), L.GlobalMaxPooling1D()(states)]
    return keras.Model(ids, L.Dense(1)(L.Concatenate()(pooled)))


@known()
def six_lstms_with_normalization() -> keras.Model:
    layers = [layer for _ in range(6) for layer in (sequence(), L.LayerNormalization())]
    return behind_embedding(*layers, L.GlobalAveragePooling1D())


@known(**both("multi_head_attention_1", Cause.LOST, "multi_head_attention"))
def six_attentions() -> keras.Model:
    """MultiHeadAttention takes the mask off its input, so the residual sum has none (Keras 3.15)."""
    ids = tokens()
    steps = masked(ids)
    for _ in range(6):
        steps = L.LayerNormalization()(L.Add()([steps, L.MultiHeadAttention(2, UNITS)(steps, steps)]))
    return keras.Model(ids, L.Dense(1)(L.GlobalAveragePooling1D()(steps)))


@known()
def big_values() -> keras.Model:
    return behind_embedding(L.Rescaling(1e4), sequence(), L.Rescaling(1e6), L.GlobalAveragePooling1D())


def steep(*layers: Any, mask: bool = True) -> keras.Model:
    """A sine of many turns, behind some layers: it makes 1e-4 of a rounding of 1e-7."""
    return behind_embedding(*layers, L.Dense(8), lambda values: keras.ops.sin(values * 1000.0), L.Dense(1), mask=mask)


@known()
def steep_function() -> keras.Model:
    return steep(L.GlobalAveragePooling1D())


@known(**both("lstm", Cause.NO_MASK))
def steep_function_without_mask() -> keras.Model:
    return steep(last(), mask=False)


@known(pre=Leak("global_max_pooling1d", Cause.DESTROYED, "global_max_pooling1d"))
def leak_behind_a_steep_function() -> keras.Model:
    """The sine comes first, and moves by more than a millionth."""
    ids = tokens()
    states = sequence()(masked(ids))
    sine = keras.ops.sin(L.Dense(8)(L.GlobalAveragePooling1D()(states)) * 1000.0)
    deep = L.Dense(UNITS)(L.Dense(UNITS)(L.Dense(UNITS)(sine)))
    return keras.Model(ids, L.Concatenate()([deep, L.GlobalMaxPooling1D()(states)]))
