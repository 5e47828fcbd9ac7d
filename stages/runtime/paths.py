"""Names of the files and folders that stages hand on: splits, cells, seeds and conditions."""

from pathlib import Path

SPLITS = ("train", "validation", "test")

AS_TRAINED = "as-trained"
OTHER_SIDE = "other-side"
CORRECT = "correct.npy"
PAD_STEP = "pad-step.json"
AUDIT = "audit.json"
READOUT = "readout.npy"
PATCHES = "patches.json"


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


def states_path(root: Path, side: str, variant: str, seed: int, condition: str) -> Path:
    """Where the states of one condition lie below the folder of all states."""
    return seed_folder(cell_folder(root, side, variant), seed) / f"{condition}.parquet"


def audit_path(root: Path, side: str, variant: str, seed: int) -> Path:
    """Where the audit of one model lies below the folder of all states."""
    return seed_folder(cell_folder(root, side, variant), seed) / AUDIT


def pad_step_path(root: Path, side: str, variant: str, seed: int) -> Path:
    """Where the account of what one pad does to the states of one model lies below the folder of all states."""
    return seed_folder(cell_folder(root, side, variant), seed) / PAD_STEP


def readout_path(root: Path, side: str, variant: str, seed: int) -> Path:
    """Where the directions along which one model's classifier reads lie below the folder of all states."""
    return seed_folder(cell_folder(root, side, variant), seed) / READOUT


def patches_path(root: Path, side: str, variant: str, seed: int) -> Path:
    """Where the texts that one model gets right with patched states lie, if they were asked for."""
    return seed_folder(cell_folder(root, side, variant), seed) / PATCHES
