"""What every gateway checks of what it reads: numbers, names of messages, and words that may go into a log."""

import re
from typing import Final

# E.164: a country code that does not begin with 0, at most 15 digits in all.
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_NAME: Final = re.compile(r"[!-~]{1,128}")


def is_number(text: str) -> bool:
    """Whether it is an international number, `+8562055512345`."""
    return _NUMBER.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether it can be a gateway's name of a message: printable ASCII, at most 128 characters."""
    return _NAME.fullmatch(text) is not None


def token(text: str) -> str:
    """One harmless token of what a gateway says: letters only, so that no number can hide in it."""
    return "".join(letter for letter in text if letter.isascii() and letter.isalpha())[:40]


def international(number: str, national: str) -> str:
    """The number as `+` and digits, of `008562055..`, `8562055..`, `02055..`, `+8562055..` or `tel:+8562055..`.

    `national` is the calling code of numbers that begin with one 0, or "".
    """
    digits = re.sub(r"[\s()-]", "", number).removeprefix("tel:")
    if digits.startswith("00"):
        return "+" + digits[2:]
    if digits.startswith("0") and national:
        return national + digits[1:]
    return "+" + digits.removeprefix("+")
