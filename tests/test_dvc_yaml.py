"""dvc.yaml against the code: DVC does not follow imports, so every module a stage imports must stand in its deps."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import REPOSITORY
from tests.pipelines import stages_run

STAGES = ("ingest", "tokenize", "bag_of_words", "pad", "train", "export", "analyze", "report")


def imported_modules(path: Path) -> set[Path]:
    """Every project module that runs because `path` runs, its own file included; imports for types alone left out."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(direct_imports(module))
    return found


def direct_imports(path: Path) -> set[Path]:
    paths = set()
    for node in running_nodes(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "stages":
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "stages"]
        else:
            continue
        candidates = (REPOSITORY / Path(*name.split(".")).with_suffix(".py") for name in names)
        paths.update(candidate for candidate in candidates if candidate.exists())
    return paths


def running_nodes(tree: ast.AST):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from running_nodes(node)


def declared_modules(stage: str) -> list[str]:
    content = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")
    return [dep for dep in content["stages"][stage]["deps"] if dep.endswith(".py")]


def needed_modules(stage: str) -> list[str]:
    modules = imported_modules(REPOSITORY / "stages" / f"{stage}.py")
    return sorted(str(module.relative_to(REPOSITORY)) for module in modules)


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_the_modules_that_the_stage_imports(stage):
    assert declared_modules(stage) == needed_modules(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_loads_no_tensorflow_and_no_module_that_is_not_among_its_deps(stage):
    """Training and exporting import TensorFlow in their worker processes alone."""
    code = f"import sys, stages.{stage}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    names = result.stdout.split()
    assert not {"tensorflow", "keras"} & set(names)
    loaded = {str(Path(*name.split("."))) + ".py" for name in names if name.startswith("stages.")}
    assert {name for name in loaded if (REPOSITORY / name).exists()} <= set(needed_modules(stage))


def test_templates_are_deps_of_the_report():
    templates = {
        str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "stages" / "reporting" / "templates").iterdir()
    }
    content = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")
    assert templates
    assert templates <= set(content["stages"]["report"]["deps"])


METHODS = {
    "chosen_dataset": {"dataset", "datasets.${dataset}"},
    "architecture": {"model", "variants"},
    "train.seed_numbers": {"train.seeds", "train.first_seed"},
    "fingerprint": set(),  # of what the stage and those before it read
}
"""What the properties and methods of Params read."""

UNTRACKED = {"execution", "dataset"}
"""Who does the work changes no result; the name of the dataset stands in metadata, its entry decides the content."""


def read_params(path: Path) -> set[str]:
    """The params that a stage module reads, as `params.<section>.<key>` stands in its code."""
    chains = {ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    longest = {chain for chain in chains if not any(other.startswith(chain + ".") for other in chains)}
    names = {chain.removeprefix("params.") for chain in longest if chain.startswith("params.")}
    methods = {method: {name for name in names if f"{name}.".startswith(f"{method}.")} for method in METHODS}
    plain = names - set().union(*methods.values())
    return plain.union(*(METHODS[method] for method, used in methods.items() if used))


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "report"])
def test_params_are_those_that_the_stage_reads(stage):
    """The report prints every knob, and declares them all."""
    content = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")
    declared = {name.replace("${item.variant}", "").rstrip(".") for name in content["stages"][stage]["params"]}
    for name in read_params(REPOSITORY / "stages" / f"{stage}.py") - UNTRACKED:
        sections = {name.rsplit(".", n)[0] for n in range(name.count(".") + 1)}
        keys = {each for each in declared if each.startswith(name + ".")}
        assert sections & declared or keys, f"{stage} reads {name}"


def test_the_report_declares_every_knob_that_it_prints(params_content):
    content = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")
    assert set(params_content) - {"datasets", "execution", "gate"} <= set(content["stages"]["report"]["params"])


def test_packages_hold_no_code_of_their_own():
    for path in (REPOSITORY / "stages").rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        assert all(isinstance(node, ast.Expr) for node in body), path


def test_statistics_know_neither_keras_nor_files_nor_params():
    for path in (REPOSITORY / "stages" / "stats").glob("*.py"):
        for node in running_nodes(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            forbidden = ("keras", "tensorflow", "stages.runtime", "stages.params", "pathlib", "pyarrow")
            assert not any(name.startswith(forbidden) for name in names), path


def test_only_the_report_is_kept_out_of_the_cache():
    """An output that is not cached switches DVC's run cache off for its stage."""
    content = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")
    for name, stage in content["stages"].items():
        uncached = [out for out in stage.get("outs", []) + stage.get("metrics", []) if isinstance(out, dict)]
        assert bool(uncached) == (name == "report")


@pytest.mark.slow
def test_a_run_takes_every_stage(small_run):
    """Here, because files with many tests start first: the run that all copy is then there before others need it."""
    log = small_run.with_name("small.log").read_text()
    assert {stage.split("@")[0] for stage in stages_run(log)} == set(STAGES)
