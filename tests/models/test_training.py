"""Training one seed: fair pairs, the same results again, and what is left of one that fails."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from stages.errors import UserError
from stages.models.training import train_seed
from stages.runtime.workers.pool import local_executor
from stages.texts.tokens.padded import read_padded
from tests.models.cells import VARIANTS, scores, training_task
from tests.padded_texts import MAX_LEN, write_padded

pytestmark = pytest.mark.slow


def test_the_popular_recipe_trains_to_the_baselines_results_and_a_real_mask_does_not(trained):
    results = {variant: scores(trained / variant)["splits"] for variant in VARIANTS}
    assert results["double_mask"] == results["baseline"]
    assert results["masked"] != results["baseline"]


def test_a_masked_cell_computes_fewer_tokens_for_the_same_texts(trained, padded):
    text = 2 * int(read_padded(padded["post"] / "train.parquet").length.sum())
    cost = {variant: scores(trained / variant)["training"] for variant in VARIANTS}
    assert cost["baseline"] == {"epochs": 2, "computed_tokens": 2 * 160 * MAX_LEN, "text_tokens": text}
    assert cost["masked"]["text_tokens"] == text
    assert cost["masked"]["computed_tokens"] < 1.2 * text


def test_history_and_model_lie_under_their_final_names(trained):
    assert sorted(path.name for path in (trained / "baseline").iterdir()) == [
        "correct.npy",
        "history.csv",
        "model.keras",
        "scores.json",
    ]
    header, *rows = (trained / "baseline" / "history.csv").read_text().splitlines()
    assert header == "epoch,accuracy,loss,val_accuracy,val_loss"
    assert len(rows) == 2


def test_one_bit_a_test_text_says_in_the_order_of_the_file_which_are_right(trained, padded):
    """By the saved model, a text at a time: Keras' own prediction, in no batch that is sorted by length."""
    import keras

    texts = read_padded(padded["post"] / "test.parquet")
    correct = np.load(trained / "baseline" / "correct.npy")
    probability = keras.models.load_model(trained / "baseline" / "model.keras")(texts.tokens).numpy()[:, 0]
    assert (correct.dtype, correct.shape) == (np.bool_, texts.label.shape)
    assert correct.sum() == scores(trained / "baseline")["splits"]["test"]["correct"]
    assert 0 < correct.sum() < len(correct)
    np.testing.assert_array_equal(correct, (probability > 0.5) == texts.label)
    assert not np.array_equal(correct, correct[np.argsort(texts.length, kind="stable")])


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(make_params, padded, tmp_path):
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        train_seed(training_task(make_params, padded["post"], tmp_path / name, seed=seed))
    first, again, other = (scores(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first != other
    for name in ("history.csv", "model.keras", "correct.npy"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_seed_trained_behind_another_ends_as_one_trained_alone(make_params, padded, tmp_path):
    """Seeds of a cell share traced functions: no weight, moment of the optimizer or random generator may pass over."""
    from stages.models.training import _trainer

    changes = {"model.head": "multi_head_attention", "model.dropout": 0.2}
    _trainer.cache_clear()
    for name, seed in (("other", 4), ("behind", 3)):
        train_seed(training_task(make_params, padded["post"], tmp_path / name, seed=seed, **changes))
    assert _trainer.cache_info().currsize == 1
    _trainer.cache_clear()
    train_seed(training_task(make_params, padded["post"], tmp_path / "alone", seed=3, **changes))
    for name in ("history.csv", "model.keras", "scores.json"):
        assert (tmp_path / "behind" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def trained_by_either(make_params, padded, folder, changes):
    """A seed trained with ops one after another, and one with TensorFlow's scheduler: their folders.

    Traced functions keep the executor that they were first run by, so neither may use the other's.
    """
    from stages.models.training import _train_seed, _trainer

    for name, train in (("ours", train_seed), ("scheduler", _train_seed)):
        _trainer.cache_clear()
        train(training_task(make_params, padded["post"], folder / name, "masked", **changes))
    return folder / "ours", folder / "scheduler"


@pytest.mark.parametrize(
    "changes",
    [
        {"model.layers": 2, "model.dropout": 0.2, "model.head": "conv"},
        {"model.recurrent": "gru", "model.bidirectional": "concat", "model.head": "multi_head_attention"},
    ],
    ids=["layers and conv", "directions and attention"],
)
def test_ops_run_one_after_another_give_what_tensorflows_scheduler_gives(make_params, padded, tmp_path, changes):
    ours, scheduler = trained_by_either(make_params, padded, tmp_path, changes)
    for name in ("history.csv", "model.keras", "scores.json"):
        assert (ours / name).read_bytes() == (scheduler / name).read_bytes()


def test_with_recurrent_dropout_they_give_it_to_rounding(make_params, padded, tmp_path):
    import keras

    folders = trained_by_either(make_params, padded, tmp_path, {"model.recurrent_dropout": 0.2})
    ours, scheduler = (keras.models.load_model(folder / "model.keras").get_weights() for folder in folders)
    for weights, expected in zip(ours, scheduler, strict=True):
        np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-6)


def test_dropout_meets_every_variant_with_the_same_noise(make_params, padded, tmp_path):
    """Trimmed batches would draw other noise, so they are not trimmed."""
    changes = {"model.dropout": 0.3}
    train_seed(training_task(make_params, padded["post"], tmp_path / "masked", "masked", **changes))
    cost = scores(tmp_path / "masked")["training"]
    assert cost["computed_tokens"] == 2 * 160 * MAX_LEN


def test_a_training_that_diverges_is_one_sentence(make_params, padded, tmp_path):
    task = training_task(make_params, padded["post"], tmp_path / "seed=0")
    beyond = task.train.model_copy(update={"learning_rate": 1e38})  # than params.yaml may ask for
    with pytest.raises(UserError, match=r"seed=0: the weights became infinite or NaN.*lower train\.learning_rate"):
        train_seed(replace(task, train=beyond))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("head", ["last", "mean"])
def test_trimming_a_masked_batch_changes_no_score(make_params, padded, tmp_path, head):
    train_seed(
        training_task(make_params, padded["pre"], tmp_path / "trimmed", "masked", side="pre", **{"model.head": head})
    )
    whole = {"side": "pre", "train.trim": "never", "model.head": head}
    train_seed(training_task(make_params, padded["pre"], tmp_path / "whole", "masked", **whole))
    trimmed, whole = scores(tmp_path / "trimmed"), scores(tmp_path / "whole")
    assert trimmed["training"]["computed_tokens"] < whole["training"]["computed_tokens"]
    assert trimmed["splits"] == whole["splits"]


def test_batches_are_trimmed_always_where_that_is_asked(make_params, padded, tmp_path):
    train_seed(training_task(make_params, padded["post"], tmp_path / "model", **{"train.trim": "always"}))
    cost = scores(tmp_path / "model")["training"]
    assert cost["computed_tokens"] < 1.2 * cost["text_tokens"]


@pytest.mark.parametrize(("vectors", "message"), [(None, "tokenize.vectors is none"), ((9, 3), "set it to 3")])
def test_pretrained_embeddings_that_are_not_there_or_do_not_fit(make_params, padded, tmp_path, vectors, message):
    if vectors:
        np.save(tmp_path / "vectors.npy", np.zeros(vectors, np.float32))
    task = training_task(
        make_params,
        padded["post"],
        tmp_path / "model",
        **{"model.embeddings": "frozen", "tokenize.vectors": "vectors.txt"},
    )
    with pytest.raises(UserError, match=message):
        train_seed(replace(task, tokens=tmp_path))


def test_a_run_that_fails_leaves_no_model(make_params, padded, tmp_path, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("stages.models.training._scores", killed)
    with pytest.raises(KeyboardInterrupt):
        train_seed(training_task(make_params, padded["post"], tmp_path / "model"))
    assert list(tmp_path.iterdir()) == []


def test_early_stopping_restores_the_best_weights(make_params, padded, tmp_path):
    changes = {"train.epochs": 30, "train.patience": 2, "train.learning_rate": 0.3}
    train_seed(training_task(make_params, padded["post"], tmp_path / "model", **changes))
    rows = (tmp_path / "model" / "history.csv").read_text().splitlines()[1:]
    losses = [float(row.split(",")[-1]) for row in rows]
    result = scores(tmp_path / "model")
    assert result["training"]["epochs"] == len(losses) < 30
    assert result["splits"]["validation"]["nll"] == pytest.approx(min(losses), rel=1e-4)
    assert losses[-1] > min(losses)


def trained_with_threads(task):
    """Train, and the number of threads that TensorFlow gives an op."""
    train_seed(task)
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads()


def test_more_threads_change_no_result_beyond_rounding(make_params, padded, tmp_path):
    import keras

    one = training_task(make_params, padded["post"], tmp_path / "one", "masked", **{"model.units": 64})
    train_seed(one)
    with local_executor(workers=1, tasks=1) as executor:
        two = replace(one, folder=tmp_path / "two", threads=2)
        assert executor.submit(trained_with_threads, two).result() == 2
    ours, theirs = (keras.models.load_model(tmp_path / name / "model.keras").get_weights() for name in ("one", "two"))
    for weights, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-6)


def test_seven_classes_end_in_a_softmax(make_params, tmp_path):
    folder = write_padded(tmp_path / "padded", "pre", classes=7)
    train_seed(training_task(make_params, folder, tmp_path / "model", "masked", side="pre"))
    assert 0 < scores(tmp_path / "model")["splits"]["test"]["nll"] < 2.2


def test_a_unit_can_travel_to_another_process(make_params, padded, tmp_path):
    import pickle

    task = training_task(make_params, padded["post"], tmp_path / "model")
    assert pickle.loads(pickle.dumps(task)) == task
    with ThreadPoolExecutor(1) as executor:
        executor.submit(train_seed, replace(task, folder=tmp_path / "other")).result()
    assert (tmp_path / "other" / "model.keras").exists()
