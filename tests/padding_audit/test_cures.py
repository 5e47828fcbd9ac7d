"""The cure of each cause: its code is pasted behind a saved model, and the audit of `cured` is what the cure says."""

import keras
import numpy as np
import pytest
from keras import layers

from stages.padding_audit import audit
from stages.padding_audit.auditing import looked_at
from stages.padding_audit.cures import cures
from stages.padding_audit.facts import tolerance_of
from stages.padding_audit.loops import compiled_loops
from stages.padding_audit.proof import verdict_of
from stages.padding_audit.result import Cause, Verdict
from stages.padding_audit.samples import made_texts
from stages.padding_audit.subjects import any_width, subject_of, with_width
from stages.padding_audit.tracing import traced

SIDES, PADS, TEXTS = ("pre", "post"), (3,), 5
OK = (Verdict.PROVEN, Verdict.EXACT, Verdict.ROUNDING)


def ids(name=None):
    return keras.Input((None,), dtype="int32", name=name)


def tokens(*behind, mask_zero=True):
    return keras.Sequential([ids(), layers.Embedding(12, 4, mask_zero=mask_zero, name="embedding"), *behind])


def functional(behind, mask_zero=True):
    inputs = ids("ids")
    outputs = behind(layers.Embedding(12, 4, mask_zero=mask_zero, name="embedding")(inputs))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(outputs))


def sequences(units=3):
    return layers.LSTM(units, return_sequences=True, name="sequences")


@keras.saving.register_keras_serializable("tests")
class Doubled(layers.Layer):
    def call(self, inputs):
        return inputs * 2


@keras.saving.register_keras_serializable("tests")
class AttentionByHand(layers.Layer):
    def build(self, shape):
        self.scores = self.add_weight(shape=(shape[-1], 1))

    def call(self, inputs):
        return keras.ops.sum(inputs * keras.ops.softmax(inputs @ self.scores, axis=1), axis=1)


@keras.saving.register_keras_serializable("tests")
class CellOfHers(layers.SimpleRNNCell):
    pass


def attention(x):
    weights = layers.Softmax(axis=1, name="weights")(layers.Dense(1)(x))
    return keras.ops.sum(x * weights, axis=1)


def attention_by_operations(x):
    return keras.ops.sum(x * keras.ops.softmax(layers.Dense(1)(x), axis=1), axis=1)


def decoder(mask_zero=True):
    source, target = ids("source"), ids("target")
    state = layers.GRU(3)(layers.Embedding(9, 4, mask_zero=True)(source))
    embedded = layers.Embedding(9, 4, mask_zero=mask_zero)(target)
    return keras.Model([source, target], layers.GRU(3, name="decoder")(embedded, initial_state=state))


def words_and_tags(merge):
    words, tags = ids("words"), ids("tags")
    first = layers.Embedding(9, 4, mask_zero=True)(words)
    return keras.Model([words, tags], layers.LSTM(3)(merge([first, layers.Embedding(9, 4, name="tags_of")(tags)])))


def words_and_numbers():
    words, numbers = ids("words"), keras.Input((None, 2), name="numbers")
    joined = layers.Concatenate()([layers.Embedding(9, 4, mask_zero=True)(words), numbers])
    return keras.Model({"words": words, "numbers": numbers}, layers.LSTM(3)(joined))


def with_positions():
    words = ids("words")
    embedded = layers.Embedding(9, 4, mask_zero=True)(words)
    shifted = layers.Add()([embedded, keras.ops.multiply(embedded, 2.0)])
    return keras.Model(words, layers.LSTM(3)(shifted))


def numbers(*behind):
    return keras.Sequential([keras.Input((None, 3)), *behind])


def nested():
    inner = tokens(layers.Reshape((-1, 4)), layers.LSTM(3), layers.Dense(1, activation="sigmoid"))
    inner.name = "inner"
    inputs = ids("ids")
    return keras.Model(inputs, inner(inputs))


def two_embeddings():
    words = ids("words")
    branches = [layers.LSTM(3)(layers.Embedding(9, 4, mask_zero=masked)(words)) for masked in (True, False)]
    return keras.Model(words, layers.Concatenate()(branches))


BOTH = ("pre", "post")
MODELS = {
    # model, cause, sides that the cure makes exact
    "no mask": (lambda: tokens(layers.LSTM(3), layers.Dense(1), mask_zero=False), Cause.NO_MASK, BOTH),
    "no mask, two inputs": (lambda: words_and_tags(layers.Average()), Cause.LOST, BOTH),
    "no mask, then a maximum": (
        lambda: tokens(sequences(), layers.GlobalMaxPooling1D(), layers.Dense(1), mask_zero=False),
        Cause.NO_MASK,
        BOTH,
    ),
    "numbers": (lambda: numbers(layers.Dense(3), layers.LSTM(3)), Cause.NO_MASK, BOTH),
    "numbers, Conv1D, maximum": (
        lambda: numbers(layers.Conv1D(3, 3, padding="same", bias_initializer="ones"), layers.GlobalMaxPooling1D()),
        Cause.NO_MASK,
        BOTH,
    ),
    "a cell of hers": (lambda: tokens(layers.RNN(CellOfHers(3)), mask_zero=False), Cause.NO_MASK, BOTH),
    "words and numbers": (words_and_numbers, Cause.REPLACED, BOTH),
    "Masking behind Embedding": (lambda: tokens(layers.Masking(), layers.LSTM(3)), Cause.REPLACED, BOTH),
    "Concatenate": (lambda: words_and_tags(layers.Concatenate()), Cause.REPLACED, BOTH),
    "Add of masked and unmasked": (with_positions, Cause.LOST, BOTH),
    "not handed": (decoder, Cause.NOT_HANDED, BOTH),
    "Reshape": (lambda: tokens(layers.Reshape((-1, 4)), layers.LSTM(3)), Cause.DESTROYED, BOTH),
    "zeros in place of the last output": (
        lambda: tokens(layers.LSTM(3, zero_output_for_mask=True)),
        Cause.MISUSED,
        BOTH,
    ),
    "two embeddings of one input": (two_embeddings, Cause.NO_MASK, BOTH),
    "Lambda": (lambda: tokens(layers.Lambda(lambda x: x * 2), layers.LSTM(3)), Cause.DESTROYED, BOTH),
    "nested Reshape": (nested, Cause.DESTROYED, BOTH),
    "a layer of hers": (lambda: tokens(Doubled(name="doubled"), layers.LSTM(3)), Cause.DESTROYED, BOTH),
    "times a number": (lambda: functional(lambda x: layers.LSTM(3)(x * 2)), Cause.LOST, BOTH),
    "plus a number": (lambda: functional(lambda x: layers.LSTM(3)(x + 0.5)), Cause.LOST, BOTH),
    "keras.ops": (lambda: functional(lambda x: layers.LSTM(3)(keras.ops.tanh(x))), Cause.LOST, BOTH),
    "maximum": (lambda: tokens(sequences(), layers.GlobalMaxPooling1D(), layers.Dense(1)), Cause.DESTROYED, BOTH),
    "mean by hand": (lambda: functional(lambda x: keras.ops.mean(sequences()(x), axis=1)), Cause.LOST, BOTH),
    "sum by hand": (lambda: functional(lambda x: keras.ops.sum(sequences()(x), axis=1)), Cause.LOST, BOTH),
    "attention, no mask": (lambda: functional(attention, mask_zero=False), Cause.NO_MASK, BOTH),
    "attention by operations": (lambda: functional(attention_by_operations), Cause.LOST, BOTH),
    "Masking behind Embedding, functional": (
        lambda: functional(lambda x: layers.LSTM(3)(layers.Masking()(x))),
        Cause.REPLACED,
        BOTH,
    ),
    "backwards, functional": (
        lambda: functional(
            lambda x: layers.GRU(2)(layers.GRU(3, return_sequences=True, go_backwards=True)(x)),
        ),
        Cause.MISALIGNED,
        BOTH,
    ),
    "last step of two directions": (
        lambda: functional(lambda x: layers.Bidirectional(sequences(), name="both")(x)[:, -1]),
        Cause.LOST,
        BOTH,
    ),
    "Conv1D": (lambda: tokens(layers.Conv1D(3, 3, padding="same"), layers.LSTM(3)), Cause.DESTROYED, BOTH),
    "Conv1D valid": (lambda: tokens(layers.Conv1D(3, 2), layers.LSTM(3)), Cause.DESTROYED, BOTH),
    "Conv1D, maximum": (
        lambda: tokens(layers.Conv1D(3, 3, padding="causal"), layers.GlobalMaxPooling1D(), layers.Dense(1)),
        Cause.DESTROYED,
        BOTH,
    ),
    "backwards": (
        lambda: tokens(layers.LSTM(3, return_sequences=True, go_backwards=True), layers.LSTM(2)),
        Cause.MISALIGNED,
        BOTH,
    ),
    "GroupNormalization": (lambda: tokens(layers.GroupNormalization(2), layers.LSTM(3)), Cause.MIXES_STEPS, BOTH),
    "scaled before Masking": (
        lambda: numbers(layers.Dense(3, bias_initializer="ones"), layers.Masking(), layers.LSTM(3)),
        None,
        BOTH,
    ),
}


def measured(model, with_cures=True):
    with any_width(model), compiled_loops():
        subject, tolerance = subject_of(model, None, pad_values=None, time_inputs=None), tolerance_of(model)
        sample = looked_at(made_texts(subject.inputs, 0, TEXTS), TEXTS)
        subject = with_width(subject, sample)
        trace = traced(subject, sample, sides=SIDES, pads=PADS, tolerance=tolerance)
        verdicts = {side: verdict_of(subject, trace, sample, side, tolerance) for side in SIDES}
        results = cures(subject, trace, sample, sides=SIDES, pads=PADS, tolerance=tolerance) if with_cures else []
    return verdicts, results


def pasted(model, code, folder):
    model.save(folder / "model.keras")
    names = {"keras": keras, "model": keras.models.load_model(folder / "model.keras", safe_mode=False)}
    exec(code, names)
    return names["cured"]


@pytest.mark.slow
@pytest.mark.parametrize(("build", "cause", "exact"), MODELS.values(), ids=MODELS)
def test_the_pasted_cure_is_what_it_says(build, cause, exact, tmp_path):
    keras.utils.set_random_seed(3)
    model = build()
    weights = model.get_weights()
    verdicts, results = measured(model)
    assert not set(verdicts.values()) <= set(OK)
    assert cause is None or {cure.cause for cure in results} == {cause}
    for cure in results:
        assert cure.tried, cure.sentence
        after, _ = measured(pasted(model, cure.code, tmp_path), with_cures=False)
        assert after == cure.verdict_after
        assert {side for side in exact if after[side] in OK} == set(exact), cure.sentence
    assert all((first == second).all() for first, second in zip(weights, model.get_weights(), strict=True))


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embedding, self.lstm = layers.Embedding(9, 4), layers.LSTM(3)

    def call(self, inputs):
        return self.lstm(self.embedding(inputs))


UNTRIED = {
    "attention in a layer of hers": (
        lambda: tokens(sequences(), AttentionByHand(name="attention"), layers.Dense(1)),
        "Not tried: only you can change its code; let `call` of AttentionByHand take `mask`, "
        "and leave steps where it is false out.",
    ),
    "strides": (
        lambda: tokens(layers.Conv1D(3, 3, strides=2, padding="same"), layers.LSTM(3)),
        "Not tried: pads move what its strides read; pad to one width on one side.",
    ),
    "fewer steps": (
        lambda: tokens(layers.Cropping1D(1), layers.LSTM(3)),
        "Not tried: no change is known that would do; behind `cropping1d`, hand on a mask of as many steps as it "
        "gives.",
    ),
    "flatten": (
        lambda: keras.Sequential(
            [keras.Input((6,), dtype="int32"), layers.Embedding(9, 4), layers.Flatten(), layers.Dense(1)]
        ),
        "Not tried: it needs training.",
    ),
}


@pytest.mark.parametrize(("build", "sentence"), UNTRIED.values(), ids=UNTRIED)
def test_what_is_not_tried_is_said_and_runs_when_pasted(build, sentence, tmp_path):
    keras.utils.clear_session(free_memory=False)
    model = build()
    _, (cure, *_) = measured(model)
    assert (cure.tried, cure.verdict_after, cure.flips_against_original) == (False, None, None)
    assert cure.sentence == sentence
    assert isinstance(pasted(model, cure.code, tmp_path), keras.Model)


def test_flatten_gives_way_to_an_average_that_needs_training(tmp_path):
    model = UNTRIED["flatten"][0]()
    _, (cure,) = measured(model)
    cured = pasted(model, cure.code, tmp_path)
    assert [type(layer) for layer in cured.layers] == [layers.Embedding, layers.GlobalAveragePooling1D, layers.Dense]
    assert cure.cause is Cause.FIXED_WIDTH


def test_a_model_with_a_call_of_its_own_is_not_cloned():
    result = audit(Subclassed(), np.array([[1, 2, 3], [3, 4, 5]]), pads=(2,))
    (cure,) = result.cures
    assert (cure.cause, cure.tried) == (Cause.NO_MASK, False)
    assert cure.sentence.startswith("Not tried: ")


def test_the_share_of_changed_predictions_is_that_of_the_classes():
    """Masking deletes the word 1, whose row is zero; every step that is read adds 1, the word 2 adds 2: above .5 is
    the class 1. Texts of the word 1 alone are of class 0 with the layer and of class 1 without it: 2 of 4.
    """
    inputs = ids("ids")
    embedding = layers.Embedding(3, 1, mask_zero=True, name="embedding")
    total = layers.SimpleRNN(1, activation=None, name="total")
    dense = layers.Dense(1, activation="sigmoid")
    model = keras.Model(inputs, dense(total(layers.Masking(name="masking")(embedding(inputs)))))
    embedding.set_weights([np.array([[-5.0], [0.0], [1.0]])])
    total.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.ones(1)])
    dense.set_weights([np.ones((1, 1)), np.array([-0.5])])
    (cure,) = audit(model, np.array([[1, 1], [1, 2], [2, 2], [1, 1]]), pads=(1,)).cures
    assert cure.flips_against_original == 0.5
    assert cure.sentence == (
        "Without the layer `masking`: exact for any number of pads; 50 % of the predictions without pads change, "
        "because the model was trained with the leak: retrain."
    )


def test_a_cure_that_keeps_texts_alone_says_that_padded_ones_change():
    (cure,) = audit(tokens(layers.LSTM(3), mask_zero=False), sides=["post"], pads=(1,)).cures
    assert cure.flips_against_original == 0
    assert cure.sentence.endswith("; no prediction without pads changes, and those with pads become the same.")


def test_a_pad_that_is_not_zero_is_masked_by_its_own_id(tmp_path):
    model = tokens(layers.LSTM(3), mask_zero=False)
    result = audit(model, pads=(2,), pad_values={model.inputs[0].name: 7})
    (cure,) = result.cures
    cured = pasted(model, cure.code, tmp_path)
    after = audit(cured, pads=(2,), pad_values={cured.inputs[0].name: 7})
    assert {side: finding.verdict for side, finding in after.sides.items()} == cure.verdict_after
    assert not after.leaks


def test_a_compiled_model_stays_compiled_and_is_not_compiled_anew():
    def hers(truth, prediction):
        return keras.ops.mean(truth - prediction)

    model = tokens(layers.Masking(), layers.LSTM(3))
    model.compile(loss=hers, metrics=["mae"])
    _, (cure,) = measured(model)
    assert model.compiled
    assert cure.tried


def test_no_cure_where_nothing_leaks():
    assert measured(tokens(layers.LSTM(3)))[1] == []
