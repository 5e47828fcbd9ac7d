"""Several reports: what the mask gains over all, and which of them older code computed."""

import json
import shutil

import pytest

from stages.analysis.contract import to_json
from stages.reporting import code_hash as hashing
from stages.reporting.code_hash import COMPUTING, code_hash, stale
from stages.reporting.report_json import report_of
from stages.reporting.summary import summary
from stages.runtime.files import json_text, write_text
from tests.reporting.analyses import BETTER, EXACT, LEAK, analysis


@pytest.fixture
def reports(tmp_path, make_params):
    """Of three datasets, whose mask gains 11, 9 and 11 points, with 2, 2 and 4 points on either side of them."""
    gains = {
        "mr": BETTER,
        "sms": {**BETTER, "estimate": 0.09, "low": 0.07, "high": 0.11},
        "synthetic": {**BETTER, "low": 0.07, "high": 0.15},
    }
    for dataset, gain in gains.items():
        params = make_params({"dataset": dataset, "train.seeds": 6})
        report = report_of(params, analysis(params, drift=LEAK, gain=gain))
        write_text(tmp_path / dataset / "report.json", json_text(to_json(report)))
    return tmp_path


def test_the_mean_is_over_real_texts(reports, make_params):
    """By hand: (11 + 9) / 2 = 10, error 1, and the t quantile of one degree of freedom is 12.706."""
    summary(make_params(), reports=reports)
    text = (reports / "summary.md").read_text()
    assert (
        "With post-padding no gain of the mask is shown: +10.0 [−2.7, +22.7] points on average over real texts. "
        "It goes from +9.0 on sms to +11.0 on mr. "
    ) in text
    assert text.count("| post |") == 3
    assert "[synthetic](synthetic/report.md)" in text
    assert "real texts, mean" in (reports / "summary.svg").read_text()


def test_one_corpus_has_no_mean(tmp_path, make_params):
    params = make_params({"dataset": "mr", "train.seeds": 6})
    report = report_of(params, analysis(params, drift=LEAK, gain=EXACT))
    write_text(tmp_path / "mr" / "report.json", json_text(to_json(report)))
    summary(params, reports=tmp_path)
    assert "fewer than two corpora" in (tmp_path / "summary.md").read_text()


def test_a_report_of_older_code_is_named(reports, make_params, capsys):
    stale(make_params(), reports=reports)
    assert f"3 reports, all computed by the code of now ({code_hash()})" in capsys.readouterr().out
    path = reports / "sms" / "report.json"
    report = json.loads(path.read_text())
    report["provenance"]["code"] = "0123456789abcdef"
    path.write_text(json.dumps(report))
    write_text(reports / "sms" / "sweeps" / "amount.json", "{}")
    with pytest.raises(SystemExit) as ended:
        stale(make_params(), reports=reports)
    now = f"the code of now is {code_hash()}"
    assert str(ended.value).splitlines() == [
        f"{path}: computed by code 0123456789abcdef, {now}",
        f"{path.parent / 'sweeps' / 'amount.json'}: computed by older code, {now}",
    ]


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("SMALLEST_PROBABILITY = 1e-7", "SMALLEST_PROBABILITY = 1e-6", False),
        ('"""How good a set of predicted probabilities is."""', '"""How good.\n\nOr bad.\n"""', True),
        ("    correct: int", "    # Of all texts.\n\n    correct: int", True),
    ],
    ids=["code", "docstring", "comment"],
)
def test_what_is_said_of_the_code_changes_no_hash(tmp_path, monkeypatch, before, after, same):
    copied = shutil.copytree(hashing.STAGES, tmp_path / "stages")
    monkeypatch.setattr(hashing, "STAGES", copied)
    assert all((copied / name).exists() for name in COMPUTING)
    now, file = code_hash(), copied / "stats" / "scores.py"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    assert (code_hash() == now) == same
