"""The sections `model` and `variants` of params.yaml: what an architecture is made of, and what Keras cannot build."""

from typing import Annotated, Literal

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


class Variant(Section):
    """One entry of the table of architectures: its mask, and what it changes of `model`."""

    mask: Mask
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


class Architecture(ModelParams):
    """One variant with every size filled in."""

    mask: Mask

    def refusal(self) -> str | None:
        """Why Keras cannot build or run this architecture; None where it can."""
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
