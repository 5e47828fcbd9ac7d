"""Ten models as people write and train them, and the data that they train on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

WORDS, LETTERS, WIDTH = 50, 12, 12
TEXTS = 96


@dataclass(frozen=True)
class Script:
    """A trained model and what it read."""

    model: Any
    data: Any
    """As `audit` takes it, padded as the script pads."""
    labels: Any = None


def texts(generator: np.random.Generator, side: str = "post", words: int = WORDS, width: int = WIDTH) -> np.ndarray:
    """Rows of ids between 1 and `words`, of 2 to `width` words each, padded with 0."""
    rows = np.zeros((TEXTS, width), dtype="int32")
    for row, length in zip(rows, generator.integers(2, width - 1, size=TEXTS), strict=True):
        row[slice(width - length, None) if side == "pre" else slice(length)] = generator.integers(1, words, length)
    return rows


def sentiment(generator: np.random.Generator) -> Script:
    """A BiLSTM over masked embeddings, padded before the text as pad_sequences does by default."""
    x = texts(generator, "pre")
    y = generator.integers(0, 2, TEXTS)
    model = keras.Sequential(
        [
            layers.Input((WIDTH,)),
            layers.Embedding(WORDS, 16, mask_zero=True),
            layers.Bidirectional(layers.LSTM(8)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="sentiment",
    )
    return fitted(model, "binary_crossentropy", x, y)


def tagger(generator: np.random.Generator, *, mask: bool = True) -> Script:
    """A tag for every word, with a mask or without."""
    x = texts(generator)
    tags = x % 4
    model = keras.Sequential(
        [
            layers.Input((None,), dtype="int32"),
            layers.Embedding(WORDS, 16, mask_zero=mask),
            layers.Bidirectional(layers.LSTM(8, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="softmax")),
        ],
        name="tagger" if mask else "tagger_without_mask",
    )
    return fitted(model, "sparse_categorical_crossentropy", x, tags)


def tagger_without_mask(generator: np.random.Generator) -> Script:
    """The same, whose embedding makes no mask."""
    return tagger(generator, mask=False)


def words_and_characters(generator: np.random.Generator) -> Script:
    """Words beside a convolution over their letters, joined and read by an LSTM."""
    x = texts(generator)
    letters = np.where(x[..., None] > 0, generator.integers(1, LETTERS, (*x.shape, 5)), 0).astype("int32")
    word_input = layers.Input((None,), dtype="int32", name="words")
    letter_input = layers.Input((None, 5), dtype="int32", name="letters")
    word = layers.Embedding(WORDS, 16, mask_zero=True)(word_input)
    letter = layers.TimeDistributed(layers.Embedding(LETTERS, 6))(letter_input)
    letter = layers.TimeDistributed(layers.Conv1D(6, 3, padding="same"))(letter)
    letter = layers.TimeDistributed(layers.GlobalMaxPooling1D())(letter)
    joined = layers.Concatenate()([word, letter])
    read = layers.Bidirectional(layers.LSTM(8))(joined)
    model = keras.Model([word_input, letter_input], layers.Dense(3, activation="softmax")(read), name="words_letters")
    return fitted(model, "sparse_categorical_crossentropy", [x, letters], generator.integers(0, 3, TEXTS))


def cnn_lstm(generator: np.random.Generator) -> Script:
    """A convolution and a pooling in front of an LSTM, as in a tutorial."""
    x = texts(generator)
    model = keras.Sequential(
        [
            layers.Input((WIDTH,)),
            layers.Embedding(WORDS, 16),
            layers.Conv1D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(8),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="cnn_lstm",
    )
    return fitted(model, "binary_crossentropy", x, generator.integers(0, 2, TEXTS))


def translator(generator: np.random.Generator) -> Script:
    """An encoder whose last state starts the decoder, taught with the target shifted by one."""
    x, y = texts(generator), texts(generator)
    shifted = np.concatenate([np.ones((TEXTS, 1), "int32"), y[:, :-1]], axis=1)
    source = layers.Input((None,), dtype="int32", name="source")
    target = layers.Input((None,), dtype="int32", name="target")
    embedded = layers.Embedding(WORDS, 16, mask_zero=True, name="source_words")(source)
    _, h, c = layers.LSTM(8, return_state=True, name="encoder")(embedded)
    answer = layers.Embedding(WORDS, 16, mask_zero=True, name="target_words")(target)
    answer = layers.LSTM(8, return_sequences=True, name="decoder")(answer, initial_state=[h, c])
    words = layers.Dense(WORDS, activation="softmax", name="word")(answer)
    model = keras.Model([source, target], words, name="translator")
    return fitted(model, "sparse_categorical_crossentropy", [x, shifted], y)


def siamese(generator: np.random.Generator) -> Script:
    """One encoder for two texts, and how far apart they are."""
    encoder = keras.Sequential(
        [layers.Input((WIDTH,)), layers.Embedding(WORDS, 16, mask_zero=True), layers.GRU(8)], name="encoder"
    )
    left, right = layers.Input((WIDTH,), name="left"), layers.Input((WIDTH,), name="right")
    apart = ops.abs(encoder(left) - encoder(right))
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(apart), name="siamese")
    data = [texts(generator), texts(generator)]
    return fitted(model, "binary_crossentropy", data, generator.integers(0, 2, TEXTS))


def attention_by_hand(generator: np.random.Generator) -> Script:
    """A softmax over time of a score for every step, as written before Keras had attention layers."""
    inputs = layers.Input((None,), dtype="int32")
    steps = layers.LSTM(8, return_sequences=True)(layers.Embedding(WORDS, 16, mask_zero=True)(inputs))
    weights = ops.softmax(layers.Dense(1, activation="tanh")(steps), axis=1)
    context = ops.sum(weights * steps, axis=1)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(context), name="attention_by_hand")
    return fitted(model, "sparse_categorical_crossentropy", texts(generator), generator.integers(0, 3, TEXTS))


def hierarchical(generator: np.random.Generator) -> Script:
    """Sentences of words: an LSTM over words in each sentence, another over sentences."""
    x = np.stack([texts(generator, width=6) for _ in range(5)], axis=1)
    for document, sentences in zip(x, generator.integers(1, 5, TEXTS), strict=True):
        document[sentences:] = 0
    sentence = layers.Input((None,), dtype="int32")
    words = keras.Model(
        sentence, layers.LSTM(8)(layers.Embedding(WORDS, 16, mask_zero=True)(sentence)), name="sentence_encoder"
    )
    document = layers.Input((None, 6), dtype="int32")
    encoded = layers.TimeDistributed(words)(document)
    model = keras.Model(document, layers.Dense(1, activation="sigmoid")(layers.LSTM(8)(encoded)), name="hierarchical")
    return fitted(model, "binary_crossentropy", x, generator.integers(0, 2, TEXTS))


def time_series(generator: np.random.Generator) -> Script:
    """Measurements padded with −1 in front of a Masking layer."""
    x = np.full((TEXTS, WIDTH, 3), -1.0, dtype="float32")
    for row, length in zip(x, generator.integers(2, WIDTH, TEXTS), strict=True):
        row[:length] = generator.normal(size=(length, 3))
    model = keras.Sequential(
        [
            layers.Input((None, 3)),
            layers.Masking(-1.0),
            layers.LSTM(8, return_sequences=True),
            layers.LSTM(4),
            layers.Dense(1),
        ],
        name="time_series",
    )
    return fitted(model, "mse", x, generator.normal(size=TEXTS))


def autoencoder(generator: np.random.Generator) -> Script:
    """A vector of a sequence, repeated and unrolled to the width that it had."""
    x = np.zeros((TEXTS, WIDTH, 2), dtype="float32")
    for row, length in zip(x, generator.integers(2, WIDTH, TEXTS), strict=True):
        row[:length] = generator.normal(size=(length, 2))
    model = keras.Sequential(
        [
            layers.Input((WIDTH, 2)),
            layers.LSTM(8),
            layers.RepeatVector(WIDTH),
            layers.LSTM(8, return_sequences=True),
            layers.TimeDistributed(layers.Dense(2)),
        ],
        name="autoencoder",
    )
    return fitted(model, "mse", x, x)


def fitted(model: Any, loss: str, x: Any, y: np.ndarray) -> Script:
    """A model after two passes over its data."""
    metrics = ["accuracy"] if "crossentropy" in loss else []
    model.compile("adam", loss, metrics=metrics)
    model.fit(x, y, epochs=2, batch_size=32, verbose=0)
    return Script(model, x, y)


SCRIPTS: dict[str, Callable[[np.random.Generator], Script]] = {
    build.__name__: build
    for build in (
        sentiment,
        tagger,
        tagger_without_mask,
        words_and_characters,
        cnn_lstm,
        translator,
        siamese,
        attention_by_hand,
        hierarchical,
        time_series,
        autoencoder,
    )
}
