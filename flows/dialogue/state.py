"""What the channel remembers of a number between two turns: the talk under way, and the person.

Both are small and encoded by `msgspec`; the store keeps the bytes, encrypted, and gives them back. New fields go to the
end with a default, so that bytes of an older version can be read.
"""

from typing import Any, Final, TypeVar

import msgspec

from flows.turn import Channel

PROFILE_DAYS: Final = 365
"""How long a kept answer is offered as `1 same`."""
NOTICE_SECONDS: Final = 86_400
"""How long a notice counts as read: its one line is shown instead."""


class Spot(msgspec.Struct, array_like=True, frozen=True):
    """Where one channel stands: which screen is open there.

    Attributes:
        screen: a name from `flows.dialogue.screens`; "" when nothing is open.
        page: the page of it, from 0.
        about: what it is about: a service, a reference or a phrase, depending on the screen.
        held: inputs that came with the dial string and wait for the flow's first question.
        digits: a case key typed once, until it was typed again.
        opened: the reference whose case key was given in this session.
    """

    screen: str = ""
    page: int = 0
    about: str = ""
    held: tuple[str, ...] = ()
    digits: str = ""
    opened: str = ""


class Draft(msgspec.Struct, array_like=True, frozen=True):
    """One begun service: its revision, the engine's run as bytes, and what was agreed to.

    Attributes:
        until: epoch seconds until which it may be gone on with. channel: where its question was last shown.
        answered: whether at least one answer was given. shown: `sha256:` of the notice as it was shown.
        case_id: set when it corrects an earlier request, then with that request's reference and revision.
    """

    service: str
    revision: str
    language: str
    run: bytes
    until: int
    channel: Channel
    sensitive: bool = False
    answered: bool = False
    shown: str = ""
    case_id: str = ""
    case_revision: int = 0
    reference: str = ""


class Talk(msgspec.Struct, array_like=True, frozen=True):
    """What is under way with one number, on both channels; `drafts` newest last."""

    ussd: Spot = Spot()
    sms: Spot = Spot()
    drafts: tuple[Draft, ...] = ()


class Kept(msgspec.Struct, array_like=True, frozen=True):
    """One answer that the person wants offered again: its JSON value, and when the person said so."""

    value: Any
    at: int


class Person(msgspec.Struct, array_like=True, frozen=True):
    """What outlives a talk.

    Attributes:
        language: as chosen; "" until then.
        seen: sha256 of a notice as shown -> epoch seconds of its last showing.
        stopped: no reminders, broadcasts or `dropped`. quiet: no answers on own requests either.
        helped: the day (proleptic ordinal) of the last help that was sent without being asked for.
        offer_key: a sensitive request was sent, and a case key is still to be offered.
        profile: answers kept on the person's own yes. waiting: those for which the yes is still to be asked.
    """

    language: str = ""
    seen: dict[str, int] = {}
    stopped: bool = False
    quiet: bool = False
    helped: int = 0
    offer_key: bool = False
    profile: dict[str, Kept] = {}
    waiting: dict[str, Kept] = {}


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


def may_text(person: Person | None, kind: str) -> bool:
    """Whether a message of this kind may go to the person after her STOP.

    `answer` and `receipt` answer what the number itself has just sent and always go; `status` goes unless the person
    stopped these too; anything else (dropped, reminder, broadcast) goes only to one who has not said STOP.
    """
    if person is None or kind in {"answer", "receipt"}:
        return True
    return not (person.quiet if kind == "status" else person.stopped)
