"""The steps of a trainer: those of Keras's own `fit`."""

import numpy as np
import pytest

from stages.models.tensorflow_setup import one_op_after_another, prepare_tensorflow
from stages.params.derived import architecture_of

pytestmark = pytest.mark.slow

ROWS, WIDTH, WORDS = 16, 9, 12
RATE = 0.02
RNG = np.random.default_rng(3)
LENGTH = RNG.integers(2, WIDTH + 1, (5, ROWS))
TOKENS = np.where(np.arange(WIDTH) < LENGTH[..., np.newaxis], RNG.integers(1, WORDS, (5, ROWS, WIDTH)), 0).astype(
    "int32"
)


@pytest.fixture(autouse=True)
def _tensorflow():
    prepare_tensorflow()


def batches(classes, explicit):
    from stages.models.build import model_inputs

    labels = (TOKENS.sum(axis=-1) % classes).astype(np.float32)[..., np.newaxis]
    return [(model_inputs(tokens, explicit=explicit), label) for tokens, label in zip(TOKENS, labels, strict=True)]


@pytest.mark.parametrize(
    ("variant", "classes", "changes"),
    [
        ("baseline", 2, {}),
        ("masked", 2, {"model.dropout": 0.3}),
        ("explicit", 2, {}),
        ("masked", 5, {"model.head": "mean", "model.recurrent": "gru"}),
    ],
    ids=["no mask", "dropout", "two inputs", "five classes"],
)
def test_steps_and_history_are_those_of_fit(make_params, variant, classes, changes):
    import keras

    from stages.models.build import build_model, model_inputs
    from stages.models.trainer import Trainer

    architecture = architecture_of(make_params({"model.units": 4, **changes}), variant)
    ours, theirs = (build_model(architecture, WORDS, classes, WIDTH, 7) for _ in range(2))
    fed = batches(classes, architecture.mask == "explicit")
    tokens, label = TOKENS.reshape(-1, WIDTH), np.concatenate([label for _, label in fed])
    whole = (model_inputs(tokens, explicit=architecture.mask == "explicit"), label)
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    theirs.compile(keras.optimizers.Adam(RATE), loss, metrics=["accuracy"])
    with one_op_after_another():
        trainer = Trainer(ours, classes, RATE)
        told = [trainer.train(fed) for _ in range(3)]
        history = theirs.fit(*whole, epochs=3, batch_size=ROWS, shuffle=False, verbose=0).history
        evaluated = theirs.evaluate(*whole, verbose=0)
    rounding = 1e-6 if classes == 2 else 0.0
    for weights, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, rtol=0, atol=rounding)
    np.testing.assert_allclose(np.array(told).T, [history["loss"], history["accuracy"]], rtol=1e-6)
    assert trainer.loss(trainer.predict(fed), label[:, 0].astype(int)) == pytest.approx(evaluated[0], rel=1e-6)


@pytest.mark.parametrize("variant", ["baseline", "masked", "gru"])
@pytest.mark.parametrize("classes", [2, 5])
def test_no_op_of_a_step_differs_between_makes_of_processors(make_params, variant, classes):
    from stages.models.build import build_model
    from stages.models.trainer import Trainer

    architecture = architecture_of(make_params({"model.units": 4}), variant)
    graph = Trainer(build_model(architecture, WORDS, classes, WIDTH, 7), classes, RATE)._step.graph.as_graph_def()
    ops = {node.op for nodes in (graph.node, *(each.node_def for each in graph.library.function)) for node in nodes}
    assert ops & {"Sigmoid", "Softmax"}
    assert not ops & {"Inv", "InvGrad", "Reciprocal", "ReciprocalGrad", "Rsqrt", "RsqrtGrad"}


def test_a_trainer_begins_anew_with_every_model(make_params):
    from stages.models.build import build_model
    from stages.models.trainer import Trainer

    architecture = architecture_of(make_params({"model.units": 4}), "masked")
    trainer = Trainer(build_model(architecture, WORDS, 2, WIDTH, 0), 2, RATE)
    found = []
    for seed in (1, 2, 1):
        model = build_model(architecture, WORDS, 2, WIDTH, seed)
        trainer.begin_with(model)
        trainer.train(batches(2, explicit=False))
        trainer.end_in(model)
        found.append(np.concatenate([weights.ravel() for weights in model.get_weights()]))
    np.testing.assert_array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])
