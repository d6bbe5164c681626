"""What was collected, as a flow-results package (a Frictionless data package; https://github.com/FLOIP/flow-results).

A row is one answer: when, its own id, who (never a phone number unless that is asked for), which question, the answer,
and around it. The rows are the package's one resource, `responses.json`; the same as CSV is for spreadsheets only.
"""

import csv
import hashlib
import io
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from flows.fields import AnyField, ChoiceField, DecimalField, IntField, MultiField
from flows.revision import Revision

VERSION: Final = "1.0.0-rc1"
COLUMNS: Final = (
    ("timestamp", "Timestamp", "datetime"),
    ("row_id", "Row ID", "string"),
    ("contact_id", "Contact ID", "string"),
    ("question_id", "Question ID", "string"),
    ("response", "Response", "any"),
    ("response_metadata", "Response Metadata", "object"),
)
DATA: Final = "responses.json"
_ISO_639_3: Final = {"en": "eng", "lo": "lao", "lo-Latn": "lao", "mww": "mww", "kjg": "kjg"}
_PLAIN: Final = {"date": "date", "time": "time"}
_LONG_NUMBER: Final = re.compile(r"\d(?:[\W_]{0,3}\d){6,}")
"""Seven digits or more in any script, also in groups: what somebody wrote may hold a phone number."""
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_FIGURE: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")

Row = tuple[str, str, str, str, Any, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """One case as an export takes it: what `store.results.Collected` has of it."""

    id: str
    at: int
    contact: str
    msisdn: str
    kind: str
    channel: str
    language: str
    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export holds beside the rule.

    Attributes:
        numbers: phone numbers as they are. sensitive: answers to fields that are marked so.
        contact: the name of a number within this service, for fields that hold one.
    """

    contact: Callable[[str], str]
    numbers: bool = False
    sensitive: bool = False


def rows(case: Case, revision: Revision, wanted: Wanted) -> Iterator[Row]:
    """The answers of a case, a row each; what was skipped or never asked has none."""
    at = datetime.fromtimestamp(case.at, UTC).isoformat()
    who = case.msisdn if wanted.numbers and case.msisdn else case.contact
    around = {"submission": case.id, "kind": case.kind, "channel": case.channel, "language": case.language}
    for name, value in case.answers.items():
        field = revision.flow.fields.get(name)
        if value is None or (field is not None and field.sensitivity == "sensitive" and not wanted.sensitive):
            continue
        response, more = _computed(value) if field is None else (_response(field, value, wanted), {})
        yield at, f"{case.id}/{name}", who, name, response, around | more


def _response(field: AnyField, value: Any, wanted: Wanted) -> Any:
    match field.type:
        case "yesno":
            return "yes" if value else "no"
        case "time":
            return f"{value}:00"
        case "phone":
            return value if wanted.numbers else wanted.contact(value)
        case "text" | "name":
            return value if wanted.numbers else _LONG_NUMBER.sub("[number]", value)
        case _:
            return value


def _computed(value: Any) -> tuple[Any, dict[str, Any]]:
    """A value that the flow worked out: of the type `open`, so each row says what it is."""
    if isinstance(value, bool):
        return ("yes" if value else "no"), {"type": "select_one", "type_options": {"choices": ["yes", "no"]}}
    if isinstance(value, int | float):
        return value, {"type": "numeric", "type_options": {}}
    return value, {"type": "text", "type_options": {}}


def questions(revisions: Sequence[Revision], language: str = "en", *, sensitive: bool = False) -> dict[str, Any]:
    """The questions of all these revisions, the newest's words first; those marked sensitive only when asked for."""
    found: dict[str, Any] = {}
    for revision in reversed(revisions):
        for name, field in revision.flow.fields.items():
            if field.sensitivity != "sensitive" or sensitive:
                found.setdefault(name, _question(field, language))
        for name in revision.flow.computed:
            found.setdefault(name, {"type": "open", "label": name, "type_options": {}})
    return found


def _question(field: AnyField, language: str) -> dict[str, Any]:
    kind: str
    options: dict[str, Any] = {}
    match field:
        case ChoiceField():
            kind, options = "select_one", {"choices": list(field.choices)}
        case MultiField():
            kind, options = "select_many", {"choices": list(field.choices)}
        case IntField() | DecimalField():
            kind, options = "numeric", {"range": [_figure(field.min), _figure(field.max)]}
        case _ if field.type == "yesno":
            kind, options = "select_one", {"choices": ["yes", "no"]}
        case _:
            kind = _PLAIN.get(field.type, "text")
    told = {"type": kind, "label": field.label.say(language), "type_options": options}
    return told | {"is_pii": field.sensitivity != "public"}


def _figure(value: Any) -> int | float:
    return int(value) if value == int(value) else float(value)


def descriptor(
    service: Revision, asked: Mapping[str, Any], *, node: str, made: int, language: str = "en", told: Mapping[str, Any]
) -> dict[str, Any]:
    """`datapackage.json`; `made` is now, `told` is what was left out and what was asked for beside the rule.

    The id follows from node, service and questions: another set of questions is another package, as the
    specification's first option has it.
    """
    stamp = datetime.fromtimestamp(made, UTC).isoformat()
    schema = {
        "fields": [{"name": name, "title": title, "type": kind} for name, title, kind in COLUMNS],
        "questions": dict(asked),
    }
    if language in _ISO_639_3:
        schema["language"] = _ISO_639_3[language]
    named = hashlib.sha256(orjson.dumps([node, service.flow.id, asked], option=orjson.OPT_SORT_KEYS)).digest()
    return {
        "profile": "flow-results-package",
        "flow_results_specification_version": VERSION,
        "name": f"sala-{service.flow.id}",
        "title": service.flow.title.say(language),
        "id": str(uuid.UUID(bytes=named[:16], version=4)),
        "created": stamp,
        "modified": stamp,
        "sala": {"node": node, "revision": service.digest, **told},
        "resources": [
            {
                "name": f"sala-{service.flow.id}-responses",
                "path": DATA,
                "mediatype": "application/json",
                "encoding": "utf-8",
                "schema": schema,
            }
        ],
    }


def as_csv(found: Sequence[Row], *, head: bool = False) -> str:
    """Rows for a spreadsheet: no cell begins like a formula; several answers to one question stand in one cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if head:
        writer.writerow([name for name, _, _ in COLUMNS])
    for *plain, response, around in found:
        shown = "; ".join(map(str, response)) if isinstance(response, list) else str(response)
        writer.writerow([*map(_safe, plain), _safe(shown), orjson.dumps(around).decode()])
    return out.getvalue()


def _safe(text: str) -> str:
    """A cell that no spreadsheet works out; a plain number stays one."""
    return f"'{text}" if _FORMULA.match(text) and not _FIGURE.fullmatch(text) else text
