"""The masks, recurrent cells and heads that params.yaml may name, with the facts about each that other rooms ask for.

The layers themselves are built in stages/models; a new cell or head is one entry here and one builder there.
"""

from dataclasses import dataclass

NO_RECURRENCE = "none"

WORKING_MASKS = ("embedding", "masking_on_zeroed_row", "explicit")
"""The masks that keep pads out of a recurrent state."""


@dataclass(frozen=True)
class Recurrent:
    """One kind of recurrent layer.

    Attributes:
        layer: name of the class in `keras.layers`.
        products: products of input and state with a kernel that a step takes, one for each gate and the candidate.
        elementwise: operations of one unit beside them, every activation counted as one.
        states: tensors of its state: h, and c where there is one.
        fused: whether Keras has a fused GPU kernel for it, which `use_cudnn` may ask for.
    """

    layer: str
    products: int
    elementwise: int
    states: int = 1
    fused: bool = True


RECURRENT: dict[str, Recurrent] = {
    # Three gates, the candidate and tanh of the cell; three operations for the new cell state, one for the hidden one.
    "lstm": Recurrent("LSTM", products=4, elementwise=9, states=2),
    # Two gates and the candidate; the reset product, and four operations that mix the old state with the candidate.
    "gru": Recurrent("GRU", products=3, elementwise=8),
    "simple_rnn": Recurrent("SimpleRNN", products=1, elementwise=1, fused=False),
}
"""By the name that `recurrent` has in params.yaml."""


@dataclass(frozen=True)
class Head:
    """What stands between the recurrent layers and the classifier.

    Attributes:
        reads_steps: whether it reads the states of all steps and not the final one alone.
        keeps_mask: whether it gives the same vector with pads and without, to rounding, where a working mask stands
            below it: what a batch of a masked model may be trimmed for.
        fixed_width: whether its weights belong to positions, so that every row has one width.
    """

    reads_steps: bool = True
    keeps_mask: bool = False
    fixed_width: bool = False


HEADS: dict[str, Head] = {
    "last": Head(reads_steps=False, keeps_mask=True),
    "mean": Head(keeps_mask=True),
    "mean_naive": Head(),
    "max": Head(),
    "attention": Head(keeps_mask=True),
    "multi_head_attention": Head(keeps_mask=True),
    "conv": Head(),
    "flatten": Head(fixed_width=True),
    "last_index": Head(),
}
"""By the name that `head` has in params.yaml."""
