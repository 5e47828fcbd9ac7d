"""What the tests of the report share."""

from functools import partial

import pytest

from stages.reporting.report_json import report_of
from stages.reporting.results import Results
from tests.reporting.analyses import analysis


@pytest.fixture(scope="session")
def results(make_params):
    """The report of a hand-made analysis of six seeds, by changes of params and outcome; made once, for reading."""
    made = {}

    def make(changes=None, **outcome):
        asked = repr((changes, outcome))
        if asked not in made:
            params = make_params({"train.seeds": 6} | (changes or {}))
            made[asked] = Results(report_of(params, analysis(params, **outcome)))
        return made[asked]

    return make


@pytest.fixture(scope="session")
def deep_results(results):
    """The same of models that were served otherwise than trained, too."""
    return partial(results, served_otherwise=True)
