"""A variant whose mask masks nothing is trained for one seed, and has its twin's seeds where it repeats that one."""

from dataclasses import replace

import numpy as np
import pytest

from stages.analysis.over_models import models_of, with_seeds_of_its_twin
from stages.params.derived import architecture_of
from tests.analysis.planted import cell_of, condition, predictions, seed_result

LABELS = [0, 1] * 20


def seeds(numbers, correct=900, flipped=0):
    """Models under one condition, of whose predictions the first ones flip."""
    after = [1 - label if text < flipped else label for text, label in enumerate(LABELS)]
    return [
        seed_result(number, {"pads-8": condition(predicted=predictions(LABELS, LABELS, after))}, correct)
        for number in numbers
    ]


def twins(make_params, shown, side="post"):
    """The baseline with three seeds, and the double mask with these seeds of its own."""
    baseline = cell_of(make_params, seeds((3, 4, 5)))
    return baseline, cell_of(make_params, shown, "double_mask", side)


def test_one_seed_that_is_equal_to_the_last_bit_stands_for_all(make_params):
    baseline, double = twins(make_params, seeds((3,)))
    found = with_seeds_of_its_twin(double, [double, baseline])
    assert (found.variant, found.architecture) == ("double_mask", double.architecture)
    assert found.seeds is baseline.seeds
    assert found.own is found.trained is double.seeds
    assert found.same_results(baseline)


def test_its_accuracy_is_that_of_all_seeds_of_the_twin(make_params):
    _, double = twins(make_params, seeds((3,)))
    baseline = cell_of(make_params, [*seeds((3, 4)), *seeds((5,), correct=700)])
    found = with_seeds_of_its_twin(double, [baseline, double])
    assert found.tested.values.tolist() == [0.9, 0.9, 0.7]


def _one_text_less(seed):
    return seeds((3,), correct=899)[0]


def _one_flip(seed):
    return seeds((3,), flipped=1)[0]


def _one_digit(seed):
    test = seed.scores["splits"]["test"]
    splits = {**seed.scores["splits"], "test": {**test, "nll": np.nextafter(test["nll"], 1)}}
    return replace(seed, scores={**seed.scores, "splits": splits})


@pytest.mark.parametrize("changed", [_one_text_less, _one_flip, _one_digit])
def test_where_anything_differs_it_keeps_its_own_seed(make_params, changed):
    baseline, double = twins(make_params, [changed(seeds((3,))[0])])
    assert with_seeds_of_its_twin(double, [baseline, double]) is double


def test_without_a_twin_on_its_side_it_keeps_its_own_seed(make_params):
    baseline, double = twins(make_params, seeds((3,)), side="pre")
    assert with_seeds_of_its_twin(double, [baseline, double]) is double


def test_a_baseline_of_another_architecture_is_no_twin(make_params):
    baseline, double = twins(make_params, seeds((3,)))
    larger = replace(baseline, architecture=baseline.architecture.model_copy(update={"units": 3}))
    assert with_seeds_of_its_twin(double, [larger, double]) is double


def test_with_pretrained_vectors_the_second_mask_masks_and_there_is_no_twin(make_params):
    """Row 0 of the vectors is zero, so Masking finds the pads; equal results would be chance."""
    update = {"embeddings": "pretrained"}
    baseline, double = (
        replace(cell, architecture=cell.architecture.model_copy(update=update))
        for cell in twins(make_params, seeds((3,)))
    )
    assert with_seeds_of_its_twin(double, [baseline, double]) is double


@pytest.mark.parametrize("variant", ["baseline", "masked"])
def test_every_other_variant_stays_as_it_is(make_params, variant):
    baseline, _ = twins(make_params, seeds((3,)))
    cell = cell_of(make_params, seeds((3,)), variant)
    assert with_seeds_of_its_twin(cell, [baseline, cell]) is cell


@pytest.mark.parametrize(("variant", "pre", "post"), [("baseline", "pre", "post"), ("masked", "pre", "pre")])
def test_a_cell_has_the_models_of_the_side_that_its_variant_was_trained_on(make_params, tmp_path, variant, pre, post):
    params = make_params()
    assert architecture_of(params, variant).head == "last"
    assert models_of(params, tmp_path, "pre", variant) == tmp_path / variant / pre
    assert models_of(params, tmp_path, "post", variant) == tmp_path / variant / post
