"""Losses and metrics that count pads, at outputs with one prediction a step: the number they give and the right one.

Keras weights losses and averaged metrics (accuracy, MAE) by the mask that an output carries. Other metrics
(Precision, AUC, RootMeanSquaredError, …) see no mask (3.15), nor does any where the output carries none.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

import keras
import numpy as np

from .following import array_of
from .outputs import output_names
from .recording import mask_of
from .result import Hazard
from .samples import Sample

CONFIDENT = 0.9
"""The probability of the class that a made prediction chooses."""
IGNORED = (0, -1, -100)
"""Labels by which losses of the user's own may know a pad."""
SAME = 1e-5
"""Numbers closer than this, relative to the larger, are the same: float32 adds up in another order."""
STEPWISE = ("test_step", "compute_loss", "compute_metrics")
"""Methods of keras.Model; a model with its own evaluates in its own way."""


@dataclass(frozen=True)
class Compiled:
    """A loss or metric of one output, as it was given to `compile`."""

    argument: str
    """Of `compile`: loss, metrics or weighted_metrics."""
    item: Any
    """Its name, function or object."""

    @property
    def keras_own(self) -> bool:
        """Whether Keras provides it, so that no label stands for a pad but its `ignore_class`."""
        return isinstance(self.item, str) or type(self.item).__module__.startswith("keras.src.")


@dataclass(frozen=True)
class Batch:
    """Predictions with pads, as one output of a model gives them."""

    predictions: np.ndarray
    """(texts, steps, …)"""
    mask: np.ndarray | None
    """The one that they carry: (texts, steps)."""
    labels: np.ndarray
    """(texts, steps, …)"""
    real: np.ndarray
    """Where text stands: (texts, steps)."""


@dataclass(frozen=True)
class Evaluation:
    """What a loss or metric gives."""

    name: str
    with_pads: float
    at_real_steps: float

    @property
    def counts_pads(self) -> bool:
        """Whether the two numbers differ."""
        return not isclose(self.with_pads, self.at_real_steps, rel_tol=SAME, abs_tol=SAME)


def step_hazards(
    model: Any, texts: Sample, arrays: Sequence[np.ndarray], outputs: Any, grows: Sequence[bool]
) -> list[Hazard]:
    """The hazards of outputs with one prediction a step.

    Args:
        model: a keras.Model, compiled or not; it is left as it was.
        texts: a few texts.
        arrays: the batch of them as the user padded them.
        outputs: what the model gives for it, with the masks that it carries.
        grows: for every output, whether its second axis is time.
    """
    flat = keras.tree.flatten(outputs)
    result = []
    for number, (name, tensor, time) in enumerate(zip(output_names(model, len(flat)), flat, grows, strict=True)):
        predictions, mask = array_of(tensor), mask_of(tensor)
        real = _real_steps(texts, arrays, predictions.shape) if time or predictions.ndim > 2 else None
        if real is None or real.all():
            continue
        if mask is not None:
            sentence = f"`predict` drops the mask of output `{name}`: leave pads out of metrics that you call yourself."
            result.append(Hazard("unread_mask", name, None, None, sentence))
        elif not model.compiled:
            sentence = f"Output `{name}` carries no mask, so a loss counts its pads: give `sample_weight` 0 at pads."
            result.append(Hazard("counts_pads", name, None, None, sentence))
        labels = _labels(texts, real) if len(flat) == 1 else None
        for compiled in compiled_for(model, number, len(flat)):
            values = None if mask is None else array_of(mask).astype(bool)
            evaluation = evaluated(compiled, predictions, values, labels, real)
            if evaluation and evaluation.counts_pads:
                result.append(_hazard(compiled, evaluation, masked=mask is not None))
    return result


def compiled_for(model: Any, number: int, outputs: int) -> Iterator[Compiled]:
    """The loss and metrics of one output; none where the model evaluates in its own way.

    Args:
        model: a keras.Model.
        number: of the output, from 0.
        outputs: how many there are.
    """
    if not model.compiled or any(getattr(type(model), name) is not getattr(keras.Model, name) for name in STEPWISE):
        return
    config = model._compile_config.config
    name = output_names(model, outputs)[number]
    for argument in ("loss", "metrics", "weighted_metrics"):
        given = config.get(argument)
        if isinstance(given, dict):
            given = given.get(name)
        elif isinstance(given, (list, tuple)) and outputs > 1:
            given = given[number] if len(given) == outputs else None
        for item in keras.tree.flatten(given):
            if item is not None:
                yield Compiled(argument, item)


def evaluated(
    compiled: Compiled, predictions: np.ndarray, mask: np.ndarray | None, labels: np.ndarray | None, real: np.ndarray
) -> Evaluation | None:
    """What a loss or metric gives with pads and at real steps alone; None where it cannot read these labels.

    Args:
        compiled: the loss or metric.
        predictions: of the model, (texts, steps, …).
        mask: the one that they carry, (texts, steps), or None.
        labels: the user's, (texts, steps, …). None: predictions and labels are made, right at every real step and
            wrong at every pad.
        real: where text stands, (texts, steps).
    """
    if labels is not None:
        return _evaluation(compiled, Batch(predictions, mask, labels, real))
    first = None
    for batch in made_batches(compiled, predictions.shape, mask, real):
        evaluation = _evaluation(compiled, batch)
        if evaluation and (compiled.keras_own or not evaluation.counts_pads):
            return evaluation
        first = first or evaluation
    return first


def made_batches(
    compiled: Compiled, shape: tuple[int, ...], mask: np.ndarray | None, real: np.ndarray
) -> Iterator[Batch]:
    """Predictions that are right at every real step and wrong at every pad, with labels as a loss may read them.

    Real steps take all classes in turn; at pads class 1 is predicted, and the label is 0 or the `ignore_class`.
    """
    units = shape[2] if len(shape) == 3 else 1
    classes = max(units, 2)
    chosen = np.ones(real.shape, int)
    chosen[real] = (np.arange(real.sum()) + 1) % classes
    one_hot = np.eye(classes)[chosen]
    likely = np.where(one_hot == 1, CONFIDENT, (1 - CONFIDENT) / (classes - 1))
    if getattr(compiled.item, "from_logits", False):
        likely = np.log(likely / (1 - likely))
    predictions = likely if units > 1 else _spread(likely[..., 1], shape)
    ignored = getattr(compiled.item, "ignore_class", None)
    for at_pads in (IGNORED[0] if ignored is None else ignored,) if compiled.keras_own else IGNORED:
        labels = np.where(real, chosen, at_pads)
        dense = (
            np.where(real[..., None], one_hot, np.eye(classes)[0])
            if units > 1
            else _spread(labels.astype(float), shape)
        )
        kinds = [labels, dense] if "sparse" in str(compiled.item).lower() or ignored is not None else [dense, labels]
        for kind in kinds[: 2 if units > 1 else 1]:
            yield Batch(predictions.astype(np.float32), mask, kind, real)


def _spread(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.broadcast_to(values.reshape(*values.shape, *(1 for _ in shape[2:])), (*values.shape, *shape[2:]))


def _evaluation(compiled: Compiled, batch: Batch) -> Evaluation | None:
    try:
        name, with_pads = _value(compiled, batch.predictions, batch.mask, batch.labels)
        _, alone = _value(compiled, batch.predictions[batch.real][:, None], None, batch.labels[batch.real][:, None])
    except Exception:  # noqa: BLE001  # whatever a loss of the user's raises: it reads other labels
        return None
    return Evaluation(name, with_pads, alone) if np.isfinite([with_pads, alone]).all() else None


def _value(
    compiled: Compiled, predictions: np.ndarray, mask: np.ndarray | None, labels: np.ndarray
) -> tuple[str, float]:
    """What `evaluate` gives under a copy of a loss or metric, and under which name."""
    item = copy.deepcopy(compiled.item)
    if isinstance(item, keras.metrics.Metric):
        item.reset_state()
    model = keras.Sequential()
    model.compile(**{compiled.argument: item if compiled.argument == "loss" else [item]})
    y = keras.ops.convert_to_tensor(labels.astype(np.float32) if labels.dtype.kind == "f" else labels)
    y_pred = keras.ops.convert_to_tensor(predictions, "float32")
    if mask is not None:
        keras.src.backend.set_keras_mask(y_pred, keras.ops.convert_to_tensor(mask))
    if compiled.argument == "loss":
        return "loss", float(model.compute_loss(y=y, y_pred=y_pred))
    logs = model.compute_metrics(None, y, y_pred)
    name = next(name for name in logs if name != "loss")
    return name, float(np.mean(logs[name]))


def _real_steps(texts: Sample, arrays: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray | None:
    """Where text stands in an output, by the last input of its width; None where there is none."""
    for number in reversed(range(len(arrays))):
        if texts.inputs[number].carries_time and len(shape) > 1 and arrays[number].shape[1] == shape[1]:
            return texts.real_steps(number, shape[1])
    return None


def _labels(texts: Sample, real: np.ndarray) -> np.ndarray | None:
    """The user's labels at every step, with what stood at pads; None where there are none a step."""
    if texts.labels is None or any(
        label.ndim == 0 or len(label) != steps for label, steps in zip(texts.labels, real.sum(axis=1), strict=True)
    ):
        return None
    values = np.concatenate(texts.labels)
    labels = np.zeros((*real.shape, *values.shape[1:]), values.dtype)
    if texts.pad_label is not None:
        labels[:] = texts.pad_label
    labels[real] = values
    return labels


def _hazard(compiled: Compiled, evaluation: Evaluation, *, masked: bool) -> Hazard:
    what = "The loss" if compiled.argument == "loss" else f"Metric `{evaluation.name}`"
    cure = {
        "loss": "give `sample_weight` 0 at pads and `reduction='mean_with_sample_weight'`",
        "metrics": "compile it under `weighted_metrics` and give `sample_weight` 0 at pads",
        "weighted_metrics": "give `sample_weight` 0 at pads",
    }[compiled.argument]
    if compiled.argument == "loss" and not masked:
        cure = f"let a mask reach the output, or {cure}"
    given, right = _told_apart(evaluation.with_pads, evaluation.at_real_steps)
    sentence = f"{what} counts pads, {given} where {right} is right: {cure}."
    return Hazard("counts_pads", evaluation.name, None, None, sentence)


def _told_apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers with three digits, or as many as they differ in."""
    pairs = [(f"{first:.{digits}g}", f"{second:.{digits}g}") for digits in range(3, 9)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])
