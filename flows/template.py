"""`{name}` in a text: a value is put in, nothing else happens."""

import re
from collections.abc import Mapping
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_BRACE: Final = re.compile(r"[{}]")


def placeholders(text: str) -> tuple[str, ...]:
    """The names in the text, in order; a name may stand twice."""
    return tuple(_PLACE.findall(text))


def stray_brace(text: str) -> bool:
    """Whether a brace is left that belongs to no `{name}`."""
    return _BRACE.search(_PLACE.sub("", text)) is not None


def fill(text: str, values: Mapping[str, str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text with the values in it, and where each stands (start, end); raises KeyError for an unknown name."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    length = at = 0
    for found in _PLACE.finditer(text):
        value = values[found[1]]
        before = text[at : found.start()]
        parts += (before, value)
        spans.append((length + len(before), length + len(before) + len(value)))
        length += len(before) + len(value)
        at = found.end()
    return "".join((*parts, text[at:])), tuple(spans)
