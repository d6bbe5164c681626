"""What every gateway checks of what it reads: numbers and names of sessions."""

import re
from typing import Final

# E.164: a country code that does not begin with 0, at most 15 digits in all.
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SESSION: Final = re.compile(r"[!-~]{1,128}")


def is_number(text: str) -> bool:
    """Whether it is an international number, `+8562055512345`."""
    return _NUMBER.fullmatch(text) is not None


def is_session(text: str) -> bool:
    """Whether it can be the name of a session: printable ASCII, at most 128 characters."""
    return _SESSION.fullmatch(text) is not None
