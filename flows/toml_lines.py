"""Where in a TOML text a key stands, so that a mistake in it can be named with its line."""

import re
from typing import Final

_HEADER: Final = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")


def line_of(text: str, location: tuple[str, ...]) -> int:
    """The line of `text` that holds the key, else the header of the table that should hold it, else 0."""
    table: tuple[str, ...] = ()
    best = 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _path(header[1])
            best = number if table and table == location[: len(table)] else best
        elif (key := _KEY.match(line)) and (*table, *_path(key[1])) == location[: len(table) + len(_path(key[1]))]:
            return number
    return best


def _path(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
