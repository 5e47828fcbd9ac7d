"""A check for the user's own tests."""

from collections.abc import Sequence
from typing import Any

from .auditing import PADS, SIDES, audit


def assert_padding_invariant(
    model: Any, batch: Any = None, sides: Sequence[str] = SIDES, pads: Sequence[int] = PADS, **options: Any
) -> None:
    """Fail where padding changes what a model gives.

    Args:
        model: a keras.Model.
        batch: texts as the model reads them, padded or not; None: they are made from the signature.
        sides: pre, post or both.
        pads: numbers of pads.
        options: further arguments of `audit`.

    Raises:
        AssertionError: padding leaks; the message is the audit's sentence.
        AuditError: the model or the batch cannot be audited.
    """
    result = audit(model, batch, sides=sides, pads=pads, **options)
    if result.leaks:
        raise AssertionError(result.sentence)
