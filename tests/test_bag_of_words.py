"""The stage on tokens made by hand."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import optimize

from stages.bag_of_words import bag_of_words
from stages.errors import UserError
from stages.runtime.paths import SPLITS
from stages.texts.tokens.encoding import SCHEMA


def write_tokens(folder, splits, classes, vocabulary=10):
    """Token files of `splits`: by name a list of (tokens, label)."""
    folder.mkdir()
    for name, texts in splits.items():
        rows = [
            {"text_id": number, "label": label, "tokens": tokens, "length": len(tokens)}
            for number, (tokens, label) in enumerate(texts)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / f"{name}.parquet")
    profile = {"vocabulary_size": vocabulary, "classes": classes}
    (folder / "profile.json").write_text(json.dumps(profile))
    return folder


@pytest.fixture
def run_on(make_params, tmp_path):
    def run_stage(splits, folder="bag", classes=("no", "yes"), **knobs):
        tokens = tmp_path / "tokens"
        if not tokens.exists():
            write_tokens(tokens, splits, classes)
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


def test_the_loss_is_penalised_as_the_trial_says(run_on):
    """The chosen fit is the least of the mean penalised loss, found here by another solver."""
    splits = splits_of(told=False)
    found = run_on(splits, penalties=[10])
    texts = np.array([[token in tokens for token in range(2, 10)] for tokens, _ in splits["train"]], dtype=float)
    label = np.array([label for _, label in splits["train"]])

    def loss(weights):
        logit = texts @ weights[:-1] + weights[-1]
        return np.logaddexp(0, np.where(label, -logit, logit)).sum() + 10 / 2 * (weights[:-1] ** 2).sum()

    best = optimize.minimize(loss, np.zeros(9), method="BFGS", tol=1e-8).x
    logit = texts @ best[:-1] + best[-1]
    nll = np.logaddexp(0, np.where(label, -logit, logit)).mean()
    assert found["splits"]["train"]["nll"] == pytest.approx(nll, abs=1e-5)
    assert found["tried"][0]["converged"]


def test_a_fit_that_its_iterations_cut_short_says_so(run_on, capsys):
    found = run_on(splits_of(told=True), penalties=[0.1], iterations=2)
    assert (found["tried"][0]["iterations"], found["tried"][0]["converged"]) == (2, False)
    assert "not converged; raise bag_of_words.iterations" in capsys.readouterr().out


def test_a_class_without_a_training_text_is_never_predicted(run_on):
    train = [([2], 0), ([3], 1)] * 20
    found = run_on({"train": train, "validation": train, "test": [([2], 0), ([2], 2)]}, classes=["a", "b", "c"])
    assert found["splits"]["test"]["correct"] == 1
    assert np.isfinite(found["splits"]["test"]["nll"])


def test_tokens_that_are_missing_are_the_users_mistake(make_params, tmp_path):
    with pytest.raises(UserError, match=r"profile\.json: no such file; run `dvc repro`"):
        bag_of_words(make_params(), tokens=tmp_path, bag_of_words=tmp_path / "bag")


def test_one_line_is_printed(run_on, capsys):
    run_on(splits_of(told=True))
    (line,) = capsys.readouterr().out.splitlines()
    assert line == "without a neural network: 100.0 % of the test texts right, from 8 tokens at penalty 0.1"
