"""A cell whose models read forty texts and are wrong on those that a test chooses."""

from stages.analysis.cell_facts import cell_facts
from stages.analysis.contract import to_json
from tests.analysis.planted import BAG, cell_of, condition, predictions, seed_result, spread_by

TEXTS = 40
CONDITIONS = {"pads-8": 8, "as-trained": None}
LABEL = [0, 1] * (TEXTS // 2)
ALONE, PADDED = spread_by(0.5, texts=TEXTS, width=2)
STATES = {"h_lstm_1": (ALONE, PADDED)}


def guess(wrong):
    """The true class but for these texts."""
    return [1 - label if text in set(wrong) else label for text, label in enumerate(LABEL)]


def seed_of(
    number, *, alone=range(4), padded=range(16), trained=range(10), correct=900, states=STATES, bins=None, sure=0.8
):
    """Wrong on 4 texts alone, on 16 with 8 pads and on 10 as trained."""
    before = guess(alone)
    conditions = {
        "pads-8": condition(states, predictions(LABEL, before, guess(padded), sure), bins),
        "as-trained": condition(states, predictions(LABEL, before, guess(trained), sure), bins),
    }
    return seed_result(number, conditions, correct, **({"confidence": bins} if bins else {}))


def facts_of(make_params, seeds, *, variant="baseline", baseline=None, **changes):
    cell = cell_of(make_params, seeds, variant)
    compared = cell if baseline is None else baseline
    return to_json(cell_facts(cell, compared, CONDITIONS, BAG, make_params(changes).analyze))


def at(facts, name):
    (found,) = [each for each in facts["conditions"] if each["condition"] == name]
    return found


def base_of(make_params, *correct):
    return cell_of(make_params, [seed_of(number, correct=right) for number, right in enumerate(correct)])
