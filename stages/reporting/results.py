"""What sentences, tables and figures ask of a report: cells, verdicts by question, and what is alike."""

from dataclasses import dataclass
from functools import cached_property

from stages.analysis.contract import Finding, Report
from stages.analysis.contract_cells import ALONE, CellFacts
from stages.analysis.contract_family import FamilyVerdict
from stages.analysis.contract_texts import BatchingCost
from stages.params.derived import BASELINE
from stages.params.layers import HEADS, RECURRENT
from stages.runtime.paths import AS_TRAINED, OTHER_SIDE, condition_name
from stages.stats.verdicts import UNMOVED

DRIFT = "drift_ratio"
FLIPS = "flip_rate"
ACCURACY = "accuracy_difference"
ACCURACY_CHANGE = "accuracy_change"
UNIT_SHIFT = "unit_shift"
JOINT_SHIFT = "joint_shift"
OF_A_STATE = (DRIFT, UNIT_SHIFT, JOINT_SHIFT)
"""The estimands that have a verdict for every state."""


@dataclass(frozen=True)
class Results:
    """A whole report."""

    report: Report

    @property
    def cells(self) -> list[CellFacts]:
        """In the order of params.yaml."""
        return self.report.cells

    @property
    def findings(self) -> list[Finding]:
        """Every verdict."""
        return self.report.verdicts

    @property
    def sides(self) -> list[str]:
        """The padding sides, in the order of params.yaml."""
        return list(dict.fromkeys(cell.side for cell in self.cells))

    @property
    def variants(self) -> list[str]:
        """The variants, in the order of params.yaml."""
        return list(dict.fromkeys(cell.variant for cell in self.cells))

    @cached_property
    def pads(self) -> list[int]:
        """The numbers of extra pads, rising; without 0, with which all others are compared."""
        return sorted({finding.pads for finding in self.findings if finding.pads})

    @cached_property
    def conditions(self) -> list[str]:
        """Every condition that is compared with the text alone: extra pads rising, as trained, on the other side."""
        other = [OTHER_SIDE] * any(finding.condition == OTHER_SIDE for finding in self.findings)
        return [*(condition_name(pads) for pads in self.pads), AS_TRAINED, *other]

    @property
    def headline(self) -> str:
        """The condition of the first table: `report.pads` extra pads, or as trained where no pads were added."""
        wanted = condition_name(self.report.params["report"]["pads"])
        return wanted if wanted in self.conditions else AS_TRAINED

    @property
    def epsilon(self) -> dict[str, float]:
        """The largest differences that do not matter, by estimand."""
        bounds: dict[str, float] = self.report.params["analyze"]["epsilon"]
        return bounds

    @property
    def exact_tolerance(self) -> float:
        """A change up to this is rounding."""
        return float(self.report.params["analyze"]["exact_tolerance"])

    @property
    def level(self) -> float:
        """Confidence level of the printed intervals."""
        return float(self.report.params["analyze"]["level"])

    def judged(self, question: str) -> list[FamilyVerdict]:
        """The verdicts on one question of the family, by side."""
        return [record for record in self.report.family if record.question == question]

    @property
    def masked_variant(self) -> str:
        """The variant of the family that masks, trained or not."""
        return str(self.report.params["analyze"]["family"]["variant"])

    def of(self, variant: str) -> list[CellFacts]:
        """The cells of a variant, on every side."""
        return [cell for cell in self.cells if cell.variant == variant]

    def keeps_still(self, variant: str) -> bool:
        """Whether no condition moved any state or prediction of a variant, on any side."""
        return all(self.exact(cell) for cell in self.of(variant))

    def cell(self, side: str, variant: str) -> CellFacts | None:
        """One cell; None where it was not trained."""
        return next((cell for cell in self.cells if (cell.side, cell.variant) == (side, variant)), None)

    @property
    def network(self) -> str:
        """What the unmasked model is called: by its recurrent layer, or a network where it has none."""
        cell = next((cell for cell in self.cells if cell.variant == BASELINE), self.cells[0])
        kind = RECURRENT.get(cell.architecture.recurrent)
        return kind.layer if kind else "network"

    def finding(
        self, cell: CellFacts, estimand: str, condition: str | None = None, state: str | None = None
    ) -> Finding | None:
        """One verdict; None where there is none.

        Args:
            cell: side and variant.
            estimand: one of the names above.
            condition: None for what is not about a condition.
            state: for estimands that have one; None stands for the state that the classifier reads.
        """
        wanted = (state or cell.state) if estimand in OF_A_STATE else None
        return self._by_key.get((cell.side, cell.variant, estimand, condition, wanted))

    def cost(self, side: str, variant: str, batching: str) -> BatchingCost:
        """What an epoch of one cell costs under one way to make batches."""
        wanted = (side, variant, batching)
        return next(cost for cost in self.report.cost if (cost.side, cost.variant, cost.batching) == wanted)

    @property
    def longest_text(self) -> int:
        """Tokens of the longest training text."""
        return self.report.dataset.tokens.splits["train"].length_quantiles["1"]

    @cached_property
    def _by_key(self) -> dict[tuple[str | None, ...], Finding]:
        return {
            (finding.side, finding.variant, finding.estimand, finding.condition, finding.state): finding
            for finding in self.findings
        }

    @cached_property
    def copies(self) -> list[str]:
        """The variants whose every figure on every side is the baseline's."""
        others = {cell.variant for cell in self.cells if not cell.same_as_baseline}
        return [variant for variant in self.variants if variant not in others]

    @property
    def originals(self) -> list[CellFacts]:
        """The cells of the variants that are no copies."""
        return [cell for cell in self.cells if cell.variant not in self.copies]

    @property
    def served(self) -> list[str]:
        """The conditions in which figures show how models serve: alone, the headline's pads, as trained, other side."""
        return list(dict.fromkeys((ALONE, self.headline, AS_TRAINED, OTHER_SIDE)))

    @property
    def original_names(self) -> dict[str, str]:
        """Labels of the variants that are no copies; that of the baseline names its copies too."""
        names = [variant for variant in self.variants if variant not in self.copies]
        return {name: " = ".join([name, *self.copies]) if name == BASELINE else name for name in names}

    def exact(self, cell: CellFacts) -> bool:
        """Whether no condition moved any state or prediction of the cell."""
        return all(
            finding.verdict in UNMOVED
            for finding in self.findings
            if (finding.side, finding.variant) == (cell.side, cell.variant) and finding.estimand in (DRIFT, FLIPS)
        )


def condition_text(condition: str) -> str:
    """A condition in words: the text alone, 16 extra pads, padding as in training, padding on the other side."""
    words = {ALONE: "the text alone", AS_TRAINED: "padding as in training", OTHER_SIDE: "padding on the other side"}
    if condition in words:
        return words[condition]
    pads = condition.removeprefix(ALONE[:-1])
    return f"{pads} extra pad{'' if pads == '1' else 's'}"


def condition_label(condition: str) -> str:
    """A condition in two words: alone, 16 pads, as trained, other side."""
    words = {ALONE: "alone", AS_TRAINED: "as trained", OTHER_SIDE: "other side"}
    return words[condition] if condition in words else condition_text(condition).replace(" extra", "")


def head_text(head: str) -> str:
    """What stands between the recurrent layers and the classifier, in words."""
    return f"all steps through the head `{head}`" if HEADS[head].reads_steps else "the last state"
