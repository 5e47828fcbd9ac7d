"""What the tests of the report share."""

from functools import partial

import pytest

from stages.reporting.report_json import report_of
from stages.reporting.results import Results
from tests.reporting.analyses import analysis


@pytest.fixture
def results(make_params):
    """The report of a hand-made analysis of six seeds, by changes of params and outcome."""

    def make(changes=None, **outcome):
        params = make_params({"train.seeds": 6} | (changes or {}))
        return Results(report_of(params, analysis(params, **outcome)))

    return make


@pytest.fixture
def deep_results(results):
    """The same of models that were served otherwise than trained, too."""
    return partial(results, served_otherwise=True)
