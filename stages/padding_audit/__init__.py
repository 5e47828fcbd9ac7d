"""Does padding leak through a Keras model, at which layer first, and what to do: `audit`, for tests
`assert_padding_invariant`.

The room depends on keras and numpy alone, and imports nothing else of the project.
"""

from .auditing import audit
from .checking import assert_padding_invariant
from .errors import AuditError
from .result import Audit

__all__ = ["Audit", "AuditError", "assert_padding_invariant", "audit"]
