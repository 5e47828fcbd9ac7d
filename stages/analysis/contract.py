"""report.json as types: here and in contract_{audit,cells,family,memory,served,texts}.py its keys are spelled.

The stage `analyze` builds these classes, `report` renders them, sweeps read them, tests build them with `replace`.
"Share" is a number from 0 to 1. A figure over seeds speaks of the seeds that learned. What is None is undefined, or
was not asked, as each field says.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from stages.analysis.contract_cells import CellFacts
from stages.analysis.contract_family import FamilyVerdict
from stages.analysis.contract_memory import Similarity, UnitFacts
from stages.analysis.contract_texts import BatchingCost, Corpus, Law, Lengths, PaddedTexts, TokenizedTexts, Truth
from stages.analysis.estimate import CONFIG, Estimate, Number, SplitScores, left_out
from stages.runtime.files import read_json, write_json
from stages.stats.rounding import finite
from stages.stats.verdicts import UNMOVED, Verdict

SCHEMA = 2

Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Finding:
    """A figure on one side and variant with its interval; verdict words about ε stand in the family alone."""

    question: str
    """In words, the same for every verdict on one estimand."""
    estimand: str
    """drift_ratio, unit_shift, joint_shift, flip_rate, accuracy_change or accuracy_difference."""
    side: str
    """Padding side: pre or post."""
    variant: str
    """Id in params.yaml."""
    condition: str | None
    """pads-<k>, as-trained or other-side; None for what is not about a condition."""
    pads: int | None
    """Extra pads; None where their number differs by text."""
    state: str | None = left_out()
    """h_<layer>, c_<layer> or head; left out where the estimand is about no state."""
    estimate: Number | None
    """In the unit of the estimand: a ratio, standard deviations, or a share; None where undefined."""
    low: Number | None
    """Lower bound of the interval, or of the range over seeds; None where there is none."""
    high: Number | None
    """Upper bound; None as `low`."""
    level: float | None
    """Confidence level of the interval; None for a range over seeds."""
    epsilon: float
    """The largest difference that does not matter."""
    smallest_epsilon: float | None
    """ε*, the smallest bound at which the verdict would be EQUIVALENT; None where there is none."""
    verdict: Verdict | None
    """PROVEN, EXACT or UNDEFINED, which take no inference; None where there is an interval, which is exploratory."""
    exploratory: bool | None = left_out()
    """True where `verdict` is None; left out otherwise."""
    reason: str | None = left_out()
    """Why the verdict is UNDEFINED; left out otherwise."""
    method: str
    """How the interval was made."""
    n_texts: int
    """Texts that were compared."""
    n_seeds: int
    """Seeds behind the estimate."""
    n_seeds_at_chance: int | None = left_out()
    """Seeds that did not beat chance; left out where all seeds count."""
    largest_change: float | None = left_out()
    """max |change| over values, texts and seeds; left out where nothing was compared text by text."""
    largest_seed: float | None = left_out()
    """The largest drift ratio of any seed, which may not exceed ε; left out for other estimands."""

    @property
    def word(self) -> Verdict:
        """What the figure says about ε by itself, for rules and sweeps; a reader of the report is not shown it."""
        if self.verdict is not None:
            return self.verdict
        if self.smallest_epsilon is not None and self.smallest_epsilon < self.epsilon:
            return Verdict.EQUIVALENT
        low, high = self.low or 0.0, self.high or 0.0
        return Verdict.DIFFERENT if low > self.epsilon or high < -self.epsilon else Verdict.INCONCLUSIVE

    @property
    def harmless(self) -> bool:
        """Whether it is shown, by itself, that the difference does not matter."""
        return self.word in (*UNMOVED, Verdict.EQUIVALENT)


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class PenaltyTrial:
    """The bag of words with one L2 penalty."""

    penalty: float
    """Strength of the penalty."""
    iterations: int
    """Of L-BFGS."""
    converged: bool
    """Whether it reached the optimum."""
    validation_accuracy: float
    """Share of the validation texts."""
    validation_nll: float
    """In nats."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class BagOfWords:
    """A logistic regression on which tokens a text holds."""

    accuracy: Estimate
    """On the test texts, with Wilson's interval."""
    penalty: float
    """Chosen on the validation texts."""
    features: int
    """Tokens that it knows."""
    splits: dict[str, SplitScores]
    """By split."""
    tried: list[PenaltyTrial]
    """Every penalty."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class DatasetFacts:
    """What is known of the texts."""

    name: str
    """Its entry in params.yaml."""
    corpus: Corpus
    """As the stage ingest left it."""
    truth: Truth | None
    """None where texts were not generated."""
    tokens: TokenizedTexts
    """As the stage tokenize left it."""
    padded: dict[str, PaddedTexts]
    """By side."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Epoch:
    """One epoch of one seed; it stands in plots/learning.json and not in report.json."""

    side: str
    """Padding side."""
    variant: str
    """Id in params.yaml."""
    seed: int
    """Of the model."""
    epoch: int
    """From 1."""
    loss: float
    """On the training texts, in nats."""
    accuracy: float
    """Share of the training texts."""
    val_loss: float
    """On the validation texts."""
    val_accuracy: float
    """On the validation texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Analysis:
    """What `analyze` writes and `report` reads, one file a field."""

    dataset: DatasetFacts
    cells: list[CellFacts]
    family: list[FamilyVerdict]
    verdicts: list[Finding]
    history: list[Epoch]
    similarity: list[Similarity]
    cost: list[BatchingCost]
    law: Law
    lengths: Lengths
    units: list[UnitFacts]
    bag_of_words: BagOfWords

    def write(self, folder: Path) -> None:
        """Write its files; what is not finite becomes null."""
        for name, value in finite(to_json(self)).items():
            write_json(folder / f"{name}.json", value)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """From the folder that holds its files.

        Raises:
            UserError: one is missing or is not JSON.
        """
        return from_json(cls, {field.name: read_json(folder / f"{field.name}.json") for field in fields(cls)})


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Claim:
    """A claim that readers have met elsewhere, and what this run says of it."""

    id: str
    """C1 to C9."""
    claim: str
    """As readers met it."""
    stand: str
    """supported, refuted, depends or open."""
    figure: str
    """The sentence that decides it."""
    depends_on: str | None
    """None where the stand is not `depends`."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Question:
    """A question that people ask, answered by this run."""

    id: str
    """Q1 to Q10."""
    question: str
    """As people ask it."""
    answer: str
    """With a figure of this run, or the command that would have it."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Provenance:
    """What the figures were made of and with."""

    corpus_sha256: str
    """Of texts, labels and splits."""
    code: str
    """Hash of the code that computed the figures."""
    versions: dict[str, str]
    """Of Python and of the packages that decide figures."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Report:
    """The whole of report.json, floats at 4 significant digits."""

    schema: int
    """Version of this form."""
    params: dict[str, Any]
    """params.yaml as it was run, without who does the work, the gate, and the catalogue's other entries."""
    dataset: DatasetFacts
    """The texts."""
    cells: list[CellFacts]
    """Sides in the order of params.yaml, and the variants of each."""
    family: list[FamilyVerdict]
    """What is judged: leak, accuracy and serving, each by side."""
    verdicts: list[Finding]
    """Cell by cell."""
    similarity: list[Similarity]
    """Between models of one side."""
    cost: list[BatchingCost]
    """By side, variant and way to make batches."""
    law: Law
    """Of the first side."""
    lengths: Lengths
    """Of the first side."""
    units: list[UnitFacts]
    """Of models that learned and move, variants that repeat the baseline left out."""
    bag_of_words: BagOfWords
    """What words alone are worth."""
    provenance: Provenance
    """What figures were made of."""
    claims: list[Claim]
    """C1 to C9."""
    questions: list[Question]
    """Q1 to Q10."""


def to_json(value: Any) -> Any:
    """An object of this module as JSON's own types."""
    return TypeAdapter(type(value)).dump_python(value, mode="json", by_alias=True)


def from_json(kind: type[Kind], content: Any) -> Kind:
    """JSON's own types as an object of this module.

    Raises:
        pydantic.ValidationError: a key is missing, unknown or of another type, with its path.
    """
    return TypeAdapter(kind).validate_python(content)
