"""Training one seed of one cell: from padded texts to a model, its history and its scores on every split."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.files import read_json, whole_folder, write_json
from stages.modeling.batching import Rows, computed_tokens, epoch_batches, sorted_batches, trimmed
from stages.modeling.saving import save_model
from stages.modeling.tensorflow_runtime import prepare_tensorflow
from stages.params import SPLITS, Architecture, Side, TrainParams
from stages.stats.scores import Scores, score
from stages.tokens.padded import PaddedBatch, read_padded

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SCORING_BATCH = 256


@dataclass(frozen=True)
class TrainingUnit:
    """What one process needs to train one seed of one cell; picklable."""

    padded: Path
    folder: Path
    side: Side
    architecture: Architecture
    train: TrainParams
    seed: int


@dataclass(frozen=True)
class Feed:
    """The texts of one split as a model reads them: trimmed to the batch's longest text, or `max_len` wide."""

    texts: PaddedBatch
    side: Side
    trims: bool

    def batch(self, rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Tokens (b, width) and labels (b, 1) of the texts in `rows`."""
        tokens = self.texts.tokens[rows]
        if self.trims:
            tokens = trimmed(tokens, self.texts.length[rows], self.side)
        return tokens, self.texts.label[rows, np.newaxis].astype(np.float32)


def train_seed(unit: TrainingUnit) -> None:
    """Train one seed and write its folder: model.keras, history.csv (one row an epoch) and scores.json.

    While it trains, the folder has a partial name and history.csv grows in it.
    """
    prepare_tensorflow()
    import keras

    from stages.modeling.architecture import build_model

    keras.backend.clear_session()
    keras.utils.set_random_seed(unit.seed)
    profile = read_json(unit.padded / "profile.json")
    classes = len(profile["classes"])
    trims = unit.architecture.trims_training
    feeds = {name: Feed(read_padded(unit.padded / f"{name}.parquet"), unit.side, trims) for name in SPLITS}
    model = build_model(unit.architecture, profile["vocabulary_size"], classes, unit.seed)
    _compile(model, classes, unit.train.learning_rate)
    with whole_folder(unit.folder) as folder:
        cost = _fit(model, feeds["train"], feeds["validation"], unit, folder)
        save_model(model, folder / "model.keras")
        scores = {name: _scores(model, feed, classes).as_json() for name, feed in feeds.items()}
        write_json(folder / "scores.json", {"splits": scores, "training": cost, "parameters": model.count_params()})


def _compile(model: "keras.Model", classes: int, learning_rate: float) -> None:
    import keras

    binary = classes == 2
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.BinaryCrossentropy() if binary else keras.losses.SparseCategoricalCrossentropy(),
        metrics=[
            keras.metrics.BinaryAccuracy(name="accuracy")
            if binary
            else keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        ],
        jit_compile=False,  # XLA would compile anew for every width of a batch
    )


def _fit(model: "keras.Model", training: Feed, validation: Feed, unit: TrainingUnit, folder: Path) -> dict[str, int]:
    """Train `model` in place; return how many tokens were computed and how many of them were text.

    Raises:
        UserError: the training diverged.
    """
    import keras

    lengths, train = training.texts.length, unit.train
    max_len = training.texts.tokens.shape[1]
    cost = {"epochs": 0, "computed_tokens": 0, "text_tokens": 0}
    epochs = np.random.SeedSequence(unit.seed).spawn(train.epochs)

    def plan(epoch: int) -> list[Rows]:
        return epoch_batches(lengths, train.batch_size, train.grouping, np.random.default_rng(epochs[epoch]))

    def count(epoch: int, _logs: dict[str, float]) -> None:
        cost["epochs"] += 1
        cost["computed_tokens"] += computed_tokens(plan(epoch), lengths, max_len, trims=training.trims)
        cost["text_tokens"] += int(lengths.sum())

    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.CSVLogger(str(folder / "history.csv")),
        keras.callbacks.LambdaCallback(on_epoch_end=count),
    ]
    if train.patience:
        callbacks.append(keras.callbacks.EarlyStopping(patience=train.patience, restore_best_weights=True))
    model.fit(
        _stream(training, (rows for epoch in range(train.epochs) for rows in plan(epoch))),
        steps_per_epoch=len(plan(0)),
        epochs=train.epochs,
        validation_data=_dataset(validation, sorted_batches(validation.texts.length, SCORING_BATCH)),
        callbacks=callbacks,
        shuffle=False,  # the plan is the order
        verbose=0,
    )
    if not all(np.isfinite(weights).all() for weights in model.get_weights()):
        raise UserError(
            f"{unit.folder.name}: the weights became infinite or NaN in training; lower train.learning_rate "
            f"(now {train.learning_rate:g}) and run again"
        )
    return cost


def _stream(feed: Feed, batches: Iterator[Rows]) -> "tf.data.Dataset":
    """A dataset that can be read once: the batches of all epochs, one after another."""
    return _from_generator(partial(map, feed.batch, batches))


def _dataset(feed: Feed, batches: list[Rows]) -> "tf.data.Dataset":
    """A dataset that can be read again and again."""
    import tensorflow as tf

    dataset = _from_generator(partial(map, feed.batch, batches))
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))


def _from_generator(generator: Any) -> "tf.data.Dataset":
    import tensorflow as tf

    signature = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None, 1), tf.float32))
    return tf.data.Dataset.from_generator(generator, output_signature=signature).prefetch(2)


def _scores(model: "keras.Model", feed: Feed, classes: int) -> Scores:
    batches = sorted_batches(feed.texts.length, SCORING_BATCH)
    output = model.predict(_dataset(feed, batches), verbose=0)
    return score(class_probabilities(output, classes), feed.texts.label[np.concatenate(batches)])


def class_probabilities(output: NDArray[np.float32], classes: int) -> NDArray[np.float32]:
    """A model's output as one probability a class: (n, 1) of a sigmoid becomes (n, 2), a softmax stays as it is."""
    if classes == 2 and output.shape[1] == 1:
        return np.concatenate([1 - output, output], axis=1)
    return output
