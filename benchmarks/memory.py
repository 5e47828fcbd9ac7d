"""The peak memory of every stage at two numbers of texts: run by `make memory`, written to benchmarks/memory.md."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Container
from pathlib import Path

from ruamel.yaml import YAML

SIZES = (2_000, 20_000)
MANY = 200_000
WITHOUT_MODEL = ("ingest", "tokenize", "bag_of_words", "pad")
"""Stages before any training, measured at MANY texts too."""
CELL = ("post", "baseline")
REPOSITORY = Path(__file__).parents[1]
RESULT = REPOSITORY / "benchmarks" / "memory.md"

CHANGES = {
    ("train", "seeds"): 2,
    ("train", "epochs"): 1,
    ("train", "variants"): ["baseline"],
    ("pad", "sides"): ["post"],
    ("export", "texts"): "all",
}

PREFACE = """\
# Peak memory of every stage

Synthetic texts; one epoch, two seeds, one cell; every test text exported. A stage that fans out is measured by its
largest process. Growth by tens of MiB is buffers that fill up: row groups, windows of texts, SQLite's cache. `train`
alone holds its texts in memory, at 4 bytes a token of the padded rows. Repeat with `make memory`.

"""


def main() -> None:
    """Measure every stage at every size and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = [peaks_of_stages(Path(folder) / str(size), size) for size in SIZES]
        peaks.append(peaks_of_stages(Path(folder) / str(MANY), MANY, WITHOUT_MODEL))
    sizes = " | ".join(f"{size:,} texts, MiB" for size in (*SIZES, MANY))
    lines = [f"| stage | {sizes} |", "|---|---|---|---|"]
    for stage in peaks[0]:
        row = " | ".join(f"{each[stage]:.0f}" if stage in each else "" for each in peaks)
        lines.append(f"| {stage} | {row} |")
    versions = f"\nPython {platform.python_version()}, {platform.system()} {platform.machine()}.\n"
    RESULT.write_text(PREFACE + "\n".join(lines) + "\n" + versions, encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def peaks_of_stages(folder: Path, texts: int, only: Container[str] | None = None) -> dict[str, float]:
    """Run the pipeline's stages, or `only` some, one after another in `folder`; the peak of each in MiB."""
    folder.mkdir(parents=True)
    (folder / "raw").mkdir()
    write_params(folder / "params.yaml", texts)
    side, variant = CELL
    cell = ["--side", side, "--variant", variant]
    commands = {
        "ingest": ["--raw", "raw", "--corpus", "corpus"],
        "tokenize": ["--raw", "raw", "--corpus", "corpus", "--tokens", "tokens"],
        "bag_of_words": ["--tokens", "tokens", "--bag-of-words", "bag_of_words"],
        "pad": ["--side", side, "--tokens", "tokens", "--padded", f"padded/{side}"],
        "train": [
            *cell,
            *("--tokens", "tokens", "--padded", f"padded/{side}", "--models", f"models/{side}-{variant}"),
        ],
        "export": [
            *cell,
            *("--padded", f"padded/{side}", "--models", f"models/{side}-{variant}"),
            *("--states", f"states/{side}-{variant}"),
        ],
        "analyze": [
            *("--corpus", "corpus", "--tokens", "tokens", "--bag-of-words", "bag_of_words", "--padded", "padded"),
            *("--models", "models", "--states", "states", "--analysis", "analysis"),
        ],
        "report": ["--analysis", "analysis", "--reports", "reports"],
    }
    stages = {stage: options for stage, options in commands.items() if only is None or stage in only}
    return {stage: peak_of(folder, stage, options) for stage, options in stages.items()}


def write_params(path: Path, texts: int) -> None:
    """The project's params with the number of texts and the changes that keep the run short."""
    yaml = YAML()
    content = yaml.load(REPOSITORY / "params.yaml")
    content["datasets"]["synthetic"]["texts"] = texts
    for (section, key), value in CHANGES.items():
        content[section][key] = value
    yaml.dump(content, path)


def peak_of(folder: Path, stage: str, options: list[str]) -> float:
    """Run one stage in `folder`; the largest resident set of it and of its processes, in MiB."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen([sys.executable, "-m", f"stages.{stage}", *options], cwd=folder, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{stage} ended with status {status}")
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
