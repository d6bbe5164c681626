"""Options that many commands share, and the two things they all do: read the configuration, print a table."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sala.config import Config

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="The configuration; default ./sala.toml.", show_default=False)
]


class Form(StrEnum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


FormOption = Annotated[Form, typer.Option("--format", help="How to print: text or json.")]


def read_config(path: Path | None) -> "Config":
    """The configuration in this file, or in ./sala.toml; from here on nothing is logged but through the fence."""
    from sala import config, log

    log.start("warning")
    return config.load(path)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns under their heads, two blanks between, for a terminal and for `grep` alike."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
