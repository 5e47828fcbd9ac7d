"""Filling in the templates of what is written beside the main report, with the tables of the main report."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stages.reporting.markdown import TEMPLATE as MAIN_TEMPLATE
from stages.reporting.markdown import cell_text, literal


def rendered(template: Path, context: dict[str, Any]) -> str:
    """The text of a Markdown template, GitHub-flavoured, with a value for every name in it."""
    environment = Environment(
        loader=FileSystemLoader([template.parent, MAIN_TEMPLATE.parent]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown is not HTML
    )
    environment.filters |= {"cell": cell_text, "text": literal}
    return environment.get_template(template.name).render(context)
