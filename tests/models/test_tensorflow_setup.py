"""What a process that runs TensorFlow leaves out."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY


def test_no_function_is_rewritten_by_autograph_which_leaves_a_file_behind_in_every_worker_that_is_killed():
    calls = [
        node
        for path in (REPOSITORY / "stages").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tf.function"
    ]
    assert len(calls) >= 5
    for call in calls:
        assert "autograph=False" in [ast.unparse(keyword) for keyword in call.keywords], ast.unparse(call)


@pytest.mark.slow
def test_tensorflow_starts_without_what_keras_does_not_need_here():
    code = (
        "import sys; from stages.models.tensorflow_setup import prepare_tensorflow; prepare_tensorflow();"
        "print(sorted({'matplotlib', 'sklearn'} & set(sys.modules))); import sklearn; print(bool(sklearn.__version__))"
    )
    assert run(code) == ["[]", "True"]


def run(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout.splitlines()
