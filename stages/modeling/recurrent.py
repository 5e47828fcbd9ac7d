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
    layer_class: "type[keras.Layer] | None" = None,
    use_cudnn: bool = False,
    **options: Any,
) -> "keras.Layer":
    """One recurrent layer, its weights drawn from seeds of their own.

    Args:
        kind: a key of RECURRENT.
        units: units of each direction.
        name: name of the layer.
        seed: training seed.
        sequences: whether it returns the states of all steps, (batch, time, features), or the final one.
        merge: `none` for one direction, else how the two directions are put together: concat, sum, mul, ave.
        layer_class: a class of the same kind that takes the place of Keras's own.
        use_cudnn: whether the fused GPU kernel may be used, where there is one.
        options: more arguments of the Keras layer.
    """
    from keras import initializers, layers

    entry = RECURRENT[kind]
    fused = {"use_cudnn": use_cudnn} if entry.fused else {}

    def direction(name: str, **more: Any) -> "keras.Layer":
        return (layer_class or getattr(layers, entry.layer))(
            units,
            kernel_initializer=glorot(seed, f"{name}/kernel"),
            recurrent_initializer=initializers.Orthogonal(seed=weight_seed(seed, f"{name}/recurrent")),
            seed=weight_seed(seed, f"{name}/dropout"),
            return_sequences=sequences,
            name=name,
            **fused,
            **options,
            **more,
        )

    if merge == "none":
        return direction(name)
    backward = direction(f"{name}_backward", go_backwards=True)
    return layers.Bidirectional(direction(f"{name}_forward"), merge, backward_layer=backward, name=name)
