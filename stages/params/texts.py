"""The sections of params.yaml that say how texts become rows of tokens, and the baseline that reads tokens alone."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from stages.params.datasets import NonNegativeInt, PositiveFloat, PositiveInt, RelativePath
from stages.params.section import Section, require_unique

Side = Literal["pre", "post"]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
Longest = Annotated[str, StringConstraints(pattern=r"^longest(\*[1-9][0-9]*)?$")]

NO_VECTORS = "none"


class CorpusParams(Section):
    """How a dataset becomes a corpus of three splits."""

    validation: OpenShare
    test: OpenShare
    seed: NonNegativeInt
    max_texts: Annotated[int, Field(ge=10)] | Literal["all"]
    fold_labels: bool
    rare_classes: Literal["keep", "drop", "merge"]
    rare_below: PositiveInt

    @model_validator(mode="after")
    def _something_to_train_on(self) -> "CorpusParams":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test is {self.validation + self.test:g}; it must leave texts to train on")
        return self


class TokenizeParams(Section):
    """How texts become tokens."""

    kind: Literal["words", "wordpiece", "bpe", "auto", "file"]
    file: RelativePath
    vocabulary: Annotated[int, Field(ge=3)]
    min_frequency: PositiveInt
    lowercase: bool
    vectors: RelativePath


class BagOfWordsParams(Section):
    """The baseline that needs no neural network."""

    penalties: Annotated[tuple[PositiveFloat, ...], Field(strict=False, min_length=1)]
    vocabulary: PositiveInt
    iterations: PositiveInt

    @field_validator("penalties")
    @classmethod
    def _each_once(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return require_unique(value)


class PadParams(Section):
    """How tokens become rows of one width."""

    sides: Annotated[tuple[Side, ...], Field(strict=False, min_length=1)]
    max_len: Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, le=1)] | Longest
    truncate: Literal["keep_head", "keep_tail"]

    @field_validator("sides")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return require_unique(value)
