"""What the values of params.yaml make the stages do."""

from collections.abc import Callable

import pytest

from stages.errors import UserError
from stages.params.derived import (
    architecture_of,
    directions,
    ignores_padding,
    masks_nothing,
    seed_numbers,
    trained_seeds,
    trained_side,
    trained_sides,
    trims_batches,
)
from stages.params.schema import Params


def test_a_variant_overrides_the_shared_sizes(make_params: Callable[..., Params]) -> None:
    params = make_params({"model.units": 8, "variants.masked": {"mask": "embedding", "layers": 2}})
    assert (architecture_of(params, "masked").units, architecture_of(params, "masked").layers) == (8, 2)
    assert architecture_of(params, "baseline").layers == 1


def test_a_variant_that_the_table_lacks_is_named(make_params: Callable[..., Params]) -> None:
    with pytest.raises(UserError, match=r"^params.yaml: variant: 'maskd' is not in the table; did you mean 'masked'"):
        architecture_of(make_params(), "maskd")


def test_seeds_count_from_the_first(make_params: Callable[..., Params]) -> None:
    assert seed_numbers(make_params({"train.first_seed": 3, "train.seeds": 2}).train) == (3, 4)


def test_pads_are_in_order_however_they_are_named(make_params: Callable[..., Params]) -> None:
    assert make_params({"export.pads": [16, 0, 4]}).export.pads == (0, 4, 16)


@pytest.mark.parametrize(("merge", "number"), [("none", 1), ("concat", 2), ("sum", 2)])
def test_a_recurrent_layer_reads_in_one_direction_or_two(
    make_params: Callable[..., Params], merge: str, number: int
) -> None:
    assert directions(architecture_of(make_params({"model.bidirectional": merge}), "baseline")) == number


@pytest.mark.parametrize(
    ("variant", "changes", "ignores", "trimmed"),
    [
        ("masked", {}, True, True),
        ("baseline", {}, False, False),
        ("double_mask", {}, False, False),
        ("masked", {"model.head": "max"}, False, False),
        ("masked", {"model.dropout": 0.1}, True, False),
        ("masked", {"model.recurrent_dropout": 0.1}, True, False),
        ("masked", {"train.trim": "never"}, True, False),
        ("baseline", {"train.trim": "always"}, False, True),
    ],
)
def test_batches_are_trimmed_where_no_result_changes_by_it_or_as_the_user_says(
    make_params: Callable[..., Params], variant: str, changes: dict[str, object], ignores: bool, trimmed: bool
) -> None:
    params = make_params(changes)
    architecture = architecture_of(params, variant)
    assert (ignores_padding(architecture), trims_batches(params.train, architecture)) == (ignores, trimmed)


@pytest.mark.parametrize(
    ("variant", "changes", "sides"),
    [
        ("baseline", {}, ("pre", "post")),
        ("baseline", {"pad.sides": ["post"]}, ("post",)),
        ("masked", {}, ("pre",)),
        ("masked", {"pad.sides": ["post"]}, ("post",)),
        ("masked", {"model.head": "max"}, ("pre", "post")),
        ("masked", {"train.trim": "never", "model.dropout": 0.1}, ("pre",)),
        ("explicit", {}, ("pre",)),
        ("double_mask", {}, ("pre", "post")),
    ],
)
def test_a_variant_that_ignores_padding_is_trained_on_the_first_side_for_all(
    make_params: Callable[..., Params], variant: str, changes: dict[str, object], sides: tuple[str, ...]
) -> None:
    params = make_params(changes)
    assert trained_sides(params, variant) == sides
    trained = [side if side in sides else sides[0] for side in params.pad.sides]
    assert [trained_side(params, variant, side) for side in params.pad.sides] == trained


@pytest.mark.parametrize(
    ("variant", "changes", "nothing"),
    [
        ("double_mask", {}, True),
        ("double_mask", {"model.head": "max"}, True),
        # Row 0 of these is zero, so Masking finds its pads.
        ("double_mask", {"model.embeddings": "pretrained", "tokenize.vectors": "glove.txt"}, False),
        ("double_mask", {"model.embeddings": "frozen", "tokenize.vectors": "glove.txt"}, False),
        ("masked", {}, False),
        ("zeroed_row", {}, False),
        ("baseline", {}, False),
    ],
)
def test_one_seed_is_trained_of_a_mask_that_masks_nothing(
    make_params: Callable[..., Params], variant: str, changes: dict[str, object], nothing: bool
) -> None:
    params = make_params({"train.first_seed": 3, "train.seeds": 2, **changes})
    assert masks_nothing(architecture_of(params, variant)) is nothing
    assert trained_seeds(params, variant) == ((3,) if nothing else (3, 4))
