"""Cells of files that spreadsheets open: what somebody wrote is text there and nothing else."""

import re
from typing import Final

_BEGIN: Final = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
"""What a formula, or a call of another program, may begin with, in full width as well."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XML holds."""


def tame(text: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{text}" if text[:1] in _BEGIN or text.lstrip(" \u00a0")[:1] in _BEGIN else text


def plain(text: str) -> str:
    """A cell of a workbook, without what a workbook cannot hold."""
    return _CONTROL.sub("", text)
