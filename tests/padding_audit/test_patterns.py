"""How a change grows with the number of pads, layer by layer behind `Embedding(mask_zero)`, and rows of pads alone."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from . import models_attention, models_layers, models_recurrent
from .models import KNOWN, UNITS, L, masked, randomised, tokens

MODULES = (models_attention, models_layers, models_recurrent)
"""Reading them fills KNOWN."""
TEXTS = np.random.default_rng(3).integers(1, 20, (11, 5))
ROUNDING = 2 * float(np.finfo(np.float32).eps)
EXACT, ROUNDED, CONSTANT, GROWS = "0 0 0", "0", "a a 0", "grows"


def changes(model: keras.Model, side: str) -> tuple[float, float, float]:
    """The largest changes of the output from 0 to 1 pad, from 0 to 4 and from 1 to 4, by its largest value."""
    rows = [np.pad(TEXTS, ((0, 0), (pads, 0) if side == "pre" else (0, pads))) for pads in (0, 1, 4)]
    none, one, four = (np.asarray(model(row.astype("int32"), training=False)) for row in rows)
    largest = np.abs(none).max()
    return tuple(float(np.abs(a - b).max() / largest) for a, b in ((none, one), (none, four), (one, four)))  # type: ignore[return-value]


def pattern(change: tuple[float, float, float]) -> str:
    if not any(change):
        return EXACT
    if max(change) <= ROUNDING:
        return ROUNDED
    return CONSTANT if change[0] == change[1] and change[2] == 0 else GROWS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "pre", "post"),
    [
        *((name, EXACT, EXACT) for name in ("lstm", "gru", "gru_reset_before", "rnn_of_cells", "bidirectional_last")),
        ("stack", EXACT, EXACT),
        ("average_of_states", ROUNDED, ROUNDED),
        ("multi_head_attention", ROUNDED, ROUNDED),
        ("dot_attention", ROUNDED, ROUNDED),
        ("additive_attention", ROUNDED, ROUNDED),
        ("largest_of_states", CONSTANT, EXACT),
        ("largest_of_both_directions", CONSTANT, CONSTANT),
        ("last_step_of_both_directions", EXACT, CONSTANT),
        ("last_step", EXACT, EXACT),
        ("convolution", GROWS, GROWS),
        ("mean_by_hand", GROWS, GROWS),
        ("softmax_over_time_by_hand", GROWS, GROWS),
    ],
)
def test_a_change_grows_with_the_pads_as_it_is_known_to(name, pre, post):
    model = KNOWN[name].model()
    got = {side: pattern(changes(model, side)) for side in ("pre", "post")}
    for side, expected in (("pre", pre), ("post", post)):
        assert got[side] in ({EXACT, ROUNDED} if expected == ROUNDED else {expected})


def test_the_last_step_of_both_directions_is_lost_whatever_the_text():
    """The backward half has read nothing but pads there: zeros, which 1 and 4 pads have in common."""
    model = KNOWN["last_step_of_both_directions"].model()
    padded = np.asarray(model(np.pad(TEXTS, ((0, 0), (0, 1))).astype("int32"), training=False))
    alone = np.asarray(model(TEXTS.astype("int32"), training=False))
    assert not padded.any()
    assert (np.abs(alone).max(axis=1) > 0).all()


def of_pads_alone(*layers: Any) -> np.ndarray:
    keras.utils.clear_session(free_memory=False)
    ids = tokens()
    tensor = masked(ids)
    for layer in layers:
        tensor = layer(tensor)
    return np.asarray(randomised(keras.Model(ids, tensor))(np.zeros((2, 3), "int32")))


ALONE: dict[str, tuple[Callable[[], Any], ...]] = {
    "average": (L.GlobalAveragePooling1D,),
    "multi_head": (lambda: lambda steps: L.MultiHeadAttention(2, UNITS)(steps, steps), L.GlobalAveragePooling1D),
    "additive": (lambda: lambda steps: L.AdditiveAttention()([steps, steps]), L.GlobalAveragePooling1D),
}


def test_an_lstm_gives_zeros_for_a_row_of_pads_alone():
    assert not of_pads_alone(L.LSTM(UNITS)).any()


@pytest.mark.parametrize("name", ALONE)
def test_an_average_of_no_step_is_no_number(name):
    assert np.isnan(of_pads_alone(*(layer() for layer in ALONE[name]))).all()


def test_a_sum_of_dot_attention_is_zero_for_a_row_of_pads_alone():
    def summed(steps: Any) -> Any:
        return keras.ops.sum(L.Attention()([steps, steps]), axis=1)

    assert not of_pads_alone(summed).any()


def test_patterns_are_told_apart():
    assert [pattern(change) for change in ((0, 0, 0), (1e-8, 0, 1e-8), (0.5, 0.5, 0), (0.1, 0.2, 0.15))] == [
        EXACT,
        ROUNDED,
        CONSTANT,
        GROWS,
    ]
