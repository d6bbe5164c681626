"""A request as a person at the desk reads it: titles, answers, places and states in her language; numbers masked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from flows.fields import AnyField, NameField, RefField
from flows.inputs import decode, show, show_value
from flows.reference import format_reference
from store.queue import Entry, Way

if TYPE_CHECKING:
    from console.visit import Visit

PLACES: Final = "places"
_SHOWN: Final = 3
"""Digits of a telephone number that stay readable when it is masked."""

_STATES: Final[Mapping[str, str]] = {
    "queued": "wait",
    "leased": "wait",
    "retry_wait": "wait",
    "in_doubt": "wait",
    "carried": "wait",
    "on_stick": "wait",
    "by_sms": "wait",
    "at_hub": "wait",
    "officer_review": "bad",
    "received": "wait",
    "accepted": "",
    "in_review": "",
    "needs_correction": "wait",
    "approved": "good-state",
    "ready": "good-state",
    "rejected": "bad",
    "closed": "grey",
    "withdrawn": "grey",
    "transferred": "grey",
}
"""How a state is coloured; its words say the same."""

REASONS: Final = frozenset(
    {"missing_field", "bad_value", "duplicate_case", "not_eligible", "documents_needed", "other", "cloned"}
)
"""The reasons that have words; another one is shown as the agency wrote it."""

CARRIERS: Final[Mapping[str, str]] = {"on_stick": "on_stick", "sent": "by_sms", "carried": "at_hub"}
"""What carries a request, by the code that its delivery was settled with: a file, an SMS, a hub that keeps it."""

CODES: Final = frozenset({"invalid", "permanent", "conflict"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `name` is the field's key, `named` whether the agency has named it as wrong or missing.

    `computed`: nobody was asked; the service worked it out.
    """

    name: str
    label: str
    value: str
    named: bool = False
    flagged: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list."""

    entry: Entry
    reference: str
    title: str
    who: str
    place: str
    state: str
    colour: str
    why: str
    conflict: bool


def carrier(way: Way) -> str:
    """How one request stands with one agency, as a key of `state_...`; one that is carried says by what."""
    return CARRIERS.get(way.code, way.state) if way.state == "carried" else way.state


def body(event: bytes | None) -> Mapping[str, Any] | None:
    """The data of a submission; None when they are sealed to others, or no longer kept."""
    if not event:
        return None
    found: Mapping[str, Any] | None = orjson.loads(event).get("data")
    return found


def is_sealed(event: bytes | None) -> bool:
    """Whether the body is there, and closed to this node."""
    return bool(event) and "data_base64" in orjson.loads(event or b"{}")


def is_conflict(entry: Entry) -> bool:
    """Whether an agency has other content under the same number, or knows the request already."""
    refused = [way for way in entry.ways if way.state == "officer_review"]
    return any(way.code == "conflict" or way.reason == "duplicate_case" for way in refused)


def masked(msisdn: str) -> str:
    """A number of which the last digits are left, enough to tell two people apart: `••••345`."""
    return f"••••{msisdn[-_SHOWN:]}" if msisdn else ""


class Reader:
    """Reads requests for one visit."""

    def __init__(self, visit: "Visit") -> None:
        """Take the reader's language and the tables of the moment."""
        self._visit = visit
        self._office = visit.desk.memory.office
        self._tables = visit.desk.tables

    def title(self, service: str, revision: str = "") -> str:
        """What the service is called; its id when no revision of it is known here."""
        found = self._office.live.get(service) or (self._office.known.get(revision) if revision else None)
        return str(found.flow.title.say(self._visit.language)) if found is not None else service

    def line(self, entry: Entry) -> Line:
        """One request in a list."""
        data = body(entry.event)
        state = self.state(entry)
        return Line(
            entry,
            format_reference(entry.reference),
            self.title(entry.service, entry.revision),
            self._who(entry, data),
            self.place(self._village(entry, data) or entry.place),
            state,
            _STATES.get(state, ""),
            self.why(entry),
            is_conflict(entry),
        )

    def state(self, entry: Entry) -> str:
        """How it stands, as a key of the words `state_...`: the delivery while it is on its way, then the status."""
        states = [carrier(way) for way in entry.ways]
        if "officer_review" in states:
            return "officer_review"
        if entry.status != "received":
            return entry.status
        waiting = [one for one in states if one not in {"accepted", "amended", "withdrawn"}]
        held = any(way.held and way.state == "retry_wait" for way in entry.ways)
        return "held" if held else waiting[0] if waiting else "received"

    def why(self, entry: Entry) -> str:
        """Why an agency refused it, or decided against it, in words; "" when there is nothing to say."""
        for way in entry.ways:
            if way.state == "officer_review":
                return self.refusal(way)
        return self.reason(entry.reason)

    def refusal(self, way: Way) -> str:
        """Why one agency refused one request."""
        say = self._visit.say
        code = say[f"code_{way.code}"] if way.code in CODES else way.code
        return ": ".join(part for part in (code, self.reason(way.reason)) if part)

    def reason(self, reason: str) -> str:
        """A reason code in words."""
        return self._visit.say[f"reason_{reason}"] if reason in REASONS else reason

    def answers(self, entry: Entry, event: bytes | None) -> Iterator[Answer]:
        """What was asked and answered in one submission of this request; nothing that the service worked out."""
        return (one for one in self._all_answers(entry, event) if not one.computed)

    def worked_out(self, entry: Entry, event: bytes | None) -> Iterator[Answer]:
        """What nobody was asked: the service worked it out, for the agency; perhaps what no neighbour should read."""
        for one in self._all_answers(entry, event):
            if one.computed:
                yield replace(one, label=self._visit.say.get(f"computed_{one.name}", one.name))

    def _all_answers(self, entry: Entry, event: bytes | None) -> Iterator[Answer]:
        data = body(event)
        if data is None:
            return
        named = {name for way in entry.ways for name in way.fields} | set(entry.fields)
        fields, flags = self.fields(data["revision"]), set(data.get("flags", ()))
        for name, value in data["answers"].items():
            label, shown = self.value(fields.get(name), name, value)
            yield Answer(name, label, shown, name in named, name in flags, bool(fields) and name not in fields)
        for name in named - data["answers"].keys():
            yield Answer(name, self.label(fields.get(name), name), self._visit.say["missing"], named=True)

    def fields(self, revision: str) -> Mapping[str, AnyField]:
        """The fields of a revision; none when it is not known here."""
        found = self._office.known.get(revision)
        fields: Mapping[str, AnyField] = found.flow.fields if found is not None else {}
        return fields

    def label(self, field: AnyField | None, name: str) -> str:
        """What a field is called."""
        return field.label.say(self._visit.language) if field is not None else name

    def value(self, field: AnyField | None, name: str, value: Any) -> tuple[str, str]:
        """An answer with its label."""
        language = self._visit.language
        if field is None:
            return name, show_value(value, language)
        try:
            found = decode(field, value) if value is not None else None
        except (ValueError, TypeError, ArithmeticError, KeyError):
            return self.label(field, name), show_value(value, language)
        return self.label(field, name), show(field, found, language, self._tables)

    def place(self, code: str) -> str:
        """A place by name."""
        if not code:
            return self._visit.say["no_place"]
        if PLACES not in self._tables:
            return code
        found = self._tables.named(PLACES).at(code)
        return found.name(self._visit.language) if found is not None else code

    def _village(self, entry: Entry, data: Mapping[str, Any] | None) -> str:
        return village(self.fields(entry.revision), data)

    def _who(self, entry: Entry, data: Mapping[str, Any] | None) -> str:
        """Whom it is about: the first name that was answered; for a body that is closed or hidden, that it is."""
        if data is None:
            return self._visit.say["sealed_short" if is_sealed(entry.event) else "gone_short"]
        if entry.sensitive:
            return self._visit.say["hidden"]
        fields = self.fields(entry.revision)
        names = (data["answers"].get(name) for name, field in fields.items() if isinstance(field, NameField))
        return next((str(name) for name in names if name), "")


def village(fields: Mapping[str, AnyField], data: Mapping[str, Any] | None) -> str:
    """The code of the first place that was answered; "" when there is none, or it cannot be read."""
    if data is None:
        return ""
    for name, field in fields.items():
        if isinstance(field, RefField) and field.table == PLACES and data["answers"].get(name):
            return str(data["answers"][name])
    return ""
