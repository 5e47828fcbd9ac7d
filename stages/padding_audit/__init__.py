"""Does padding leak through a Keras model, at which layer first, and what to do: `audit`, for tests
`assert_padding_invariant`.

The room depends on keras and numpy alone, and imports nothing else of the project.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .auditing import audit
    from .checking import assert_padding_invariant
    from .errors import AuditError
    from .result import Audit

__all__ = ["Audit", "AuditError", "assert_padding_invariant", "audit"]
PLACES = {"Audit": "result", "AuditError": "errors", "assert_padding_invariant": "checking", "audit": "auditing"}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: Keras takes seconds, and the command must set it up before."""
    if name in PLACES:
        return getattr(import_module(f".{PLACES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
