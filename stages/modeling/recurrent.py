"""The recurrent cells: which Keras layer, and what a step of it computes.

A new cell is one entry of RECURRENT; params.yaml accepts it by its name at once. Keras is imported inside the
functions, because every stage reads the names.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stages.modeling.heads import glorot, weight_seed

if TYPE_CHECKING:
    import keras

NO_RECURRENCE = "none"


@dataclass(frozen=True)
class Recurrent:
    """One kind of recurrent layer.

    Attributes:
        layer: name of the class in `keras.layers`.
        products: products of input and state with a kernel that a step takes, one for each gate and the candidate.
        elementwise: operations of one unit beside them, every activation counted as one.
        fused: whether Keras has a fused GPU kernel for it, which `use_cudnn` may ask for.
    """

    layer: str
    products: int
    elementwise: int
    fused: bool = True


RECURRENT: dict[str, Recurrent] = {
    # Three gates, the candidate and tanh of the cell; three operations for the new cell state, one for the hidden one.
    "lstm": Recurrent("LSTM", products=4, elementwise=9),
    # Two gates and the candidate; the reset product, and four operations that mix the old state with the candidate.
    "gru": Recurrent("GRU", products=3, elementwise=8),
    "simple_rnn": Recurrent("SimpleRNN", products=1, elementwise=1, fused=False),
}
"""By the name that `recurrent` has in params.yaml."""


def recurrent_layer(
    kind: str,
    units: int,
    name: str,
    seed: int,
    *,
    sequences: bool,
    merge: str = "none",
    recurrent_dropout: float = 0.0,
    use_cudnn: bool = False,
) -> "keras.Layer":
    """One recurrent layer, its weights drawn from seeds of their own.

    Args:
        kind: a key of RECURRENT.
        units: units of each direction.
        name: name of the layer.
        seed: training seed.
        sequences: whether it returns the states of all steps, (batch, time, features), or the final one.
        merge: `none` for one direction, else how the two directions are put together: concat, sum, mul, ave.
        recurrent_dropout: share of the state's values that a training batch drops.
        use_cudnn: whether the fused GPU kernel may be used.
    """
    from keras import initializers, layers

    entry = RECURRENT[kind]

    def direction(name: str, **options: Any) -> "keras.Layer":
        if entry.fused:
            options["use_cudnn"] = use_cudnn
        return getattr(layers, entry.layer)(
            units,
            kernel_initializer=glorot(seed, f"{name}/kernel"),
            recurrent_initializer=initializers.Orthogonal(seed=weight_seed(seed, f"{name}/recurrent")),
            recurrent_dropout=recurrent_dropout,
            seed=weight_seed(seed, f"{name}/dropout"),
            return_sequences=sequences,
            name=name,
            **options,
        )

    if merge == "none":
        return direction(name)
    backward = direction(f"{name}_backward", go_backwards=True)
    return layers.Bidirectional(direction(f"{name}_forward"), merge, backward_layer=backward, name=name)
