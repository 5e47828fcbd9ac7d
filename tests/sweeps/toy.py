"""A pipeline of two stages that take no time, with the project's own params.yaml, for what a sweep does around them.

Beside them stands a stage that cannot run, as the audit of a model that git and DVC do not track: no sweep runs it.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stages.sweeps.spec import Sweep
from tests.conftest import REPOSITORY, committed
from tests.pipelines import ENVIRONMENT, run

DVC_YAML = """\
stages:
  analyze:
    cmd: python -m stages.analyze
    deps:
    - data/raw
    - stages/analyze.py
    params:
    - dataset
    - pad.max_len
    - corpus.max_texts
    outs:
    - data/analysis
  report:
    cmd: python -m stages.report
    deps:
    - data/analysis
    - stages/report.py
    outs:
    - reports/${dataset}/report.json:
        cache: false
    metrics:
    - reports/${dataset}/metrics.json:
        cache: false
  audit:
    cmd: python -m stages.audit
    deps:
    - models/of-nobody
"""

ANALYZE = """\
import os, sys, time
from pathlib import Path
from ruamel.yaml import YAML

params = YAML(typ="safe").load(Path("params.yaml"))
width = params["pad"]["max_len"]
with open(os.environ["STARTS"], "a") as starts:
    starts.write(f"{width}\\n")
if width == 13:
    sys.exit("analyze: error: pad.max_len: 13 brings bad luck")
while Path(os.environ["STARTS"] + f".hold-{width}").exists():
    time.sleep(0.05)
raw = "".join(path.read_text() for path in sorted(Path("data/raw").glob("*.csv")))
Path("data/analysis").mkdir(parents=True)
Path("data/analysis/words").write_text(f"{params['dataset']} {width} {raw}")
"""

REPORT = """\
import json
from pathlib import Path

words = Path("data/analysis/words").read_text()
folder = Path("reports") / words.split()[0]
folder.mkdir(parents=True, exist_ok=True)
report = json.loads(Path("whole.json").read_text()) | {"params": {"words": words}}
(folder / "report.json").write_text(json.dumps(report))
(folder / "metrics.json").write_text(json.dumps({"letters": len(words)}))
"""

FILES = {
    "dvc.yaml": DVC_YAML,
    "stages/analyze.py": ANALYZE,
    "stages/report.py": REPORT,
    ".gitignore": "/data/analysis\n__pycache__/\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
    ".dvc/config": "[core]\n    analytics = false\n",
    "data/raw/.gitignore": "*\n!.gitignore\n",
}

DRIVER = """\
import json, signal, sys
from pathlib import Path
from stages.errors import UserError
from stages.sweeps.run.experiments import run_missing
from stages.sweeps.spec import Sweep

for ending in (signal.SIGINT, signal.SIGTERM):  # as every stage does; SIGINT may be ignored here
    signal.signal(ending, signal.default_int_handler)
sweep = Sweep.model_validate_json(sys.argv[2])
try:
    found = run_missing(Path(sys.argv[1]), sweep, sweep.points(sys.argv[3]), int(sys.argv[4]))
except UserError as error:
    sys.exit(f"error: {error}")
print(json.dumps([[each.point.levels, each.report.params] for each in found]))
"""


def make(folder: Path) -> Path:
    """The toy project as a git repository with one commit and a report of its own."""
    empty: dict[str, Any] = {
        key: [] for key in ("cells", "family", "verdicts", "units", "similarity", "cost", "claims")
    }
    whole = json.loads(committed("reports/synthetic/report.json")) | empty | {"questions": []}
    for name, text in {**FILES, "whole.json": json.dumps(whole)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(REPOSITORY / "params.yaml", folder)
    run(folder, "git", "init", "-q")
    subprocess.run(["dvc", "repro", "-q", "report"], cwd=folder, env=environment(folder), check=True)
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "a pipeline")
    starts(folder).unlink()
    return folder


def grid(*widths: Any, name: str = "toy", **more: Any) -> Sweep:
    """A sweep over pad.max_len."""
    content = {
        "name": name,
        "title": "Toy",
        "question": "Does it run?",
        "grid": {"pad.max_len": list(widths)},
        "read": ["accuracy"],
        "figure": {"kind": "curves", "x": "padding_share"},
    }
    return Sweep.model_validate({**content, **more})


def starts(project: Path) -> Path:
    """The file with a line for every time that the stage `analyze` began, the width of the row."""
    return project.parent / "starts"


def started(project: Path) -> list[str]:
    """What that file says."""
    path = starts(project)
    return sorted(path.read_text().split()) if path.exists() else []


def hold(project: Path, width: Any) -> Path:
    """Make `analyze` wait at this width until the file is removed."""
    path = Path(f"{starts(project)}.hold-{width}")
    path.touch()
    return path


def environment(project: Path) -> dict[str, str]:
    """What the engine and the stages run with."""
    return {**ENVIRONMENT, "STARTS": str(starts(project))}


def begin(project: Path, sweep: Sweep, dataset: str = "synthetic", jobs: int = 2) -> subprocess.Popen[str]:
    """The engine as a process of its own, in a group of its own."""
    command = [sys.executable, "-c", DRIVER, str(project), sweep.model_dump_json(), dataset, str(jobs)]
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def results(process: subprocess.Popen[str]) -> list[Any]:
    """Levels and params of every point's report, when it has ended without an error."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    found: list[Any] = json.loads(output.splitlines()[-1])
    return found


def params_with(project: Path, **sections: Any) -> None:
    """Change whole sections of params.yaml in the workspace."""
    path = project / "params.yaml"
    content = YAML(typ="safe").load(path)
    YAML().dump({**content, **sections}, path)


def processes(project: Path) -> list[str]:
    """Processes that work in a sandbox of this project."""
    mark = f"PADDING_IMPACT_SANDBOX={project}{os.sep}".encode()
    alive = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes():
                alive.append(path.parent.name)
        except OSError:
            continue
    return alive


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Look until it holds; after two minutes the test fails with `what`."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
