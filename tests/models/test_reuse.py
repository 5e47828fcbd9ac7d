"""More seeds train only those that are missing, and nothing that has changed is kept."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from stages.models.reuse import MADE_OF, inputs_hash, keep_seeds, write_made_of
from stages.params.derived import architecture_of
from stages.train import train
from tests.pipelines import contents

SEEDS = ("seed=0", "seed=1")


@pytest.fixture
def earlier(tmp_path):
    """A variant's folder with two seeds, trained from inputs that are called `same`."""
    folder = tmp_path / "earlier"
    for seed in SEEDS:
        (folder / "pre" / seed).mkdir(parents=True)
        (folder / "pre" / seed / "model.keras").write_text(f"weights of {seed}")
    write_made_of(folder, seeds(folder), "same")
    return folder


def seeds(folder):
    return [path.relative_to(folder) for path in sorted(folder.glob("*/seed=*"))]


def kept(earlier, tmp_path, inputs="same"):
    return [path.name for path in keep_seeds(earlier, tmp_path / "new", seeds(earlier), inputs)]


def test_seeds_of_the_same_inputs_are_kept(earlier, tmp_path):
    assert kept(earlier, tmp_path) == [*SEEDS]
    del (before := contents(earlier))[MADE_OF]
    assert contents(tmp_path / "new") == before


def test_seeds_of_other_inputs_are_not(earlier, tmp_path):
    assert kept(earlier, tmp_path, "other") == []
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("harm", ["changed", "gone", "more"])
def test_a_seed_whose_files_changed_is_not(earlier, tmp_path, harm):
    file = earlier / "pre" / "seed=1" / "model.keras"
    if harm == "changed":
        file.write_text("weights of seed=2")
    elif harm == "gone":
        file.unlink()
    else:
        file.with_name("more").write_text("")
    assert kept(earlier, tmp_path) == ["seed=0"]


def test_without_an_earlier_run_there_is_nothing_to_keep(tmp_path):
    assert keep_seeds(tmp_path / "none", tmp_path / "new", [], "same") == []


def test_any_input_changes_the_hash_and_the_number_of_seeds_does_not(make_params, tmp_path, monkeypatch):
    (tmp_path / "stages").mkdir()
    code, data = tmp_path / "stages" / "train.py", tmp_path / "data"
    data.mkdir()
    (tmp_path / "dvc.yaml").write_text("stages: {train: {do: {deps: [data/padded, stages/train.py]}}}")
    monkeypatch.setattr("stages.models.reuse.PROJECT", tmp_path)

    def found(variant="masked", texts="a", line="pass", **changes):
        code.write_text(line)
        (data / "train.parquet").write_text(texts)
        params = make_params({f"train.{name}": value for name, value in changes.items()})
        return inputs_hash(architecture_of(params, variant), params.train, [data])

    assert found() == found(seeds=30, first_seed=4)
    others = [found(variant="baseline"), found(texts="b"), found(line="pass  #"), found(learning_rate=0.2)]
    assert len({found(), *others}) == 5


@pytest.mark.slow
def test_one_more_seed_gives_the_files_of_a_fresh_run(make_params, padded, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("stages.train.executor_for", lambda *_: ThreadPoolExecutor(1))
    small = {"train.epochs": 2, "model.units": 4, "pad.sides": ["post"]}
    folder = padded["post"].parent
    for name, number in (("grown", 1), ("grown", 2), ("fresh", 2), ("fresh", 2)):
        params = make_params(small | {"train.seeds": number})
        train(params, variant="baseline", tokens=folder / "none", padded=folder, models=tmp_path / name)
    told = [line for line in capsys.readouterr().out.splitlines() if "already" in line]
    assert [line.split(": ")[1].split(" models")[0] for line in told] == ["1 of 2", "2 of 2"]
    assert contents(tmp_path / "grown") == contents(tmp_path / "fresh")
    shutil.rmtree(tmp_path / "fresh")
