"""The recurrent layers, with weights drawn from seeds of their own.

A new cell is one entry of RECURRENT in stages/params/layers.py. Keras is imported inside the functions, because only
worker processes pay for it.
"""

from typing import TYPE_CHECKING, Any

from stages.models.heads import glorot, weight_seed
from stages.params.layers import RECURRENT

if TYPE_CHECKING:
    import keras


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
