import json
import math
from collections import Counter

import pyarrow.parquet as pq
import pytest

from stages.texts.corpora.synthetic import best_accuracy, synthetic, texts
from stages.texts.corpora.words import NEGATION, TEMPLATE_WORDS, cue_words, fillers
from tests.texts.corpora.rule import decode_label


def generated(dataset, folder):
    records = list(synthetic(dataset, folder).texts)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return records, truth, pq.read_table(folder / "truth.parquet").to_pylist()


@pytest.mark.parametrize("classes", [2, 3, 7, 8, 77])
@pytest.mark.parametrize("cue_position", ["start", "middle", "end", "anywhere"])
def test_the_rule_recovers_every_clean_label(grammar, tmp_path, classes, cue_position):
    dataset = grammar(texts=600, classes=classes, cue_position=cue_position, label_noise=0.3, negation=0.5)
    records, truth, rows = generated(dataset, tmp_path)
    assert [decode_label(record.text, truth) for record in records] == [row["label"] for row in rows]
    assert {row["label"] for row in rows} == set(range(classes))


def test_a_negated_cue_means_the_class_before_its_own():
    truth = {"classes": ["a", "b", "c"], "cue_words": {"a": ["x"], "b": ["y"], "c": ["z"]}, "negation": "not"}
    assert decode_label("the x .", truth) == 0
    assert decode_label("not y then x", truth) == 0
    assert decode_label("it is not x", truth) == 2
    with pytest.raises(ValueError, match="mean 2 classes"):
        decode_label("x y", truth)


def test_lengths_are_those_of_the_tokens_and_within_bounds(grammar, tmp_path):
    dataset = grammar(texts=3000, shortest=4, longest=30)
    records, truth, rows = generated(dataset, tmp_path)
    lengths = [len(record.text.split(" ")) for record in records]
    assert lengths == [row["length"] for row in rows]
    assert (min(lengths), max(lengths)) == (4, 30)
    assert truth["length"]["mean"] == pytest.approx(sum(lengths) / 3000, abs=1e-6)
    assert truth["length"]["quantiles"]["0.5"] == sorted(lengths)[1499]


def test_a_length_without_spread_is_exact(grammar):
    made = list(texts(grammar(texts=100, length_sigma=0, median_length=9)))
    assert {len(text.tokens) for text in made} == {9}


def test_tokens_are_lower_case_and_never_empty(grammar):
    for text in texts(grammar(texts=500)):
        assert all(token and token == token.lower() and not any(map(str.isspace, token)) for token in text.tokens)


@pytest.mark.parametrize("cue_position", ["start", "middle", "end", "anywhere"])
def test_cue_positions_are_exactly_those_of_cues_and_their_negations(grammar, cue_position):
    dataset = grammar(texts=500, cues=3, shortest=6, cue_position=cue_position, negation=0.5)
    words = {word for cues in cue_words(2).values() for word in cues} | {NEGATION}
    for text in texts(dataset):
        found = [index for index, token in enumerate(text.tokens) if token in words]
        assert text.cue_positions == found
        if cue_position == "start":
            assert found == list(range(len(found)))
        if cue_position == "middle":  # one filler token more behind them where the number is odd
            before = (len(text.tokens) - len(found)) // 2
            assert found == list(range(before, before + len(found)))
        if cue_position == "end":
            assert found == list(range(len(text.tokens) - len(found), len(text.tokens)))


def test_cues_anywhere_stand_in_the_first_and_in_the_second_half(grammar):
    made = list(texts(grammar(texts=2000, cues=1, negation=0, length_sigma=0, median_length=10)))
    places = Counter(text.cue_positions[0] for text in made)
    assert set(places) == set(range(10))
    assert all(abs(count - 200) < 5 * math.sqrt(2000 * 0.1 * 0.9) for count in places.values())


def test_the_share_of_negated_cues_is_that_of_the_knob(grammar):
    tokens = Counter(token for text in texts(grammar(texts=4000, cues=2, negation=0.2)) for token in text.tokens)
    assert abs(tokens[NEGATION] - 1600) < 5 * math.sqrt(8000 * 0.2 * 0.8)


def test_padded_to_the_longest_the_default_corpus_is_more_than_60_percent_padding(grammar, tmp_path):
    records, truth, _ = generated(grammar(), tmp_path)
    lengths = [len(record.text.split()) for record in records]
    share = 1 - sum(lengths) / (len(lengths) * max(lengths))
    assert max(lengths) == 48
    assert truth["padding_share_at_longest"] == pytest.approx(share, abs=1e-6)
    assert share > 0.6


def test_the_default_texts_are_nearly_all_distinct(grammar):
    made = [" ".join(text.tokens) for text in texts(grammar())]
    assert len(set(made)) >= 0.99 * len(made)


@pytest.mark.parametrize("classes", [2, 5])
def test_the_share_of_noisy_labels_is_that_of_the_knob_and_the_others_share_it_evenly(grammar, tmp_path, classes):
    dataset = grammar(texts=5000, classes=classes, label_noise=0.2)
    records, truth, rows = generated(dataset, tmp_path)
    steps = Counter(
        (truth["classes"].index(record.label) - row["label"]) % classes
        for record, row in zip(records, rows, strict=True)
    )
    noisy = 5000 - steps[0]
    assert truth["noisy_labels"] == noisy
    assert abs(noisy - 1000) < 5 * math.sqrt(5000 * 0.2 * 0.8)
    for step in range(1, classes):
        assert abs(steps[step] - noisy / (classes - 1)) < 5 * math.sqrt(noisy / (classes - 1)) + 1


def test_the_best_accuracy_follows_the_more_probable_label():
    assert best_accuracy(0.05, 2) == 0.95
    assert best_accuracy(0.7, 2) == 0.7
    assert best_accuracy(0.7, 3) == pytest.approx(0.35)
    assert best_accuracy(0.6, 3) == pytest.approx(0.4)


def test_fewer_texts_are_the_first_of_more(grammar):
    some, more = list(texts(grammar(texts=50))), list(texts(grammar(texts=3000)))
    assert some == more[:50]


def test_another_seed_gives_other_texts(grammar):
    assert next(texts(grammar(seed=1))) != next(texts(grammar(seed=2)))


@pytest.mark.parametrize("classes", [2, 3, 7, 8, 77, 200])
def test_no_cue_belongs_to_two_classes_or_is_a_filler(classes):
    cues = cue_words(classes)
    words = [word for owned in cues.values() for word in owned]
    assert len(cues) == classes
    assert list(cues) == sorted(cues)
    assert len(set(words)) == len(words)
    assert not set(words) & (set(fillers(30_000, cues.values())) | TEMPLATE_WORDS | {NEGATION})


@pytest.mark.parametrize("number", [20, 1000, 50_000])
def test_the_vocabulary_has_exactly_its_size(number):
    assert len(set(fillers(number, cue_words(2).values()))) == number


def test_all_fillers_of_the_vocabulary_are_used_the_first_most(grammar):
    words = fillers(40, cue_words(2).values())
    tokens = Counter(token for text in texts(grammar(vocabulary=40)) for token in text.tokens)
    assert all(tokens[word] > 0 for word in words)
    # 1 / (rank + 2.7): the first is (40 + 2.7) / (1 + 2.7) = 11.5 times as frequent as the last.
    assert tokens[words[0]] / tokens[words[-1]] == pytest.approx(11.5, rel=0.35)
