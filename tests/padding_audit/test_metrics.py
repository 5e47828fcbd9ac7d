"""Losses and metrics that count pads: the numbers of CASES, section 1, and no alarm where none counts."""

from math import log, sqrt

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit.batches import sample_of
from stages.padding_audit.metrics import Compiled, compiled_for, evaluated, step_hazards
from stages.padding_audit.recording import recorded
from stages.padding_audit.result import Hazard
from stages.padding_audit.subjects import Subject, subject_of

REAL = np.array([[1, 1, 1, 1], [1, 0, 0, 0]], bool)
"""Where text stands in TOKENS."""
TOKENS = np.array([[3, 4, 5, 6], [5, 0, 0, 0]])
SHAPE = (2, 4, 1)


def tagger(units: int = 1, *, masked: bool = True, activation: str | None = "sigmoid") -> keras.Model:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    states = layers.LSTM(3, return_sequences=True)(layers.Embedding(9, 4, mask_zero=masked)(tokens))
    return keras.Model(tokens, layers.Dense(units, activation, name="tags")(states))


def subject(model: keras.Model) -> Subject:
    return subject_of(model, None, pad_values=None, time_inputs=None)


def counting(model: keras.Model, data: object = None, labels: object = None) -> dict[str | None, Hazard]:
    texts = sample_of(TOKENS if data is None else data, subject(model), labels)
    arrays = texts.as_given()
    outputs, _ = recorded(model, arrays[0])
    hazards = step_hazards(model, texts, arrays, outputs, [True])
    return {hazard.layer: hazard for hazard in hazards if hazard.kind == "counts_pads"}


def numbers(item: object, mask: np.ndarray | None = REAL, shape: tuple[int, ...] = SHAPE) -> tuple[float, float]:
    argument = "metrics" if isinstance(item, keras.metrics.Metric) or item == "accuracy" else "loss"
    evaluation = evaluated(Compiled(argument, item), np.zeros(shape), mask, None, REAL)
    assert evaluation is not None
    return evaluation.with_pads, evaluation.at_real_steps


@pytest.mark.parametrize(
    ("metric", "with_pads", "right"),
    [
        ("accuracy", 1, 1),
        (keras.metrics.MeanAbsoluteError(), 0.1, 0.1),
        (keras.metrics.Precision(), 0.5, 1),
        (keras.metrics.FalsePositives(), 3, 0),
        # three hits and three false alarms at .9, two right rejections: (0, 0), (.6, 1), (1, 1)
        (keras.metrics.AUC(), 0.7, 1),
        (keras.metrics.BinaryIoU(), (3 / 6 + 2 / 5) / 2, 1),
        (keras.metrics.RootMeanSquaredError(), sqrt((5 * 0.1**2 + 3 * 0.9**2) / 8), 0.1),
    ],
    ids=lambda item: str(getattr(item, "name", item)),
)
def test_a_mask_weights_averages_alone(metric: object, with_pads: float, right: float) -> None:
    assert numbers(metric) == pytest.approx((with_pads, right), rel=1e-5)


def test_without_a_mask_all_count_pads() -> None:
    assert numbers("accuracy", None) == (5 / 8, 1)
    right = -log(0.9)
    assert numbers("binary_crossentropy", None) == pytest.approx(((5 * right - 3 * log(0.1)) / 8, right), rel=1e-5)


def test_the_loss_of_a_masked_step_is_left_out() -> None:
    predictions, labels = np.array([[[1.0], [0.0], [1.0]]]), np.array([[[0.0], [1.0], [1.0]]])
    mask = np.array([[True, False, True]])
    assert evaluated(Compiled("loss", "mae"), predictions, mask, labels, mask).with_pads == 0.5  # type: ignore[union-attr]
    unmasked = evaluated(Compiled("loss", "mae"), predictions, None, labels, mask)
    assert unmasked is not None
    assert (unmasked.with_pads, unmasked.at_real_steps) == pytest.approx((2 / 3, 0.5))


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.CategoricalCrossentropy(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        keras.losses.SparseCategoricalCrossentropy(ignore_class=-1),
    ],
    ids=["sparse", "one-hot", "logits", "ignore_class"],
)
def test_labels_are_made_as_a_loss_reads_them(loss: object) -> None:
    with_pads, right = numbers(loss, shape=(2, 4, 3))
    assert with_pads == pytest.approx(right, rel=1e-5)
    assert 0 < right < 0.2  # every real step is right


def test_an_ignored_class_needs_no_mask() -> None:
    with_pads, right = numbers(keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), None, (2, 4, 3))
    assert with_pads == pytest.approx(right, rel=1e-5)


def test_a_loss_that_knows_pads_by_their_label_raises_no_alarm() -> None:
    def of_labelled(y: object, p: object) -> object:
        known = keras.ops.cast(keras.ops.not_equal(y, -1), "float32")
        return keras.ops.sum(known * keras.ops.abs(y - p)) / keras.ops.sum(known) * keras.ops.ones_like(y)

    with_pads, right = numbers(of_labelled, None)
    assert with_pads == pytest.approx(right, rel=1e-5)


def test_a_compiled_model_names_the_metrics_that_count() -> None:
    model = tagger()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", keras.metrics.Precision(name="hits"), "mae"])
    hazards = counting(model)
    assert set(hazards) == {"hits"}
    assert "0.5 where 1 is right" in hazards["hits"].sentence


def test_without_a_mask_loss_and_metrics_are_named() -> None:
    model = tagger(masked=False)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], weighted_metrics=["mae"])
    assert set(counting(model)) == {"loss", "accuracy", "mae"}
    assert "no mask" in counting(tagger(masked=False))["tags"].sentence


def test_one_prediction_a_text_counts_no_pads() -> None:
    model = keras.Sequential([layers.Embedding(9, 4), layers.LSTM(3), layers.Dense(1, "sigmoid")])
    model.build((None, None))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    texts = sample_of(TOKENS, subject(model))
    outputs, _ = recorded(model, texts.as_given()[0])
    assert step_hazards(model, texts, texts.as_given(), outputs, [False]) == []


def test_numbers_are_told_apart() -> None:
    data, labels = np.array([[[1.0], [2.0], [0.0]]]), np.array([[[2.0], [3.0], [-1.002]]])
    values = keras.Input((None, 1))
    model = keras.Model(values, layers.Dense(1, kernel_initializer="ones")(values))
    model.compile(loss="mae")
    assert "1.001 where 1 is right" in counting(model, data, labels)["loss"].sentence


def test_a_metric_called_by_itself_counts_pads() -> None:
    model = tagger()
    predictions = model.predict(TOKENS, verbose=0)
    right_where_real = np.where(REAL[..., None], predictions > 0.5, predictions <= 0.5).astype(float)
    assert float(keras.metrics.BinaryAccuracy()(right_where_real, predictions)) == 5 / 8


@pytest.mark.slow
def test_the_cures_of_the_sentences_work() -> None:
    model = tagger(masked=False)
    loss = keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight")
    model.compile("adam", loss, weighted_metrics=[keras.metrics.Precision(name="hits"), "accuracy"])
    predictions = model.predict(TOKENS, verbose=0)
    labels = np.where(REAL[..., None], predictions > 0.5, predictions <= 0.5).astype(float)
    labels[0, 0] = 1
    given = model.evaluate(TOKENS, labels, sample_weight=REAL.astype(float), verbose=0, return_dict=True)
    p, y = predictions[REAL][:, 0], labels[REAL][:, 0]
    assert given["loss"] == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), rel=1e-5)
    assert given["accuracy"] == pytest.approx(np.mean((p > 0.5) == y))
    assert given["hits"] == pytest.approx(((p > 0.5) * y).sum() / max((p > 0.5).sum(), 1))


def test_the_users_labels_give_the_users_numbers() -> None:
    values = keras.Input((None, 1), name="values")
    model = keras.Model(values, layers.Dense(1, kernel_initializer="ones")(layers.Masking()(values)))
    model.compile("adam", "mae", metrics=[keras.metrics.RootMeanSquaredError(name="rmse")])
    data = np.array([[[1.0], [2.0], [0.0], [0.0]], [[1.0], [3.0], [5.0], [0.0]]])
    labels = np.array([[[1.0], [4.0], [7.0], [7.0]], [[1.0], [3.0], [4.0], [7.0]]])
    hazards = counting(model, data, labels)
    # real errors 0, 2 | 0, 0, 1 and at pads 7, 7 | 7
    assert set(hazards) == {"rmse"}
    assert "4.36 where 1 is right" in hazards["rmse"].sentence
    assert sqrt((5 + 3 * 49) / 8) == pytest.approx(4.36, abs=0.005)
    assert model.evaluate(data, labels, verbose=0, return_dict=True)["rmse"] == pytest.approx(sqrt(152 / 8))


def test_an_output_of_a_fixed_number_of_steps_counts_pads() -> None:
    values = keras.Input((4, 1), name="values")
    code = layers.RepeatVector(4)(layers.LSTM(3)(layers.Masking()(values)))
    model = keras.Model(values, layers.Dense(1, name="copy")(layers.LSTM(3, return_sequences=True)(code)))
    model.compile(loss="mae")
    texts = sample_of(np.array([[[1.0], [2], [0], [0]]]), subject(model))
    outputs, _ = recorded(model, texts.as_given()[0])
    (hazard,) = step_hazards(model, texts, texts.as_given(), outputs, [False])
    assert (hazard.kind, hazard.layer) == ("counts_pads", "loss")
    assert "0.5 where 0.1 is right" in hazard.sentence


@pytest.mark.slow
def test_a_model_is_left_as_it_was() -> None:
    model = tagger()
    model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.Precision()])
    model.train_on_batch(np.array([[1, 2, 3]]), np.array([[[1.0], [0.0], [1.0]]]))
    kept = [*model.variables, *model.optimizer.variables, *(v for metric in model.metrics for v in metric.variables)]
    before = [np.array(variable) for variable in kept]
    assert counting(model)
    assert all((old == np.array(variable)).all() for old, variable in zip(before, kept, strict=True))


def test_losses_are_picked_by_output() -> None:
    tokens = keras.Input((None,), dtype="int32")
    states = layers.LSTM(3, return_sequences=True)(layers.Embedding(9, 4)(tokens))
    model = keras.Model(tokens, [layers.Dense(2, "softmax", name="a")(states), layers.Dense(1, name="b")(states)])
    model.compile(loss={"a": "sparse_categorical_crossentropy", "b": "mse"}, metrics={"b": ["mae"]})
    assert [item.item for item in compiled_for(model, 0, 2)] == ["sparse_categorical_crossentropy"]
    assert [item.item for item in compiled_for(model, 1, 2)] == ["mse", "mae"]
    model.compile(loss=["sparse_categorical_crossentropy", None], metrics=[None, ["mae"]])
    assert [item.item for item in compiled_for(model, 1, 2)] == ["mae"]


def test_a_model_that_evaluates_in_its_own_way_is_left_alone() -> None:
    class Own(keras.Model):
        def compute_loss(self, *args: object, **kwargs: object) -> object:
            return super().compute_loss(*args, **kwargs)

    tokens = keras.Input((None,), dtype="int32")
    model = Own(tokens, layers.Dense(1)(layers.Embedding(9, 4)(tokens)))
    model.compile(loss="mse")
    assert not list(compiled_for(model, 0, 1))
