"""Looks at more and more seeds: what each may spend, when they stop, and what is said."""

import json
import math
import subprocess

import pytest

from stages.errors import UserError
from stages.stats.claims import LOOKS, spent
from stages.stats.verdicts import Verdict
from stages.sweeps import decide
from tests.conftest import committed

REPORT = json.loads(committed("reports/synthetic/report.json"))


def with_verdicts(words):
    family = [{**record, "verdict": str(word)} for record, word in zip(REPORT["family"], words, strict=True)]
    return {**REPORT, "family": family}


@pytest.fixture
def looks(tmp_path, monkeypatch):
    """Run looks of which each finds these verdicts; the commands that were run."""

    def run(*found, code=0):
        commands = []

        def dvc(command, cwd, check):
            path = cwd / "reports" / "synthetic" / "report.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(with_verdicts(found[len(commands)])))
            commands.append(command)
            return subprocess.CompletedProcess(command, code)

        monkeypatch.setattr(decide.subprocess, "run", dvc)
        decide.run_looks(tmp_path, "synthetic")
        return commands

    return run


OPEN = [Verdict.INCONCLUSIVE, *[Verdict.DIFFERENT] * 5]
DECIDED = [Verdict.PROVEN, *[Verdict.DIFFERENT] * 5]


def test_it_stops_at_the_first_look_that_decides_all(looks, capsys):
    commands = looks(OPEN, DECIDED)
    assert [command[-2:] for command in commands] == [
        ["analyze.family.look=1", "report"],
        ["analyze.family.look=2", "report"],
    ]
    assert [f"train.seeds={seeds}" in command for command, seeds in zip(commands, (6, 12), strict=True)] == [True, True]
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "6 seeds: 5 of 6 questions decided; more seeds may decide leak (pre)"
    assert said[-1] == "12 seeds: 6 of 6 questions decided"


def test_it_ends_with_the_last_look(looks, capsys):
    assert len(looks(*[OPEN] * 4)) == len(LOOKS) == 4
    assert capsys.readouterr().out.splitlines()[-1].startswith("24 seeds: 5 of 6 questions decided")


def test_a_figure_about_epsilon_wants_texts_as_in_the_report(looks, capsys, monkeypatch):
    monkeypatch.setitem(REPORT["family"][0], "about_epsilon", True)
    looks([Verdict.INCONCLUSIVE] * 2 + [Verdict.DIFFERENT] * 4, DECIDED)
    told = "; more seeds may decide leak (post); more texts, sooner than seeds, may decide leak (pre)"
    assert capsys.readouterr().out.splitlines()[1] == f"6 seeds: 4 of 6 questions decided{told}"


def test_what_no_seed_can_decide_is_not_waited_for(looks, capsys):
    assert len(looks([Verdict.UNDEFINED, *DECIDED[1:]])) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "6 seeds: 5 of 6 questions decided"


def test_a_failed_run_is_one_sentence(looks):
    with pytest.raises(UserError, match="look 1 of 4 failed"):
        looks(DECIDED, code=1)


def test_the_looks_spend_what_pococks_function_grows_by():
    """Lan and DeMets (1983): α ln(1 + (e − 1) t) at t = 1/4, 2/4, 3/4, 1."""
    shares = [spent(0.05, look) for look in range(1, 5)]
    assert shares == pytest.approx([0.0179, 0.0131, 0.0104, 0.0086], abs=5e-5)
    assert shares[0] == pytest.approx(0.05 * math.log(1 + (math.e - 1) / 4))
    assert sum(shares) == pytest.approx(0.05)
    assert spent(0.05, 0) == 0.05
