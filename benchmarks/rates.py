"""What one core does of each stage in a second, for `benchmarks.beyond`: small runs, CPU time.

CPU time and not wall time, for the cores may have other work. Where a stage has costs that do not grow with the texts,
such as TensorFlow's start and its tracing of functions, the rate is what many texts take more than few.
"""

import csv
import hashlib
import math
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from benchmarks.table import REPOSITORY
from stages.params.datasets import SyntheticDataset
from stages.params.derived import architecture_of
from stages.params.schema import Params, checked_params
from stages.params.texts import Side
from stages.runtime.paths import condition_name, conditions, states_of

FILE = "texts.csv"
SIDE: Side = "post"
VARIANTS = ("baseline", "masked")
"""The second trims its batches."""
PADDED = "modelled/padded"
PROBE_TEXTS = 50
"""Fewer than any measurement has: what probes cost does not grow with the texts."""
EPOCHS = (1, 3)
"""Epochs of a short and of a long training: an epoch is what the long one takes more."""
SHARES = {"validation": 0.05, "test": 0.75}
"""Of the models' texts: validation is a quarter of training, as by default, and there are many test texts to export."""
SIGMA = 0.6
"""Of the logarithm of the lengths of the generated texts."""
MIB = 2**20


class Setting(NamedTuple):
    """What the rates depend on."""

    tokens: int
    """Mean length of a text."""
    width: int
    """Width of a padded row."""
    units: int


class Sizes(NamedTuple):
    """How many texts the measurements take, and how often each is made."""

    prepared: int
    """By ingest, tokenize and pad."""
    bag: int
    """By the bag of words."""
    modelled: int
    """By training and export."""
    few: int
    many: int
    """Exported texts; at most SHARES' part of the above."""
    repeats: int


@dataclass(frozen=True)
class Rate:
    """The median of some measurements, and their range."""

    each: float
    low: float
    high: float

    @staticmethod
    def of(found: list[float]) -> "Rate":
        """From every measurement."""
        return Rate(median(found), min(found), max(found))


@dataclass(frozen=True)
class Rates:
    """What one text costs, in CPU seconds and in bytes.

    Attributes:
        serial: by stage, of those that one process does: seconds for each text of the corpus (`pad`: of one side).
        train: by variant: seconds for each training text and epoch, validation included.
        export: seconds for each exported text and model, all conditions.
        analyze: the same, of the pass of `analyze` over one model.
        compare: seconds for each exported text and pair of models that `analyze` compares.
        corpus_bytes: of every stage before training, by product, for each text.
        states_bytes: for each exported text and model, all conditions.
        conditions: how many there are.
        hash_mib, copy_mib: MiB in a second of wall time, of one stream, from memory.
    """

    serial: dict[str, Rate]
    train: dict[str, Rate]
    export: Rate
    analyze: Rate
    compare: Rate
    corpus_bytes: dict[str, float]
    states_bytes: float
    conditions: int
    hash_mib: Rate
    copy_mib: Rate


def measured(folder: Path, setting: Setting, sizes: Sizes) -> Rates:
    """Measure everything, some minutes long."""
    (raw := folder / "raw").mkdir()
    write_texts(raw / FILE, setting, sizes.prepared)
    serial, corpus_bytes = _preparation(folder, setting, sizes)
    params = _params(setting, sizes.modelled, corpus=SHARES)
    prepare(folder / "modelled", raw, params)
    train = {variant: _training(folder, params, sizes.repeats, variant) for variant in VARIANTS}
    export, states_bytes = _exporting(folder, params, sizes)
    files = sorted((folder / "states").rglob("*.parquet"))
    return Rates(
        serial,
        train,
        export,
        _analysis(folder, params, sizes),
        _comparison(folder, sizes),
        corpus_bytes,
        states_bytes,
        len(conditions(params.export.pads)),
        Rate.of([_mib_a_second(_hash, files) for _ in range(sizes.repeats)]),
        Rate.of([_mib_a_second(_copy, files) for _ in range(sizes.repeats)]),
    )


def write_texts(path: Path, setting: Setting, texts: int) -> None:
    """Generated texts of the wanted mean length as a table of text and label."""
    from stages.texts.corpora.synthetic import synthetic

    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")["datasets"]["synthetic"]
    length = round(setting.tokens / math.exp(SIGMA**2 / 2))
    changes = {"texts": texts, "median_length": length, "length_sigma": SIGMA, "longest": setting.width}
    grammar = SyntheticDataset(**{**content, **changes})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows((raw.text, raw.label) for raw in synthetic(grammar, path.parent).texts)


def _params(setting: Setting, texts: int, **changes: dict[str, Any]) -> Params:
    content = YAML(typ="safe").load(REPOSITORY / "params.yaml")
    content["dataset"] = "timed"
    content["datasets"]["timed"] = {"source": "table", "file": FILE, "text": "text", "label": "label"}
    content["corpus"]["max_texts"] = texts
    content["pad"]["max_len"], content["model"]["units"] = setting.width, setting.units
    for section, values in changes.items():
        content[section] |= values
    return checked_params(content, "params.yaml")


def _cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _preparation(folder: Path, setting: Setting, sizes: Sizes) -> tuple[dict[str, Rate], dict[str, float]]:
    """Seconds and bytes of each stage before training, for each text."""
    from stages.bag_of_words import bag_of_words

    found: dict[str, list[float]] = {}
    few = _params(setting, sizes.bag)
    prepare(folder / "few", folder / "raw", few)
    for _ in range(sizes.repeats):
        for stage, seconds in prepare(folder / "all", folder / "raw", _params(setting, sizes.prepared)).items():
            found.setdefault(stage, []).append(seconds / sizes.prepared)
        seconds = _cpu_seconds(
            lambda: bag_of_words(few, tokens=folder / "few" / "tokens", bag_of_words=folder / "few" / "bag")
        )
        found.setdefault("bag_of_words", []).append(seconds / sizes.bag)
    size = {path.name: _bytes(path) / sizes.prepared for path in (folder / "all").iterdir()}
    return {stage: Rate.of(seconds) for stage, seconds in found.items()}, size


def prepare(folder: Path, raw: Path, params: Params) -> dict[str, float]:
    """Run the stages before training, one side; CPU seconds of each."""
    from stages.ingest import ingest
    from stages.pad import pad
    from stages.tokenize import tokenize

    corpus, tokens, padded = (folder / name for name in ("corpus", "tokens", "padded"))
    return {
        "ingest": _cpu_seconds(lambda: ingest(params, raw=raw, corpus=corpus)),
        "tokenize": _cpu_seconds(lambda: tokenize(params, raw=raw, corpus=corpus, tokens=tokens)),
        "pad": _cpu_seconds(lambda: pad(params, side=SIDE, tokens=tokens, padded=padded)),
    }


def _training(folder: Path, params: Params, repeats: int, variant: str) -> Rate:
    """CPU seconds for each training text and epoch."""
    import pyarrow.parquet as pq

    from stages.models.training import TrainingTask, train_seed

    texts: int = pq.read_metadata(folder / PADDED / "train.parquet").num_rows

    def seconds(epochs: int) -> float:
        knobs = params.train.model_copy(update={"epochs": epochs})
        task = TrainingTask(folder / PADDED, folder / variant, SIDE, architecture_of(params, variant), knobs, seed=0)
        return _cpu_seconds(lambda: train_seed(task)) / texts

    seconds(EPOCHS[0])  # functions are traced
    return slope(seconds, *EPOCHS, repeats)


def _exporting(folder: Path, params: Params, sizes: Sizes) -> tuple[Rate, float]:
    """CPU seconds and bytes for each exported text: what many take more than few. Leaves the states of both."""
    from stages.states.exporting import ExportTask, export_seed

    def seconds(texts: int) -> float:
        task = ExportTask(
            padded=folder / PADDED,
            model=folder / VARIANTS[0] / "model.keras",
            folder=states_of(_states(folder, texts), SIDE, VARIANTS[0], 0),
            side=SIDE,
            variant=VARIANTS[0],
            seed=0,
            classes=("0", "1"),
            tokenizer="",
            pads=params.export.pads,
            texts=texts,
            batch_size=params.export.batch_size,
        )
        return _cpu_seconds(lambda: export_seed(task))

    rate = slope(seconds, sizes.few, sizes.many, sizes.repeats)
    size = [_bytes(_states(folder, texts)) for texts in (sizes.few, sizes.many)]
    return rate, (size[1] - size[0]) / (sizes.many - sizes.few)


def _analysis(folder: Path, params: Params, sizes: Sizes) -> Rate:
    """CPU seconds for each exported text of the model whose states `_exporting` left."""
    from stages.analysis.one_model import ModelTask, outcome_of_model

    compared = {name: pads for name, pads in conditions(params.export.pads).items() if name != condition_name(0)}

    def seconds(texts: int) -> float:
        epsilon = params.analyze.epsilon
        task = ModelTask(_states(folder, texts), SIDE, VARIANTS[0], 0, compared, epsilon, PROBE_TEXTS)
        return _cpu_seconds(lambda: outcome_of_model(task))

    return slope(seconds, sizes.few, sizes.many, sizes.repeats)


def _comparison(folder: Path, sizes: Sizes) -> Rate:
    """CPU seconds for each exported text of two models: here of one with itself."""
    from threadpoolctl import threadpool_limits

    from stages.analysis.similarities import SimilarityTask, similarity_of

    def seconds(texts: int) -> float:
        model = (VARIANTS[0], 0)
        with threadpool_limits(1):
            return _cpu_seconds(lambda: similarity_of(SimilarityTask(_states(folder, texts), SIDE, model, model)))

    return slope(seconds, sizes.few, sizes.many, sizes.repeats)


def slope(seconds: Callable[[int], float], few: int, many: int, repeats: int) -> Rate:
    """What one more costs, of few and of many; ends the program where many took no longer."""
    found = [(-seconds(few) + seconds(many)) / (many - few) for _ in range(repeats)]
    if min(found) <= 0:
        sys.exit(f"{many:,} took no longer than {few:,}: this machine has too much other work; run again")
    return Rate.of(found)


def _states(folder: Path, texts: int) -> Path:
    return folder / "states" / str(texts)


def _bytes(folder: Path) -> int:
    """Of the Parquet files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def _mib_a_second(work: Callable[[Path], None], files: list[Path]) -> float:
    start = time.perf_counter()
    for path in files:
        work(path)
    return sum(path.stat().st_size for path in files) / MIB / (time.perf_counter() - start)


def _hash(path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.md5(usedforsecurity=False)
        while block := file.read(MIB):
            digest.update(block)


def _copy(path: Path) -> None:
    shutil.copyfile(path, path.with_suffix(".copy"))
