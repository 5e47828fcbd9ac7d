"""What stands behind a recurrent layer, with a mask and without."""

from typing import Any

import keras

from stages.padding_audit.result import Cause

from .models import UNITS, L, Leak, behind_embedding, both, known, last, masked, sequence, tokens


def bidirectional(**options: Any) -> Any:
    return L.Bidirectional(L.LSTM(UNITS, **options))


@known()
def lstm() -> keras.Model:
    return behind_embedding(last(), L.Dense(1, activation="sigmoid"))


@known(**both("lstm", Cause.NO_MASK))
def lstm_without_mask() -> keras.Model:
    return behind_embedding(last(), L.Dense(1, activation="sigmoid"), mask=False)


@known()
def gru() -> keras.Model:
    return behind_embedding(L.GRU(UNITS))


@known()
def gru_reset_before() -> keras.Model:
    return behind_embedding(L.GRU(UNITS, reset_after=False))


@known(**both("simple_rnn", Cause.NO_MASK))
def simple_rnn_without_mask() -> keras.Model:
    return behind_embedding(L.SimpleRNN(UNITS), mask=False)


@known()
def rnn_of_cells() -> keras.Model:
    return behind_embedding(L.RNN([L.LSTMCell(UNITS), L.GRUCell(UNITS)]))


@known()
def bidirectional_last() -> keras.Model:
    return behind_embedding(bidirectional())


@known()
def stack() -> keras.Model:
    return behind_embedding(sequence(), L.GRU(UNITS, return_sequences=True), last())


@known()
def average_of_states() -> keras.Model:
    return behind_embedding(sequence(), L.GlobalAveragePooling1D())


@known(**both("global_average_pooling1d", Cause.LOST, "multiply"))
def average_of_states_without_their_mask() -> keras.Model:
    return behind_embedding(sequence(), lambda states: states * 2.0, L.GlobalAveragePooling1D())


@known(pre=Leak("global_max_pooling1d", Cause.DESTROYED, "global_max_pooling1d"))
def largest_of_states() -> keras.Model:
    return behind_embedding(sequence(), L.GlobalMaxPooling1D())


@known(**both("global_max_pooling1d", Cause.DESTROYED, "global_max_pooling1d"))
def largest_of_both_directions() -> keras.Model:
    return behind_embedding(bidirectional(return_sequences=True), L.GlobalMaxPooling1D())


@known(**both("global_max_pooling1d", Cause.DESTROYED, "global_max_pooling1d"))
def largest_of_zeroed_states() -> keras.Model:
    return behind_embedding(sequence(zero_output_for_mask=True), L.GlobalMaxPooling1D())


@known()
def last_step() -> keras.Model:
    return behind_embedding(sequence(), lambda states: states[:, -1])


@known(post=Leak("get_item", Cause.LOST, "get_item"))
def last_step_of_both_directions() -> keras.Model:
    return behind_embedding(bidirectional(return_sequences=True), lambda states: states[:, -1])


@known(post=Leak("lstm", Cause.MISUSED))
def zero_output_for_mask() -> keras.Model:
    return behind_embedding(last(zero_output_for_mask=True))


@known()
def tagger() -> keras.Model:
    return behind_embedding(bidirectional(return_sequences=True), L.Dense(3, activation="softmax"))


@known(pre=Leak("lstm", Cause.NO_MASK))
def forward_tagger_without_mask() -> keras.Model:
    return behind_embedding(sequence(), L.Dense(3, activation="softmax"), mask=False)


@known(**both("bidirectional", Cause.NO_MASK))
def tagger_without_mask() -> keras.Model:
    return behind_embedding(bidirectional(return_sequences=True), L.Dense(3, activation="softmax"), mask=False)


@known()
def zeroed_tagger() -> keras.Model:
    return behind_embedding(sequence(zero_output_for_mask=True), L.Dense(3, activation="softmax"))


@known()
def backward_tagger() -> keras.Model:
    return behind_embedding(sequence(go_backwards=True), L.Dense(3, activation="softmax"))


@known()
def tagger_with_other_outputs() -> keras.Model:
    ids = tokens()
    states = bidirectional(return_sequences=True)(masked(ids))
    tags, topic = L.Dense(3, activation="softmax", name="tags")(states), last(name="topic")(states)
    return keras.Model(ids, {"tags": tags, "topic": topic})


@known(pre=Leak("pooled", Cause.DESTROYED, "pooled"))
def one_output_of_two_leaks() -> keras.Model:
    ids = tokens()
    states = sequence()(masked(ids))
    return keras.Model(ids, [L.Dense(3)(states), L.GlobalMaxPooling1D(name="pooled")(states)])


class Leaky(keras.layers.Layer):
    """A cell of a user's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.state_size = UNITS
        self.dense = L.Dense(UNITS)

    def call(self, inputs: Any, states: Any) -> Any:
        state = 0.5 * states[0] + keras.ops.tanh(self.dense(inputs))
        return state, [state]


@known()
def cell_of_her_own() -> keras.Model:
    return behind_embedding(L.RNN(Leaky()))


@known(**both("rnn", Cause.NO_MASK))
def cell_of_her_own_without_mask() -> keras.Model:
    return behind_embedding(L.RNN(Leaky()), mask=False)


@known()
def residual() -> keras.Model:
    ids = tokens()
    steps = masked(ids)
    return keras.Model(ids, last()(L.Add()([steps, sequence()(steps)])))


@known()
def chosen_class() -> keras.Model:
    """The output is a whole number."""
    return behind_embedding(last(), L.Dense(3), lambda scores: keras.ops.argmax(scores, axis=-1))


@known(**both("lstm", Cause.NO_MASK))
def chosen_class_without_mask() -> keras.Model:
    return behind_embedding(last(), L.Dense(3), lambda scores: keras.ops.argmax(scores, axis=-1), mask=False)
