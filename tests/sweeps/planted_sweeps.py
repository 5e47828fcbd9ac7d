"""Sweeps with known effects, made of small outcomes: figures of six seeds that differ by a fixed pattern."""

from stages.sweeps.findings.sweep_report import sweep_report
from tests.sweeps.outcomes import cell, outcomes, report, sweep

EXACT = "EXACT"
SPREAD = (-0.005, 0.004, 0.001, -0.002, 0.003, -0.001)
"""What each seed adds to every accuracy: it cancels in paired differences."""
NOISE = (0.0004, -0.0003, 0.0002, -0.0004, 0.0003, -0.0002)
"""What is left in paired differences, turned by the level."""


def trained(side, variant, accuracy, *, drift=1.0, flips=0.05, turn=0, **more):
    """One cell of six seeds around an accuracy; drift and flips EXACT or around a number, undefined at chance."""
    shifted = NOISE[turn % 6 :] + NOISE[: turn % 6]
    accuracies = tuple(accuracy + spread + noise for spread, noise in zip(SPREAD, shifted, strict=True))
    learned = [accuracy > 0.55] * 6
    around = {"drift": drift, "flips": flips}
    figures = {
        name: value if value == EXACT else tuple(value * (1 + 20 * noise) for noise in shifted)
        for name, value in around.items()
    }
    return cell(side=side, variant=variant, accuracy=accuracies, learned=learned, **figures, **more)


def swept(name, grid, make, **more):
    """The report of a sweep on `synthetic`; `make` gets the levels of a point and returns its report."""
    found = sweep(grid, name=name, title=f"Sweep {name}", **more)
    return sweep_report(found, "synthetic", outcomes(found, make))


def pair(side, unmasked, masked, *, turn=0, drift=1.0, tokens=(3000, 1200), **more):
    """An unmasked and a masked cell of one side, which differ in their mask alone."""
    return (
        trained(side, "baseline", unmasked, drift=drift, turn=turn, computed=tokens[0], **more),
        trained(side, "masked", masked, drift=EXACT, flips=EXACT, turn=turn + 1, computed=tokens[1], **more),
    )


def amount():
    """Wider rows: post-padding falls from .85 to chance, pre-padding stays; drift doubles from .95 to longest."""
    post = {"0.5": 0.85, "0.95": 0.83, "longest": 0.78, "longest*8": 0.50}
    drift = {"0.5": 0.5, "0.95": 1.0, "longest": 2.0, "longest*8": 1.0}
    widths = {"0.5": 11, "0.95": 31, "longest": 48, "longest*8": 384}

    def make(max_len):
        turn = list(post).index(max_len)
        cells = [
            *pair("pre", 0.86, 0.87, turn=turn, drift=0.05 * drift[max_len], tokens=(100 * widths[max_len], 1200)),
            *pair(
                "post", post[max_len], 0.87, turn=turn + 3, drift=drift[max_len], tokens=(100 * widths[max_len], 1200)
            ),
        ]
        return report(*cells, max_len=widths[max_len])

    return swept("amount", {"pad.max_len": list(post)}, make)


def truncation(masked=None):
    """Quantiles of the length: with a mask .75 costs nothing and .5 costs 5 points; without one narrower is better."""
    masked = masked or {"0.5": 0.82, "0.75": 0.869, "0.95": 0.87, "1.0": 0.87}
    widths = {"0.5": 11, "0.75": 16, "0.95": 31, "1.0": 48}
    tokens = {"0.5": 700, "0.75": 900, "0.95": 1200, "1.0": 1300}

    def make(max_len):
        turn = list(widths).index(max_len)
        computed = (100 * widths[max_len], tokens[max_len])
        sides = [pair(side, 0.86, masked[max_len], turn=turn, tokens=computed, drift=0.3) for side in ("pre", "post")]
        cells = [each for pairs in sides for each in pairs]
        return report(*cells, max_len=widths[max_len], truncated=1 - turn / 3)

    return swept("truncation", {"pad.max_len": list(widths)}, make)


def downstream(attention_drift=0.2, naive=0.80):
    """Heads: attention has a fifth of the drift of the last state; the naive mean breaks the invariance of the mask."""
    heads = {"last": (0.83, 0.87), "attention": (0.86, 0.8701), "mean_naive": (0.84, naive)}
    drift = {"last": 1.0, "attention": attention_drift, "mean_naive": 1.5}

    def make(head):
        turn = list(heads).index(head)
        cells = []
        for side in ("pre", "post"):
            unmasked, masked = pair(side, *heads[head], turn=turn, drift=drift[head], head=head)
            if head == "mean_naive":
                masked = trained(side, "masked", heads[head][1], drift=0.4, turn=turn, computed=3000, head=head)
            cells += [unmasked, masked]
        return report(*cells)

    return swept("downstream", {"model.head": list(heads)}, make)


def tuning(best=0.85, other=0.80):
    """Learning rate and dropout: 8 points of gap, of which the best setting closes `best` − .79."""
    accuracy = {("0.001", "0.0"): 0.79, ("0.001", "0.3"): other, ("0.003", "0.0"): best, ("0.003", "0.3"): other}

    def make(learning_rate, dropout):
        turn = list(accuracy).index((learning_rate, dropout))
        return report(*pair("post", accuracy[learning_rate, dropout], 0.87, turn=turn, dropout=float(dropout)))

    return swept("tuning", {"train.learning_rate": [0.001, 0.003], "model.dropout": [0.0, 0.3]}, make)


def batching():
    """Three ways to batch with the same accuracy; buckets compute least."""
    tokens = {"fixed": 3000, "per batch": 1800, "bucketed": 1200}
    levels = {
        "fixed": {"train.trim": "never", "train.grouping": "shuffle"},
        "per batch": {"train.trim": "always", "train.grouping": "shuffle"},
        "bucketed": {"train.trim": "always", "train.grouping": "length"},
    }

    def make(batching):
        turn = list(tokens).index(batching)
        computed = (tokens[batching],) * 2
        return report(
            *(each for side in ("pre", "post") for each in pair(side, 0.83, 0.87, turn=turn, tokens=computed))
        )

    return swept("batching", {"batching": levels}, make)


def size():
    """Units and layers: drift halves with 64 units, layers change nothing."""

    def make(units, layers):
        turn = ["8", "32", "64"].index(units)
        drift = {"8": 2.0, "32": 1.0, "64": 0.5}[units]
        sizes = {"units": int(units), "layers": int(layers)}
        sides = [pair(side, 0.83, 0.87, turn=turn, drift=drift, **sizes) for side in ("pre", "post")]
        return report(*(each for cells in sides for each in cells))

    return swept("size", {"model.units": [8, 32, 64], "model.layers": [1, 2]}, make)


def mismatch():
    """Served on the other side, the unmasked model loses 20 points; the masked one nothing."""

    def make(max_len):
        lost = {"other-side": {"estimate": -0.2, "low": -0.25, "high": -0.15}}
        kept = {"other-side": {"estimate": 0.0, "low": 0.0, "high": 0.0, "verdict": "EXACT"}}
        cells = []
        for side in ("pre", "post"):
            cells += [
                trained(side, "baseline", 0.83, change=lost),
                trained(side, "masked", 0.87, drift=EXACT, flips=EXACT, change=kept, turn=1),
            ]
        return report(*cells)

    return swept("mismatch", {"pad.max_len": ["longest"]}, make, read=("accuracy", "accuracy_change"))


def everything():
    """Seven sweeps."""
    return [amount(), truncation(), downstream(), tuning(), batching(), size(), mismatch()]
