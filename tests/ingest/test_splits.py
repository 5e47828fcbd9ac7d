from collections import Counter

import pytest

from stages.runtime.paths import SPLITS
from tests.ingest.bench import OFFICIAL, TWO_CLASSES, ids, many


def test_every_class_is_split_by_its_share(bench):
    splits, summary = bench.ingest(TWO_CLASSES, validation=0.15, test=0.25)
    assert summary["classes"] == ["neg", "pos"]
    assert {split: Counter(row["label"] for row in rows) for split, rows in splits.items()} == {
        "train": {0: 24, 1: 12},
        "validation": {0: 6, 1: 3},
        "test": {0: 10, 1: 5},
    }
    assert summary["splits"]["test"] == {"texts": 15, "classes": {"neg": 10, "pos": 5}}


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
