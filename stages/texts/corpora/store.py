"""Texts in a temporary database on disk, and the rules that choose among them there.

Nothing here grows in memory with the number of texts: rows stream in and out, and duplicates, splits and samples are
found by SQLite, which sorts on disk.
"""

import errno
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from stages.errors import UserError
from stages.texts.corpora.quotas import held_out, proportional
from stages.texts.corpora.source import MOST_CLASSES, SPLIT_NAMES, TRAIN, RawText, Source, check_label, class_names
from stages.texts.normalization import clean

BATCH = 2_000

# The small columns stand apart from the texts, so that the rules sort and scan few bytes. `key` is a hash of the text
# and gives the order; `twin` is one of its words, in 128 bits: where it is equal, the words are.
SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
PRAGMA cache_size = -16384;
CREATE TABLE record (text_id INTEGER PRIMARY KEY, key INTEGER, twin BLOB, label INTEGER, split INTEGER);
CREATE TABLE body (text_id INTEGER PRIMARY KEY, text TEXT);
"""

RARE = "SELECT label FROM record GROUP BY label HAVING COUNT(*) < ?"

Row = tuple[int, str, int, bytes, int, int]


@dataclass
class Intake:
    """What has come in so far: numbers of rows, the code of each label met, and the official splits met."""

    rows: int = 0
    empty: int = 0
    unlabelled: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    official: set[int] = field(default_factory=set)
    place_without_split: str | None = None


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """An empty store at `path`.

    Raises:
        OSError: the disk filled up (ENOSPC), or failed (EIO).
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as store:
            # What is sorted fills the disk that the message names, not the one of TMPDIR.
            folder = str(path.parent.absolute()).replace("'", "''")
            store.execute(f"PRAGMA temp_store_directory = '{folder}'")
            store.executescript(SCHEMA)
            yield store
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, "the disk is full", str(path)) from error
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_IOERR:  # the byte behind it says where
            raise OSError(errno.EIO, "the disk cannot be written", str(path)) from error
        raise


def fill(
    store: sqlite3.Connection, source: Source, seed: int, words: Callable[[str], str], fold_labels: bool
) -> tuple[Intake, list[str]]:
    """Store every text that has words and a label, and name the classes in their order.

    Rows without an official split stand under train. Memory: one batch of rows.

    Args:
        store: the store.
        source: the texts.
        seed: of the keys.
        words: gives the words of a text; where they are equal, texts are.
        fold_labels: as `class_names`.

    Raises:
        UserError: a label that is not a category, a split that is none, rows with and without a split, or no row.
    """
    intake = Intake()
    rows = _rows(source, seed, words, intake)
    store.execute("BEGIN")
    while batch := list(islice(rows, BATCH)):
        store.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", [(row[0], *row[2:]) for row in batch])
        store.executemany("INSERT INTO body VALUES (?, ?)", [row[:2] for row in batch])
    store.execute("COMMIT")
    if not intake.codes:
        raise UserError(
            f"{source.name}: no row has both a text and a label ({intake.rows} rows read, {intake.empty} without a "
            f"text, {intake.unlabelled} without a label); check that the columns are the right ones"
        )
    names = class_names(list(intake.codes), fold_labels)
    classes = list(dict.fromkeys(names.values()))
    ranks = {name: rank for rank, name in enumerate(classes)}
    store.execute("CREATE TABLE class (code INTEGER PRIMARY KEY, rank INTEGER)")
    store.executemany(
        "INSERT INTO class VALUES (?, ?)", [(code, ranks[names[label]]) for label, code in intake.codes.items()]
    )
    store.execute("UPDATE record SET label = (SELECT rank FROM class WHERE code = label)")
    store.execute("CREATE INDEX twins ON record (twin, split, label)")
    return intake, classes


def drop_conflicting(store: sqlite3.Connection) -> int:
    """Drop every copy of a text that stands under two labels; the number of rows dropped."""
    return store.execute(
        """
        DELETE FROM record WHERE twin IN
        (SELECT twin FROM record GROUP BY twin HAVING MIN(label) < MAX(label))
        """
    ).rowcount


def drop_duplicates(store: sqlite3.Connection) -> int:
    """Keep one copy of each text: test before validation before train, then the first row; the number dropped."""
    return store.execute(
        """
        DELETE FROM record WHERE text_id IN (
            SELECT text_id FROM (
                SELECT text_id, ROW_NUMBER() OVER (PARTITION BY twin ORDER BY split DESC, text_id) AS place
                FROM record
            ) WHERE place > 1
        )
        """
    ).rowcount


def drop_rare(store: sqlite3.Connection, fewest: int) -> int:
    """Drop the texts of classes with fewer than `fewest` texts; the number dropped."""
    return store.execute(f"DELETE FROM record WHERE label IN ({RARE})", (fewest,)).rowcount


def merge_rare(store: sqlite3.Connection, fewest: int, label: int) -> None:
    """Give the texts of classes with fewer than `fewest` texts the label `label`."""
    store.execute(f"UPDATE record SET label = ? WHERE label IN ({RARE})", (label, fewest))


def drop_unseen(store: sqlite3.Connection) -> int:
    """Drop the rows whose label has no text in train; the number dropped."""
    return store.execute(
        "DELETE FROM record WHERE label NOT IN (SELECT label FROM record WHERE split = ?)", (TRAIN,)
    ).rowcount


def hold_out(store: sqlite3.Connection, shares: Mapping[int, float]) -> None:
    """Move each class's share of train, the texts of the lowest keys, to the splits that `shares` names."""
    store.execute("CREATE TEMP TABLE bound (label INTEGER, split INTEGER, low INTEGER, high INTEGER)")
    counts = {label: count for (split, label), count in strata(store).items() if split == TRAIN}
    for label, count in counts.items():
        low = 0
        for split, number in zip(shares, held_out(count, tuple(shares.values())), strict=True):
            store.execute("INSERT INTO bound VALUES (?, ?, ?, ?)", (label, split, low, low + number))
            low += number
    store.execute(
        """
        UPDATE record SET split = moved.split FROM (
            SELECT text_id, bound.split AS split FROM (
                SELECT text_id, label, ROW_NUMBER() OVER (PARTITION BY label ORDER BY key, text_id) AS place
                FROM record WHERE split = ?
            ) AS ranked
            JOIN bound ON bound.label = ranked.label AND place > low AND place <= high
        ) AS moved WHERE moved.text_id = record.text_id
        """,
        (TRAIN,),
    )


def subsample(store: sqlite3.Connection, most: int) -> int:
    """Keep `most` texts, stratified by split and label, those of the lowest keys; the number of rows dropped."""
    counts = strata(store)
    kept = proportional(list(counts.values()), most)
    store.execute("CREATE TEMP TABLE quota (split INTEGER, label INTEGER, kept INTEGER)")
    store.executemany(
        "INSERT INTO quota VALUES (?, ?, ?)", [(*stratum, kept) for stratum, kept in zip(counts, kept, strict=True)]
    )
    return store.execute(
        """
        DELETE FROM record WHERE text_id IN (
            SELECT text_id FROM (
                SELECT text_id, split, label,
                    ROW_NUMBER() OVER (PARTITION BY split, label ORDER BY key, text_id) AS place
                FROM record
            ) AS ranked
            JOIN quota USING (split, label) WHERE place > kept
        )
        """
    ).rowcount


def strata(store: sqlite3.Connection) -> dict[tuple[int, int], int]:
    """The number of texts of each (split, label), in that order."""
    rows = store.execute("SELECT split, label, COUNT(*) FROM record GROUP BY split, label ORDER BY split, label")
    return {(split, label): count for split, label, count in rows}


def texts(store: sqlite3.Connection, split: int) -> Iterator[tuple[int, str, int]]:
    """(text_id, text, label) of a split, in the order of (key, text_id), which is random with respect to all else."""
    store.execute("CREATE INDEX IF NOT EXISTS written ON record (split, key, text_id, label)")
    yield from store.execute(
        """
        SELECT record.text_id, body.text, record.label FROM record CROSS JOIN body USING (text_id)
        WHERE record.split = ? ORDER BY record.key, record.text_id
        """,
        (split,),
    )


def _rows(source: Source, seed: int, words: Callable[[str], str], intake: Intake) -> Iterator[Row]:
    """The rows to store, counted in `intake`: text_id, text, key, twin, code of the label, split."""
    salt = blake2b(f"{seed}\n".encode())
    for raw in source.texts:
        intake.rows += 1
        text = _clean(raw.text, "text", source, raw)
        label = _clean(raw.label, "label", source, raw)
        spoken = words(text)
        if not spoken:
            intake.empty += 1
        elif not label:
            intake.unlabelled += 1
        else:
            split = _split(raw, source, intake)
            digest = salt.copy()
            digest.update(text.encode())
            twin = blake2b(spoken.encode(), digest_size=16).digest()
            yield (
                raw.text_id,
                text,
                *struct.unpack_from(">q", digest.digest()),
                twin,
                _code(label, raw, source, intake),
                split,
            )


def _clean(value: str | None, what: str, source: Source, raw: RawText) -> str:
    try:
        return clean(value or "")
    except UnicodeEncodeError:
        raise UserError(
            f"{source.name}: {raw.place}: the {what} holds half a character (a lone surrogate), which no file can "
            f"hold as UTF-8; correct it at its source"
        ) from None


def _code(label: str, raw: RawText, source: Source, intake: Intake) -> int:
    code = intake.codes.get(label)
    if code is None:
        check_label(label, source, raw.place)
        if len(intake.codes) == MOST_CLASSES:
            raise UserError(
                f"{source.name}: {raw.place}: column {source.label_column!r} holds more than {MOST_CLASSES} "
                f"different labels; labels must be categories; name the right column"
            )
        code = intake.codes[label] = len(intake.codes)
    return code


def _split(raw: RawText, source: Source, intake: Intake) -> int:
    """The official split of a row, and train where the dataset has none."""
    name = (raw.split or "").strip()
    split = SPLIT_NAMES.get(name.lower()) if name else TRAIN
    if split is None:
        raise UserError(
            f"{source.name}: {raw.place}: {name[:60]!r} is not a split; allowed: {', '.join(SPLIT_NAMES)}, or an empty "
            f"column where the dataset has no split of its own"
        )
    if name:
        intake.official.add(split)
    elif intake.place_without_split is None:
        intake.place_without_split = raw.place
    if intake.official and intake.place_without_split:
        raise UserError(
            f"{source.name}: {intake.place_without_split} names no split but others do (met at {raw.place}); "
            f"fill the split in for every row, or leave the column out"
        )
    return split
