"""What a hand-made analysis is asked to say of one padding side and variant."""

from dataclasses import dataclass
from typing import Any

from stages.analysis.estimate import Estimate
from stages.params.derived import BASELINE
from stages.params.schema import Params
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.stats.verdicts import Verdict

Outcome = dict[str, Any]
"""Some fields of a Finding: its verdict and its figures."""

MAX_LEN = 31
TRAINING_TEXTS = 60
TEST_TEXTS = 40
TOKENS = 13
"""Of every text, on average."""
STATES = ["h_lstm_1", "c_lstm_1", "head"]
PADS_AS_TRAINED = 20
"""What a condition without a number of pads does as much as."""


@dataclass(frozen=True)
class Case:
    """What one side and variant shall look like."""

    params: Params
    side: str
    variant: str
    drift: Outcome
    flips: Outcome
    gain: Outcome
    learned: bool
    classes: int
    served_otherwise: bool

    @property
    def conditions(self) -> dict[str, int | None]:
        """Those compared with the text alone, with their number of pads."""
        padded: dict[str, int | None] = {condition_name(pads): pads for pads in self.params.export.pads if pads}
        return padded | {AS_TRAINED: None} | ({OTHER_SIDE: None} if self.served_otherwise else {})

    @property
    def seeds(self) -> int:
        """That were trained."""
        return self.params.train.seeds

    @property
    def learned_seeds(self) -> int:
        """All or none."""
        return self.seeds if self.learned else 0

    @property
    def strength(self) -> float:
        """How far a pad moves the state, 1 being the most."""
        if self.drift["verdict"] is Verdict.EXACT:
            return 0.0
        return 1.0 if self.side == "post" else 0.3

    @property
    def defined(self) -> bool:
        """Whether drift has a figure."""
        return self.drift["verdict"] is not Verdict.UNDEFINED

    @property
    def copy(self) -> bool:
        """Whether it is the baseline to the last bit."""
        return self.variant == "double_mask" and BASELINE in self.params.train.variants


def interval(estimate: float, half: float, seeds: int = 6) -> Estimate:
    """An interval of that half width; without bounds where there is one seed."""
    return Estimate(estimate, estimate - half, estimate + half) if seeds > 1 else Estimate(estimate, None, None)
