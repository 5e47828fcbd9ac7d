"""What to do about each cause of a leak: a change as code, applied to a clone with the same weights and measured."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from .files import first_line
from .following import array_of, difference
from .pasted import joined
from .proof import verdict_of
from .recording import is_open, recorded
from .remedies import remedy_of
from .replacements import Remedy
from .result import Cure, FirstLeak, Verdict
from .samples import Sample
from .sentences import because
from .subjects import Subject, any_width
from .tally import decisions
from .tracing import Trace, traced

MOST_CHANGES = 4
"""Of a model, one upon the other, until it is exact."""
SHARED = (keras.layers.Lambda, keras.layers.TextVectorization, keras.layers.StringLookup, keras.layers.IntegerLookup)
"""Layers without weights that a clone uses too: a copy would be refused, or lack its vocabulary."""
VERDICTS = {
    Verdict.PROVEN: "exact for any number of pads",
    Verdict.EXACT: "exact",
    Verdict.ROUNDING: "exact up to rounding",
    Verdict.LEAKS: "leaks",
    Verdict.UNDEFINED: "not a number",
}


class NoCloneError(Exception):
    """Why a model cannot be cloned, or a change not be applied to the clone."""


@dataclass(frozen=True)
class Trial:
    """A model after one or more changes."""

    subject: Subject
    trace: Trace
    remedies: list[Remedy]


def cures(
    subject: Subject, trace: Trace, sample: Sample, *, sides: Sequence[str], pads: Sequence[int], tolerance: float
) -> list[Cure]:
    """A cure for the cause of each first leak, once where both sides have the same.

    Where more is wrong behind the first leak, the code of a cure holds further changes, until both sides are exact.

    Args:
        subject: the model.
        trace: of the model.
        sample: a few texts, on which the changed model is measured.
        sides: pre, post or both.
        pads: numbers of pads.
        tolerance: what counts as rounding, relative to the largest value of an output.
    """
    leaks: dict[tuple[str, str], FirstLeak] = {}
    for side in sides:
        if (leak := trace.first_leak(side, tolerance)) is not None:
            leaks.setdefault((leak.cause, leak.culprit or leak.path), leak)
    result: dict[str, Cure] = {}
    for leak in leaks.values():
        cure = _cure(subject, trace, sample, leak, pads=pads, tolerance=tolerance)
        result.setdefault(cure.code, cure)
    return list(result.values())


def _cure(
    subject: Subject, trace: Trace, sample: Sample, leak: FirstLeak, *, pads: Sequence[int], tolerance: float
) -> Cure:
    trial = Trial(subject, trace, [])
    remedy = remedy_of(leak, trace, subject)
    first, why = remedy, remedy.untried
    ahead: FirstLeak | None = leak
    try:
        while ahead is not None and not remedy.untried and len(trial.remedies) < MOST_CHANGES:
            trial = _changed(trial, remedy, sample, pads, tolerance)
            before, ahead = ahead, _first_leak(trial.trace, tolerance)
            if ahead in (None, before):
                break
            remedy = remedy_of(ahead, trial.trace, trial.subject)
    except NoCloneError as error:
        why = str(error)
    if not trial.remedies:
        return Cure(leak.cause, first.title, first.code, False, None, None, f"Not tried: {why}.")
    changed = trial.subject
    with any_width(changed.model):
        verdicts = {side: verdict_of(changed, trial.trace, sample, side, tolerance) for side in trace.outputs}
    ahead = _first_leak(trial.trace, tolerance)
    share = _share_changed(subject, changed, sample, tolerance)
    title = ", and ".join([trial.remedies[0].title, *(_uncapitalized(item.title) for item in trial.remedies[1:])])
    code = joined([item.code for item in trial.remedies])
    left = None if ahead is None else f"`{ahead.path}` still reads pads{_reason(ahead, remedy)}"
    return Cure(leak.cause, title, code, True, verdicts, share, _sentence(title, verdicts, share, left))


def _reason(leak: FirstLeak, remedy: Remedy) -> str:
    """Why a leak is left."""
    return f": {remedy.untried}" if remedy.untried else f", because {because(leak)}"


def _changed(trial: Trial, remedy: Remedy, sample: Sample, pads: Sequence[int], tolerance: float) -> Trial:
    """One more change, made to a clone and measured.

    Raises:
        NoCloneError: it cannot be made, or the changed model cannot be run.
    """
    model = cloned(trial.subject.model) if not trial.remedies else trial.subject.model
    names: dict[str, Any] = {"keras": keras, "model": model}
    try:
        with _uncompiled(model):
            exec(remedy.code, names)  # of this room's own making: names of layers are quoted in it
        subject = replace(trial.subject, model=names["cured"])
        with any_width(subject.model):
            trace = traced(subject, sample, sides=list(trial.trace.outputs), pads=pads, tolerance=tolerance)
    except Exception as error:
        raise NoCloneError(f"the changed model does not run ({_first_sentence(error)})") from error
    return Trial(subject, trace, [*trial.remedies, remedy])


def cloned(model: Any) -> Any:
    """A model with copies of the layers and of their weights.

    Raises:
        NoCloneError: its layers stand in code of the user's, or cannot be copied.
    """

    def copy(layer: Any) -> Any:
        if isinstance(layer, SHARED) or not isinstance(layer, keras.layers.Layer):
            return layer
        return type(layer).from_config(layer.get_config())

    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise NoCloneError("a model with a `call` of its own cannot be cloned layer by layer")
    try:
        with _uncompiled(model), keras.saving.custom_object_scope(_classes_of_hers(model)):
            clone = keras.models.clone_model(model, clone_function=copy, recursive=True)
        clone.set_weights(model.get_weights())
    except Exception as error:
        raise NoCloneError(f"the model cannot be cloned ({_first_sentence(error)})") from error
    return clone


def _classes_of_hers(model: Any) -> dict[str, type]:
    """The classes of the user's that layers of Keras hold, such as cells, which need not be registered."""
    return {type(layer).__name__: type(layer) for layer in model._flatten_layers() if is_open(layer)}


def _first_sentence(error: Exception) -> str:
    return first_line(error).partition(". ")[0].removesuffix(".")


@contextmanager
def _uncompiled(model: Any) -> Iterator[None]:
    """Without the loss and metrics, which a clone would be compiled with."""
    compiled, model.compiled = model.compiled, False
    try:
        yield
    finally:
        model.compiled = compiled


def _first_leak(trace: Trace, tolerance: float) -> FirstLeak | None:
    leaks = (trace.first_leak(side, tolerance) for side in trace.outputs)
    return next((leak for leak in leaks if leak is not None), None)


def _share_changed(original: Subject, changed: Subject, sample: Sample, tolerance: float) -> float:
    """The share of predictions without pads whose class is another; of other outputs, of those that move at all."""
    flips: list[np.ndarray] = []
    for group in sample.groups():
        texts = [id(sample.columns[0][text]) for text in group]  # a batch may hold a text several times
        once = [texts.index(text) for text in dict.fromkeys(texts)]
        arrays = sample.chosen(group).arrays("post", 0, original.width)
        results = []
        for subject in (original, changed):
            subject.reset()
            with any_width(subject.model):
                results.append(keras.tree.flatten(recorded(subject.model, subject.pack(arrays))[0]))
        for first, second in zip(*(map(array_of, outputs) for outputs in results), strict=True):
            flips.append(_flips(first[once], second[once], tolerance))
    return float(np.concatenate(flips).mean())


def _flips(before: np.ndarray, after: np.ndarray, tolerance: float) -> np.ndarray:
    first, second = decisions(before), decisions(after)
    if first is not None and second is not None:
        return np.asarray(first != second).ravel()
    return np.array([not difference(*pair) <= tolerance for pair in zip(before, after, strict=True)])


def _sentence(title: str, verdicts: Mapping[str, Verdict], share: float, left: str | None) -> str:
    words = {side: VERDICTS[verdict] for side, verdict in verdicts.items()}
    if len(set(words.values())) == 1:
        result = f"{title}: {next(iter(words.values()))}"
    else:
        result = f"{title}: {', '.join(f'{word} with {side}-padding' for side, word in words.items())}"
    if left is not None:
        return f"{result}; {left}."
    if share == 0:
        return f"{result}; no prediction without pads changes, and those with pads become the same."
    moved = f"{share * 100:.0f} % of the predictions without pads change"
    return f"{result}; {moved}, because the model was trained with the leak: retrain."


def _uncapitalized(title: str) -> str:
    return title[0].lower() + title[1:]
