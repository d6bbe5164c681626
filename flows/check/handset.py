"""One phone before one node that forgets everything afterwards: golden conversations, and `sala flow try`.

A conversation is a text that a civil servant can read and correct:

    # What this shows, in a sentence.
    # channel: ussd
    # language: en
    # day: 2026-11-05
    > *999#                 what the citizen sends: a code to dial, a key, an answer, a message
    1 Register a birth      then the screen as the phone shows it
    (end)                   the session is closed
    ~ receipt: Received ... an SMS that goes out
    = birth 482 109 337     what was submitted, then one line an answer
    =   child_sex: f

`>` also takes the words DROP (the session breaks), MORE (turn to the last page), `+20h` (time passes), DECIDED (the
agency has decided the newest request, and a day later the number is asked how it went) and, before a text on the other
channel, `SMS`. Lines that begin with # and blank lines are kept as they are.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from flows.dialogue import Office, Person, hear, question
from flows.reference import make_reference
from flows.screens import grouped
from flows.turn import (
    Asked,
    CaseKey,
    Channel,
    Effect,
    Heard,
    Known,
    Moment,
    Need,
    Note,
    Rate,
    Request,
    Submit,
    Text,
    Turn,
)

OFFSET: Final = 7 * 3600
"""Seconds by which Laos is ahead of UTC."""
MORNING: Final = 9 * 3600
"""Local time at which a conversation begins, in seconds of the day."""
_PASSES: Final = re.compile(r"\+([0-9]{1,5})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CODE: Final = re.compile(r"\*[0-9*]+#")
_HEADER: Final = re.compile(r"# (channel|language|day): *(\S+)")
_FIRST: Final = 48_210_933
"""The random digits of the first reference, so that a conversation is the same every time."""
_MOST_PAGES: Final = 40
_ASKED_AFTER: Final = 24 * 3600


@dataclass(slots=True)
class Handset:
    """A number and its phone.

    Attributes:
        now: UTC epoch seconds. talk, person: what the node keeps of the number. open: a USSD session is open.
        dropped: what is sent if that session breaks. requests, keys: what was submitted, and its case keys.
        asked: the question how the newest request went.
    """

    office: Office
    channel: Channel = "ussd"
    now: int = 0
    talk: Any = None
    person: Any = None
    open: bool = False
    dropped: str = ""
    keep_until: int = 0
    requests: list[Request] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    once: dict[tuple[str, ...], str] = field(default_factory=dict)
    asked: Asked | None = None
    count: Iterator[int] = field(default_factory=lambda: itertools.count(_FIRST))

    def send(self, typed: str) -> list[str]:
        """Do what one `>` line says; the lines that come of it."""
        if passes := _PASSES.fullmatch(typed):
            self.now += int(passes[1]) * _SECONDS[passes[2]]
            return []
        if typed == "DROP":
            return self._drop()
        if typed == "MORE":
            return self._more()
        if typed == "DECIDED":
            return self._decided()
        if typed.startswith("SMS "):
            return self._hear(Heard("sms", typed.removeprefix("SMS "), code=self.office.node.short))
        if self.channel == "sms" and not _CODE.fullmatch(typed):
            return self._hear(Heard("sms", typed, code=self.office.node.short))
        if not self.open or _CODE.fullmatch(typed):
            return self._dial(typed)
        return self._hear(Heard("ussd", typed, code=self.office.node.dial))

    def _dial(self, typed: str) -> list[str]:
        self._hang_up()
        stem = self.office.node.dial.rstrip("#")
        dialled = tuple(typed.removeprefix(stem).strip("*#").split("*")) if typed.startswith(f"{stem}*") else ()
        return self._hear(Heard("ussd", "*".join(dialled), fresh=True, dialled=dialled, code=self.office.node.dial))

    def _hang_up(self) -> None:
        """The session is gone; what may not be gone on with is gone too."""
        self.open = False
        if self.keep_until <= self.now:
            self.talk = None

    def _drop(self) -> list[str]:
        text = self.dropped if self.open else ""
        self._hang_up()
        self.dropped = ""
        return _quoted("~ dropped: ", text) if text else []

    def _decided(self) -> list[str]:
        self.now += _ASKED_AFTER
        if not self.requests:
            return []
        one, *others = self.requests
        self.requests = [replace(one, status="approved"), *others]
        language = self.person.language if self.person else self.office.languages[0]
        text = question(self.office, self.office.known[one.revision], language, one.reference, locked=one.locked)
        self.asked = Asked(one.reference, self.now, language=language) if text else None
        return _quoted("~ feedback: ", text) if text else []

    def _more(self) -> list[str]:
        shown: list[str] = []
        hint = re.compile(r"(^|\s)9 \S")
        for _ in range(_MOST_PAGES):
            fresh = self._hear(Heard(self.channel, "9", code=self.office.node.dial))
            if fresh == shown:
                break
            shown = fresh
            if not hint.search(shown[-1] if shown else ""):
                break
        return shown

    def _hear(self, heard: Heard) -> list[str]:
        turn = self._turn(heard)
        self.talk, self.keep_until = turn.talk, turn.keep_until
        self.person = turn.person if turn.person is not None else self.person
        lines: list[str] = []
        if turn.screen is not None:
            self.open, self.dropped = not turn.screen.end, turn.dropped
            lines += turn.screen.text.split("\n")
            if turn.screen.end:
                lines.append("(end)")
                self._hang_up()
        for effect in turn.effects:
            lines += self._take(effect)
        return lines

    def _turn(self, heard: Heard) -> Turn:
        digits = make_reference(f"{next(self.count):08d}")
        ids = (f"00000000-0000-7000-8000-{digits:>012}", f"00000000-0000-7000-8001-{digits:>012}")
        moment = Moment(self.now, self._today(), digits, ids)
        outcome = hear(self.office, self.talk, self.person, heard, moment)
        while isinstance(outcome, Need):
            moment = replace(moment, known={**moment.known, outcome: self._answer(outcome)})
            outcome = hear(self.office, self.talk, self.person, heard, moment)
        return outcome

    def _today(self) -> date:
        return datetime.fromtimestamp(self.now + OFFSET, UTC).date()

    def _answer(self, need: Need) -> Any:
        match need.kind:
            case "once":
                found = self.once.get(need.args)
                return Known(found, same_number=True) if found else None
            case "requests":
                return tuple(self.requests)
            case "request":
                return next((one for one in self.requests if one.reference == need.args[0]), None)
            case "asked":
                return self.asked
            case _:
                return "right" if self.keys.get(need.args[0]) == need.args[-1] else "wrong"

    def _take(self, effect: Effect) -> list[str]:
        match effect:
            case Submit():
                return self._file(effect)
            case Text():
                return _quoted(f"~ {effect.kind}: ", effect.text)
            case CaseKey():
                self.keys[effect.case_id] = effect.digits
                locked = bool(effect.digits)
                self.requests = [
                    replace(one, locked=locked) if one.case_id == effect.case_id else one for one in self.requests
                ]
                return []
            case Rate():
                if self.asked is not None and effect.stars:
                    self.asked = replace(self.asked, stars=effect.stars)
                said = f"mark {effect.stars}" if effect.stars else f"why {effect.why}"
                return [f"= {grouped(effect.reference)}: {said}"]
            case Note():
                return _quoted(f"! {effect.kind}: ", effect.text)

    def _file(self, sent: Submit) -> list[str]:
        if not sent.anonymous:
            filed = Request(
                reference=sent.reference,
                service=sent.service,
                revision=sent.revision,
                case_id=sent.case_id,
                case_revision=sent.case_revision,
                status="received",
                reason="",
                fields=(),
                at=self.now,
                sensitive=sent.sensitive,
                locked=False,
                answers=sent.answers,
            )
            self.requests = [filed, *(one for one in self.requests if one.case_id != sent.case_id)]
        self.once[sent.service, *sent.once] = sent.reference
        who = ", without a number" if sent.anonymous else ""
        return [f"= {sent.kind} {grouped(sent.reference)}, {sent.place}{who}", *_answers(sent.answers)]


def _answers(answers: Mapping[str, Any]) -> list[str]:
    return [f"=   {name}: {_plain(value)}" for name, value in answers.items()]


def _plain(value: Any) -> str:
    if value is None:
        return "(nothing)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _quoted(mark: str, text: str) -> list[str]:
    first, *others = text.split("\n")
    return [f"{mark}{first}", *(f"{mark[0]}   {line}" for line in others)]


def handset(office: Office, lines: Iterable[str]) -> Handset:
    """The phone that a conversation's heading describes: channel, language (else it is asked for) and day."""
    said = {found[1]: found[2] for line in lines if (found := _HEADER.match(line))}
    day = date.fromisoformat(said.get("day", "2026-11-05"))
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=MORNING - OFFSET)
    channel: Channel = "sms" if said.get("channel") == "sms" else "ussd"
    phone = Handset(office, channel, int(begins.timestamp()))
    if "language" in said:
        phone.person = Person(language=said["language"])
    return phone


def play(phone: Handset, lines: Iterable[str]) -> list[str]:
    """The conversation as it goes now, given the `>` lines of a recorded one."""
    out: list[str] = []
    for line in lines:
        if line.startswith(">"):
            out += [line, *phone.send(line.removeprefix(">").removeprefix(" "))]
        elif line.startswith("#") or not line.strip():
            out.append(line)
    return out
