"""What an experiment is called by: every param, module and file that changes its figures, and nothing else."""

import shutil

import pytest

from stages.errors import UserError
from stages.sweeps.run.identity import planned
from stages.sweeps.spec import load_sweep
from tests.conftest import REPOSITORY
from tests.pipelines import change_params
from tests.sweeps import toy


@pytest.fixture
def project(tmp_path):
    """The project's code and params, without git."""
    shutil.copytree(REPOSITORY / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return tmp_path


def name(project, dataset="synthetic", **more) -> str:
    sweep = toy.grid(5, **more)
    experiments, _ = planned(project, sweep, sweep.points(dataset))
    return experiments[0].name


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"report.pads": 8}, True),
        ({"gate.must_be": "equivalent"}, True),
        ({"audit": {"mine": {"file": "model.keras"}}}, True),
        ({"execution.workers": 3}, True),
        ({"datasets.mr.publisher": "me"}, True),
        ({"variants.mine": {"mask": "none"}}, True),
        ({"pad.max_len": 7}, True),  # the grid changes it anyway
        ({"variants.masked.units": 8}, False),
        ({"datasets.synthetic.seed": 12}, False),
        ({"train.epochs": 3}, False),
        ({"analyze.level": 0.9}, False),
    ],
)
def test_params_that_change_a_figure_belong_to_it(project, changes, same):
    before = name(project)
    change_params(project, changes)
    assert (name(project) == before) == same


@pytest.mark.parametrize(
    ("module", "same"),
    [
        ("stages/reporting/answer.py", True),
        ("stages/report.py", True),
        ("stages/sweeps/spec.py", True),
        ("stages/audit.py", True),
        ("stages/padding_audit/page.py", True),
        ("stages/models/training.py", False),
        ("stages/stats/moments.py", False),
        ("stages/runtime/workers/pool.py", False),
        ("stages/params/schema.py", True),
        ("stages/params/derived.py", False),
    ],
)
def test_modules_that_compute_belong_to_it(project, module, same):
    before = name(project)
    assert (project / module).exists()
    with (project / module).open("a") as file:
        file.write("# changed\n")
    assert (name(project) == before) == same


def test_the_file_of_an_open_editor_does_not(project):
    before = name(project)
    (project / "stages" / "models" / ".training.py.swp").write_text("# changed")
    assert name(project) == before


def test_every_file_of_a_folder_that_stages_depend_on_belongs_to_it_but_for_what_python_writes(project):
    before = name(project)
    (project / "stages" / "models" / "__pycache__").mkdir()
    (project / "stages" / "models" / "__pycache__" / "heads.cpython-312.pyc").write_bytes(b"compiled")
    assert name(project) == before
    (project / "stages" / "models" / "new.py").write_text("")
    with_a_module = name(project)
    assert with_a_module != before
    (project / "stages" / "models" / "new.py").rename(project / "stages" / "models" / "newer.py")
    assert name(project) not in (before, with_a_module)


def test_the_files_that_are_read_belong_to_it(project):
    raw = project / "data" / "raw"
    (raw / "mr.csv").write_text("text,label\n")
    before = name(project, "mr")
    (raw / "subj.csv").write_text("text,label\n")
    assert name(project, "mr") == before
    (raw / "mr.csv").write_text("text,label\na,b\n")
    assert name(project, "mr") != before
    with_tokenizer = {"set": {"tokenize.kind": "file"}}
    with pytest.raises(UserError, match=r"^data/raw/tokenizer.json: no such file"):
        name(project, "mr", **with_tokenizer)
    (raw / "tokenizer.json").write_text("{}")
    (raw / "words.txt").write_text("good 0.1 0.2\n")
    sweep = toy.grid(5, 6, set={"tokenize.kind": "file", "tokenize.vectors": "words.txt"})
    _, files = planned(project, sweep, sweep.points("mr"))
    assert [str(path) for path in files] == ["data/raw/mr.csv", "data/raw/tokenizer.json", "data/raw/words.txt"]


def test_every_file_of_a_folder_of_texts_belongs_to_it(project):
    change_params(project, {"datasets.mr.file": "films"})
    folder = project / "data" / "raw" / "films"
    folder.mkdir()
    (folder / "train.parquet").write_text("one")
    before = name(project, "mr")
    (folder / "test.parquet").write_text("two")
    assert name(project, "mr") != before


def test_points_of_equal_params_share_one_experiment_whatever_they_are_called(project):
    sweep = toy.grid(5, grid={"way": {"one": {"pad.max_len": 5}, "other": {"pad.max_len": 5}}})
    first, second = planned(project, sweep, sweep.points("synthetic"))[0]
    assert first.name == second.name == name(project)
    assert first.name.startswith("toy-")


def test_the_grammar_makes_as_many_texts_as_are_asked_for(project):
    sweep = toy.grid(5)
    few, many = (planned(project, sweep, sweep.points("synthetic", texts))[0][0] for texts in (4000, 4001))
    assert "datasets.synthetic.texts" not in few.overrides
    assert many.overrides["datasets.synthetic.texts"] == 4001


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model.unts": 8}, "sweeps/toy.yaml, pad.max_len=5: model: unknown key 'unts'; did you mean 'units'?"),
        ({"modle.units": 8}, "sweeps/toy.yaml, pad.max_len=5: unknown key 'modle'; did you mean 'model'?"),
        ({"pad.max_len.k": 8}, "sweeps/toy.yaml, pad.max_len=5: pad.max_len.k: max_len is a value of params.yaml"),
        ({"train.variants": ["x"]}, "sweeps/toy.yaml, pad.max_len=5: train.variants.0: 'x' is not in the table"),
        ({"report.pads": 3}, "sweeps/toy.yaml, pad.max_len=5: report.pads: 3 is not one of export.pads"),
    ],
)
def test_a_point_that_params_refuse_is_named(project, settings, sentence):
    with pytest.raises(UserError) as mistake:
        name(project, set=settings)
    assert str(mistake.value).startswith(sentence)


def test_a_mistake_in_params_yaml_is_not_blamed_on_the_sweep(project):
    change_params(project, {"train.epochs": 0})
    with pytest.raises(UserError, match=r"^params.yaml: train.epochs: 0 is not allowed"):
        name(project)


def test_a_module_that_is_not_there_is_named(project):
    (project / "stages" / "pad.py").unlink()
    with pytest.raises(UserError, match=r"^dvc.yaml: a stage depends on stages/pad.py, and there is no such file"):
        name(project)
    shutil.rmtree(project / "stages" / "models")
    (project / "stages" / "pad.py").touch()
    with pytest.raises(UserError, match=r"^dvc.yaml: a stage depends on stages/models, and there is no such file"):
        name(project)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_point_of_a_shipped_sweep_can_run(path):
    sweep = load_sweep(path)
    points = sweep.points(sweep.only or "synthetic")
    experiments, _ = planned(REPOSITORY, sweep, points)
    assert len({each.name for each in experiments}) == len(points)
