"""report.html: report.md in one file that needs no other, with its figures inside and the units to explore."""

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stages.reporting.results import Record, Results
from stages.reporting.sections import Document, document
from stages.stats.rounding import significant
from stages.stats.verdicts import Verdict

FOLDER = Path(__file__).parent / "templates"
TEMPLATE = "report.html.j2"
EXPLORER_AFTER = "figures"
"""The anchor of the section that the explorer of units follows; without it the explorer stands at the end."""

MEASURES = ("shift", "effect", "largest")
DIGITS = 3
"""Of every number of a unit: a bar and a colour show no more."""

LARGEST = 1.5
"""Pixels of the page per point of a drawing where there is room; at least one, below which letters are not read."""

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_FONT = re.compile(r"font-family:[^;]*;?\s*")


def report_html(results: Results, markdown: str, figures: dict[str, str]) -> str:
    """The whole document, in one file: the texts and tables of report.md, which so have one source.

    Args:
        results: report.json; its `units`, where it has them, are what the explorer shows.
        markdown: report.md of these results.
        figures: SVG by the name under which report.md shows figures/<name>.svg.
    """
    drawings = {name: drawing(name, svg) for name, svg in figures.items()}
    parts = document(markdown, drawings)
    script = (FOLDER / "report.js").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    units = results.report.get("units", [])
    return environment.get_template(TEMPLATE).render(
        title=parts.title,
        opening=Markup(parts.opening),
        sections=parts.sections,
        explorer_at=_explorer_place(parts),
        models=bool(units),
        no_models=_why_no_units(results),
        data=Markup(_json(explorer_data(units))),
        style=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_hash=_hash(script),
    )


def drawing(name: str, svg: str) -> str:
    """An SVG as part of a page: its identifiers apart from those of other figures, its style no longer the page's.

    Args:
        name: put before every identifier.
        svg: as matplotlib writes it. Its `<style>` is left out (report.css says the same), and its numbers keep two
            decimals: hundredths of a point are not seen.
    """
    root = ET.fromstring(svg)
    for parent in root.iter():
        for child in list(parent):
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        element.attrib = _attributes(name, element.attrib, used)
        element.tail = None if element.tail is None or not element.tail.strip() else element.tail
        if element.tag not in ("text", "tspan", "title", "desc"):
            element.text = None
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    width = float(root.attrib["viewBox"].split()[2])
    root.attrib["style"] = f"width: {LARGEST * width:g}px; min-width: {width:g}px"
    return ET.tostring(root, encoding="unicode")


def _attributes(name: str, attributes: dict[str, str], used: set[str]) -> dict[str, str]:
    """Short numbers, no fonts, and identifiers of their own; those that nothing refers to are left out."""
    result = {}
    for qualified, value in attributes.items():
        key, text = qualified.removeprefix(_XLINK), value
        if key == "id":
            if value in used:
                result["id"] = f"{name}-{value}"
            continue
        if key == "href" and value.startswith("#"):
            text = f"#{name}-{value[1:]}"
        elif key in ("d", "x", "y", "points"):
            text = _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
            text = " ".join(text.split())
        elif key in ("style", "clip-path"):
            text = _FONT.sub("", value).replace("url(#", f"url(#{name}-")
        result[key] = text
    return result


def explorer_data(units: list[Record]) -> list[Record]:
    """A record for each trained model, its numbers of pads rising, and each measure by number of pads and unit.

    Args:
        units: records of report.json's `units`, one for each model and number of pads.
    """
    models: dict[tuple[str, str, int], list[Record]] = {}
    for record in units:
        models.setdefault((record["side"], record["variant"], record["seed"]), []).append(record)
    result = []
    for (side, variant, seed), records in models.items():
        rising = sorted(records, key=lambda record: int(record["pads"]))
        model = {"side": side, "variant": variant, "seed": seed, "state": rising[0]["state"]}
        model["pads"] = [record["pads"] for record in rising]
        for measure in MEASURES:
            model[measure] = [[_short(value) for value in record[measure]] for record in rising]
        result.append(model)
    return result


def _short(value: float | None) -> float | int | None:
    """A number of a unit; zero without its point."""
    return None if value is None else significant(value, DIGITS) or 0


def _json(value: object) -> str:
    """JSON that cannot end the element of the page that it stands in."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _explorer_place(parts: Document) -> int:
    """The number of sections that stand before the explorer."""
    anchors = [section.heading.anchor for section in parts.sections]
    return anchors.index(EXPLORER_AFTER) + 1 if EXPLORER_AFTER in anchors else len(anchors)


def _why_no_units(results: Results) -> str:
    """Why there is nothing to explore, where there is nothing."""
    if not any(seed.learned for cell in results.cells for seed in cell.seeds):
        return "No trained model beat chance, and what pads do to a model that learned nothing means nothing."
    moving = [each for each in results.findings if each.state is not None and each.verdict is not Verdict.EXACT]
    if not moving:
        return "Every state of every model is exact: no unit of any text moves, whatever the number of pads."
    if all(each.verdict is Verdict.UNDEFINED for each in moving):
        return "Every state is exact, or of a model that learned nothing: no unit moves in a way that means anything."
    return "report.json of this run holds no figures by unit."


def _hash(script: str) -> str:
    """By which the page's policy knows its one script."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
