from pathlib import Path

import pytest

from stages.texts.corpora import store


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed there on Linux alone")
def test_what_is_sorted_lies_beside_the_store_and_not_in_tmpdir(tmp_path):
    folder = tmp_path / "it's here"
    folder.mkdir()
    seen = set()

    def note_open_files(_):
        for link in Path("/proc/self/fd").iterdir():
            try:
                seen.add(str(link.readlink()))
            except FileNotFoundError:  # the descriptor of the listing itself
                continue

    with store.opened(folder / "texts.sqlite") as database:
        database.execute("PRAGMA cache_size = 10")
        rows = ((index, f"{index % 997} {'x' * 400}") for index in range(9999))
        database.executemany("INSERT INTO body VALUES (?, ?)", rows)
        database.create_function("note_open_files", 1, note_open_files)
        database.execute("SELECT note_open_files(text) FROM (SELECT text FROM body ORDER BY text LIMIT -1)").fetchone()
    temporary = {name for name in seen if "etilqs" in name}
    assert temporary
    assert {name for name in temporary if name.startswith(f"{folder}/")} == temporary
