"""What leaks nothing here and bites elsewhere: counted in data, seen in models, and no alarm where neither shows it."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit.auditing import audit
from stages.padding_audit.batches import sample_of
from stages.padding_audit.errors import AuditError
from stages.padding_audit.hazards import hazards
from stages.padding_audit.in_data import readable
from stages.padding_audit.loops import compiled_loops
from stages.padding_audit.result import Hazard
from stages.padding_audit.samples import made_texts
from stages.padding_audit.subjects import any_width, subject_of

TOKENS = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [7, 0, 0, 0]])


def chain(*behind: Any, masked: bool = True, width: int | None = None) -> keras.Model:
    """Tokens, an embedding, and layers behind it."""
    tensor = tokens = keras.Input((width,), dtype="int32", name="tokens")
    for layer in (layers.Embedding(9, 4, mask_zero=masked, name="embedding"), *behind):
        tensor = layer(tensor)
    return keras.Model(tokens, tensor)


def series(*behind: Any, features: int = 2, width: int | None = None) -> keras.Model:
    tensor = values = keras.Input((width, features), name="values")
    for layer in behind:
        tensor = layer(tensor)
    return keras.Model(values, tensor)


def of(
    model: keras.Model,
    data: Any = None,
    sides: tuple[str, ...] = ("post",),
    pad_values: dict[str, float] | None = None,
) -> dict[str, Hazard]:
    """The hazards by kind; those of a model alone where there are no data."""
    subject = subject_of(model, data, pad_values=pad_values, time_inputs=None)
    sample = made_texts(subject.inputs, 0, subject.batch or 1) if data is None else sample_of(data, subject)
    texts, hers = readable(subject, sample), data is not None
    with any_width(model), compiled_loops():
        listed = hazards(model, subject, sample, texts, [False], sides=sides, data_is_hers=hers)
    assert len({hazard.kind for hazard in listed}) == len(listed)
    return {hazard.kind: hazard for hazard in listed}


def test_clean_data_and_models_raise_no_alarm() -> None:
    assert of(chain(layers.LSTM(3)), TOKENS) == {}
    assert of(series(layers.Masking(), layers.LSTM(3)), np.array([[[1.0, 0], [0, 2]], [[3, 0], [0, 0]]])) == {}
    assert of(series(layers.Conv1D(3, 2), layers.GlobalMaxPooling1D()), np.ones((3, 5, 2))) == {}
    assert of(chain(layers.LSTM(3))) == {}


def test_the_index_0_as_a_word_is_deleted_by_the_mask() -> None:
    hazard = of(chain(layers.LSTM(3)), [[1, 0, 2, 3], [4, 5, 0, 0], [6, 0, 0, 7]])["mask_value_in_data"]
    assert (hazard.layer, hazard.count, hazard.of) == ("embedding", 3, 10)
    assert "in 2 of 3 texts" in hazard.sentence


def test_a_row_of_zeros_in_a_series_is_deleted_by_the_mask() -> None:
    rows = np.array([[[1.0, 0], [0, 0], [0, 2], [0, 0]]])
    hazard = of(series(layers.Masking(name="masking"), layers.LSTM(3)), rows)["mask_value_in_data"]
    assert (hazard.layer, hazard.count, hazard.of) == ("masking", 1, 3)
    assert of(series(layers.LSTM(3)), rows)["hole"].layer is None  # nothing deletes it yet


def test_a_series_of_minus_ones_is_deleted_by_its_own_mask_value() -> None:
    rows = np.array([[[1.0], [-1], [0], [-1]], [[2], [0], [0], [4]]])
    found = of(series(layers.Masking(-1.0), layers.LSTM(3), features=1), rows)
    assert (found["mask_value_in_data"].count, found["mask_value_in_data"].of) == (1, 7)


@pytest.mark.parametrize(
    ("behind", "layer", "gives"),
    [
        ([layers.LSTM(3, name="lstm")], "lstm", "gives 0"),
        ([layers.LSTM(3, return_sequences=True, name="lstm")], "lstm", "gives 0"),
        ([layers.GlobalAveragePooling1D(name="average")], "average", "gives NaN"),
        ([layers.GlobalMaxPooling1D()], None, "are pads alone: leave"),
    ],
)
def test_a_row_of_pads_alone_is_run(behind: list[Any], layer: str | None, gives: str) -> None:
    hazard = of(chain(*behind), np.array([[0, 0, 0], [1, 2, 0], [3, 4, 5]]))["all_pads"]
    assert (hazard.layer, hazard.count, hazard.of) == (layer, 1, 3)
    assert gives in hazard.sentence


@pytest.mark.parametrize(
    ("attention", "pool", "gives"),
    [
        (layers.AdditiveAttention(), layers.GlobalAveragePooling1D(), "NaN"),
        (layers.Attention(), lambda steps: keras.ops.sum(steps, axis=1), "0"),
    ],
    ids=["averaged", "summed"],
)
def test_attention_to_pads_alone(attention: Any, pool: Any, gives: str) -> None:
    tokens = keras.Input((None,), dtype="int32")
    words = layers.Embedding(9, 4, mask_zero=True)(tokens)
    model = keras.Model(tokens, pool(attention([words, words])))
    rows = np.array([[0, 0, 0], [1, 2, 0]])
    assert f"gives {gives}" in of(model, rows)["all_pads"].sentence
    assert np.array_equal(np.array(model(rows))[0], np.full(4, float(gives)), equal_nan=True)


def test_without_data_only_nan_from_pads_alone_is_told() -> None:
    assert of(chain(layers.GlobalAveragePooling1D(name="average")))["all_pads"].layer == "average"


def test_ids_beyond_the_embedding_are_counted_and_left_out() -> None:
    model = chain(layers.LSTM(3))
    result = audit(model, [[1, 2, 3], [4, 99, 9], [5, -1, 6]], pads=[1], sides=["post"])
    hazard = next(hazard for hazard in result.hazards if hazard.kind == "out_of_range")
    assert (hazard.layer, hazard.count, hazard.of) == ("embedding", 3, 9)
    assert "rows 0 to 8, they reach 99" in hazard.sentence
    assert "2 of 3 texts" in hazard.sentence
    assert result.texts == 1


def test_data_without_a_readable_text_end_in_a_sentence() -> None:
    with pytest.raises(AuditError, match="rows 0 to 8, they reach 9"):
        audit(chain(layers.LSTM(3)), [[1, 9], [9, 2]])
    with pytest.raises(AuditError, match="every row is pads alone"):
        audit(chain(layers.LSTM(3)), np.zeros((2, 3)))


def test_ids_that_a_layer_shifts_first_are_not_the_embeddings() -> None:
    tokens = keras.Input((None,), dtype="int32")
    model = keras.Model(tokens, layers.LSTM(3)(layers.Embedding(9, 4)(tokens - 10)))
    assert of(model, [[11, 12, 13], [14, 15, 16]]) == {}


def test_pads_that_were_scaled_are_never_masked() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 5, 2))
    rows[:4, 3:] = 0
    model = series(layers.Masking(name="masking"), layers.LSTM(3))
    hazard = of(model, (rows - 1) / 2)["never_masked"]
    assert (hazard.layer, hazard.count, hazard.of) == ("masking", 4, 6)
    assert "repeat the step -0.5, -0.5 at one end: pad after scaling" in hazard.sentence
    assert of(model, rows) == {}


def test_tokens_padded_with_another_id_are_never_masked() -> None:
    model = chain(layers.LSTM(3))
    assert of(model, np.array([[2, 3, 1, 1], [4, 1, 1, 1], [5, 6, 7, 8]]))["never_masked"].count == 2
    assert of(model, np.array([[2, 3, 4, 5], [4, 5, 6, 7]])) == {}


def test_a_mask_of_nan_masks_nothing() -> None:
    model = series(layers.Masking(float("nan"), name="masking"), layers.LSTM(3))
    assert of(model, pad_values={"values": 0.0})["nan_pad_value"].layer == "masking"


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (layers.LSTM(3, recurrent_dropout=0.2, name="rnn"), "recurrent_dropout=0.2"),
        (layers.LSTM(3, activation="relu", name="rnn"), "not tanh"),
        (layers.GRU(3, reset_after=False, name="rnn"), "reset_after=False"),
        (layers.Bidirectional(layers.LSTM(3, use_bias=False), name="rnn"), "use_bias=False"),
        (layers.LSTM(3, recurrent_activation="hard_sigmoid", name="rnn"), "not sigmoid"),
    ],
    ids=["recurrent_dropout", "activation", "reset_after", "bidirectional", "recurrent_activation"],
)
def test_arguments_keep_a_layer_from_the_fused_kernel(layer: Any, reason: str) -> None:
    hazard = of(chain(layer))["slow_kernel"]
    assert hazard.layer == "rnn"
    assert reason in hazard.sentence


def test_pads_before_or_inside_of_a_text_keep_a_layer_from_the_fused_kernel() -> None:
    model = chain(layers.LSTM(3))
    hazard = of(model, np.array([[0, 1, 2], [1, 0, 2], [3, 0, 0], [3, 4, 5]]))["slow_kernel"]
    assert (hazard.count, hazard.of) == (2, 4)
    assert "slow_kernel" in of(model, sides=("pre", "post"))
    assert "slow_kernel" not in of(model, TOKENS, sides=("pre", "post"))
    assert "slow_kernel" not in of(chain(layers.LSTM(3), masked=False), sides=("pre", "post"))
    assert "slow_kernel" not in of(chain(layers.LSTM(3, use_cudnn=False)), sides=("pre", "post"))


def test_a_layer_that_counts_texts_for_steps_is_told_of_as_long_as_it_does() -> None:
    model = chain(layers.TimeDistributed(layers.Dense(2), name="steps"))
    *_, last = [model.predict(np.ones((2, width)), verbose=0).shape[1] for width in (3, 4, 5)]
    assert ("counts_texts" in of(model)) is (last != 5)
    assert "counts_texts" not in of(chain(layers.TimeDistributed(layers.Dense(2)), width=3))


def test_a_stack_of_layers_is_told_of_once() -> None:
    stack = [layers.LSTM(3, return_sequences=True, name="first"), layers.Bidirectional(layers.GRU(3), name="second")]
    assert "at `first`, `second`:" in of(chain(*stack), np.array([[0, 1, 2]]))["slow_kernel"].sentence


def test_a_model_of_the_users_own_shows_what_its_mask_deletes() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.words = layers.Embedding(9, 4, mask_zero=True, name="words")
            self.states = layers.LSTM(3)

        def call(self, tokens: Any) -> Any:
            return self.states(self.words(tokens))

    model, rows = Own(), np.array([[1, 0, 2], [3, 0, 0]])
    model(rows)
    hazard = of(model, rows)["mask_value_in_data"]
    assert (hazard.layer, hazard.count, hazard.of) == ("words", 1, 4)


def test_a_stateful_layer_keeps_its_state() -> None:
    tokens = keras.Input(batch_shape=(3, None), dtype="int32")
    states = layers.GRU(3, stateful=True, name="gru")(layers.Embedding(9, 4)(tokens))
    assert of(keras.Model(tokens, states), TOKENS)["stateful"].layer == "gru"


def test_statistics_of_a_batch_count_pads_without_a_mask() -> None:
    def model(*, masked: bool) -> keras.Model:
        norm = layers.BatchNormalization(name="norm", momentum=0.0)
        return chain(norm, layers.GlobalAveragePooling1D(), layers.BatchNormalization(), masked=masked)

    assert of(model(masked=False), TOKENS)["batch_statistics"].layer == "norm"
    assert of(model(masked=False), TOKENS[:1].repeat(3, axis=0)) == {}  # nothing is padded
    assert "batch_statistics" not in of(model(masked=True), TOKENS)
    for masked in (False, True):  # what the sentence says is what training does
        trained = model(masked=masked)
        trained(TOKENS, training=True)
        words = np.array(trained.get_layer("embedding").embeddings)
        steps = TOKENS[TOKENS > 0] if masked else TOKENS.reshape(-1)
        np.testing.assert_allclose(trained.get_layer("norm").moving_mean, words[steps].mean(axis=0), rtol=1e-4)


def test_zeros_for_every_text_with_a_pad_at_its_end() -> None:
    model = chain(layers.LSTM(3, zero_output_for_mask=True, name="lstm"))
    assert of(model, TOKENS)["zero_output"].layer == "lstm"
    assert [bool(row.any()) for row in np.array(model(TOKENS))] == [True, False, False]
    assert of(chain(layers.LSTM(3, zero_output_for_mask=True), masked=False), TOKENS) == {}


def test_weights_for_every_step_are_named_at_a_fixed_width() -> None:
    class PositionEmbedding(layers.Layer):
        def build(self, shape: Any) -> None:
            self.places = self.add_weight(shape=shape[1:])

        def call(self, values: Any) -> Any:
            return values + self.places

    flat = chain(layers.Flatten(name="flatten"), layers.Dense(2), masked=False, width=6)
    assert of(flat, TOKENS.repeat(2, axis=1)[:, :6])["fixed_width"].layer == "flatten"
    placed = chain(PositionEmbedding(name="places"), layers.GlobalMaxPooling1D(), masked=False, width=4)
    assert of(placed, TOKENS)["fixed_width"].layer == "places"
    assert of(chain(layers.LSTM(3), layers.Flatten(), width=4), TOKENS) == {}


def test_the_mask_of_an_output_is_dropped_by_predict() -> None:
    model = chain(layers.LSTM(3, return_sequences=True), layers.Dense(1, name="tags"))
    result = audit(model, TOKENS, pads=[1], sides=["post"])
    assert [(hazard.kind, hazard.layer) for hazard in result.hazards] == [("unread_mask", "tags")]
    assert not hasattr(model.predict(TOKENS, verbose=0), "_keras_mask")
