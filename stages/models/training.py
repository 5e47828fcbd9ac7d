"""Training one seed of one cell: from padded texts to a model, its history and its scores on every split."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.errors import UserError
from stages.models.batching import Rows, computed_tokens, epoch_batches, moved, sorted_batches, trimmed
from stages.models.history import add_row
from stages.models.saving import save_model
from stages.models.tensorflow_setup import has_gpu, one_op_after_another
from stages.models.trainer import Trainer, class_probabilities, classes_of
from stages.params.derived import trims_batches
from stages.params.model import Architecture
from stages.params.schema import TrainParams
from stages.params.texts import Side
from stages.runtime.files import read_json, whole_folder, write_json
from stages.runtime.paths import CORRECT, SPLITS
from stages.stats.scores import Scores, score
from stages.texts.tokens.padded import PaddedBatch, read_padded
from stages.texts.tokens.vectors import load_vectors

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
    threads: int = 1
    """Of each op."""


@dataclass(frozen=True)
class Feed:
    """The texts of one split as a model reads them: trimmed to the batch's longest text, or `max_len` wide."""

    texts: PaddedBatch
    side: Side
    trims: bool
    explicit: bool
    """Whether the model reads the mask as a second input."""

    def batch(self, rows: Rows, places: np.random.Generator | None = None) -> tuple[Any, NDArray[np.float32]]:
        """What the model reads, tokens (b, width) and with an explicit mask that too, and labels (b, 1).

        Args:
            rows: which texts.
            places: draws where in its row each text stands; None leaves all pads on one side.
        """
        from stages.models.build import model_inputs

        tokens, length = self.texts.tokens[rows], self.texts.length[rows]
        if self.trims:
            tokens = trimmed(tokens, length, self.side)
        if places is not None:
            pads = places.integers(0, tokens.shape[1] - length, endpoint=True)
            tokens = moved(tokens, length, pads, self.side)
        return model_inputs(tokens, explicit=self.explicit), self.texts.label[rows, np.newaxis].astype(np.float32)


def train_seed(task: TrainingTask) -> None:
    """Train one seed and write its folder: model.keras, history.csv (one row an epoch), scores.json and correct.npy.

    correct.npy says of every test text, in the order of the file, whether its class was predicted: bool, (test texts,).
    While it trains, the folder has a partial name and history.csv grows in it.
    """
    with one_op_after_another(task.threads):
        _train_seed(task)


def _train_seed(task: TrainingTask) -> None:
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
        cost = _fit(trainer, feeds["train"], feeds["validation"], task, folder)
        scored = {name: _scores(trainer, feed) for name, feed in feeds.items()}
        scores = {name: split.as_json() for name, (split, _) in scored.items()}
        trainer.end_in(model)
        save_model(model, folder / "model.keras")
        np.save(folder / CORRECT, scored["test"][1])
        write_json(folder / "scores.json", {"splits": scores, "training": cost, "parameters": model.count_params()})


@lru_cache(maxsize=1)
def _trainer(
    architecture: Architecture, vocabulary_size: int, classes: int, max_len: int, learning_rate: float
) -> Trainer:
    """The trainer of the cell at work in this process; another cell takes its place."""

    from stages.models.build import build_model
    from stages.models.lstm import LSTM

    written_out = architecture.recurrent == "lstm" and architecture.start_state == "zero" and not has_gpu()
    sizes = (vocabulary_size, classes, max_len)
    model = build_model(architecture, *sizes, seed=0, layer_class=LSTM if written_out else None)
    return Trainer(model, classes, learning_rate)


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


def _fit(trainer: Trainer, training: Feed, validation: Feed, task: TrainingTask, folder: Path) -> dict[str, int]:
    """Train in place; return how many epochs and tokens were computed, and how many of the tokens were text.

    With patience the epoch of the lowest validation loss gives the weights, and without it the last one.

    Raises:
        UserError: the training diverged.
    """
    lengths, train = training.texts.length, task.train
    max_len = training.texts.tokens.shape[1]
    cost = {"epochs": 0, "computed_tokens": 0, "text_tokens": 0}
    best, best_epoch, kept = np.inf, 0, None
    for epoch, randomness in enumerate(np.random.SeedSequence(task.seed).spawn(train.epochs)):
        generator = np.random.default_rng(randomness)
        batches = epoch_batches(lengths, train.batch_size, train.grouping, generator)
        places = generator if task.architecture.random_pads else None
        loss, accuracy = trainer.train(training.batch(rows, places) for rows in batches)
        output, label = _outputs(trainer, validation)
        validation_loss, right = trainer.loss(output, label), float((classes_of(output) == label).mean())
        add_row(folder, [epoch, accuracy, loss, right, validation_loss])
        cost["epochs"] += 1
        cost["computed_tokens"] += computed_tokens(batches, lengths, max_len, trims=training.trims)
        cost["text_tokens"] += int(lengths.sum())
        if train.patience and validation_loss < best:
            best, best_epoch, kept = validation_loss, epoch, trainer.model.get_weights()
        elif train.patience and epoch - best_epoch >= train.patience:
            break
    if kept is not None:
        trainer.model.set_weights(kept)
    if not all(np.isfinite(weights).all() for weights in trainer.model.get_weights()):
        raise UserError(
            f"{task.folder.name}: the weights became infinite or NaN in training; lower train.learning_rate "
            f"(now {train.learning_rate:g}) and run again"
        )
    return cost


def _outputs(trainer: Trainer, feed: Feed) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The output for every text of a split, and its label, in the order of the file."""
    batches = sorted_batches(feed.texts.length, SCORING_BATCH)
    output = trainer.predict(map(feed.batch, batches))
    return output[np.argsort(np.concatenate(batches))], feed.texts.label


def _scores(trainer: Trainer, feed: Feed) -> tuple[Scores, NDArray[np.bool_]]:
    """The scores of a split, and which of its texts are predicted right, in the order of the file."""
    output, label = _outputs(trainer, feed)
    return score(class_probabilities(output), label), classes_of(output) == label
