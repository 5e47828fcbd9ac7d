"""The types of a sweep's JSON against the committed sweeps."""

import json

import pytest
from pydantic import ValidationError

from stages.analysis.contract import from_json
from stages.runtime.files import json_text
from stages.sweeps.report.markdown import sweep_markdown
from stages.sweeps.summary.factors_json import FactorsReport
from stages.sweeps.summary.markdown import factors_markdown
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_findings import GapAt
from stages.sweeps.sweep_json_rows import Figure, picked
from tests.conftest import REPOSITORY, committed
from tests.sweeps import examples

WORDS = ("EQUIVALENT", "DIFFERENT", "INCONCLUSIVE")
"""They belong to the six verdicts of the main report."""
SWEPT = sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("reports/*/sweeps/*.json"))
FACTORS = sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("reports/*/factors.json"))


@pytest.mark.parametrize("path", SWEPT)
def test_a_committed_sweep_is_the_same_behind_its_types(path):
    text = committed(path)
    report = SweepReport.from_json(json.loads(text))
    assert json_text(report.to_json()) == text
    assert sweep_markdown(report) == committed(path.replace(".json", ".md"))


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_family_is_no_verdict_of_a_sweep(word):
    with pytest.raises(ValidationError, match="verdict"):
        from_json(Figure, {"estimate": 1.0, "low": 0.5, "high": 2.0, "verdict": word})


@pytest.mark.parametrize("path", [*SWEPT, *FACTORS])
def test_nothing_that_is_committed_of_a_sweep_wears_a_verdict_word(path):
    text = committed(path) + committed(path.replace(".json", ".md"))
    assert not [word for word in WORDS if word in text]


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_the_markdown_of_a_file_is_that_of_the_sweep_that_wrote_it(name):
    """JSON sorts its keys: axes, conditions and variants keep their order, the settings alone do not."""
    report = examples.EXAMPLES[name]()
    read = SweepReport.from_json(json.loads(json_text(report.to_json())))
    assert sweep_markdown(read) == sweep_markdown(report)


def test_a_class_picks_its_fields_from_a_source_and_misses_none():
    change = Figure(estimate=0.1, low=0.0, high=0.2, reason="why")
    assert picked(GapAt, change, levels={}, low=0.05) == GapAt(
        estimate=0.1, low=0.05, high=0.2, reason="why", levels={}
    )
    with pytest.raises(ValidationError, match="levels"):
        picked(GapAt, change)


@pytest.mark.parametrize("path", FACTORS)
def test_a_committed_summary_is_the_same_behind_its_types_and_rendered(path):
    report = FactorsReport.from_json(json.loads(committed(path)))
    assert json_text(report.to_json()) == committed(path)
    assert factors_markdown(report) == committed(path.replace(".json", ".md"))
