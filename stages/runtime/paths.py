"""Names of the files and folders that stages hand on: splits, cells, seeds and conditions."""

from pathlib import Path

from stages.errors import UserError

SPLITS = ("train", "validation", "test")

AS_TRAINED = "as-trained"
OTHER_SIDE = "other-side"
CORRECT = "correct.npy"
PAD_STEP = "_pad-step.json"
AUDIT = "_audit.json"
READOUT = "_readout.npy"
PATCHES = "_patches.json"
"""Beside the states: who opens data/states as a data set passes over names that begin with `_`."""


def raw_file(raw: Path, name: str) -> Path:
    """A file of the user's below data/raw, where DVC watches it.

    Raises:
        UserError: it lies behind a link to a folder, or in a DVC project of its own: DVC looks into neither.
    """
    path = raw / name
    for folder in path.parents[: len(Path(name).parts) - 1]:
        if folder.is_symlink() or (folder / ".dvc").exists():
            why = "is a link to a folder" if folder.is_symlink() else "holds .dvc, so it is a DVC project of its own"
            raise UserError(
                f"{folder}: it {why}, and DVC would not see a file in it change; copy {path.name}, or link the file "
                f"itself, into {raw}, and name it in params.yaml"
            )
    return path


def condition_name(pads: int) -> str:
    """The name of the condition with `pads` extra pads."""
    return f"pads-{pads}"


def conditions(pads: tuple[int, ...]) -> dict[str, int | None]:
    """The conditions by name, with their number of extra pads; None stands for padded to max_len.

    `as-trained` pads on the side that the model was trained with, `other-side` on the other one.
    """
    return {**{condition_name(count): count for count in pads}, AS_TRAINED: None, OTHER_SIDE: None}


def cell_folder(root: Path, side: str, variant: str) -> Path:
    """The folder of one cell, a padding side and a variant, below `root`."""
    return side_folder(root / variant, side)


def side_folder(variant: Path, side: str) -> Path:
    """The folder of one padding side below that of its variant."""
    return variant / side


def seed_folder(cell: Path, seed: int) -> Path:
    """The folder of one seed below that of its cell."""
    return cell / f"seed={seed}"


def states_folder(variant: Path, side: str, seed: int) -> Path:
    """Where the states of one model lie below the folder `variant=<id>`: `column=value` is how data sets are parted."""
    return seed_folder(variant / f"side={side}", seed)


def states_file(folder: Path, condition: str) -> Path:
    """Where the states of one condition lie below the folder of their model."""
    return folder / f"condition={condition}" / "states.parquet"


def states_of(root: Path, side: str, variant: str, seed: int) -> Path:
    """The folder of one model below that of all states."""
    return states_folder(root / f"variant={variant}", side, seed)
