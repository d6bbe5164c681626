"""`{name}` in a text: a value is put in, nothing else happens. Which names a text uses, for its checks."""

import re
from typing import Final

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_BRACE: Final = re.compile(r"[{}]")


def placeholders(text: str) -> tuple[str, ...]:
    """The names in the text, in order; a name may stand twice."""
    return tuple(_PLACE.findall(text))


def cut(text: str) -> tuple[str, ...]:
    """The text in pieces: plain at even places, names at odd ones."""
    return tuple(_PLACE.split(text))


def stray_brace(text: str) -> bool:
    """Whether a brace is left that belongs to no `{name}`."""
    return _BRACE.search(_PLACE.sub("", text)) is not None
