import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from stages.errors import UserError
from stages.ingest import ingest
from stages.params.schema import checked_params
from stages.runtime.paths import SPLITS

REPOSITORY = Path(__file__).parents[2]


class Bench:
    """Ingests small tables in a temporary folder."""

    def __init__(self, folder):
        self.raw = folder / "raw"
        self.raw.mkdir()
        self.corpus = folder / "corpus"

    def params(self, dataset, entry=None, tokenize=(), **knobs):
        content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
        content["dataset"] = dataset
        content["datasets"].setdefault(dataset, {}).update(entry or {})
        content["tokenize"].update(tokenize)
        content["corpus"].update(knobs)
        return checked_params(content, "params.yaml")

    def ingest(self, rows, split=None, file="mine.csv", **knobs):
        """The corpus of `rows` of text, label and maybe split: each split's rows, and the summary."""
        with (self.raw / file).open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([("text", "label", "split"), *([*row, ""][:3] for row in rows)])
        entry = {"source": "table", "file": file, "text": "text", "label": "label"}
        if split is not None:
            entry["split"] = split
        ingest(self.params("mine", entry, **knobs), raw=self.raw, corpus=self.corpus)
        return self.read()

    def read(self):
        summary = json.loads((self.corpus / "summary.json").read_text(encoding="utf-8"))
        return {split: pq.read_table(self.corpus / f"{split}.parquet").to_pylist() for split in SPLITS}, summary

    def refusal(self, content, file):
        """The sentence that a file of this content gets."""
        (self.raw / file).write_text(content, encoding="utf-8")
        entry = {"source": "table", "file": file, "text": "text", "label": "label"}
        with pytest.raises(UserError) as caught:
            ingest(self.params("mine", entry), raw=self.raw, corpus=self.corpus)
        return str(caught.value)

    def complaint(self, rows, *words, **options):
        with pytest.raises(UserError) as caught:
            self.ingest(rows, **options)
        assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)
        assert not self.corpus.exists()


def many(label, number, split=""):
    return [(f"{label} text {index} {split}", label, split) for index in range(number)]


TWO_CLASSES = [*many("pos", 20), *many("neg", 40)]
OFFICIAL = [row for split in SPLITS for label in ("neg", "pos") for row in many(label, 4, split)]


def ids(splits):
    return sorted(row["text_id"] for rows in splits.values() for row in rows)
