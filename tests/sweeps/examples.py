"""A sweep of each kind with reports made by hand, as `sweep_report` gives it."""

from pathlib import Path

from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.spec import ExperimentReport, load_sweep
from tests.sweeps.outcomes import EXACT, cell, outcomes, report, sweep

SEEDS = (0.0, 0.01, 0.02, -0.01)
AMOUNT = {
    "11": (0.16, 0.5),
    "31": (0.58, 0.05),
    "48": (0.72, 0.0),
    "96": (0.86, 0.0),
    "192": (0.93, 0.0),
    "384": (0.97, 0.0),
}
SERVED = {
    "pads-0": {"estimate": -0.02, "low": -0.04, "high": 0.0},
    "pads-16": {"estimate": -0.01, "low": -0.03, "high": 0.01},
    "other-side": {"estimate": -0.3, "low": -0.4, "high": -0.2},
}
NOT_AT_ALL = {name: {"estimate": 0.0, "low": 0.0, "high": 0.0, "verdict": "EXACT"} for name in SERVED}
CURVES = {"kind": "curves", "x": "padding_share", "panels": "side", "colour": "variant"}


def around(middle, spread=1.0):
    return tuple(round(middle + spread * each, 4) for each in SEEDS)


def drift(middle):
    return tuple(middle * (1 + 10 * each) for each in SEEDS)


def amount():
    """Rows from the median to eight times the longest text; seeds of `baseline` (post) fall at 192 and 384."""
    found = sweep(
        {"pad.max_len": [int(label) for label in AMOUNT]}, name="amount", title="Amount of padding", figure=CURVES
    )

    def make(max_len):
        share, cut = AMOUNT[max_len]
        lost = {"192": (False, False, True, True), "384": (False,) * 4}.get(max_len, (True,) * 4)
        post = tuple(0.85 - 0.1 * share + each if ok else 0.5 for each, ok in zip(SEEDS, lost, strict=True))
        cells = [
            cell(side="pre", accuracy=around(0.87), drift=drift(0.05), computed=int(max_len) * 100, flips=around(0.03)),
            cell(side="pre", variant="masked", accuracy=around(0.88), drift=EXACT, flips=EXACT, computed=1100),
            cell(
                side="post",
                accuracy=post,
                learned=lost,
                drift=drift(3 * share),
                flips=around(0.06),
                computed=int(max_len) * 100,
            ),
            cell(side="post", variant="masked", accuracy=around(0.88, 0.9), drift=EXACT, flips=EXACT, computed=1100),
        ]
        return report(*cells, max_len=int(max_len), share=share, truncated=cut)

    return sweep_report(found, "synthetic", outcomes(found, make))


def truncation():
    """Accuracy rises with the width and levels off at 16."""
    widths = {"0.5": (8, 0.5, 0.70), "0.75": (16, 0.25, 0.84), "0.9": (28, 0.1, 0.849), "1.0": (48, 0.0, 0.85)}
    figure = {"kind": "curves", "x": "computed_tokens", "panels": "side", "colour": "variant"}
    found = sweep(
        {"pad.max_len": [float(label) for label in widths]}, name="truncation", title="Truncation", figure=figure
    )

    def make(max_len):
        width, cut, middle = widths[max_len]
        noise = {"0.9": (0.002, -0.001, 0.001, 0.0)}.get(max_len, (0.0,) * 4)
        post = tuple(a + b for a, b in zip(around(middle), noise, strict=True))
        cells = [
            cell(side="post", accuracy=post, drift=drift(2.0), computed=100 * width),
            cell(
                side="post",
                variant="masked",
                accuracy=around(middle + 0.03, 1.1 + cut / 10),
                drift=EXACT,
                flips=EXACT,
                computed=int(1000 * (1 - cut / 2)),
            ),
        ]
        return report(*cells, max_len=width, share=0.1 + width / 100, truncated=cut)

    return sweep_report(found, "synthetic", outcomes(found, make))


def downstream():
    """Behind a mask `mean_naive` and `conv` break what the recurrent layer keeps; one row is at chance."""
    heads = ["last", "mean", "mean_naive", "max", "attention", "multi_head_attention", "conv", "flatten", "last_index"]
    breaking = {"mean_naive": 0.3, "conv": 0.04, "flatten": 2.0}
    figure = {"kind": "heatmap", "x": "model.head", "panels": "side", "colour": "variant"}
    found = sweep(
        {"model.head": heads},
        name="downstream",
        title="Layers behind the LSTM",
        figure=figure,
        read=["drift_ratio", "flip_rate"],
    )

    def make(head):
        cells = []
        for side in ("pre", "post"):
            lost = head == "last" and side == "post"
            cells.append(
                cell(
                    side=side,
                    accuracy=(0.5,) * 4 if lost else around(0.8),
                    learned=[not lost] * 4,
                    drift=drift(1.5 if side == "post" else 0.01),
                    flips=around(0.05),
                    head=head,
                )
            )
            broken = breaking.get(head)
            cells.append(
                cell(
                    side=side,
                    variant="masked",
                    accuracy=around(0.85),
                    drift=EXACT if broken is None else drift(broken),
                    state=EXACT,
                    flips=EXACT if broken is None else around(0.02),
                    head=head,
                )
            )
        return report(*cells)

    return sweep_report(found, "synthetic", outcomes(found, make))


def batching():
    """Grouping by length computes fewer tokens and is equivalent."""
    modes = {
        "fixed": {"train.trim": "never", "train.grouping": "shuffle"},
        "per batch": {"train.trim": "always", "train.grouping": "shuffle"},
        "bucketed": {"train.trim": "always", "train.grouping": "length"},
    }
    found = sweep(
        {"batching": modes},
        name="batching",
        title="Batching",
        figure={"kind": "bars", "x": "batching", "panels": "side"},
        read=["accuracy", "computed_tokens"],
    )
    figures = {"fixed": (0.0, 3000), "per batch": (0.001, 2000), "bucketed": (-0.03, 1100)}

    def make(batching):
        shift, computed = figures[batching]
        spread = 1.0 if batching == "fixed" else 1.05 if batching == "per batch" else 1.5
        return report(
            cell(variant="masked", accuracy=around(0.85 + shift, spread), drift=EXACT, flips=EXACT, computed=computed)
        )

    return sweep_report(found, "synthetic", outcomes(found, make))


def tuning():
    """A higher learning rate closes half of the gap; validation names it."""
    figure = {"kind": "heatmap", "x": "train.learning_rate", "panels": "side", "colour": "variant"}
    found = sweep(
        {"train.learning_rate": [0.001, 0.01], "model.dropout": [0, 0.3]},
        name="tuning",
        title="Tuning",
        figure=figure,
        read=["accuracy", "drift_ratio"],
    )

    def make(learning_rate, dropout):
        base = 0.6 + 0.1 * (learning_rate == "0.01") + 0.01 * (dropout == "0.3")
        return report(
            cell(accuracy=around(base, 0.5), validation=around(base - 0.01), drift=drift(1.0)),
            cell(variant="masked", accuracy=around(0.8), drift=EXACT, flips=EXACT),
        )

    return sweep_report(found, "synthetic", outcomes(found, make))


def architecture():
    """LSTM and convolutions, pads on both sides."""
    found = sweep(
        {"pad.max_len": [93]},
        name="architecture",
        title="Side, mask and architecture",
        figure={"kind": "bars", "x": "variant", "panels": "side"},
        read=["accuracy", "train_accuracy", "drift_ratio"],
    )

    def make(max_len):
        cells = [
            cell(
                side=side,
                variant=variant,
                accuracy=around(middle),
                train=around(middle + 0.1),
                drift=moved,
                flips=EXACT if moved == EXACT else around(0.05),
                **more,
            )
            for side, unmasked in (("pre", 0.8), ("post", 0.52))
            for variant, middle, moved, more in (
                ("baseline", unmasked, drift(1.0), {}),
                ("masked", 0.82, EXACT, {}),
                ("cnn", 0.78, drift(0.02), {"recurrent": "none", "head": "conv"}),
            )
        ]
        return report(*cells, max_len=93, share=0.86)

    return sweep_report(found, "mr", outcomes(found, make))


def mismatch():
    """Two widths, served under three other paddings."""
    found = sweep(
        {"pad.max_len": [31, 48]},
        name="mismatch",
        title="Served otherwise",
        figure={"kind": "bars", "x": "pad.max_len", "panels": "side"},
        read=["accuracy", "accuracy_change"],
    )

    def make(max_len):
        return report(
            *[cell(side=side, accuracy=around(0.8), change=SERVED) for side in ("pre", "post")],
            *[
                cell(side=side, variant="masked", accuracy=around(0.85), drift=EXACT, flips=EXACT, change=NOT_AT_ALL)
                for side in ("pre", "post")
            ],
            max_len=int(max_len),
        )

    return sweep_report(found, "synthetic", outcomes(found, make))


def units():
    """Units and layers; the drift doubles with every step of units, and one seed has no drift."""
    found = sweep(
        {"model.units": [8, 32, 128], "model.layers": [1, 2]},
        name="units",
        title="Units and layers",
        figure={"kind": "curves", "x": "model.units", "panels": "side", "colour": "variant"},
    )

    def make(units, layers):
        size = {"8": 1, "32": 2, "128": 4}[units] * int(layers)
        learned = [True, True, True, units != "8"]
        return report(
            *[
                row
                for side, factor in (("pre", 0.05), ("post", 1.0))
                for row in (
                    cell(side=side, accuracy=around(0.75 + 0.02 * size), drift=drift(size * factor), learned=learned),
                    cell(side=side, variant="masked", accuracy=around(0.85), drift=EXACT, flips=EXACT),
                )
            ]
        )

    return sweep_report(found, "synthetic", outcomes(found, make))


EXAMPLES = {
    "amount": amount, "truncation": truncation, "downstream": downstream, "batching": batching, "tuning": tuning,
    "architecture": architecture, "mismatch": mismatch, "units": units,
}  # fmt: skip


VARIANTS = {
    "masked": "embedding",
    "double_mask": "embedding+masking",
    "explicit": "explicit",
    "zeroed_row": "masking_on_zeroed_row",
}


def shipped(path, dataset="synthetic"):
    """A sweep of the repository, with figures that differ from row to row and no text cut from a width of 48 on."""
    found = load_sweep(path)
    made = []
    for number, point in enumerate(found.points(dataset)):
        head, recurrent = point.overrides.get("model.head", "last"), point.overrides.get("model.recurrent", "lstm")
        width = {0.5: 11, "longest": 48, "longest*2": 96, "longest*4": 192, "longest*8": 384}.get(
            point.overrides.get("pad.max_len"), 20 + 4 * number
        )
        cells = []
        for side in point.overrides["pad.sides"]:
            for place, variant in enumerate(point.overrides["train.variants"]):
                mask = VARIANTS.get(variant, "embedding" if variant == "cnn_masked" else "none")
                still = mask not in ("none", "embedding+masking") and head in ("last", "mean", "max", "attention")
                middle = 0.7 + 0.1 * still + 0.01 * ((7 * number + place) % 5) - 0.1 * (side == "post")
                more = (
                    {"recurrent": "none", "head": "conv"}
                    if "cnn" in variant
                    else {"recurrent": recurrent, "head": head}
                )
                cells.append(
                    cell(
                        side=side,
                        variant=variant,
                        mask=mask,
                        accuracy=tuple(middle + each * (1 + place / 7 + number / 9) for each in (*SEEDS, 0.015, -0.02)),
                        drift=EXACT if still else drift(0.01 * 3 ** (number % 6 + 2 * (side == "post"))),
                        flips=EXACT if still else around(0.03 + 0.005 * (number % 4)),
                        state=EXACT if mask not in ("none", "embedding+masking") else None,
                        computed=100_000 * (12 if still else width),
                        same=variant == "double_mask",
                        change=NOT_AT_ALL if still else SERVED,
                        **more,
                    )
                )
        cut = max(0.0, round(0.5 - width / 96, 3))
        made.append(ExperimentReport(point, report(*cells, max_len=width, share=1 - 10 / width, truncated=cut)))
    return sweep_report(found, dataset, made)


SWEEPS = sorted((Path(__file__).parents[2] / "sweeps").glob("*.yaml"))
