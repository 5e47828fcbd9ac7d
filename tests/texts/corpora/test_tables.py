import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.errors import UserError
from stages.texts.corpora import delimited
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.tables import table

COLUMNS = Columns("text", "label")


def read(path, columns=COLUMNS):
    return [(record.text, record.label, record.split) for record in table(path, columns).texts]


def complaint(path, columns=COLUMNS):
    with pytest.raises(UserError) as caught:
        read(path, columns)
    return str(caught.value)


def file_of(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def has(message, *words):
    assert [word for word in words if word not in message] == [], message
    return True


def test_csv_rows_are_counted_from_zero_and_lines_from_one(tmp_path):
    path = file_of(tmp_path, "a.csv", 'text,label\n"two\nlines",x\n\nlast,y\n')
    records = list(table(path, COLUMNS).texts)
    assert [(record.text_id, record.place) for record in records] == [(0, "row 0 (line 2)"), (1, "row 1 (line 5)")]
    assert records[0].text == "two\nlines"


def test_a_byte_order_mark_and_carriage_returns_are_no_part_of_csv_cells(tmp_path):
    path = file_of(tmp_path, "a.csv", b"\xef\xbb\xbftext,label\r\ngood,x\r\n")
    assert read(path) == [("good", "x", None)]


def test_cells_that_are_nan_are_missing_in_csv(tmp_path):
    path = file_of(tmp_path, "a.csv", "text,label\nNaN,x\nnan,x\nnan bread,NaN\nNAN,x\n")
    assert read(path) == [(None, "x", None), (None, "x", None), ("nan bread", None, None), ("NAN", "x", None)]


@pytest.mark.parametrize(
    ("name", "delimiter", "mark"), [("a.tsv", None, "\t"), ("a.csv", ";", ";"), ("A.CSV", None, ",")]
)
def test_the_delimiter_is_the_knobs_or_the_endings(tmp_path, name, delimiter, mark):
    path = file_of(tmp_path, name, f"label{mark}text{mark}fold\nx{mark}good{mark}train\n")
    assert read(path, Columns("text", "label", "fold", delimiter)) == [("good", "x", "train")]


def test_quotes_in_a_tsv_are_text_unless_the_knob_says_otherwise(tmp_path):
    path = file_of(tmp_path, "a.tsv", 'text\tlabel\n"Good" movie\tpos\n"so\tneg\n')
    assert read(path) == [('"Good" movie', "pos", None), ('"so', "neg", None)]
    path = file_of(tmp_path, "b.tsv", 'text\tlabel\n"a\tb"\tpos\n')
    assert read(path, Columns("text", "label", quotes=True)) == [("a\tb", "pos", None)]


def test_a_ragged_tsv_points_to_the_knob(tmp_path):
    has(complaint(file_of(tmp_path, "a.tsv", 'text\tlabel\n"a\tb"\tpos\n')), "line 2 has 3 fields", "`quotes: true`")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))))
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_any_text_survives_a_round_trip_through_csv(tmp_path, ending, rows):
    path = tmp_path / f"a{ending}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="," if ending == ".csv" else "\t", quoting=csv.QUOTE_ALL)
        writer.writerows([("text", "label"), *rows])
    expected = [tuple(None if cell in ("NaN", "nan") else cell for cell in row) for row in rows]
    assert [row[:2] for row in read(path, Columns("text", "label", quotes=True))] == expected


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson"])
def test_json_lines_may_hold_null_integers_and_truth_values(tmp_path, ending):
    lines = [{"text": "a", "label": 3}, {"text": None, "label": True}, {"text": "c", "label": None, "more": []}]
    path = file_of(tmp_path, f"a{ending}", "\n\n".join(map(json.dumps, lines)) + "\n")
    assert read(path) == [("a", "3", None), (None, "true", None), ("c", None, None)]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pa.array(["x", None]), ["x", None]),
        (pa.array([1, 2], pa.int8()), ["1", "2"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([1.0, float("nan")]), ["1.0", None]),
        (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
    ],
)
def test_parquet_labels_of_every_categorical_type(tmp_path, labels, expected):
    pq.write_table(pa.table({"text": ["a", "b"], "label": labels}), tmp_path / "a.parquet")
    assert [row[1] for row in read(tmp_path / "a.parquet")] == expected


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_parquet_texts_of_every_string_type(tmp_path, kind):
    pq.write_table(pa.table({"text": pa.array(["a", None], kind), "label": [1, 2]}), tmp_path / "a.parquet")
    assert [row[0] for row in read(tmp_path / "a.parquet")] == ["a", None]


def test_parquet_rows_keep_their_numbers_over_batches_and_row_groups(tmp_path):
    content = pa.table({"text": [f"text {index}" for index in range(5000)], "label": ["x"] * 5000})
    pq.write_table(content, tmp_path / "a.parquet", row_group_size=700)
    records = list(table(tmp_path / "a.parquet", COLUMNS).texts)
    assert [(record.text_id, record.text) for record in records] == [(i, f"text {i}") for i in range(5000)]


def test_a_missing_file_names_its_path_publisher_and_columns(tmp_path):
    columns = Columns("text", "label", "split", publisher="Doe 2001, Reviews")
    has(complaint(tmp_path / "mr.csv", columns), str(tmp_path / "mr.csv"), "Doe 2001, Reviews", "text, label, split")


def test_a_missing_column_names_the_found_ones_and_the_nearest(tmp_path):
    path = file_of(tmp_path, "a.csv", "texts,label\ngood,x\n")
    has(complaint(path), "a.csv", "no column 'text'", "did you mean 'texts'", "found: 'texts', 'label'")
    pq.write_table(pa.table({"text": ["a"], "klass": ["x"]}), tmp_path / "a.parquet")
    has(complaint(tmp_path / "a.parquet"), "a.parquet", "no column 'label'", "'text', 'klass'")
    path = file_of(tmp_path, "a.jsonl", '{"text": "a", "label": "x"}\n{"text": "a"}\n')
    has(complaint(path), "a.jsonl", "line 2", "no column 'label'", "found: 'text'")


def test_a_column_that_stands_twice_is_named(tmp_path):
    has(complaint(file_of(tmp_path, "a.csv", "text,label,text\na,x,b\n")), "a.csv", "'text'", "2 times")


def test_bytes_that_are_not_utf8_name_their_line(tmp_path):
    path = file_of(tmp_path, "a.csv", b"text,label\ngood,x\ncaf\xe9,x\n")
    has(complaint(path), "a.csv", "line 3", "0xe9", "position 3", "iconv")
    path = file_of(tmp_path, "a.jsonl", b'{"text": "a", "label": 1}\n\n{"text": "\xff", "label": 1}\n')
    has(complaint(path), "a.jsonl", "line 3", "0xff", "iconv")


@pytest.mark.parametrize(("row", "fields"), [("a", 1), ("a,x,more", 3)])
def test_a_ragged_row_names_its_line_and_both_numbers_of_fields(tmp_path, row, fields):
    path = file_of(tmp_path, "a.csv", f'text,label\n"b\nb",x\n{row}\n')
    has(complaint(path), "a.csv", "line 4", f"{fields} fields", "header has 2")


def test_a_quote_that_is_never_closed_names_the_line_that_opens_it(tmp_path):
    path = file_of(tmp_path, "a.csv", 'text,label\ngood,x\n"bad,y\ngood,x\n')
    has(complaint(path), "a.csv", "line 3", "never closed")


def test_a_quote_that_stays_open_stops_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_FIELD", 1000)
    path = file_of(tmp_path, "a.csv", 'text,label\n"bad,y\n' + "good,x\n" * 1000)
    has(complaint(path), "a.csv", "line 2", "1000 characters")


def test_text_behind_a_closing_quote_names_its_line(tmp_path):
    path = file_of(tmp_path, "a.csv", 'text,label\n"good" film,x\n')
    has(complaint(path), "a.csv", "line 2", "closing quote", "twice")


def test_a_lone_carriage_return_names_its_line(tmp_path):
    has(complaint(file_of(tmp_path, "a.csv", "text,label\ngood,x\rbad,y\n")), "a.csv", "line 2", "carriage return")


def test_a_line_without_end_stops_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_LINE", 100)
    has(complaint(file_of(tmp_path, "a.csv", "text,label\n" + "x" * 200)), "a.csv", "line 2", "100 bytes")


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_an_empty_file_is_named(tmp_path, ending):
    has(complaint(file_of(tmp_path, f"a{ending}", b"")), f"a{ending}", "empty", "text, label")


def test_a_csv_file_of_blank_lines_lacks_its_columns(tmp_path):
    has(complaint(file_of(tmp_path, "a.csv", "\n\n")), "a.csv", "no column 'text'")


@pytest.mark.parametrize("line", ['{"text": "a"', "{'text': 1}", "[" * 100_000])
def test_a_broken_json_line_is_named(tmp_path, line):
    path = file_of(tmp_path, "a.jsonl", '{"text": "a", "label": "x"}\n' + line + "\n")
    has(complaint(path), "a.jsonl", "line 2", "one ")


def test_a_json_line_that_is_no_object_is_named(tmp_path):
    has(complaint(file_of(tmp_path, "a.jsonl", '["a", "x"]\n')), "a.jsonl", "line 1", "list", "object")


def test_a_text_that_is_no_string_is_named(tmp_path):
    has(
        complaint(file_of(tmp_path, "a.jsonl", '{"text": 5, "label": 1}\n')),
        "row 0 (line 1)",
        "'text'",
        "int",
        "strings",
    )
    pq.write_table(pa.table({"text": [1, 2], "label": ["x", "y"]}), tmp_path / "a.parquet")
    has(complaint(tmp_path / "a.parquet"), "a.parquet", "'text'", "int64", "strings")


def test_a_label_that_is_a_list_is_named(tmp_path):
    path = file_of(tmp_path, "a.jsonl", '{"text": "a", "label": ["x"]}\n')
    has(complaint(path), "a.jsonl", "row 0 (line 1)", "'label'", "list", "strings, integers")


def test_a_damaged_parquet_file_is_named(tmp_path):
    path = file_of(tmp_path, "a.parquet", b"PAR1 this is none")
    has(complaint(path), "a.parquet", "damaged, or not a parquet file")
    content = pa.table({"text": [f"text {index}" for index in range(9000)], "label": ["x"] * 9000})
    pq.write_table(content, path, compression="zstd", use_dictionary=False)
    whole = path.read_bytes()
    path.write_bytes(whole[:500] + bytes(300) + whole[800:])
    has(complaint(path), "a.parquet", "damaged")


def test_an_unknown_ending_lists_the_allowed_ones(tmp_path):
    has(complaint(file_of(tmp_path, "a.xlsx", "x")), "a.xlsx", ".csv, .tsv, .parquet, .jsonl, .ndjson")


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", '"'), ("a.csv", "\n"), ("a.jsonl", ";")])
def test_an_impossible_delimiter_is_refused(tmp_path, name, delimiter):
    has(complaint(file_of(tmp_path, name, "x"), Columns("text", "label", None, delimiter)), name, repr(delimiter))
