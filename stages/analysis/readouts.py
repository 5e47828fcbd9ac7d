"""What can be read off the states of a sample of texts: label, number of pads, length, and their path in a plane."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stages.analysis.samples import Sample
from stages.runtime.paths import condition_name
from stages.states.schema import HEAD
from stages.stats.probes import (
    LabelProbe,
    LengthProbe,
    PadCountProbe,
    confounded,
    label_probe,
    length_r2,
    pad_count_probe,
)
from stages.stats.text_groups import text_group
from stages.stats.trajectory import PrincipalPath, chosen_texts, principal_path


@dataclass(frozen=True)
class Trajectory:
    """Texts on their way as pads are added, with the index of the true class of each."""

    path: PrincipalPath
    labels: list[int]


@dataclass(frozen=True)
class Readout:
    """What probes read off the state that the classifier reads, and where pads lead it.

    Attributes:
        texts: how many texts the probes saw.
        frozen: accuracy of the model's own classifier on these texts, by number of pads.
        label: accuracy of a probe refitted at each number of pads.
        pad_count: how well the number of pads can be read off.
        length: how well the length of the text can be read off the unpadded state.
        confounded: conditions whose number of pads is made from the length of the text.
        path: None where there is no plane.
    """

    texts: int
    frozen: dict[int, float]
    label: LabelProbe
    pad_count: PadCountProbe
    length: LengthProbe
    confounded: list[str]
    path: Trajectory | None


def readout(sample: Sample, conditions: Mapping[str, int | None]) -> Readout:
    """Fit the probes and project the path.

    Args:
        sample: the texts.
        conditions: the conditions with their number of pads; None where that differs by text.
    """
    by_pads = {0: condition_name(0)} | {pads: name for name, pads in conditions.items() if pads is not None}
    vectors = sample.vectors
    vector = HEAD if HEAD in vectors[condition_name(0)] else next(iter(vectors[condition_name(0)]))
    states = {pads: vectors[name][vector] for pads, name in sorted(by_pads.items())}
    group = text_group(sample.text_id)
    return Readout(
        texts=len(sample),
        frozen={pads: float((sample.predicted[by_pads[pads]] == sample.label).mean()) for pads in states},
        label=label_probe(states, sample.label, group),
        pad_count=pad_count_probe(np.stack(list(states.values())), group),
        length=length_r2(states[0], sample.length, group),
        confounded=[
            name for name, pads in conditions.items() if pads is None and confounded(sample.pads[name], sample.length)
        ],
        path=_path(sample, by_pads),
    )


def _path(sample: Sample, by_pads: Mapping[int, str]) -> Trajectory | None:
    """Of the hidden state of the last recurrent layer, the first of the vectors that were kept."""
    name = next(iter(sample.vectors[condition_name(0)]))
    texts = chosen_texts(sample.predicted[condition_name(0)])
    states = {pads: sample.vectors[condition][name][texts] for pads, condition in by_pads.items()}
    principal = principal_path(sample.vectors[condition_name(0)][name], states)
    return None if principal is None else Trajectory(principal, sample.label[texts].tolist())
