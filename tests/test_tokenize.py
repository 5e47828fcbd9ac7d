import csv
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from stages.errors import UserError
from stages.params.schema import Params
from stages.runtime.paths import SPLITS
from stages.texts.tokens.encoding import SCHEMA
from stages.texts.tokens.vectors import load_vectors
from stages.tokenize import BATCH_TEXTS, tokenize

RunOn = Callable[..., Path]
KINDS = ("words", "wordpiece", "bpe")
TRAIN = ["a good film", "a bad film", "good", "a a a a a"]


def write_corpus(
    folder: Path,
    train: Sequence[str] = TRAIN,
    validation: Sequence[str] = ("a film", "unheard of"),
    test: Sequence[str] = ("bad",),
) -> Path:
    folder.mkdir()
    first = 0
    for name, texts in zip(SPLITS, (train, validation, test), strict=True):
        columns = {
            "text_id": pa.array(range(first, first + len(texts)), pa.int64()),
            "text": pa.array(texts, pa.string()),
            "label": pa.array([index % 2 for index in range(len(texts))], pa.int32()),
        }
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
        first += len(texts)
    (folder / "summary.json").write_text(json.dumps({"classes": ["no", "yes"], "texts": first}))
    return folder


@pytest.fixture
def run_on(make_params: Callable[..., Params]) -> RunOn:
    """Runs the stage with changed knobs; the product lies beside the corpus, and `raw` is the folder of both."""

    def run_stage(corpus: Path, **knobs: Any) -> Path:
        chosen = {"kind": "words", "vocabulary": 1000, "min_frequency": 1, "lowercase": True} | knobs
        changes = {f"tokenize.{name}": value for name, value in chosen.items()}
        tokens = corpus.parent / "tokens"
        tokenize(make_params(changes), raw=corpus.parent, corpus=corpus, tokens=tokens)
        return tokens

    return run_stage


def profile_of(tokens: Path) -> Any:
    return json.loads((tokens / "profile.json").read_text())


def test_rows_keep_their_order_and_ids(run_on: RunOn, tmp_path: Path) -> None:
    table = pq.read_table(run_on(write_corpus(tmp_path / "corpus")) / "train.parquet")
    # By frequency, then by alphabet: a 7, film 2, good 2, bad 1.
    assert table.to_pylist() == [
        {"text_id": 0, "label": 0, "tokens": [2, 4, 3], "length": 3},
        {"text_id": 1, "label": 1, "tokens": [2, 5, 3], "length": 3},
        {"text_id": 2, "label": 0, "tokens": [4], "length": 1},
        {"text_id": 3, "label": 1, "tokens": [2, 2, 2, 2, 2], "length": 5},
    ]


def test_every_split_has_the_columns_that_the_next_stages_expect(run_on: RunOn, tmp_path: Path) -> None:
    tokens = run_on(write_corpus(tmp_path / "corpus"))
    for name in SPLITS:
        file = pq.ParquetFile(tokens / f"{name}.parquet")
        assert file.schema_arrow == SCHEMA
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_words_of_the_other_splits_are_unknown(run_on: RunOn, tmp_path: Path) -> None:
    table = pq.read_table(run_on(write_corpus(tmp_path / "corpus")) / "validation.parquet")
    assert table["tokens"].to_pylist() == [[2, 3], [1, 1]]


def test_the_profile_by_hand(run_on: RunOn, tmp_path: Path) -> None:
    profile = profile_of(run_on(write_corpus(tmp_path / "corpus", test=["", "bad bad x", " \t"])))
    assert (profile["vocabulary_size"], profile["classes"]) == (6, ["no", "yes"])
    assert profile["splits"]["train"]["length_counts"] == [0, 1, 0, 2, 0, 1]
    assert profile["splits"]["train"]["coverage"] == 1
    assert profile["splits"]["validation"]["unknown_share"] == pytest.approx(2 / 4)
    test = profile["splits"]["test"]
    assert (test["texts"], test["dropped_empty"], test["tokens"]) == (1, 2, 3)
    assert test["vocabulary_share"] == pytest.approx(2 / 5)


def test_texts_without_tokens_are_dropped(run_on: RunOn, tmp_path: Path) -> None:
    tokens = run_on(write_corpus(tmp_path / "corpus", test=["", "bad", "  "]))
    assert pq.read_table(tokens / "test.parquet")["text_id"].to_pylist() == [7]


def test_a_split_that_ends_up_without_texts_is_the_users_mistake(run_on: RunOn, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", test=["", " "])
    with pytest.raises(UserError, match=r"test\.parquet: no text has any token"):
        run_on(corpus)
    assert not (tmp_path / "tokens").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_corpus_gives_the_same_bytes(run_on: RunOn, kind: str, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    words = ["".join(chr(97 + code) for code in generator.integers(0, 26, 5)) for _ in range(500)]
    texts = [" ".join(generator.choice(words, 8)) for _ in range(300)]
    corpus = write_corpus(tmp_path / "corpus", texts, texts[:20], texts[20:40])
    products = []
    for _ in range(2):
        tokens = run_on(corpus, kind=kind, vocabulary=200)
        products.append({path.name: path.read_bytes() for path in tokens.iterdir()})
    assert products[0] == products[1]
    assert sorted(products[0]) == [
        "profile.json", "test.parquet", "tokenizer.json", "train.parquet", "validation.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_saved_tokenizer_gives_the_tokens_of_the_rows(run_on: RunOn, kind: str, tmp_path: Path) -> None:
    tokens = run_on(write_corpus(tmp_path / "corpus"), kind=kind)
    saved = Tokenizer.from_file(str(tokens / "tokenizer.json"))
    rows = pq.read_table(tokens / "train.parquet")["tokens"].to_pylist()
    assert rows == [saved.encode(text).ids for text in TRAIN]


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_names_the_padding_token_holds_no_padding(run_on: RunOn, kind: str, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", [*TRAIN, "[PAD]", "a [PAD] film"])
    rows = pq.read_table(run_on(corpus, kind=kind) / "train.parquet")["tokens"].to_pylist()
    assert len(rows) == 6
    assert not any(0 in row for row in rows)


def own_tokenizer(path: Path, vocabulary: dict[str, int]) -> None:
    own = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    own.save(str(path))


def test_a_tokenizer_of_the_users_own_is_used_and_passed_on(run_on: RunOn, tmp_path: Path) -> None:
    own_tokenizer(tmp_path / "mine.json", {"[PAD]": 0, "[UNK]": 1, "film": 7})
    tokens = run_on(write_corpus(tmp_path / "corpus"), kind="file", file="mine.json")
    assert pq.read_table(tokens / "train.parquet")["tokens"].to_pylist()[:2] == [[1, 1, 7], [1, 1, 7]]
    assert profile_of(tokens)["vocabulary_size"] == 8
    assert Tokenizer.from_file(str(tokens / "tokenizer.json")).encode("film").ids == [7]


def test_former_indices_of_a_renumbered_tokenizer_lie_beside_it(
    run_on: RunOn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own_tokenizer(tmp_path / "mine.json", {"film": 0, "[PAD]": 3, "a": 4, "[UNK]": 5})
    tokens = run_on(write_corpus(tmp_path / "corpus"), kind="file", file="mine.json")
    assert pq.read_table(tokens / "train.parquet")["tokens"].to_pylist()[:2] == [[3, 1, 2], [3, 1, 2]]
    assert json.loads((tokens / "former_indices.json").read_text()) == {"former": [3, 5, 0, 4]}
    assert "mine.json: its indices are renumbered" in capsys.readouterr().out


CHINESE = [
    "这部电影很好看，我很喜欢。",
    "剧情拖沓，演员也不好。",
    "音乐很好听，值得一看。",
    "这部电影太长了，不值得看。",
]
JAPANESE = ["これは良い映画です", "この映画はつまらない", "とても面白かったです", "音楽は良くなかった"]
THAI = ["หนังเรื่องนี้ดีมาก", "หนังเรื่องนี้ไม่ดี", "ดนตรีไพเราะมาก", "นักแสดงไม่ดีเลย"]
CUT = ["这 部 电影 很 好看", "剧情 拖沓 演员 不 好", "这 部 电影 太 长", "电影 很 好看"]
TURKISH = ["Bu film çok güzeldi", "Bu film çok kötüydü", "Film güzeldi", "Film kötüydü"]


@pytest.mark.parametrize(
    ("texts", "model", "why"),
    [
        (CHINESE, "BPE", "bpe, for 83 % of the characters"),
        (JAPANESE, "BPE", "bpe, for 100 % of the characters"),
        (THAI, "BPE", "bpe, for 100 % of the characters"),
        (CUT, "WordLevel", "words, for white space separates words"),
        (TURKISH, "WordLevel", "words, for white space separates words"),
        (TRAIN, "WordLevel", "words, for white space separates words"),
    ],
)
def test_auto_takes_words_where_white_space_separates_them(
    run_on: RunOn, tmp_path: Path, capsys: pytest.CaptureFixture[str], texts: list[str], model: str, why: str
) -> None:
    tokens = run_on(write_corpus(tmp_path / "corpus", texts, texts, texts), kind="auto")
    assert json.loads((tokens / "tokenizer.json").read_text())["model"]["type"] == model
    assert f"tokenize.kind auto: {why}" in capsys.readouterr().out
    assert profile_of(tokens)["splits"]["test"]["unknown_share"] == 0


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (
            JAPANESE,
            ["この音楽は良いです"] * 30 + JAPANESE[:1],
            ("97 % of the test tokens unknown, median length 1: ", "white space"),
        ),
        (CHINESE, CHINESE, ("83 % of the characters", "0 % of the test tokens unknown")),
        (TRAIN, ["nobody knows a"], ("67 % of the test tokens unknown, median length 3: ",)),
        (TRAIN, TRAIN, ()),
        (CUT, CUT, ()),
    ],
)
def test_words_that_do_not_fit_are_said(
    run_on: RunOn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    train: list[str],
    test: list[str],
    words: tuple[str],
) -> None:
    run_on(write_corpus(tmp_path / "corpus", train, train, test))
    out = capsys.readouterr().out
    assert [word for word in words if word not in out] == [], out
    assert ("set tokenize.kind to wordpiece or bpe" in out) == bool(words)


def test_padding_in_a_text_is_refused_by_its_id_in_a_later_batch(run_on: RunOn, tmp_path: Path) -> None:
    own_tokenizer(tmp_path / "mine.json", {"[PAD]": 0, "[UNK]": 1, "film": 2})
    texts = ["film"] * (BATCH_TEXTS + 5) + ["a [PAD] film"]
    with pytest.raises(UserError, match=rf"text_id {BATCH_TEXTS + 5}: "):
        run_on(write_corpus(tmp_path / "corpus", texts), kind="file", file="mine.json")
    assert not (tmp_path / "tokens").exists()


def test_vectors_of_the_vocabulary_lie_beside_the_tokens(run_on: RunOn, tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text("a 1 2\nfilm 3 4\nelsewhere 5 6\n")
    tokens = run_on(write_corpus(tmp_path / "corpus"), vectors="small.txt")
    rows = load_vectors(tokens)
    assert rows is not None
    nothing = [np.nan, np.nan]
    # Padding, unknown, a, film, good, bad.
    np.testing.assert_array_equal(rows, np.array([[0, 0], nothing, [1, 2], [3, 4], nothing, nothing], np.float32))
    # The training texts hold a 7 times, film twice, good twice, bad once.
    assert profile_of(tokens)["vectors"] == {
        "file": "small.txt",
        "dimension": 2,
        "words_found": 2,
        "vocabulary": 4,
        "share_of_training_tokens_found": pytest.approx(9 / 12),
    }


def test_a_vector_named_like_unknown_is_not_taken_for_it(run_on: RunOn, tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text("[UNK] 1 2\n[PAD] 1 2\na 3 4\n")
    rows = load_vectors(run_on(write_corpus(tmp_path / "corpus"), vectors="small.txt"))
    assert rows is not None
    np.testing.assert_array_equal(rows[:3], np.array([[0, 0], [np.nan, np.nan], [3, 4]], np.float32))


def test_without_vectors_there_is_no_file(run_on: RunOn, tmp_path: Path) -> None:
    tokens = run_on(write_corpus(tmp_path / "corpus"))
    assert profile_of(tokens)["vectors"] is None
    assert load_vectors(tokens) is None


def test_vectors_that_are_missing_stop_the_stage(run_on: RunOn, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.txt: no such file"):
        run_on(write_corpus(tmp_path / "corpus"), vectors="none.txt")
    assert not (tmp_path / "tokens").exists()


@pytest.mark.parametrize(
    "knobs", [{"kind": "file", "file": "pipe"}, {"vectors": "pipe"}, {"kind": "file", "file": "n" * 300}]
)
def test_what_is_no_file_is_not_waited_for(run_on: RunOn, tmp_path: Path, knobs: dict[str, str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match=r"pipe: neither a file nor a folder; put|nnn: its name is not possible"):
        run_on(write_corpus(tmp_path / "corpus"), **knobs)


def test_a_missing_corpus_is_the_users_mistake(run_on: RunOn, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"summary\.json: no such file"):
        run_on(tmp_path / "corpus")


def test_two_short_lines_are_printed(run_on: RunOn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_on(write_corpus(tmp_path / "corpus", test=["", "bad"]))
    first, second = capsys.readouterr().out.splitlines()
    assert "vocabulary of 6" in first
    assert "100.0 %" in first
    assert "1 text without tokens" in first
    assert "1 to 5 tokens, median 3" in second


def test_movie_reviews_have_the_lengths_that_their_white_space_says(
    run_on: RunOn, real_data: Path, tmp_path: Path
) -> None:
    with (real_data / "mr.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    own_tokenizer(tmp_path / "mine.json", {"[PAD]": 0, "[UNK]": 1})
    corpus = write_corpus(tmp_path / "corpus", texts, texts[:50], texts[50:100])
    quantiles = profile_of(run_on(corpus, kind="file", file="mine.json"))["splits"]["train"]["length_quantiles"]
    assert [quantiles[name] for name in ("0", "0.5", "0.95", "1")] == [1, 20, 38, 59]
