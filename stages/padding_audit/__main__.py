"""`padding-audit MODEL`: whether padding leaks through a model, on one page. Exit code 0: exact, 1: it leaks, 2: a
mistake of the user's.
"""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import AuditError
from .files import checked_file, write_whole

if TYPE_CHECKING:
    from .from_files import Request

LEAKS, MISTAKE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the model that the command line names, print the page, and write it where --output says.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        for path in map(Path, filter(None, (options.model, options.data, options.tokenizer))):
            if not path.is_dir():  # of which more is known where it is read
                checked_file(path)
        with _quiet():
            _start()
        return _run(options)
    except AuditError as error:
        print(error, file=sys.stderr)
        return MISTAKE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="padding-audit",
        description="Does padding leak through a Keras model, from which layer on, and what to do? "
        "Exit code 0: exact, 1: it leaks, 2: a mistake in what was given.",
    )
    add = parser.add_argument
    add("model", metavar="MODEL", help="a .keras or .h5 file")
    add(
        "--data",
        metavar="FILE",
        help=".csv, .tsv, .jsonl, .parquet, .npz or .npy; without it, texts are made from the signature",
    )
    add("--tokenizer", metavar="FILE", help="the tokenizer.json that makes ids of texts")
    add("--text", metavar="COLUMN", default="", help="the column of texts")
    add("--label", metavar="COLUMN", default="", help="the column of labels")
    add(
        "--import",
        metavar="MODULE",
        dest="imports",
        action="append",
        default=[],
        help="a Python file or module that defines the model's own layers; it is run; may be given several times",
    )
    add("--trust", action="store_true", help="run code that stands in the model's file (Lambda layers)")
    add("--sides", nargs="+", choices=("pre", "post"), default=["pre", "post"], help="default: pre post")
    add(
        "--pads",
        nargs="+",
        type=number_of_pads,
        default=[1, 4, 16],
        metavar="N",
        help="numbers of pads; default: 1 4 16",
    )
    add("--pad-value", nargs="+", default=[], metavar="VALUE", help="VALUE, or NAME=VALUE for one input")
    add("--time-input", nargs="+", metavar="NAME", help="the inputs that carry time, where they are not found")
    add("--output", metavar="FOLDER", type=Path, help="write report.json, report.md and report.html there")
    return parser


def number_of_pads(word: str) -> int:
    """At least 1."""
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is no number of pads; at least 1")
    return number


def _run(options: argparse.Namespace) -> int:
    from .from_files import audit_files
    from .page import html, markdown, terminal

    result = audit_files(_request(options))
    print(terminal(result), end="")
    if options.output:
        write_whole(options.output / "report.json", result.to_json())
        write_whole(options.output / "report.md", markdown(result))
        write_whole(options.output / "report.html", html(result))
    return LEAKS if result.leaks else 0


def _request(options: argparse.Namespace) -> "Request":
    from .from_files import Request

    named = [word.rpartition("=") for word in options.pad_value]
    return Request(
        model=options.model,
        data=options.data,
        tokenizer=options.tokenizer,
        text=options.text,
        label=options.label,
        imports=options.imports,
        trust=options.trust,
        sides=options.sides,
        pads=options.pads,
        pad_value=next((_number(value) for name, _, value in named if not name), None),
        pad_values={name: _number(value) for name, _, value in named if name},
        time_inputs=options.time_input,
    )


def _number(word: str) -> float:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        raise AuditError(f"--pad-value: {word!r} is no number; give VALUE or NAME=VALUE") from None


def _start() -> None:
    """Import Keras and let its backend look for devices."""
    try:
        import keras

        keras.ops.zeros(1)
    except ImportError as error:
        raise AuditError(
            f"Keras cannot start ({error}): run `pip install tensorflow`, or name the backend that is installed in "
            "KERAS_BACKEND"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep off the terminal what TensorFlow logs from C++ before it can be told not to."""
    warnings.filterwarnings("ignore", module="keras")
    logging.getLogger("absl").setLevel(logging.ERROR)
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") != "3":
        yield
        return
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
