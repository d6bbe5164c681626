"""What the channel remembers of a number between two turns: the talk under way, and the person.

Both are small and encoded by `msgspec`; the store keeps the bytes, encrypted, and gives them back. New fields go to the
end with a default, so that bytes of an older version can be read. Immutable and made of JSON values, none of them can
lie in a ring, so the garbage collector need not look at them (`gc=False`), however many are remembered.
"""

from typing import Any, Final, TypeVar

import msgspec

from flows.session import Run
from flows.turn import Channel

PROFILE_DAYS: Final = 365
"""How long a kept answer is offered as `1 same`."""
WAITING_DAYS: Final = 30
"""How long the question whether to keep an answer waits; then the answer is forgotten."""
NOTICE_SECONDS: Final = 86_400
"""How long a notice counts as read: its one line is shown instead."""


class Spot(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where one channel stands: which screen is open there.

    Attributes:
        screen: a name from the table of screens; "" when nothing is open.
        page: the page of it, from 0.
        about: what it is about: a service, a digest, a draft's key, a reference or a phrase, depending on the screen.
        held: inputs that came with the dial string and wait for the flow's first question.
        case: the reference of a request that is being corrected.
        digits: a case key typed once, until it was typed again.
        word: the phrase that stands above the screen this time.
        until: epoch seconds until which an SMS answers it (0 on USSD, where the session ends it).
    """

    screen: str = ""
    page: int = 0
    about: str = ""
    held: tuple[str, ...] = ()
    case: str = ""
    digits: str = ""
    word: str = ""
    until: int = 0


class Draft(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One begun service: the engine's run, and what was agreed to.

    Attributes:
        until: epoch seconds until which it may be gone on with. channel: where its question was last shown.
        sensitive: then it is never offered again. shown: `sha256:` of the notice as it was shown.
        sent: something was submitted already; only its last screen may be open.
    """

    service: str
    run: Run
    until: int
    channel: Channel
    sensitive: bool = False
    shown: str = ""
    sent: bool = False

    @property
    def key(self) -> str:
        """What tells drafts apart: the service, or the reference of the request that it corrects."""
        return self.run.case[2] if self.run.case else self.service


class Gone(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A begun service that was left without a request, for the figures: no answer is in it.

    Attributes:
        log: what was passed, where nothing was answered yet; None where something was. ended: by the flow's own end.
    """

    service: str
    seal: bytes
    language: str
    channel: Channel
    log: tuple[tuple[int, Any], ...] | None = ()
    ended: bool = False


class Talk(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is under way with one number, on both channels.

    Attributes:
        drafts: begun services, newest last.
        opened: references whose case key was given in this USSD session.
        language: guessed from a keyword's script, until the person chooses one.
        gone: services that were left, until the talk is cleared away and they are counted.
    """

    ussd: Spot = Spot()
    sms: Spot = Spot()
    drafts: tuple[Draft, ...] = ()
    opened: tuple[str, ...] = ()
    language: str = ""
    gone: tuple[Gone, ...] = ()


class Kept(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One answer that the person wants offered again: its JSON value, and when the person said so."""

    value: Any
    at: int


class Person(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What outlives a talk.

    Attributes:
        language: as chosen; "" until then.
        seen: sha256 of a notice as shown -> epoch seconds of its last showing.
        stopped: no reminders, broadcasts or `dropped`. quiet: no answers on own requests either.
        helped: the day (proleptic ordinal) of the last help that was sent without being asked for.
        offer_key: a sensitive request was sent, and a case key is still to be offered.
        profile: answers kept on the person's own yes. waiting: those for which the yes is still to be asked.
        called: the day (proleptic ordinal) on which she last asked to be called.
        hinted: when the question how a request went was asked that was last explained once more (epoch seconds).
    """

    language: str = ""
    seen: dict[str, int] = {}
    stopped: bool = False
    quiet: bool = False
    helped: int = 0
    offer_key: bool = False
    profile: dict[str, Kept] = {}
    waiting: dict[str, Kept] = {}
    called: int = 0
    hinted: int = 0


_DAY: Final = 86_400
_encoder = msgspec.msgpack.Encoder()
_talks = msgspec.msgpack.Decoder(Talk)
_people = msgspec.msgpack.Decoder(Person)
_S = TypeVar("_S", Talk, Person)


def encode(state: Talk | Person) -> bytes:
    """The bytes that the store keeps."""
    return _encoder.encode(state)


def decode_talk(data: bytes | None) -> Talk | None:
    """The talk in these bytes; None for nothing, and for bytes that no version of ours has written."""
    return _decode(_talks, data)


def decode_person(data: bytes | None) -> Person | None:
    """The person in these bytes; None for nothing, and for bytes that no version of ours has written."""
    return _decode(_people, data)


def _decode(decoder: "msgspec.msgpack.Decoder[_S]", data: bytes | None) -> _S | None:
    if not data:
        return None
    try:
        return decoder.decode(data)
    except msgspec.DecodeError:
        # A citizen must not be locked out of the channel by a state that cannot be read: she starts anew.
        return None


def aged(person: Person, now: int) -> Person:
    """The person without the answers whose time is over."""
    return msgspec.structs.replace(
        person,
        profile={name: one for name, one in person.profile.items() if now - one.at < PROFILE_DAYS * _DAY},
        waiting={name: one for name, one in person.waiting.items() if now - one.at < WAITING_DAYS * _DAY},
    )


def may_text(person: Person | None, kind: str) -> bool:
    """Whether a message of this kind may go to the person after her STOP.

    `answer` and `receipt` answer what the number itself has just sent and always go; `status` goes unless the person
    stopped these too; anything else (dropped, reminder, broadcast, feedback) goes only to one who has not said STOP.
    """
    if person is None or kind in {"answer", "receipt"}:
        return True
    return not (person.quiet if kind == "status" else person.stopped)
