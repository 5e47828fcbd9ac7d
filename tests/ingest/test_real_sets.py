import csv
import re

import pytest

from stages.ingest import ingest
from tests.ingest.bench import REPOSITORY

REAL = REPOSITORY.parent / "shared" / "data"


def real(name):
    if not (REAL / name).is_file():
        pytest.skip(f"the real data {name} are not on this machine")
    return REAL


def test_the_sms_collection_loses_its_415_duplicates(bench):
    ingest(bench.params("sms"), raw=real("sms.csv"), corpus=bench.corpus)
    _, summary = bench.read()
    assert summary["classes"] == ["ham", "spam"]
    assert (summary["counts"]["read"], summary["counts"]["duplicates"], summary["counts"]["kept"]) == (5574, 415, 5159)


def words(text):
    return tuple(re.findall(r"\w+|[^\w\s]+", text.lower()))


def test_the_voice_commands_keep_their_test_split_and_receive_a_validation_split(bench):
    folder = real("snips.csv")
    with (folder / "snips.csv").open(encoding="utf-8", newline="") as file:
        published = {words(row["text"]) for row in csv.DictReader(file) if row["split"] == "test"}
    ingest(bench.params("snips"), raw=folder, corpus=bench.corpus)
    splits, summary = bench.read()
    assert len(summary["classes"]) == 7
    assert {words(row["text"]) for row in splits["test"]} == published
    assert not published & {words(row["text"]) for split in ("train", "validation") for row in splits[split]}
    assert len(splits["validation"]) / (len(splits["validation"]) + len(splits["train"])) == pytest.approx(
        0.15, abs=1e-3
    )
