"""What a case is, and running one in a process of its own with a bound on its time."""

import contextlib
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60
"""After so many a case that has not ended hangs."""
LONGEST_SENTENCE = 700

Act = Callable[[], None]


@dataclass(frozen=True)
class Case:
    """One input or fault.

    Attributes:
        kind: the row of the table that counts it.
        name: what was tried.
        prepare: writes it into an empty folder and gives what to run, in that folder.
        words: what a clear refusal names; None where the input is right and must be read.
        holds: whether what was read is right; looked at in the folder behind a run that ended well.
        either: whether to be read is as good as to be refused.
        clean: whether nothing is left that should not be, behind a run that was refused.
    """

    kind: str
    name: str
    prepare: Callable[[Path], Act]
    words: tuple[str, ...] | None = None
    holds: Callable[[Path], bool] = lambda folder: True
    either: bool = False
    clean: Callable[[Path], bool] = lambda folder: True


@dataclass(frozen=True)
class Ending:
    """How a process ended: its exit code, None where it had to be killed, and what it said on standard error."""

    code: int | None
    said: str


def outcome(case: Case) -> tuple[str, str]:
    """right, clear, unclear, traceback, hang or wrong, and what was said."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        act = case.prepare(folder)
        ending = _run(act, folder)
        word = _judged(case, ending, folder)
    return word, ending.said


def _judged(case: Case, ending: Ending, folder: Path) -> str:
    if ending.code is None:
        return "hang"
    interrupted = ending.code == 130 and "interrupted" in ending.said
    if (ending.code not in (0, 1, 2) and not interrupted) or "Traceback" in ending.said:
        return "traceback"
    if ending.code == 0:
        read = case.either or case.words is None
        return "right" if read and case.holds(folder) else "wrong"
    if case.words is None or not case.clean(folder):
        return "wrong"
    if interrupted:
        return "clear"
    every = [line for line in ending.said.splitlines() if line.strip()]
    lines = [line for line in every if "error: " in line] or every
    named = len(lines) == 1 and len(lines[0]) <= LONGEST_SENTENCE and all(word in lines[0] for word in case.words)
    return "clear" if named and ending.code == 2 else "unclear"


def _run(act: Act, folder: Path) -> Ending:
    """Run it in a fork, so that a case costs no import, in `folder`."""
    said = folder / ".said"
    said.touch()
    child = os.fork()
    if child == 0:
        _in_child(act, folder, said)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return Ending(os.waitstatus_to_exitcode(status), said.read_text(errors="replace"))
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Ending(None, said.read_text(errors="replace"))


def _in_child(act: Act, folder: Path, said: Path) -> None:
    code = 70
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        errors = os.open(said, os.O_WRONLY)
        os.dup2(errors, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - it lives as long as the process
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        act()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - a panic of a library is no Exception
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)
