"""The way of a mask: what became of it on its way to every call, and why a call reads pads."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .following import Place, Steps, array_of
from .recording import Call, is_open
from .result import Cause, Did


class Fate(StrEnum):
    """What is known of the mask of a tensor."""

    NEVER = "never"
    """None was made before it, or its time axis is gone."""
    GOOD = "good"
    """It carries one that is false at pads and true at text."""
    OPEN = "open"
    """It carries one that is true at pads, or false at text."""
    LOST = "lost"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class Standing:
    """What is known of a tensor: of its mask, and of where its real steps stand."""

    fate: Fate
    culprit: str | None = None
    """Which call made it so; None for code between two calls."""
    replaced: bool = False
    """With OPEN: whether a good mask was there before."""
    turned: bool = False
    """Whether its steps stand at the other end than the mask says."""


NEVER = Standing(Fate.NEVER)


@dataclass(frozen=True)
class History:
    """What a call did with its masks, and what would be the cause if it read pads."""

    did: Did
    cause: Cause
    culprit: str | None
    mask_in: bool
    mask_out: bool


def histories(alone: Sequence[Call], padded: Sequence[Call], steps: Steps, places: Sequence[Place]) -> list[History]:
    """The history of every call of a run with pads.

    Args:
        alone: the calls of the run of the same texts without pads.
        padded: those with pads.
        steps: where the real steps stand.
        places: for every call, where the real steps of its first output stand.
    """
    standings: dict[int, Standing] = {}
    latest = [NEVER]  # how the first output stood after so many calls
    result = []
    for before, call, place in zip(alone, padded, places, strict=True):
        incoming = [
            _incoming(mask, mask_alone, standings.get(id(tensor), latest[behind]), steps)
            for tensor, behind, mask, mask_alone in zip(
                call.inputs, call.behind, call.arriving, before.arriving, strict=True
            )
        ]
        quality = [_quality(m, m_alone, steps) for m, m_alone in zip(call.handed, before.handed, strict=False)]
        outgoing = [
            _known_inside(call, tensor, mask, standings) or _outgoing(call, mask, mask_alone, incoming, place, steps)
            for tensor, mask, mask_alone in zip(call.outputs, call.masks, before.masks, strict=True)
        ]
        has_time = place is not Place.WHOLE
        result.append(
            _history(call, incoming, quality, outgoing, has_time=has_time, bare=_bare(before, call, incoming, steps))
        )
        standings |= {id(tensor): standing for tensor, standing in zip(call.outputs, outgoing, strict=True)}
        standings |= {id(tensor): Standing(Fate.LOST, call.path) for tensor in call.cleared}
        latest.append(outgoing[0] if outgoing else latest[-1])
    return result


def _quality(mask: Any, alone: Any, steps: Steps) -> Fate:
    """Whether a mask is false at pads, and at text what it is without them."""
    with_pads, without = array_of(mask).astype(bool), array_of(alone).astype(bool)
    pair = steps.both(without, with_pads)
    if pair is None or not steps.axes(without.shape, with_pads.shape):
        return Fate.GOOD
    same = (pair[0] == pair[1]).all()
    return Fate.GOOD if same and with_pads.sum() == pair[1].sum() else Fate.OPEN


def _incoming(mask: Any, alone: Any, origin: Standing, steps: Steps) -> Standing:
    if mask is None or alone is None:
        if origin.fate in (Fate.GOOD, Fate.OPEN):  # made, and gone between two calls
            return Standing(Fate.LOST)
        return origin
    if _quality(mask, alone, steps) is Fate.GOOD:
        return Standing(Fate.GOOD, origin.culprit if origin.turned else None, turned=origin.turned)
    return origin if origin.fate is Fate.OPEN else Standing(Fate.OPEN)


def _bare(before: Call, call: Call, incoming: list[Standing], steps: Steps) -> bool:
    """Whether some input has a time axis and never had a mask."""
    shapes = [(first.shape, second.shape) for first, second in zip(before.inputs, call.inputs, strict=True)]
    timed = [len(first) == len(second) and bool(steps.axes(first, second)) for first, second in shapes]
    return any(has_time and item.fate is Fate.NEVER for has_time, item in zip(timed, incoming, strict=True))


def _known_inside(call: Call, tensor: Any, mask: Any, standings: dict[int, Standing]) -> Standing | None:
    """What is known of an output without a mask that a call inside of this one gave; None where none did."""
    return standings.get(id(tensor)) if mask is None and is_open(call.operation) else None


def _outgoing(call: Call, mask: Any, alone: Any, incoming: list[Standing], place: Place, steps: Steps) -> Standing:
    fates = {standing.fate for standing in incoming}
    turned = place is Place.TURNED or (place is not Place.WHOLE and any(item.turned for item in incoming))
    if mask is not None and alone is not None:
        if _quality(mask, alone, steps) is Fate.GOOD:
            return Standing(Fate.GOOD, call.path if turned else None, turned=turned)
        known = next((standing for standing in incoming if standing.fate is Fate.OPEN and standing.culprit), None)
        return known or Standing(Fate.OPEN, call.path, replaced=Fate.GOOD in fates)
    if place is Place.WHOLE:
        return NEVER
    lost = next((standing for standing in incoming if standing.fate in (Fate.LOST, Fate.DESTROYED)), None)
    if fates & {Fate.GOOD, Fate.OPEN} and lost is None:
        return Standing(Fate.DESTROYED if call.warned else Fate.LOST, call.path)
    return lost or NEVER


def _history(
    call: Call, incoming: list[Standing], quality: list[Fate], outgoing: list[Standing], *, has_time: bool, bare: bool
) -> History:
    """What a call did, and would be the cause of; `bare`: some input has a time axis and never had a mask."""
    arrives = any(standing.fate in (Fate.GOOD, Fate.OPEN) for standing in incoming)
    leaves = any(standing.fate in (Fate.GOOD, Fate.OPEN) for standing in outgoing)
    cause, culprit = _cause(call, incoming, quality, leaves=leaves, bare=bare)
    not_handed = arrives and not call.handed and _takes_mask(call)
    if not_handed:
        did = Did.NOT_HANDED
    elif leaves:
        worse = any(item.fate is Fate.OPEN and item.culprit == call.path and item.replaced for item in outgoing)
        did = Did.REPLACED if worse else Did.KEPT if arrives else Did.MADE
    elif arrives or call.handed:
        did = Did.DESTROYED if call.warned or has_time else Did.CONSUMED
    elif any(standing.fate in (Fate.LOST, Fate.DESTROYED) for standing in incoming):
        did = Did.LOST_BEFORE
    else:
        did = Did.NONE
    return History(did, cause, culprit, arrives or bool(call.handed), leaves)


def _cause(
    call: Call, incoming: list[Standing], quality: list[Fate], *, leaves: bool, bare: bool
) -> tuple[Cause, str | None]:
    """Why a call reads pads, if it does, and who made it so."""
    by_fate = {standing.fate: standing for standing in reversed(incoming)}
    carried = [standing for standing in incoming if standing.fate in (Fate.GOOD, Fate.OPEN)]
    if carried and not call.handed and _takes_mask(call):
        return Cause.NOT_HANDED, None
    if (call.handed or leaves) and (wrong := _wrong(carried, quality)) is not None:
        return wrong
    if not carried or (call.handed and len(carried) < len(incoming)):
        for fate, cause in ((Fate.LOST, Cause.LOST), (Fate.DESTROYED, Cause.DESTROYED)):
            if fate in by_fate:
                return cause, by_fate[fate].culprit
    if call.handed:
        cause = Cause.NO_MASK if carried and bare else Cause.MISUSED
    elif not carried:
        cause = Cause.NO_MASK
    else:
        cause = Cause.MIXES_STEPS if leaves else Cause.DESTROYED if call.warned else Cause.LOST
    return cause, call.path if cause in (Cause.LOST, Cause.DESTROYED) else None


def _wrong(carried: list[Standing], quality: list[Fate]) -> tuple[Cause, str | None] | None:
    """What is wrong with the masks that arrive; None where nothing is."""
    wrong = next((standing for standing in carried if standing.fate is Fate.OPEN), None)
    turned = next((standing for standing in carried if standing.turned), None)
    if wrong is not None:
        return (Cause.REPLACED if wrong.replaced else Cause.MISALIGNED), wrong.culprit
    if turned is not None or Fate.OPEN in quality:
        return Cause.MISALIGNED, turned.culprit if turned else None
    return None


def _takes_mask(call: Call) -> bool:
    return "mask" in inspect.signature(call.operation.call).parameters
