"""Logistic regression on presence, against scikit-learn and against what is known beforehand."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from stages.stats.bag_of_words import Fit, fits, scores
from stages.texts.tokens.bags import Bags


def in_batches(present, label, size):
    return lambda: (
        Bags(present[start : start + size], label[start : start + size]) for start in range(0, len(label), size)
    )


def fitted(present, label, classes, penalty, passes=1000, size=7):
    (fit,) = fits(in_batches(present, label, size), (present.shape[1], classes), [penalty], passes)
    return fit


@pytest.fixture
def texts():
    """200 random texts of 12 features in 3 classes, of which each has a feature of its own."""
    generator = np.random.default_rng(3)
    label = generator.integers(0, 3, 200).astype(np.int32)
    present = generator.random((200, 12)) < 0.3
    present[np.arange(200), label] |= generator.random(200) < 0.6
    return sparse.csr_matrix(present.astype(float)), label


@pytest.mark.parametrize("penalty", [10, 0.5])
def test_weights_are_those_of_scikit_learn(texts, penalty):
    present, label = texts
    theirs = LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=1000).fit(present, label)
    mine = fitted(present, label, 3, penalty)
    assert mine.converged
    np.testing.assert_allclose(mine.weights[:-1], theirs.coef_.T, atol=2e-3)
    # The intercepts are free, so only their differences mean something.
    np.testing.assert_allclose(np.diff(mine.weights[-1]), np.diff(theirs.intercept_), atol=2e-3)


def test_two_classes_are_penalised_half_as_much_as_one_row_of_weights_would_be(texts):
    """A softmax over w and -w has logit 2w: penalty/2 * 2|w|^2 = penalty/4 * |2w|^2."""
    present, label = texts
    label = (label > 0).astype(np.int32)
    theirs = LogisticRegression(C=2 / 3.0, tol=1e-8, max_iter=1000).fit(present, label)
    mine = fitted(present, label, 2, penalty=3.0)
    np.testing.assert_allclose(mine.weights[:-1, 1] - mine.weights[:-1, 0], theirs.coef_[0], atol=2e-3)


def test_the_order_and_the_batches_of_the_texts_change_nothing_that_is_seen(texts):
    present, label = texts
    order = np.random.default_rng(0).permutation(len(label))
    one = fitted(present, label, 3, 1.0, size=200)
    other = fitted(present[order], label[order], 3, 1.0, size=3)
    np.testing.assert_allclose(one.weights, other.weights, atol=2e-3)


def test_the_gradient_is_the_slope_of_the_loss(texts):
    from stages.stats.bag_of_words import _loss

    present, label = texts
    corpus = in_batches(present, label, 50)
    weights = np.random.default_rng(1).normal(size=(13, 3))
    _, gradient = _loss(corpus, weights, 2.0)
    for row, column in [(0, 0), (5, 2), (12, 1)]:
        step = np.zeros_like(weights)
        step[row, column] = 1e-5
        slope = (_loss(corpus, weights + step, 2.0)[0] - _loss(corpus, weights - step, 2.0)[0]) / 2e-5
        assert gradient.reshape(13, 3)[row, column] == pytest.approx(slope, abs=1e-7)


def test_a_later_fit_of_a_path_is_the_fit_from_scratch(texts):
    present, label = texts
    path = list(fits(in_batches(present, label, 64), (12, 3), [0.5, 50, 5], 1000))
    assert [fit.penalty for fit in path] == [50, 5, 0.5]
    np.testing.assert_allclose(path[-1].weights, fitted(present, label, 3, 0.5).weights, atol=2e-3)


def test_a_fit_stops_when_its_passes_run_out(texts):
    fit = fitted(*texts, classes=3, penalty=0.01, passes=3)
    assert not fit.converged
    assert fit.passes <= 3 + 20  # a line search is brought to its end


def test_separable_texts_are_all_right():
    label = np.arange(60) % 3
    fit = fitted(sparse.csr_matrix(np.eye(3)[label]), label, 3, 0.1)
    found = scores(in_batches(sparse.csr_matrix(np.eye(3)[label]), label, 7), fit)
    assert (found.texts, found.correct, found.accuracy) == (60, 60, 1.0)


def test_labels_that_the_words_do_not_tell_give_the_share_of_the_most_frequent_class():
    label = np.array([0] * 60 + [1] * 40)
    present = sparse.csr_matrix(np.ones((100, 4)))
    found = scores(in_batches(present, label, 9), fitted(present, label, 2, 1.0))
    assert (found.correct, found.majority) == (60, 60)
    assert found.nll == pytest.approx(-(0.6 * np.log(0.6) + 0.4 * np.log(0.4)), abs=1e-6)


def test_scores_by_hand():
    """One feature that adds log 3 to class 1: probability 3/4 with it and 1/2 without, where class 0 comes first."""
    fit = Fit(1.0, np.array([[0.0, np.log(3)], [0.0, 0.0]]), 0, True)
    present = sparse.csr_matrix([[1.0], [1.0], [0.0]])
    found = scores(in_batches(present, np.array([1, 0, 0]), 2), fit)
    assert (found.texts, found.correct, found.majority) == (3, 2, 2)
    assert found.nll == pytest.approx(-(np.log(0.75) + np.log(0.25) + np.log(0.5)) / 3)


def test_a_confident_mistake_costs_no_infinite_loss():
    fit = Fit(1.0, np.array([[0.0, 2000.0], [0.0, 0.0]]), 0, True)
    assert scores(in_batches(sparse.csr_matrix([[1.0]]), np.array([0]), 1), fit).nll == pytest.approx(-np.log(1e-7))


def test_no_texts_have_no_scores():
    with pytest.raises(ValueError, match="no texts"):
        scores(list, Fit(1.0, np.zeros((1, 2)), 0, True))
