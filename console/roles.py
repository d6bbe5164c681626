"""The one list of who may do what at the desk: roles, and the names under which pages ask for them."""

from collections.abc import Iterable
from typing import Final

ADMIN: Final = "admin"
APPROVER: Final = "approver"
TRANSLATOR: Final = "translator"
OFFICER: Final = "officer"
AGENCY: Final = "agency"
AUDITOR: Final = "auditor"

ROLES: Final = (ADMIN, APPROVER, TRANSLATOR, OFFICER, AGENCY, AUDITOR)

STRANGERS: Final[frozenset[str]] = frozenset({"stranger"})
"""Pages that need no sign-in."""

EVERYONE: Final[frozenset[str]] = frozenset(ROLES)
"""Whoever is signed in."""

EDITORS: Final[frozenset[str]] = frozenset({ADMIN, APPROVER, TRANSLATOR})
ADMINS: Final[frozenset[str]] = frozenset({ADMIN})
STEERERS: Final[frozenset[str]] = frozenset({ADMIN, APPROVER})
"""Who decides what citizens meet."""

QUEUE_READERS: Final[frozenset[str]] = frozenset({OFFICER, AGENCY, AUDITOR})
OFFICERS: Final[frozenset[str]] = frozenset({OFFICER})
REPORT_READERS: Final[frozenset[str]] = frozenset({ADMIN, OFFICER, AGENCY, AUDITOR})
AUDITORS: Final[frozenset[str]] = frozenset({ADMIN, AUDITOR})


def may(held: Iterable[str], wanted: frozenset[str]) -> bool:
    """Whether somebody with the roles `held` gets a page for the roles `wanted`; nobody gets a page for none."""
    return bool(wanted & STRANGERS) or not wanted.isdisjoint(held)
