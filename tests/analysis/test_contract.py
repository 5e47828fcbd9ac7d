"""The contract against the committed report: every key has its field, and a field says when it is None."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from stages.analysis.contract import Finding, Report, from_json, to_json
from stages.runtime.files import json_text
from tests.conftest import committed


@pytest.fixture(scope="module")
def report():
    return json.loads(committed("reports/synthetic/report.json"))


def test_a_report_is_the_same_behind_its_types(report):
    assert json_text(to_json(from_json(Report, report))) == committed("reports/synthetic/report.json")


def test_a_key_that_is_unknown_or_missing_is_named(report):
    with pytest.raises(ValidationError, match=r"cells\.0\.colour"):
        from_json(Report, report | {"cells": [report["cells"][0] | {"colour": "red"}]})
    without = {key: value for key, value in report["cells"][0].items() if key != "seeds"}
    with pytest.raises(ValidationError, match=r"cells\.0\.seeds"):
        from_json(Report, report | {"cells": [without]})


def test_what_is_left_out_is_not_written(report):
    (exact, *_) = (record for record in report["verdicts"] if record["verdict"] == "EXACT")
    assert "reason" not in exact
    assert "reason" not in to_json(from_json(Finding, exact))
    assert to_json(from_json(Finding, exact | {"reason": "none"}))["reason"] == "none"


def test_every_field_has_its_docstring():
    schema = TypeAdapter(Report).json_schema()
    kinds = {"Report": schema, **schema["$defs"]}
    own = {name: kind["properties"] for name, kind in kinds.items() if name not in {"Architecture", "Verdict"}}
    inherited = own["Served"]
    bare = [
        f"{name}.{key}"
        for name, fields in own.items()
        for key, field in fields.items()
        if not (field.get("description") or inherited.get(key, {}).get("description"))
    ]
    assert len(own) > 40
    assert not bare
