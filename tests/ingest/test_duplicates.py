import unicodedata

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from tests.ingest.bench import TWO_CLASSES, ids


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


def test_a_text_under_two_labels_is_dropped_with_all_its_copies(bench):
    rows = [*TWO_CLASSES, ("pos text 3", "neg"), ("pos text 3", "neg")]
    splits, summary = bench.ingest(rows)
    assert ids(splits) == [index for index in range(60) if index != 3]
    assert (summary["counts"]["conflicting"], summary["counts"]["duplicates"]) == (3, 0)


def test_no_text_is_in_two_splits(bench):
    rows = [(f"text {index % 50}", "neg" if index % 50 < 25 else "pos") for index in range(500)]
    splits, summary = bench.ingest(rows)
    texts = [row["text"] for rows in splits.values() for row in rows]
    assert len(texts) == len(set(texts)) == 50
    assert summary["counts"]["duplicates"] == 450
