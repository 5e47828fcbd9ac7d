"""A model with its optimizer and its traced steps, which trains one seed after another."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

Floats = NDArray[np.float32]
Batch = tuple[Any, Floats]
"""What a model reads, and labels (b, 1)."""


class Trainer:
    """Trains one seed after another, so that TensorFlow traces its steps once.

    Tracing takes longer than training a small cell does. Every seed begins with the variables of a model of its own and
    with the optimizer as it was at first, so that it ends like one that was trained alone, to the last bit. Its steps
    are those of Keras's `fit` without what `fit` does between them: to the last bit where there are more than two
    classes, else to rounding. There TensorFlow derives the gradient of log(1 + exp(-|logit|)) with a reciprocal that
    every make of processor approximates in its way, so the mean loss is derived by hand: (output - labels) / texts.
    """

    def __init__(self, model: "keras.Model", classes: int, learning_rate: float) -> None:
        import keras
        import tensorflow as tf

        self.model = model
        self._loss = keras.losses.BinaryCrossentropy() if classes == 2 else keras.losses.SparseCategoricalCrossentropy()
        self._optimizer = keras.optimizers.Adam(learning_rate)
        self._optimizer.build(model.trainable_variables)
        self._begun = [variable.numpy() for variable in self._optimizer.variables]
        specs = tuple(tf.TensorSpec(each.shape, each.dtype) for each in model.inputs)
        reads, labels = specs if len(specs) > 1 else specs[0], tf.TensorSpec((None, 1), tf.float32)
        # Not compiled by XLA, which would compile anew for every width of a batch.
        self._step = tf.function(
            self._update, input_signature=[reads, labels], jit_compile=False, autograph=False
        ).get_concrete_function()
        self._read = tf.function(self._output, input_signature=[reads], jit_compile=False, autograph=False)

    def begin_with(self, model: "keras.Model") -> None:
        """Take every variable of `model`, the states of its random generators among them."""
        _assign(self.model.variables, [variable.numpy() for variable in model.variables])
        _assign(self._optimizer.variables, self._begun)

    def end_in(self, model: "keras.Model") -> None:
        """Give `model` what was trained."""
        _assign(model.variables, [variable.numpy() for variable in self.model.variables])

    def train(self, batches: Iterable[Batch]) -> tuple[float, float]:
        """One update a batch; the mean loss over the texts and the share predicted right, each before its update."""
        texts, total, correct = 0, 0.0, 0
        for inputs, labels in batches:
            loss, output = self._step(inputs, labels)
            texts += len(labels)
            total += float(loss) * len(labels)
            correct += int((classes_of(output.numpy()) == labels[:, 0]).sum())
        return total / texts, correct / texts

    def predict(self, batches: Iterable[Batch]) -> Floats:
        """The output for the texts of all batches in their order, shape (n, 1) of a sigmoid or (n, classes)."""
        return np.concatenate([self._read(inputs).numpy() for inputs, _ in batches])

    def loss(self, output: Floats, labels: NDArray[np.integer]) -> float:
        """The mean loss of outputs (n, …) against labels (n,)."""
        return float(self._loss(labels[:, np.newaxis].astype(np.float32), output))

    def _update(self, inputs: Any, labels: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            output = self.model(inputs, training=True)
            loss = self._loss(labels, output)
        start, gradient = loss, None
        if output.op.type == "Sigmoid":
            (start,), gradient = output.op.inputs, (output - labels) / tf.cast(tf.shape(labels)[0], tf.float32)
        variables = self.model.trainable_variables
        self._optimizer.apply(tape.gradient(start, variables, gradient), variables)
        return loss, output

    def _output(self, inputs: Any) -> Any:
        return self.model(inputs, training=False)


def class_probabilities(output: Floats) -> Floats:
    """A model's output as one probability a class: (n, 1) of a sigmoid becomes (n, 2), a softmax stays as it is."""
    return np.concatenate([1 - output, output], axis=1) if output.shape[1] == 1 else output


def classes_of(output: Floats) -> NDArray[np.int64]:
    """The class that a model's output predicts for every text, shape (n,)."""
    classes: NDArray[np.int64] = class_probabilities(output).argmax(axis=1)
    return classes


def _assign(variables: "list[keras.Variable]", values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
