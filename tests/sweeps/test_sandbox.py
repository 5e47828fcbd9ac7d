"""What a sandbox shares with the project."""

import pytest

from stages.sweeps.run.sandbox import cache_folder


@pytest.mark.parametrize(
    ("config", "local", "cache"),
    [
        ("", "", ".dvc/cache"),
        ("[cache]\n    dir = ../../shared", "", "../shared"),
        ("[cache]\n    dir = ../../shared", "[cache]\n    dir = own", ".dvc/own"),
    ],
)
def test_the_cache_is_the_one_that_dvc_uses(tmp_path, config, local, cache):
    project = tmp_path / "project"
    (project / ".dvc").mkdir(parents=True)
    (project / ".dvc" / "config").write_text(config)
    (project / ".dvc" / "config.local").write_text(local)
    assert cache_folder(project) == (project / cache).resolve()
