"""The stage on tokens made by hand."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.bag_of_words import bag_of_words
from stages.errors import UserError
from stages.runtime.paths import SPLITS
from stages.texts.tokens import bag_files
from stages.texts.tokens.encoding import SCHEMA


def write_tokens(folder, splits, vocabulary=10):
    """Token files of `splits`: by name a list of (tokens, label)."""
    folder.mkdir()
    for name, texts in splits.items():
        rows = [
            {"text_id": number, "label": label, "tokens": tokens, "length": len(tokens)}
            for number, (tokens, label) in enumerate(texts)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / f"{name}.parquet")
    profile = {"vocabulary_size": vocabulary, "classes": ["no", "yes"]}
    (folder / "profile.json").write_text(json.dumps(profile))
    return folder


@pytest.fixture
def run_on(make_params, tmp_path):
    def run_stage(splits, folder="bag", **knobs):
        tokens = tmp_path / "tokens"
        if not tokens.exists():
            write_tokens(tokens, splits)
        params = make_params({f"bag_of_words.{name}": value for name, value in knobs.items()})
        bag_of_words(params, tokens=tokens, bag_of_words=tmp_path / folder)
        return json.loads((tmp_path / folder / "scores.json").read_text())

    return run_stage


def random_texts(generator, count, *, told):
    """Texts of tokens 2 to 9; where `told`, token 2 stands in those of class 0 alone and 3 in those of class 1."""
    texts = []
    for _ in range(count):
        label = int(generator.random() < 0.4)
        noise = generator.integers(4, 10, 6).tolist()
        texts.append(([2 + label, *noise] if told else noise, label))
    return texts


def splits_of(told):
    generator = np.random.default_rng(5)
    return {name: random_texts(generator, 300, told=told) for name in SPLITS}


def test_words_that_tell_the_class_are_found(run_on):
    found = run_on(splits_of(told=True))
    assert {name: split["accuracy"] for name, split in found["splits"].items()} == dict.fromkeys(SPLITS, 1.0)


def test_random_labels_score_about_the_most_frequent_class(run_on):
    test = run_on(splits_of(told=False))["splits"]["test"]
    assert test["texts"] == 300
    assert test["correct"] == pytest.approx(test["majority"], abs=6)


def test_padding_and_unknown_are_no_words(run_on):
    """Unknown would tell the classes apart, were it a feature."""
    texts = [([1, 4], 0), ([4], 1)] * 20
    found = run_on(dict.fromkeys(SPLITS, texts))
    assert (found["features"], found["splits"]["train"]["correct"]) == (1, 20)


def test_texts_without_any_known_word_get_the_most_frequent_class(run_on):
    texts = [([1], 0), ([1, 1], 0), ([1], 1)]
    found = run_on(dict.fromkeys(SPLITS, texts))
    assert (found["features"], found["splits"]["test"]["correct"]) == (0, 2)


def test_only_so_many_words_are_read(run_on):
    texts = [([2, 3], 0), ([2, 3], 1), ([2, 4], 1)]
    assert run_on(dict.fromkeys(SPLITS, texts), vocabulary=2)["features"] == 2


def test_the_validation_texts_choose_the_penalty(run_on):
    """Token 2 tells the class in training; in validation it misleads, so the strongest penalty loses least."""
    train = [([2, 4], 0), ([3, 4], 1)] * 20
    misled = [([2, 4], 1), ([3, 4], 0)] * 20
    splits = {"train": train, "validation": misled, "test": train}
    found = run_on(splits, penalties=[1, 100, 10])
    assert found["penalty"] == 100
    assert [each["penalty"] for each in found["tried"]] == [100, 10]
    assert found["tried"][0]["validation_nll"] < found["tried"][1]["validation_nll"]


def test_weaker_penalties_are_tried_while_they_help(run_on):
    found = run_on(splits_of(told=True), penalties=[100, 10, 1])
    assert [each["penalty"] for each in found["tried"]] == [100, 10, 1]
    assert found["penalty"] == 1


def test_the_same_tokens_give_the_same_bytes(run_on, tmp_path):
    splits = splits_of(told=False)
    run_on(splits, "once")
    run_on(splits, "twice")
    once = (tmp_path / "once" / "scores.json").read_bytes()
    assert once == (tmp_path / "twice" / "scores.json").read_bytes()
    assert [path.name for path in (tmp_path / "once").iterdir()] == ["scores.json"]


def test_a_corpus_is_never_held(run_on, monkeypatch):
    """At most two batches are ever there at once."""
    alive = peak = 0

    class Counted(bag_files.Bags):
        def __init__(self, *fields):
            nonlocal alive, peak
            super().__init__(*fields)
            alive += 1
            peak = max(peak, alive)

        def __del__(self):
            nonlocal alive
            alive -= 1

    monkeypatch.setattr(bag_files, "Bags", Counted)
    monkeypatch.setattr(bag_files, "BATCH_TEXTS", 10)
    run_on(splits_of(told=False), passes=5)
    assert peak <= 2


def test_tokens_that_are_missing_are_the_users_mistake(make_params, tmp_path):
    with pytest.raises(UserError, match=r"profile\.json: no such file; run `dvc repro`"):
        bag_of_words(make_params(), tokens=tmp_path, bag_of_words=tmp_path / "bag")


def test_one_line_is_printed(run_on, capsys):
    run_on(splits_of(told=True))
    (line,) = capsys.readouterr().out.splitlines()
    assert line == "without a neural network: 100.0 % of the test texts right, from 8 tokens at penalty 0.1"
