"""The sections `model` and `variants` of params.yaml: what an architecture is made of, and what Keras cannot build."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from stages.params.bounds import Units
from stages.params.layers import HEADS, NO_RECURRENCE, RECURRENT
from stages.params.section import Section, shown, suggestion

Mask = Literal["none", "embedding", "embedding+masking", "masking_on_zeroed_row", "explicit"]
Merge = Literal["none", "concat", "sum", "mul", "ave"]
Embeddings = Literal["learned", "pretrained", "frozen"]


def _one_of(*allowed: str) -> AfterValidator:
    def check(name: str) -> str:
        if name not in allowed:
            raise ValueError(f"{shown(name)} is not allowed; {suggestion(name, allowed)}")
        return name

    return AfterValidator(check)


HeadName = Annotated[str, _one_of(*HEADS)]
RecurrentName = Annotated[str, _one_of(*RECURRENT, NO_RECURRENCE)]
Layers = Annotated[int, Field(ge=1, le=4)]
DropoutShare = Annotated[float, Field(ge=0, lt=1)]


class ModelParams(Section):
    """The sizes that every variant shares unless its entry says otherwise."""

    embedding: Units
    embeddings: Embeddings
    recurrent: RecurrentName
    layers: Layers
    units: Units
    bidirectional: Merge
    layer_normalization: bool
    dropout: DropoutShare
    recurrent_dropout: DropoutShare
    head: HeadName
    use_cudnn: bool


def _usual(value: str | bool) -> Any:
    """A field that may be left out, and is where it has this value."""
    return Field(default=value, exclude_if=lambda given: given == value)


class Treatment(Section):
    """What an entry of the table of architectures does about padding."""

    mask: Mask
    pad_row: Literal["learned", "zero"] = _usual("learned")
    start_state: Literal["zero", "trained"] = _usual("zero")
    length_to_head: bool = _usual(False)
    random_pads: bool = _usual(False)


class Variant(Treatment):
    """One entry of the table of architectures: its treatment of padding, and what it changes of `model`."""

    embedding: Units | None = None
    embeddings: Embeddings | None = None
    recurrent: RecurrentName | None = None
    layers: Layers | None = None
    units: Units | None = None
    bidirectional: Merge | None = None
    layer_normalization: bool | None = None
    dropout: DropoutShare | None = None
    recurrent_dropout: DropoutShare | None = None
    head: HeadName | None = None
    use_cudnn: bool | None = None


class Architecture(ModelParams, Treatment):
    """One variant with every size filled in."""

    def refusal(self) -> str | None:
        """Why Keras cannot build or run this architecture; None where it can."""
        return self._treatment_refusal() or self._layers_refusal()

    def _treatment_refusal(self) -> str | None:
        if self.pad_row == "zero" and self.mask != "none":
            return f"pad_row zero is for a model that reads its pads, and mask is {self.mask}; set mask to none"
        if self.start_state == "trained" and (self.recurrent == NO_RECURRENCE or self.bidirectional != "none"):
            return (
                "start_state trained is that of recurrent layers in one direction; set recurrent to "
                f"{' or '.join(RECURRENT)} and bidirectional to none"
            )
        return None

    def _layers_refusal(self) -> str | None:
        if self.recurrent == NO_RECURRENCE:
            if not HEADS[self.head].reads_steps:
                return (
                    f"head {self.head} reads the final state of a recurrent layer, and recurrent is none; choose "
                    f"{' or '.join(name for name, head in HEADS.items() if head.reads_steps)}"
                )
            if self.mask == "explicit":
                return "mask explicit goes to the first recurrent layer, and recurrent is none; choose mask embedding"
            if self.recurrent_dropout:
                return "recurrent_dropout is above 0, and recurrent is none; set it to 0"
        if self.use_cudnn and self.recurrent_dropout:
            return "use_cudnn: the fused kernel has no recurrent dropout; set one of the two to false or 0"
        return None
