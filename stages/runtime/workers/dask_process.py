"""The process beside a dask worker that runs tasks, as a process of the local pool does.

The worker starts it by its module name in the project's folder (dask_plugin.py says why), so that relative paths mean
there what they mean where the pipeline runs, and so that the code is the project's as it stands now, not what a worker
that has been up for days imported once. It reads tasks from standard input, and ends when that is closed or stays
silent.
"""

import os
import signal
import sys

from stages.runtime.workers.tasks import answer_tasks

IDLE_SECONDS = 60
"""Without a task for so long the process ends: who sent the others was killed, or has no more."""


def main() -> None:
    """Answer tasks until there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a worker is for the worker, and is not the task's error
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answer_tasks(sys.stdin.buffer, answers, where="on the cluster", idle=IDLE_SECONDS)


if __name__ == "__main__":
    main()
