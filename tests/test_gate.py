"""The gate passes what holds, and names verdict and bound of what does not."""

import json

import pytest

from stages.analysis.contract import to_json
from stages.errors import UserError
from stages.reporting.gate import gate
from stages.reporting.report_json import report_of
from stages.runtime.files import json_text, write_json, write_text
from tests.reporting.analyses import EXACT, LEAK, NOTHING, SMALL, analysis


@pytest.fixture
def reported(tmp_path, make_params):
    """Write report.json, whose masked variant does as told; the params and the folder of reports."""

    def make(changes=None, **outcome):
        params = make_params(changes)
        report = report_of(params, analysis(params, drift=LEAK, **outcome))
        write_text(tmp_path / "reports" / params.dataset / "report.json", json_text(to_json(report)))
        return params, tmp_path / "reports"

    return make


def judged(reported, capsys, changes=None, **outcome):
    """The exit of the gate, and what it says on standard error."""
    params, reports = reported(changes, **outcome)
    with pytest.raises(SystemExit) as ended:
        gate(params, reports=reports)
    return str(ended.value), capsys.readouterr().err


def test_a_mask_that_works_passes(reported, capsys):
    params, reports = reported(masked_drift=EXACT)
    gate(params, reports=reports)
    # Two sides; seven numbers of pads and as trained; three states and the flips.
    assert "gate: passed, `masked` on synthetic: 64 verdicts, each exact" in capsys.readouterr().out


def test_a_small_drift_is_not_exact(reported, capsys):
    end, said = judged(reported, capsys, masked_drift=SMALL)
    assert "gate: failed" in end
    assert "`masked` (post), 16 extra pads, state c_lstm_1: drift ratio 0.00200 is EQUIVALENT" in said
    assert "gate.must_be allows EXACT alone" in said


def test_a_small_drift_passes_where_equivalence_is_enough(reported, capsys):
    changes = {"gate.must_be": "equivalent", "gate.flip_rate": 0.1}
    params, reports = reported(changes, masked_drift=SMALL)
    gate(params, reports=reports)
    assert "passed" in capsys.readouterr().out


def test_the_bounds_of_the_gate_are_its_own(reported, capsys):
    """SMALL's ε* is .004: EQUIVALENT under the ε of the verdicts, .01, and too large for a gate of .003."""
    changes = {"gate.must_be": "equivalent", "gate.drift_ratio": 0.003, "gate.flip_rate": 0.1}
    _, said = judged(reported, capsys, changes, masked_drift=SMALL)
    assert "it may be as large as 0.00400; gate.drift_ratio allows less than 0.003" in said
    assert "gate.flip_rate" not in said


def test_what_is_undefined_shows_nothing(reported, capsys):
    _, said = judged(reported, capsys, {"gate.must_be": "equivalent"}, masked_drift=NOTHING)
    assert "is UNDEFINED (no seed learned)" in said


def test_a_variant_that_leaks_fails_when_it_is_declared(reported, capsys):
    end, said = judged(reported, capsys, {"gate.invariant": ["masked", "baseline"]})
    assert "`masked`" not in said
    assert "`baseline` (pre), 1 extra pad, state head: drift ratio 0.385 is DIFFERENT, a value moved by 0.829" in said
    assert "gate: failed" in end


def test_a_declared_variant_that_was_not_trained_fails(reported, capsys):
    _, said = judged(reported, capsys, {"train.variants": ["baseline"]})
    assert "`masked`: the report holds no verdict on it; name it in train.variants" in said


def test_a_report_of_other_params_is_refused(reported, make_params):
    _, reports = reported()
    with pytest.raises(UserError, match="other params than params.yaml holds now"):
        gate(make_params({"train.seeds": 7}), reports=reports)


def test_a_missing_report_is_one_sentence(tmp_path, make_params):
    with pytest.raises(UserError, match=r"report\.json: no such file"):
        gate(make_params(), reports=tmp_path)


def test_floats_that_the_report_rounds_are_no_other_params(reported, capsys):
    params, reports = reported({"train.learning_rate": 0.00123456})
    assert (
        json.loads((reports / "synthetic" / "report.json").read_text())["params"]["train"]["learning_rate"] == 0.001235
    )
    gate(params, reports=reports)
    assert "passed" in capsys.readouterr().out


LSTM = {"layer": "lstm", "path": "reader/lstm", "call": 1, "type": "LSTM", "cause": "no_mask", "culprit": None}
ENTRY = {"file": "model.keras", "pads": [1, 4]}
MODELS = {"audit": {"sentiment": ENTRY, "topics": ENTRY}, "gate.models": ["sentiment", "topics"], "gate.invariant": []}


def side(verdict, largest_change=0.0, first_leak=None):
    """What an audit says of a side, as in its report.json."""
    return {"verdict": verdict, "largest_change": largest_change, "first_leak": first_leak, "output": None}


@pytest.fixture
def audited(tmp_path, make_params):
    """Write the reports of two models of the user's, the second exact; params that declare both, and the folder."""

    def make(changes=None, **sides):
        for model, findings in (
            ("sentiment", sides),
            ("topics", {"pre": side("EXACT"), "post": side("ROUNDING", 1e-7)}),
        ):
            write_json(tmp_path / "models" / model / "report.json", {"params": ENTRY, "sides": findings})
        return make_params(MODELS | (changes or {})), tmp_path

    return make


def test_models_that_leak_nowhere_pass(audited, capsys):
    params, reports = audited(pre=side("PROVEN"), post=side("EXACT"))
    gate(params, reports=reports)
    assert capsys.readouterr().out == "gate: passed, `sentiment`, `topics`: padding leaks on no audited side\n"


def test_a_model_that_leaks_fails_with_side_layer_and_cause(audited, capsys):
    params, reports = audited(pre=side("LEAKS", 0.2517, LSTM), post=side("EXACT"))
    with pytest.raises(SystemExit, match=r"gate: failed, 1 of 2 models leaks; see .*sentiment/report\.md"):
        gate(params, reports=reports)
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "gate: `sentiment` (pre): LEAKS from layer `reader/lstm` on (no_mask), an output moved by 0.252 of the "
        "largest; gate.models allows none that leaks"
    )


def test_an_output_that_is_no_number_fails(audited, capsys):
    params, reports = audited(pre=side("UNDEFINED", None), post=side("LEAKS", 0.5))
    with pytest.raises(SystemExit, match="gate: failed"):
        gate(params, reports=reports)
    said = capsys.readouterr().err
    assert "`sentiment` (pre): the output is UNDEFINED (not a number)" in said
    assert "`sentiment` (post): LEAKS, an output moved by 0.500 of the largest" in said


def test_an_audit_of_another_entry_is_refused(audited):
    params, reports = audited({"audit": {"sentiment": ENTRY | {"pads": [1]}, "topics": ENTRY}}, pre=side("EXACT"))
    with pytest.raises(UserError, match=r"sentiment/report\.json: made with other params .*; run `dvc repro` first"):
        gate(params, reports=reports)


def test_a_model_that_was_not_audited_is_one_sentence(tmp_path, make_params):
    with pytest.raises(UserError, match=r"sentiment/report\.json: no such file; run `dvc repro` to make it"):
        gate(make_params(MODELS), reports=tmp_path)


def test_variants_and_models_are_held_together(reported, capsys):
    """Both are judged and named, whichever fails."""
    params, reports = reported(MODELS | {"gate.invariant": ["baseline"]})
    for model in ("sentiment", "topics"):
        sides = {"pre": side("LEAKS", 0.1, LSTM)}
        write_json(reports / "models" / model / "report.json", {"params": ENTRY, "sides": sides})
    with pytest.raises(SystemExit) as ended:
        gate(params, reports=reports)
    assert "2 of 2 models leak; see" in str(ended.value)
    assert "verdicts of `baseline` break the bounds" in str(ended.value)
    assert {line.split("`")[1] for line in capsys.readouterr().err.splitlines()} == {"baseline", "sentiment", "topics"}
