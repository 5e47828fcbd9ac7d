"""What is to be seen in each figure of a sweep."""

from stages.reporting.format import listed
from stages.reporting.results import Record
from stages.sweeps.report.series import MANY_SERIES, all_marks, panels_of, rest_axes, series

KINDS = {
    "curves": (
        "Lines are means over seeds (of drift geometric ones), bands or bars their intervals, dots single seeds, "
        "hollow where a seed did not beat chance."
    ),
    "bars": (
        "Marks are means over seeds (of drift geometric ones), upright lines their intervals, dots single seeds, "
        "hollow where a seed did not beat chance."
    ),
    "heatmap": (
        "Each field is a mean over seeds (of drift a geometric one); drift and flips: the darker, the more; accuracy: "
        "the lighter, the more. Green is exact: the extra pads move nothing. Hatched is undefined: too few seeds beat "
        "chance."
    ),
}
SERVING = (
    "**Served otherwise than trained.** The same models read the test texts under other paddings than in training; "
    "marks are changes of accuracy with their intervals, and between the dotted lines they do not matter."
)


def captions(content: Record) -> dict[str, str]:
    """File name -> caption in Markdown."""
    name, rest = content["name"], rest_axes(content)
    parts = [f"**{content['title']}.**", KINDS[content["figure"]["kind"]]]
    if content["figure"]["kind"] != "heatmap" and rest:
        many = max(len({each.rest for each in series(content, panel, "accuracy")}) for panel in panels_of(content))
        thin = ", thin and without bands, for they are many" if many > MANY_SERIES else ""
        parts.append(f"One line for each level of {listed(rest)}{thin}.")
    if content["figure"]["kind"] != "heatmap" and _undefined(content):
        parts.append("Drift and flips are not drawn where too few seeds beat chance.")
    found = {f"{name}.svg": " ".join(parts)}
    return found | ({f"{name}_serving.svg": SERVING} if "accuracy_change" in content["read"] else {})


def _undefined(content: Record) -> bool:
    return any(mark.estimate is None for name in ("drift_ratio", "flip_rate") for mark in all_marks(content, name))
