"""The one SMS that a status of an agency becomes: in the flow's words, else the catalogue's; an agency writes none."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flows.dialogue.office import Office
from flows.fields import Text
from flows.phrases import fill, placeholders
from flows.reference import format_reference
from flows.revision import Revision
from flows.text.lao import clean

LONGEST_PARAM: Final = 60
"""Characters of a value that an agency may put into an SMS, where a phrase names it."""
_OFFICES: Final = "offices"
_COLUMNS: Final = ("office", "hours", "papers")


def status_text(
    office: Office,
    language: str,
    revision: Revision | None,
    status: str,
    reason: str,
    reference: str,
    params: Mapping[str, Any],
    *,
    place: str = "",
) -> str:
    """What the applicant reads when an agency has decided something.

    A sensitive service, and a revision that is no longer known, say only that there is news. An unknown status or
    reason code gets the plain text, and so does a text of the flow for which a value is missing. `place` is the pcode
    of the case: with the agency it finds the row of the table `offices`.
    """
    node = office.node
    values = {"ref": format_reference(reference), "dial": node.dial, "short": node.short or node.dial}
    if revision is None or revision.sensitive:
        return office.phrases.say(language, "status.neutral", **values)
    own = _own(revision.flow.messages.status, status, reason)
    if own is not None:
        row = _office_row(office, revision.flow.agency or "", place or node.district)
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


def _office_row(office: Office, agency: str, place: str) -> dict[str, str]:
    table = office.tables.get(_OFFICES)
    if table is None:
        return {}
    key = next((key for key in _office_keys(agency, place) if key in table.rows), "")
    return {column: str(table.get(key, column) or "") for column in _COLUMNS}


def _office_keys(agency: str, place: str) -> Iterator[str]:
    """The row for this agency in this place, in the province around it, anywhere; then one that all agencies share."""
    for where in (place, place[:4]):
        yield f"{where}/{agency}"
    yield agency
    yield from (place, place[:4])
