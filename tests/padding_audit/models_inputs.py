"""What models read: data for those that do not say, strings, one width, sentences of words, fixed batches."""

from typing import Any

import keras
import numpy as np

from stages.padding_audit.result import Cause

from .models import IDS, UNITS, L, Leak, behind_embedding, both, chain, known, last, masked, sequence, tokens, unmasked

ops = keras.ops
ROWS = np.array([[3, 5, 0, 0, 0], [4, 8, 9, 0, 0], [1, 0, 0, 0, 0], [9, 8, 7, 6, 5], [2, 2, 3, 0, 0]])
"""Texts of ids, some padded."""
WIDTH = 8


class OwnCall(keras.Model):
    """A model with a `call` of its own."""

    def __init__(self) -> None:
        super().__init__(name="own_call")
        self.embedding, self.attention = L.Embedding(IDS, UNITS, mask_zero=True), L.MultiHeadAttention(2, UNITS)
        self.lstm, self.dense = last(), L.Dense(1)

    def call(self, ids: Any) -> Any:
        return self.dense(self.lstm(self.embedding(ids)))


class Doubling(OwnCall):
    """It loses the mask in its own code."""

    def call(self, ids: Any) -> Any:
        return self.dense(self.lstm(self.embedding(ids) * 2.0))


class ReadingTwice(OwnCall):
    """It reads a tensor again whose mask MultiHeadAttention took off."""

    def call(self, ids: Any) -> Any:
        steps = self.embedding(ids)
        attended = self.attention(steps, steps)
        return self.dense(self.lstm(steps) + self.lstm(attended))


class Averaging(OwnCall):
    """The leak is in its own code, behind all layers."""

    def call(self, ids: Any) -> Any:
        return ops.mean(self.embedding(ids), axis=1)


class Naming(OwnCall):
    """It reads a dict."""

    def call(self, inputs: Any) -> Any:
        return self.dense(ops.concatenate([self.lstm(self.embedding(inputs["ids"])), inputs["facts"]], axis=-1))


def called(model: keras.Model, data: Any = ROWS) -> keras.Model:
    """The model with its weights made."""
    model(keras.tree.map_structure(ops.convert_to_tensor, data))
    return model


@known(data=ROWS)
def own_call() -> keras.Model:
    return called(OwnCall())


@known(**both("lstm", Cause.LOST), data=ROWS)
def own_call_that_doubles() -> keras.Model:
    return called(Doubling())


@known(**both("lstm", Cause.LOST, "multi_head_attention"), data=ROWS)
def own_call_that_reads_twice() -> keras.Model:
    return called(ReadingTwice())


@known(**both("own_call", Cause.LOST), data=ROWS)
def own_call_that_averages() -> keras.Model:
    return called(Averaging())


FACTS = np.random.default_rng(1).normal(size=(len(ROWS), 2)).astype("float32")


@known(data={"ids": ROWS, "facts": FACTS})
def own_call_of_a_dict() -> keras.Model:
    return called(Naming(), {"ids": ROWS, "facts": FACTS})


@known(data=ROWS)
def sequential_without_an_input() -> keras.Model:
    return called(keras.Sequential([L.Embedding(IDS, UNITS, mask_zero=True), last(), L.Dense(1)]))


@known(**both("lstm", Cause.NO_MASK))
def sequential() -> keras.Model:
    return keras.Sequential([tokens(), L.Embedding(IDS, UNITS), last(), L.Dense(1)])


@known(data=ROWS)
def functional_with_data() -> keras.Model:
    return behind_embedding(last())


def of_words() -> tuple[Any, Any]:
    words = keras.Input((), dtype="string", name="text")
    return words, L.TextVectorization(vocabulary=[f"w{i}" for i in range(IDS - 2)])(words)


@known()
def strings() -> keras.Model:
    words, ids = of_words()
    return chain(words, masked(ids), last())


@known(**both("lstm", Cause.NO_MASK))
def strings_without_mask() -> keras.Model:
    words, ids = of_words()
    return chain(words, unmasked(ids), last())


def of_one_width(*layers: Any, mask: bool = True) -> keras.Model:
    ids = keras.Input((WIDTH,), dtype="int32", name="tokens")
    return chain(ids, masked(ids) if mask else unmasked(ids), *layers)


@known()
def one_width() -> keras.Model:
    return of_one_width(last())


@known(**both("flatten", Cause.FIXED_WIDTH))
def flattened() -> keras.Model:
    return of_one_width(L.Flatten(), L.Dense(1), mask=False)


@known(**both("flatten", Cause.FIXED_WIDTH))
def flattened_states() -> keras.Model:
    return of_one_width(sequence(), L.Flatten(), L.Dense(1))


@known(**both("dense", Cause.FIXED_WIDTH))
def dense_over_time() -> keras.Model:
    """Attention as in many tutorials: a Dense whose units are the steps."""
    return of_one_width(L.Permute((2, 1)), L.Dense(WIDTH, activation="softmax"), L.GlobalAveragePooling1D())


@known()
def unrolled() -> keras.Model:
    return of_one_width(last(unroll=True))


@known()
def stateful() -> keras.Model:
    ids = keras.Input(batch_shape=(4, None), dtype="int32", name="tokens")
    return chain(ids, masked(ids), last(stateful=True))


@known(**both("lstm", Cause.NO_MASK))
def stateful_without_mask() -> keras.Model:
    ids = keras.Input(batch_shape=(4, None), dtype="int32", name="tokens")
    return chain(ids, unmasked(ids), last(stateful=True))


def sentences(*, by_hand: bool) -> keras.Model:
    """A document is sentences of five words; every sentence is read by a model of its own."""
    words = keras.Input((5,), dtype="int32", name="sentence")
    reader = keras.Model(words, last(name="words")(masked(words)), name="reader")
    ids = keras.Input((None, 5), dtype="int32", name="document")
    options = {"mask": ops.any(ops.not_equal(ids, 0), axis=-1)} if by_hand else {}
    return keras.Model(ids, last(name="sentences")(L.TimeDistributed(reader)(ids), **options))


@known(**both("sentences", Cause.NO_MASK))
def sentences_of_words() -> keras.Model:
    return sentences(by_hand=False)


@known(pads=(2,))
def sentences_of_words_with_mask() -> keras.Model:
    return sentences(by_hand=True)


@known(pads=(2,))
def words_and_characters() -> keras.Model:
    words, letters = tokens("words"), keras.Input((None, 5), dtype="int32", name="letters")
    spelled = L.TimeDistributed(L.LSTM(UNITS, name="spelling"))(L.Embedding(IDS, UNITS, mask_zero=True)(letters))
    return keras.Model([words, letters], L.Dense(3)(sequence()(L.Concatenate()([masked(words), spelled]))))


@known(pre=Leak("global_max_pooling1d", Cause.DESTROYED, "global_max_pooling1d"))
def sequential_that_pools() -> keras.Model:
    embedding = L.Embedding(IDS, UNITS, mask_zero=True)
    return keras.Sequential([tokens(), embedding, sequence(), L.GlobalMaxPooling1D(), L.Dense(1)])


@known()
def repeated_code() -> keras.Model:
    """An autoencoder that gives four steps, however many it reads."""
    return behind_embedding(last(), L.RepeatVector(4), sequence(), L.Dense(2))
