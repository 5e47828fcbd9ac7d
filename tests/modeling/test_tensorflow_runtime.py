"""What a process that runs TensorFlow leaves out, and what it keeps."""

import platform
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow

FED = """
import resource
import sys

import numpy as np

from stages.modeling import training
from stages.modeling.tensorflow_runtime import prepare_tensorflow
from stages.tokens.padded import PaddedBatch

if sys.argv[1] == "given back":
    training.keep_freed_memory = lambda: None
prepare_tensorflow()
rows, width, steps = 64, 8192, 40  # batches of 2 MiB
one = np.ones(rows, np.int32)
texts = PaddedBatch(one.astype(np.int64), one, np.ones((rows, width), np.int32), one * width)
feed = training.Feed(texts, "post", trims=True, explicit=False)
faults = []
for tokens, _ in training._stream(feed, iter([np.arange(rows)] * 2 * steps)):
    float(tokens[0, 0])
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[steps])
"""


def test_tensorflow_starts_without_what_keras_does_not_need_here():
    code = (
        "import sys; from stages.modeling.tensorflow_runtime import prepare_tensorflow; prepare_tensorflow();"
        "print(sorted({'matplotlib', 'sklearn'} & set(sys.modules))); import sklearn; print(bool(sklearn.__version__))"
    )
    assert run(code) == ["[]", "True"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives freed memory back at TensorFlow's word")
def test_batches_take_no_new_memory_once_some_were_fed():
    given_back, kept = (int(run(FED, way)[-1]) for way in ("given back", "kept"))
    assert kept < given_back / 10


def run(code, *arguments):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout.splitlines()
