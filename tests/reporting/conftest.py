"""What the tests of the report share."""

import pytest

from stages.reporting.report_json import Analysis, report_content
from stages.reporting.results import Results
from tests.reporting.analyses import analysis
from tests.reporting.deeper import deeper


@pytest.fixture
def results(make_params):
    def make(changes=None, **outcome):
        params = make_params(changes)
        return Results(report_content(params, Analysis(**analysis(params, **outcome))))

    return make


@pytest.fixture
def deep_results(results):
    """A report with every key; `replaced` puts values in the place of keys of each cell or at the top."""

    def make(changes=None, replaced=None, **outcome):
        return deeper(results(changes, **outcome).report, **(replaced or {}))

    return make
