"""Writing a report's text files, each whole or not at all."""

from pathlib import Path

from stages.files import whole_file


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with line feeds; the file keeps its old content until the new one is whole.

    Raises:
        UserError: the disk filled up.
    """
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
