"""What every layer of Keras does with a mask: each between an embedding and an LSTM."""

from collections.abc import Callable
from typing import Any

import keras

from stages.padding_audit.result import Cause

from .models import KNOWN, UNITS, Known, L, Leak, behind_embedding, both, known, last, masked, tokens, unmasked

HANDS_ON: dict[str, Callable[[], Any]] = {
    "dense": lambda: L.Dense(UNITS),
    "time_distributed": lambda: L.TimeDistributed(L.Dense(UNITS)),
    "dropout": lambda: L.Dropout(0.5),
    "spatial_dropout1d": lambda: L.SpatialDropout1D(0.5),
    "alpha_dropout": lambda: L.AlphaDropout(0.5),
    "gaussian_dropout": lambda: L.GaussianDropout(0.5),
    "gaussian_noise": lambda: L.GaussianNoise(0.5),
    "batch_normalization": L.BatchNormalization,
    "layer_normalization": L.LayerNormalization,
    "unit_normalization": L.UnitNormalization,
    "activation": lambda: L.Activation("tanh"),
    "re_lu": L.ReLU,
    "leaky_re_lu": L.LeakyReLU,
    "elu": L.ELU,
    "identity": L.Identity,
    "activity_regularization": L.ActivityRegularization,
}
MERGES = {
    "add": L.Add,
    "subtract": L.Subtract,
    "multiply": L.Multiply,
    "average": L.Average,
    "maximum": L.Maximum,
    "minimum": L.Minimum,
}


class Doubled(keras.layers.Layer):
    """A layer of a user's that does not say `supports_masking`."""

    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


class Untouched(keras.layers.Layer):
    """It returns its very input, which carries the mask."""

    def call(self, inputs: Any) -> Any:
        return inputs


class Supporting(Doubled):
    """It hands the mask on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True


DROPS_WITH_A_WARNING: dict[str, Callable[[], Any]] = {
    "lambda": lambda: L.Lambda(lambda steps: steps * 2.0, name="lambda"),
    "reshape": lambda: L.Reshape((-1, UNITS)),
    "conv1d": lambda: L.Conv1D(UNITS, 1),
    "up_sampling1d": lambda: L.UpSampling1D(2),
    "cropping1d": lambda: L.Cropping1D(1),
    "einsum_dense": lambda: L.EinsumDense("abc,cd->abd", output_shape=(None, UNITS)),
    "rms_normalization": L.RMSNormalization,
    "doubled": Doubled,
}
DROPS_WITHOUT_A_WORD: dict[str, Callable[[Any], Any]] = {
    "multiply": lambda steps: steps * 2.0,
    "get_item": lambda steps: steps[:, 1:],
    "concatenate": lambda steps: keras.ops.concatenate([steps, steps], axis=-1),
    "tanh": keras.ops.tanh,
    "expand_dims": lambda steps: keras.ops.squeeze(keras.ops.expand_dims(steps, 1), 1),
}


def between(layer: Callable[[], Any]) -> Callable[[], keras.Model]:
    return lambda: behind_embedding(layer(), last())


def merged(layer: Callable[[], Any], *, all_masked: bool) -> Callable[[], keras.Model]:
    def build() -> keras.Model:
        ids = tokens()
        first, second = masked(ids), masked(ids) if all_masked else unmasked(ids)
        return keras.Model(ids, last()(layer()([first, second])))

    return build


def add_all(names: dict[str, Callable[[], keras.Model]], prefix: str, cause: Cause | None = None) -> None:
    for name, build in names.items():
        leak = None if cause is None else Leak("lstm", cause, name)
        KNOWN[f"{prefix}_{name}"] = Known(build, leak, leak)


KNOWN["behind_all_that_hand_on"] = Known(
    lambda: behind_embedding(*(make() for make in HANDS_ON.values()), last()), None, None
)
add_all({name: between(layer) for name, layer in DROPS_WITH_A_WARNING.items()}, "behind", Cause.DESTROYED)
add_all(
    {name: between(lambda function=function: function) for name, function in DROPS_WITHOUT_A_WORD.items()},
    "behind_op",
    Cause.LOST,
)
add_all({name: merged(layer, all_masked=True) for name, layer in MERGES.items()}, "all_masked")
add_all({name: merged(layer, all_masked=False) for name, layer in MERGES.items()}, "half_masked", Cause.LOST)
add_all({"concatenate": merged(L.Concatenate, all_masked=True)}, "all_masked")
add_all({"concatenate": merged(L.Concatenate, all_masked=False)}, "half_masked", Cause.REPLACED)


@known(**both("conv1d", Cause.DESTROYED, "conv1d"))
def convolution() -> keras.Model:
    return behind_embedding(L.Conv1D(UNITS, 3, padding="same"), last())


@known(pre=Leak("conv1d", Cause.DESTROYED, "conv1d"), post=Leak("lstm", Cause.DESTROYED, "conv1d"))
def causal_convolution() -> keras.Model:
    return behind_embedding(L.Conv1D(UNITS, 3, padding="causal"), last())


@known(pre=Leak("max_pooling1d", Cause.DESTROYED, "max_pooling1d"), post=Leak("lstm", Cause.DESTROYED, "max_pooling1d"))
def pooling() -> keras.Model:
    return behind_embedding(L.MaxPooling1D(2), last())


@known(**both("zero_padding1d", Cause.DESTROYED, "zero_padding1d"))
def zero_padding() -> keras.Model:
    return behind_embedding(L.ZeroPadding1D(1), last())


@known(**both("lstm", Cause.DESTROYED, "permute"))
def permuted_twice() -> keras.Model:
    return behind_embedding(L.Permute((2, 1)), L.Permute((2, 1)), last())


@known(**both("group_normalization", Cause.MIXES_STEPS))
def group_normalization() -> keras.Model:
    return behind_embedding(L.GroupNormalization(2), last())


@known(**both("mean", Cause.LOST, "mean"))
def mean_by_hand() -> keras.Model:
    return behind_embedding(lambda steps: keras.ops.mean(steps, axis=1))


@known()
def identity_lambda() -> keras.Model:
    return behind_embedding(L.Lambda(lambda steps: steps), last())


@known()
def untouched() -> keras.Model:
    return behind_embedding(Untouched(), last())


@known()
def supporting() -> keras.Model:
    return behind_embedding(Supporting(), last())


@known(**both("lstm", Cause.REPLACED, "masking"))
def masking_behind_embedding() -> keras.Model:
    return behind_embedding(L.Masking(), last())


@known()
def six_dense_layers() -> keras.Model:
    return behind_embedding(*(L.Dense(UNITS, activation="relu") for _ in range(6)), last())
