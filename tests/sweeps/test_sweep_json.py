"""The types of a sweep's JSON against the committed sweeps."""

import json

import pytest
from pydantic import ValidationError

from stages.runtime.files import json_text
from stages.stats.verdicts import Verdict
from stages.sweeps.report.markdown import sweep_markdown
from stages.sweeps.summary.factors_json import FactorsReport
from stages.sweeps.summary.markdown import factors_markdown
from stages.sweeps.sweep_json import SweepReport
from stages.sweeps.sweep_json_findings import GapAt
from stages.sweeps.sweep_json_rows import Figure, JudgedFigure, picked
from tests.conftest import REPOSITORY, committed
from tests.sweeps import examples

SWEPT = sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("reports/*/sweeps/*.json"))
FACTORS = sorted(path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("reports/*/factors.json"))


@pytest.mark.parametrize("path", SWEPT)
def test_a_committed_sweep_is_the_same_behind_its_types(path):
    text = committed(path)
    assert json_text(SweepReport.from_json(json.loads(text)).to_json()) == text


@pytest.mark.parametrize("name", examples.EXAMPLES)
def test_the_markdown_of_a_file_is_that_of_the_sweep_that_wrote_it(name):
    """JSON sorts its keys: axes, conditions and variants keep their order, the settings alone do not."""
    report = examples.EXAMPLES[name]()
    read = SweepReport.from_json(json.loads(json_text(report.to_json())))
    assert sweep_markdown(read) == sweep_markdown(report)


def test_a_class_picks_its_fields_from_a_source_and_misses_none():
    change = JudgedFigure(estimate=0.1, low=0.0, high=0.2, verdict=Verdict.DIFFERENT)
    assert picked(GapAt, change, levels={}, low=0.05) == GapAt(
        estimate=0.1, low=0.05, high=0.2, verdict=Verdict.DIFFERENT, levels={}
    )
    assert picked(Figure, change) == Figure(estimate=0.1, low=0.0, high=0.2)
    with pytest.raises(ValidationError, match="levels"):
        picked(GapAt, change)


@pytest.mark.parametrize("path", FACTORS)
def test_a_committed_summary_is_the_same_behind_its_types_and_rendered(path):
    report = FactorsReport.from_json(json.loads(committed(path)))
    assert json_text(report.to_json()) == committed(path)
    assert factors_markdown(report) == committed(path.replace(".json", ".md"))
