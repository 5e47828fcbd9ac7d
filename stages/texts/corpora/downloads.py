"""Downloads whose checksum is known: a table, a table inside an archive, or an archive of folders of text files."""

import os
import re
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
import requests

from stages.errors import UserError
from stages.params.datasets import UrlDataset
from stages.texts.corpora import archives
from stages.texts.corpora.columns import Columns
from stages.texts.corpora.formats import ENDINGS, ending_of, is_table
from stages.texts.corpora.source import RawText, Source
from stages.texts.corpora.tables import table

CACHE_VARIABLE = "PADDING_IMPACT_CACHE"
TIMEOUT_SECONDS = 30
LONGEST_TEXT = 1 << 24
DAY_SECONDS = 86400

CHUNK = 1 << 16
STALL_SECONDS = 60
"""A server that sends less than a chunk in this time is given up: a megabyte would take a quarter of an hour."""
LONGEST_HOURS = 12
"""A download of more hours is likelier to break off than to end."""
LARGEST_DOWNLOAD = 1 << 34
"""16 GiB, ten times what the largest corpora of texts with labels take when packed."""
POLL_SECONDS = 0.05


def download(dataset: UrlDataset, folder: Path) -> Source:
    """The texts of a download, fetched now unless the cache holds it; `folder` takes temporary files.

    Raises:
        UserError: the download fails or has another checksum, its name has an ending that cannot be read, or its
            content is broken (some of it while one iterates).
    """
    name = unquote(urlsplit(dataset.url).path).rpartition("/")[2]
    if not (is_table(name) or archives.is_archive(name)):
        raise UserError(
            f"{shown(dataset.url)}: the file's name {name!r} has an unknown ending; "
            f"allowed: {', '.join((*ENDINGS, *archives.ENDINGS))}"
        )
    if is_table(name) and (dataset.member or dataset.folders):
        raise UserError(f"{shown(dataset.url)}: a table has no `member` and no `folders`; leave them out")
    if archives.is_archive(name) and not (dataset.member or dataset.folders):
        raise UserError(
            f"{shown(dataset.url)}: an archive; name the table inside it as `member`, or a pattern of `folders`"
        )
    path = fetch(dataset.url, dataset.sha256, name)
    if dataset.folders is not None:
        return Source(name, "{label}", _texts_in_folders(path, dataset, dataset.folders, folder, name))
    columns = Columns.of(dataset)
    if dataset.member is None:
        return table(path, columns, name)
    return table(_extracted(path, dataset.member, folder, name), columns, f"{name}/{dataset.member}")


def fetch(url: str, sha256: str, name: str) -> Path:
    """The downloaded file in the cache; it has its final name only once its checksum is right.

    The cache is the folder that the environment variable PADDING_IMPACT_CACHE names, else the user's cache folder.

    Raises:
        UserError: the server cannot be reached, refuses, or breaks off, the checksum is another one, or the cache
            cannot be written.
    """
    cache = Path(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("padding-impact"))
    if CACHE_VARIABLE not in os.environ:
        _clear(cache)
    # Informs on every download, with the cache's path; the progress bar says enough.
    pooch.get_logger().setLevel("WARNING")

    def checked_download(url: str, output: str, _: object) -> None:
        _within_bounds(url, Path(output))
        checksum = pooch.file_hash(output)
        if checksum != sha256:
            raise UserError(
                f"{shown(url)}: the download has another checksum, so it was not kept: expected sha256 {sha256}, found "
                f"{checksum}; run again, and if it stays so, check the file's source before you change params.yaml"
            )

    try:
        return Path(
            pooch.retrieve(url, f"sha256:{sha256}", f"{sha256[:16]}-{name}", cache, downloader=checked_download)
        )
    except requests.RequestException as error:
        raise UserError(f"{shown(url)}: {_reason(error)}; nothing was kept") from None
    except ValueError:
        raise UserError(
            f"{shown(url)}: the server points to an address that cannot be read; check the address; nothing was kept"
        ) from None
    except OSError as error:
        raise UserError(
            f"{cache}: the cache folder cannot be written ({error.strerror}); make room, or name another in "
            f"{CACHE_VARIABLE}"
        ) from None


def shown(url: str) -> str:
    """An address without user, password and query, which may be secrets."""
    return re.sub(r"[?#].*", "", re.sub(r"//[^/?#]*@", "//", url))


def _within_bounds(url: str, output: Path) -> None:
    """Download to `output`, and give up what has no end, whichever byte of an answer it lets one wait for.

    Raises:
        UserError: the server is too slow, or the file too large; or as the download raises.
    """
    download = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=TIMEOUT_SECONDS, chunk_size=CHUNK)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            download(url, str(output), None)
        except BaseException as error:  # noqa: BLE001, because the thread that waits raises it
            errors.append(error)

    # A read within a header or a chunk can be ended by nobody: a thread that is left behind ends with the process.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    size, grown = 0, time.monotonic()
    end = grown + 3600 * LONGEST_HOURS
    while thread.is_alive():
        thread.join(POLL_SECONDS)
        now, before = time.monotonic(), size
        size = output.stat().st_size
        grown = now if size > before else grown
        if size > LARGEST_DOWNLOAD:
            raise UserError(f"{shown(url)}: the file is larger than {LARGEST_DOWNLOAD} bytes; it was not kept")
        if thread.is_alive() and (now > end or now - grown > STALL_SECONDS):
            slow = f"for {LONGEST_HOURS} hours" if now > end else f"less than {CHUNK} bytes in {STALL_SECONDS} seconds"
            raise UserError(f"{shown(url)}: the server sends {slow}; run again later; nothing was kept")
    if errors:
        raise errors[0]


def _clear(cache: Path) -> None:
    """Remove half downloads of processes that were killed, pooch's temporary files, from a folder that is ours alone.

    One that was written to within a day may be another process's that is at work on it.
    """
    for left in cache.glob("tmp????????"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > DAY_SECONDS:
                left.unlink()


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}; check the address"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"the server did not answer within {TIMEOUT_SECONDS} seconds; run again later"
    if isinstance(error, requests.exceptions.ChunkedEncodingError) or "IncompleteRead" in str(error):
        return "the connection broke off before the end of the file; run again"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not accepted; check the address"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached; check the address and the network, then run again"
    # Its text would name the address, with the password that may stand in it.
    return f"the download failed ({type(error).__name__}); check the address"


def _extracted(archive: Path, member: str, folder: Path, name: str) -> Path:
    """The member, copied to a name of our own in `folder`."""
    if not is_table(member):
        raise UserError(f"{name}: member {member!r} has an unknown ending; allowed: {', '.join(ENDINGS)}")
    tables: list[str] = []

    def wanted(path: str) -> bool:
        if is_table(path) and len(tables) < 20:
            tables.append(path)
        return _plain(path) == _plain(member)

    target = folder / f"member{ending_of(member)}"
    with archives.readable(name):
        for _, stream in archives.members(archive, wanted, name):
            with target.open("wb") as file:
                shutil.copyfileobj(stream, file)
    if not target.exists():
        raise UserError(f"{name}: no member {member!r}; tables in it: {', '.join(tables) or 'none'}")
    return target


def _texts_in_folders(archive: Path, dataset: UrlDataset, pattern: str, folder: Path, name: str) -> Iterator[RawText]:
    """The text files that match `pattern`, in sorted order of their paths; memory: one text."""
    matcher = _matcher(pattern)
    labels = dataset.labels

    def wanted(path: str) -> bool:
        match = matcher.fullmatch(_plain(path))
        return match is not None and (not labels or match["label"] in labels)

    # An archive has an order of its own; a compressed one cannot be read in another, so a database sorts its texts.
    with closing(sqlite3.connect(folder / "members.sqlite", isolation_level=None)) as store:
        store.executescript("PRAGMA journal_mode = OFF; PRAGMA temp_store = FILE; PRAGMA cache_size = -16384;")
        store.execute("CREATE TABLE member (path TEXT, text TEXT)")
        store.execute("BEGIN")
        with archives.readable(name):
            for path, stream in archives.members(archive, wanted, name):
                if not path.isprintable():
                    raise UserError(f"{name}: the name {path!r} cannot be printed; rename the file and pack again")
                text = _decoded(stream.read(LONGEST_TEXT + 1), path, name)
                store.execute("INSERT INTO member VALUES (?, ?)", (_plain(path), text))
        store.execute("COMMIT")
        store.execute("CREATE INDEX sorted ON member (path)")
        any_matched = False
        for text_id, (path, text) in enumerate(store.execute("SELECT path, text FROM member ORDER BY path, rowid")):
            match = matcher.fullmatch(path)
            if match is not None:
                any_matched = True
                yield RawText(text_id, path, text, match["label"], match.groupdict().get("split"))
    if not any_matched:
        among = f" with a label of {', '.join(labels)}" if labels else ""
        raise UserError(f"{name}: no file matches {pattern!r}{among}; check the pattern `folders` and `labels`")


def _matcher(pattern: str) -> re.Pattern[str]:
    for place in ("{label}", "{split}"):
        if pattern.count(place) > 1:
            raise UserError(f"folders: {pattern!r} holds {place} more than once; name each place once")
    expression = re.escape(_plain(pattern))
    for mark, meaning in (
        (r"\*", "[^/]*"),
        (r"\?", "[^/]"),
        (r"\{label\}", "(?P<label>[^/]+)"),
        (r"\{split\}", "(?P<split>[^/]+)"),
    ):
        expression = expression.replace(mark, meaning)
    return re.compile(expression)


def _plain(path: str) -> str:
    return path.removeprefix("./")


def _decoded(data: bytes, path: str, name: str) -> str:
    if len(data) > LONGEST_TEXT:
        raise UserError(f"{name}: {path} is longer than {LONGEST_TEXT} bytes; is it a text?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{name}: {path}, line {line} is not UTF-8; convert the file with iconv and pack it again"
        ) from None
