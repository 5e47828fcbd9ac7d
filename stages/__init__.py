"""The padding-impact pipeline: one module per DVC stage, and the rooms of library code behind them."""

import os
import sys
from pathlib import Path
from types import TracebackType

ONE_ARITHMETIC = {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_ENABLE_ONEDNN_OPTS": "0", "OPENBLAS_CORETYPE": "Haswell"}
"""TensorFlow's and numpy's products add in another order on processors with wider vectors, and a training that begins
with another last bit ends elsewhere. With these, all x86 processors that have AVX2 train the same weights; attention
and layer normalization excepted, whose reciprocals every make approximates in its way."""

CPUS = Path("/proc/cpuinfo")
if CPUS.exists() and " avx2 " in CPUS.read_text(encoding="utf-8"):  # read by the libraries when they are imported
    for name, value in ONE_ARITHMETIC.items():
        os.environ.setdefault(name, value)

if sys.argv[0] == "-m":  # the module that is run comes next, and its imports, which take seconds
    usual = sys.excepthook

    def without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell of an interrupt in one line, of all else as Python does."""
        if issubclass(kind, KeyboardInterrupt):
            print("interrupted before any work began", file=sys.stderr)
        else:
            usual(kind, error, trace)

    sys.excepthook = without_traceback
