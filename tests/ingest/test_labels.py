import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.ingest import ingest
from stages.runtime.paths import SPLITS
from tests.ingest.bench import OFFICIAL, TWO_CLASSES, ids, many


def test_labels_that_are_spelt_unlike_but_equal_numbers_do_not_conflict(bench):
    splits, summary = bench.ingest([*many("1", 10), *many("0", 10), ("1 text 0", "1.0")])
    assert (summary["counts"]["conflicting"], summary["counts"]["duplicates"]) == (0, 1)
    assert summary["classes"] == ["0", "1"]
    assert ids(splits) == list(range(20))


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


def test_only_one_class_is_refused(bench):
    bench.complaint(many("pos", 9), "mine.csv", "only one class", "'pos'")


def test_a_class_with_fewer_texts_than_splits_is_named_with_its_count(bench):
    rows = [*TWO_CLASSES, ("a", "rare"), ("b", "rare"), ("b", "rare")]
    bench.complaint(rows, "mine.csv", "fewer texts than the split needs", "'rare' has 2", "needs 3", "rare_classes")


def test_where_a_rare_class_is_another_in_capitals_folding_is_named_first(bench):
    rows = [*TWO_CLASSES, ("a", "POS"), ("b", "POS")]
    bench.complaint(rows, "'POS' has 2", "first set corpus.fold_labels to true, for 'POS' and 'pos' stand apart")


def test_a_class_that_conflicts_left_nothing_of_is_named(bench):
    rows = [*TWO_CLASSES, ("pos text 0", "rare")]
    bench.complaint(rows, "'rare' has 0")


def test_three_texts_of_a_class_are_enough(bench):
    _, summary = bench.ingest([*many("a", 3), *many("b", 3)])
    assert [summary["splits"][split]["classes"] for split in SPLITS] == [{"a": 1, "b": 1}] * 3


def test_a_column_of_texts_named_as_label_is_refused(bench):
    rows = [(f"text {index}", f"label {index}") for index in range(10_001)]
    bench.complaint(rows, "mine.csv", "row 10000", "more than 10000 different labels")
