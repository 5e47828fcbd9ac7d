"""How many texts each split and each stratum receives: pure arithmetic on counts."""

from collections.abc import Sequence


def held_out(count: int, shares: Sequence[float]) -> tuple[int, ...]:
    """How many of a class's `count` texts go to each held-out split.

    Each takes its share of `count`, rounded (halves to the even number), and at least one text. Should too few be
    left, one text stays for training first, then one goes to each later split.
    """
    left = count - 1
    taken = []
    for index, share in enumerate(shares):
        later = len(shares) - index - 1
        number = max(0, min(max(1, round(count * share)), left - later))
        taken.append(number)
        left -= number
    return tuple(taken)


def proportional(counts: Sequence[int], total: int) -> list[int]:
    """Share `total` texts out over strata of `counts` texts, by largest remainders, at least one for each stratum.

    The shares sum to `total`, except where there are more strata than that (then each has one) or fewer texts than
    that (then each has all of its own).
    """
    available = sum(counts)
    if total >= available:
        return list(counts)
    shares = [max(1, count * total // available) for count in counts]

    def excess(index: int) -> tuple[int, int]:
        return shares[index] * available - counts[index] * total, index

    order = sorted(range(len(counts)), key=excess)
    for index in order[: max(0, total - sum(shares))]:
        shares[index] += 1
    while sum(shares) > total and max(shares) > 1:
        shares[max((index for index in order if shares[index] > 1), key=excess)] -= 1
    return shares
