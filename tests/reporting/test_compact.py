import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.runtime.files import json_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_it_reads_back_as_what_was_written(value):
    assert json.loads(json_text(value)) == value


def test_a_flat_record_and_a_list_of_numbers_stand_on_one_line():
    value = {"verdicts": [{"b": 1, "a": "x"}, {"c": [1, 2], "d": None}], "empty": []}
    lines = ["{", '  "empty": [],', '  "verdicts": [', '    {"a": "x", "b": 1},', "    {", '      "c": [1, 2],']
    assert json_text(value) == "\n".join([*lines, '      "d": null', "    }", "  ]", "}", ""])


def test_what_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="Out of range"):
        json_text({"a": float("nan")})
