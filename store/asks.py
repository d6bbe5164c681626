"""One key press, message or end of session on its way through the writer, and what a batch of them is to write."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from flows.turn import CaseKey, Effect, Need
from store.rows import Session, Somebody
from store.values import Call, Ended, Inbound, Reply

Kind = Literal["press", "message", "end"]


class Ask:
    """What came in, and the future that is completed after the commit.

    Attributes:
        future: of the reply to a press; of None for the rest.
        key: the session's (press, end) or the message's. number, caller: of the phone; 0 and empty for an end.
        known: answers to the dialogue's questions. hashes: case keys that were hashed for it.
        fault: why its turn failed: it is then answered with the words for that.
        refusal: what is raised to the caller instead of an outcome. tries: writings of it that clashed.
        guessed: the request whose case key was rightly given.
    """

    __slots__ = (
        "caller",
        "event",
        "fault",
        "future",
        "guessed",
        "hashes",
        "key",
        "kind",
        "known",
        "number",
        "outcome",
        "refusal",
        "tries",
    )

    def __init__(
        self, kind: Kind, event: Call | Inbound | Ended | None, key: bytes, number: int, caller: bytes
    ) -> None:
        self.kind: Kind = kind
        self.event: Any = event
        self.key = key
        self.number = number
        self.caller = caller
        self.known: dict[Need, Any] = {}
        self.hashes: dict[CaseKey, tuple[bytes, bytes]] = {}
        self.fault: BaseException | None = None
        self.guessed = 0
        self.outcome: Reply | None = None
        self.refusal: Exception | None = None
        self.tries = 0
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class Later:
    """An ask that needs slow work (a case key's hash) outside the transaction; it comes back in a later batch."""

    ask: Ask
    work: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Cause:
    """An effect, and whose turn brought it about."""

    effect: Effect
    channel: str
    number: int
    caller: bytes
    link_id: str
    ask: Ask


@dataclass(slots=True)
class Writes:
    """The rows of one batch; each session and person once, however often it was touched."""

    new_sessions: dict[int, Session] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    dropped: dict[int, Session] = field(default_factory=dict)
    forgotten: dict[int, Session] = field(default_factory=dict)
    owned: dict[int, Session] = field(default_factory=dict)
    people: dict[bytes, Somebody] = field(default_factory=dict)
    came: dict[bytes, str] = field(default_factory=dict)
    inbox: list[bytes] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    guessed: list[Ask] = field(default_factory=list)

    def press(self, session: Session) -> None:
        """This session's row changes."""
        if session.id not in self.new_sessions:
            self.sessions[session.id] = session

    def own(self, session: Session) -> None:
        """A forgotten session is somebody's again: the number that is its name has dialled anew."""
        self.forgotten.pop(session.id, None)
        if session.id not in self.new_sessions:
            self.owned[session.id] = session

    def drop(self, session: Session, text: str) -> None:
        """What is sent if this session breaks changes."""
        if session.dropped != text:
            session.dropped = text
            if session.id not in self.new_sessions:
                self.dropped[session.id] = session
