import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stages.stats.probes import confounded, label_probe, length_r2, pad_count_probe
from stages.stats.text_groups import text_group

TEXTS, WIDTH, COUNTS = 400, 8, 5
GROUP = text_group(np.arange(TEXTS))


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_pads_that_stand_in_one_unit_are_read_without_an_error():
    states = noise(COUNTS, TEXTS, WIDTH)
    states[:, :, 3] = 5 * np.arange(COUNTS)[:, np.newaxis]
    probe = pad_count_probe(states, GROUP)
    assert probe.accuracy == 1.0
    assert (probe.classes, probe.chance, probe.entropy) == (5, 0.2, np.log2(5))
    assert 0.9 * probe.entropy < probe.information < probe.entropy


def test_pads_that_left_no_trace_are_read_at_chance():
    probe = pad_count_probe(noise(COUNTS, TEXTS, WIDTH), GROUP)
    low, high = stats.binom.interval(0.999, TEXTS * COUNTS, 0.2)
    assert low < probe.accuracy * TEXTS * COUNTS < high
    assert -0.1 < probe.information < 0.01


def test_states_that_a_mask_keeps_are_read_at_chance_to_the_digit():
    states = np.broadcast_to(noise(TEXTS, WIDTH), (8, TEXTS, WIDTH))
    probe = pad_count_probe(states, GROUP)
    assert probe.accuracy == pytest.approx(1 / 8, abs=1e-12)
    assert probe.information == pytest.approx(0, abs=1e-9)


def test_information_is_what_bayes_rule_leaves():
    """One unit, N(±d/2, 1): mutual information of two equal Gaussians by numerical integration, in bits."""
    apart, texts = 1.5, 4000
    states = noise(2, texts, 1, seed=3) + apart * np.array([-0.5, 0.5])[:, np.newaxis, np.newaxis]
    probe = pad_count_probe(states, text_group(np.arange(texts)))
    x = np.linspace(-9, 9, 20001)
    one, two = stats.norm.pdf(x, -apart / 2), stats.norm.pdf(x, apart / 2)
    expected = np.trapezoid(0.5 * one * np.log2(2 * one / (one + two)) + 0.5 * two * np.log2(2 * two / (one + two)), x)
    assert probe.information == pytest.approx(expected, abs=0.02)
    assert probe.accuracy == pytest.approx(stats.norm.cdf(apart / 2), abs=0.02)


def test_a_probe_that_knows_the_texts_by_heart_is_not_believed():
    """Every text has a direction of its own, and with it a random label: only folds by text come out at chance."""
    states = np.broadcast_to(np.eye(60), (4, 60, 60))
    label = np.random.default_rng(5).integers(0, 2, 60)
    accuracy = label_probe({0: states[0]}, label, text_group(np.arange(60))).accuracy[0]
    assert accuracy < 0.75
    assert LogisticRegression(C=1).fit(states[0], label).score(states[0], label) == 1.0


def test_the_label_probe_is_scikit_learns():
    label = np.random.default_rng(1).integers(0, 3, TEXTS)
    states = {0: noise(TEXTS, WIDTH), 4: noise(TEXTS, WIDTH, seed=2)}
    states[0][:, 0] += label
    found = label_probe(states, label, GROUP)
    assert found.reason is None
    for pads, values in states.items():
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
        read = cross_val_predict(pipeline, values.astype(float), label, cv=PredefinedSplit(GROUP % 5))
        assert found.accuracy[pads] == pytest.approx((read == label).mean(), abs=0.005)
    assert found.accuracy[0] > 0.5
    assert found.accuracy[4] < 0.42


def test_the_length_probe_is_scikit_learns():
    length = np.random.default_rng(1).integers(4, 40, TEXTS)
    states = noise(TEXTS, WIDTH)
    states[:, 2] += 0.1 * length
    read = cross_val_predict(
        make_pipeline(StandardScaler(), Ridge(alpha=1.0)), states.astype(float), length, cv=PredefinedSplit(GROUP % 5)
    )
    found = length_r2(states, length, GROUP)
    assert found.r2 == pytest.approx(r2_score(length, read), rel=1e-6)
    assert 0.3 < found.r2 < 0.7
    assert length_r2(noise(TEXTS, WIDTH), length, GROUP).r2 < 0.02


def test_a_label_that_one_fold_alone_has_is_missed_and_nothing_breaks():
    label = (GROUP % 5 == 2).astype(int)
    states = noise(TEXTS, WIDTH)
    assert label_probe({0: states}, label, GROUP).accuracy[0] == pytest.approx((label == 0).mean(), abs=0.06)


def test_constant_units_and_rounding_noise_change_nothing():
    label = np.random.default_rng(1).integers(0, 2, TEXTS)
    states = noise(TEXTS, WIDTH)
    states[:, 0] += label
    constant = np.concatenate([states, np.full((TEXTS, 2), 0.7, np.float32)], axis=1)
    constant[:, -1] += 1e-7 * label
    plain, more = (label_probe({0: values}, label, GROUP).accuracy for values in (states, constant))
    assert plain == more
    assert label_probe({0: np.zeros((TEXTS, 2))}, label, GROUP).accuracy[0] < 0.6


def test_what_cannot_be_probed_says_why():
    few = text_group(np.arange(2))
    assert "fewer than" in label_probe({0: noise(2, 3)}, np.array([0, 1]), few).reason
    assert np.isnan(pad_count_probe(noise(4, 2, 3), few).accuracy)
    assert np.isnan(length_r2(noise(2, 3), np.array([3, 4]), few).r2)
    one_fold = np.zeros(TEXTS, dtype=int)
    assert "two folds" in pad_count_probe(noise(4, TEXTS, 3), one_fold).reason
    assert label_probe({0: noise(TEXTS, 3)}, np.ones(TEXTS, dtype=int), GROUP).reason == "all texts have one label"
    assert length_r2(noise(TEXTS, 3), np.full(TEXTS, 7), GROUP).reason == "all texts have one length"
    assert pad_count_probe(noise(1, TEXTS, 3), GROUP).reason == "one number of pads"


def test_pads_that_are_made_from_the_length_are_refused():
    length = np.random.default_rng(0).integers(3, 40, 200)
    assert confounded(40 - length, length)
    assert not confounded(np.full(200, 8), length)
    assert not confounded(np.random.default_rng(1).integers(0, 40, 200), length)
    assert not confounded(40 - length, np.full(200, 7))


def test_the_same_generator_gives_the_same_control():
    states = noise(COUNTS, TEXTS, WIDTH)
    assert pad_count_probe(states, GROUP) == pad_count_probe(states, GROUP)


def test_folds_hold_whole_groups():
    from stages.stats.probes import _folds

    folds = list(_folds(GROUP))
    assert sum(held.sum() for _, held in folds) == TEXTS
    for fitted, held in folds:
        assert not set(GROUP[fitted]) & set(GROUP[held])
        assert (fitted ^ held).all()
