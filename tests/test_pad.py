import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.errors import UserError
from stages.pad import pad
from stages.params.schema import Params
from stages.runtime.paths import SPLITS
from stages.texts.tokens.encoding import SCHEMA
from stages.texts.tokens.length_histogram import length_counts
from stages.texts.tokens.padded import read_padded

RunOn = Callable[..., Path]
TEXTS = {
    "train": [[2, 3], [4], [5, 6, 7, 8, 9], [2]],
    "validation": [[3, 3, 3]],
    "test": [[1, 2, 3, 4, 5, 6, 7], [9]],
}


def write_tokens(folder: Path, texts: Mapping[str, Sequence[Sequence[int]]] = TEXTS) -> Path:
    folder.mkdir()
    splits = {}
    for name in SPLITS:
        lengths = np.array([len(text) for text in texts[name]], dtype=np.int32)
        columns = [
            pa.array(range(len(lengths)), pa.int64()),
            pa.array([index % 2 for index in range(len(lengths))], pa.int32()),
            pa.array(texts[name], SCHEMA.field("tokens").type),
            pa.array(lengths),
        ]
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), folder / f"{name}.parquet")
        splits[name] = {"length_counts": length_counts(lengths).tolist()}
    profile = {"vocabulary_size": 10, "classes": ["no", "yes"], "splits": splits}
    (folder / "profile.json").write_text(json.dumps(profile))
    return folder


@pytest.fixture
def run_on(make_params: Callable[..., Params]) -> RunOn:
    """Runs the stage with changed knobs; the product lies beside the tokens."""

    def run_stage(tokens: Path, side: str = "post", **knobs: Any) -> Path:
        padded = tokens.parent / "padded" / side
        chosen = {"max_len": "longest", "truncate": "keep_head"} | knobs
        params = make_params({f"pad.{name}": value for name, value in chosen.items()})
        pad(params, side=side, tokens=tokens, padded=padded)
        return padded

    return run_stage


def in_every_split(texts: list[list[int]]) -> dict[str, list[list[int]]]:
    return dict.fromkeys(SPLITS, texts)


def profile_of(padded: Path) -> Any:
    return json.loads((padded / "profile.json").read_text())


def test_the_longest_training_text_sets_the_width_of_every_split(run_on: RunOn, tmp_path: Path) -> None:
    padded = run_on(write_tokens(tmp_path / "tokens"), "pre")
    assert read_padded(padded / "train.parquet").tokens.tolist() == [
        [0, 0, 0, 2, 3],
        [0, 0, 0, 0, 4],
        [5, 6, 7, 8, 9],
        [0, 0, 0, 0, 2],
    ]
    test = read_padded(padded / "test.parquet")
    assert test.tokens.tolist() == [[1, 2, 3, 4, 5], [0, 0, 0, 0, 9]]
    assert test.length.tolist() == [5, 1]
    assert (test.text_id.tolist(), test.label.tolist()) == ([0, 1], [0, 1])


def test_keeping_the_tail_drops_the_first_tokens(run_on: RunOn, tmp_path: Path) -> None:
    padded = run_on(write_tokens(tmp_path / "tokens"), "post", max_len=2, truncate="keep_tail")
    assert read_padded(padded / "test.parquet").tokens.tolist() == [[6, 7], [9, 0]]


def test_a_quantile_of_the_training_lengths_sets_the_width(run_on: RunOn, tmp_path: Path) -> None:
    assert profile_of(run_on(write_tokens(tmp_path / "tokens"), max_len=0.75))["max_len"] == 2


def test_rows_do_not_depend_on_where_batches_end(
    run_on: RunOn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = write_tokens(tmp_path / "tokens")
    whole = {path.name: path.read_bytes() for path in run_on(tokens).iterdir()}
    monkeypatch.setattr("stages.pad.BATCH_BYTES", 1)
    assert {path.name: path.read_bytes() for path in run_on(tokens).iterdir()} == whole


def test_the_file_has_fixed_size_lists_without_a_dictionary(run_on: RunOn, tmp_path: Path) -> None:
    file = pq.ParquetFile(run_on(write_tokens(tmp_path / "tokens")) / "train.parquet")
    tokens = file.schema_arrow.field("tokens")
    assert pa.types.is_fixed_size_list(tokens.type)
    assert (tokens.type.list_size, tokens.type.value_type) == (5, pa.int32())
    assert not any(field.nullable for field in file.schema_arrow)
    for index in range(4):
        column = file.metadata.row_group(0).column(index)
        assert column.compression == "ZSTD"
        assert not column.has_dictionary_page


def test_pandas_and_duckdb_read_the_same_rows(run_on: RunOn, tmp_path: Path) -> None:
    path = run_on(write_tokens(tmp_path / "tokens")) / "train.parquet"
    expected = read_padded(path).tokens.tolist()
    assert [row.tolist() for row in pd.read_parquet(path)["tokens"]] == expected
    rows = duckdb.sql(f"select tokens from read_parquet('{path}') order by text_id").fetchall()
    assert [list(row) for (row,) in rows] == expected


def test_the_profile_by_hand(run_on: RunOn, tmp_path: Path) -> None:
    profile = profile_of(run_on(write_tokens(tmp_path / "tokens"), max_len=4, truncate="keep_tail"))
    assert {key: profile[key] for key in ("side", "max_len", "truncate", "vocabulary_size", "classes")} == {
        "side": "post",
        "max_len": 4,
        "truncate": "keep_tail",
        "vocabulary_size": 10,
        "classes": ["no", "yes"],
    }
    train = profile["splits"]["train"]
    assert (train["texts"], train["tokens"]) == (4, 8)
    assert train["padding_share"] == pytest.approx(8 / 16)
    assert train["truncated_share"] == pytest.approx(1 / 4)
    assert train["cut_share"] == pytest.approx(1 / 9)
    assert train["length_quantiles"]["1"] == 4
    assert profile["splits"]["test"]["cut_share"] == pytest.approx(3 / 8)
    assert profile["choices"]["longest"] == {"max_len": 5, "padding_share": pytest.approx(11 / 20)}


def test_the_profile_agrees_with_the_rows(run_on: RunOn, tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    texts = {name: [generator.integers(1, 9, n).tolist() for n in generator.integers(1, 30, 50)] for name in SPLITS}
    padded = run_on(write_tokens(tmp_path / "tokens", texts), "pre", max_len=0.5)
    for name in SPLITS:
        rows, profile = read_padded(padded / f"{name}.parquet"), profile_of(padded)["splits"][name]
        assert profile["padding_share"] == pytest.approx(np.mean(rows.tokens == 0))
        assert profile["tokens"] == np.count_nonzero(rows.tokens) == rows.length.sum()


def test_texts_of_one_length_need_no_padding(run_on: RunOn, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    padded = run_on(write_tokens(tmp_path / "tokens", in_every_split([[1, 2, 3]] * 4)))
    assert profile_of(padded)["splits"]["train"]["padding_share"] == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_texts_of_one_token_are_rows_of_one(run_on: RunOn, tmp_path: Path) -> None:
    padded = run_on(write_tokens(tmp_path / "tokens", in_every_split([[4], [5]])))
    assert read_padded(padded / "test.parquet").tokens.tolist() == [[4], [5]]


def test_mostly_padding_is_answered_with_another_width(
    run_on: RunOn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = TEXTS | {"train": [[2, 3]] * 19 + [[1] * 10]}
    run_on(write_tokens(tmp_path / "tokens", texts))
    *_, line = capsys.readouterr().out.splitlines()
    assert line == "max_len 10 leaves 76 % padding; pad.max_len=0.95 would give 2 and 0 %"


def test_an_unknown_side_is_the_users_mistake(run_on: RunOn, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'left' is not allowed; it should be pre or post"):
        run_on(write_tokens(tmp_path / "tokens"), "left")
    assert not (tmp_path / "padded" / "left").exists()


def test_missing_tokens_are_the_users_mistake(run_on: RunOn, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"profile\.json: no such file"):
        run_on(tmp_path / "tokens")


def test_movie_reviews_padded_to_the_longest_are_two_thirds_padding(
    run_on: RunOn, real_data: Path, tmp_path: Path
) -> None:
    with (real_data / "mr.csv").open(encoding="utf-8", newline="") as file:
        texts = [[1] * len(row["text"].split()) for row in csv.DictReader(file)]
    padded = run_on(write_tokens(tmp_path / "tokens", in_every_split(texts)))
    assert profile_of(padded)["max_len"] == 59
    assert profile_of(padded)["splits"]["train"]["padding_share"] == pytest.approx(0.64, abs=0.005)
