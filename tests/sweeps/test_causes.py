"""Where the harm of padding comes from, by hand: the parts, what is said of them, and the figure."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from stages.analysis.contract_served import Patches
from stages.sweeps.findings.sweep_report import sweep_report
from stages.sweeps.report.figures import sweep_figures
from stages.sweeps.report.markdown import sweep_markdown
from tests.sweeps.outcomes import cell, outcomes, report, sweep

TEXTS = 40
UNMASKED = {"none": (20, 24, 22), "behind": (24, 26, 25), "before": (12, 15, 12), "before_h": (19, 24, 23)}
UNMASKED |= {"before_c": (13, 15, 14), "behind_c": (24, 25, 26), "behind_h": (20, 24, 21)}
MASKED = {"none": (36, 35, 34), "behind": (20, 21, 19), "before": (30, 28, 33), "before_h": (36, 35, 33)}
MASKED |= {"before_c": (31, 28, 33), "behind_c": (21, 21, 20), "behind_h": (36, 36, 34)}


def patched(made, counts):
    seeds = [
        replace(
            seed,
            patches=Patches(
                texts=TEXTS,
                right={name: counts[name][place] for name in counts},
                along_readout={"before": 0.2, "behind": (0.02, 0.05, 0.08)[place]},
            ),
        )
        for place, seed in enumerate(made.cell.seeds)
    ]
    return replace(made, cell=replace(made.cell, seeds=seeds))


def made(*, side="post", with_patches=True):
    figure = {"kind": "causes", "x": "variant"}
    found = sweep({"pad.max_len": [31]}, name="causes", title="Why padding hurts", read=["accuracy"], figure=figure)
    base, mask = cell(side=side, accuracy=(0.62, 0.63, 0.64)), cell(side=side, variant="masked", accuracy=(0.8,) * 3)
    others = [
        cell(side=side, variant="shuffled", accuracy=(0.72, 0.74, 0.76), random_pads=True),
        cell(side=side, variant="row", accuracy=(0.60, 0.64, 0.65), pad_row="zero"),
        cell(side=side, variant="start", accuracy=(0.84, 0.85, 0.86), mask="embedding", start_state="trained"),
        cell(side=side, variant="wider", accuracy=(0.7, 0.7, 0.7), units=64),
    ]
    patch = patched if with_patches else lambda made, _: made
    cells = [patch(base, UNMASKED), patch(mask, MASKED), patch(others[0], UNMASKED), *others[1:]]
    return sweep_report(found, "synthetic", outcomes(found, lambda max_len: report(*cells)))


@pytest.fixture(scope="module")
def content():
    return made()


def causes_of(content):
    (finding,) = [finding for finding in content.findings if finding.id == "causes"]
    return finding, {cause.part: cause for cause in finding.causes}


@pytest.mark.parametrize("side", ["pre", "post"])
def test_input_and_weights_are_exactly_the_total_in_every_seed(side):
    finding, causes = causes_of(made(side=side))
    total, parts = causes["total"].by_seed, zip(causes["input"].by_seed, causes["weights"].by_seed, strict=True)
    assert total == [sum(pair) for pair in parts]
    assert finding.causes[0].estimate == pytest.approx(sum(cause.estimate for cause in finding.causes[1:3]), abs=1e-4)


def test_each_cause_is_a_difference_of_the_same_texts_by_hand(content):
    finding, causes = causes_of(content)
    assert (finding.texts, finding.seeds) == (40, [0, 1, 2])
    by_seed = {name: cause.by_seed for name, cause in causes.items()}
    assert by_seed == {
        "total": [-12, -9, -9],  # 24, 26, 25 less 36, 35, 34
        "input": [-16, -14, -15],  # 20, 21, 19 less 36, 35, 34
        "weights": [4, 5, 6],  # 24, 26, 25 less 20, 21, 19
        "masked_behind_c": [-15, -14, -14],
        "masked_behind_h": [0, 1, 0],
        "baseline_behind": [4, 2, 3],
        "baseline_behind_c": [4, 1, 4],
        "baseline_behind_h": [0, 0, -1],
        "baseline_before": [-8, -9, -10],
        "baseline_before_c": [-7, -9, -8],
        "baseline_before_h": [-1, 0, 1],
        "shuffled_behind": [4, 2, 3],
        "shuffled_before": [-8, -9, -10],
        "shuffled": None,
        "row": None,
        "start": None,
    }
    assert causes["total"].estimate == -0.25  # 10 texts of 40
    assert (causes["total"].low, causes["total"].high) == (-0.3576, -0.1424)  # 4.3027 standard errors, with 2 degrees
    assert causes["shuffled"].estimate == 0.11
    assert causes["start"].estimate == 0.05  # against the masked row
    assert finding.along_readout.estimate == 0.05


def test_sentences_are_short_and_what_is_not_told_from_0_is_named_without_a_number(content):
    finding, _ = causes_of(content)
    said = finding.text
    assert said.startswith("Post-padding: no mask changes accuracy by −25.0 [−35.8, −14.2] points, against `masked`. ")
    assert "Trained otherwise, against `baseline`: random pads on both sides, +11.0 [" in said
    assert "Worst for `baseline`, against reading none: pads on the other side, −22.5 [" in said
    assert "the output gate alone" not in said
    assert "Trained otherwise and not told from 0: `row`." in said
    assert not any(word in said for word in ("DIFFERENT", "EQUIVALENT", "INCONCLUSIVE"))
    assert all(len(sentence.split()) <= 32 for sentence in said.split(". "))
    assert finding.in_answer


def test_the_page_and_the_figure_show_every_cause(content):
    page, (figure,) = sweep_markdown(content), sweep_figures(content).values()
    words = {element.text for element in ET.fromstring(figure).iter("{http://www.w3.org/2000/svg}text")}
    for cause in causes_of(content)[0].causes:
        assert f"| {cause.label} |" in page
        assert {cause.label, cause.group.replace("`", "")} <= words


def test_without_patches_there_are_no_causes_and_the_figure_says_so():
    content = made(with_patches=False)
    assert not [finding for finding in content.findings if finding.id == "causes"]
    assert "cannot show the causes" in sweep_figures(content)["causes.svg"]
