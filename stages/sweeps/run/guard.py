"""Run one command and end it, with everything that it started, as soon as the process that asked for it is gone.

Run as a file: guard.py PID COMMAND…, as the first process of a session of its own. A sweep that is killed has no
chance to end its experiments, and each is a tree of processes (DVC, a shell, a stage, its workers) that would go on.
"""

import os
import signal
import subprocess
import sys
import threading
import time

POLL_SECONDS = 0.2


def guarded(parent: int, command: list[str]) -> int:
    """Run `command` while the process `parent` lives; its exit code, as a shell tells it (128 + signal)."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    code = subprocess.call(command, stdin=subprocess.DEVNULL)
    return code if code >= 0 else 128 - code


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(guarded(int(sys.argv[1]), sys.argv[2:]))
