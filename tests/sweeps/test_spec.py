"""Sweep files: their points, and one sentence for every mistake."""

from pathlib import Path

import pytest

from stages.errors import UserError
from stages.params.schema import checked_params
from stages.sweeps.spec import load_sweep
from tests.conftest import REPOSITORY, changed, load_content

SWEEP = """\
title: Amount
question: How much?
set:
  corpus.max_texts: 1600
  train.seeds: 6
grid:
  pad.max_len: [0.5, longest*8]
  text length:
    short: {datasets.synthetic.longest: 48}
    long: {datasets.synthetic.longest: 96, datasets.synthetic.median_length: 22}
read: [accuracy, drift_ratio]
figure: {kind: curves, x: padding_share, panels: side, colour: text length}
datasets:
  mr: {corpus.max_texts: 3000}
"""


@pytest.fixture
def load(tmp_path):
    def of(*changes: tuple[str, str]):
        text = SWEEP
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "amount.yaml"
        path.write_text(text)
        return load_sweep(path)

    return of


def test_the_points_are_every_combination_and_the_last_axis_changes_fastest(load):
    points = load().points("synthetic")
    assert [list(point.levels.values()) for point in points] == [
        ["0.5", "short"],
        ["0.5", "long"],
        ["longest*8", "short"],
        ["longest*8", "long"],
    ]
    assert str(points[1]) == "pad.max_len=0.5, text length=long"
    assert points[3].overrides == {
        "dataset": "synthetic",
        "corpus.max_texts": 1600,
        "train.seeds": 6,
        "pad.max_len": "longest*8",
        "datasets.synthetic.longest": 96,
        "datasets.synthetic.median_length": 22,
    }
    assert load().axes == {"pad.max_len": ["0.5", "longest*8"], "text length": ["short", "long"]}
    assert load().name == "amount"


def test_a_dataset_has_settings_of_its_own_and_a_given_number_of_texts_wins(load):
    sweep = load()
    assert {point.overrides["corpus.max_texts"] for point in sweep.points("mr")} == {3000}
    assert {point.overrides["corpus.max_texts"] for point in sweep.points("mr", 500)} == {500}
    assert sweep.settings("mr", "all") == {"corpus.max_texts": "all", "train.seeds": 6}
    assert sweep.settings("sms") == {"corpus.max_texts": 1600, "train.seeds": 6}


def test_levels_are_called_as_yaml_writes_them(load):
    sweep = load(("[0.5, longest*8]", "[93, 1.0, true, [pre, post]]"))
    assert sweep.axes["pad.max_len"] == ["93", "1.0", "true", "pre post"]
    assert sweep.points("mr")[6].overrides["pad.max_len"] == ["pre", "post"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title:", "titel:", "unknown key 'titel'; did you mean 'title'?"),
        ("question: How much?\n", "", "question: this key is missing"),
        ("title:", "name: x\ntitle:", "unknown key 'name'; the file's own name names the sweep"),
        ("[accuracy, drift_ratio]", "[acuracy]", "read.0: 'acuracy' is not allowed"),
        ("[accuracy, drift_ratio]", "[]", "read: "),
        ("kind: curves", "kind: pie", "figure.kind: 'pie' is not allowed"),
        ("colour: text length", "colour: length", "figure.colour: 'length' is no axis; did you mean 'text length'?"),
        ("x: padding_share", "x: share", "figure.x: 'share' is no axis; "),
        ("[0.5, longest*8]", "[0.5, 0.5]", "grid.pad.max_len: '0.5' stands there more than once"),
        ("[0.5, longest*8]", "[]", "grid.pad.max_len: there is no level"),
        ("[0.5, longest*8]", "0.5", "grid.pad.max_len: 0.5 is not allowed; give a list of values"),
        ("  text length:", "  side:", "grid.side: every experiment compares its sides inside"),
        ("  train.seeds: 6", "  pad.max_len: 6", "set: pad.max_len is changed by the grid; take it out of one"),
        ("{corpus.max_texts: 3000}", "{pad.max_len: 6}", "datasets.mr: pad.max_len is changed by the grid"),
        ("{datasets.synthetic.longest: 48}", "{pad.max_len: 48}", "grid: pad.max_len is changed by 2 axes"),
        ("  train.seeds: 6", "  dataset: mr", "dataset: a sweep does not set it; the option --dataset"),
        ("  train.seeds: 6", "  execution.workers: 6", "execution.workers: a sweep does not set it; the option --jobs"),
        ("title: Amount", "title: [", "not valid YAML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_file(load, old, new, sentence):
    with pytest.raises(UserError) as mistake:
        load((old, new))
    assert sentence in str(mistake.value)
    assert str(mistake.value).split(":")[0].endswith("amount.yaml")
    assert "\n" not in str(mistake.value)


def test_a_sweep_that_is_not_there_is_answered_with_those_there_are():
    with pytest.raises(
        UserError, match=r"sweeps/amuont.yaml: no such sweep; did you mean 'amount'\? there are: amount, a"
    ):
        load_sweep(Path("sweeps/amuont.yaml"))


def test_a_sweep_of_one_dataset_runs_on_no_other(load):
    sweep = load(("set:", "only: synthetic\nset:"))
    assert len(sweep.points("synthetic")) == 4
    with pytest.raises(UserError, match="sweep amount: it changes the settings of synthetic, so it runs on that"):
        sweep.points("mr")


def test_the_number_of_texts_cannot_be_given_where_the_grid_changes_it(load):
    sweep = load(
        ("  corpus.max_texts: 1600\n", ""),
        ("  mr: {corpus.max_texts: 3000}", "  mr: {}"),
        ("  pad.max_len: [0.5, longest*8]", "  corpus.max_texts: [50, 60]"),
    )
    with pytest.raises(UserError, match=r"its grid changes corpus.max_texts; leave out the number of texts"):
        sweep.points("mr", 100)


SHIPPED = sorted((REPOSITORY / "sweeps").glob("*.yaml"))


def test_the_eleven_sweeps_are_there():
    assert [path.stem for path in SHIPPED] == [
        "amount",
        "architecture",
        "batching",
        "causes",
        "cell",
        "downstream",
        "length",
        "mismatch",
        "size",
        "truncation",
        "tuning",
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_sweep_has_six_seeds_reads_with_16_pads_and_says_its_size(path):
    sweep = load_sweep(path)
    assert sweep.set["train.seeds"] == 6
    assert {0, 16} <= set(sweep.set["export.pads"])
    assert isinstance(sweep.set["corpus.max_texts"], int)
    comment = [line for line in path.read_text().splitlines() if line.startswith("#")]
    experiments = len(sweep.points(sweep.only or "synthetic"))
    assert any("minutes on two cores" in line for line in comment)
    said = " ".join(comment).lower()
    assert f"{experiments} experiments" in said or (experiments == 1 and "one experiment" in said)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_seed_of_a_shipped_sweep_trains_all_epochs(path):
    """Keras stops after `patience` epochs without improvement behind the first, which always improves."""
    sweep = load_sweep(path)
    for dataset in [sweep.only] if sweep.only else ["synthetic", *sweep.datasets]:
        for point in sweep.points(dataset):
            train = checked_params(changed(load_content(), point.overrides), "params.yaml").train
            assert train.patience == train.epochs
            assert train.grouping == "shuffle" or point.levels.get("batching") == "bucketed"
