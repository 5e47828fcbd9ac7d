"""What a process that runs TensorFlow leaves out, and what it keeps."""

import platform
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow

FED = """
import resource
from itertools import repeat

import numpy as np

from stages.models import training
from stages.models.tensorflow_setup import prepare_tensorflow
from stages.texts.tokens.padded import PaddedBatch

ROWS, WIDTH, STEPS = 64, 8192, 40  # batches of 2 MiB

def faults_of_late_steps():
    one = np.ones(ROWS, np.int32)
    texts = PaddedBatch(one.astype(np.int64), one, np.ones((ROWS, WIDTH), np.int32), one * WIDTH)
    feed = training.Feed(texts, "post", trims=True, explicit=False)
    faults = []
    for tokens, _ in training._stream(feed, repeat(np.arange(ROWS), 2 * STEPS)):
        float(tokens[0, 0])
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
    return faults[-1] - faults[STEPS]

prepare_tensorflow()
keep, training.keep_freed_memory = training.keep_freed_memory, lambda: None
print(faults_of_late_steps())
training.keep_freed_memory = keep
print(faults_of_late_steps())
"""


def test_tensorflow_starts_without_what_keras_does_not_need_here():
    code = (
        "import sys; from stages.models.tensorflow_setup import prepare_tensorflow; prepare_tensorflow();"
        "print(sorted({'matplotlib', 'sklearn'} & set(sys.modules))); import sklearn; print(bool(sklearn.__version__))"
    )
    assert run(code) == ["[]", "True"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives freed memory back at TensorFlow's word")
def test_batches_take_no_new_memory_once_some_were_fed():
    given_back, kept = map(int, run(FED)[-2:])
    assert kept < given_back / 10


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout.splitlines()
