"""Probes and paths of a sample of texts in which the number of pads, or nothing, is planted."""

import numpy as np
import pytest

from stages.analysis.readouts import readout
from stages.analysis.samples import Sample

pytestmark = pytest.mark.filterwarnings("error")

TEXTS, WIDTH, MAX_LEN = 200, 5, 31
PADS = (1, 2, 4)
CONDITIONS = {f"pads-{pads}": pads for pads in PADS} | {"as-trained": None, "other-side": None}
NAMES = ("pads-0", *CONDITIONS)


def sample(states, *, names=("h_lstm_1", "c_lstm_1", "head"), texts=TEXTS, label=None, predicted=None, length=None):
    """`states` gives those of a condition."""
    labels = np.arange(texts, dtype=np.int32) % 2 if label is None else label
    lengths = (np.arange(texts, dtype=np.int32) * 7 % 20 + 1) if length is None else length
    set_pads = {"pads-0": 0, **{name: pads for name, pads in CONDITIONS.items() if pads is not None}}
    return Sample(
        text_id=np.arange(texts),
        label=labels,
        length=lengths,
        predicted={name: labels if predicted is None else predicted[name] for name in NAMES},
        pads={
            name: np.full(texts, set_pads[name], np.int32) if name in set_pads else (MAX_LEN - lengths).astype(np.int32)
            for name in NAMES
        },
        vectors={name: dict.fromkeys(names, states(name).astype(np.float32)) for name in NAMES},
    )


def noise(name, texts=TEXTS, width=WIDTH):
    return np.random.default_rng(NAMES.index(name)).normal(size=(texts, width))


def test_the_number_of_pads_written_into_one_unit_is_read_without_an_error():
    def states(name):
        values = noise(name)
        values[:, 2] = 6 * list(NAMES).index(name)
        return values

    found = readout(sample(states), CONDITIONS).pad_count
    assert (found.classes, found.chance, found.entropy, found.reason) == (4, 0.25, 2, None)
    assert found.accuracy == 1
    assert 0.9 * 2 < found.information < 2


def test_states_that_pads_do_not_move_tell_nothing_of_them():
    found = readout(sample(lambda name: noise("pads-0")), CONDITIONS).pad_count
    assert found.accuracy == pytest.approx(0.25, abs=1e-12)
    assert found.information == pytest.approx(0, abs=1e-6)


def test_conditions_made_from_the_length_are_named_and_never_probed():
    """As trained, every unit shouts: had the probe seen it, it would have had five classes and no error."""

    def states(name):
        return noise("pads-0") + (100.0 if CONDITIONS.get(name, 0) is None else 0.0)

    found = readout(sample(states), CONDITIONS)
    assert found.confounded == ["as-trained", "other-side"]
    assert found.pad_count.classes == 4
    assert found.pad_count.accuracy == pytest.approx(0.25, abs=1e-12)
    assert list(found.frozen) == list(found.label.accuracy) == [0, *PADS]


def test_pads_that_are_independent_of_the_length_are_not_named():
    texts = sample(noise)
    shuffled = np.random.default_rng(0).permutation(texts.pads["as-trained"])
    texts.pads["as-trained"] = shuffled
    assert readout(texts, CONDITIONS).confounded == ["other-side"]
    one_length = sample(noise, length=np.full(TEXTS, 6, np.int32))
    found = readout(one_length, CONDITIONS)
    assert found.confounded == []
    assert (np.isnan(found.length.r2), found.length.reason) == (True, "all texts have one length")


def test_the_models_own_classifier_and_a_probe_that_is_fitted_anew():
    """With 4 pads the label is in the state, turned round: the classifier is wrong on every text, the probe right."""
    label = (np.random.default_rng(3).random(TEXTS) < 0.5).astype(np.int32)
    predicted = dict.fromkeys(NAMES, label) | {"pads-2": np.where(np.arange(TEXTS) < 50, 1 - label, label)}
    predicted["pads-4"] = 1 - label

    def states(name):
        values = noise(name)
        sign = {"pads-2": 0, "pads-4": -1}.get(name, 1)
        values[:, 0] += 20 * sign * label
        return values

    found = readout(sample(states, label=label, predicted=predicted), CONDITIONS)
    assert found.texts == TEXTS
    assert found.frozen == {0: 1, 1: 1, 2: 0.75, 4: 0}
    assert found.label.accuracy[0] == found.label.accuracy[4] == 1
    # Four standard errors of a coin thrown 200 times.
    assert abs(found.label.accuracy[2] - 0.5) < 0.15


def test_the_length_is_read_off_the_state_of_the_text_alone():
    def states(name):
        values = noise(name)
        if name == "pads-0":
            values[:, 1] = (np.arange(TEXTS) * 7 % 20 + 1) / 4
        return values

    assert readout(sample(states), CONDITIONS).length.r2 > 0.99
    assert readout(sample(noise), CONDITIONS).length.r2 < 0.1


def test_the_probes_read_what_the_classifier_reads_and_the_path_is_of_the_hidden_state():
    texts = sample(noise)
    for index, name in enumerate(NAMES):
        marked = noise("pads-0").astype(np.float32)
        marked[:, 0] = 6 * index
        texts.vectors[name] = {"h_lstm_1": noise("pads-0").astype(np.float32), "head": marked}
    found = readout(texts, CONDITIONS)
    assert found.pad_count.accuracy == 1
    assert np.ptp(found.path.path.x, axis=1) == pytest.approx(0)
    without_head = {name: {"h_lstm_1": each["h_lstm_1"]} for name, each in texts.vectors.items()}
    texts.vectors.update(without_head)
    assert readout(texts, CONDITIONS).pad_count.accuracy == pytest.approx(0.25)


def test_the_path_follows_texts_of_both_classes_with_their_true_labels():
    """Two wide units: pads push every text by so much along the first of them."""
    plane = noise("pads-0", width=4) * [10.0, 5.0, 0.1, 0.1]
    push = {"pads-0": 0, "pads-1": 1, "pads-2": 2, "pads-4": 4}

    def states(name):
        return plane + np.array([1.0, 0, 0, 0]) * push.get(name, 50)

    predicted = np.arange(TEXTS, dtype=np.int32) % 2
    found = readout(sample(states, label=1 - predicted, predicted=dict.fromkeys(NAMES, predicted)), CONDITIONS).path
    assert found.path.pads == (0, *PADS)
    assert found.path.x.shape == (12, 4)
    np.testing.assert_allclose(found.path.x - found.path.x[:, :1], np.tile([0, 1, 2, 4], (12, 1)), atol=0.05)
    assert found.labels == [1] * 6 + [0] * 6


@pytest.mark.parametrize("texts", [2, 19])
def test_few_texts_have_no_probe(texts):
    found = readout(sample(lambda name: noise(name, texts), texts=texts), CONDITIONS)
    numbers = [found.pad_count.accuracy, found.pad_count.information, found.length.r2, *found.label.accuracy.values()]
    assert np.isnan(numbers).all()
    assert {found.pad_count.reason, found.label.reason, found.length.reason} == {found.pad_count.reason}
    assert "fewer than 20 texts" in found.pad_count.reason
    assert found.frozen[0] == 1


def test_constant_states_have_no_path_and_tell_no_more_than_a_guess():
    found = readout(sample(lambda name: np.full((TEXTS, WIDTH), 0.5)), CONDITIONS)
    assert found.path is None
    assert found.pad_count.accuracy == pytest.approx(0.25)
    assert found.length.r2 < 0.01
