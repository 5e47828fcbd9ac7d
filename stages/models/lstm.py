"""Keras's LSTM for training, with its gradient written out, and no padding computed that a mask hides.

TensorFlow derives the gradient of a loop op by op: it keeps every value of a step that the gradient of an op needs,
and goes back through all of them. Written out, a step keeps seven values and goes back in half as many ops.

A step is that of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000), as Keras computes it:
with z = x W + h U + b in four parts of the order i, f, g, o,

    i, f, g, o = σ(z_i), σ(z_f), tanh(z_g), σ(z_o),   c' = f c + i g,   h' = o tanh(c').

The way back is backpropagation through time (appendix A of Greff et al. 2017, "LSTM: A Search Space Odyssey", without
peepholes), its sums in the order that TensorFlow has: without a mask, every bit is that of Keras.

Where the mask is False, h and c stay as they were. Keras computes such a step and throws it away; here a step has only
the rows that are present in it, forward and back. A product of fewer rows may round otherwise, so with a mask values
and gradients are those of Keras to rounding.
"""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

Tensor = Any
"""TensorFlow comes without types."""


# Registered, because layers.Bidirectional makes its forward layer anew from a configuration.
@keras.saving.register_keras_serializable(package=__name__)
class LSTM(keras.layers.LSTM):  # type: ignore[misc]
    """An LSTM that trains as Keras's does, from a state of zeros.

    Weights, names and configuration are those of Keras's layer, so that each can take the other's variables. What it
    does not compute itself it leaves to Keras: every pass that does not train, and options other than the usual ones.
    """

    def inner_loop(self, sequences: Tensor, initial_state: Any, mask: Tensor, training: bool = False) -> Any:
        """What Keras calls for the steps of a layer.

        Args:
            sequences: shape (batch, time, features).
            initial_state: h and c before the first step, shape (batch, units); zeros.
            mask: shape (batch, time), False where a step is masked; None without a mask.
            training: whether a gradient is asked for.

        Returns:
            The last h (batch, units); h behind every step (batch, time, units), or the last alone (batch, 1, units);
            and the last h and c.
        """
        if not training or not self._is_usual(mask):
            return super().inner_loop(sequences, initial_state, mask=mask, training=training)
        x = tf.transpose(sequences, (1, 0, 2))
        present = None if mask is None else tf.transpose(mask)
        if self.go_backwards:
            x = tf.reverse(x, (0,))
            present = None if present is None else tf.reverse(present, (0,))
        weights = (self.cell.kernel.value, self.cell.recurrent_kernel.value, self.cell.bias.value)
        found, c = _through_time(x, present, *weights, every_step=self.return_sequences)
        h = found[-1] if self.return_sequences else found
        outputs = tf.transpose(found, (1, 0, 2)) if self.return_sequences else h[:, tf.newaxis]
        return h, outputs, [h, c]

    def _is_usual(self, mask: Tensor) -> bool:
        """Whether the layer is what this module has formulas for."""
        usual = (self.activation, self.recurrent_activation) == (keras.activations.tanh, keras.activations.sigmoid)
        zeroed = mask is not None and self.zero_output_for_mask  # as Bidirectional asks of layers that return sequences
        others = self.dropout or self.recurrent_dropout or self.use_cudnn or self.unroll or self.stateful
        return usual and self.use_bias and not zeroed and not others


def _through_time(
    x: Tensor, present: Tensor | None, kernel: Tensor, recurrent: Tensor, bias: Tensor, *, every_step: bool
) -> tuple[Tensor, Tensor]:
    """Run an LSTM over the steps of x and give its result the gradient of this module.

    Args:
        x: the steps, shape (time, batch, features).
        present: which steps are not masked, shape (time, batch); None without a mask.
        kernel: W, shape (features, 4 units).
        recurrent: U, shape (units, 4 units).
        bias: b, shape (4 units,).
        every_step: whether to return h behind every step, shape (time, batch, units), or behind the last.

    Returns:
        h, and the last c of shape (batch, units).
    """

    def run(x: Tensor, kernel: Tensor, recurrent: Tensor, bias: Tensor) -> tuple[Any, Any]:
        passes = _Passes(x, present, kernel, recurrent, bias, every_step=every_step)
        return passes.forward(), passes.backward

    h, c = tf.custom_gradient(run)(x, kernel, recurrent, bias)
    return h, c


class _Kept(NamedTuple):
    """What a step keeps for the way back, each of shape (batch, units): gates, candidate, and the states before it."""

    i: Any
    f: Any
    g: Any
    o: Any
    tanh_c: Any
    """tanh of c behind the step."""
    h: Any
    c: Any


class _Passes:
    """The way forward over the steps, and behind it the way back; arguments as those of `_through_time`.

    Under a mask, a step has the rows alone that are present in it.
    """

    def __init__(
        self, x: Tensor, present: Tensor | None, kernel: Tensor, recurrent: Tensor, bias: Tensor, *, every_step: bool
    ) -> None:
        self._kernel, self._recurrent, self._bias = kernel, recurrent, bias
        self._every_step = every_step
        self._shape = tf.shape(x, out_type=tf.int64)
        self._time = tf.shape(x)[0]
        (features, _), (units, _) = kernel.shape, recurrent.shape
        self._zeros = tf.zeros((tf.shape(x)[1], units))
        self._kept = _Kept(*(self._array(units) for _ in _Kept._fields))
        if present is None:
            self._places = self._rows = None
            self._x = self._array(features).unstack(x)
        else:
            self._places = tf.where(present)
            rows = tf.reduce_sum(tf.cast(present, tf.int32), axis=1)
            self._rows = self._array(1, tf.int64).split(self._places[:, 1:], rows)
            self._x = self._array(features).split(tf.gather_nd(x, self._places), rows)

    def forward(self) -> tuple[Tensor, Tensor]:
        """What `_through_time` returns."""
        start = (0, self._zeros, self._zeros, self._kept, self._array(self._zeros.shape[1]))
        _, h, c, self._kept, states = tf.while_loop(
            lambda t, *_: t < self._time, self._step, start, parallel_iterations=1
        )
        return (states.stack() if self._every_step else h), c

    def _step(self, t: Tensor, h: Tensor, c: Tensor, kept: _Kept, states: tf.TensorArray) -> tuple[Any, ...]:
        last_h, last_c = self._present(t, h), self._present(t, c)
        z = tf.matmul(self._x.read(t), self._kernel) + tf.matmul(last_h, self._recurrent) + self._bias
        z_i, z_f, z_g, z_o = tf.split(z, 4, axis=1)
        i, f, g, o = tf.sigmoid(z_i), tf.sigmoid(z_f), tf.tanh(z_g), tf.sigmoid(z_o)
        next_c = f * last_c + i * g
        tanh_c = tf.tanh(next_c)
        values = _Kept(i, f, g, o, tanh_c, last_h, last_c)
        kept = _Kept(*(array.write(t, value) for array, value in zip(kept, values, strict=True)))
        h, c = self._with_present(t, h, o * tanh_c), self._with_present(t, c, next_c)
        return t + 1, h, c, kept, (states.write(t, h) if self._every_step else states)

    def backward(self, d_found: Tensor, d_c: Tensor) -> tuple[Tensor, ...]:
        """The gradients of x, W, U and b, of their shapes, from those of what `forward` returned."""
        units, features = self._recurrent.shape[0], self._kernel.shape[0]
        d_states = self._array(units).unstack(d_found) if self._every_step else None
        weights = (self._kernel, self._recurrent, self._bias)

        def step_back(t: Tensor, d_h: Tensor, d_c: Tensor, d_weights: Any, d_x: tf.TensorArray) -> tuple[Any, ...]:
            kept = _Kept(*(array.read(t) for array in self._kept))
            if d_states is not None:
                d_h += d_states.read(t)
            d_z, d_last_c = _through_gates(kept, self._present(t, d_h), self._present(t, d_c))
            d_last_h = tf.matmul(d_z, self._recurrent, transpose_b=True)
            of_step = (
                tf.matmul(self._x.read(t), d_z, transpose_a=True),
                tf.matmul(kept.h, d_z, transpose_a=True),
                tf.raw_ops.BiasAddGrad(out_backprop=d_z),
            )
            return (
                t - 1,
                self._with_present(t, d_h, d_last_h),
                self._with_present(t, d_c, d_last_c),
                tuple(total + more for total, more in zip(d_weights, of_step, strict=True)),
                d_x.write(t, tf.matmul(d_z, self._kernel, transpose_b=True)),
            )

        d_h = self._zeros if self._every_step else d_found
        end = (self._time - 1, d_h, d_c, tuple(tf.zeros_like(weight) for weight in weights), self._array(features))
        *_, d_weights, d_x = tf.while_loop(lambda t, *_: t >= 0, step_back, end, parallel_iterations=1)
        if self._places is None:
            return (d_x.stack(), *d_weights)
        return (tf.scatter_nd(self._places, d_x.concat(), self._shape), *d_weights)

    def _present(self, t: Tensor, states: Tensor) -> Tensor:
        """The rows that are present in step t."""
        return states if self._rows is None else tf.gather_nd(states, self._rows.read(t))

    def _with_present(self, t: Tensor, states: Tensor, found: Tensor) -> Tensor:
        """The rows of `found` where they are present in step t, the others as they were."""
        return found if self._rows is None else tf.tensor_scatter_nd_update(states, self._rows.read(t), found)

    def _array(self, width: int, dtype: tf.DType = tf.float32) -> tf.TensorArray:
        """A tensor (rows, width) for every step."""
        return tf.TensorArray(dtype, self._time, clear_after_read=False, infer_shape=False, element_shape=(None, width))


def _through_gates(kept: _Kept, d_h: Tensor, d_c: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of z and of c before the step from those of h and c behind it."""
    d_next_c = d_c + _through_tanh(kept.tanh_c, d_h * kept.o)
    d_gates = (
        _through_sigmoid(kept.i, d_next_c * kept.g),
        _through_sigmoid(kept.f, d_next_c * kept.c),
        _through_tanh(kept.g, d_next_c * kept.i),
        _through_sigmoid(kept.o, d_h * kept.tanh_c),
    )
    return tf.concat(d_gates, axis=1), d_next_c * kept.f


def _through_sigmoid(value: Tensor, gradient: Tensor) -> Tensor:
    return tf.raw_ops.SigmoidGrad(y=value, dy=gradient)


def _through_tanh(value: Tensor, gradient: Tensor) -> Tensor:
    return tf.raw_ops.TanhGrad(y=value, dy=gradient)
