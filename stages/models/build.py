"""One entry of the variant table as a plain Keras Functional model."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from stages.models.heads import BUILDERS, glorot, weight_seed
from stages.models.recurrent import recurrent_layer
from stages.params.layers import HEADS, NO_RECURRENCE, RECURRENT, WORKING_MASKS
from stages.params.model import Architecture

MASK_INPUT = "mask"
"""Name of the second input of a model whose mask is explicit: True where a token stands, shape (batch, time)."""


def build_model(
    architecture: Architecture,
    vocabulary_size: int,
    classes: int,
    max_len: int,
    seed: int,
    *,
    vectors: NDArray[np.float32] | None = None,
    layer_class: type[keras.Layer] | None = None,
) -> keras.Model:
    """Build the model of one variant: tokens (batch, time) int32 → probability.

    The output has shape (batch, 1) with a sigmoid for two classes and (batch, classes) with a softmax for more. Every
    weight is drawn from a seed of its own, made of `seed` and the weight's name, so that two variants start from equal
    weights wherever they have a weight of the same name and shape. The model is plain Keras: what it was saved as can
    be loaded without this code.

    Masking: with `embedding` the mask travels from the embedding to every recurrent layer, which freezes its state at
    padded steps; `masking_on_zeroed_row` makes it from the embedded zeros of row 0, which no gradient reaches, because
    the Masking layer multiplies it by 0; `explicit` takes it as a second input and gives it to the first recurrent
    layer, from which Keras hands it on. With `embedding+masking` the Masking layer replaces the mask by one that is
    True everywhere, because the embedding of index 0 is not a row of zeros; with `none` there is no mask. What a head
    does with the mask stands in `stages.models.heads`.

    A `pad_row` of zeros is multiplied by 0, so that no gradient reaches it; a `start_state` that is trained starts from
    zeros too; `length_to_head` puts the number of tokens over `max_len` beside what the classifier reads.

    Args:
        architecture: the variant.
        vocabulary_size: rows of the embedding, padding and unknown included.
        classes: number of classes, at least 2.
        max_len: width of a row; but for heads of one fixed width, rows of any width can be read.
        seed: training seed.
        vectors: pretrained embeddings, shape (vocabulary, embedding), NaN for words that have none.
        layer_class: a class of the same kind that takes the place of Keras's own for the recurrent layers; such a
            model trains in place of a plain one and is not saved.
    """
    tokens = keras.Input((max_len if HEADS[architecture.head].fixed_width else None,), dtype="int32", name="tokens")
    mask = keras.Input((None,), dtype="bool", name=MASK_INPUT) if architecture.mask == "explicit" else None
    embedding = _embedding(architecture, vocabulary_size, seed)
    hidden = embedding(tokens)
    if architecture.mask in ("embedding+masking", "masking_on_zeroed_row"):
        hidden = layers.Masking(0.0, name="masking")(hidden)
    if architecture.pad_row == "zero":
        hidden = layers.Multiply(name="pad_row")([hidden, _is_token(tokens)[..., None]])
    hidden = _dropout(architecture, hidden, "embedding", seed)
    if architecture.start_state == "trained" and mask is None and architecture.mask in WORKING_MASKS:
        mask = ops.not_equal(tokens, 0)  # beside a start state Keras hands on no mask by itself
    hidden = _recurrent_stack(architecture, hidden, mask, tokens, seed, layer_class)
    vector = BUILDERS[architecture.head](hidden, architecture.units, seed)
    if architecture.length_to_head:
        length = ops.sum(_is_token(tokens), axis=1, keepdims=True)
        vector = layers.Concatenate(name="with_length")([vector, length / max_len])
    explicit = architecture.mask == "explicit"
    model = keras.Model([tokens, mask] if explicit else tokens, _classifier(classes, seed)(vector))
    embedding.set_weights([_rows(architecture, embedding.get_weights()[0], vectors)])
    return model


def model_inputs(tokens: NDArray[np.int32], *, explicit: bool) -> Any:
    """What a model reads for tokens (n, time): the tokens, and the mask with them where it is explicit."""
    return (tokens, tokens != 0) if explicit else tokens


def _is_token(tokens: Any) -> Any:
    """1.0 where a token stands and 0.0 at pads, shape (batch, time)."""
    return ops.cast(ops.not_equal(tokens, 0), "float32")


def _embedding(architecture: Architecture, vocabulary_size: int, seed: int) -> layers.Embedding:
    return layers.Embedding(
        vocabulary_size,
        architecture.embedding,
        mask_zero=architecture.mask in ("embedding", "embedding+masking"),
        embeddings_initializer=keras.initializers.RandomUniform(-0.05, 0.05, seed=weight_seed(seed, "embedding")),
        trainable=architecture.embeddings != "frozen",
        name="embedding",
    )


def _rows(
    architecture: Architecture, drawn: NDArray[np.float32], vectors: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """The rows that the embedding starts from: as drawn, or pretrained where the word has a vector."""
    rows = drawn.copy()
    if vectors is not None:
        rows = np.where(np.isnan(vectors), drawn, vectors)
    if vectors is not None or architecture.mask == "masking_on_zeroed_row" or architecture.pad_row == "zero":
        rows[0] = 0
    return rows


def _recurrent_stack(
    architecture: Architecture, hidden: Any, mask: Any, tokens: Any, seed: int, layer_class: type[keras.Layer] | None
) -> Any:
    if architecture.recurrent == NO_RECURRENCE:
        return hidden
    for number in range(1, architecture.layers + 1):
        between = number < architecture.layers
        name = f"{architecture.recurrent}_{number}"
        layer = recurrent_layer(
            architecture.recurrent,
            architecture.units,
            name,
            seed,
            sequences=between or HEADS[architecture.head].reads_steps,
            merge=architecture.bidirectional,
            recurrent_dropout=architecture.recurrent_dropout,
            use_cudnn=architecture.use_cudnn,
            layer_class=layer_class,
        )
        starts = architecture.start_state == "trained"
        given = {"initial_state": _start_state(architecture, name, tokens)} if starts else {}
        if mask is not None and (starts or number == 1):
            given["mask"] = mask
        hidden = layer(hidden, **given)
        if between and architecture.layer_normalization:
            hidden = layers.LayerNormalization(name=f"normalization_{number}")(hidden)
        hidden = _dropout(architecture, hidden, name, seed)
    return hidden


def _start_state(architecture: Architecture, name: str, tokens: Any) -> list[Any]:
    """The state tensors (batch, units) that a layer starts every text from: the one row of an embedding, trained."""
    first = ops.zeros_like(tokens[:, 0])
    letters = "hc"[: RECURRENT[architecture.recurrent].states]
    return [
        layers.Embedding(1, architecture.units, embeddings_initializer="zeros", name=f"{name}_start_{letter}")(first)
        for letter in letters
    ]


def _dropout(architecture: Architecture, hidden: Any, behind: str, seed: int) -> Any:
    if not architecture.dropout:
        return hidden
    name = f"dropout_{behind}"
    return layers.Dropout(architecture.dropout, seed=weight_seed(seed, name), name=name)(hidden)


def _classifier(classes: int, seed: int) -> layers.Dense:
    return layers.Dense(
        1 if classes == 2 else classes,
        activation="sigmoid" if classes == 2 else "softmax",
        kernel_initializer=glorot(seed, "classifier"),
        name="classifier",
    )
