"""`sala flow try`: a phone in the terminal, on the same dialogue as the street, with nothing behind it but memory.

A conversation is recorded and played in the form of the golden conversations: `>` what the citizen sends, then what the
phone shows, `~` an SMS that arrives, `=` what was submitted.
"""

import itertools
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from flows import dialogue
from flows.dialogue import Node, Office, Person
from flows.errors import ConfigFault
from flows.reference import make_reference
from flows.turn import Heard, Known, Moment, Need, Request, Submit, Text, Turn
from sala import services

ZONE: Final = ZoneInfo("Asia/Vientiane")
BEGINNING: Final = int(datetime(2026, 11, 23, 9, 0, tzinfo=ZONE).timestamp())
"""When a played conversation begins, so that it is the same every day."""
_PASSES: Final = re.compile(r"\+([0-9]{1,5})([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MOST_NEEDS: Final = 20
_MOST_PAGES: Final = 30


@dataclass(slots=True)
class Handset:
    """One phone, one number, one node that forgets everything when the program ends."""

    office: Office
    channel: Any = "ussd"
    now: int = BEGINNING
    talk: Any = None
    person: Any = None
    open: bool = False
    dropped: str = ""
    requests: list[Request] = field(default_factory=list)
    once: dict[tuple[str, ...], str] = field(default_factory=dict)
    count: Iterator[int] = field(default_factory=lambda: itertools.count(48210933))

    def send(self, typed: str) -> Iterator[str]:
        """Do what one line says; the lines that come of it."""
        if passes := _PASSES.fullmatch(typed):
            self.now += int(passes[1]) * _SECONDS[passes[2]]
        elif typed == "DROP":
            yield from self._drop()
        elif typed == "MORE":
            yield from self._more()
        elif self.channel == "ussd" and (typed == "DIAL" or not self.open or _is_code(typed)):
            yield from self._dial(typed)
        else:
            yield from self._hear(Heard(self.channel, typed, code=self._code()))

    def _code(self) -> str:
        return self.office.node.dial if self.channel == "ussd" else self.office.node.short

    def _dial(self, typed: str) -> Iterator[str]:
        stem = self._code().rstrip("#")
        dialled = tuple(typed.removeprefix(stem).strip("*#").split("*")) if typed.startswith(f"{stem}*") else ()
        yield from self._hear(Heard("ussd", "", fresh=True, dialled=dialled, code=self._code()))

    def _drop(self) -> Iterator[str]:
        self.open = False
        if self.dropped:
            yield from _quoted("~", self.dropped)
        self.dropped = ""

    def _more(self) -> Iterator[str]:
        shown: list[str] = []
        for _ in range(_MOST_PAGES):
            fresh = list(self._hear(Heard(self.channel, "9", code=self._code())))
            if fresh == shown:
                break
            shown = fresh
        yield from shown

    def _hear(self, heard: Heard) -> Iterator[str]:
        turn = self._turn(heard)
        self.talk, self.dropped = turn.talk, turn.dropped
        self.person = turn.person if turn.person is not None else self.person
        if turn.screen is not None:
            self.open = not turn.screen.end
            yield from turn.screen.text.split("\n")
        for effect in turn.effects:
            if isinstance(effect, Submit):
                yield self._take(effect)
            elif isinstance(effect, Text):
                yield from _quoted("~", effect.text)

    def _turn(self, heard: Heard) -> Turn:
        digits = make_reference(f"{next(self.count):08d}")
        known: dict[Need, Any] = {}
        for _ in range(_MOST_NEEDS):
            today = datetime.fromtimestamp(self.now, ZONE).date()
            ids = (f"00000000-0000-7000-8000-{digits:>012}", f"00000000-0000-7000-8001-{digits:>012}")
            moment = Moment(now=self.now, today=today, reference=digits, ids=ids, known=known)
            outcome = dialogue.hear(self.office, self.talk, self.person, heard, moment)
            if isinstance(outcome, Turn):
                return outcome
            known[outcome] = self._answer(outcome)
        raise RuntimeError("the dialogue goes on asking")

    def _answer(self, need: Need) -> Any:
        match need.kind:
            case "once":
                found = self.once.get(need.args)
                return Known(found, same_number=True) if found else None
            case "requests":
                return tuple(reversed(self.requests))
            case "request":
                return next((one for one in self.requests if one.reference == need.args[0]), None)
            case "case_key":
                return "wrong"

    def _take(self, submit: Submit) -> str:
        self.requests.append(
            Request(
                reference=submit.reference,
                service=submit.service,
                revision=submit.revision,
                case_id=submit.case_id,
                case_revision=submit.case_revision,
                status="received",
                reason="",
                fields=(),
                at=self.now,
                sensitive=submit.sensitive,
                locked=False,
                answers=submit.answers,
            )
        )
        self.once[submit.service, *submit.once] = submit.reference
        return f"= {submit.kind} {json.dumps(dict(submit.answers), ensure_ascii=False)}"


def _is_code(typed: str) -> bool:
    return typed.startswith("*") and typed.endswith("#")


def _quoted(mark: str, text: str) -> list[str]:
    return [f"{mark} {line}" for line in text.split("\n")]


def office_of(path: Path, given: services.Material, languages: tuple[str, ...]) -> Office:
    """What a node would offer that had only these services.

    Raises:
        FlowFault: one of them has an error.
    """
    revisions = services.revisions_of(services.read([path]), given)
    if not revisions:
        raise ConfigFault(f"{path}: there is no service in it", hint="a part alone cannot be dialled")
    return Office(
        live={revision.flow.id: revision for revision in revisions},
        known={revision.digest: revision for revision in revisions},
        tables=given.tables,
        phrases=given.phrases,
        languages=languages,
        node=Node(short="1999", contact="1503", district=_district(given)),
    )


def _district(given: services.Material) -> str:
    districts = given.tables.places.every("district")
    return districts[0].code if districts else ""


def run(
    path: Path, *, channel: str, language: str, record: Path | None, play: Path | None, config: Path | None
) -> bool:
    """Be the phone until the input ends; with `play`, compare instead. False: the conversation went another way."""
    if channel not in {"ussd", "sms"}:
        raise ConfigFault(f"--channel: {channel} is none", hint="ussd or sms")
    given = services.material(config)
    languages = tuple(given.phrases.texts)
    handset = Handset(office_of(path, given, languages), channel)
    if language:
        handset.person = Person(language=language)
    if play is not None:
        return _play(handset, play)
    lines = list(_converse(handset))
    if record is not None:
        record.write_text("\n".join(lines) + "\n", "utf-8")
    return True


def _converse(handset: Handset) -> Iterator[str]:
    prompt = "> " if sys.stdin.isatty() else ""
    first = [handset.office.node.dial] if handset.channel == "ussd" else []
    for typed in itertools.chain(first, _typed(prompt)):
        if not prompt or typed in first:
            print(f"> {typed}")  # noqa: T201 - the phone
        yield f"> {typed}"
        for line in handset.send(typed):
            print(line)  # noqa: T201 - the phone
            yield line


def _typed(prompt: str) -> Iterator[str]:
    while True:
        try:
            typed = input(prompt)
        except (EOFError, KeyboardInterrupt):
            return
        if typed == "QUIT":
            return
        yield typed


def replay(handset: Handset, lines: Iterable[str]) -> list[str]:
    """The conversation as it goes now, given the `>` lines of a recorded one; its comments and blanks are kept."""
    out: list[str] = []
    for line in lines:
        if line.startswith("> "):
            out += [line, *handset.send(line[2:])]
        elif line.startswith("#") or not line.strip():
            out.append(line)
    return out


def _play(handset: Handset, file: Path) -> bool:
    import difflib  # noqa: PLC0415 - only here, and slow to load

    recorded = file.read_text("utf-8").splitlines()
    now = replay(handset, recorded)
    for line in difflib.unified_diff(recorded, now, str(file), "now", lineterm="", n=2):
        print(line)  # noqa: T201 - the command's output
    return now == recorded
