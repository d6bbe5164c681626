"""Reads codes of outside registers: a pattern on a linear-time engine, and check digits."""

import re
from functools import lru_cache
from typing import Annotated, Any, Final

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

from flows.errors import Refusal
from flows.fields import CodeField
from flows.inputs.values import Frame, tidy

_LINEAR: Final = "rust-regex"


def read_code(field: CodeField, text: str, _frame: Frame) -> str | Refusal:
    """A code: digits folded, blanks dropped, upper case tried when the code as typed does not match."""
    code = tidy(text).replace(" ", "")
    if not code:
        return Refusal("empty")
    if len(code) > field.max:
        return Refusal("bad_code")
    matching = next((form for form in (code, code.upper()) if matches(field.pattern, form)), None)
    if matching is None:
        return Refusal("bad_code")
    if field.check is not None and not _CHECKS[field.check](matching):
        return Refusal("bad_check_digit")
    return matching


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches; False too for a pattern that the engine refuses (the check names those)."""
    try:
        _compiled(pattern).validate_python(text)
    except (ValidationError, SchemaError):
        return False
    return True


def pattern_fault(pattern: str) -> str:
    """What is wrong with an authored pattern, as a sentence; "" when the linear engine takes it."""
    if re.search(r"\(\?(?:[=!]|<[=!])", pattern):
        return "lookaround, (?=...) or (?<...), is not allowed in a pattern"
    if re.search(r"\\[1-9]|\(\?P=|\\k<", pattern):
        return "a reference back to a group is not allowed in a pattern"
    try:
        _compiled(pattern)
    except SchemaError:
        return "this pattern cannot be read: look for a missing bracket, or repeats beyond reason"
    return ""


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> TypeAdapter[Any]:
    constrained = Annotated[str, StringConstraints(pattern=f"^(?:{pattern})$", strict=True)]
    return TypeAdapter(constrained, config={"regex_engine": _LINEAR})


def _digits(code: str) -> list[int]:
    return [int(letter) for letter in code if letter in "0123456789"]


def _luhn(code: str) -> bool:
    digits = _digits(code)
    doubled = [digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(reversed(digits))]
    return len(digits) > 1 and sum(doubled) % 10 == 0


def _mod97(code: str) -> bool:
    """ISO 7064 MOD 97-10, letters as 10 to 35."""
    letters = [letter for letter in code.upper() if letter.isascii() and letter.isalnum()]
    return len(letters) > 2 and int("".join(str(int(letter, 36)) for letter in letters)) % 97 == 1  # noqa: PLR2004 - two check digits


def _mod11(code: str) -> bool:
    """ISO 7064 MOD 11-2; the last character may be X for 10."""
    letters = [letter for letter in code.upper() if letter in "0123456789X"]
    if len(letters) < 2 or "X" in letters[:-1]:  # noqa: PLR2004 - a code and its check digit
        return False
    total = 0
    for letter in letters[:-1]:
        total = (total + int(letter)) * 2 % 11
    return (total + (10 if letters[-1] == "X" else int(letters[-1]))) % 11 == 1


def _verhoeff(code: str) -> bool:
    """Verhoeff 1969: the dihedral group D5, with his permutation applied once per place from the right."""
    total = 0
    digits = _digits(code)
    for place, digit in enumerate(reversed(digits)):
        turned = digit
        for _ in range(place % 8):
            turned = _TURN[turned]
        total = _dihedral(total, turned)
    return len(digits) > 1 and total == 0


_TURN: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_FIVE: Final = 5


def _dihedral(left: int, right: int) -> int:
    """The product in D5, rotations as 0-4 and reflections as 5-9."""
    if left < _FIVE:
        return (left + right) % _FIVE + (_FIVE if right >= _FIVE else 0)
    return (left - right) % _FIVE + (0 if right >= _FIVE else _FIVE)


_CHECKS: Final = {"luhn": _luhn, "mod97": _mod97, "mod11": _mod11, "verhoeff": _verhoeff}
