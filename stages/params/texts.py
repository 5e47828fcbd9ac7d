"""The sections of params.yaml that say how texts become rows of tokens, and the baseline that reads tokens alone."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from stages.params.bounds import Features, Frequency, Passes, Penalty, Seed, Texts, Tokens, Vocabulary
from stages.params.datasets import RelativePath
from stages.params.section import Section, require_unique, shown

Side = Literal["pre", "post"]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
MOST_TIMES_LONGEST = 1_000


def _not_padding_alone(text: str) -> str:
    if int(text.partition("*")[2] or 1) > MOST_TIMES_LONGEST:
        raise ValueError(
            f"{shown(text)} is not allowed; it should be at most longest*{MOST_TIMES_LONGEST}: beyond, less than one "
            "position in a thousand can hold a token"
        )
    return text


Longest = Annotated[
    str, StringConstraints(pattern=r"^longest(\*[1-9][0-9]*)?$", max_length=16), AfterValidator(_not_padding_alone)
]

NO_VECTORS = "none"


class CorpusParams(Section):
    """How a dataset becomes a corpus of three splits."""

    validation: OpenShare
    test: OpenShare
    seed: Seed
    max_texts: Texts | Literal["all"]
    fold_labels: bool
    rare_classes: Literal["keep", "drop", "merge"]
    rare_below: Frequency

    @model_validator(mode="after")
    def _something_to_train_on(self) -> "CorpusParams":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test is {self.validation + self.test:g}; it must leave texts to train on")
        return self


class TokenizeParams(Section):
    """How texts become tokens."""

    kind: Literal["words", "wordpiece", "bpe", "auto", "file"]
    file: RelativePath
    vocabulary: Vocabulary
    min_frequency: Frequency
    lowercase: bool
    vectors: RelativePath


class BagOfWordsParams(Section):
    """The baseline that needs no neural network."""

    penalties: Annotated[tuple[Penalty, ...], Field(strict=False, min_length=1)]
    vocabulary: Features
    iterations: Passes

    @field_validator("penalties")
    @classmethod
    def _each_once(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return require_unique(value)


class PadParams(Section):
    """How tokens become rows of one width."""

    sides: Annotated[tuple[Side, ...], Field(strict=False, min_length=1)]
    max_len: Tokens | Annotated[float, Field(gt=0, le=1)] | Longest
    truncate: Literal["keep_head", "keep_tail"]

    @field_validator("sides")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return require_unique(value)
