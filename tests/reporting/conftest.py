"""What the tests of the report share."""

import pytest

from stages.reporting.content import Analysis, report_content
from stages.reporting.results import Results
from tests.reporting.analyses import analysis


@pytest.fixture
def results(make_params):
    def make(changes=None, **outcome):
        params = make_params(changes)
        return Results(report_content(params, Analysis(**analysis(params, **outcome))))

    return make
