"""Reading texts under every number of pads, and every run of pads only once.

Pads behind a text continue from the state that the text left, so one pass over the text and the longest run of pads
holds all shorter runs. Pads before it lead every text to the same state, so they are read once and the text continues
from there; where another number of pads leads to the same state, as every one does under a mask, the text is not read
again. What is computed, and in which order, is what the model computes of the padded rows in batches of the same number
of texts: the states are equal to the last bit.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.params.texts import Side
from stages.states.instrument import Reading, is_recurrent, twin_with_states

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Ids = NDArray[np.int32]
States = list["tf.Tensor"]
"""Of every recurrent layer its state tensors, one layer behind the other: (n, units) each, or (1, units) where all rows
are equal."""

STATELESS = ("InputLayer", "Embedding", "Masking", "Dropout", "Dense")
"""Layers that treat every step alone. So does LayerNormalization, but its last bit depends on how many steps there are.
"""

MASK_MAKING = ("NotEqual", "Any")
"""What Keras records beside Embedding and Masking where these make a mask; it is made anew when they are called."""


class PadRuns:
    """A model that is a chain of layers from one input, all recurrent ones forward, the last returning its last state.

    `PadRuns.of` says whether a model is one.
    """

    def __init__(self, chain: Sequence["keras.Layer"], *, masked: bool = True) -> None:
        import keras
        import tensorflow as tf

        given: list[Any] = []
        left: list[Any] = []
        self._layers: dict[str, int] = {}
        """Name of every recurrent layer -> its number of state tensors."""
        tokens = keras.Input((None,), dtype="int32")
        hidden, mask, head = tokens, None, None
        for layer in chain[1:]:
            if is_recurrent(layer):
                sizes = layer.cell.state_size
                inputs = [keras.Input((size,)) for size in ([sizes] if isinstance(sizes, int) else sizes)]
                given += inputs
                hidden, *states = twin_with_states(layer, hidden, initial_state=inputs, mask=mask)
                left += states
                self._layers[layer.name] = len(states)
                if not layer.return_sequences:
                    # The state and not the output, which is zero after a run of pads alone that a mask skips.
                    hidden = states[0]
            else:
                if masked and isinstance(layer, keras.layers.Embedding | keras.layers.Masking):
                    mask = layer.compute_mask(hidden)  # beside an initial state Keras does not hand it on by itself
                head = hidden
                hidden = layer(hidden)
        step = keras.Model([tokens, *given], [hidden, head, *left])
        signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in step.inputs]

        def run_from(tokens: "tf.Tensor", *states: "tf.Tensor") -> Any:
            rows = tf.shape(tokens)[0]
            return step([tokens, *(tf.broadcast_to(state, (rows, state.shape[1])) for state in states)])

        self._model = step  # the traced function refers to its variables weakly
        # The one trace is called itself: to be found by tf.function takes longer than a short run does.
        self._step = tf.function(
            run_from, input_signature=signature, jit_compile=False, autograph=False
        ).get_concrete_function()
        self._zeros: States = [tf.zeros((1, tensor.shape[1])) for tensor in given]
        self._kept: dict[tuple[int, int], States] = {}
        """(Size of a batch, number of pads) -> the states after them."""

    @staticmethod
    def of(model: "keras.Model", *, masked: bool = True) -> "PadRuns | None":
        """The model as runs of pads; None where it is of another form, so that every row must be read whole.

        Without `masked` its mask is left out, and it reads pads like words.
        """
        if len(model.inputs) != 1 or model.inputs[0].shape[1] is not None:
            return None
        chain = [layer for layer in model.operations if type(layer).__name__ not in MASK_MAKING]
        recurrent = [index for index, layer in enumerate(chain) if is_recurrent(layer)]
        if not recurrent or chain[recurrent[-1]].return_sequences:
            return None
        forward = all(_forward(chain[index]) for index in recurrent)
        kinds = [type(layer).__name__ for index, layer in enumerate(chain) if index not in recurrent]
        alike = forward and set(kinds) <= set(STATELESS) and kinds.count("Dense") == 1
        return PadRuns(chain, masked=masked) if alike else None

    @property
    def tensors(self) -> int:
        """State tensors of the last recurrent layer: h, and c where there is one."""
        return list(self._layers.values())[-1]

    def read(self, texts: Ids, pads: Sequence[int], side: Side) -> Iterator[Reading]:
        """What the model computes of texts (n, length) with each number of pads on one side, in the order of `pads`.

        Args:
            texts: texts of one length, without padding.
            pads: rising numbers of pads.
            side: where they stand.
        """
        return self._pre(texts, pads) if side == "pre" else self._post(texts, pads)

    def _pre(self, texts: Ids, pads: Sequence[int]) -> Iterator[Reading]:
        """What the model computes of texts with each run of pads before them."""
        last: States | None = None
        for count in pads:
            start = self.after_pads(len(texts), count)
            if last is None or not same(start, last):
                reading = self._reading(self.run(texts, start))
            last = start
            yield reading

    def _post(self, texts: Ids, pads: Sequence[int]) -> Iterator[Reading]:
        """What the model computes of texts with each run of pads behind them."""
        reached, outputs = 0, self.run(texts, self._zeros)
        for count in pads:
            if count > reached:
                outputs = self.run(_pads(len(texts), count - reached), outputs[2:])
            reached = count
            yield self._reading(outputs)

    def after_pads(self, rows: int, count: int) -> States:
        """The states after `count` pads, computed once for every size of a batch."""
        if count == 0:
            return self._zeros
        if (rows, count) not in self._kept:
            before = max((pads for size, pads in self._kept if size == rows and pads < count), default=0)
            outputs = self.run(_pads(rows, count - before), self.after_pads(rows, before))
            self._kept[rows, count] = [_one_row(state) for state in outputs[2:]]
        return self._kept[rows, count]

    def run(self, tokens: Ids, states: Sequence["tf.Tensor"]) -> list["tf.Tensor"]:
        """Output, what the head reads, and the states that `tokens` (n, steps) lead to from `states`."""
        import tensorflow as tf

        outputs: list[tf.Tensor] = self._step(tf.constant(tokens), *states)
        return outputs

    def _reading(self, outputs: Sequence["tf.Tensor"]) -> Reading:
        output, head, *states = (tensor.numpy() for tensor in outputs)
        by_layer = {}
        for layer, count in self._layers.items():
            by_layer[layer] = dict(zip("hc", states[:count], strict=False))
            states = states[count:]
        return Reading(output=output, head=head, states=by_layer)


def _one_row(state: "tf.Tensor") -> "tf.Tensor":
    """A state (n, units) as one row where all rows are that, as after pads alone; else as it is."""
    import tensorflow as tf

    values = state.numpy()
    return tf.constant(values[:1]) if (values == values[:1]).all() else state


def same(states: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether states, as arrays or tensors, are equal to the last bit, the signs of zeros too."""
    pairs = zip(states, others, strict=True)
    return all(np.asarray(one).tobytes() == np.asarray(other).tobytes() for one, other in pairs)


def _pads(rows: int, count: int) -> Ids:
    return np.zeros((rows, count), np.int32)


def _forward(layer: "keras.Layer") -> bool:
    """Whether a recurrent layer reads from the first step to the last, and begins every row anew."""
    import keras

    return isinstance(layer, keras.layers.RNN) and not layer.go_backwards and not layer.stateful
