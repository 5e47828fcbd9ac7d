"""What ten million texts would take on 1, 16 and 128 workers, worked out from measured rates: benchmarks/beyond.md.

Nothing of that size is run. The rates are measured in small runs (`benchmarks.rates`), the rest is arithmetic over the
tasks that the stages hand out. Every assumption is an option; beyond.md is written where none is given.
"""

import argparse
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from math import comb
from pathlib import Path

from benchmarks.rates import MIB, Rate, Rates, Setting, Sizes, measured
from benchmarks.table import versions
from stages.analysis.similarities import MOST_SEEDS
from stages.forecast.cost import makespan

RESULT = Path(__file__).with_suffix(".md")
HOUR = 3600
GB, TB = 10**9, 10**12
TRAINING_SHARE, TEST_SHARE = 0.6, 0.25
"""Of the texts, as params.yaml splits them."""
SIZES = Sizes(prepared=50_000, bag=10_000, modelled=2_800, few=300, many=2_000, repeats=3)
REPEATING = "double_mask"
"""The variant that repeats `baseline` to the last bit."""
POSITION_BYTES = 4
"""Of one token of a padded row, in the memory of a training process."""


@dataclass(frozen=True)
class Plan:
    """How much is to be done.

    Attributes:
        texts: in the corpus.
        exported: test texts whose states are written.
        sides: number of padding sides.
        variants: `baseline`, `masked`, which is trained once for all sides, or `double_mask`, of which one seed is
            trained on each, to show that it repeats `baseline`.
        seeds: of every other variant.
        epochs: of every training.
    """

    texts: int
    exported: int
    sides: int
    variants: tuple[str, ...]
    seeds: int
    epochs: int

    def trained(self, variant: str) -> int:
        """How many models of a variant are trained."""
        return self.seeds if variant == "masked" else self.read(variant)

    def read(self, variant: str) -> int:
        """How many times the states of a model of it are written, one padding side at a time."""
        return self.sides * (1 if variant == REPEATING else self.seeds)

    @property
    def models(self) -> int:
        """How many models are trained."""
        return sum(map(self.trained, self.variants))

    @property
    def cells(self) -> int:
        """How many models and sides are exported and analyzed."""
        return sum(map(self.read, self.variants))

    @property
    def pairs(self) -> int:
        """How many pairs of models are compared: variants of one seed, and seeds of one variant."""
        variants = sum(variant != REPEATING for variant in self.variants)
        return self.sides * (comb(variants, 2) * self.seeds + variants * comb(min(self.seeds, MOST_SEEDS), 2))


def serial_seconds(plan: Plan, rates: Rates) -> dict[str, float]:
    """Core seconds of what one process does, by stage; DVC hashes and copies every file once."""
    seconds = {stage: plan.texts * rate.each for stage, rate in rates.serial.items()}
    seconds["pad"] *= plan.sides
    mib = stored_bytes(plan, rates) / MIB
    return {**seconds, "hash and copy (DVC)": mib / rates.hash_mib.each + mib / rates.copy_mib.each}


def task_seconds(plan: Plan, rates: Rates) -> dict[str, list[list[float]]]:
    """By stage: the core seconds of its tasks, in the groups that run one after another under `dvc repro`."""
    texts = plan.texts * TRAINING_SHARE * plan.epochs
    rate = {**rates.train, REPEATING: rates.train["baseline"]}
    return {
        "train": [[texts * rate[variant].each] * plan.trained(variant) for variant in plan.variants],
        "export": [[plan.exported * rates.export.each] * plan.read(variant) for variant in plan.variants],
        "analyze": [[plan.exported * rates.analyze.each] * plan.cells],
        "analyze, pairs of models": [[plan.exported * rates.compare.each] * plan.pairs],
    }


def wall_seconds(plan: Plan, rates: Rates, workers: int, *, side_by_side: bool) -> float:
    """From start to end, with the variants one after another, as `dvc repro` runs them, or all at once."""
    total = sum(serial_seconds(plan, rates).values())
    for groups in task_seconds(plan, rates).values():
        together = [[seconds for group in groups for seconds in group]] if side_by_side else groups
        total += sum(makespan(group, workers) for group in together)
    return total


def core_seconds(plan: Plan, rates: Rates) -> float:
    """What is computed, on however many workers."""
    tasks = sum(sum(group) for groups in task_seconds(plan, rates).values() for group in groups)
    return tasks + sum(serial_seconds(plan, rates).values())


def states_bytes(plan: Plan, rates: Rates) -> float:
    """Of all states files."""
    return plan.exported * plan.cells * rates.states_bytes


def stored_bytes(plan: Plan, rates: Rates) -> float:
    """Of everything that DVC keeps, models left out."""
    each = sum(size * (plan.sides if name == "padded" else 1) for name, size in rates.corpus_bytes.items())
    return plan.texts * each + states_bytes(plan, rates)


def main() -> None:
    """Measure, work out, print, and write the result where every option has its default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beyond", description=__doc__)
    number = {"type": int, "metavar": "N"}
    parser.add_argument("--texts", **number, default=10_000_000, help="texts in the corpus")
    exported = [1_000, 2_500_000, 10_000_000]
    parser.add_argument("--exported", **number, nargs="+", default=exported, help="test texts whose states are written")
    parser.add_argument("--tokens", **number, default=20, help="mean length of a text")
    parser.add_argument("--width", **number, default=60, help="width of a padded row")
    parser.add_argument("--units", **number, default=256, help="units of the LSTM")
    parser.add_argument("--sides", **number, default=2, help="padding sides")
    variants = ["baseline", "masked", REPEATING]
    parser.add_argument("--variants", nargs="+", choices=variants, default=variants)
    parser.add_argument("--seeds", **number, default=12, help=f"of each variant but {REPEATING}")
    parser.add_argument("--epochs", **number, default=10, help="of every training")
    parser.add_argument("--workers", **number, nargs="+", default=[1, 16, 128], help="one core each")
    parser.add_argument("--price", type=float, metavar="USD", default=0.05, help="of one core for one hour")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rates = measured(Path(folder), Setting(given.tokens, given.width, given.units), SIZES)
    plans = [
        Plan(given.texts, each, given.sides, tuple(given.variants), given.seeds, given.epochs)
        for each in given.exported
    ]
    text = "\n\n".join(
        (
            _preface(given, plans[0], rates),
            "## Rates\n\n" + rates_table(rates),
            "## Work\n\n" + work_table(plans, rates),
            "## Hours and cost\n\n" + hours_table(plans, rates, given.workers, given.price),
            "## Memory and disk\n\n" + room_table(plans, rates, given.width),
            f"{versions()}\n",
        )
    )
    print(text)
    if all(getattr(given, action.dest, action.default) == action.default for action in parser._actions):
        RESULT.write_text(text, encoding="utf-8")


def _preface(given: argparse.Namespace, plan: Plan, rates: Rates) -> str:
    return f"""\
# Ten million texts: worked out, not run

- {plan.texts:,} texts of {given.tokens} tokens, padded to {given.width}; {TRAINING_SHARE:.0%} of them to train on.
- An LSTM of {given.units} units, {plan.epochs} epochs without early stopping; {plan.seeds} seeds, {plan.sides} \
sides, {", ".join(f"{plan.trained(variant)} models of `{variant}`" for variant in plan.variants)}.
- `masked` trims its batches to their longest text, is trained once and read on each side; of `double_mask`, which
  repeats `baseline`, one seed a side shows it.
- States under {rates.conditions} conditions: the numbers of pads of params.yaml, as trained, and on the other side.
- {given.price:g} USD for a core and hour; a worker is one core, and paid from start to end.

The rates are CPU time of one thread, from runs of some thousand texts; the rest is arithmetic, to two digits at most.
Left out: start-up, scoring after training, file systems slower than this disk, and cores that share caches and memory;
so expect more rather than less. Repeat, with other assumptions as options, with `python -m benchmarks.beyond`."""


def rates_table(rates: Rates) -> str:
    """What was measured."""
    lines = ["| what | one core does in a second | from … to |", "|---|---|---|"]

    def row(what: str, rate: Rate, factor: float = 1.0) -> None:
        low, each, high = (digits(factor / seconds) for seconds in (rate.high, rate.each, rate.low))
        lines.append(f"| {what} | {each} | {low} to {high} |")

    for stage, rate in rates.serial.items():
        row(f"{stage}, texts", rate)
    for variant, rate in rates.train.items():
        row(f"train `{variant}`, texts of an epoch", rate)
    row("export, texts × conditions", rates.export, rates.conditions)
    row("analyze, texts × conditions", rates.analyze, rates.conditions)
    row("analyze, texts × pairs of models", rates.compare)
    for what, rate in (("MD5", rates.hash_mib), ("copy", rates.copy_mib)):
        lines.append(f"| {what}, MiB (wall time) | {digits(rate.each)} | {digits(rate.low)} to {digits(rate.high)} |")
    return "\n".join(lines)


def work_table(plans: list[Plan], rates: Rates) -> str:
    """Core hours of every stage, and how many tasks it has at a time."""
    head = " | ".join(f"{plan.exported:,} exported, core h" for plan in plans)
    lines = [f"| stage | tasks at a time | {head} |", "|---|---|" + "---|" * len(plans)]
    for stage in serial_seconds(plans[0], rates):
        hours = " | ".join(digits(serial_seconds(plan, rates)[stage] / HOUR) for plan in plans)
        lines.append(f"| {stage} | 1 | {hours} |")
    for stage, groups in task_seconds(plans[0], rates).items():
        tasks = sum(len(group) for group in groups)
        in_turn = ", ".join(str(len(group)) for group in groups)
        at_a_time = f"{in_turn}; {tasks} with variants side by side" if len(groups) > 1 else str(tasks)
        hours = " | ".join(
            digits(sum(sum(group) for group in task_seconds(plan, rates)[stage]) / HOUR) for plan in plans
        )
        lines.append(f"| {stage} | {at_a_time} | {hours} |")
    total = " | ".join(digits(core_seconds(plan, rates) / HOUR) for plan in plans)
    return "\n".join([*lines, f"| all | | {total} |"])


def hours_table(plans: list[Plan], rates: Rates, workers: list[int], price: float) -> str:
    """From start to end, and what workers cost that are kept all the while."""
    head = " | ".join(f"{plan.exported:,} exported: hours | USD" for plan in plans)
    lines = [f"| workers | variants | {head} |", "|---|---|" + "---|---|" * len(plans)]
    for count in workers:
        for side_by_side in (False, True):
            hours = [wall_seconds(plan, rates, count, side_by_side=side_by_side) / HOUR for plan in plans]
            columns = " | ".join(f"{digits(each)} | {digits(each * count * price)}" for each in hours)
            lines.append(f"| {count} | {'side by side' if side_by_side else 'one after another'} | {columns} |")
    least = " | ".join(f"| {digits(core_seconds(plan, rates) / HOUR * price)}" for plan in plans)
    return "\n".join([*lines, f"| paid by the busy core hour | {least} |".replace("hour | |", "hour | | |")])


def room_table(plans: list[Plan], rates: Rates, width: int) -> str:
    """What has to fit where."""
    head = " | ".join(f"{plan.exported:,} exported" for plan in plans)
    lines = [f"| what | {head} |", "|---|" + "---|" * len(plans)]

    def row(what: str, values: Iterable[str]) -> None:
        lines.append(f"| {what} | {' | '.join(values)} |")

    row("memory of a training process, texts alone, GB", [digits(p.texts * width * POSITION_BYTES / GB) for p in plans])
    row(
        "corpus, tokens and padded rows, GB",
        [digits((stored_bytes(p, rates) - states_bytes(p, rates)) / GB) for p in plans],
    )
    row("states, TB", [digits(states_bytes(p, rates) / TB) for p in plans])
    row("states files", [f"{p.cells * rates.conditions:,}" for p in plans])
    row("one states file, GB", [digits(states_bytes(p, rates) / GB / p.cells / rates.conditions) for p in plans])
    return "\n".join(lines)


def digits(value: float) -> str:
    """Two significant digits, with thousands apart."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


if __name__ == "__main__":
    main()
