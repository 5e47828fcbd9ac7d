import csv
import hashlib
import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from stages.errors import UserError
from stages.ingest import ingest
from stages.params.schema import checked_params
from stages.runtime.paths import SPLITS
from stages.texts.corpora.write import SCHEMA
from tests.texts.corpora.rule import decode_label

REPOSITORY = Path(__file__).parents[1]
REAL = REPOSITORY.parent / "shared" / "data"


class Bench:
    """Ingests small tables in a temporary folder."""

    def __init__(self, folder):
        self.raw = folder / "raw"
        self.raw.mkdir()
        self.corpus = folder / "corpus"

    def params(self, dataset, entry=None, tokenize=(), **knobs):
        content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
        content["dataset"] = dataset
        content["datasets"].setdefault(dataset, {}).update(entry or {})
        content["tokenize"].update(tokenize)
        content["corpus"].update(knobs)
        return checked_params(content, "params.yaml")

    def ingest(self, rows, split=None, file="mine.csv", **knobs):
        """The corpus of `rows` of text, label and maybe split: each split's rows, and the summary."""
        with (self.raw / file).open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([("text", "label", "split"), *([*row, ""][:3] for row in rows)])
        entry = {"source": "table", "file": file, "text": "text", "label": "label"}
        if split is not None:
            entry["split"] = split
        ingest(self.params("mine", entry, **knobs), raw=self.raw, corpus=self.corpus)
        return self.read()

    def read(self):
        summary = json.loads((self.corpus / "summary.json").read_text(encoding="utf-8"))
        return {split: pq.read_table(self.corpus / f"{split}.parquet").to_pylist() for split in SPLITS}, summary

    def refusal(self, content, file):
        """The sentence that a file of this content gets."""
        (self.raw / file).write_text(content, encoding="utf-8")
        entry = {"source": "table", "file": file, "text": "text", "label": "label"}
        with pytest.raises(UserError) as caught:
            ingest(self.params("mine", entry), raw=self.raw, corpus=self.corpus)
        return str(caught.value)

    def complaint(self, rows, *words, **options):
        with pytest.raises(UserError) as caught:
            self.ingest(rows, **options)
        assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)
        assert not self.corpus.exists()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def many(label, number, split=""):
    return [(f"{label} text {index} {split}", label, split) for index in range(number)]


TWO_CLASSES = [*many("pos", 20), *many("neg", 40)]
OFFICIAL = [row for split in SPLITS for label in ("neg", "pos") for row in many(label, 4, split)]


def ids(splits):
    return sorted(row["text_id"] for rows in splits.values() for row in rows)


def test_every_class_is_split_by_its_share(bench):
    splits, summary = bench.ingest(TWO_CLASSES, validation=0.15, test=0.25)
    assert summary["classes"] == ["neg", "pos"]
    assert {split: Counter(row["label"] for row in rows) for split, rows in splits.items()} == {
        "train": {0: 24, 1: 12},
        "validation": {0: 6, 1: 3},
        "test": {0: 10, 1: 5},
    }
    assert summary["splits"]["test"] == {"texts": 15, "classes": {"neg": 10, "pos": 5}}


def test_text_ids_are_the_rows_of_the_file(bench):
    splits, _ = bench.ingest(TWO_CLASSES)
    assert ids(splits) == list(range(60))
    for rows in splits.values():
        assert all(TWO_CLASSES[row["text_id"]][0].strip() == row["text"] for row in rows)


def test_rows_stand_in_the_order_of_the_hash_of_seed_and_text(bench):
    splits, _ = bench.ingest(TWO_CLASSES, seed=5)

    def key(row):
        return int.from_bytes(hashlib.blake2b(f"5\n{row['text']}".encode()).digest()[:8], "big", signed=True)

    for rows in splits.values():
        assert rows == sorted(rows, key=key)
    of_test = {key(row) for row in splits["test"] if row["label"] == 0}
    of_train = {key(row) for row in splits["train"] if row["label"] == 0}
    assert max(of_test) < min(of_train)


def test_the_files_hold_the_three_columns_without_nulls_compressed_by_zstd(bench):
    bench.ingest(TWO_CLASSES)
    for split in SPLITS:
        file = pq.ParquetFile(bench.corpus / f"{split}.parquet")
        assert file.schema_arrow.equals(SCHEMA)
        assert [str(field) for field in file.schema_arrow] == [
            "pyarrow.Field<text_id: int64 not null>",
            "pyarrow.Field<text: string not null>",
            "pyarrow.Field<label: int32 not null>",
        ]
        assert file.metadata.row_group(0).column(1).compression == "ZSTD"


def test_nothing_but_the_products_is_left(bench):
    bench.ingest(TWO_CLASSES)
    assert sorted(path.name for path in bench.corpus.iterdir()) == [
        "summary.json",
        "test.parquet",
        "train.parquet",
        "validation.parquet",
    ]


def test_a_failed_run_keeps_the_corpus_of_the_run_before(bench):
    _, before = bench.ingest(TWO_CLASSES)
    with pytest.raises(UserError):
        bench.ingest(many("pos", 9))
    assert bench.read()[1] == before


def test_the_same_params_give_the_same_bytes_and_another_seed_another_order(bench):
    def content():
        return {path.name: path.read_bytes() for path in bench.corpus.iterdir()}

    first, _ = bench.ingest(TWO_CLASSES, seed=1)
    before = content()
    again, _ = bench.ingest(TWO_CLASSES, seed=1)
    assert content() == before
    other, _ = bench.ingest(TWO_CLASSES, seed=2)
    assert [row["text_id"] for row in other["train"]] != [row["text_id"] for row in again["train"]]
    assert ids(other) == ids(first)


def test_the_checksum_covers_text_class_and_split_in_written_order(bench):
    splits, summary = bench.ingest(TWO_CLASSES)
    lines = [
        json.dumps([row["text"], summary["classes"][row["label"]], split]) + "\n"
        for split in SPLITS
        for row in splits[split]
    ]
    assert summary["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_empty_and_missing_texts_and_labels_are_dropped_and_counted(bench):
    rows = [*TWO_CLASSES, ("", "pos"), ("  \t", "pos"), ("NaN", "neg"), ("nan", ""), ("good", ""), ("good", "NaN")]
    splits, summary = bench.ingest(rows)
    assert ids(splits) == list(range(60))
    assert summary["counts"] == {
        "read": 66,
        "empty": 4,
        "unlabelled": 2,
        "conflicting": 0,
        "duplicates": 0,
        "rare_class": None,
        "unseen_label": 0,
        "available": 60,
        "subsampled_away": 0,
        "kept": 60,
    }


def test_of_duplicates_the_first_row_is_kept_and_white_space_around_them_does_not_matter(bench):
    splits, summary = bench.ingest([*TWO_CLASSES, ("  pos text 0 ", "pos"), ("neg text 1", " neg")])
    assert ids(splits) == list(range(60))
    assert summary["counts"]["duplicates"] == 2


@pytest.mark.parametrize(
    ("tokenize", "duplicates"),
    [
        ({}, 1),
        ({"lowercase": False}, 0),
        ({"kind": "bpe"}, 1),
        ({"kind": "file", "file": "cased.json"}, 0),
        ({"kind": "file", "file": "uncased.json"}, 1),
    ],
)
def test_upper_case_makes_another_text_where_tokens_keep_it(bench, tokenize, duplicates):
    own = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1}, unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    own.save(str(bench.raw / "cased.json"))
    own.normalizer = normalizers.BertNormalizer()
    own.save(str(bench.raw / "uncased.json"))
    _, summary = bench.ingest([*TWO_CLASSES, ("POS text 0", "pos")], tokenize=tokenize)
    assert summary["counts"]["duplicates"] == duplicates


CAFE = ("caf\u00e9 noir", "cafe\u0301 noir")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        CAFE,
        ("good film", "good\t film"),
        ("good film .", "good film."),
        ("good film", "go\u200bod\u00ad film\ufeff"),
        ("\u200egood film", "good film"),
    ],
)
def test_texts_of_equal_words_are_duplicates_under_one_label_and_conflict_under_two(bench, first, second):
    splits, summary = bench.ingest([*TWO_CLASSES, (first, "pos"), (second, "pos")])
    assert (summary["counts"]["duplicates"], ids(splits)) == (1, list(range(61)))
    _, summary = bench.ingest([*TWO_CLASSES, (first, "pos"), (second, "neg")])
    assert (summary["counts"]["conflicting"], summary["counts"]["kept"]) == (2, 60)


@pytest.mark.parametrize(
    ("first", "second"), [("a bc", "ab c"), ("good - film", "good -- film"), CAFE[::-1], ("x", "y")]
)
def test_texts_are_written_in_normal_form_and_of_unlike_words_both(bench, first, second):
    splits, _ = bench.ingest([*TWO_CLASSES, (f"\u200b {first}\ufeff", "pos"), (f"{second} again", "pos")])
    texts = {row["text_id"]: row["text"] for rows in splits.values() for row in rows}
    assert (texts[60], texts[61]) == tuple(unicodedata.normalize("NFC", text) for text in (first, f"{second} again"))


@pytest.mark.parametrize("empty", ["\u200b", "\ufeff", " \u200e\u00ad\n"])
def test_texts_of_format_characters_alone_are_empty(bench, empty):
    _, summary = bench.ingest([*TWO_CLASSES, (empty, "pos")])
    assert (summary["counts"]["empty"], summary["counts"]["kept"]) == (1, 60)


def test_a_text_under_two_labels_is_dropped_with_all_its_copies(bench):
    rows = [*TWO_CLASSES, ("pos text 3", "neg"), ("pos text 3", "neg")]
    splits, summary = bench.ingest(rows)
    assert ids(splits) == [index for index in range(60) if index != 3]
    assert (summary["counts"]["conflicting"], summary["counts"]["duplicates"]) == (3, 0)


def test_labels_that_are_spelt_unlike_but_equal_numbers_do_not_conflict(bench):
    splits, summary = bench.ingest([*many("1", 10), *many("0", 10), ("1 text 0", "1.0")])
    assert (summary["counts"]["conflicting"], summary["counts"]["duplicates"]) == (0, 1)
    assert summary["classes"] == ["0", "1"]
    assert ids(splits) == list(range(20))


def test_official_splits_are_kept_whatever_their_case(bench):
    spelt = {"train": "Training", "validation": "DEV", "test": "testing"}
    splits, summary = bench.ingest([(text, label, spelt[split]) for text, label, split in OFFICIAL], split="split")
    assert {split: sorted(row["text_id"] for row in rows) for split, rows in splits.items()} == {
        "train": list(range(8)),
        "validation": list(range(8, 16)),
        "test": list(range(16, 24)),
    }
    assert "The splits are those of the dataset." in summary["rules"]


@pytest.mark.parametrize(
    ("copies", "kept_in"),
    [(("train", "test"), "test"), (("validation", "train"), "validation"), (("test", "validation", "train"), "test")],
)
def test_of_duplicates_in_two_splits_that_in_test_wins_then_that_in_validation(bench, copies, kept_in):
    splits, summary = bench.ingest([*OFFICIAL, *(("again", "pos", split) for split in copies)], split="split")
    assert [split for split, rows in splits.items() if "again" in [row["text"] for row in rows]] == [kept_in]
    assert summary["counts"]["duplicates"] == len(copies) - 1


def test_rows_of_a_label_that_train_lacks_are_dropped(bench):
    rows = [*OFFICIAL, ("a", "new", "test"), ("b", "new", "validation"), ("c", "new", "test")]
    splits, summary = bench.ingest(rows, split="split")
    assert summary["classes"] == ["neg", "pos"]
    assert summary["counts"]["unseen_label"] == 3
    assert ids(splits) == list(range(24))


def test_a_label_that_conflicts_left_nothing_of_in_train_is_unseen(bench):
    rows = [*OFFICIAL, ("a", "new", "train"), ("a", "pos", "train"), ("b", "new", "test")]
    _, summary = bench.ingest(rows, split="split")
    assert (summary["counts"]["conflicting"], summary["counts"]["unseen_label"]) == (2, 1)


@pytest.mark.parametrize("lacking", ["validation", "test"])
def test_a_split_that_the_column_lacks_is_carved_out_of_train(bench, lacking):
    other = "test" if lacking == "validation" else "validation"
    rows = [row for label in ("neg", "pos") for row in (*many(label, 20, "train"), *many(label, 3, other))]
    splits, summary = bench.ingest(rows, split="split", validation=0.2, test=0.2)
    assert {split: summary["splits"][split]["classes"] for split in SPLITS} == {
        "train": {"neg": 16, "pos": 16},
        lacking: {"neg": 4, "pos": 4},
        other: {"neg": 3, "pos": 3},
    }
    assert all("train" in row["text"] for row in splits[lacking])


def test_a_column_of_splits_that_is_entirely_empty_counts_as_none(bench):
    with_column, _ = bench.ingest(TWO_CLASSES, split="split")
    without, _ = bench.ingest(TWO_CLASSES)
    assert with_column == without


def test_no_text_is_in_two_splits(bench):
    rows = [(f"text {index % 50}", "neg" if index % 50 < 25 else "pos") for index in range(500)]
    splits, summary = bench.ingest(rows)
    texts = [row["text"] for rows in splits.values() for row in rows]
    assert len(texts) == len(set(texts)) == 50
    assert summary["counts"]["duplicates"] == 450


def test_the_number_of_texts_can_be_limited_in_proportion_and_the_same_texts_come_first(bench):
    everything, _ = bench.ingest(TWO_CLASSES)
    some, summary = bench.ingest(TWO_CLASSES, max_texts=30)
    # Half of 24, 12, 6, 3, 10 and 5 texts is 12, 6, 3, 1.5, 5 and 2.5; the one text left goes to the first remainder.
    assert {split: summary["splits"][split]["classes"] for split in SPLITS} == {
        "train": {"neg": 12, "pos": 6},
        "validation": {"neg": 3, "pos": 2},
        "test": {"neg": 5, "pos": 2},
    }
    counts = summary["counts"]
    assert (counts["available"], counts["subsampled_away"], counts["kept"]) == (60, 30, 30)
    for split, rows in some.items():
        for label in (0, 1):
            chosen = [row for row in rows if row["label"] == label]
            assert chosen == [row for row in everything[split] if row["label"] == label][: len(chosen)]


def test_a_limit_below_the_number_of_strata_keeps_one_text_of_each(bench):
    rows = [row for label in range(6) for row in many(str(label), 10)]
    _, summary = bench.ingest(rows, max_texts=10)
    assert {count for split in SPLITS for count in summary["splits"][split]["classes"].values()} == {1}


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "2"], ["2", "9", "10"]),
        (["1.0", "0.0", "-1.0"], ["-1", "0", "1"]),
        (["10", "9", "b"], ["10", "9", "b"]),
        (["true", "false"], ["false", "true"]),
    ],
)
def test_integral_labels_sort_by_value_and_others_by_spelling(bench, labels, classes):
    _, summary = bench.ingest([row for label in labels for row in many(label, 5)])
    assert summary["classes"] == classes


LABELS = {
    "measurement": ('"3.7"', "3.7 is not an integral number", "bin the numbers first"),
    "infinity": ("Infinity", "inf is not an integral number"),
    "infinity in words": ('"-Infinity"', "-Infinity is not an integral number"),
    "beyond what a float holds": ('"1e300"', "1e300 is not an integral number"),
    "5,000 digits": (f'"{"9" * 5000}"', "5000 characters", "'999"),
    "a text": (f'"{"good film " * 300}"', "2999 characters", "at most 200"),
    "half a character": ('"\\ud83d"', "the label holds half a character"),
    "bell": ('"bell\\u0007good"', r"'bell\x07good' holds '\x07'", "take it out"),
    "zero": ('"a\\u0000b"', r"holds '\x00'"),
    "not a character": ('"a\\ufffeb"', r"holds '\ufffe'"),
    "line end": ('"a\\nb"', r"holds '\n'", "a line end"),
    "list": ('["a", "b"]', "holds a list"),
}


@pytest.mark.parametrize("case", LABELS)
def test_a_label_that_is_no_name_of_a_class_is_refused(bench, case):
    label, *expected = LABELS[case]
    lines = [f'{{"text": "text {index}", "label": "{index % 2}"}}\n' for index in range(10)]
    message = bench.refusal("".join(lines) + f'{{"text": "so so", "label": {label}}}\n', "mine.jsonl")
    missing = [word for word in ("mine.jsonl", "row 10 (line 11)", *expected) if word not in message]
    assert (missing, len(message) < 400) == ([], True), message


@pytest.mark.parametrize(
    "label", ["a|b", "`a`", "<script>alert(1)</script>", "$x_1$", "a_b*c", "{{x}}", "日本", "a" * 200]
)
def test_other_labels_are_names_of_classes(bench, label):
    _, summary = bench.ingest([*many(label, 10), *many("plain", 10)])
    assert label in summary["classes"]


def test_labels_that_differ_by_format_characters_or_normal_form_are_one_class(bench):
    _, summary = bench.ingest([*many("caf\u00e9", 9), *many("cafe\u0301\u200b", 9), *many("neg", 9)])
    assert summary["classes"] == ["caf\u00e9", "neg"] or summary["classes"] == ["neg", "caf\u00e9"]


SPELT = [
    (f"text {index}", label) for index, label in enumerate(("Pos", "pos", "POS ", "neg", "very  bad", "Very bad") * 9)
]


def test_classes_that_differ_by_case_or_spaces_alone_are_counted_and_said(bench, capsys):
    _, summary = bench.ingest(SPELT)
    assert summary["classes"] == ["POS", "Pos", "Very bad", "neg", "pos", "very  bad"]
    assert summary["rules"][-1].startswith("Classes that differ by case or spaces alone stand apart; ")
    assert f"mine: {summary['rules'][-1]} For instance: 'Pos', 'pos', 'POS'\n" in capsys.readouterr().out


def test_they_are_folded_where_the_knob_says_so_under_the_first_spelling(bench, capsys):
    _, summary = bench.ingest(SPELT, fold_labels=True)
    assert summary["classes"] == ["Pos", "neg", "very  bad"]
    assert "Classes that differ by case or spaces alone are one: 2 times." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (("sports,news", "sports", "news"), "For instance: 'sports,news'\n"),
        (("['a', 'b']", "['a']"), "Labels look like lists: 2 of 2."),
        (("a|b", "b|c"), "Labels look like lists: 2 of 2."),
        (("Health, Fitness", "Arts, Crafts"), None),
        (("plain", "other"), None),
    ],
)
def test_labels_that_look_like_lists_are_said(bench, capsys, labels, said):
    bench.ingest([row for label in labels for row in many(label, 9)])
    out = capsys.readouterr().out
    assert said in out if said else "look like lists:" not in out


@pytest.mark.parametrize(
    ("knob", "classes", "dropped"),
    [("drop", ["neg", "pos"], 3), ("merge", ["neg", "pos", "other"], None)],
)
def test_rare_classes_can_be_dropped_or_merged(bench, knob, classes, dropped):
    rows = [*TWO_CLASSES, ("a", "rare"), ("b", "rare"), ("c", "scarce"), ("c", "scarce"), ("pos text 0", "gone")]
    _, summary = bench.ingest(rows, rare_classes=knob, rare_below=4)
    assert (summary["classes"], summary["counts"]["rare_class"]) == (classes, dropped)
    assert summary["counts"]["kept"] == 62 - (dropped or 0)
    assert "Classes of fewer than 4" in " ".join(summary["rules"])


def test_rare_classes_are_settled_before_the_splits_of_the_dataset_are_looked_at(bench):
    _, summary = bench.ingest([*OFFICIAL, ("a", "new", "test")], split="split", rare_classes="drop", rare_below=2)
    assert (summary["counts"]["rare_class"], summary["counts"]["unseen_label"]) == (1, 0)


def test_float_labels_of_parquet_are_refused_unless_integral(bench):
    entry = {"source": "table", "file": "mine.parquet", "text": "text", "label": "label"}
    texts = [f"text {index}" for index in range(20)]
    pq.write_table(pa.table({"text": texts, "label": [0.0, 1.0] * 10}), bench.raw / "mine.parquet")
    ingest(bench.params("mine", entry), raw=bench.raw, corpus=bench.corpus)
    assert bench.read()[1]["classes"] == ["0", "1"]
    pq.write_table(pa.table({"text": texts, "label": [0.0, 1.0] * 9 + [0.25, 1]}), bench.raw / "mine.parquet")
    with pytest.raises(UserError, match=r"mine\.parquet: row 18, column 'label': 0\.25 is not an integral number"):
        ingest(bench.params("mine", entry), raw=bench.raw, corpus=bench.corpus)


@pytest.mark.parametrize("kind", ["link", "project"])
def test_a_folder_that_dvc_does_not_watch_is_refused(bench, kind):
    place = bench.raw.parent / "elsewhere" if kind == "link" else bench.raw / "sub"
    (place / ".dvc" if kind == "project" else place).mkdir(parents=True)
    if kind == "link":
        (bench.raw / "sub").symlink_to(place)
    words = {"link": "sub: it is a link to a folder", "project": "sub: it holds .dvc, so it is a DVC project"}[kind]
    bench.complaint([], words, "copy mine.csv, or link the file itself, into ", file="sub/mine.csv")


def test_a_link_to_a_file_in_a_folder_is_read(bench):
    (bench.raw.parent / "mine.csv").touch()
    (bench.raw / "sub").mkdir()
    (bench.raw / "sub" / "mine.csv").symlink_to(bench.raw.parent / "mine.csv")
    rows = [(f"text {number}", number % 2) for number in range(20)]
    splits, _ = bench.ingest(rows, file="sub/mine.csv")
    assert sum(map(len, splits.values())) == 20


def test_only_one_class_is_refused(bench):
    bench.complaint(many("pos", 9), "mine.csv", "only one class", "'pos'")


def test_a_class_with_fewer_texts_than_splits_is_named_with_its_count(bench):
    rows = [*TWO_CLASSES, ("a", "rare"), ("b", "rare"), ("b", "rare")]
    bench.complaint(rows, "mine.csv", "fewer texts than the split needs", "'rare' has 2", "needs 3", "rare_classes")


def test_where_a_rare_class_is_another_in_capitals_folding_is_named_first(bench):
    rows = [*TWO_CLASSES, ("a", "POS"), ("b", "POS")]
    bench.complaint(rows, "'POS' has 2", "first set corpus.fold_labels to true, for 'POS', 'pos' stand apart")


def test_a_class_that_conflicts_left_nothing_of_is_named(bench):
    rows = [*TWO_CLASSES, ("pos text 0", "rare")]
    bench.complaint(rows, "'rare' has 0")


def test_three_texts_of_a_class_are_enough(bench):
    _, summary = bench.ingest([*many("a", 3), *many("b", 3)])
    assert [summary["splits"][split]["classes"] for split in SPLITS] == [{"a": 1, "b": 1}] * 3


def test_a_value_that_is_no_split_is_refused(bench):
    rows = [*OFFICIAL, ("a", "pos", "holdout")]
    bench.complaint(rows, "mine.csv", "row 24 (line 26)", "'holdout'", "train, training", split="split")


@pytest.mark.parametrize("rows", [[*OFFICIAL, ("a", "pos", "")], [("a", "pos", ""), *OFFICIAL]])
def test_a_column_of_splits_with_gaps_is_refused(bench, rows):
    place = rows.index(("a", "pos", ""))
    bench.complaint(rows, "mine.csv", f"row {place} (line {place + 2}) names no split", split="split")


def test_a_train_split_of_one_class_is_refused(bench):
    rows = [*many("pos", 9, "train"), *many("pos", 3, "test"), *many("neg", 3, "test")]
    bench.complaint(rows, "mine.csv", "only one class, 'pos', is left in train", split="split")


def test_a_split_that_duplicates_left_empty_is_refused(bench):
    rows = [*((text, label, "train") for text, label, split in OFFICIAL if split == "test"), *OFFICIAL[16:]]
    rows += many("neg", 1, "validation")
    bench.complaint(rows, "mine.csv", "no text is left in the split train", split="split")


def test_a_table_without_rows_is_refused(bench):
    bench.complaint([], "mine.csv", "no row has both a text and a label", "0 rows read")


def test_a_column_of_texts_named_as_label_is_refused(bench):
    rows = [(f"text {index}", f"label {index}") for index in range(10_001)]
    bench.complaint(rows, "mine.csv", "row 10000", "more than 10000 different labels")


def test_a_text_that_no_file_can_hold_is_refused(bench):
    message = bench.refusal('{"text": "\\ud800", "label": "x"}\n', "mine.jsonl")
    assert re.search(r"mine\.jsonl: row 0 \(line 1\): the text holds.*lone surrogate", message)


def test_texts_with_zero_characters_and_line_ends_survive(bench):
    rows = [*TWO_CLASSES, ("a\x00b", "pos"), ("a\x00c", "neg"), ("two\r\nlines", "pos")]
    splits, summary = bench.ingest(rows)
    texts = {row["text_id"]: row["text"] for rows in splits.values() for row in rows}
    assert (texts[60], texts[61], texts[62]) == ("a\x00b", "a\x00c", "two\r\nlines")
    assert summary["counts"]["conflicting"] == 0


def test_the_synthetic_corpus_joins_its_truth_by_text_id(bench):
    ingest(bench.params("synthetic", {"texts": 1500}), raw=bench.raw, corpus=bench.corpus)
    splits, summary = bench.read()
    truth = json.loads((bench.corpus / "truth.json").read_text(encoding="utf-8"))
    rows = pq.read_table(bench.corpus / "truth.parquet").to_pylist()
    kept = [row for split in splits.values() for row in split]
    assert summary["classes"] == truth["classes"] == ["negative", "positive"]
    assert len(kept) >= 1480
    assert all(decode_label(row["text"], truth) == rows[row["text_id"]]["label"] for row in kept)
    wrong = sum(row["label"] != rows[row["text_id"]]["label"] for row in kept)
    assert 0.02 < wrong / len(kept) < 0.08


def test_the_command_tells_what_was_kept_and_dropped(bench, tmp_path):
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    content["dataset"] = "mr"
    YAML(typ="safe").dump(content, tmp_path / "params.yaml")
    (bench.raw / "mr.csv").write_text(
        "text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(20)) + "text 0,0\n,1\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "stages.ingest", "--params", str(tmp_path / "params.yaml")]
    command += ["--raw", str(bench.raw), "--corpus", str(bench.corpus)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "mr: kept 20 of 22 texts in 2 classes: train 12, validation 4, test 4",
        "mr: dropped: 1 empty, 1 duplicates",
    ]
    (bench.raw / "mr.csv").unlink()
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Pang & Lee 2005" in done.stderr
    assert "Traceback" not in done.stderr


PEAK = """
import resource, sys
from pathlib import Path
from stages.ingest import ingest
from stages.params.schema import load_params
from stages.runtime.paths import SPLITS
ingest(load_params(Path(sys.argv[1])), raw=Path("none"), corpus=Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in another unit elsewhere")
def test_memory_does_not_grow_with_the_number_of_texts(tmp_path):
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    peaks = []
    for texts in (50_000, 250_000):
        content["datasets"]["synthetic"]["texts"] = texts
        YAML(typ="safe").dump(content, tmp_path / "params.yaml")
        command = [sys.executable, "-c", PEAK, str(tmp_path / "params.yaml"), str(tmp_path / "corpus")]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.splitlines()[-1]))
    # Kilobytes: 200,000 texts more, of 60 bytes and more each, would need at least 12,000 merely to be held.
    assert peaks[1] - peaks[0] < 20_000


def real(name):
    if not (REAL / name).is_file():
        pytest.skip(f"the real data {name} are not on this machine")
    return REAL


def test_the_sms_collection_loses_its_415_duplicates(bench):
    ingest(bench.params("sms"), raw=real("sms.csv"), corpus=bench.corpus)
    _, summary = bench.read()
    assert summary["classes"] == ["ham", "spam"]
    assert (summary["counts"]["read"], summary["counts"]["duplicates"], summary["counts"]["kept"]) == (5574, 415, 5159)


def words(text):
    return tuple(re.findall(r"\w+|[^\w\s]+", text.lower()))


def test_the_voice_commands_keep_their_test_split_and_receive_a_validation_split(bench):
    folder = real("snips.csv")
    with (folder / "snips.csv").open(encoding="utf-8", newline="") as file:
        published = {words(row["text"]) for row in csv.DictReader(file) if row["split"] == "test"}
    ingest(bench.params("snips"), raw=folder, corpus=bench.corpus)
    splits, summary = bench.read()
    assert len(summary["classes"]) == 7
    assert {words(row["text"]) for row in splits["test"]} == published
    assert not published & {words(row["text"]) for split in ("train", "validation") for row in splits[split]}
    assert len(splits["validation"]) / (len(splits["validation"]) + len(splits["train"])) == pytest.approx(
        0.15, abs=1e-3
    )
