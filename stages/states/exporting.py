"""Running one trained model on the same test texts under every condition, and writing what it computed."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.models.batching import Rows, exact_length_batches, moved
from stages.models.tensorflow_setup import one_op_after_another
from stages.models.trainer import class_probabilities
from stages.params.texts import Side
from stages.runtime.files import whole_file, write_json
from stages.runtime.paths import AUDIT, OTHER_SIDE, PAD_STEP, PATCHES, READOUT, condition_name, conditions, states_file
from stages.states.rows import filled, swapped, with_pads
from stages.states.schema import HEAD, PROBABILITY, StatesMetadata
from stages.states.writer import StatesWriter, states_writer
from stages.texts.tokens.padded import PaddedBatch, padded_batches

if TYPE_CHECKING:
    import keras

    from stages.states.instrument import InstrumentedModel, Reading
    from stages.states.pad_runs import PadRuns

SPLIT = "test"
STARTS = 128
"""Texts whose states the map of one pad is followed from."""
WINDOW_ROWS = 4096
"""Texts held at a time: they are grouped by length within a window and written in their original order."""

Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class ExportTask:
    """What one process needs to export one seed of one cell; picklable."""

    padded: Path
    model: Path
    folder: Path
    side: Side
    variant: str
    seed: int
    classes: tuple[str, ...]
    tokenizer: str
    pads: tuple[int, ...]
    texts: int | Literal["all"]
    batch_size: int
    causes: bool = False
    threads: int = 1


def export_seed(task: ExportTask) -> None:
    """Write one states file for every condition, and of the model what a pad does to its state, its audit, its readout.

    A model whose rows have one fixed width cannot read a text alone, nor with more pads than its row has. There pads-0
    is the row as it was trained with, and pads-k the row with k of its pads (or as many as it has) moved to the other
    end of the text.

    Raises:
        UserError: the model file is missing or damaged, or its output comes from no Dense layer.
    """
    from stages.states.audits import audited

    with one_op_after_another(task.threads):
        trained = loaded(task.model)
        _export_states(trained, task)
    # Its compiled loops have ops of control flow, which need TensorFlow's own scheduler.
    window = next(_windows(task))
    texts = [text for row in _rows(window) for text in _texts(window, row, task.side)]
    write_json(task.folder / AUDIT, audited(trained, texts))


def _export_states(trained: "keras.Model", task: ExportTask) -> None:
    """Write all but the audit."""
    from stages.states.every_pads import worst_pads
    from stages.states.fixed_points import pad_step
    from stages.states.instrument import InstrumentedModel, readout_directions
    from stages.states.pad_runs import PadRuns
    from stages.states.patching import patched

    model, runs = InstrumentedModel(trained), PadRuns.of(trained)
    if runs:
        export_runs(runs, task)
    else:
        for condition, pads in conditions(task.pads).items():
            read = partial(_read_window, model, task=task, condition=condition, pads=pads)
            _write(task, [condition], ([read(window)] for window in _windows(task)))
    window = next(_windows(task))
    texts = _unpadded(model, window, task)
    step = pad_step(trained, model, [tokens for tokens, _ in texts]) if model.recurrent and texts else None
    if step and runs:
        step["every_pads"] = worst_pads(runs, texts, window.tokens.shape[1], task.side)
    write_json(task.folder / PAD_STEP, step)
    with whole_file(task.folder / READOUT) as unfinished, unfinished.open("wb") as file:
        np.save(file, readout_directions(trained))
    if task.causes:
        write_json(task.folder / PATCHES, patched(trained, _of_one_length(task)))


def loaded(path: Path) -> "keras.Model":
    """The trained model.

    Raises:
        UserError: the file is missing or damaged.
    """
    import keras

    keras.backend.clear_session()
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable Keras model ({error}); run `dvc repro` to train it") from None


def export_runs(runs: "PadRuns", task: ExportTask) -> None:
    """Write every states file in runs of pads.

    With pads behind it, a text is read once for all conditions of that side; with pads before it, once for each number
    of them that leads to another state.
    """
    _write(task, list(conditions(task.pads)), (_read_runs(runs, window, task) for window in _windows(task)))


def _write(task: ExportTask, names: Sequence[str], windows: Iterator[list[Columns]]) -> None:
    """Write the states files of some conditions side by side, from the columns of each in every window."""
    writers: list[StatesWriter] = []
    model = hashlib.sha256(task.model.read_bytes()).hexdigest()
    with ExitStack() as stack:
        for by_condition in windows:
            if not writers:
                writers = [
                    stack.enter_context(
                        states_writer(states_file(task.folder, name), _metadata(task, name, columns, model))
                    )
                    for name, columns in zip(names, by_condition, strict=True)
                ]
            for writer in writers:
                writer.add(by_condition.pop(0), SPLIT)
                writer.flush()  # rows that wait for more of them would add up over the conditions


def _metadata(task: ExportTask, condition: str, columns: Columns, model: str) -> StatesMetadata:
    return StatesMetadata(
        side=task.side,
        variant=task.variant,
        seed=task.seed,
        condition=condition,
        classes=task.classes,
        tokenizer=task.tokenizer,
        model=model,
        widths={name: values.shape[1] for name, values in columns.items() if values.ndim == 2},
    )


def _windows(task: ExportTask) -> Iterator[PaddedBatch]:
    """The first `texts` test texts, which stand in random order, a window at a time."""
    left = None if task.texts == "all" else task.texts
    for window in padded_batches(task.padded / f"{SPLIT}.parquet", WINDOW_ROWS):
        rows = slice(None, left)
        yield PaddedBatch(window.text_id[rows], window.label[rows], window.tokens[rows], window.length[rows])
        if left is not None:
            left -= len(window.text_id[rows])
            if left <= 0:
                return


def _of_one_length(task: ExportTask) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], int]]:
    """Every text once: texts of one length, filled up; the classes without those; and the pads that their rows have."""
    for window in _windows(task):
        for rows in exact_length_batches(window.length, task.batch_size):
            texts = _texts(window, rows, task.side)
            yield filled(texts, task.batch_size), window.label[rows], window.tokens.shape[1] - texts.shape[1]


def _rows(window: PaddedBatch) -> Iterator[Rows]:
    """Each of the first STARTS texts of the window by itself."""
    yield from np.arange(min(STARTS, len(window.length)))[:, None]


def _unpadded(
    model: "InstrumentedModel", window: PaddedBatch, task: ExportTask
) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """The first STARTS texts of the window without padding, shape (n, length), and labels (n,), length by length.

    There are none where the model cannot read a text alone.
    """
    if model.width is not None:
        return []
    rows = slice(None, STARTS)
    first = PaddedBatch(window.text_id[rows], window.label[rows], window.tokens[rows], window.length[rows])
    return [(tokens, first.label[rows]) for rows, tokens in _batches(model, first, task, condition_name(0), pads=0)]


def _read_runs(runs: "PadRuns", window: PaddedBatch, task: ExportTask) -> list[Columns]:
    """Every column of one window under each condition, in the order of `conditions`."""
    columns = {condition: _keys(window, pads) for condition, pads in conditions(task.pads).items()}
    # Long texts first: the more room a text leaves, the longer the run of pads, and a run continues a shorter one.
    for rows in reversed(list(exact_length_batches(window.length, task.batch_size))):
        texts = _texts(window, rows, task.side)
        room = window.tokens.shape[1] - texts.shape[1]
        for side, wanted in _pads_by_side(task, room).items():
            rising = sorted(set(wanted.values()))
            for pads, reading in zip(rising, runs.read(filled(texts, task.batch_size), rising, side), strict=True):
                for condition in (name for name, count in wanted.items() if count == pads):
                    _put(columns[condition], rows, _vectors(reading))
    return list(columns.values())


def _pads_by_side(task: ExportTask, room: int) -> dict[Side, dict[str, int]]:
    """Side -> condition -> its number of pads there, for texts that leave `room` positions of their rows free."""
    counts = {name: room if pads is None else pads for name, pads in conditions(task.pads).items()}
    other = {OTHER_SIDE: counts.pop(OTHER_SIDE)}
    return {"pre": counts, "post": other} if task.side == "pre" else {"post": counts, "pre": other}


def _read_window(
    model: "InstrumentedModel", window: PaddedBatch, task: ExportTask, condition: str, pads: int | None
) -> Columns:
    """Every column of one window under one condition, in the window's order."""
    columns = _keys(window, pads)
    for rows, tokens in _batches(model, window, task, condition, pads):
        _put(columns, rows, _vectors(model.read(filled(tokens, task.batch_size))))
    return columns


def _keys(window: PaddedBatch, pads: int | None) -> Columns:
    return {
        "text_id": window.text_id,
        "label": window.label,
        "length": window.length,
        "pads": window.tokens.shape[1] - window.length if pads is None else np.full_like(window.length, pads),
    }


def _put(columns: Columns, rows: Rows, vectors: dict[str, NDArray[np.float32]]) -> None:
    """Set these rows of every vector column, which is made where it is missing.

    `vectors` may go on behind them, as a batch does that is filled up.
    """
    for name, values in vectors.items():
        if name not in columns:
            columns[name] = np.empty((len(columns["length"]), values.shape[1]), dtype=np.float32)
        columns[name][rows] = values[: len(rows)]


def _batches(
    model: "InstrumentedModel", window: PaddedBatch, task: ExportTask, condition: str, pads: int | None
) -> Iterator[tuple[Rows, NDArray[np.int32]]]:
    """Rows of the window and the tokens that the model reads for them.

    All texts of a batch have the same length, so that pads-0 holds no padding at all, and every condition has batches
    of the same texts: on many processors the last bits of a row depend on how many rows there are beside it.
    """
    for rows in exact_length_batches(window.length, task.batch_size):
        tokens, length = window.tokens[rows], window.length[rows]
        if pads is None:
            yield rows, swapped(tokens, length, task.side) if condition == OTHER_SIDE else tokens
        elif model.width is not None:
            yield rows, moved(tokens, length, pads, task.side)
        else:
            yield rows, with_pads(_texts(window, rows, task.side), pads, task.side)


def _texts(window: PaddedBatch, rows: Rows, side: Side) -> NDArray[np.int32]:
    """Texts of one length without their padding, shape (n, length)."""
    length, width = int(window.length[rows[0]]), window.tokens.shape[1]
    start = width - length if side == "pre" else 0
    return window.tokens[rows, start : start + length]


def _vectors(reading: "Reading") -> dict[str, NDArray[np.float32]]:
    vectors = {PROBABILITY: class_probabilities(reading.output)}
    for layer, states in reading.states.items():
        vectors |= {f"{letter}_{layer}": values for letter, values in states.items()}
    return {**vectors, HEAD: reading.head}
