"""The traps: models whose masks look right and whose values are wrong, or the other way round."""

from typing import Any

import keras

from stages.padding_audit.result import Cause

from .models import UNITS, L, Leak, behind_embedding, both, known, last, masked, sequence, tokens


def with_initial_state(layer: Any, count: int, *, by_hand: bool = False) -> keras.Model:
    """A layer that reads the states of another input, which has no time."""
    ids = tokens()
    states = [keras.Input((UNITS,), name=f"state_{i}") for i in range(count)]
    steps = masked(ids)
    options = {"mask": keras.ops.not_equal(ids, 0)} if by_hand else {}
    return keras.Model([ids, *states], layer(steps, initial_state=states, **options))


def decoder(*, by_hand: bool = False, states_too: bool = False) -> keras.Model:
    """A teacher-forced decoder behind an encoder, as in Keras' own example."""
    source, target = tokens("source"), tokens("target")
    _, h, c = last(return_state=True, name="encoder")(masked(source))
    options = {"mask": keras.ops.not_equal(target, 0)} if by_hand else {}
    layer = sequence(return_state=True, name="decoder")
    states, h, c = layer(masked(target), initial_state=[h, c], **options)
    words = L.Dense(5, activation="softmax")(states)
    return keras.Model([source, target], [words, h, c] if states_too else words)


@known(**both("lstm", Cause.NOT_HANDED))
def lstm_with_initial_state() -> keras.Model:
    return with_initial_state(last(), 2)


@known()
def lstm_with_initial_state_and_mask() -> keras.Model:
    return with_initial_state(last(), 2, by_hand=True)


@known(**both("gru", Cause.NOT_HANDED))
def gru_with_initial_state() -> keras.Model:
    return with_initial_state(L.GRU(UNITS), 1)


@known()
def gru_with_initial_state_and_mask() -> keras.Model:
    return with_initial_state(L.GRU(UNITS), 1, by_hand=True)


@known(**both("bidirectional", Cause.NOT_HANDED))
def bidirectional_with_initial_state() -> keras.Model:
    return with_initial_state(L.Bidirectional(L.LSTM(UNITS)), 4)


@known()
def bidirectional_with_initial_state_and_mask() -> keras.Model:
    return with_initial_state(L.Bidirectional(L.LSTM(UNITS)), 4, by_hand=True)


@known(pre=Leak("decoder", Cause.NOT_HANDED))
def teacher_forced_decoder() -> keras.Model:
    return decoder()


@known(**both("decoder", Cause.NOT_HANDED))
def teacher_forced_decoder_with_states() -> keras.Model:
    return decoder(states_too=True)


@known()
def teacher_forced_decoder_with_mask() -> keras.Model:
    return decoder(by_hand=True, states_too=True)


@known()
def nested_sequential() -> keras.Model:
    return behind_embedding(keras.Sequential([L.Dense(UNITS), last()], name="inner"))


@known()
def nested_functional() -> keras.Model:
    steps = keras.Input((None, UNITS))
    inner = keras.Model(steps, L.Dense(UNITS)(sequence()(steps)), name="inner")
    return behind_embedding(inner, last())


@known(pre=Leak("inner/lstm", Cause.LOST, "inner/multiply"), post=Leak("outer", Cause.LOST, "inner/multiply"))
def nested_that_loses_the_mask() -> keras.Model:
    steps = keras.Input((None, UNITS))
    inner = keras.Model(steps, sequence()(steps * 2.0), name="inner")
    return behind_embedding(inner, last(name="outer"))


@known(**both("lstm", Cause.LOST, "encoder/multiply"))
def nested_encoder_that_loses_the_mask() -> keras.Model:
    ids = tokens("inner_tokens")
    return behind_ids(keras.Model(ids, masked(ids) * 2.0, name="encoder"), last())


@known()
def nested_encoder() -> keras.Model:
    ids = tokens("inner_tokens")
    return behind_ids(keras.Model(ids, masked(ids), name="encoder"), last())


@known(**both("second", Cause.MISALIGNED, "first"))
def backwards_then_forwards() -> keras.Model:
    return behind_embedding(sequence(go_backwards=True, name="first"), last(name="second"))


@known()
def backwards_turned_back() -> keras.Model:
    """The steps are turned back by hand; the mask, which was never turned, is given by hand."""
    ids = tokens()
    states = sequence(go_backwards=True, name="first")(masked(ids))
    return keras.Model(ids, last(name="second")(keras.ops.flip(states, 1), mask=keras.ops.not_equal(ids, 0)))


@known(post=Leak("second", Cause.MISALIGNED), pre=Leak("second", Cause.MISALIGNED))
def wrong_mask_by_hand() -> keras.Model:
    ids = tokens()
    return keras.Model(ids, last(name="second")(masked(ids), mask=keras.ops.not_equal(ids, 1)))


@known()
def mask_by_hand() -> keras.Model:
    ids = tokens()
    return keras.Model(ids, last()(L.Embedding(20, UNITS)(ids), mask=keras.ops.not_equal(ids, 0)))


@known()
def mask_as_input() -> keras.Model:
    ids, mask = tokens(), keras.Input((None,), dtype="bool", name="mask")
    return keras.Model([ids, mask], last()(L.Embedding(20, UNITS)(ids), mask=mask))


def behind_ids(*layers: Any) -> keras.Model:
    ids = tensor = tokens()
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(ids, tensor)
