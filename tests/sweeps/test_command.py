"""`python -m stages.sweeps` hands on its options, and refuses what no experiment could run before any runs."""

import pytest

from stages.errors import UserError
from stages.params.schema import load_params
from stages.sweeps import __main__ as commands
from stages.sweeps.__main__ import main, sweep
from tests.conftest import REPOSITORY
from tests.sweeps.test_spec import SWEEP


@pytest.fixture
def refused(tmp_path):
    (tmp_path / "amount.yaml").write_text(SWEEP)

    def of(**options):
        with pytest.raises(UserError) as caught:
            sweep(load_params(REPOSITORY / "params.yaml"), sweeps=tmp_path, reports=tmp_path / "reports", **options)
        assert not (tmp_path / "reports").exists()
        return str(caught.value)

    return of


def test_a_sweep_needs_a_name(refused):
    assert refused(name="").endswith("as in make sweep NAME=amount; there are: amount")


def test_a_dataset_that_is_not_in_the_catalogue(refused):
    assert refused(name="amount", dataset="mrs").startswith("dataset: 'mrs' is not in params.yaml; did you mean 'mr'?")


def test_settings_for_a_dataset_that_is_not_in_the_catalogue(refused, tmp_path):
    (tmp_path / "amount.yaml").write_text(SWEEP.replace("  mr: {", "  mrs: {"))
    assert "amount.yaml: datasets.mrs: not in params.yaml; did you mean 'mr'?" in refused(name="amount")


@pytest.mark.parametrize("texts", ["many", "-5", "1.5"])
def test_a_number_of_texts_that_is_none(refused, texts):
    assert refused(name="amount", texts=texts) == (
        f"texts: '{texts}' is not allowed; it should be a number of texts, or all"
    )


def test_an_interrupted_decide_says_what_it_left(monkeypatch, capsys):
    def interrupted(project, name):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "run_looks", interrupted)
    with pytest.raises(SystemExit) as ending:
        commands.decide(load_params(REPOSITORY / "params.yaml"), dataset="mr")
    assert ending.value.code == 130
    assert "the same command goes on where it stopped, and params.yaml keeps the train.seeds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "sweeps: error: '' is no command; allowed: advise, compare, decide, factors, run\n"),
        (
            ["rum"],
            "sweeps: error: 'rum' is no command; did you mean 'run'? allowed: advise, compare, decide, factors, run\n",
        ),
    ],
)
def test_a_command_that_there_is_not_ends_in_one_sentence(arguments, sentence, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["stages.sweeps", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == sentence


def test_a_command_takes_the_options_behind_it(monkeypatch, capsys, tmp_path):
    options = ["--params", str(REPOSITORY / "params.yaml"), "--reports", str(tmp_path), "--dataset", "mr"]
    monkeypatch.setattr("sys.argv", ["stages.sweeps", "advise", *options])
    main()
    assert capsys.readouterr().out.startswith("mr: no recommendation yet")
