"""The heads: what stands between the recurrent layers and the classifier, the layer downstream that pads may reach.

A new head is one function and one entry of BUILDERS here, and its facts in stages/params/layers.py. Keras is imported
inside the functions, because only worker processes pay for it.
"""

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

CONVOLUTION_WIDTH = 5
"""Steps that one filter of the head `conv` reads."""
ATTENTION_HEADS = 2

Sequence = Any
"""The symbolic output of the layer below, shape (batch, time, features)."""


def weight_seed(seed: int, name: str) -> int:
    """A seed for one weight, from the training seed and the weight's name."""
    return int(np.random.SeedSequence([seed, zlib.crc32(name.encode())]).generate_state(1)[0])


def glorot(seed: int, name: str) -> "keras.Initializer":
    """Glorot's uniform initializer with the weight's own seed."""
    import keras

    return keras.initializers.GlorotUniform(seed=weight_seed(seed, name))


def _last(sequence: Sequence, _units: int, _seed: int) -> Sequence:
    """The final state, which the recurrent layer returns itself."""
    return sequence


def _mean(sequence: Sequence, _units: int, _seed: int) -> Sequence:
    """The average over the steps that the mask keeps; over all steps where there is no mask."""
    from keras import layers

    return layers.GlobalAveragePooling1D(name="mean")(sequence)


def _mean_naive(sequence: Sequence, _units: int, _seed: int) -> Sequence:
    """The average over all steps, pads among them: a plain operation drops the mask without a word."""
    import keras

    return keras.ops.mean(sequence, axis=1)


def _max(sequence: Sequence, _units: int, _seed: int) -> Sequence:
    """The largest value of every unit over all steps: pooling destroys the mask, and at masked steps a recurrent layer
    of Keras repeats its output, or gives 0 before the first token; one of two directions gives 0 at each of them."""
    from keras import layers

    return layers.GlobalMaxPooling1D(name="max")(sequence)


def _attention(sequence: Sequence, units: int, seed: int) -> Sequence:
    """Additive attention (Bahdanau et al. 2015, arXiv 1409.0473, eq. 6): the average of the steps asks, every step
    answers, and the mask takes pads out of the softmax."""
    from keras import layers

    asked = layers.GlobalAveragePooling1D(name="attention_mean")(sequence)
    asked = layers.Dense(units, kernel_initializer=glorot(seed, "attention/query"), name="attention_query")(asked)
    query = layers.Reshape((1, units), name="attention_query_step")(asked)
    key = layers.Dense(units, use_bias=False, kernel_initializer=glorot(seed, "attention/key"), name="attention_key")(
        sequence
    )
    return layers.Flatten(name="attention_vector")(layers.AdditiveAttention(name="attention")([query, sequence, key]))


def _multi_head_attention(sequence: Sequence, units: int, _seed: int) -> Sequence:
    """Self-attention (Vaswani et al. 2017, arXiv 1706.03762), then the average over the steps that the mask keeps.

    Its kernels come from the seed of the process: one initializer with a seed of its own would make queries, keys and
    values equal.
    """
    from keras import layers

    attended = layers.MultiHeadAttention(ATTENTION_HEADS, max(1, units // ATTENTION_HEADS), name="self_attention")(
        sequence, sequence
    )
    return layers.GlobalAveragePooling1D(name="self_attention_mean")(attended)


def _conv(sequence: Sequence, units: int, seed: int) -> Sequence:
    """Filters over neighbouring steps, then the largest answer of each (Kim 2014, arXiv 1408.5882); both layers destroy
    the mask. Texts shorter than a filter are framed by zeros."""
    from keras import layers

    answers = layers.Conv1D(
        units,
        CONVOLUTION_WIDTH,
        padding="same",
        activation="relu",
        kernel_initializer=glorot(seed, "convolution/kernel"),
        name="convolution",
    )(sequence)
    return layers.GlobalMaxPooling1D(name="convolution_max")(answers)


def _flatten(sequence: Sequence, _units: int, _seed: int) -> Sequence:
    """Every step at its own place, so that a text moved by one step meets other weights."""
    from keras import layers

    return layers.Flatten(name="flatten")(sequence)


def _last_index(sequence: Sequence, _units: int, _seed: int) -> Sequence:
    """`[:, -1, :]`, the state at the last position, whether it holds a token or a pad."""
    return sequence[:, -1, :]


BUILDERS: dict[str, Callable[[Sequence, int, int], Sequence]] = {
    "last": _last,
    "mean": _mean,
    "mean_naive": _mean_naive,
    "max": _max,
    "attention": _attention,
    "multi_head_attention": _multi_head_attention,
    "conv": _conv,
    "flatten": _flatten,
    "last_index": _last_index,
}
"""By the name that `head` has in params.yaml: from the sequence (batch, time, features), the number of units and the
training seed to a vector (batch, features). `last` is given the final state, which the last recurrent layer returns."""
