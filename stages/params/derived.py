"""What the values of params.yaml make the stages do: the rules between a value and its effect.

The other files of this room only say which values are allowed. That changes no result of a run that is allowed, and
DVC tracks the values themselves, so no stage depends on those files; the stages that follow a rule here depend on this
one, and call it by name.
"""

from collections.abc import Mapping
from typing import Protocol

from stages.errors import UserError
from stages.params.layers import HEADS, WORKING_MASKS
from stages.params.model import Architecture, ModelParams, Variant
from stages.params.section import require_known
from stages.params.texts import Side

BASELINE = "baseline"
"""The variant that the others are compared with."""


class Architectures(Protocol):
    """The sections of params.yaml that make an architecture; schema.py, which checks them, imports this file."""

    @property
    def model(self) -> ModelParams:
        """What all variants share."""

    @property
    def variants(self) -> Mapping[str, Variant]:
        """By id."""


class Training(Protocol):
    """The knobs of the section `train` that a rule reads."""

    @property
    def first_seed(self) -> int:
        """The lowest."""

    @property
    def seeds(self) -> int:
        """How many."""

    @property
    def trim(self) -> str:
        """exact, always or never."""


class Padding(Protocol):
    """The knobs of the section `pad` that a rule reads."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """pre, post or both."""


class Trained(Architectures, Protocol):
    """The sections that say which models are trained."""

    @property
    def pad(self) -> Padding:
        """How texts become rows."""

    @property
    def train(self) -> Training:
        """How models are trained."""


def architecture_of(params: Architectures, variant: str) -> Architecture:
    """The variant's entry with the shared sizes filled in.

    Raises:
        UserError: the table has no such variant.
    """
    try:
        require_known("variant", variant, params.variants)
    except ValueError as error:
        raise UserError(f"params.yaml: {error}") from None
    changes = params.variants[variant].model_dump(exclude_none=True)
    return Architecture(**{**params.model.model_dump(), **changes})


def directions(architecture: Architecture) -> int:
    """In how many directions a recurrent layer reads: 1 or 2."""
    return 1 if architecture.bidirectional == "none" else 2


def ignores_padding(architecture: Architecture) -> bool:
    """Whether what the classifier reads is the same with pads and without, so that a batch may be trimmed."""
    return architecture.mask in WORKING_MASKS and HEADS[architecture.head].keeps_mask


def may_trim(architecture: Architecture) -> bool:
    """Whether trimmed batches train the same model: not with dropout, whose noise would differ between variants."""
    return ignores_padding(architecture) and not architecture.dropout and not architecture.recurrent_dropout


def trims_batches(train: Training, architecture: Architecture) -> bool:
    """Whether the training batches of an architecture are trimmed to their longest text, as `train.trim` has it."""
    return may_trim(architecture) if train.trim == "exact" else train.trim == "always"


def seed_numbers(train: Training) -> tuple[int, ...]:
    """The training seeds of every cell."""
    return tuple(range(train.first_seed, train.first_seed + train.seeds))


def masks_nothing(architecture: Architecture) -> bool:
    """Whether a second mask replaces the first and masks nothing, as no row of a learned embedding is zero."""
    return architecture.mask == "embedding+masking" and architecture.embeddings == "learned"


def trained_seeds(params: Trained, variant: str) -> tuple[int, ...]:
    """The seeds of one variant that are trained: the first alone where its mask masks nothing, which one seed shows."""
    seeds = seed_numbers(params.train)
    return seeds[:1] if masks_nothing(architecture_of(params, variant)) else seeds


def trained_side(params: Trained, variant: str, side: str) -> str:
    """The padding side that the models of a cell are trained with.

    A variant that ignores padding does not know its side: it is trained with the first and read with all of them.
    """
    return params.pad.sides[0] if ignores_padding(architecture_of(params, variant)) else side


def trained_sides(params: Trained, variant: str) -> tuple[Side, ...]:
    """The padding sides that one variant is trained with."""
    return tuple(side for side in params.pad.sides if trained_side(params, variant, side) == side)


def pads_in_order(pads: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of extra pads, the text alone (0) first, in whatever order params.yaml names them."""
    return tuple(sorted(pads))
