"""A stand on each claim that a reader has met elsewhere: a rule on this run's numbers, and what decides."""

from stages.analysis.contract import Claim
from stages.reporting.claims.cost import compute_grows, mask_costs, truncation
from stages.reporting.claims.effects import attention_and_tuning, extent, often_minor
from stages.reporting.claims.stand import Rule
from stages.reporting.claims.states import mask_protects, not_eliminated, states_differ
from stages.reporting.results import Results

CLAIMS: dict[str, tuple[str, Rule]] = {
    "C1": ("Padded tokens cost compute that grows linearly with the padding.", compute_grows),
    "C2": (
        "Final hidden states of padded and unpadded copies of a text differ: subtly, yet consistently.",
        states_differ,
    ),
    "C3": ("An LSTM reduces the impact of padding but does not eliminate it.", not_eliminated),
    "C4": ('The effect on classification or prediction is "not dramatic, often minor".', often_minor),
    "C5": ("Masking keeps padded tokens out of the state updates.", mask_protects),
    "C6": ("Masking does not remove the computational cost.", mask_costs),
    "C7": (
        "The extent depends on sequence length, amount of padding, number of layers, hidden units, and the "
        "downstream layer.",
        extent,
    ),
    "C8": ("Attention, and tuning, minimise the effect but do not erase it.", attention_and_tuning),
    "C9": ("Truncating long texts speeds training up without costing accuracy.", truncation),
}


def claims(results: Results) -> list[Claim]:
    """The stand of this run on every claim."""
    return [Claim(id=name, claim=claim, **vars(rule(results))) for name, (claim, rule) in CLAIMS.items()]
