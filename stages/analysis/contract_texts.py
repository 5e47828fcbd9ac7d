"""The part of report.json on the texts: corpus, truth, tokens, rows, and what their padding costs."""

from pydantic.dataclasses import dataclass

from stages.analysis.estimate import CONFIG, Number, left_out


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TextCounts:
    """Rows of the source by what became of them."""

    available: int
    """Rows that could be kept, before a sample was drawn."""
    read: int
    """Rows of the source."""
    kept: int
    """In the corpus."""
    empty: int
    """Without text."""
    unlabelled: int
    """Without label."""
    conflicting: int
    """Same text, other label."""
    duplicates: int
    """Same text and label."""
    rare_class: int | None = left_out()
    """Of a class of fewer texts than corpus.rare_below; left out where none was looked for."""
    unseen_label: int
    """Of a class that no training text has."""
    subsampled_away: int
    """Not drawn."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class CorpusSplit:
    """One split of the corpus."""

    texts: int
    """How many."""
    classes: dict[str, int]
    """Texts by class."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Corpus:
    """The texts as they were chosen."""

    dataset: str
    """Its entry in params.yaml."""
    source: str
    """synthetic, table or url."""
    classes: list[str]
    """Names, in the order of their indices."""
    counts: TextCounts
    """Rows of the source."""
    splits: dict[str, CorpusSplit]
    """By split."""
    rules: list[str]
    """How texts were chosen, a sentence each."""
    sha256: str
    """Of texts, labels and splits."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TruthLength:
    """Lengths of the generated texts."""

    unit: str
    """What a length counts."""
    mean: float
    """Over texts."""
    shortest: int
    """Of all texts."""
    longest: int
    """Of all texts."""
    quantiles: dict[str, int]
    """By share of the texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Truth:
    """What is known of generated texts, because they were made so."""

    texts: int
    """How many."""
    classes: list[str]
    """Names."""
    cue_words: dict[str, list[str]]
    """By class."""
    cue_position: str
    """start, middle, end or anywhere."""
    negation: str
    """The word that turns a cue around."""
    rule: str
    """How the label follows from the text, in words."""
    noisy_labels: int
    """Labels that were changed by chance."""
    best_accuracy: float
    """The most that a classifier can expect."""
    length: TruthLength
    """Of the texts."""
    padding_share_at_longest: float
    """Share of padding in rows as long as the longest text."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TokenSplit:
    """One split as tokens."""

    texts: int
    """With at least one token."""
    dropped_empty: int
    """Texts without any token."""
    tokens: int
    """Of all texts."""
    unknown_share: float
    """Of the tokens."""
    coverage: float
    """1 − unknown_share."""
    vocabulary_share: float
    """Share of the vocabulary that occurs."""
    length_quantiles: dict[str, int]
    """Tokens of a text, by share of the texts."""
    length_mean: float
    """Tokens of a text."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class VectorCoverage:
    """How much of the vocabulary a file of word vectors has."""

    file: str
    """In data/raw/."""
    dimension: int
    """Values of a vector."""
    words_found: int
    """Words of the vocabulary that have a vector."""
    vocabulary: int
    """Words of the vocabulary."""
    share_of_training_tokens_found: float
    """Of the training tokens."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TokenizedTexts:
    """The corpus as tokens."""

    vocabulary_size: int
    """Padding and unknown among them."""
    classes: list[str]
    """Names, in the order of their indices."""
    splits: dict[str, TokenSplit]
    """By split."""
    vectors: VectorCoverage | None
    """None where no word vectors were asked for."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class PaddedSplit:
    """One split as rows of one width."""

    texts: int
    """How many."""
    tokens: int
    """That were kept."""
    padding_share: float
    """Of all positions."""
    truncated_share: float
    """Of the texts."""
    cut_share: float
    """Of the tokens."""
    length_quantiles: dict[str, int]
    """Tokens kept of a text, by share of the texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class WidthChoice:
    """A width that could have been chosen."""

    max_len: int
    """Width of a row."""
    padding_share: float
    """Of all positions of the training texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class PaddedTexts:
    """The corpus padded on one side."""

    side: str
    """pre or post."""
    max_len: int
    """Width of a row."""
    truncate: str
    """Which end of a long text is kept."""
    vocabulary_size: int
    """Padding and unknown among them."""
    classes: list[str]
    """Names, in the order of their indices."""
    splits: dict[str, PaddedSplit]
    """By split."""
    choices: dict[str, WidthChoice]
    """By value of pad.max_len."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class BatchingCost:
    """One epoch of training of one side and variant under one way to make batches, counted and not timed."""

    side: str
    """Padding side."""
    variant: str
    """Id in params.yaml."""
    batching: str
    """fixed, per_batch, bucketed or packed."""
    usable: bool
    """Whether the variant may be trained so without a change of what it computes."""
    texts: int
    """Training texts."""
    max_len: int
    """Width of a full row."""
    steps: Number
    """Steps of the recurrence that are computed."""
    text_steps: int
    """Steps that read a token."""
    wasted: float
    """Share of the steps that read padding."""
    flops_per_step: int
    """Forward, of the recurrent layers."""
    flops: Number
    """Of the epoch."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class LawPoint:
    """An epoch with every row padded, or cut, to one width."""

    max_len: int
    """The width."""
    padding_share: float
    """Of all positions."""
    steps: int
    """Of the epoch."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Law:
    """Steps of an epoch against the width of its rows."""

    points: list[LawPoint]
    """Width rising."""
    slope: float
    """Steps that one more column adds."""
    r_squared: float
    """Share of the variance of steps that the line explains."""
    texts: int
    """Training texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class TrainingLengths:
    """The histogram of the training texts' lengths."""

    counts: list[tuple[int, int]]
    """Pairs of a length in tokens and its number of texts."""


@dataclass(frozen=True, kw_only=True, config=CONFIG)
class Lengths:
    """Lengths of texts and width of rows."""

    max_len: int
    """Width of a row."""
    train: TrainingLengths
    """Of the training texts."""
