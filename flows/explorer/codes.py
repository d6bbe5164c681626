"""Makes one code that a pattern takes, so that the explorer can answer a question for a register's number."""

import re
from datetime import date
from re import _constants as ops  # type: ignore[attr-defined] # the standard library's own, without types
from re import _parser as parser  # type: ignore[attr-defined] # likewise
from typing import Any, Final

from flows.fields import CodeField
from flows.inputs import Frame
from flows.inputs.codes import read_code
from flows.tables import Tables

MOST_ENDS: Final = 200
"""Endings that are tried until the check digit is right."""
_CLASSES: Final = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "A", "CATEGORY_SPACE": " "}


def code_like(field: CodeField) -> str | None:
    """A code that the field takes; None when none was found, which the report then says."""
    try:
        tree = parser.parse(field.pattern)
    except (re.error, OverflowError):
        return None
    made = "".join(_one(op, value) for op, value in tree)
    return next((code for code in _endings(made) if isinstance(read_code(field, code, _FRAME), str)), None)


def _endings(code: str) -> list[str]:
    """The code, and the same with other last digits: one or two of them are a check."""
    ends = [f"{number:02}" for number in range(100)]
    return [code, *(code[:-1] + end for end in (*"0123456789X",)), *(code[:-2] + end for end in ends)][:MOST_ENDS]


def _one(op: Any, value: Any) -> str:
    """The shortest text for one part of a pattern."""
    if op is ops.LITERAL:
        return chr(value)
    if op is ops.IN:
        return _member(value)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        least, most, inner = value
        return "".join(_one(*one) for one in inner) * int(least or min(1, most))
    if op is ops.SUBPATTERN:
        return "".join(_one(*one) for one in value[-1])
    if op is ops.BRANCH:
        return "".join(_one(*one) for one in value[1][0])
    return "A" if op is ops.ANY else ""


def _member(members: Any) -> str:
    op, value = members[0]
    if op is ops.RANGE:
        # 1 rather than 0: a code that begins with zeros is seldom a good example.
        return "1" if value[0] <= ord("1") <= value[1] else chr(value[0])
    if op is ops.CATEGORY:
        return _CLASSES.get(str(value), "A")
    return "A" if op is ops.NEGATE else chr(value)


_FRAME: Final = Frame("en", date(2026, 1, 1), Tables())
