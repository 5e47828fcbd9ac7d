"""Tokenizers, word vectors, models and data for an audit: those that are right, and those that are not."""

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers

from tests.robustness.cases import Act, Case
from tests.robustness.commands import stage, write_params
from tests.robustness.tables import ROWS, as_csv, as_parquet

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 134\n"
CODE = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}
"""As Keras writes a function of a Lambda layer."""
NOT_ONE: dict[str, bytes] = {
    "nothing": b"",
    "an LFS pointer": LFS,
    "HTML": b"<!DOCTYPE html><html><body>404</body></html>",
    "bytes by chance": bytes(range(256)) * 40,
    "gz of nothing": gzip.compress(b""),
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "a cut zip": b"PK\x03\x04" + bytes(300),
    "JSON of nothing": b"{}",
    "a list": b"[]",
    "text": b"hello\n",
    "NUL": bytes(1000),
    "a pickle": b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "HDF5 of nothing": b"\x89HDF\r\n\x1a\n" + bytes(500),
}


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _tokenizers()
    yield from _vectors()
    yield from _models()
    yield from _data()


def _tokenize(folder: Path, changes: dict[str, Any], **files: bytes) -> Act:
    """Ingest a small table, then read it with these knobs and files."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "mine.csv").write_text(as_csv(ROWS), encoding="utf-8")
    for name, content in files.items():
        (raw / name).write_bytes(content)
    known = {"source": "table", "file": "mine.csv", "text": "text", "label": "label"}
    write_params(folder, {"dataset": "mine", "datasets.mine": known, **changes})
    first = stage("ingest", raw="data/raw", corpus="data/corpus")
    then = stage("tokenize", raw="data/raw", corpus="data/corpus", tokens="data/tokens")

    def act() -> None:
        first()
        then()

    return act


@cache
def a_tokenizer(kind: str) -> dict[str, Any]:
    """A trained tokenizer.json of a kind that people have."""
    model, trainer = {
        "words": (tokenizers.models.WordLevel(unk_token="[UNK]"), tokenizers.trainers.WordLevelTrainer),
        "wordpiece": (tokenizers.models.WordPiece(unk_token="[UNK]"), tokenizers.trainers.WordPieceTrainer),
        "bpe": (tokenizers.models.BPE(), tokenizers.trainers.BpeTrainer),
        "unigram": (tokenizers.models.Unigram(), tokenizers.trainers.UnigramTrainer),
    }[kind]
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    special = ["[PAD]", "[UNK]"] if kind != "bpe" else ["<|endoftext|>"]
    made.train_from_iterator(
        [text for text, _ in ROWS], trainer(vocab_size=60, special_tokens=special, show_progress=False)
    )
    content: dict[str, Any] = json.loads(made.to_str())
    return content


def _tokenizers() -> Iterator[Case]:
    def case(
        name: str, content: bytes, words: tuple[str, ...] | None = ("tokenizer.json",), *, either: bool = False
    ) -> Case:
        changes = {"tokenize.kind": "file", "tokenize.file": "tokenizer.json"}
        return Case(
            "tokenizers",
            name,
            lambda folder: _tokenize(folder, changes, **{"tokenizer.json": content}),
            words,
            either=either,
        )

    for kind in ("words", "wordpiece", "bpe", "unigram"):
        yield case(
            f"{kind}, as trained",
            json.dumps(a_tokenizer(kind)).encode(),
            ("tokenizer.json", "unknown") if kind in ("bpe", "unigram") else None,
        )
        whole = a_tokenizer(kind)
        for key in sorted(whole):
            for name, value in (
                ("left out", ...),
                ("null", None),
                ("5", 5),
                ("a list", [1]),
                ("a word", "x"),
                ("{}", {}),
            ):
                changed = {k: v for k, v in whole.items() if k != key} if value is ... else {**whole, key: value}
                yield case(f"{kind}: {key} {name}", json.dumps(changed).encode(), either=True)
    vocabulary = a_tokenizer("words")
    for name, index in (("3e9", 3_000_000_000), ("-1", -1), ("1.5", 1.5), ("a word", "7"), ("twice", 2)):
        model = {**vocabulary["model"], "vocab": {**vocabulary["model"]["vocab"], "film": index}}
        yield case(f"an index of {name}", json.dumps({**vocabulary, "model": model}).encode(), either=True)
    for name, content in NOT_ONE.items():
        yield case(name, content)
    yield case("cut", json.dumps(vocabulary).encode()[:300])
    yield case("nested 10,000 deep", b"[" * 10_000)
    for kind in ("words", "wordpiece", "bpe", "auto"):
        yield Case("tokenizers", f"kind: {kind}", lambda folder, kind=kind: _tokenize(folder, {"tokenize.kind": kind}))


def _vectors() -> Iterator[Case]:
    def case(
        name: str, content: bytes, words: tuple[str, ...] | None = ("vectors.txt",), *, either: bool = False
    ) -> Case:
        def prepare(folder: Path) -> Act:
            return _tokenize(folder, {"tokenize.vectors": "vectors.txt"}, **{"vectors.txt": content})

        return Case("word vectors", name, prepare, words, either=either)

    good = "".join(f"{word} {i} 0.5 -1e-3\n" for i, word in enumerate(("good", "bad", "film", "number")))
    yield case("as GloVe writes them", good.encode(), None)
    yield case("as word2vec writes them", ("4 3\n" + good).encode(), None)
    for name, content in {
        "a value that is no number": good.replace("0.5", "x", 1),
        "too few values": good + "number2 1\n",
        "too many values": good + "number2 1 2 3 4\n",
        "NaN": good.replace("0.5", "nan", 1),
        "Infinity": good.replace("0.5", "inf", 1),
        "1e400": good.replace("0.5", "1e400", 1),
        "a word alone": "good\n",
        "no word of the texts": "xyz 1 2 3\n",
        "a count that lies": "9 3\n" + good,
        "a width that lies": "4 9\n" + good,
        "a width of 1e9": "4 1000000000\n" + good,
        "blank lines": good.replace("\n", "\n\n"),
        "NUL": "go\x00od 1 2 3\n",
    }.items():
        yield case(name, content.encode(), either=True)
    for name, content in NOT_ONE.items():
        yield case(name, content, either=name in ("text",))


MODEL = """
import keras, sys
tokens = keras.Input((None,), dtype="int32")
hidden = keras.layers.LSTM(4)(keras.layers.Embedding(20, 4, mask_zero=True)(tokens))
keras.Model(tokens, keras.layers.Dense(2, activation="softmax")(hidden)).save(sys.argv[1])
"""


@cache
def a_model() -> bytes:
    """A masked LSTM, as Keras saves it; made elsewhere, for a fork of a process in which TensorFlow has run hangs."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "model.keras"
        subprocess.run([sys.executable, "-c", MODEL, str(path)], check=True, capture_output=True)
        return path.read_bytes()


def _audit(*arguments: str) -> Act:
    def act() -> None:
        from stages.padding_audit.__main__ import main

        raise SystemExit(main(list(arguments)))

    return act


def _models() -> Iterator[Case]:
    def case(
        name: str, make: Callable[[Path], None], file: str = "model.keras", words: tuple[str, ...] | None = ("model",)
    ) -> Case:
        def prepare(folder: Path) -> Act:
            make(folder / file)
            return _audit(file)

        return Case("models to audit", name, prepare, words, either=name in ("no metadata", "under another ending"))

    yield case("a masked LSTM", lambda path: _write(path, a_model()), words=None)
    for ending in ("model.keras", "model.h5"):
        for name, content in NOT_ONE.items():
            yield case(f"{name} named {ending}", lambda path, content=content: _write(path, content), ending)
    for name, share in (("a tenth", 0.1), ("half", 0.5), ("all but a little", 0.98)):
        yield case(f"cut to {name}", lambda path, share=share: _write(path, a_model()[: int(len(a_model()) * share)]))
    for name, change in _damages().items():
        yield case(name, lambda path, change=change: _write(path, _zip(change)))
    yield case("no file", lambda path: None)
    yield case("a folder", lambda path: path.mkdir())
    yield case("a pipe", os.mkfifo)
    yield case("a dangling link", lambda path: path.symlink_to("nowhere"))
    yield case("under another ending", lambda path: _write(path, a_model()), "model.pt")


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _damages() -> dict[str, Callable[[dict[str, bytes]], None]]:
    """What is done to the members of the zip that a .keras file is."""

    def config(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, bytes]], None]:
        def act(members: dict[str, bytes]) -> None:
            content = json.loads(members["config.json"])
            change(content)
            members["config.json"] = json.dumps(content).encode()

        return act

    def layer(content: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = content["config"]["layers"][1]
        return found

    return {
        "no config.json": lambda members: members.pop("config.json") and None,
        "no weights": lambda members: members.pop("model.weights.h5") and None,
        "no metadata": lambda members: members.pop("metadata.json") and None,
        "config.json of nothing": lambda members: members.update({"config.json": b"{}"}),
        "config.json that is no JSON": lambda members: members.update({"config.json": b"{"}),
        "weights that are none": lambda members: members.update({"model.weights.h5": b"x" * 1000}),
        "an unknown class": config(lambda content: layer(content).update(class_name="Mine", module="mine")),
        "a class of os": config(lambda content: layer(content).update(class_name="system", module="os")),
        "an embedding of 1e9 rows": config(lambda content: layer(content)["config"].update(input_dim=10**9)),
        "a word as input_dim": config(lambda content: layer(content)["config"].update(input_dim="x")),
        "no layers": config(lambda content: content["config"].update(layers=[])),
        "a Lambda": config(lambda content: layer(content).update(class_name="Lambda", config={"function": CODE})),
    }


def _zip(change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(a_model())) as read:
        members = {name: read.read(name) for name in read.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, content in members.items():
            written.writestr(name, content)
    return out.getvalue()


def npy(values: Any) -> bytes:
    """An array as NumPy saves it."""
    out = io.BytesIO()
    np.save(out, np.asarray(values), allow_pickle=True)
    return out.getvalue()


def _data() -> Iterator[Case]:
    """Data for the audit of a model that is right."""

    def case(name: str, file: str, content: bytes, words: tuple[str, ...] | None, *more: str) -> Case:
        def prepare(folder: Path) -> Act:
            _write(folder / "model.keras", a_model())
            _write(folder / file, content)
            return _audit("model.keras", "--data", file, *more)

        return Case("data for an audit", name, prepare, words)

    ids = np.array([[0, 0, 3, 4], [0, 5, 6, 7], [1, 2, 3, 4]] * 10, np.int32)
    yield case("ids", "data.npy", npy(ids), None)
    for name, values in {
        "ids beyond the embedding": ids + 50,
        "ids below 0": ids - 9,
        "fractions": ids + 0.5,
        "NaN": ids * np.nan,
        "words": np.array([["a", "b"]]),
        "objects": np.array([{"a": 1}, None], dtype=object),
        "no texts": ids[:0],
        "no steps": ids[:, :0],
        "one axis": ids[0],
        "three axes": np.stack([ids, ids], -1),
        "pads alone": ids * 0,
        "complex numbers": ids * 1j,
        "times": ids.astype("datetime64[s]"),
    }.items():
        either = name in ("pads alone", "ids beyond the embedding", "three axes")
        made = case(name, "data.npy", npy(values), ("data.npy",))
        yield Case(made.kind, made.name, made.prepare, made.words, either=either)
    for ending in ("npy", "npz", "csv", "parquet"):
        for name, content in NOT_ONE.items():
            yield case(f"{name} named {ending}", f"data.{ending}", content, ("data",))
    yield case("a table without a tokenizer", "data.csv", as_csv(ROWS).encode(), ("tokenizer",))
    yield case("Parquet of texts without a tokenizer", "data.parquet", as_parquet(ROWS), ("tokenizer",))
    yield case("an ending that is not known", "data.xyz", b"1", ("data.xyz",))
