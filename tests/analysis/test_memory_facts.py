"""Forgetting, probes, the step of one pad and paths over seeds whose figures are chosen by hand."""

import numpy as np
import pytest
from scipy import stats

from stages.analysis.memory_facts import forgetting_facts, pad_step_facts, probe_facts, trajectory_facts
from stages.analysis.readouts import Readout, Trajectory
from stages.stats.forgetting import PairDistances
from stages.stats.probes import LabelProbe, LengthProbe, PadCountProbe
from stages.stats.trajectory import PrincipalPath
from tests.analysis.planted import LEVEL, cell_of, condition, in_json, seed_result

forgetting_facts = in_json(forgetting_facts)
pad_step_facts = in_json(pad_step_facts)
trajectory_facts = in_json(trajectory_facts)
probe_facts = in_json(probe_facts)

TOLERANCE = 1e-6

pytestmark = pytest.mark.filterwarnings("error")

PADS = (2, 4, 8)
ALONE = np.arange(8.0).reshape(4, 2)
MOVED = {"h_lstm_1": (ALONE, ALONE + 0.5)}


def of_logs(within=None, between=None, pads=PADS):
    """A pair of texts of one class and a pair of two, one unit apart alone, at distances of these logarithms."""
    parts = [
        PairDistances.of(
            np.array(predicted),
            np.array([[0.0], [1.0]]),
            {count: np.array([[0.0], [np.exp(log)]]) for count, log in zip(pads, logs, strict=True)},
        )
        for predicted, logs in (([0, 0], within), ([0, 1], between))
        if logs is not None
    ]
    return sum(parts[1:], parts[0])


def distances(half_life):
    """Distances that halve every so many pads."""
    return of_logs(*[[-np.log(2) * k / half_life for k in PADS]] * 2)


def readout(accuracy=0.5, *, frozen=0.9, length=0.4, path=None):
    return Readout(
        texts=60,
        frozen={0: 0.95, 8: frozen},
        label=LabelProbe({0: 0.9, 8: accuracy}, None if np.isfinite(accuracy) else "too few"),
        pad_count=PadCountProbe(2, accuracy, 0.5, 0.3, 1.0, None if np.isfinite(accuracy) else "too few"),
        length=LengthProbe(length, None),
        confounded=["as-trained"],
        path=path,
    )


def cell(make_params, models, *, correct=None, states=MOVED, side="post"):
    correct = correct or [900] * len(models)
    seeds = [
        seed_result(3 + number, {"pads-8": condition(states), "as-trained": condition(states)}, right, **model)
        for number, (model, right) in enumerate(zip(models, correct, strict=True))
    ]
    return cell_of(make_params, seeds, side=side)


def forgetting(make_params, found, **kinds):
    return forgetting_facts(cell(make_params, [{"distances": each} for each in found], **kinds), make_params().analyze)


@pytest.mark.parametrize("correct", [[500, 500, 500], [900, 500, 500]])
def test_too_few_seeds_that_learned_say_nothing(make_params, correct):
    few = cell(make_params, [{"distances": distances(4), "readout": readout()}] * 3, correct=correct)
    assert forgetting_facts(few, make_params().analyze) is None
    assert probe_facts(few, LEVEL) is None


def test_states_that_no_pad_moves_have_nothing_to_forget(make_params):
    still = {"h_lstm_1": (ALONE, ALONE)}
    assert forgetting(make_params, [distances(4)] * 2, states=still) is None
    assert forgetting(make_params, [distances(4)] * 2) is not None


def test_distances_are_geometric_means(make_params):
    """Halved every 2 and every 8 pads, 8 pads leave 1/16 and 1/2: in the mean 1/√32."""
    facts = forgetting(make_params, [distances(2), distances(8)])
    start = {"estimate": 1, "low": 1, "high": 1}
    assert facts["points"][0] == {"pads": 0, "within": start, "between": start}
    assert [point["pads"] for point in facts["points"]] == [0, *PADS]
    # Logarithms log 1/16 and log 1/2 have a standard error of 1.5 log 2; t with one degree of freedom is 12.706.
    mean, width = 1 / np.sqrt(32), 2 ** (1.5 * 12.7062)
    expected = {"estimate": mean, "low": mean / width, "high": mean * width}
    assert facts["points"][-1]["within"] == pytest.approx(expected, rel=1e-3)


def test_one_seed_has_a_distance_without_bounds(make_params):
    facts = forgetting(make_params, [distances(4)])
    assert facts["points"][1]["within"] == {"estimate": pytest.approx(2**-0.5), "low": None, "high": None}


def test_every_pair_counts_whether_pads_bring_it_closer_or_not(make_params):
    """One of two pairs of a class ends farther apart: the mean is over both."""
    facts = forgetting(make_params, [distances(4) + of_logs([0.1, 0.2, 2 * np.log(2)])])
    assert facts["points"][-1]["within"]["estimate"] == pytest.approx(1)
    assert facts["points"][-1]["between"]["estimate"] == pytest.approx(0.25)


def test_no_pair_of_a_kind_is_no_distance(make_params):
    lonely = of_logs(between=[0.0, 0.0, 0.0])
    facts = forgetting(make_params, [lonely, lonely])
    assert [point["within"] for point in facts["points"][1:]] == [None] * 3


def test_probes_are_means_over_the_seeds_that_learned(make_params):
    accuracies = (0.5, 0.6, 0.7, 0.99)
    found = cell(make_params, [{"readout": readout(each)} for each in accuracies], correct=[900, 900, 900, 500])
    facts = probe_facts(found, LEVEL)
    half = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    expected = {"estimate": pytest.approx(0.6), "low": pytest.approx(0.6 - half), "high": pytest.approx(0.6 + half)}
    assert facts["pad_count"]["accuracy"] == expected
    assert facts["label"][1] == {
        "condition": "pads-8",
        "pads": 8,
        "frozen": {"estimate": pytest.approx(0.9), "low": pytest.approx(0.9), "high": pytest.approx(0.9)},
        "refitted": expected,
    }
    assert facts["label"][0]["condition"] == "pads-0"
    assert (facts["texts"], facts["pad_count"]["classes"], facts["pad_count"]["chance"]) == (60, 2, 0.5)
    assert facts["pad_count"]["entropy_bits"] == 1
    assert facts["confounded"] == ["as-trained"]


def test_shares_are_cut_at_one_and_information_may_be_negative(make_params):
    facts = probe_facts(cell(make_params, [{"readout": readout(each, length=each)} for each in (0.7, 1.0)]), LEVEL)
    assert (facts["pad_count"]["accuracy"]["low"], facts["pad_count"]["accuracy"]["high"]) == (0, 1)
    assert facts["length_r2"]["high"] == 1
    assert facts["length_r2"]["low"] == pytest.approx(0.85 - 12.7062 * 0.15, rel=1e-4)


def test_one_seed_has_no_bounds(make_params):
    facts = probe_facts(cell(make_params, [{"readout": readout(0.6)}]), LEVEL)
    assert facts["pad_count"]["accuracy"] == {"estimate": 0.6, "low": None, "high": None}
    assert facts["label"][1]["frozen"] == {"estimate": 0.9, "low": None, "high": None}


def test_a_probe_that_could_not_be_fitted_is_none_with_its_reason(make_params):
    facts = probe_facts(cell(make_params, [{"readout": readout(np.nan, length=np.nan)}] * 2), LEVEL)
    assert (facts["pad_count"]["accuracy"], facts["length_r2"], facts["label"][1]["refitted"]) == (None, None, None)
    assert (facts["label_reason"], facts["pad_count"]["reason"]) == ("too few", "too few")


def step(moves, radius):
    point = {"spectral_radius": radius, "starts": 1.0, "residual": 1e-9}
    return {"moves": moves, "layer": "lstm_1", "settled": 0.9, "fixed_points": [point]}


def test_the_step_of_one_pad_of_every_seed_that_learned(make_params):
    models = [{"pad_step": step(False, 0.7)}, {"pad_step": step(True, 0.8)}, {"pad_step": step(True, 0.9)}]
    facts = pad_step_facts(cell(make_params, models, correct=[900, 900, 500]))
    assert (facts["moves"], facts["layer"]) == (True, "lstm_1")
    assert [(each["seed"], each["settled"]) for each in facts["seeds"]] == [(3, 0.9), (4, 0.9)]
    assert [each["fixed_points"][0]["spectral_radius"] for each in facts["seeds"]] == [0.7, 0.8]
    # The one that moves is at chance.
    assert pad_step_facts(cell(make_params, models[::2], correct=[900, 500]))["moves"] is False


def test_no_seed_that_learned_has_no_step(make_params):
    assert pad_step_facts(cell(make_params, [{"pad_step": step(True, 0.8)}] * 2, correct=[500, 500])) is None
    assert pad_step_facts(cell(make_params, [{}])) is None


def path_of(x):
    return Trajectory(PrincipalPath((0.6, 0.3), (0, 8), np.array([[x, x + 1]]), np.array([[0.0, 2.0]])), [1])


def test_the_path_is_that_of_the_first_seed_that_learned_and_has_one(make_params):
    models = [{"readout": readout(path=path_of(x))} for x in (5.0, 6.0)]
    no_plane = [{"readout": readout()}, *models]
    facts = trajectory_facts(cell(make_params, no_plane, correct=[900, 500, 900]), TOLERANCE)
    assert facts == {
        "seed": 5,
        "explained": [0.6, 0.3],
        "texts": [{"label": 1, "pads": [0, 8], "x": [6.0, 7.0], "y": [0.0, 2.0]}],
    }
    assert trajectory_facts(cell(make_params, models), TOLERANCE)["seed"] == 3


def test_there_is_no_path_where_nothing_moves_learns_or_was_read(make_params):
    models = [{"readout": readout(path=path_of(5.0))}] * 2
    assert trajectory_facts(cell(make_params, models, states={"h_lstm_1": (ALONE, ALONE)}), TOLERANCE) is None
    assert trajectory_facts(cell(make_params, models, correct=[500, 500]), TOLERANCE) is None
    assert trajectory_facts(cell(make_params, [{}]), TOLERANCE) is None


def test_what_moves_by_rounding_alone_forgets_nothing(make_params):
    """A mask that works leaves 1e-9 across batch shapes."""
    still = {"h_lstm_1": (ALONE, ALONE + 1e-9)}
    assert forgetting_facts(cell(make_params, [{"distances": None}] * 2, states=still), make_params().analyze) is None
    assert not cell(make_params, [{}], states=still).moves(TOLERANCE)
    assert cell(make_params, [{}], states=still).moves(1e-10)
