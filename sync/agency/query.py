"""The list's address: what a clerk has filtered by, read from a query string and written back into one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from sync.agency.decisions import STATES
from sync.agency.desk import Filter

_LONGEST: Final = 80
_DIGITS: Final = 15


def read(query: Mapping[str, str]) -> Filter:
    """Read a filter; what cannot be understood filters by nothing."""
    state = query.get("state", "")
    sought = query.get("reference", "")[:_LONGEST].strip()
    ours = sought[:1] in {"R", "r"}
    digits = "".join(filter(str.isdecimal, sought))
    return Filter(
        state=state if state in STATES else "",
        service=query.get("service", "")[:_LONGEST],
        node=query.get("node", "")[:_LONGEST],
        place=query.get("place", "")[:_LONGEST],
        reference="" if ours else digits,
        number=number(digits) if ours else 0,
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
        oldest=query.get("order") == "oldest",
        at=number(query.get("at")),
        back=query.get("back") == "1",
    )


def write(wanted: Filter) -> str:
    """The query string of a filter, without its place in the list."""
    values = {
        "state": wanted.state,
        "service": wanted.service,
        "node": wanted.node,
        "place": wanted.place,
        "reference": wanted.reference or (f"R{wanted.number}" if wanted.number else ""),
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
        "order": "oldest" if wanted.oldest else "",
    }
    return urlencode({key: value for key, value in values.items() if value})


def moved(wanted: Filter, at: int, *, back: bool) -> str:
    """The query string of the page before or after."""
    return f"{write(wanted)}&at={at}{'&back=1' if back else ''}".lstrip("&")


def in_state(wanted: Filter, state: str) -> str:
    """The query string of the same list in another state."""
    return write(replace(wanted, state=state))


def number(text: str | None) -> int:
    """A row's number; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
