"""Texts and labels from files: what is read, and the sentence that a mistake ends in."""

import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import tokenizers
from pyarrow import parquet

from stages.padding_audit.data_files import read_data
from stages.padding_audit.errors import AuditError
from stages.padding_audit.tokens import read_tokenizer


def tensor(name, *shape, dtype="int32"):
    return SimpleNamespace(name=name, shape=(None, *shape), dtype=dtype)


def model(*inputs, classes=1):
    return SimpleNamespace(name="m", inputs=list(inputs), outputs=[tensor("out", classes, dtype="float32")])


TOKENS = model(tensor("tokens", None))
SERIES = model(tensor("series", None, 2, dtype="float32"))
TWO = model(tensor("words", None), tensor("letters", None, 6))
STRINGS = model(tensor("raw", dtype="string"))
NAMELESS = SimpleNamespace(name="sub")
KERAS_TOKENIZER = {
    "num_words": None,
    "filters": ",.!",
    "lower": True,
    "split": " ",
    "char_level": False,
    "oov_token": None,
    "word_index": json.dumps({"a": 1, "good": 2, "film": 3, "bad": 4}),
}


def rows(column):
    return [np.asarray(row).tolist() for row in column]


def written(folder, name, content):
    path = folder / name
    if isinstance(content, dict) and name.endswith(".npz"):
        np.savez(path, **content)
    elif isinstance(content, dict) and name.endswith(".parquet"):
        parquet.write_table(pa.table(content), path)
    elif name.endswith(".npy"):
        np.save(path, content, allow_pickle=True)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def keras_tokenizer(folder, **changes):
    return written(folder, "keras.json", {"class_name": "Tokenizer", "config": KERAS_TOKENIZER | changes})


def hugging_face_tokenizer(folder):
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"[PAD]": 0, "[UNK]": 1, "good": 2, "film": 3}, "[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.enable_padding(length=9)
    words.save(str(folder / "tokenizer.json"))
    return folder / "tokenizer.json"


@pytest.mark.parametrize(
    ("changes", "text", "ids"),
    [
        ({}, "A good,film, unheard of!", [1, 2, 3]),
        ({"lower": False}, "A good film", [2, 3]),
        ({"num_words": 3}, "a good film", [1, 2]),
        ({"oov_token": "bad"}, "a new film", [1, 4, 3]),
        ({"oov_token": "a", "num_words": 3}, "good bad new", [2, 1, 1]),
        ({"char_level": True}, "a, A", [1, 1]),
        ({}, "", []),
    ],
)
def test_ids_are_those_of_keras_own_tokenizer(changes, text, ids, tmp_path):
    """The ids are what keras_preprocessing 1.1.2 gave for the same tokenizer."""
    assert read_tokenizer(keras_tokenizer(tmp_path, **changes))(text) == ids


def test_json_that_was_dumped_twice_is_a_tokenizer_too(tmp_path):
    twice = json.dumps({"class_name": "Tokenizer", "config": KERAS_TOKENIZER})
    assert read_tokenizer(written(tmp_path, "t.json", json.dumps(twice)))("bad film") == [4, 3]


def test_pads_of_a_tokenizer_of_hugging_face_are_left_out(tmp_path):
    assert read_tokenizer(hugging_face_tokenizer(tmp_path))("good new film") == [2, 1, 3]


def test_a_csv_becomes_ids_and_labels(tmp_path):
    path = written(tmp_path, "d.csv", '\ufefflabel,text\n1,"a good, good film"\n0,bad\n')
    data, labels = read_data(path, TOKENS, tokenizer=keras_tokenizer(tmp_path))
    assert rows(data["tokens"]) == [[1, 2, 2, 3], [4]]
    assert rows(labels) == [1, 0]


def test_columns_are_named(tmp_path):
    path = written(tmp_path, "d.csv", "review,stars,text\na film,2,bad\n")
    data, labels = read_data(path, TOKENS, tokenizer=keras_tokenizer(tmp_path), text="review", label="stars")
    assert (rows(data["tokens"]), rows(labels)) == ([[1, 3]], [2])


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_cells_stand_apart_by_what_stands_in_the_header(delimiter, tmp_path):
    path = written(
        tmp_path,
        "d.tsv" if delimiter == "\t" else "d.csv",
        f'text{delimiter}label\r\n"a ""good"", film\n{delimiter} bad"{delimiter}1\r\n',
    )
    data, labels = read_data(path, STRINGS)
    assert (data["raw"].tolist(), rows(labels)) == ([f'a "good", film\n{delimiter} bad'], [1])


def test_strings_stay_for_a_model_that_reads_them(tmp_path):
    data, labels = read_data(written(tmp_path, "d.csv", "text\na film\n"), STRINGS)
    assert data["raw"].tolist() == ["a film"]
    assert labels is None


@pytest.mark.parametrize(
    ("name", "content", "reader", "expected", "labelled"),
    [
        ("d.npy", [[3, 4, 0]], TOKENS, {"tokens": [[3, 4, 0]]}, None),
        ("d.npz", {"tokens": [[3, 0]], "labels": [1]}, TOKENS, {"tokens": [[3, 0]]}, [1]),
        ("d.jsonl", '{"ids": [3, 4], "label": 0}\n{"label": 1, "ids": [5]}\n', TOKENS, {"tokens": [[3, 4], [5]]},
         [0, 1]),
        ("d.npz", {"x": [[3, 0]], "label": [[1, 0]]}, TOKENS, {"tokens": [[3, 0]]}, [[1, 0]]),
        ("d.npz", {"words": [[3]], "letters": [[[1] * 6]], "else": [7]}, TWO,
         {"words": [[3]], "letters": [[[1] * 6]]}, None),
        ("d.npz", {"series": [[[0.5, 1], [2, 3]]]}, SERIES, {"series": [[[0.5, 1], [2, 3]]]}, None),
        ("d.parquet", {"ids": [[3, 4], [5]], "label": [0, 1]}, TOKENS, {"tokens": [[3, 4], [5]]}, [0, 1]),
        ("d.parquet", {"tokens": [[3, 4], [5]], "labels": [[0, 1], [1]]}, TOKENS, {"tokens": [[3, 4], [5]]},
         [[0, 1], [1]]),
        ("d.parquet", {"series": [[[1.5, 2]], [[0, 1], [2, 3]]]}, SERIES, {"series": [[[1.5, 2]], [[0, 1], [2, 3]]]},
         None),
        ("d.npz", {"labels": [[0, 0, 1]], "tokens": [[3]]}, model(tensor("tokens", None), classes=3),
         {"tokens": [[3]]}, [2]),
    ],
)  # fmt: skip
def test_arrays_and_lists_by_the_names_of_inputs(name, content, reader, expected, labelled, tmp_path):
    data, labels = read_data(written(tmp_path, name, content), reader)
    assert {key: rows(column) for key, column in data.items()} == expected
    assert (None if labels is None else rows(labels)) == labelled


def test_a_model_that_names_no_inputs_gets_the_column_itself(tmp_path):
    assert rows(read_data(written(tmp_path, "d.npy", [[3, 4]]), NAMELESS)[0]) == [[3, 4]]
    several = written(tmp_path, "d.npz", {"a": [[3]], "b": [[4]], "labels": [1]})
    assert {name: rows(column) for name, column in read_data(several, NAMELESS)[0].items()} == {"a": [[3]], "b": [[4]]}


MISTAKES = [
    ("d.txt", "a", TOKENS, {}, "read from files that end in .csv, .tsv, .jsonl, .parquet, .npz, .npy"),
    ("d.csv", "", TOKENS, {}, "the file is empty"),
    ("d.csv", "version https://git-lfs.github.com/spec/v1\noid", TOKENS, {}, "Git LFS pointer.*git lfs pull"),
    ("d.csv", b"text\n\xe9\n", TOKENS, {}, "not UTF-8"),
    ("d.csv", "text,label\na film, good,1\n", TOKENS, {}, "row 1 has 3 cells and the header 2; a text with ',' stands"),
    ("d.csv", "text;label\na film; good;1\n", TOKENS, {}, "row 1 has 3 cells and the header 2; a text with ';' stands"),
    ("d.csv", 'text,label\n"a" film,1\n', TOKENS, {}, "line 2: .*; quotes within a text are doubled"),
    ("d.csv", "text\n", STRINGS, {}, "column `text`: there are no rows"),
    ("d.csv", "text\na\n", TOKENS, {}, "these are texts and .*--tokenizer .make: TOKENIZER=, p"),
    ("d.csv", "review,stars\na,1\n", TOKENS, {}, "read: review, stars; name it with --text .make: TEXT=, p"),
    ("d.csv", "text\na\n", TOKENS, {"text": "body"}, "there is no column `body`; there are: text"),
    ("d.csv", "text\na\n", STRINGS, {"label": "stars"}, "there is no column `stars`; there are: text"),
    ("d.csv", "text,label\na,1\nb,pos\n", STRINGS, {}, "row 2, column `label`: 'pos' is no number"),
    ("d.csv", "text,label\na,nan\n", STRINGS, {}, "row 1, column `label`: there is no number"),
    ("d.npy", [[0.5, 1]], TOKENS, {}, "row 1, column `array`: 0.5 is no token id"),
    ("d.npy", [[[1, 2]]], TOKENS, {}, "row 1, column `array`: its shape is 1 × 2, and the input `tokens` reads any"),
    ("d.npy", [[[1, 2, 3]]], SERIES, {}, "row 1, column `array`: its shape is 1 × 3, .*`series` reads any × 2"),
    ("d.npy", [["a"]], TOKENS, {}, "row 1, column `array`: `a` is no number"),
    ("d.npy", np.array([[1], [2, 3]], object), TOKENS, {}, "Python objects, which are not read"),
    ("d.npz", {"series": [[[1.0, 2]], [[np.nan, 2]]]}, SERIES, {}, "row 2, column `series`: there is NaN or infinity"),
    ("d.npz", {"words": [[1]]}, TWO, {}, "the model reads words, letters, the file has words; name"),
    ("d.npz", {"words": [[1]]}, TWO, {"text": "words"}, "--text .* is for models of one input"),
    ("d.npz", b"PK nothing", TOKENS, {}, "numpy cannot read the file"),
    ("d.jsonl", '{"text": "a"}\n{"text"\n', STRINGS, {}, "line 2: not JSON "),
    ("d.jsonl", '["a"]\n', STRINGS, {}, "line 1: not an object; write {"),
    ("d.jsonl", '{"ids": [1]}\n\n{"label": 1}\n', TOKENS, {}, "row 2, column `ids`: there is nothing"),
    ("d.jsonl", "\n", TOKENS, {}, "which column does the model read"),
    ("d.parquet", b"nothing", TOKENS, {}, "pyarrow cannot read the file"),
    ("d.parquet", {"ids": [[1], None]}, TOKENS, {}, "row 2, column `ids`: there is nothing"),
    ("d.parquet", {"series": [[[1.0, 2], [3.0]]]}, SERIES, {}, "row 1, column `series`: its steps have different"),
    ("d.parquet", {"ids": [[1, None]]}, TOKENS, {}, "row 1, column `ids`: `None` is no number"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "reader", "options", "sentence"), MISTAKES)
def test_a_mistake_in_the_data_is_one_sentence(name, content, reader, options, sentence, tmp_path):
    path = written(tmp_path, name, content)
    with pytest.raises(AuditError, match=sentence) as caught:
        read_data(path, reader, **options)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "this is no JSON"),
        ({"a": 1}, "this is no tokenizer"),
        ({"model": {"type": "unheard of"}}, "tokenizers cannot read"),
    ],
)
def test_a_file_that_is_no_tokenizer_is_refused(content, sentence, tmp_path):
    with pytest.raises(AuditError, match=sentence):
        read_tokenizer(written(tmp_path, "t.json", content))


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(AuditError, match="d.npy: no such file$"):
        read_data(tmp_path / "d.npy", TOKENS)
    (tmp_path / "d.npy.dvc").touch()
    with pytest.raises(AuditError, match="dvc pull"):
        read_data(tmp_path / "d.npy", TOKENS)
