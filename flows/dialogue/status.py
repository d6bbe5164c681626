"""The one SMS that a status of an agency becomes: in the flow's words, else the catalogue's; an agency writes none."""

from collections.abc import Mapping
from typing import Any, Final

from flows.dialogue.office import Office
from flows.fields import Text
from flows.phrases import fill, placeholders
from flows.reference import format_reference
from flows.revision import Revision
from flows.text.lao import clean

LONGEST_PARAM: Final = 60
"""Characters of a value that an agency may put into an SMS, where a phrase names it."""
SILENT: Final = frozenset({"received", "queued", "accepted"})
"""Statuses of which nobody is told by SMS."""
_OFFICES: Final = "offices"
_COLUMNS: Final = ("office", "hours", "papers")


def status_text(  # noqa: PLR0913 - all that one event of an agency tells, and where the case lies
    office: Office,
    language: str,
    revision: Revision | None,
    status: str,
    reason: str,
    reference: str,
    params: Mapping[str, Any],
    *,
    place: str = "",
    locked: bool = False,
) -> str:
    """What the applicant reads when an agency has decided something.

    "" for what sends nothing: that it was taken in shows under "my requests". A sensitive service, a case with a case
    key (`locked`) and a revision that is no longer known say only that there is news. An unknown status or reason code
    gets the plain text, and so does a text of the flow for which a value is missing. `place` is the pcode of the case:
    with the agency it finds the row of the table `offices`.
    """
    if status in SILENT:
        return ""
    node = office.node
    values = {"ref": format_reference(reference), "dial": node.dial, "short": node.short or node.dial}
    if revision is None or revision.sensitive or locked:
        return office.phrases.say(language, "status.neutral", **values)
    own = _own(revision.flow.messages.status, status, reason)
    if own is not None:
        row = _office_row(office, revision.flow.agency or "", place or node.district, language)
        given = values | row | _said(params)
        text = own.say(revision.flow.language(language), "sms")
        if all(given.get(name) for name in placeholders(text)):
            return fill(text, given)
    key = f"status.{status}"
    plain = office.phrases.say(language, key if office.phrases.has(language, key) else "status.other", **values)
    why = f"reason.{reason}"
    if not reason or not office.phrases.has(language, why):
        return plain
    return f"{plain} {office.phrases.say(language, why)}"


def _own(texts: Mapping[str, Text], status: str, reason: str) -> Text | None:
    return texts.get(f"{status}/{reason}") or texts.get(status)


def _said(params: Mapping[str, Any]) -> dict[str, str]:
    """The agency's values as plain words: nothing of them can be markup, a second line, or a page long."""
    return {name: clean(str(value)[:LONGEST_PARAM]) for name, value in params.items() if isinstance(value, str | int)}


def _office_row(office: Office, agency: str, place: str, language: str) -> dict[str, str]:
    """The row of this agency in this place: in this language, else the one without a language."""
    table = office.tables.get(_OFFICES)
    if table is None:
        return {}
    where = office.tables.places.district_of(place) or place
    keys = (f"{where}/{agency}/{language}", f"{where}/{agency}")
    key = next((key for key in keys if key in table.rows), "")
    return {column: str(table.get(key, column) or "") for column in _COLUMNS}
