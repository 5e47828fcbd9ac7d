import errno
import gzip
import hashlib
import io
import os
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stages.errors import UserError
from stages.texts.corpora import archives, downloads
from stages.texts.corpora.downloads import download

TABLE = b"text,label\ngood film,pos\nbad film,neg\n"
COLUMNS = {"text": "text", "label": "label"}


class Server:
    """A web server: `files` by name, `requests` in order; `cut` sends half of each, `drip` byte by byte."""

    def __init__(self):
        self.files = {}
        self.requests = []
        self.cut = False
        self.drip = False
        self.redirect = None
        self.stall = threading.Event()
        self.stall.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                outer.stall.wait(10)
                if outer.redirect:
                    self.send_response(302)
                    self.send_header("Location", outer.redirect)
                    self.end_headers()
                    return
                content = outer.files.get(self.path.partition("?")[0].lstrip("/"))
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.flush()
                for byte in content if outer.drip else ():
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
                self.wfile.write(content[: len(content) // 2] if outer.cut else content)

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def offer(self, name, content):
        self.files[name] = content
        return f"{self.address}/{name}", hashlib.sha256(content).hexdigest()


@pytest.fixture
def server():
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.stall.set()
    made.http.shutdown()
    made.http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("PADDING_IMPACT_CACHE", str(folder))
    return folder


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def rows(dataset, scratch):
    return [(record.text_id, record.text, record.label, record.split) for record in download(dataset, scratch).texts]


def complaint(dataset, scratch, *words):
    with pytest.raises(UserError) as caught:
        rows(dataset, scratch)
    assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)


def tar(members, mode="w:gz"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


READ = [(0, "good film", "pos", None), (1, "bad film", "neg", None)]


def test_a_table_is_downloaded_once_and_then_read_from_the_cache(server, scratch, entry, cache):
    dataset = entry(*server.offer("films.csv", TABLE), **COLUMNS)
    assert rows(dataset, scratch) == READ
    assert rows(dataset, scratch) == READ
    assert server.requests == ["/films.csv"]
    assert [path.read_bytes() for path in cache.iterdir()] == [TABLE]


def test_a_cached_file_that_was_changed_is_downloaded_again(server, scratch, entry, cache):
    dataset = entry(*server.offer("films.csv", TABLE), **COLUMNS)
    rows(dataset, scratch)
    next(cache.iterdir()).write_bytes(b"text,label\n")
    assert rows(dataset, scratch) == READ
    assert len(server.requests) == 2


def test_a_wrong_checksum_names_both_keeps_nothing_and_the_next_run_works(server, scratch, entry, cache):
    url, sha256 = server.offer("films.csv", TABLE)
    dataset = entry(url, sha256, **COLUMNS)
    server.files["films.csv"] = b"other"
    complaint(dataset, scratch, url, sha256, hashlib.sha256(b"other").hexdigest(), "not kept")
    assert list(cache.iterdir()) == []
    server.files["films.csv"] = TABLE
    assert rows(dataset, scratch) == READ


def test_a_file_that_the_server_lacks_names_the_address_and_the_answer(server, scratch, entry, cache):
    complaint(entry(f"{server.address}/gone.csv", "0" * 64, **COLUMNS), scratch, "/gone.csv", "404")
    assert list(cache.iterdir()) == []


def test_a_connection_that_breaks_off_keeps_nothing_and_the_next_run_works(server, scratch, entry, cache):
    dataset = entry(*server.offer("films.csv", TABLE), **COLUMNS)
    server.cut = True
    complaint(dataset, scratch, "/films.csv", "broke off", "run again")
    assert list(cache.iterdir()) == []
    server.cut = False
    assert rows(dataset, scratch) == READ


def test_a_server_that_is_not_there_is_named(server, scratch, entry):
    server.http.server_close()
    complaint(entry(f"{server.address}/films.csv", "0" * 64, **COLUMNS), scratch, "/films.csv", "cannot be reached")


def test_a_server_that_does_not_answer_is_named(server, scratch, entry, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT_SECONDS", 0.2)
    server.stall.clear()
    complaint(entry(*server.offer("films.csv", TABLE), **COLUMNS), scratch, "/films.csv", "0.2 seconds")


@pytest.mark.parametrize(
    ("bound", "value", "words"),
    [
        ("STALL_SECONDS", 0.3, ("less than 65536 bytes in 0.3 seconds", "run again later")),
        ("LONGEST_HOURS", 0.3 / 3600, ("for 8.3", "hours")),
    ],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(
    server, scratch, entry, cache, monkeypatch, bound, value, words
):
    monkeypatch.setattr(downloads, bound, value)
    server.drip = True
    complaint(entry(*server.offer("films.csv", TABLE * 3), **COLUMNS), scratch, "/films.csv", *words)
    assert list(cache.iterdir()) == []


def test_a_file_that_is_too_large_is_not_kept(server, scratch, entry, cache, monkeypatch):
    monkeypatch.setattr(downloads, "LARGEST_DOWNLOAD", 10)
    complaint(entry(*server.offer("films.csv", TABLE), **COLUMNS), scratch, "larger than 10 bytes", "not kept")
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("address", ["http://[::1/films.csv", "http://host:99999/films.csv", "http:///films.csv"])
def test_a_redirect_to_what_is_no_address_is_named(server, scratch, entry, address):
    server.redirect = address
    complaint(entry(*server.offer("films.csv", TABLE), **COLUMNS), scratch, "/films.csv", "check the address")


def test_redirects_without_end_are_named(server, scratch, entry):
    server.redirect = "/films.csv"
    complaint(entry(*server.offer("films.csv", TABLE), **COLUMNS), scratch, "/films.csv", "TooManyRedirects")


@pytest.mark.parametrize("cause", ["refused", "missing", "checksum", "ending", "redirect", "drip"])
def test_a_password_and_a_token_in_the_address_are_not_printed(server, scratch, entry, monkeypatch, cause):
    monkeypatch.setattr(downloads, "STALL_SECONDS", 0.2)
    url, _ = server.offer("a.exe" if cause == "ending" else "films.csv", TABLE)
    server.drip = cause == "drip"
    server.redirect = "http://me:secret@[::1/" if cause == "redirect" else None
    if cause == "missing":
        server.files.clear()
    if cause == "refused":
        server.http.server_close()
    dataset = entry(url.replace("://", "://me:secret@") + "?token=secret", "0" * 64, **COLUMNS)
    with pytest.raises(UserError) as caught:
        rows(dataset, scratch)
    assert "secret" not in str(caught.value)
    assert url in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["ftp://me:secret@host/a.csv", "http://[::1/a.csv", "http://me:sec/ret@host/a.csv", "https://", "http://h\n/a"],
)
def test_an_address_that_cannot_be_read_is_refused_before_any_work_and_not_printed(entry, url):
    with pytest.raises(UserError, match=r"datasets\.mine\.url: it cannot be read as an address; write http") as caught:
        entry(url, "0" * 64, **COLUMNS)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.ENAMETOOLONG])
def test_a_cache_without_room_is_not_blamed_on_the_corpus(server, scratch, entry, monkeypatch, cache, error):
    def fails(*_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(downloads.pooch, "file_hash", fails)
    complaint(entry(*server.offer("films.csv", TABLE), **COLUMNS), scratch, str(cache), "make room", os.strerror(error))


def test_a_cache_that_cannot_be_a_folder_is_named(server, scratch, entry, cache):
    cache.write_text("in the way", encoding="utf-8")
    complaint(
        entry(*server.offer("films.csv", TABLE), **COLUMNS),
        scratch,
        str(cache),
        "cannot be written",
        "PADDING_IMPACT_CACHE",
    )


def test_the_files_name_decides_the_format_whatever_the_query(server, scratch, entry):
    url, sha256 = server.offer("my%20films.tsv", TABLE.replace(b",", b"\t"))
    assert rows(entry(url + "?version=2.zip", sha256, **COLUMNS), scratch) == READ


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.zip", zipped),
        ("a.tar", lambda members: tar(members, "w")),
        ("a.tar.gz", tar),
        ("a.tar.bz2", lambda members: tar(members, "w:bz2")),
        ("a.tar.xz", lambda members: tar(members, "w:xz")),
    ],
)
def test_one_table_is_read_from_an_archive(server, scratch, entry, name, pack):
    content = pack({"data/other.csv": b"x", "data/films.csv": TABLE, "README": b"read me"})
    assert rows(entry(*server.offer(name, content), member="data/films.csv", **COLUMNS), scratch) == READ
    assert [path.name for path in scratch.iterdir()] == ["member.csv"]


def test_a_member_that_is_missing_names_the_tables_there_are(server, scratch, entry):
    dataset = entry(*server.offer("a.zip", zipped({"x/films.csv": TABLE})), member="films.csv", **COLUMNS)
    complaint(dataset, scratch, "a.zip", "'films.csv'", "x/films.csv")


@pytest.mark.parametrize(("name", "pack"), [("a.zip", zipped), ("a.tar.gz", tar)])
@pytest.mark.parametrize("member", ["../evil.csv", "/evil.csv", "x/../../evil.csv", "C:\\evil.csv", "..\\evil.csv"])
@pytest.mark.parametrize("layout", [{"member": "films.csv", **COLUMNS}, {"folders": "{label}/*"}])
def test_a_member_that_points_outside_is_refused(server, scratch, entry, tmp_path, name, pack, member, layout):
    before = sorted(tmp_path.rglob("evil*"))
    dataset = entry(*server.offer(name, pack({member: TABLE, "films.csv": TABLE})), **layout)
    complaint(dataset, scratch, name, repr(member), "points out of")
    assert sorted(tmp_path.rglob("evil*")) == before == []


def test_a_link_that_points_outside_is_refused(server, scratch, entry):
    content = tar({"inside": "/etc", "films.csv": TABLE})
    complaint(
        entry(*server.offer("a.tar.gz", content), member="films.csv", **COLUMNS), scratch, "'inside'", "points out"
    )


def test_a_member_that_is_a_link_names_what_it_points_to(server, scratch, entry):
    content = tar({"films.csv": "data/films.csv", "data/films.csv": TABLE})
    dataset = entry(*server.offer("a.tar.gz", content), member="films.csv", **COLUMNS)
    complaint(dataset, scratch, "a.tar.gz", "'films.csv' is a link to 'data/films.csv'; name that")


@pytest.mark.parametrize(("name", "pack"), [("a.zip", zipped), ("a.tgz", tar)])
def test_an_archive_that_unpacks_to_too_much_is_refused(server, scratch, entry, monkeypatch, name, pack):
    monkeypatch.setattr(archives, "LARGEST_UNPACKED", 1000)
    content = pack({"zeros": bytes(1001), "films.csv": TABLE})
    dataset = entry(*server.offer(name, content), member="films.csv", **COLUMNS)
    complaint(dataset, scratch, name, "unpacks to more than 1000 bytes")


def test_a_packed_table_is_read_from_an_archive(server, scratch, entry):
    content = zipped({"films.csv.gz": gzip.compress(TABLE)})
    assert rows(entry(*server.offer("a.zip", content), member="films.csv.gz", **COLUMNS), scratch) == READ


def test_a_file_whose_name_is_not_utf8_is_refused(server, scratch, entry):
    content = tar({"a/caf\udce9.txt": b"good"})
    complaint(entry(*server.offer("a.tgz", content), folders="{label}/*.txt"), scratch, r"caf\udce9", "rename")


def test_an_archive_that_is_damaged_is_named(server, scratch, entry):
    whole = tar({"films.csv": TABLE * 500})
    for name, content in (("a.tar.gz", whole[: len(whole) // 2]), ("b.tar.gz", b"none"), ("c.zip", b"none")):
        dataset = entry(*server.offer(name, content), member="films.csv", **COLUMNS)
        complaint(dataset, scratch, name, "damaged archive")


FILES = {
    "top/test/pos/0.txt": b"fine",
    "top/train/pos/10.txt": b"good",
    "top/train/neg/2.txt": "schlecht, naïve\n".encode(),
    "top/train/pos/9.txt": b"better",
    "top/train/unsup/0.txt": b"whatever",
    "top/train/pos/notes.md": b"no text of the corpus",
    "top/train/pos/deeper/1.txt": b"too deep",
    "top/README": b"read me",
}
SORTED = [
    (0, "fine", "pos", "test"),
    (1, "schlecht, naïve\n", "neg", "train"),
    (2, "good", "pos", "train"),
    (3, "better", "pos", "train"),
]


@pytest.mark.parametrize(("name", "pack"), [("a.zip", zipped), ("a.tgz", tar)])
def test_folders_of_texts_are_read_in_the_order_of_their_paths(server, scratch, entry, name, pack):
    dataset = entry(*server.offer(name, pack(FILES)), folders="top/{split}/{label}/*.txt", labels=["pos", "neg"])
    assert rows(dataset, scratch) == SORTED


def test_folders_without_splits_and_with_every_label(server, scratch, entry):
    content = tar({"./b/1.txt": b"one", "./a/1.txt": b"two"})
    assert rows(entry(*server.offer("a.tar.gz", content), folders="{label}/?.txt"), scratch) == [
        (0, "two", "a", None),
        (1, "one", "b", None),
    ]


def test_a_pattern_that_matches_nothing_is_named(server, scratch, entry):
    dataset = entry(*server.offer("a.zip", zipped(FILES)), folders="top/{label}/*.txt", labels=["pos"])
    complaint(dataset, scratch, "a.zip", "'top/{label}/*.txt'", "pos")


def test_a_text_file_that_is_not_utf8_names_its_member_and_line(server, scratch, entry):
    dataset = entry(*server.offer("a.zip", zipped({"a/0.txt": b"first\ncaf\xe9"})), folders="{label}/*.txt")
    complaint(dataset, scratch, "a.zip", "a/0.txt, line 2", "UTF-8")


def test_what_the_name_and_the_layout_disagree_about_is_named(server, scratch, entry):
    complaint(entry(f"{server.address}/a.exe", "0" * 64, **COLUMNS), scratch, "'a.exe'", ".csv", ".tar.gz")
    complaint(entry(f"{server.address}/a.zip", "0" * 64, **COLUMNS), scratch, "a.zip", "member", "folders")
    complaint(entry(f"{server.address}/a.csv", "0" * 64, folders="{label}/*"), scratch, "a.csv", "leave them out")
    complaint(
        entry(*server.offer("b.zip", b"x"), member="a.exe", **COLUMNS), scratch, "b.zip", "'a.exe'", "unknown ending"
    )
    assert server.requests == ["/b.zip"]


def test_half_a_download_of_a_killed_process_is_removed_from_the_cache_that_is_ours(monkeypatch, tmp_path, server):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url, sha256 = server.offer("reviews.csv", TABLE)
    cache = tmp_path / "padding-impact"
    cache.mkdir()
    for name in ("tmpabcd1234", "tmpefgh5678"):
        (cache / name).write_bytes(b"half")
    os.utime(cache / "tmpabcd1234", (0, 0))
    for folder, left in ((str(cache), {"tmpabcd1234", "tmpefgh5678"}), (None, {"tmpefgh5678"})):
        monkeypatch.setenv(downloads.CACHE_VARIABLE, folder) if folder else monkeypatch.delenv(downloads.CACHE_VARIABLE)
        fetched = downloads.fetch(url, sha256, "reviews.csv")
        assert {path.name for path in cache.iterdir()} == {fetched.name, *left}
