"""What a process that runs TensorFlow leaves out."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.slow


def test_tensorflow_starts_without_what_keras_does_not_need_here():
    code = (
        "import sys; from stages.models.tensorflow_setup import prepare_tensorflow; prepare_tensorflow();"
        "print(sorted({'matplotlib', 'sklearn'} & set(sys.modules))); import sklearn; print(bool(sklearn.__version__))"
    )
    assert run(code) == ["[]", "True"]


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout.splitlines()
