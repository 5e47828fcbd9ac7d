"""The audit of one model: from a keras.Model and perhaps data to all that is said of it."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .batches import sample_of
from .cures import cures
from .facts import model_facts, tolerance_of
from .hazards import hazards
from .in_data import readable
from .loops import compiled_loops
from .outputs import pads_rows, worst_change
from .proof import verdict_of
from .result import Audit, ModelFacts, SideFinding
from .samples import Sample, made_texts
from .sentences import answer
from .subjects import Subject, any_width, reads, subject_of, with_width
from .tracing import layer_rows, traced

SIDES = ("pre", "post")
PADS = (1, 4, 16)
MADE, IN_MEMORY = "made from the signature", "data in memory"
SEED = 0
"""Of the texts that are made."""
SCALES = (1, 8)
"""How much longer texts are where the model, as one with wide convolutions, cannot read short ones."""
LOOKED_AT = 2
"""Batches of texts of one length that are looked at layer by layer."""
TEXTS_LOOKED_AT = 11
"""The most texts of such a batch: neither 1 nor a usual width, so that what fits by mistake does not fit here."""


@dataclass(frozen=True)
class Source:
    """Where a model and its data were read from."""

    model: ModelFacts
    data: str
    """The name of the user's file."""


def audit(
    model: Any,
    data: Any = None,
    *,
    labels: Any = None,
    sides: Sequence[str] = SIDES,
    pads: Sequence[int] = PADS,
    pad_values: Mapping[str, Any] | None = None,
    time_inputs: Sequence[str] | None = None,
    source: Source | None = None,
) -> Audit:
    """Say whether padding leaks through a model, from which layer on and why.

    Args:
        model: a keras.Model with trained weights.
        data: texts as the model reads them: an array, or a list or dict of arrays, padded or as lists of steps; pads
            at both ends of a row are taken away. None: texts are made from the signature.
        labels: one for every text, or one for every step.
        sides: pre, post or both.
        pads: numbers of pads that every text gets, at least 1.
        pad_values: by the input's name; else that of the Masking layer which reads it, else 0.
        time_inputs: the names of the inputs that carry time, where they are not found.
        source: the files that model and data were read from; None where they are in memory.

    Raises:
        AuditError: the model or the data cannot be audited; the message says what to do.
    """
    # What Keras warns of is told better here.
    with any_width(model), compiled_loops(), warnings.catch_warnings(action="ignore"):
        subject = subject_of(model, data, pad_values=pad_values, time_inputs=time_inputs)
        texts = subject.batch or TEXTS_LOOKED_AT
        given, is_read = texts_to_read(subject, texts) if data is None else (sample_of(data, subject, labels), False)
        sample = readable(subject, given)
        subject = subject if is_read else with_width(subject, sample)
        tolerance = tolerance_of(model)
        some = looked_at(sample, texts)
        trace = traced(subject, some, sides=sides, pads=pads, tolerance=tolerance)
        rows = pads_rows(subject, sample, trace.grows, sides=sides, pads=pads)
        bites = hazards(model, subject, given, sample, trace.grows, sides=sides, data_is_hers=data is not None)
        verdicts = {side: verdict_of(subject, trace, some, side, tolerance) for side in sides}
        remedies = cures(subject, trace, some, sides=sides, pads=pads, tolerance=tolerance)
    findings = {
        side: SideFinding(
            verdicts[side], trace.largest_change(side), trace.first_leak(side, tolerance), worst_change(rows, side)
        )
        for side in sides
    }
    return Audit(
        model=source.model if source else model_facts(model),
        inputs=[item.facts for item in subject.inputs],
        sides=findings,
        layers=layer_rows(trace),
        outputs=rows,
        hazards=bites,
        cures=remedies,
        sentence=answer(findings),
        texts=sample.size,
        data=MADE if data is None else source.data if source else IN_MEMORY,
    )


def texts_to_read(subject: Subject, texts: int) -> tuple[Sample, bool]:
    """Made texts, as short as the model can read, and whether it reads them at any width."""
    samples = [made_texts(subject.inputs, SEED, texts, scale) for scale in SCALES]
    return next(((sample, True) for sample in samples if reads(subject, sample)), (samples[0], False))


def looked_at(sample: Sample, texts: int) -> Sample:
    """A few texts of a few lengths, from the shortest to the longest."""
    groups = [(group * texts)[:texts] for group in sample.groups() if max(sample.lengths(group[0]))]
    places = sorted({round(place * (len(groups) - 1) / (LOOKED_AT - 1)) for place in range(LOOKED_AT)})
    return sample.chosen([text for place in places for text in groups[place]])
