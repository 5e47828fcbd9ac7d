"""Training and exporting one seed: fair pairs, the same results again, and what the states files hold."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from stages.errors import UserError
from stages.layout import conditions
from stages.modeling.exporting import ExportUnit, export_seed
from stages.modeling.training import TrainingUnit, train_seed
from stages.states.reader import aligned_batches, read_metadata, states_batches
from stages.tokens.padded import read_padded
from tests.padded_texts import MAX_LEN, write_padded

pytestmark = pytest.mark.slow

PADS = (0, 1, 5)
VARIANTS = ("baseline", "masked", "double_mask")


def training_unit(make_params, padded, folder, variant="baseline", side="post", seed=0, **changes):
    params = make_params({"train.epochs": 2, "train.batch_size": 16, "model.units": 4, **changes})
    return TrainingUnit(padded, folder, side, params.architecture(variant), params.train, seed)


def scores(folder):
    return json.loads((folder / "scores.json").read_text())


@pytest.fixture(scope="module")
def padded(tmp_path_factory):
    root = tmp_path_factory.mktemp("padded")
    return {side: write_padded(root / side, side) for side in ("pre", "post")}


@pytest.fixture(scope="module")
def trained(make_params, padded, tmp_path_factory):
    """The three variants of one seed, trained on the same texts."""
    root = tmp_path_factory.mktemp("trained")
    for variant in VARIANTS:
        train_seed(training_unit(make_params, padded["post"], root / variant, variant))
    return root


def exported(padded, model, folder, variant="baseline", side="post", texts="all"):
    unit = ExportUnit(
        padded=padded[side],
        model=model / "model.keras",
        folder=folder,
        dataset="toy",
        side=side,
        variant=variant,
        seed=0,
        classes=2,
        pads=PADS,
        texts=texts,
        batch_size=64,
        params="abc",
    )
    export_seed(unit)
    return folder


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
        "history.csv",
        "model.keras",
        "scores.json",
    ]
    header, *rows = (trained / "baseline" / "history.csv").read_text().splitlines()
    assert header == "epoch,accuracy,loss,val_accuracy,val_loss"
    assert len(rows) == 2


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(make_params, padded, tmp_path):
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        train_seed(training_unit(make_params, padded["post"], tmp_path / name, seed=seed))
    first, again, other = (scores(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first != other
    for name in ("history.csv", "model.keras"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("head", ["last", "multi_head_attention"])
def test_a_seed_trained_behind_another_ends_as_one_trained_alone(make_params, padded, tmp_path, head):
    """Seeds of a cell share traced functions: no weight, moment of the optimizer or random generator may pass over."""
    from stages.modeling.training import _trainer

    changes = {"model.head": head, "model.dropout": 0.2}
    for name, seed in (("other", 4), ("behind", 3)):
        train_seed(training_unit(make_params, padded["post"], tmp_path / name, seed=seed, **changes))
    assert _trainer.cache_info().currsize == 1
    _trainer.cache_clear()
    train_seed(training_unit(make_params, padded["post"], tmp_path / "alone", seed=3, **changes))
    for name in ("history.csv", "model.keras", "scores.json"):
        assert (tmp_path / "behind" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def trained_by_either(make_params, padded, folder, changes):
    """A seed trained with ops one after another, and one with TensorFlow's scheduler: their folders."""
    from stages.modeling.training import _trainer

    for name, train in (("ours", train_seed), ("scheduler", train_seed.__wrapped__)):
        _trainer.cache_clear()
        train(training_unit(make_params, padded["post"], folder / name, "masked", **changes))
    return folder / "ours", folder / "scheduler"


@pytest.mark.parametrize(
    "changes",
    [
        {"model.layers": 2, "model.dropout": 0.2},
        {"model.recurrent": "gru", "model.bidirectional": "concat", "model.head": "attention"},
        {"model.head": "multi_head_attention", "model.dropout": 0.2},
        {"model.head": "conv"},
    ],
    ids=["layers", "directions", "attention", "conv"],
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
    train_seed(training_unit(make_params, padded["post"], tmp_path / "masked", "masked", **changes))
    cost = scores(tmp_path / "masked")["training"]
    assert cost["computed_tokens"] == 2 * 160 * MAX_LEN


def test_a_training_that_diverges_is_one_sentence(make_params, padded, tmp_path):
    with pytest.raises(UserError, match=r"seed=0: the weights became infinite or NaN.*lower train\.learning_rate"):
        unit = training_unit(make_params, padded["post"], tmp_path / "seed=0", **{"train.learning_rate": 1e38})
        train_seed(unit)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("head", ["last", "mean"])
def test_trimming_a_masked_batch_changes_no_score(make_params, padded, tmp_path, head):
    train_seed(
        training_unit(make_params, padded["pre"], tmp_path / "trimmed", "masked", side="pre", **{"model.head": head})
    )
    whole = {"side": "pre", "train.trim": "never", "model.head": head}
    train_seed(training_unit(make_params, padded["pre"], tmp_path / "whole", "masked", **whole))
    trimmed, whole = scores(tmp_path / "trimmed"), scores(tmp_path / "whole")
    assert trimmed["training"]["computed_tokens"] < whole["training"]["computed_tokens"]
    assert trimmed["splits"] == whole["splits"]


def test_batches_are_trimmed_always_where_that_is_asked(make_params, padded, tmp_path):
    train_seed(training_unit(make_params, padded["post"], tmp_path / "model", **{"train.trim": "always"}))
    cost = scores(tmp_path / "model")["training"]
    assert cost["computed_tokens"] < 1.2 * cost["text_tokens"]


def test_a_head_of_one_width_is_exported_with_its_pads_moved_to_the_other_side(make_params, padded, tmp_path):
    changes = {"model.head": "flatten"}
    train_seed(training_unit(make_params, padded["post"], tmp_path / "model", "masked", **changes))
    folder = exported(padded, tmp_path / "model", tmp_path / "states", "masked")
    paths = [folder / f"{name}.parquet" for name in ("pads-0", "pads-5", "as-trained")]
    alone, moved, trained = next(aligned_batches(paths, ["h_lstm_1", "head"], 1000))
    # The same rows, but in batches of other shapes.
    np.testing.assert_allclose(alone.vectors["head"], trained.vectors["head"], atol=1e-6)
    full = alone.length == MAX_LEN
    assert np.array_equal(alone.vectors["head"][full], moved.vectors["head"][full])
    assert not np.isclose(alone.vectors["head"][~full], moved.vectors["head"][~full]).all(axis=1).any()
    np.testing.assert_allclose(alone.vectors["h_lstm_1"], moved.vectors["h_lstm_1"], atol=1e-7)
    assert json.loads((folder / "pad-step.json").read_text()) is None


def test_a_model_without_recurrence_is_exported_with_its_head_alone(make_params, padded, tmp_path):
    train_seed(training_unit(make_params, padded["post"], tmp_path / "model", "cnn"))
    folder = exported(padded, tmp_path / "model", tmp_path / "states", "cnn")
    assert read_metadata(folder / "pads-1.parquet").widths == {"probability": 2, "head": 4}
    assert json.loads((folder / "pad-step.json").read_text()) is None


def test_an_explicit_mask_trains_and_exports_the_states_of_the_masked_model(make_params, padded, tmp_path):
    """Same weights, same texts, the same pads left out: where the mask comes from changes nothing."""
    for variant in ("masked", "explicit"):
        train_seed(training_unit(make_params, padded["pre"], tmp_path / variant, variant, side="pre"))
        exported(padded, tmp_path / variant, tmp_path / f"{variant}-states", variant, side="pre")
    assert scores(tmp_path / "explicit")["splits"] == scores(tmp_path / "masked")["splits"]
    paths = [tmp_path / f"{variant}-states" / "pads-5.parquet" for variant in ("masked", "explicit")]
    masked, explicit = next(aligned_batches(paths, ["head"], 1000))
    assert np.array_equal(masked.vectors["head"], explicit.vectors["head"])


@pytest.mark.parametrize(("vectors", "message"), [(None, "tokenize.vectors is none"), ((9, 3), "set it to 3")])
def test_pretrained_embeddings_that_are_not_there_or_do_not_fit(make_params, padded, tmp_path, vectors, message):
    if vectors:
        np.save(tmp_path / "vectors.npy", np.zeros(vectors, np.float32))
    unit = training_unit(
        make_params,
        padded["post"],
        tmp_path / "model",
        **{"model.embeddings": "frozen", "tokenize.vectors": "vectors.txt"},
    )
    with pytest.raises(UserError, match=message):
        train_seed(replace(unit, tokens=tmp_path))


def test_a_run_that_fails_leaves_no_model(make_params, padded, tmp_path, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("stages.modeling.training._scores", killed)
    with pytest.raises(KeyboardInterrupt):
        train_seed(training_unit(make_params, padded["post"], tmp_path / "model"))
    assert list(tmp_path.iterdir()) == []


def test_early_stopping_restores_the_best_weights(make_params, padded, tmp_path):
    changes = {"train.epochs": 30, "train.patience": 2, "train.learning_rate": 0.3}
    train_seed(training_unit(make_params, padded["post"], tmp_path / "model", **changes))
    rows = (tmp_path / "model" / "history.csv").read_text().splitlines()[1:]
    losses = [float(row.split(",")[-1]) for row in rows]
    result = scores(tmp_path / "model")
    assert result["training"]["epochs"] == len(losses) < 30
    assert result["splits"]["validation"]["nll"] == pytest.approx(min(losses), rel=1e-4)
    assert losses[-1] > min(losses)


def test_seven_classes_end_in_a_softmax(make_params, tmp_path):
    folder = write_padded(tmp_path / "padded", "pre", classes=7)
    train_seed(training_unit(make_params, folder, tmp_path / "model", "masked", side="pre"))
    assert 0 < scores(tmp_path / "model")["splits"]["test"]["nll"] < 2.2


def test_every_condition_holds_the_same_texts_in_the_same_order(trained, padded, tmp_path):
    states = exported(padded, trained / "baseline", tmp_path / "states")
    names = sorted(path.stem for path in states.glob("*.parquet"))
    assert names == ["as-trained", "other-side", "pads-0", "pads-1", "pads-5"] == sorted(conditions(PADS))
    for name in names:
        pairs = list(aligned_batches([states / "pads-0.parquet", states / f"{name}.parquet"], ["head"]))
        assert sum(len(one.text_id) for one, _ in pairs) == 160
    metadata = read_metadata(states / "pads-5.parquet")
    assert metadata.widths == {"probability": 2, "h_lstm_1": 4, "c_lstm_1": 4, "head": 4}
    assert (metadata.dataset, metadata.condition, metadata.seed) == ("toy", "pads-5", 0)


def test_pads_are_counted_and_probabilities_sum_to_one(trained, padded, tmp_path):
    states = exported(padded, trained / "baseline", tmp_path / "states")
    (extra,) = states_batches(states / "pads-5.parquet", [])
    (whole,) = states_batches(states / "as-trained.parquet", [])
    assert set(extra.pads) == {5}
    np.testing.assert_array_equal(whole.pads + whole.length, MAX_LEN)
    np.testing.assert_allclose(extra.probability.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("side", ["pre", "post"])
def test_extra_pads_move_the_baseline_and_leave_the_masked_model_exact(make_params, padded, tmp_path, side):
    moved = {}
    for variant in ("baseline", "masked"):
        model = tmp_path / variant
        train_seed(training_unit(make_params, padded[side], model, variant, side=side))
        states = exported(padded, model, tmp_path / f"states-{variant}", variant, side)
        for condition in ("pads-1", "pads-5", "as-trained", "other-side"):
            ((one, other),) = aligned_batches(
                [states / "pads-0.parquet", states / f"{condition}.parquet"], ["c_lstm_1"]
            )
            moved[variant, condition] = np.abs(one.vectors["c_lstm_1"] - other.vectors["c_lstm_1"]).max()
    assert {size for (variant, _), size in moved.items() if variant == "masked"} == {0.0}
    assert moved["baseline", "pads-1"] > 1e-3


def test_the_text_alone_is_read_without_any_padding(trained, padded, tmp_path):
    """Each text run by itself through the saved model, against the batch export."""
    import keras

    states = exported(padded, trained / "baseline", tmp_path / "states")
    (batch,) = states_batches(states / "pads-0.parquet", [])
    texts = read_padded(padded["post"] / "test.parquet")
    model = keras.models.load_model(trained / "baseline" / "model.keras")
    for row in (0, 7, 100):
        alone = texts.tokens[row : row + 1, : texts.length[row]]
        assert batch.probability[row, 1] == pytest.approx(model.predict_on_batch(alone)[0, 0], abs=1e-6)
        assert batch.text_id[row] == texts.text_id[row]


def test_the_number_of_texts_is_a_knob(trained, padded, tmp_path):
    states = exported(padded, trained / "baseline", tmp_path / "states", texts=10)
    (batch,) = states_batches(states / "pads-1.parquet", [])
    assert len(batch.text_id) == 10


def test_windows_do_not_change_what_is_exported(trained, padded, tmp_path, monkeypatch):
    whole = exported(padded, trained / "baseline", tmp_path / "whole")
    monkeypatch.setattr("stages.modeling.exporting.WINDOW_ROWS", 33)
    parts = exported(padded, trained / "baseline", tmp_path / "parts")
    for condition in conditions(PADS):
        ((one, other),) = aligned_batches([whole / f"{condition}.parquet", parts / f"{condition}.parquet"], ["head"])
        np.testing.assert_allclose(one.vectors["head"], other.vectors["head"], atol=1e-6)


def test_a_damaged_model_is_one_sentence(padded, tmp_path):
    (tmp_path / "model.keras").write_bytes(b"not a model")
    with pytest.raises(UserError, match=r"model\.keras: not a readable Keras model"):
        exported(padded, tmp_path, tmp_path / "states")


def test_a_unit_can_travel_to_another_process(make_params, padded, tmp_path):
    import pickle

    unit = training_unit(make_params, padded["post"], tmp_path / "model")
    assert pickle.loads(pickle.dumps(unit)) == unit
    with ThreadPoolExecutor(1) as executor:
        executor.submit(train_seed, replace(unit, folder=tmp_path / "other")).result()
    assert (tmp_path / "other" / "model.keras").exists()
