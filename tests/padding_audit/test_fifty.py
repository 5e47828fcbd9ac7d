"""Small models with a known answer: the verdict, the first layer that leaks and the cause, on both sides."""

from contextlib import ExitStack
from functools import cache
from unittest.mock import patch

import pytest

from stages.padding_audit import Audit, audit, auditing
from stages.padding_audit.facts import ROUNDING
from stages.padding_audit.result import Did, Verdict

from . import (
    models_attention,
    models_inputs,
    models_layers,
    models_numbers,
    models_recurrent,
    models_several,
    models_traps,
)
from .models import KNOWN, Leak

MODULES = (
    models_attention,
    models_inputs,
    models_layers,
    models_numbers,
    models_recurrent,
    models_several,
    models_traps,
)
"""Reading them fills KNOWN."""
pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask information")
PADS = (3,)
QUICK = ("lstm_without_mask", "largest_of_states", "half_masked_concatenate", "dot_attention", "flattened")


def names(*some: str) -> list[object]:
    """Names of known models, all but a few marked slow."""
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in some]


@cache
def audited(name: str) -> Audit:
    """The audit of a known model, without cures, and of most without predictions: they have tests of their own."""
    left_out = ("cures",) if name in QUICK else ("cures", "hazards", "pads_rows")
    with ExitStack() as stack:
        for part in left_out:
            stack.enter_context(patch.object(auditing, part, return_value=[]))
        return audit(KNOWN[name].model(), **{"pads": PADS, **KNOWN[name].options})


def answer(result: Audit, side: str) -> Leak | None:
    finding = result.sides[side]
    if finding.verdict in (Verdict.PROVEN, Verdict.EXACT, Verdict.ROUNDING):
        return None
    leak = finding.first_leak
    return leak and Leak(leak.path, leak.cause, leak.culprit, leak.call, finding.verdict)


def did(name: str, layer: str) -> Did:
    return next(row.did for row in audited(name).layers if row.path == layer)


@pytest.mark.parametrize("name", names(*KNOWN))
def test_a_model_gets_its_known_answer(name):
    known = {"pre": KNOWN[name].pre, "post": KNOWN[name].post}
    assert {side: answer(audited(name), side) for side in known} == known


@pytest.mark.parametrize(
    ("name", "moves"), [("teacher_forced_decoder", False), ("teacher_forced_decoder_with_states", True)]
)
def test_states_move_a_layer_only_where_something_reads_them(name, moves):
    (row,) = (row for row in audited(name).layers if row.path == "decoder")
    assert [change > ROUNDING for change in row.change["post"].values()] == [moves]
    assert all(change > ROUNDING for change in row.change["pre"].values())


@pytest.mark.slow
@pytest.mark.parametrize("layer", models_layers.HANDS_ON)
def test_a_layer_hands_the_mask_on(layer):
    assert did("behind_all_that_hand_on", layer) is Did.KEPT


@pytest.mark.slow
def test_behind_all_layers_that_hand_it_on_the_mask_is_used():
    assert did("behind_all_that_hand_on", "lstm") is Did.CONSUMED


@pytest.mark.parametrize(
    "name",
    names(
        *(f"behind_{layer}" for layer in models_layers.DROPS_WITH_A_WARNING),
        *(f"behind_op_{operation}" for operation in models_layers.DROPS_WITHOUT_A_WORD),
        *(f"half_masked_{layer}" for layer in models_layers.MERGES),
    ),
)
def test_a_layer_drops_the_mask(name):
    layer = name.removeprefix("behind_").removeprefix("op_").removeprefix("half_masked_")
    assert did(name, layer) is Did.DESTROYED
    assert did(name, "lstm") is Did.LOST_BEFORE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layer", "expected"),
    [
        ("half_masked_concatenate", "concatenate", Did.REPLACED),
        ("masking_behind_embedding", "masking", Did.REPLACED),
        ("lstm_with_initial_state", "lstm", Did.NOT_HANDED),
        ("lstm", "embedding", Did.MADE),
        ("average_of_states", "global_average_pooling1d", Did.CONSUMED),
        ("dot_attention", "attention", Did.KEPT),
        ("lstm_without_mask", "lstm", Did.NONE),
    ],
)
def test_what_a_layer_did_with_the_mask(name, layer, expected):
    assert did(name, layer) is expected


def test_a_masked_step_repeats_the_output_before_it():
    steps = {row.path: row.at_masked_steps for row in audited("largest_of_states").layers}
    assert steps["lstm"] == "repeats"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layer", "expected"), [("tagger", "bidirectional", "zeros"), ("zeroed_tagger", "lstm", "zeros")]
)
def test_masked_steps_of_both_directions_are_zeros(name, layer, expected):
    assert {row.path: row.at_masked_steps for row in audited(name).layers}[layer] == expected


def test_fifty_models_and_more_are_known():
    assert len(KNOWN) > 150
