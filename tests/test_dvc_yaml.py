"""dvc.yaml against the code: DVC does not follow imports, so what a stage imports must lie in its deps."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stages.reporting.code_hash import COMPUTING
from tests.conftest import REPOSITORY
from tests.pipelines import copy_project, run, stages_run

STAGES = ("ingest", "tokenize", "bag_of_words", "pad", "train", "export", "analyze", "report", "audit")

VALIDATORS = {
    f"stages/params/{name}.py"
    for name in ("audit", "bounds", "datasets", "model", "reading", "schema", "section", "texts")
}
"""In the deps of no stage: they can refuse a run and change none that they allow, and DVC tracks the values themselves.
What turns a value into what a stage does is in stages/params/derived.py and layers.py, which are deps."""

OVER_TRIGGERING = {
    "analyze": {
        "stages/stats/bag_of_words.py": "one of twenty modules of its folder, and its scores are analyzed anyway",
        "stages/stats/random_effects.py": "one of twenty modules of its folder: a summary's of several reports",
        "stages/stats/curves.py": "one of twenty modules of its folder: a sweep's, and hardly ever changed",
    },
    "report": {
        "stages/reporting/gate.py": "a gate on the report, hardly ever changed; a report takes seconds",
        "stages/stats/random_effects.py": "of that summary",
        "stages/reporting/summary.py": "over several reports, hardly ever changed; a report takes seconds",
    },
    "audit": {
        "stages/padding_audit/__main__.py": "one of thirty modules of its room: the command; an audit takes seconds",
        "stages/padding_audit/checking.py": "one of thirty modules of its room: a check for tests, hardly ever changed",
    },
}
"""By stage: modules that it does not import and that lie in a folder among its deps, with the reason."""


def imported_modules(path: Path) -> set[Path]:
    """Every project module that runs because `path` runs, its own file included; imports for types alone left out.

    What is imported by validators alone is left out with them: they check values against it.
    """
    modules: set[Path] = set()
    waiting = [path]
    while waiting:
        module = waiting.pop()
        if module not in modules and named(module) not in VALIDATORS:
            modules.add(module)
            waiting.extend(direct_imports(module))
    return modules


def named(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def direct_imports(path: Path) -> set[Path]:
    paths = set()
    for node in running_nodes(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (source := imported_from(path, node)).split(".")[0] == "stages":
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "stages"]
        elif isinstance(node, ast.Constant) and str(node.value).startswith("stages."):
            names = [node.value]  # of a module that is started as a process, or imported by its name
        else:
            continue
        places = [REPOSITORY / Path(*name.split(".")) for name in names]
        candidates = [*(place.with_suffix(".py") for place in places), *(place / "__init__.py" for place in places)]
        paths.update(candidate for candidate in candidates if candidate.exists())
    return paths


def imported_from(path: Path, node: ast.ImportFrom) -> str:
    """The whole name of the module that a statement imports from, relative ones among them."""
    above = path.relative_to(REPOSITORY).parts[: -node.level] if node.level else ()
    return ".".join([*above, *([node.module] if node.module else [])])


def running_nodes(tree: ast.AST):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from running_nodes(node)


def declared(stage: str) -> dict[str, Any]:
    """What dvc.yaml says of a stage, without the table that it is repeated for."""
    content = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")["stages"][stage]
    result: dict[str, Any] = content.get("do", content)
    return result


def code_deps(stage: str) -> list[str]:
    return [dep for dep in declared(stage)["deps"] if dep.startswith("stages/")]


def declared_modules(stage: str) -> set[str]:
    """The modules that are deps of a stage, or lie in a folder that is; __init__.py, which are empty, left out."""
    paths = [REPOSITORY / dep for dep in code_deps(stage)]
    modules = [module for path in paths for module in ([path] if path.is_file() else path.rglob("*.py"))]
    return {named(module) for module in modules if module.name != "__init__.py"}


def needed_modules(stage: str) -> set[str]:
    modules = imported_modules(REPOSITORY / "stages" / f"{stage}.py")
    return {named(module) for module in modules if module.name != "__init__.py"}


def hashed_modules() -> set[str]:
    """What computes figures: the report holds a hash of it."""
    places = [REPOSITORY / "stages" / name for name in COMPUTING]
    modules = [module for place in places for module in ([place] if place.is_file() else place.rglob("*.py"))]
    return {named(module) for module in modules if module.name != "__init__.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_deps_cover_the_modules_that_the_stage_imports_and_no_others(stage):
    hashed = hashed_modules() if stage == "report" else set()
    assert declared_modules(stage) == needed_modules(stage) | OVER_TRIGGERING.get(stage, {}).keys() | hashed


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_there_once_and_in_order(stage):
    deps = code_deps(stage)
    assert deps == sorted(set(deps))
    assert not [dep for dep in deps if not (REPOSITORY / dep).exists()]
    assert not [dep for dep in deps if any(str(parent) in deps for parent in Path(dep).parents)]


@pytest.mark.parametrize("stage", STAGES)
def test_no_module_that_lies_outside_of_the_deps_need_be_exempted(stage):
    """Nothing stands in OVER_TRIGGERING that the stage imports."""
    assert not OVER_TRIGGERING.get(stage, {}).keys() & needed_modules(stage)


def test_what_turns_values_into_behaviour_is_a_dep_of_the_stages_that_follow_it():
    stages_of = {
        name: {stage for stage in STAGES if f"stages/params/{name}.py" in declared_modules(stage)}
        for name in ("derived", "layers")
    }
    assert stages_of == {
        "derived": {"train", "export", "analyze", "report"},
        "layers": {"train", "export", "analyze", "report"},
    }


LOADING = """
import os, sys
import matplotlib.figure, pandas, pyarrow.parquet, pydantic, ruamel.yaml, scipy.stats, sklearn.linear_model

assert not [name for name in sys.modules if name.split(".")[0] in ("stages", "tensorflow", "keras")]
for stage in sys.argv[1:]:
    if (child := os.fork()) == 0:
        __import__(f"stages.{stage}")
        print(stage, *sys.modules, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
"""Each stage in a process of its own; what others wrote, which takes most of the time, is loaded once for all."""


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The modules that each stage loads."""
    command = [sys.executable, "-c", LOADING, *STAGES]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    return {stage: set(names) for stage, *names in map(str.split, result.stdout.splitlines())}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_loads_no_tensorflow_and_no_module_that_is_not_among_its_deps(stage, loaded):
    """Training and exporting import TensorFlow in their worker processes alone."""
    names = loaded[stage]
    assert f"stages.{stage}" in names
    assert not {"tensorflow", "keras"} & names
    own = {str(Path(*name.split("."))) + ".py" for name in names if name.startswith("stages.")}
    of_validators = {named(module) for path in VALIDATORS for module in direct_imports(REPOSITORY / path)}
    assert {name for name in own if (REPOSITORY / name).exists()} <= needed_modules(stage) | VALIDATORS | of_validators


def test_templates_are_deps_of_the_report():
    templates = [path for path in (REPOSITORY / "stages" / "reporting" / "templates").iterdir() if path.is_file()]
    assert templates
    for template in templates:
        assert any(REPOSITORY / dep in (template, *template.parents) for dep in code_deps("report"))


FUNCTIONS = {
    "architecture_of": {"model", "variants"},
    "trained_seeds": {"model", "variants", "train.seeds", "train.first_seed"},
    "trained_side": {"model", "variants", "pad.sides"},
    "trained_sides": {"model", "variants", "pad.sides"},
}
"""What the functions of stages/params/derived.py that a stage calls read of their first argument."""

CHOSEN = {"dataset", "datasets.${dataset}"}
"""What `params.chosen_dataset` reads."""

UNTRACKED = {"execution"}
"""Who does the work changes no result."""


def read_params(path: Path) -> set[str]:
    """The params that a stage module reads, as `params.<section>.<key>` stands in its code, or through a function."""
    names: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and ast.unparse(node.func) in FUNCTIONS:
            names |= FUNCTIONS[ast.unparse(node.func)]
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith("params."):
            name = ast.unparse(node).removeprefix("params.")
            names |= CHOSEN if f"{name}.".startswith("chosen_dataset.") else {name}
        else:
            waiting.extend(ast.iter_child_nodes(node))
    return names


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "report"])
def test_params_are_those_that_the_stage_reads(stage):
    """The report prints every knob, and declares them all."""
    tracked = {re.sub(r"\.\$\{(item|key)\}$", "", name) for name in declared(stage)["params"]}
    for name in read_params(REPOSITORY / "stages" / f"{stage}.py") - UNTRACKED:
        sections = {name.rsplit(".", n)[0] for n in range(name.count(".") + 1)}
        assert sections & tracked or any(key.startswith(f"{name}.") for key in tracked), f"{stage} reads {name}"


def test_the_report_declares_every_knob_that_it_prints(params_content):
    assert set(params_content) - {"audit", "datasets", "execution", "gate"} <= set(declared("report")["params"])


def test_packages_hold_no_code_of_their_own():
    """But for the one that is installed under a name of its own, whose front it is, and what says who interrupted."""
    own = {REPOSITORY / "stages/padding_audit/__init__.py", REPOSITORY / "stages/__init__.py"}
    for path in {*(REPOSITORY / "stages").rglob("__init__.py")} - own:
        body = ast.parse(path.read_text()).body
        assert all(isinstance(node, ast.Expr) for node in body), path


def test_statistics_know_neither_keras_nor_files_nor_params():
    for path in (REPOSITORY / "stages" / "stats").glob("*.py"):
        for node in running_nodes(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            forbidden = ("keras", "tensorflow", "stages.runtime", "stages.params", "pathlib", "pyarrow")
            assert not any(name.startswith(forbidden) for name in names), path


@pytest.mark.parametrize("stage", STAGES)
def test_only_reports_are_kept_out_of_the_cache(stage):
    """An output that is not cached switches DVC's run cache off for its stage."""
    outs = declared(stage).get("outs", []) + declared(stage).get("metrics", [])
    uncached = [out for out in outs if isinstance(out, dict) and not next(iter(out.values())).get("cache", True)]
    assert bool(uncached) == (stage in ("report", "audit"))
    persisting = [next(iter(out.values())).get("persist", False) for out in uncached]
    assert all(persisting), "DVC would remove a report before the stage runs, which may fail"


def test_every_stage_of_dvc_yaml_is_looked_at_here():
    assert set(YAML(typ="safe").load(REPOSITORY / "dvc.yaml")["stages"]) == set(STAGES)


def test_an_audit_runs_again_for_the_files_of_its_model_and_for_its_entry_alone():
    assert "models/${key}" in declared("audit")["deps"]
    assert declared("audit")["params"] == ["audit.${key}"]


@pytest.mark.parametrize("stage", STAGES)
def test_no_value_of_params_yaml_stands_in_a_command(stage):
    """A shell reads it, and params.yaml may be another's; stages.runtime.command puts the names in."""
    assert "${" not in declared(stage)["cmd"]


@pytest.mark.slow
def test_a_value_of_params_yaml_neither_runs_as_a_command_nor_names_what_dvc_removes(tmp_path):
    (tmp_path / "git").mkdir()
    copy_project(tmp_path, {"pad.sides": ["post; touch ran #", "../../git"], "audit": {"m; touch ran #": {}}})
    for folder in ("data/tokens", "models/m; touch ran #"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a").write_text("a")
    run(tmp_path, "git", "init", "-q")
    stages = ["pad@post; touch ran #", "pad@../../git", "audit@m; touch ran #"]
    result = run(tmp_path, "dvc", "repro", "-q", "--single-item", "--force", "--keep-going", *stages, check=False)
    assert result.stderr.count("pad: error: params.yaml: ") == 2
    assert result.stderr.count("audit: error: params.yaml: ") == 1
    assert not (tmp_path / "ran").exists()
    assert (tmp_path / "git").exists()


@pytest.mark.slow
def test_a_value_where_a_list_belongs_ends_plain_dvc_in_a_sentence(tmp_path):
    copy_project(tmp_path, {"pad.sides": "pre"})
    run(tmp_path, "git", "init", "-q")
    result = run(tmp_path, "dvc", "repro", check=False)
    assert result.stderr == (
        "ERROR: failed to resolve 'stages.pad.foreach' in 'dvc.yaml': expected list/dictionary, got str\n"
    )


@pytest.mark.slow
def test_a_run_takes_every_stage(small_run):
    """Here, because files with many tests start first: the run that all copy is then there before others need it."""
    log = small_run.with_name("small.log").read_text()
    assert {stage.split("@")[0] for stage in stages_run(log)} == set(STAGES) - {"audit"}, "its table is empty"
