"""Training one seed of one cell: from padded texts to a model, its history and its scores on every split."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.models.batching import Rows, computed_tokens, epoch_batches, sorted_batches, trimmed
from stages.models.saving import save_model
from stages.models.tensorflow_setup import has_gpu, keep_freed_memory, one_op_after_another
from stages.params.derived import trims_batches
from stages.params.model import Architecture
from stages.params.schema import TrainParams
from stages.params.texts import Side
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.paths import CORRECT, SPLITS
from stages.stats.scores import Scores, score
from stages.texts.tokens.padded import PaddedBatch, read_padded
from stages.texts.tokens.vectors import load_vectors

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

SCORING_BATCH = 256


@dataclass(frozen=True)
class TrainingTask:
    """What one process needs to train one seed of one cell; picklable."""

    padded: Path
    folder: Path
    side: Side
    architecture: Architecture
    train: TrainParams
    seed: int
    tokens: Path | None = None
    """The folder of tokens, where the embeddings are pretrained."""


@dataclass(frozen=True)
class Feed:
    """The texts of one split as a model reads them: trimmed to the batch's longest text, or `max_len` wide."""

    texts: PaddedBatch
    side: Side
    trims: bool
    explicit: bool
    """Whether the model reads the mask as a second input."""

    def batch(self, rows: Rows) -> tuple[Any, NDArray[np.float32]]:
        """What the model reads, tokens (b, width) and with an explicit mask that too, and labels (b, 1)."""
        from stages.models.build import model_inputs

        tokens = self.texts.tokens[rows]
        if self.trims:
            tokens = trimmed(tokens, self.texts.length[rows], self.side)
        return model_inputs(tokens, explicit=self.explicit), self.texts.label[rows, np.newaxis].astype(np.float32)


@one_op_after_another()
def train_seed(task: TrainingTask) -> None:
    """Train one seed and write its folder: model.keras, history.csv (one row an epoch), scores.json and correct.npy.

    correct.npy says of every test text, in the order of the file, whether its class was predicted: bool, (test texts,).
    While it trains, the folder has a partial name and history.csv grows in it.
    """
    import keras

    from stages.models.build import build_model

    keras.backend.clear_session(free_memory=False)  # names of layers, which are saved, count from 1 again
    keras.utils.set_random_seed(task.seed)
    profile = read_json(task.padded / "profile.json")
    classes = len(profile["classes"])
    trims, explicit = trims_batches(task.train, task.architecture), task.architecture.mask == "explicit"
    feeds = {name: Feed(read_padded(task.padded / f"{name}.parquet"), task.side, trims, explicit) for name in SPLITS}
    sizes = (profile["vocabulary_size"], classes, profile["max_len"])
    model = build_model(task.architecture, *sizes, task.seed, vectors=_vectors(task))
    trainer = _trainer(task.architecture, *sizes, task.train.learning_rate)
    trainer.begin_with(model)
    with whole_folder(task.folder) as folder:
        cost = _fit(trainer.model, feeds["train"], feeds["validation"], task, folder)
        scored = {name: _scores(trainer.model, feed, classes) for name, feed in feeds.items()}
        scores = {name: split.as_json() for name, (split, _) in scored.items()}
        trainer.end_in(model)
        save_model(model, folder / "model.keras")
        np.save(folder / CORRECT, scored["test"][1])
        write_json(folder / "scores.json", {"splits": scores, "training": cost, "parameters": model.count_params()})


class Trainer:
    """A compiled model that trains one seed after another, so that TensorFlow traces its steps once.

    Tracing takes longer than training a small cell does. Every seed begins with the variables of a model of its own and
    with the optimizer as it was at first, so that it ends like one that was trained alone, to the last bit.
    """

    def __init__(self, model: "keras.Model", classes: int, learning_rate: float) -> None:
        _compile(model, classes, learning_rate)
        model.optimizer.build(model.trainable_variables)
        self.model = model
        self._optimizer = [variable.numpy() for variable in model.optimizer.variables]

    def begin_with(self, model: "keras.Model") -> None:
        """Take every variable of `model`, the states of its random generators among them."""
        _assign(self.model.variables, [variable.numpy() for variable in model.variables])
        _assign(self.model.optimizer.variables, self._optimizer)

    def end_in(self, model: "keras.Model") -> None:
        """Give `model` what was trained."""
        _assign(model.variables, [variable.numpy() for variable in self.model.variables])


@lru_cache(maxsize=1)
def _trainer(
    architecture: Architecture, vocabulary_size: int, classes: int, max_len: int, learning_rate: float
) -> Trainer:
    """The trainer of the cell at work in this process; another cell takes its place."""

    from stages.models.build import build_model
    from stages.models.lstm import LSTM

    written_out = architecture.recurrent == "lstm" and not has_gpu()
    sizes = (vocabulary_size, classes, max_len)
    model = build_model(architecture, *sizes, seed=0, layer_class=LSTM if written_out else None)
    return Trainer(model, classes, learning_rate)


def _assign(variables: "list[keras.Variable]", values: list[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _vectors(task: TrainingTask) -> NDArray[np.float32] | None:
    """The pretrained embeddings that the architecture asks for.

    Raises:
        UserError: `tokenize` made none, or theirs have another dimension than the architecture's.
    """
    if task.architecture.embeddings == "learned":
        return None
    vectors = None if task.tokens is None else load_vectors(task.tokens)
    if vectors is None:
        raise UserError(
            f"model.embeddings: {task.architecture.embeddings} needs vectors, and tokenize.vectors is none; name a "
            "word2vec or GloVe text file in data/raw/ there"
        )
    if vectors.shape[1] != task.architecture.embedding:
        raise UserError(
            f"model.embedding: {task.architecture.embedding} is not the dimension of the vectors that tokenize.vectors "
            f"names; set it to {vectors.shape[1]}"
        )
    return vectors


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


def _fit(model: "keras.Model", training: Feed, validation: Feed, task: TrainingTask, folder: Path) -> dict[str, int]:
    """Train `model` in place; return how many tokens were computed and how many of them were text.

    Raises:
        UserError: the training diverged.
    """
    import keras

    lengths, train = training.texts.length, task.train
    max_len = training.texts.tokens.shape[1]
    cost = {"epochs": 0, "computed_tokens": 0, "text_tokens": 0}
    epochs = np.random.SeedSequence(task.seed).spawn(train.epochs)

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
            f"{task.folder.name}: the weights became infinite or NaN in training; lower train.learning_rate "
            f"(now {train.learning_rate:g}) and run again"
        )
    return cost


def _stream(feed: Feed, batches: Iterator[Rows]) -> "tf.data.Dataset":
    """A dataset that can be read once: the batches of all epochs, one after another."""
    return _from_generator(feed, batches)


def _dataset(feed: Feed, batches: list[Rows]) -> "tf.data.Dataset":
    """A dataset that can be read again and again."""
    import tensorflow as tf

    dataset = _from_generator(feed, batches)
    return dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))


def _from_generator(feed: Feed, batches: Iterable[Rows]) -> "tf.data.Dataset":
    import tensorflow as tf

    # A row's width is said where it is known: the weights of some heads depend on it.
    width = None if feed.trims else feed.texts.tokens.shape[1]
    tokens, mask = tf.TensorSpec((None, width), tf.int32), tf.TensorSpec((None, width), tf.bool)
    signature = ((tokens, mask) if feed.explicit else tokens, tf.TensorSpec((None, 1), tf.float32))

    def feeding() -> Iterator[Any]:
        keep_freed_memory()
        return map(feed.batch, batches)

    # Nothing here is left to tf.data to tune, and its thread that would is not always told that an iterator ends: the
    # end of a training then waits, for up to some seconds, for its next round.
    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.from_generator(feeding, output_signature=signature).prefetch(2).with_options(options)


def _scores(model: "keras.Model", feed: Feed, classes: int) -> tuple[Scores, NDArray[np.bool_]]:
    """The scores of a split, and which of its texts are predicted right, in the order of the file."""
    batches = sorted_batches(feed.texts.length, SCORING_BATCH)
    order = np.concatenate(batches)
    probability = class_probabilities(model.predict(_dataset(feed, batches), verbose=0), classes)
    correct = np.empty(len(order), dtype=np.bool_)
    correct[order] = probability.argmax(axis=1) == feed.texts.label[order]
    return score(probability, feed.texts.label[order]), correct


def class_probabilities(output: NDArray[np.float32], classes: int) -> NDArray[np.float32]:
    """A model's output as one probability a class: (n, 1) of a sigmoid becomes (n, 2), a softmax stays as it is."""
    if classes == 2 and output.shape[1] == 1:
        return np.concatenate([1 - output, output], axis=1)
    return output
