"""What an audit says, as data: every key of an audit's report.json is a field here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

SCHEMA = 1


class Verdict(StrEnum):
    """What padding on one side does to the output of the model."""

    PROVEN = "PROVEN"
    """No number of pads changes it: one masked step leaves every recurrent state as it is, whatever the state."""
    EXACT = "EXACT"
    """No value moved, to the last bit, in any tested text under any tested number of pads."""
    ROUNDING = "ROUNDING"
    """Values moved by no more than the order of additions moves them in another shape."""
    LEAKS = "LEAKS"
    """Values moved by more than rounding."""
    UNDEFINED = "UNDEFINED"
    """The output is not a number with pads, or without."""


class Cause(StrEnum):
    """Why a layer is the first that reads pads."""

    NO_MASK = "no_mask"
    """No layer before it made a mask."""
    LOST = "lost"
    """A mask was made, and an operation before it dropped it without a word."""
    DESTROYED = "destroyed"
    """A mask was made, and a layer dropped it with Keras' warning."""
    REPLACED = "replaced"
    """A mask was made, and a layer put another in its place that is true at pads."""
    NOT_HANDED = "not_handed"
    """The mask reaches the layer's input, and Keras does not hand it to the layer."""
    MISALIGNED = "misaligned"
    """The mask marks other steps than those where pads stand."""
    MISUSED = "misused"
    """The layer is handed the right mask and reads pads nevertheless."""
    MIXES_STEPS = "mixes_steps"
    """The layer hands the mask on and computes across steps without it."""
    FIXED_WIDTH = "fixed_width"
    """Every step has weights of its own: a text gives another result at another place."""


class Did(StrEnum):
    """What a layer did with the mask."""

    MADE = "made"
    """None came in, one came out."""
    KEPT = "kept"
    """The same came out."""
    CONSUMED = "consumed"
    """One came in, and the output has no time axis any more."""
    REPLACED = "replaced"
    """Another came out, true at pads."""
    DESTROYED = "destroyed"
    """One came in, the output has a time axis, and none came out."""
    LOST_BEFORE = "lost_before"
    """One was made, and it does not arrive at this layer."""
    NOT_HANDED = "not_handed"
    """One arrives at the layer's input, and the layer is not handed it."""
    NONE = "none"
    """There was none so far."""


@dataclass(frozen=True)
class ModelFacts:
    """The model that was audited."""

    name: str
    file: str | None
    """Its name without folders; None for a model in memory."""
    format: str
    """keras, h5, saved_model or memory."""
    sha256: str | None
    """Of the file; None for a model in memory."""
    keras: str
    """The version that ran it."""
    backend: str
    """tensorflow, jax or torch, with the version."""
    saved_by: str | None
    """The version of Keras that wrote the file, where it says so."""
    parameters: int
    """Number of weights."""
    dtype: str
    """In which it computes: float32, float16, bfloat16, …"""


@dataclass(frozen=True)
class InputFacts:
    """One input of the model."""

    name: str
    kind: str
    """tokens, numbers, strings, or fixed: without a time axis."""
    time_axis: int | None
    """None where it is fixed."""
    pad_value: float | int | str | None
    width: int | None
    """The only number of steps that the model takes; None where any will do."""


@dataclass(frozen=True)
class FirstLeak:
    """The first layer, in the order of computation, that reads pads."""

    layer: str
    """Its name."""
    path: str
    """With the names of the models and layers that it stands in: outer/inner."""
    call: int
    """Counts from 1 where a layer is called several times."""
    type: str
    """Its class."""
    cause: Cause
    culprit: str | None
    """The path of the layer or operation that lost, destroyed or replaced the mask; None where that is nobody, or code
    between two layers."""


@dataclass(frozen=True)
class OutputChange:
    """What padding does to the predictions, over all tested texts, under the worst number of pads."""

    flips: float
    """Share of predictions whose class changes; 0 where an output is no class."""
    low: float
    high: float
    """The 95 % Wilson interval of that share, over texts."""
    largest_change: float
    """Largest absolute change of an output."""
    pads: int
    """The number of pads under which that was."""


@dataclass(frozen=True)
class SideFinding:
    """The verdict on one side."""

    verdict: Verdict
    largest_change: float
    """Of the output at real steps, divided by the largest absolute output; NaN becomes null."""
    first_leak: FirstLeak | None
    output: OutputChange | None
    """None where nothing could be padded."""


@dataclass(frozen=True)
class LayerRow:
    """One call of one layer, in the order of computation."""

    path: str
    call: int
    """Counts from 1."""
    type: str
    mask_in: bool
    mask_out: bool
    did: Did
    change: dict[str, dict[str, float | None]]
    """By side and number of pads: the largest change at real steps, divided by the largest absolute value of the
    output; None where real steps could not be followed."""
    at_masked_steps: str | None
    """repeats (the step before), zeros or other; None without a mask or a time axis."""


@dataclass(frozen=True)
class PadsRow:
    """The predictions under one condition against those of the texts alone, without a pad."""

    side: str
    condition: str
    """pads: every text with this many; batch: padded to the longest text of a batch; width: to the model's own."""
    pads: int | None
    """Where the condition is pads."""
    output: str
    """Its name."""
    texts: int
    """Predictions compared: texts, or real steps where there is one a step."""
    flips: float
    low: float
    high: float
    """As in OutputChange."""
    probability_change: float
    """Mean absolute change of the probability of the class that is predicted without pads."""
    largest_change: float
    accuracy: float | None
    """With pads; None without labels."""
    accuracy_alone: float | None
    """Without pads."""


@dataclass(frozen=True)
class Hazard:
    """What may bite elsewhere, or in these data."""

    kind: str
    """mask_value_in_data, hole, all_pads, out_of_range, too_long, never_masked, counts_pads, slow_kernel, stateful,
    fixed_width, batch_statistics, unread_mask, nan_pad_value, zero_output, counts_texts."""
    layer: str | None
    """Path of the layer, or the name of the loss or metric."""
    count: int | None
    of: int | None
    """`count` of how many steps, rows or texts; None where nothing is counted."""
    sentence: str


@dataclass(frozen=True)
class Cure:
    """What to do about a cause."""

    cause: Cause
    title: str
    """In a few words."""
    code: str
    """Lines that run when pasted behind `model = keras.models.load_model(…)`."""
    tried: bool
    """Whether it was applied to a clone with the same weights."""
    verdict_after: dict[str, Verdict] | None
    """By side; None where it was not tried."""
    flips_against_original: float | None
    """Share of predictions without pads that the cure changes; None where it was not tried."""
    sentence: str
    """What was measured, or why it was not tried."""


@dataclass(frozen=True)
class Audit:
    """All that an audit says."""

    model: ModelFacts
    inputs: list[InputFacts]
    sides: dict[str, SideFinding]
    layers: list[LayerRow]
    outputs: list[PadsRow]
    hazards: list[Hazard]
    cures: list[Cure]
    sentence: str
    """The answer."""
    texts: int
    """Number of texts tested."""
    data: str
    """The name of the user's file, or `made from the signature`."""
    schema: int = field(default=SCHEMA)

    @property
    def leaks(self) -> bool:
        """Whether padding changes the output on any side."""
        return any(finding.verdict in (Verdict.LEAKS, Verdict.UNDEFINED) for finding in self.sides.values())

    def to_json(self) -> str:
        """The text of report.json: keys in the order of the fields, NaN and infinity as null."""
        return json.dumps(_plain(asdict(self)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
