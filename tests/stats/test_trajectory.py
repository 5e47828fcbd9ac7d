import numpy as np
import pytest
from sklearn.decomposition import PCA

from stages.stats.trajectory import chosen_texts, principal_path


def test_a_path_by_hand():
    """States spread along (0, 1, 0) most and along (1, 0, 0) next; the centre is (5, 5, 5)."""
    alone = 5 + np.array([[0, 4, 0], [0, -4, 0], [3, 0, 0], [-3, 0, 0]], dtype=np.float32)
    moved = alone[:1] + np.array([[1, -4, 9]])
    path = principal_path(alone, {0: alone[:1], 2: moved})
    assert path.explained == pytest.approx((32 / 50, 18 / 50))
    assert path.pads == (0, 2)
    np.testing.assert_allclose(path.x, [[4, 0]], atol=1e-12)
    np.testing.assert_allclose(path.y, [[0, 1]], atol=1e-12)


def test_against_scikit_learn():
    generator = np.random.default_rng(0)
    alone = generator.normal(size=(80, 6)) @ generator.normal(size=(6, 6))
    by_pads = {pads: generator.normal(size=(7, 6)) for pads in (8, 0, 1)}
    path = principal_path(alone, by_pads)
    reference = PCA(2, svd_solver="full").fit(alone)
    assert path.explained == pytest.approx(reference.explained_variance_ratio_)
    assert path.pads == (0, 1, 8)
    for column, pads in enumerate(path.pads):
        expected = reference.transform(by_pads[pads])
        np.testing.assert_allclose(np.abs(path.x[:, column]), np.abs(expected[:, 0]))
        np.testing.assert_allclose(np.abs(path.y[:, column]), np.abs(expected[:, 1]))


def test_the_axes_point_the_same_way_whatever_the_order_of_texts():
    generator = np.random.default_rng(1)
    alone = generator.normal(size=(50, 4)) * [4, 3, 2, 1]
    one = principal_path(alone, {0: alone[:3]})
    two = principal_path(alone[::-1], {0: alone[:3]})
    np.testing.assert_allclose(one.x, two.x)
    np.testing.assert_allclose(one.y, two.y)
    assert np.corrcoef(one.x[:, 0], alone[:3, 0])[0, 1] > 0.9


@pytest.mark.parametrize(
    "alone",
    [
        np.arange(10.0)[:, np.newaxis],
        np.full((10, 3), 0.7),
        np.outer(np.arange(10.0), [1, 2, 3]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
    ],
    ids=["one unit", "a point", "a line", "two texts"],
)
def test_without_a_plane_there_is_no_path(alone):
    assert principal_path(alone, {0: alone[:2], 1: alone[:2]}) is None


def test_texts_of_the_two_most_frequent_classes_are_chosen():
    predicted = np.array([2, 0, 1, 2, 1, 2, 1, 2, 1, 2])
    assert chosen_texts(predicted, 4).tolist() == [2, 4, 0, 3]
    assert chosen_texts(predicted).tolist() == [2, 4, 6, 8, 0, 3, 5, 7, 9]
    assert chosen_texts(np.zeros(20, dtype=int)).tolist() == [0, 1, 2, 3, 4, 5]
