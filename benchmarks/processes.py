"""Work in processes of their own, so that nothing is warm, and memory is that of the work alone."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import REPOSITORY


@dataclass(frozen=True)
class Done:
    """What a process said on its last line of output, and what it took.

    Attributes:
        said: the last line, as JSON.
        cpu: CPU seconds of it and of the processes that it waited for, imports included.
        peak: largest resident set of it or of one of those, in MiB.
    """

    said: dict[str, Any]
    cpu: float
    peak: float


def done(command: list[str], folder: Path = REPOSITORY, **environment: str) -> Done:
    """Run a command to its end; ends the program where it fails."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        variables = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(REPOSITORY), **os.environ, **environment}
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        errors.seek(0)
        if status:
            sys.exit(f"{' '.join(command)} failed:\n{errors.read()}")
        lines = output.read().splitlines()
    said = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Done(said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def rival(name: str, *options: str, python: str = sys.executable) -> Done:
    """Run one of `benchmarks/rivals/` to its end."""
    return done([python, str(REPOSITORY / "benchmarks" / "rivals" / f"{name}.py"), *options])
