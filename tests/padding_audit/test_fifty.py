"""Small models with a known answer: the verdict, the first layer that leaks and the cause, on both sides."""

import pytest

from stages.padding_audit import Audit, audit
from stages.padding_audit.result import Verdict

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
PADS = (1, 4)
"""One pad, and more: where both give the same change, all is in the first."""


def summary(result: Audit, side: str) -> Leak | None:
    finding = result.sides[side]
    if finding.verdict in (Verdict.PROVEN, Verdict.EXACT, Verdict.ROUNDING):
        return None
    leak = finding.first_leak
    return leak and Leak(leak.path, leak.cause, leak.culprit, leak.call, finding.verdict)


@pytest.mark.parametrize("name", KNOWN)
def test_a_model_gets_its_known_answer(name):
    entry = KNOWN[name]
    result = audit(entry.model(), pads=PADS, **entry.options)
    assert {side: summary(result, side) for side in ("pre", "post")} == {"pre": entry.pre, "post": entry.post}
