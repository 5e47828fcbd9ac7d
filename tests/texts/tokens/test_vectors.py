"""Word vectors from text files of both forms."""

import gzip

import numpy as np
import pytest

from stages.errors import UserError
from stages.texts.tokens.vectors import load_vectors, read_vectors

GLOVE = "the 0.1 0.2 0.3\nfilm -1 2 3e-1\nother 7 8 9\n"
WORD2VEC = "3 3\n" + GLOVE
WORDS = {"film": 3, "good": 2, "the": 4}
NOTHING = [np.nan] * 3


def rows_of(path, words=None, size=5):
    return read_vectors(path, words or WORDS, size)


@pytest.fixture
def file_of(tmp_path):
    def write(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("content", [GLOVE, WORD2VEC, WORD2VEC.replace("\n", " \n"), GLOVE.replace("\n", "\r\n")])
def test_rows_are_those_of_the_words(content, file_of):
    found = rows_of(file_of(content))
    assert found.rows.dtype == np.float32
    expected = np.array([[0, 0, 0], NOTHING, NOTHING, [-1, 2, 0.3], [0.1, 0.2, 0.3]], dtype=np.float32)
    np.testing.assert_array_equal(found.rows, expected)
    assert found.found.tolist() == [False, False, False, True, True]


def test_a_packed_file_gives_the_same(file_of):
    packed = rows_of(file_of(gzip.compress(WORD2VEC.encode()), "vectors.txt.gz"))
    np.testing.assert_array_equal(packed.rows, rows_of(file_of(WORD2VEC)).rows)


def test_a_word_is_looked_up_as_it_is_before_it_is_folded(file_of):
    words = {"The": 2, "the": 3, "THE": 4, "Film": 5}
    for content in ("the 1\nThe 2\nfilm 3\n", "The 2\nfilm 3\nthe 1\n"):
        rows = rows_of(file_of(content), words, 6).rows
        assert rows[2:].ravel().tolist() == [2, 1, 1, 3]


def test_an_upper_case_word_of_the_file_is_not_folded(file_of):
    assert rows_of(file_of("FILM 1\nthe 2\n"), {"film": 2, "the": 3}, 4).found.tolist() == [False, False, False, True]


def test_of_two_lines_with_one_word_the_first_counts(file_of):
    assert rows_of(file_of("the 1\nthe 2\n"), {"the": 2}, 3).rows[2] == [1]


def test_words_with_spaces_are_read_and_found(file_of):
    """As in glove.840B: the values are the last ones of a line."""
    found = rows_of(file_of("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n"), {". . .": 2, "the": 3}, 4)
    assert found.rows[2:].tolist() == [[3, 4], [1, 2]]


def test_letters_of_any_script_are_words(file_of):
    found = rows_of(file_of("caf\u00e9 1\n\u6620\u753b 2\na\u00a0b 3\n"), {"\u6620\u753b": 2, "a\u00a0b": 3}, 4)
    assert found.rows[2:].ravel().tolist() == [2, 3]


def test_a_number_can_be_a_word(file_of):
    assert rows_of(file_of("the 0.5 0.5\n2001 1 2\n"), {"2001": 2}, 3).rows[2].tolist() == [1, 2]


MISTAKES = {
    "too few values": (GLOVE + "short 1 2\n", "line 4 has 2 values where 3 are expected"),
    "too many values": (GLOVE + "long 1 2 3 4\n", "line 4 has 4 values where 3 are expected"),
    "too few for the header": ("1 3\nthe 1 2\n", "line 2 has 2 values where 3 are expected"),
    "a word alone": ("the\n", "line 1 has 0 values where some are expected"),
    "no number": (GLOVE.replace("-1 2", "x1 2"), "line 2 holds 'x1' where a finite number is expected"),
    "no finite number": (GLOVE.replace("-1 2", "-1 inf"), "line 2 holds 'inf' where a finite number is expected"),
    "empty": ("", "it holds no vectors"),
    "only a header": ("0 3\n", "it holds no vectors"),
    "only blank lines": ("\n\n", "it holds no vectors"),
    "no word known": ("andere 1 2\nw\u00f6rter 3 4\n", "it holds no word of the vocabulary of 3"),
    "fewer words than promised": (WORD2VEC.replace("3 3\n", "4 3\n"), "promises 4 words, but 3 follow"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_with_the_file_and_the_line(mistake, file_of):
    content, sentence = MISTAKES[mistake]
    path = file_of(content)
    with pytest.raises(UserError) as error:
        rows_of(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_says_where_to_put_it(tmp_path):
    with pytest.raises(UserError, match=r"glove\.txt: no such file; put the vectors there, or let tokenize\.vectors"):
        rows_of(tmp_path / "glove.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UserError, match="a folder, not a file; put the vectors there"):
        rows_of(tmp_path)


@pytest.mark.parametrize("damage", ["not packed", "cut off in its last bytes", "cut off in the middle"])
def test_a_damaged_packed_file_is_the_users_mistake(damage, file_of):
    packed = gzip.compress(GLOVE.encode())
    content = {"not packed": GLOVE.encode(), "cut off in its last bytes": packed[:-6]}.get(damage, packed[:20])
    with pytest.raises(UserError, match=r"not a whole \.gz file"):
        rows_of(file_of(content, "vectors.gz"))


def test_vectors_are_loaded_as_they_were_written_or_not_at_all(tmp_path):
    assert load_vectors(tmp_path) is None
    rows = np.array([[0, 0], [np.nan, np.nan], [1, 2]], dtype=np.float32)
    np.save(tmp_path / "vectors.npy", rows)
    np.testing.assert_array_equal(load_vectors(tmp_path), rows)


def test_only_rows_of_the_vocabulary_are_held(file_of):
    """A file of 12 MB, of which two words are wanted, costs less than 1 MB."""
    import tracemalloc

    line = " ".join(["0.123456"] * 100)
    path = file_of("".join(f"word{number} {line}\n" for number in range(12_000)))
    tracemalloc.start()
    found = rows_of(path, {"word7": 2, "word11999": 3}, 4)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.found.sum() == 2
    assert peak < 1_000_000
