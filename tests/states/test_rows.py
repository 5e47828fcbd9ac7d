import numpy as np
import pytest

from stages.models.batching import moved
from stages.states.rows import filled, swapped, with_pads


@pytest.mark.parametrize(
    ("rows", "batch_size", "expected"), [(1, 256, 16), (16, 256, 16), (17, 256, 32), (17, 20, 20), (3, 3, 3)]
)
def test_batches_are_filled_with_their_own_texts_and_never_beyond_their_size(rows, batch_size, expected):
    tokens = np.arange(2 * rows, dtype=np.int32).reshape(rows, 2)
    batch = filled(tokens, batch_size)
    assert batch.shape == (expected, 2)
    assert np.array_equal(batch[:rows], tokens)
    assert {tuple(row) for row in batch} == {tuple(row) for row in tokens}


def test_extra_pads_stand_on_their_side():
    texts = np.array([[4, 5]])
    assert with_pads(texts, 2, "pre").tolist() == [[0, 0, 4, 5]]
    assert with_pads(texts, 1, "post").tolist() == [[4, 5, 0]]
    assert with_pads(texts, 0, "post").tolist() == [[4, 5]]


def test_as_many_pads_as_there_are_move_to_the_other_side():
    post = np.array([[5, 6, 0, 0, 0], [5, 6, 7, 8, 0]], dtype=np.int32)
    lengths = np.array([2, 4])
    assert moved(post, lengths, 0, "post").tolist() == post.tolist()
    assert moved(post, lengths, 2, "post").tolist() == [[0, 0, 5, 6, 0], [0, 5, 6, 7, 8]]
    assert moved(swapped(post, lengths, "post"), lengths, 1, "pre").tolist() == [[0, 0, 5, 6, 0], [5, 6, 7, 8, 0]]


def test_padding_moves_to_the_other_side_and_back():
    lengths = np.array([1, 3, 4])
    post = np.array([[5, 0, 0, 0], [6, 7, 8, 0], [1, 2, 3, 4]], dtype=np.int32)
    pre = [[0, 0, 0, 5], [0, 6, 7, 8], [1, 2, 3, 4]]
    assert swapped(post, lengths, "post").tolist() == pre
    assert swapped(np.array(pre, dtype=np.int32), lengths, "pre").tolist() == post.tolist()
