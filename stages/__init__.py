"""The padding-impact pipeline: one module per DVC stage, and the rooms of library code behind them."""

import sys
from types import TracebackType

if sys.argv[0] == "-m":  # the module that is run comes next, and its imports, which take seconds
    usual = sys.excepthook

    def without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell of an interrupt in one line, of all else as Python does."""
        if issubclass(kind, KeyboardInterrupt):
            print("interrupted before any work began", file=sys.stderr)
        else:
            usual(kind, error, trace)

    sys.excepthook = without_traceback
