"""Running one trained model on the same test texts under every condition, and writing what it computed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.files import write_json
from stages.layout import OTHER_SIDE, PAD_STEP, condition_name, conditions
from stages.modeling.batching import Rows, exact_length_batches, moved, sorted_batches, swapped, with_pads
from stages.modeling.tensorflow_runtime import prepare_tensorflow
from stages.modeling.training import class_probabilities
from stages.preparation import Side
from stages.states.schema import HEAD, PROBABILITY, StatesMetadata
from stages.states.writer import states_writer
from stages.tokens.padded import PaddedBatch, padded_batches

if TYPE_CHECKING:
    from stages.modeling.instrument import InstrumentedModel, Reading

SPLIT = "test"
STARTS = 128
"""Texts whose states the map of one pad is followed from."""
WINDOW_ROWS = 4096
"""Texts held at a time: they are grouped by length within a window and written in their original order."""

Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class ExportUnit:
    """What one process needs to export one seed of one cell; picklable."""

    padded: Path
    model: Path
    folder: Path
    dataset: str
    side: Side
    variant: str
    seed: int
    classes: int
    pads: tuple[int, ...]
    texts: int | Literal["all"]
    batch_size: int
    params: str


def export_seed(unit: ExportUnit) -> None:
    """Write one states file for every condition, and what one pad does to the state.

    A model whose rows have one fixed width cannot read a text alone, nor with more pads than its row has. There pads-0
    is the row as it was trained with, and pads-k the row with k of its pads (or as many as it has) moved to the other
    end of the text.

    Raises:
        UserError: the model file is missing or damaged.
    """
    prepare_tensorflow()
    import keras

    from stages.modeling.dynamics import pad_step
    from stages.modeling.instrument import InstrumentedModel

    keras.backend.clear_session()
    try:
        trained = keras.models.load_model(unit.model, compile=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{unit.model}: not a readable Keras model ({error}); run `dvc repro` to train it") from None
    model = InstrumentedModel(trained)
    for condition, pads in conditions(unit.pads).items():
        _export_condition(model, unit, condition, pads)
    texts = _unpadded(model, next(_windows(unit)), unit)
    write_json(unit.folder / PAD_STEP, pad_step(trained, model, texts) if model.recurrent and texts else None)


def _export_condition(model: "InstrumentedModel", unit: ExportUnit, condition: str, pads: int | None) -> None:
    windows = _windows(unit)
    first = _read_window(model, next(windows), unit, condition, pads)
    metadata = StatesMetadata(
        dataset=unit.dataset,
        side=unit.side,
        variant=unit.variant,
        seed=unit.seed,
        condition=condition,
        classes=unit.classes,
        widths={name: values.shape[1] for name, values in first.items() if values.ndim == 2},
        params=unit.params,
    )
    with states_writer(unit.folder / f"{condition}.parquet", metadata) as writer:
        writer.add(first, SPLIT)
        for window in windows:
            writer.add(_read_window(model, window, unit, condition, pads), SPLIT)


def _windows(unit: ExportUnit) -> Iterator[PaddedBatch]:
    """The first `texts` test texts, which stand in random order, a window at a time."""
    left = None if unit.texts == "all" else unit.texts
    for window in padded_batches(unit.padded / f"{SPLIT}.parquet", WINDOW_ROWS):
        rows = slice(None, left)
        yield PaddedBatch(window.text_id[rows], window.label[rows], window.tokens[rows], window.length[rows])
        if left is not None:
            left -= len(window.text_id[rows])
            if left <= 0:
                return


def _unpadded(model: "InstrumentedModel", window: PaddedBatch, unit: ExportUnit) -> list[NDArray[np.int32]]:
    """The first STARTS texts of the window without padding, shape (n, length), one length an array.

    There are none where the model cannot read a text alone.
    """
    if model.width is not None:
        return []
    rows = slice(None, STARTS)
    first = PaddedBatch(window.text_id[rows], window.label[rows], window.tokens[rows], window.length[rows])
    return [tokens for _, tokens in _batches(model, first, unit, condition_name(0), pads=0)]


def _read_window(
    model: "InstrumentedModel", window: PaddedBatch, unit: ExportUnit, condition: str, pads: int | None
) -> Columns:
    """Every column of one window under one condition, in the window's order."""
    columns: Columns = {
        "text_id": window.text_id,
        "label": window.label,
        "length": window.length,
        "pads": window.tokens.shape[1] - window.length if pads is None else np.full_like(window.length, pads),
    }
    for rows, tokens in _batches(model, window, unit, condition, pads):
        for name, values in _vectors(model.read(tokens), unit.classes).items():
            if name not in columns:
                columns[name] = np.empty((len(window.length), values.shape[1]), dtype=np.float32)
            columns[name][rows] = values
    return columns


def _batches(
    model: "InstrumentedModel", window: PaddedBatch, unit: ExportUnit, condition: str, pads: int | None
) -> Iterator[tuple[Rows, NDArray[np.int32]]]:
    """Rows of the window and the tokens that the model reads for them.

    With a fixed number of pads all texts of a batch have the same length, so that pads-0 holds no padding at all and
    every condition has batches of the same texts.
    """
    if pads is None:
        tokens = swapped(window.tokens, window.length, unit.side) if condition == OTHER_SIDE else window.tokens
        for rows in sorted_batches(window.length, unit.batch_size):
            yield rows, tokens[rows]
        return
    for rows in exact_length_batches(window.length, unit.batch_size):
        if model.width is not None:
            yield rows, moved(window.tokens[rows], window.length[rows], pads, unit.side)
            continue
        length, width = int(window.length[rows[0]]), window.tokens.shape[1]
        start = width - length if unit.side == "pre" else 0
        yield rows, with_pads(window.tokens[rows, start : start + length], pads, unit.side)


def _vectors(reading: "Reading", classes: int) -> dict[str, NDArray[np.float32]]:
    vectors = {PROBABILITY: class_probabilities(reading.output, classes)}
    for layer, states in reading.states.items():
        vectors |= {f"{letter}_{layer}": values for letter, values in states.items()}
    return {**vectors, HEAD: reading.head}
