"""One entry of the variant table as a plain Keras Functional model."""

import zlib

import keras
import numpy as np
from keras import layers

from stages.params import Architecture


def build_model(architecture: Architecture, vocabulary_size: int, classes: int, seed: int) -> keras.Model:
    """Build the model of one variant: tokens (batch, time) int32 → probability.

    The output has shape (batch, 1) with a sigmoid for two classes and (batch, classes) with a softmax for more. Every
    weight is drawn from a seed of its own, made of `seed` and the weight's name, so that two variants start from equal
    weights wherever they have a weight of the same name and shape.

    Masking: with `embedding` the mask travels from the embedding to every recurrent layer, which freezes its state at
    padded steps; with `embedding+masking` the Masking layer replaces that mask by one that is True everywhere, because
    the embedding of index 0 is not a row of zeros; with `none` there is no mask.
    """
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    hidden = layers.Embedding(
        vocabulary_size,
        architecture.embedding,
        mask_zero=architecture.mask != "none",
        embeddings_initializer=keras.initializers.RandomUniform(-0.05, 0.05, seed=weight_seed(seed, "embedding")),
        name="embedding",
    )(tokens)
    if architecture.mask == "embedding+masking":
        hidden = layers.Masking(0.0, name="masking")(hidden)
    hidden = _dropout(architecture, hidden, "embedding", seed)
    for number in range(1, architecture.layers + 1):
        name = f"lstm_{number}"
        hidden = _recurrent(architecture, name, seed, sequences=number < architecture.layers)(hidden)
        hidden = _dropout(architecture, hidden, name, seed)
    return keras.Model(tokens, _classifier(classes, seed)(hidden))


def weight_seed(seed: int, name: str) -> int:
    """A seed for one weight, from the training seed and the weight's name."""
    return int(np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)[0])


def _recurrent(architecture: Architecture, name: str, seed: int, *, sequences: bool) -> keras.Layer:
    if not architecture.bidirectional:
        return _lstm(architecture, name, seed, sequences=sequences)
    backward = _lstm(architecture, f"{name}_backward", seed, sequences=sequences, go_backwards=True)
    forward = _lstm(architecture, f"{name}_forward", seed, sequences=sequences)
    return layers.Bidirectional(forward, backward_layer=backward, name=name)


def _lstm(
    architecture: Architecture, name: str, seed: int, *, sequences: bool, go_backwards: bool = False
) -> layers.LSTM:
    return layers.LSTM(
        architecture.units,
        kernel_initializer=keras.initializers.GlorotUniform(seed=weight_seed(seed, f"{name}/kernel")),
        recurrent_initializer=keras.initializers.Orthogonal(seed=weight_seed(seed, f"{name}/recurrent")),
        return_sequences=sequences,
        go_backwards=go_backwards,
        use_cudnn=architecture.use_cudnn,
        name=name,
    )


def _dropout(architecture: Architecture, hidden: keras.KerasTensor, behind: str, seed: int) -> keras.KerasTensor:
    if not architecture.dropout:
        return hidden
    name = f"dropout_{behind}"
    return layers.Dropout(architecture.dropout, seed=weight_seed(seed, name), name=name)(hidden)


def _classifier(classes: int, seed: int) -> layers.Dense:
    return layers.Dense(
        1 if classes == 2 else classes,
        activation="sigmoid" if classes == 2 else "softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=weight_seed(seed, "classifier")),
        name="classifier",
    )
