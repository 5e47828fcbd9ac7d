"""Reading the states inside a loaded model, whatever it was built from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What a model computed for a batch of n texts.

    Attributes:
        output: the model's output, shape (n, outputs).
        head: what the last layer reads, shape (n, features).
        states: for every recurrent layer in order, its final states by letter: `h`, and `c` where the cell has one;
            shape (n, units). Two directions stand side by side, forward first: (n, 2 × units).
    """

    output: Array
    head: Array
    states: dict[str, dict[str, Array]]


class InstrumentedModel:
    """A functional Keras model that also returns the final states of its recurrent layers.

    Every layer is shared with the model given, except the recurrent ones: each is replaced by a twin with the same
    weights and `return_state=True`. Masks travel as in the original, because the layers are called again in the
    original order. A model without recurrent layers has no states.

    Attributes:
        width: number of positions that a row must have; None where the model reads rows of any width.
        recurrent: whether the model has recurrent layers.

    Raises:
        UserError: the model is not a functional model.
    """

    def __init__(self, model: "keras.Model") -> None:
        import keras
        import tensorflow as tf

        if not isinstance(model, keras.Sequential) and not hasattr(model, "_operations_by_depth"):
            raise UserError(f"model {model.name!r}: only Functional and Sequential models can be read layer by layer")
        states: dict[str, list[Any]] = {}
        directions: dict[str, int] = {}
        inputs: dict[int, Any] = {}

        def call(layer: "keras.Layer", *args: Any, **kwargs: Any) -> Any:
            if is_recurrent(layer):
                outputs = twin_with_states(layer, *args, **kwargs)
                result, states[layer.name] = outputs[0], outputs[1:]
                directions[layer.name] = 2 if isinstance(layer, keras.layers.Bidirectional) else 1
            else:
                result = layer(*args, **kwargs)
            inputs[id(result)] = args[0]
            return result

        clone = keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
        reading = keras.Model(clone.inputs, [clone.outputs[0], inputs[id(clone.outputs[0])], states])
        self.width = clone.inputs[0].shape[1]
        self.recurrent = bool(states)
        self._explicit = len(clone.inputs) > 1
        self._directions = directions
        signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in clone.inputs]
        self._read = tf.function(
            lambda *given: reading(list(given) if self._explicit else given[0]),
            input_signature=signature,
            jit_compile=False,
            autograph=False,
        )

    def read(self, tokens: NDArray[np.int32]) -> Reading:
        """Run the model on tokens of shape (n, time); an explicit mask is made of them."""
        output, head, states = self._read(tokens, tokens != 0) if self._explicit else self._read(tokens)
        return Reading(
            output=output.numpy(),
            head=head.numpy(),
            states={
                layer: _by_letter([state.numpy() for state in states[layer]], directions)
                for layer, directions in self._directions.items()
            },
        )


def readout_directions(model: "keras.Model") -> Floats:
    """The directions along which the classifier reads what stands before it, shape (features, directions).

    Of one output its column of weights; of more, each class's column less the mean of the others'. A shift at a right
    angle to all of them changes no prediction.

    Raises:
        UserError: the output does not come from a Dense layer that reads one vector a text.
    """
    import keras

    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense) or last.output is not model.outputs[0] or last.input.ndim != 2:
        raise UserError(
            f"model {model.name!r}: its output does not come from a Dense layer that reads one vector a text, so there "
            "are no weights of a classifier to follow a drift along"
        )
    weights: Floats = last.get_weights()[0].astype(np.float64)
    others = weights.shape[1] - 1
    return weights - (weights.sum(axis=1, keepdims=True) - weights) / others if others else weights


def is_recurrent(layer: "keras.Layer") -> bool:
    """Whether a layer is recurrent, in one direction or two."""
    import keras

    return isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)


def twin_with_states(layer: "keras.Layer", *args: Any, **kwargs: Any) -> list[Any]:
    """Call a layer like `layer` that returns its states too; its weights are set to those of `layer`."""
    config = layer.get_config()
    directions = [config[part]["config"] for part in ("layer", "backward_layer") if part in config]
    for direction in directions or [config]:
        direction["return_state"] = True
    twin = type(layer).from_config(config)
    outputs = list(twin(*args, **kwargs))
    twin.set_weights(layer.get_weights())
    return outputs


def _by_letter(states: list[Array], directions: int) -> dict[str, Array]:
    """States in Keras' order, all of the forward direction first, as one array a letter."""
    kinds = len(states) // directions
    return {letter: np.concatenate(states[index::kinds], axis=1) for index, letter in enumerate("hc"[:kinds])}
