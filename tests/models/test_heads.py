"""Every head, cell and mask: which keep pads out of what the classifier reads, and that plain Keras loads them all."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stages.models.heads import BUILDERS
from stages.params.layers import HEADS, RECURRENT, WORKING_MASKS
from tests.architectures import architecture

pytestmark = pytest.mark.slow

TOKENS = np.array([[2, 3, 4, 5, 6, 7], [6, 7, 8, 9, 2, 3]], dtype=np.int32)
PADS = 5
WIDTH = TOKENS.shape[1] + PADS
ROUNDING = 1e-6

EXACT_UNDER = {
    "last": {"pre", "post"},
    "mean": {"pre", "post"},
    "attention": {"pre", "post"},
    "multi_head_attention": {"pre", "post"},
    "last_index": {"pre", "post"},
    "max": {"post"},
    "mean_naive": set(),
    "conv": set(),
}
"""Behind a state that is exactly the same with pads and without (KERAS_MASKING: verified facts of Keras 3)."""


@pytest.fixture(scope="module", autouse=True)
def _tensorflow():
    from stages.models.tensorflow_setup import prepare_tensorflow

    prepare_tensorflow()


def built(mask="none", seed=0, vectors=None, **sizes):
    from stages.models.build import build_model

    return build_model(architecture(mask, **sizes), 12, 2, WIDTH, seed, vectors=vectors)


def padded(side):
    return np.pad(TOKENS, ((0, 0), (PADS, 0) if side == "pre" else (0, PADS)))


def moves(mask, **sizes):
    """By side, the largest change of the state and of what the classifier reads."""
    from stages.states.instrument import InstrumentedModel

    model = InstrumentedModel(built(mask, **sizes))
    alone = model.read(TOKENS)

    def on(side):
        with_pads = model.read(padded(side))
        states = [
            np.abs(state - with_pads.states[layer][letter]).max()
            for layer, letters in alone.states.items()
            for letter, state in letters.items()
        ]
        return max(states, default=0.0), float(np.abs(alone.head - with_pads.head).max())

    return {side: on(side) for side in ("pre", "post")}


@pytest.mark.parametrize("mask", WORKING_MASKS)
@pytest.mark.parametrize("head", EXACT_UNDER)
def test_heads_that_keep_the_invariance_of_an_exact_state_and_heads_that_break_it(head, mask):
    for side, (state, vector) in moves(mask, head=head).items():
        assert state == 0.0
        assert (vector <= ROUNDING) == (side in EXACT_UNDER[head])


@pytest.mark.parametrize("head", EXACT_UNDER)
def test_without_a_mask_every_head_moves(head):
    assert min(vector for _, vector in moves("none", head=head).values()) > 1e-5


def test_heads_for_which_batches_are_trimmed_keep_the_invariance_on_both_sides():
    keeping = {name for name, head in HEADS.items() if head.keeps_mask}
    assert keeping == {name for name, sides in EXACT_UNDER.items() if len(sides) == 2} - {"last_index"}


MERGES = ("concat", "sum", "mul", "ave")


@pytest.mark.parametrize(
    ("mask", "recurrent", "merge"),
    [*((mask, cell, "none") for mask in WORKING_MASKS for cell in RECURRENT)]
    + [("embedding", "lstm", merge) for merge in MERGES]
    + [("explicit", "gru", "concat")],
)
def test_a_working_mask_freezes_every_cell_in_every_direction_and_depth(mask, recurrent, merge):
    found = moves(mask, recurrent=recurrent, bidirectional=merge, layers=2)
    assert found == dict.fromkeys(("pre", "post"), (0.0, 0.0))


@pytest.mark.parametrize(
    ("recurrent", "merge"), [*((cell, "none") for cell in RECURRENT), *(("lstm", merge) for merge in MERGES)]
)
def test_without_a_mask_every_cell_moves_in_every_direction_and_depth(recurrent, merge):
    assert moves("none", recurrent=recurrent, bidirectional=merge, layers=2)["post"][0] > 1e-5


def test_layer_normalization_hands_the_mask_on():
    """To rounding: it computes all steps at once, and another number of steps sums in another order."""
    sizes = {"layers": 3, "layer_normalization": True}
    assert max(moves("embedding", **sizes)["pre"]) <= ROUNDING < min(moves("none", **sizes)["pre"])


@pytest.mark.parametrize("head", [name for name in HEADS if HEADS[name].reads_steps])
def test_a_model_without_recurrence_has_no_state_and_reads_pads_unless_its_head_knows_the_mask(head):
    if HEADS[head].fixed_width:
        assert built(recurrent="none", head=head).input_shape == (None, WIDTH)
        return
    if HEADS[head].keeps_mask:
        for state, vector in moves("embedding", recurrent="none", head=head).values():
            assert state == 0.0
            assert vector <= ROUNDING
    # The largest of six embedded words may well exceed the pad's.
    assert head == "max" or moves("none", recurrent="none", head=head)["post"][1] > 1e-5


def test_the_conv_head_destroys_the_mask_so_a_masked_cnn_equals_the_unmasked_one():
    tokens = padded("post")
    plain, masked = (built(mask, recurrent="none", head="conv") for mask in ("none", "embedding"))
    assert np.array_equal(plain.predict_on_batch(tokens), masked.predict_on_batch(tokens))


def test_every_head_has_its_facts_and_its_builder():
    assert list(BUILDERS) == list(HEADS)


@pytest.mark.parametrize("head", HEADS)
def test_variants_of_one_head_start_from_the_same_weights(head):
    import keras

    weights = []
    for mask in ("none", "embedding", "explicit", "masking_on_zeroed_row"):
        keras.utils.set_random_seed(5)
        weights.append(built(mask, head=head).get_weights())
    for ours in weights[1:]:
        assert np.array_equal(ours[0][1:], weights[0][0][1:])
        assert all(map(np.array_equal, ours[1:], weights[0][1:]))
    assert not weights[3][0][0].any()


def test_the_zeroed_row_stays_zero_in_training_and_other_rows_learn():
    model = built("masking_on_zeroed_row")
    before = model.get_weights()[0]
    model.compile("adam", "binary_crossentropy")
    model.fit(padded("post"), np.array([[0.0], [1.0]]), epochs=3, verbose=0)
    after = model.get_weights()[0]
    assert not after[0].any()
    assert not np.array_equal(after[2:], before[2:])


@pytest.mark.parametrize("embeddings", ["pretrained", "frozen"])
def test_pretrained_rows_are_taken_and_missing_ones_drawn(embeddings):
    vectors = np.full((12, 4), np.nan, dtype=np.float32)
    vectors[0], vectors[3] = 7, [1, 2, 3, 4]
    model, drawn = built(embeddings=embeddings, vectors=vectors), built()
    rows = model.get_layer("embedding").get_weights()[0]
    assert rows[3].tolist() == [1, 2, 3, 4]
    assert rows[0].tolist() == [0, 0, 0, 0]
    assert np.array_equal(rows[[1, 2, 4]], drawn.get_weights()[0][[1, 2, 4]])
    assert model.get_layer("embedding").trainable == (embeddings == "pretrained")


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Every head, mask and cell as a .keras file, with what it answers."""
    from stages.models.build import model_inputs
    from stages.models.saving import save_model

    folder = tmp_path_factory.mktemp("zoo")
    models = {f"head-{head}": built("embedding", head=head) for head in HEADS}
    models |= {f"mask-{mask}": built(mask, head="mean") for mask in ("none", "embedding+masking", *WORKING_MASKS)}
    models |= {f"cell-{cell}": built(recurrent=cell, bidirectional="mul", layers=2) for cell in RECURRENT}
    models["cnn"] = built(recurrent="none", head="conv")
    tokens = padded("post")
    for name, model in models.items():
        save_model(model, folder / f"{name}.keras")
        inputs = model_inputs(tokens, explicit=len(model.inputs) > 1)
        np.save(folder / f"{name}.npy", model.predict_on_batch(inputs))
    return folder


LOADER = """
import pathlib, sys
import keras, numpy as np
folder = pathlib.Path(sys.argv[1])
tokens = np.load(folder / "tokens.npy")
for path in sorted(folder.glob("*.keras")):
    model = keras.models.load_model(path)
    inputs = (tokens, tokens != 0) if len(model.inputs) > 1 else tokens
    np.testing.assert_allclose(model.predict_on_batch(inputs), np.load(path.with_suffix(".npy")), atol=1e-7)
    print(path.stem)
assert not [name for name in sys.modules if name.split(".")[0] == "stages"]
"""


def test_every_model_is_loaded_by_keras_alone(zoo: Path):
    np.save(zoo / "tokens.npy", padded("post"))
    done = subprocess.run([sys.executable, "-c", LOADER, zoo], capture_output=True, text=True, cwd=zoo, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split()) == len(HEADS) + 5 + len(RECURRENT) + 1


@pytest.mark.parametrize("name", ["head-flatten", "head-multi_head_attention", "mask-explicit", "cell-gru", "cnn"])
def test_the_instrumented_model_computes_what_the_saved_one_does(zoo: Path, name):
    import keras

    from stages.states.instrument import InstrumentedModel

    model = InstrumentedModel(keras.models.load_model(zoo / f"{name}.keras"))
    np.testing.assert_allclose(model.read(padded("post")).output, np.load(zoo / f"{name}.npy"), atol=1e-6)
    assert model.width == (WIDTH if name == "head-flatten" else None)


def test_attention_by_hand():
    """AdditiveAttention: softmax over steps of Σ scale · tanh(query + key), the values averaged by it."""
    import keras

    model = built(head="attention")
    steps = keras.Model(model.inputs, model.get_layer("lstm_1").output).predict_on_batch(TOKENS)
    query_kernel, query_bias = model.get_layer("attention_query").get_weights()
    (key_kernel,) = model.get_layer("attention_key").get_weights()
    (scale,) = model.get_layer("attention").get_weights()
    query = steps.mean(axis=1) @ query_kernel + query_bias
    scores = (scale * np.tanh(query[:, np.newaxis] + steps @ key_kernel)).sum(axis=2)
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = (weights[:, :, np.newaxis] * steps).sum(axis=1)
    head = keras.Model(model.inputs, model.get_layer("attention_vector").output)
    np.testing.assert_allclose(head.predict_on_batch(TOKENS), expected, atol=1e-6)
