"""What every stage's command line shares: options from a function's signature, checked params, and clear endings."""

import argparse
import errno
import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stages.errors import UserError
from stages.params.schema import Params, load_params
from stages.runtime.files import before_naming
from stages.runtime.inputs import Inputs
from stages.runtime.parent import end_with

LESS = "or lower execution.workers, train.batch_size or model.units, and run again"
AGAIN = "remove what is in its place, and run `dvc repro` to make it"
ROOM = "make room on the disk, or change who may write there"
REMEDIES = dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST), AGAIN) | dict.fromkeys(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO), ROOM
)
"""What to do about an error of the system, by its number; any other is an internal fault."""
DATASET = "@dataset"
"""In an option of dvc.yaml: the dataset of params.yaml."""
ITEM = "@item"
"""In an option of dvc.yaml: the item of a list that the stage is run for, `pre` where it is `pad@pre`."""


def run(stage: Callable[..., None]) -> None:
    """Run one stage as a command.

    The first parameter of `stage` receives the params; each keyword-only parameter becomes an option of its name
    (`corpus: Path` becomes `--corpus`), required where it has no default. The params file is read and checked whole
    before any work. DATASET and ITEM in an option become the names that they stand for: dvc.yaml does not write them
    there itself, for the commands of dvc.yaml are read by a shell.

    Exits with code 2 and one sentence on standard error for a mistake of the user's, with 130 on an interrupt, or when
    the `dvc` that runs it is gone; an internal fault keeps its traceback.
    """
    parser = argparse.ArgumentParser(prog=stage.__name__, description=inspect.getdoc(stage))
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="the file of knobs")
    for name, parameter in list(inspect.signature(stage).parameters.items())[1:]:
        needed = parameter.default is inspect.Parameter.empty
        default = None if needed else parameter.default
        parser.add_argument(f"--{name.replace('_', '-')}", type=parameter.annotation, required=needed, default=default)
    options = vars(parser.parse_args())
    path = options.pop("params")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was begun is cleared away, as on Ctrl-C
    if "DVC_STAGE" in os.environ:
        end_with(os.getppid(), lambda: os.kill(os.getpid(), signal.SIGTERM))
    # What this terminal has no letter for is escaped, as Python does on standard error.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        token = before_naming.set(Inputs(stage.__name__, options, path).check)
        try:
            params = load_params(path)
            stage(params, **{name: _named(value, params) for name, value in options.items()})
        finally:
            before_naming.reset(token)
    except UserError as error:
        sys.exit(_ending(stage, str(error)))
    except (MemoryError, ImportError, OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno in REMEDIES:
            where = f"{error.filename}: " if error.filename else ""
            sys.exit(_ending(stage, f"{where}{error.strerror}; {REMEDIES[error.errno]}"))
        if not _is_of_memory(error):
            raise
        sys.exit(
            _ending(
                stage, f"memory ran out ({error}); close other programs, raise `ulimit -v` where one is set, {LESS}"
            )
        )
    except KeyboardInterrupt:
        print(f"{stage.__name__}: interrupted; nothing half-written was kept", file=sys.stderr)
        sys.exit(130)


def _is_of_memory(error: Exception) -> bool:
    """Whether the system refused memory, also to a library that could not be loaded or a thread."""
    words = ("failed to map segment", "cannot allocate memory", "can't start new thread")
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)


def _named(value: Any, params: Params) -> Any:
    text = str(value).replace(DATASET, params.dataset)
    if ITEM in text:
        _, run_by_dvc, item = os.environ.get("DVC_STAGE", "").rpartition("@")
        if not run_by_dvc:
            raise UserError(f"{ITEM} stands for a name that `dvc repro` hands on; give the name itself")
        text = text.replace(ITEM, item)
    return value if text == str(value) else type(value)(text)


def _ending(stage: Callable[..., None], sentence: str) -> int:
    print(f"{stage.__name__}: error: {sentence}", file=sys.stderr)
    return 2
