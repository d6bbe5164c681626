"""The worklist as a table for a spreadsheet: its columns, and the cells of a request."""

from collections.abc import Iterable, Mapping
from typing import Final

from sync.agency.desk import Request

COLUMNS: Final = (
    "reference",
    "number",
    "service",
    "state",
    "reason",
    "received",
    "changed",
    "node",
    "place",
    "revision",
    "phone",
)
"""The columns before the answers; keys of the page's words."""


def row_of(one: Request, names: Iterable[str], words: Mapping[str, str]) -> list[str]:
    """The cells of one request: the fixed columns, then the answers of these names."""
    answers = {answer.name: answer.value for answer in one.answers}
    return [
        one.reference,
        one.agency_ref,
        one.title,
        words[one.status],
        words.get(one.reason, one.reason),
        one.at,
        one.changed,
        one.node,
        one.place,
        str(one.revision),
        one.phone,
        *(answers.get(name, "") for name in names),
    ]
