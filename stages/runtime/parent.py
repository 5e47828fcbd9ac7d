"""A process that ends with the one that started it, however that was killed."""

import os
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.5


def end_with(parent: int, end: Callable[[], object]) -> None:
    """Call `end`, in a thread of its own, as soon as this process has another parent than `parent`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL_SECONDS)
        end()

    threading.Thread(target=watch, daemon=True).start()
