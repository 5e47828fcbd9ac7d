"""What the report says of the bag of words and of word vectors."""

from dataclasses import replace

from stages.analysis.contract_texts import VectorCoverage
from stages.reporting.documents import report_markdown
from stages.reporting.tables import worth, worth_table
from stages.reporting.tables_data import vectors_found
from tests.reporting.analyses import LEAK, with_report

SENTENCE = "A bag of words, without a network, reaches 80.0 % [65.2, 89.5] on the same test texts"


def test_the_bag_stands_above_the_cells_that_are_compared_with_it(results):
    table = worth_table(results(drift=LEAK))
    assert list(map(str, table.rows[0])) == ["–", "bag of words", "80.0 % [65.2, 89.5]", "–", "–"]
    assert [row[:2] for row in table.rows[1:]] == [
        ["pre", "`baseline`"],
        ["pre", "`masked`"],
        ["post", "`baseline`"],
        ["post", "`masked`"],
    ]
    assert list(map(str, table.rows[1][3:])) == ["+9.2 [+8.1, +10.4]", "6 of 6"]


def test_a_variant_below_the_bag_is_shown_below_it(results):
    table = worth_table(results(drift=LEAK, learned=False))
    below = next(row for row in table.rows if row[:2] == ["post", "`baseline`"])
    assert list(map(str, below[3:])) == ["−28.8 [−29.9, −27.6]", "0 of 6"]


def test_the_sentence_names_the_bag_and_the_best_variant(results):
    assert worth(results(drift=LEAK, learned=False)) == (
        f"{SENTENCE}. `masked`, the best mean here, differs from that by +9.2 [+8.1, +10.4] points, for new seeds on "
        "these texts."
    )


def test_the_sentence_stands_once_in_the_document(results):
    assert report_markdown(results(drift=LEAK)).count(SENTENCE) == 1


def test_vectors_are_told_with_what_they_cover(results):
    vectors = VectorCoverage(
        file="glove.txt", dimension=50, words_found=7312, vocabulary=9998, share_of_training_tokens_found=0.981
    )
    sentence = (
        "`glove.txt` has vectors of 50 values for 7,312 of the 9,998 words of the vocabulary, which are 98.1 % of the "
        "training tokens."
    )
    assert (vectors_found(vectors), vectors_found(None)) == (sentence, "")
    found = results(drift=LEAK)
    dataset = found.report.dataset
    shown = with_report(found, dataset=replace(dataset, tokens=replace(dataset.tokens, vectors=vectors)))
    assert sentence in report_markdown(shown)
    assert "has vectors of" not in report_markdown(found)
