"""The numbers that params.yaml may hold: what each is at least and at most, and why not more.

What fits within these bounds may still be too much for a machine: `make check` says what a run will need.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from stages.params.section import shown


def at_most(most: float, why: str) -> AfterValidator:
    """Refuses a larger number with a sentence that says why."""

    def check(value: float) -> float:
        if value > most:
            bound = f"{most:,}" if isinstance(most, int) else f"{most:g}"
            raise ValueError(f"{shown(value)} is not allowed; it should be at most {bound}: {why}")
        return value

    return AfterValidator(check)


Frequency = Annotated[int, Field(ge=1), at_most(10**9, "no token occurs more often in texts that `ingest` can sort")]
Texts = Annotated[int, Field(ge=10), at_most(10**9, "the largest table that `ingest` sorts within a day")]
ExportedTexts = Annotated[int, Field(ge=2), at_most(10**9, "there are no more texts")]
Seed = Annotated[int, Field(ge=0), at_most(2**63 - 1, "the largest integer of 64 bits")]
Classes = Annotated[int, Field(ge=2), at_most(1_000, "each has cue words of its own, and a row in every table")]
Tokens = Annotated[int, Field(ge=1), at_most(100_000, "a recurrent layer takes one step for each, one after another")]
Pads = Annotated[int, Field(ge=0), at_most(100_000, "a recurrent layer takes one step for each, one after another")]
Vocabulary = Annotated[int, Field(ge=3), at_most(10_000_000, "each token has a row of the embedding in memory")]
Features = Annotated[int, Field(ge=1), at_most(10_000_000, "each token has a weight for each class in memory")]
Words = Annotated[int, Field(ge=20), at_most(10_000_000, "each word is made and kept in memory")]
Cues = Annotated[int, Field(ge=1), at_most(1_000, "a text must hold every one of them and its negation")]
LengthSigma = Annotated[float, Field(ge=0), at_most(10, "one text in six would be 22,000 times the median")]
MedianLength = Annotated[float, Field(gt=0), at_most(100_000, "no text may be longer")]
Passes = Annotated[int, Field(ge=1), at_most(1_000_000, "each reads all training texts")]
Penalty = Annotated[float, Field(gt=0), at_most(1e12, "beyond it every weight is 0")]
Units = Annotated[int, Field(ge=1), at_most(4_096, "`analyze` keeps a sum for every pair of them")]
Epochs = Annotated[int, Field(ge=1), at_most(100_000, "each reads all training texts, and has a row in history.csv")]
Patience = Annotated[int, Field(ge=0), at_most(100_000, "there are no more epochs")]
BatchSize = Annotated[int, Field(ge=1), at_most(65_536, "all of its texts and their states are in memory at once")]
LearningRate = Annotated[float, Field(gt=0), at_most(10, "Adam moves a weight by about as much in one step")]
Tolerance = Annotated[float, Field(gt=0), at_most(1, "the state of an LSTM lies between -1 and 1")]
Ratio = Annotated[float, Field(gt=0), at_most(1, "there the shift is as large as what carries the information")]
Rate = Annotated[float, Field(gt=0), at_most(1, "it is a share")]
Deviations = Annotated[float, Field(gt=0), at_most(100, "in standard deviations, nothing beyond is small")]
ProbeTexts = Annotated[int, Field(ge=50), at_most(100_000, "a probe has all of them in memory, with all units")]
Workers = Annotated[int, Field(ge=0), at_most(1_024, "each is a process with 0.7 GB of its own")]
Threads = Annotated[int, Field(ge=0), at_most(64, "the products of a recurrent step are too small for more")]
PadValue = (
    Annotated[int, Field(ge=-(2**63)), at_most(2**63 - 1, "the largest integer of an array")]
    | Annotated[float, Field(ge=-3.4e38), at_most(3.4e38, "the largest number of 32 bits")]
)
