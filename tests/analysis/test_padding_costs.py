"""Costs of three texts of known length, counted by hand."""

import json

import numpy as np
import pytest

from stages.analysis.padding_costs import batching_costs, law_facts, length_facts
from tests.analysis.planted import in_json

batching_costs = in_json(batching_costs)
law_facts = in_json(law_facts)
length_facts = in_json(length_facts)

pytestmark = pytest.mark.filterwarnings("error")

COUNTS = [0, 1, 0, 2, 0, 1]
"""Texts of 1, 3, 3 and 5 tokens."""
MAX_LEN = 4


@pytest.fixture
def folders(tmp_path):
    tokens, padded = tmp_path / "tokens", tmp_path / "padded"
    for path, content in (
        (tokens, {"splits": {"train": {"length_counts": COUNTS}, "test": {"length_counts": [0, 99]}}}),
        (padded / "pre", {"max_len": MAX_LEN}),
        (padded / "post", {"max_len": 6}),
    ):
        path.mkdir(parents=True)
        (path / "profile.json").write_text(json.dumps(content))
    return tokens, padded


def params_of(make_params, **changes):
    small = {"train.batch_size": 2, "model.embedding": 2, "model.units": 3, "model.layers": 1}
    return make_params({**small, **{name.replace("__", "."): value for name, value in changes.items()}})


def by_batching(records, side, variant):
    return {each["batching"]: each for each in records if (each["side"], each["variant"]) == (side, variant)}


def test_the_histogram_of_the_training_texts(folders):
    tokens, padded = folders
    assert length_facts(tokens, padded / "pre") == {"max_len": 4, "train": {"counts": [[1, 1], [3, 2], [5, 1]]}}


def test_steps_and_flops_by_hand(make_params, folders):
    """Kept are 1, 3, 3 and 4 tokens: 11. Fixed 4 · 4; sorted pairs 2 · 3 + 2 · 4.

    Of the 6 pairs of texts in random order, 3 have the one of 4 tokens, 3 have at most 3: twice a pair of 3.5.
    """
    found = by_batching(batching_costs(params_of(make_params), *folders), "pre", "baseline")
    steps = {name: each["steps"] for name, each in found.items()}
    assert steps == {"fixed": 16, "per_batch": pytest.approx(14), "bucketed": 14, "packed": 11}
    # Four gates of 3 units reading 3 + 2 numbers, a multiply and an add each, and 9 operations a unit.
    assert found["fixed"]["flops_per_step"] == 2 * 4 * 3 * 5 + 27
    assert found["fixed"]["flops"] == 16 * 147
    assert (found["fixed"]["texts"], found["fixed"]["text_steps"], found["fixed"]["max_len"]) == (4, 11, 4)
    assert (found["fixed"]["wasted"], found["packed"]["wasted"]) == (5 / 16, 0)


def test_every_side_has_its_own_width(make_params, folders):
    records = batching_costs(params_of(make_params), *folders)
    assert by_batching(records, "post", "masked")["fixed"]["steps"] == 4 * 6
    assert len(records) == 2 * 3 * 4


def test_trimming_is_usable_where_the_state_ignores_pads(make_params, folders):
    def usable(**changes):
        records = batching_costs(params_of(make_params, **changes), *folders)
        return {
            variant: {name for name, each in by_batching(records, "pre", variant).items() if each["usable"]}
            for variant in ("baseline", "masked", "double_mask")
        }

    padded, trimmed = {"fixed"}, {"fixed", "per_batch", "bucketed"}
    assert usable() == {"baseline": padded, "masked": trimmed, "double_mask": padded}
    # With dropout the noise of a trimmed batch would be another than that of a padded one.
    assert usable(model__dropout=0.2) == dict.fromkeys(("baseline", "masked", "double_mask"), padded)


def test_a_variant_has_the_flops_of_its_own_size(make_params, folders):
    found = batching_costs(
        params_of(make_params, variants__masked={"mask": "embedding", "bidirectional": "concat"}), *folders
    )
    assert by_batching(found, "pre", "masked")["fixed"]["flops_per_step"] == 2 * 147
    assert by_batching(found, "pre", "baseline")["fixed"]["flops_per_step"] == 147


def test_one_more_column_costs_one_step_a_text(make_params, folders):
    """Widths: the median 3, the other quantiles 3 and 5, max_len 4 and twice the longest text."""
    law = law_facts(params_of(make_params), *folders)
    assert [(point["max_len"], point["steps"]) for point in law["points"]] == [(3, 12), (4, 16), (5, 20), (10, 40)]
    assert (law["slope"], law["r_squared"], law["texts"]) == (4, 1, 4)
    shares = [point["padding_share"] for point in law["points"]]
    np.testing.assert_allclose(shares, [1 - 10 / 12, 1 - 11 / 16, 1 - 12 / 20, 1 - 12 / 40])


def test_texts_of_one_token_still_make_a_line(make_params, folders):
    tokens, padded = folders
    (tokens / "profile.json").write_text(json.dumps({"splits": {"train": {"length_counts": [0, 7]}}}))
    (padded / "pre" / "profile.json").write_text(json.dumps({"max_len": 1}))
    law = law_facts(params_of(make_params), tokens, padded)
    assert [(point["max_len"], point["steps"]) for point in law["points"]] == [(1, 7), (2, 14)]
    assert law["slope"] == 7
