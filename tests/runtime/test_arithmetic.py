"""Products add in one order on every processor that has AVX2, so that a report is the same on all of them."""

import json
import os
import subprocess
import sys

import pytest

from stages import CPUS, ONE_ARITHMETIC
from tests.conftest import REPOSITORY

WITH_AVX2 = CPUS.exists() and " avx2 " in CPUS.read_text()
TELL = """
import json, os, stages, numpy, threadpoolctl
libraries = threadpoolctl.threadpool_info()
cores = [library["architecture"] for library in libraries if library["internal_api"] == "openblas"]
print(json.dumps([cores, os.environ.get("ONEDNN_MAX_CPU_ISA")]))
"""


def told(**environment):
    """The cores that numpy's library of linear algebra computes for, and the widest vectors of TensorFlow's."""
    without = {name: value for name, value in os.environ.items() if name not in ONE_ARITHMETIC}
    command = [sys.executable, "-c", TELL]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=without | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(not WITH_AVX2, reason="this processor is not x86 with AVX2, or /proc/cpuinfo does not say so")
def test_a_stage_computes_for_the_narrower_vectors_unless_the_user_says_otherwise():
    assert told() == [["Haswell"], "AVX2"]
    assert told(OPENBLAS_CORETYPE="Sandybridge", ONEDNN_MAX_CPU_ISA="AVX") == [["Sandybridge"], "AVX"]
