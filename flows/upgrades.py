"""Files of older versions of the flow format, brought to today's by frozen pure functions: one for each step.

An upgrade takes the text of a file and gives that of the next version, with the author's comments. Once it has shipped
it is never changed again: revisions that were published before keep being read by it, whatever the format has become.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

FORMAT: Final = 1
"""The version of the format that this program works with: `sala: 1`."""

Upgrade = Callable[[str], str]

UPGRADES: Final[Mapping[int, Upgrade]] = {}
"""From this version to the next. Empty: there has been one version only."""

_LINE: Final = re.compile(r"^sala[ \t]*:[ \t]*([0-9]{1,4})[ \t]*(?:#.*)?\r?$", re.MULTILINE)


def format_of(text: str) -> int | None:
    """The version that a file says at its top; None when it says none that could be read."""
    found = _LINE.search(text)
    return int(found[1]) if found else None


def line_of(text: str) -> int:
    """The line on which it says so, from 1."""
    found = _LINE.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def upgraded(text: str, upgrades: Mapping[int, Upgrade] = UPGRADES, newest: int = FORMAT) -> str:
    """The file in today's version; as it is when it is that already, newer, or of a version that nobody knew.

    Raises:
        RuntimeError: an upgrade does not lead to the next version.
    """
    at = format_of(text)
    while at is not None and at < newest and at in upgrades:
        text = upgrades[at](text)
        if format_of(text) != at + 1:
            raise RuntimeError(f"the upgrade from version {at} does not lead to version {at + 1}")
        at += 1
    return text
