"""The audit of a trained model: which layer reads pads first, and whether it is proven that none does."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.padding_audit.result import Verdict

if TYPE_CHECKING:
    import keras

PADS = (1, 4)
SIDES = ("pre", "post")
TEXTS = 11
"""Of one length, that the audit reads; every condition is tried on all texts besides."""

NOTHING_TO_PAD: dict[str, Any] = {
    "verdicts": dict.fromkeys(SIDES, str(Verdict.UNDEFINED)),
    "first_leak": dict.fromkeys(SIDES),
    "layers": [],
    "one_prediction_a_text": True,
}
"""Of a model of one width whose texts all fill it."""

Ids = NDArray[np.int32]


def audited(model: "keras.Model", texts: Sequence[Ids]) -> dict[str, Any]:
    """What padding does to the model by the audit of any Keras model, as `stages.analysis.contract_audit` reads it.

    Args:
        model: trained.
        texts: token ids without padding, each of shape (length,); the audit reads some of one length.
    """
    from stages.padding_audit.batches import sample_of
    from stages.padding_audit.facts import tolerance_of
    from stages.padding_audit.loops import compiled_loops
    from stages.padding_audit.proof import verdict_of
    from stages.padding_audit.subjects import any_width, subject_of, with_width
    from stages.padding_audit.tracing import layer_rows, traced

    width = model.inputs[0].shape[1]
    some = _of_one_length([text for text in texts if width is None or len(text) < width])
    if not some:
        return NOTHING_TO_PAD
    names = [tensor.name for tensor in model.inputs]  # the second is the mask, where it is explicit
    data = dict(zip(names, (some, [text > 0 for text in some]), strict=False))
    with any_width(model), compiled_loops():
        subject = subject_of(model, data, pad_values=None, time_inputs=None)
        sample = sample_of(data, subject)
        subject = with_width(subject, sample)
        tolerance = tolerance_of(model)
        trace = traced(subject, sample, sides=SIDES, pads=PADS, tolerance=tolerance)
        verdicts: dict[str, Verdict] = {side: verdict_of(subject, trace, sample, side, tolerance) for side in SIDES}
    leaks = {side: trace.first_leak(side, tolerance) for side in SIDES}
    return {
        "verdicts": {side: str(verdict) for side, verdict in verdicts.items()},
        "first_leak": {
            side: None if leak is None else {"layer": leak.path, "cause": str(leak.cause), "culprit": leak.culprit}
            for side, leak in leaks.items()
        },
        "layers": [
            {"layer": row.path, "type": row.type, "did": str(row.did), "at_masked_steps": row.at_masked_steps}
            for row in layer_rows(trace)
        ],
        "one_prediction_a_text": not any(trace.grows),
    }


def _of_one_length(texts: Sequence[Ids]) -> list[Ids]:
    """The length that most texts have, of two tokens at least where there is one."""
    lengths = Counter(len(text) for text in texts)
    if not lengths:
        return []
    length = max(lengths, key=lambda length: (length > 1, lengths[length], length))
    return [text for text in texts if len(text) == length][:TEXTS]
