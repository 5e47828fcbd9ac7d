"""params.yaml as frozen, checked types: the one place where a knob's name, type and allowed values are stated."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import Field, StringConstraints, ValidationError, ValidationInfo, field_validator, model_validator

from stages.errors import UserError
from stages.params.audit import AuditedModel
from stages.params.bounds import (
    BatchSize,
    Deviations,
    Epochs,
    ExportedTexts,
    LearningRate,
    Pads,
    Patience,
    ProbeTexts,
    Rate,
    Ratio,
    Threads,
    Tokens,
    Tolerance,
    Workers,
)
from stages.params.datasets import (
    Dataset,
    Name,
    SyntheticDataset,
    TableDataset,
    UrlDataset,
)
from stages.params.derived import BASELINE, architecture_of, pads_in_order
from stages.params.layers import HEADS
from stages.params.model import ModelParams, Variant
from stages.params.reading import read_mapping
from stages.params.section import Section, require_known, require_unique, sentences, shown
from stages.params.texts import NO_VECTORS, BagOfWordsParams, CorpusParams, OpenShare, PadParams, Side, TokenizeParams

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=64)]

MOST_CONDITIONS = 100

SCHEDULER = r"(tcp|tls)://\S+:[0-9]+"


class TrainParams(Section):
    """How each variant is trained."""

    variants: Annotated[tuple[Identifier, ...], Field(strict=False, min_length=1)]
    seeds: Annotated[int, Field(ge=1, le=1000)]
    first_seed: Annotated[int, Field(ge=0, lt=2**32 - 1000)]
    epochs: Epochs
    batch_size: BatchSize
    learning_rate: LearningRate
    grouping: Literal["length", "shuffle"]
    trim: Literal["exact", "always", "never"]
    patience: Patience

    @field_validator("variants")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return require_unique(value)


class ExportParams(Section):
    """Which hidden states are written."""

    pads: Annotated[tuple[Pads, ...], Field(strict=False, min_length=1)]
    texts: ExportedTexts | Literal["all"]
    batch_size: BatchSize
    causes: bool

    @field_validator("pads")
    @classmethod
    def _with_the_text_alone(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if 0 not in value:
            raise ValueError("0 is missing; every other number of pads is compared with it")
        if len(value) < 2:
            raise ValueError("there is only 0; name at least one number of pads to compare with it")
        if len(value) > MOST_CONDITIONS:
            raise ValueError(f"{len(value):,} numbers; at most {MOST_CONDITIONS}: each is a states file of every model")
        return pads_in_order(require_unique(value))


class Epsilon(Section):
    """The largest differences that do not matter, one for each estimand."""

    drift_ratio: Ratio
    flip_rate: Rate
    accuracy: Rate
    error_ratio: OpenShare
    unit_shift: Deviations
    joint_shift: Deviations


class FamilyParams(Section):
    """What the one family of verdicts is about: the questions themselves are fixed."""

    variant: Identifier
    alpha: OpenShare
    look: Annotated[int, Field(ge=0, le=4)]

    @field_validator("variant")
    @classmethod
    def _another_than_the_baseline(cls, value: str) -> str:
        if value == BASELINE:
            raise ValueError(f"{BASELINE} is what it is compared with; name a variant that masks")
        return value


class AnalyzeParams(Section):
    """The bounds of the verdicts, and how much work the probes do."""

    exact_tolerance: Tolerance
    epsilon: Epsilon
    family: FamilyParams
    level: OpenShare
    probe_texts: ProbeTexts


class ReportParams(Section):
    """How the report looks."""

    pads: Tokens


class GateParams(Section):
    """What `make gate` demands of the variants and models that are declared padding-invariant."""

    invariant: Annotated[tuple[Identifier, ...], Field(strict=False)]
    models: Annotated[tuple[Identifier, ...], Field(strict=False)]
    must_be: Literal["exact", "equivalent"]
    drift_ratio: Ratio
    flip_rate: Rate

    @field_validator("invariant", "models")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return require_unique(value)

    @model_validator(mode="after")
    def _something_to_hold(self) -> "GateParams":
        if not self.invariant and not self.models:
            raise ValueError("`invariant` and `models` are both empty; name at least one variant or model")
        return self


class ExecutionParams(Section):
    """Who does the work; changes no result beyond rounding, and with one thread not a bit."""

    workers: Workers
    threads: Threads
    fork_server: bool
    engine: Literal["local", "dask"]
    scheduler: str

    @field_validator("scheduler")
    @classmethod
    def _an_address_where_it_is_used(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("engine") == "dask" and not re.fullmatch(SCHEDULER, value):
            raise ValueError(
                f"{shown(value)} is no address of a dask scheduler, and engine is dask; name one, such as "
                "tcp://127.0.0.1:8786, or set engine to local"
            )
        return value


class Params(Section):
    """Every knob of params.yaml."""

    dataset: Name
    corpus: CorpusParams
    datasets: dict[Identifier, Dataset]
    tokenize: TokenizeParams
    bag_of_words: BagOfWordsParams
    pad: PadParams
    model: ModelParams
    variants: dict[Identifier, Variant]
    train: TrainParams
    export: ExportParams
    analyze: AnalyzeParams
    report: ReportParams
    audit: dict[Identifier, AuditedModel]
    gate: GateParams
    execution: ExecutionParams

    @model_validator(mode="after")
    def _names_exist(self) -> "Params":
        require_known("dataset", self.dataset, self.datasets)
        for index, variant in enumerate(self.train.variants):
            require_known(f"train.variants.{index}", variant, self.variants)
            self._buildable(variant)
        require_known("analyze.family.variant", self.analyze.family.variant, self.variants)
        for index, variant in enumerate(self.gate.invariant):
            require_known(f"gate.invariant.{index}", variant, self.variants)
        for index, model in enumerate(self.gate.models):
            require_known(f"gate.models.{index}", model, self.audit)
        if self.report.pads not in self.export.pads:
            allowed = ", ".join(str(pads) for pads in self.export.pads if pads)
            raise ValueError(f"report.pads: {self.report.pads} is not one of export.pads; allowed: {allowed}")
        return self

    def _buildable(self, variant: str) -> None:
        architecture = architecture_of(self, variant)
        if architecture.embeddings != "learned" and self.tokenize.vectors == NO_VECTORS:
            raise ValueError(
                f"variants.{variant}: embeddings {architecture.embeddings} need word vectors, and tokenize.vectors is "
                f"{NO_VECTORS}; name a word2vec or GloVe text file in data/raw/ there, or set embeddings to learned"
            )
        if reason := architecture.refusal():
            raise ValueError(f"variants.{variant}: {reason}")
        if self.train.trim == "always" and HEADS[architecture.head].fixed_width:
            raise ValueError(
                f"variants.{variant}: head {architecture.head} reads rows of one width, and train.trim is always; "
                "set train.trim to exact or never"
            )

    @property
    def chosen_dataset(self) -> SyntheticDataset | TableDataset | UrlDataset:
        """The catalogue entry that `dataset` names."""
        return self.datasets[self.dataset]


def load_params(path: Path) -> Params:
    """Read and check the whole params file.

    Raises:
        UserError: the file cannot be read, is not YAML, or holds an unknown key, a wrong type or an impossible value;
            the sentence names the key's path, the value and what is allowed.
    """
    return checked_params(read_mapping(path), str(path))


def checked_side(side: str) -> Side:
    """A padding side given on the command line.

    Raises:
        UserError: it is neither pre nor post.
    """
    if side not in get_args(Side):
        raise UserError(f"side: {side!r} is not allowed; it should be {' or '.join(get_args(Side))}")
    return cast(Side, side)


def checked_params(content: Any, source: str) -> Params:
    """The content of a params file as checked types; `source` stands in the sentence of a mistake.

    Raises:
        UserError: as `load_params`.
    """
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{source}: {'; '.join(sentences(error, content))}") from None
