"""A phone and the least memory behind it: what a citizen presses and reads, and what the store would have kept."""

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from flows.dialogue import Office, Person, Talk, decode_person, decode_talk, encode, hear
from flows.reference import make_reference
from flows.turn import Asked, CaseKey, Effect, Heard, Known, Moment, Need, Note, Rate, Request, Submit, Text, Turn
from tests.dialogue.flows import TODAY

HOUR = 3600
DAY = 24 * HOUR


@dataclass
class Phone:
    """One number. It forgets a talk when the session ends, as the store does, unless something may be gone on with."""

    office: Office
    now: int = 1_795_400_000
    talk: bytes = b""
    person: bytes = b""
    requests: list[Request] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    asked: list[Need] = field(default_factory=list)
    question: Asked | None = None
    full: bool = False
    last: Turn | None = None
    counter: int = 0

    def dial(self, *dialled: str) -> str:
        self.hang_up()
        text = "*".join(dialled)
        return self._screen(Heard("ussd", text, fresh=True, dialled=dialled, code="*999#"))

    def hang_up(self) -> None:
        """The session breaks: what may not be gone on with is gone."""
        if self.last is not None and self.last.keep_until <= self.now:
            self.talk = b""

    def press(self, *texts: str) -> str:
        screen = ""
        for text in texts:
            screen = self._screen(Heard("ussd", text, code="*999#"))
        return screen

    def send(self, text: str) -> str:
        """An SMS; what comes back, messages joined by a bar."""
        turn = self.take(Heard("sms", text, code="1999"))
        assert turn.screen is None
        return " | ".join(effect.text for effect in turn.effects if isinstance(effect, Text))

    def _screen(self, heard: Heard) -> str:
        turn = self.take(heard)
        assert turn.screen is not None
        return turn.screen.text

    @property
    def ended(self) -> bool:
        return self.last is not None and self.last.screen is not None and self.last.screen.end

    @property
    def who(self) -> Person:
        return decode_person(self.person) or Person()

    @property
    def state(self) -> Talk:
        return decode_talk(self.talk) or Talk()

    def rates(self) -> list[tuple[int, int]]:
        return [(effect.stars, effect.why) for effect in self.effects if isinstance(effect, Rate)]

    def sent(self) -> list[Submit]:
        return [effect for effect in self.effects if isinstance(effect, Submit)]

    def texts(self) -> list[str]:
        return [effect.kind for effect in self.effects if isinstance(effect, Text)]

    def notes(self) -> list[Note]:
        return [effect for effect in self.effects if isinstance(effect, Note)]

    def take(self, heard: Heard) -> Turn:
        self.counter += 1
        known: dict[Need, Any] = {}
        while True:
            turn = self.hear(heard, known)
            again = self.hear(heard, known)
            assert turn == again, "the same call gave another result"
            if isinstance(turn, Turn):
                break
            assert turn not in known
            self.asked.append(turn)
            known[turn] = self.answer(turn)
        self._write(turn)
        return turn

    def hear(self, heard: Heard, known: dict[Need, Any]) -> Turn | Need:
        reference = make_reference(f"{self.counter:08d}")
        ids = (f"s{self.counter}", f"c{self.counter}")
        moment = Moment(self.now, TODAY, reference, ids, known=known, full=self.full)
        return hear(self.office, decode_talk(self.talk), decode_person(self.person), heard, moment)

    def answer(self, need: Need) -> Any:
        match need.kind:
            case "requests":
                return tuple(self.requests)
            case "request":
                return next((one for one in self.requests if one.reference == need.args[0]), None)
            case "case_key":
                return "right" if self.keys.get(need.args[0]) == need.args[1] else "wrong"
            case "opened":
                return "wrong"
            case "asked":
                return self.question
            case "once":
                same = [one for one in self.sent() if (one.service, *one.once) == need.args]
                return Known(same[0].reference, same_number=True) if same else None

    def _write(self, turn: Turn) -> None:
        self.last = turn
        self.talk = encode(turn.talk) if turn.talk is not None else b""
        if turn.person is not None:
            self.person = encode(turn.person)
        self.effects.extend(turn.effects)
        for effect in turn.effects:
            if isinstance(effect, Submit):
                self._file(effect)
            if isinstance(effect, CaseKey):
                self._lock(effect)
            if isinstance(effect, Rate) and effect.stars and self.question is not None:
                self.question = replace(self.question, stars=effect.stars)
        if turn.screen is not None and turn.screen.end and turn.keep_until <= self.now:
            self.talk = b""

    def _file(self, sent: Submit) -> None:
        if sent.anonymous:
            return
        self.requests = [one for one in self.requests if one.case_id != sent.case_id]
        self.requests.insert(
            0,
            Request(
                sent.reference,
                sent.service,
                sent.revision,
                sent.case_id,
                sent.case_revision,
                "queued",
                "",
                (),
                self.now,
                sent.sensitive,
                locked=False,
                answers=sent.answers,
            ),
        )

    def _lock(self, effect: CaseKey) -> None:
        self.keys[effect.case_id] = effect.digits
        self.change(effect.case_id, locked=bool(effect.digits))

    def change(self, case_id: str, **changes: Any) -> None:
        self.requests = [replace(one, **changes) if one.case_id == case_id else one for one in self.requests]
