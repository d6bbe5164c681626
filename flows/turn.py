"""What passes between the doors, the dialogue and the store: the words of one turn, as values.

A door makes a `Heard`, the store adds what it remembers, the dialogue answers with a `Turn`, and the store writes the
turn's effects in the transaction that makes the key press durable. Nothing here waits, reads a clock or draws a number.
Values that each key press makes are structs of `msgspec`: a frozen dataclass takes ten times as long to make.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

Channel = Literal["ussd", "sms"]
Clock = Literal["good", "doubtful"]


class Screen(msgspec.Struct, frozen=True):
    """What the phone shows: at most one page, and whether the dialogue is over."""

    text: str
    end: bool = False


class Heard(msgspec.Struct, frozen=True):
    """One key press or message, as the dialogue sees it.

    Attributes:
        channel: the door it came through.
        text: the new input alone; a USSD gateway's cumulative text is cut before.
        fresh: the first call of a gateway session (USSD), never set for SMS.
        dialled: inputs that came with the dial string, e.g. ("1",) for `*999*1#`.
        code: the service code or short code that was called.
    """

    channel: Channel
    text: str
    fresh: bool = False
    dialled: tuple[str, ...] = ()
    code: str = ""


class Need(msgspec.Struct, frozen=True):
    """A question to the store that the dialogue cannot answer by itself.

    The caller answers it in `Moment.known[need]` and calls again with the same input; the dialogue is pure, so asking
    twice is harmless. Kinds and answers:
        once        args (service, match key, ...)      -> Known(reference, same_number) or None
        requests    args ()                             -> tuple[Request, ...], newest first, of the calling number
        request     args (reference,)                   -> Request or None, of the calling number only
        case_key    args (case id, digits)              -> "right" | "wrong" | "locked" | "officer"
        opened      args (reference, digits)            -> Request of any number when the case key is right, else
                                                           "wrong" (also: no such case, no key) | "locked" | "officer";
                                                           counted like `case_key`
        asked       args ()                             -> Asked or None: the question how a decided request went
    """

    kind: Literal["once", "requests", "request", "case_key", "opened", "asked"]
    args: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """An earlier request with the same `once` values."""

    reference: str
    same_number: bool


class Asked(msgspec.Struct, frozen=True):
    """The question how a decided request went, as this number was last asked it, while answers are still taken.

    Attributes:
        at: epoch seconds at which it was asked. stars: the mark given, 1 to 5; 0: none yet.
        language: of the request.
    """

    reference: str
    at: int
    stars: int = 0
    language: str = ""


class Request(msgspec.Struct, frozen=True):
    """One request of the calling number, as "my requests" and STATUS may show it."""

    reference: str
    service: str
    revision: str
    case_id: str
    case_revision: int
    status: str
    reason: str
    fields: tuple[str, ...]
    at: int
    sensitive: bool
    locked: bool
    answers: Mapping[str, Any] = {}


class Moment(msgspec.Struct, frozen=True):
    """Everything of this turn that changes from turn to turn: the clock and chance are arguments.

    Attributes:
        now: UTC epoch seconds. today: the date in the node's time zone.
        reference: nine fresh digits, used only if this turn submits. ids: fresh UUIDv7s, likewise (submission, case).
        known: answers to the `Need`s of this turn.
        full: the disk has no room for a new dialogue.
    """

    now: int
    today: date
    reference: str
    ids: tuple[str, str]
    clock: Clock = "good"
    known: Mapping[Need, Any] = {}
    full: bool = False


class Submit(msgspec.Struct, frozen=True):
    """A submission to be written to the outbox with this turn.

    `once` holds the match keys of the fields that `once:` names (empty: no such rule); the store keeps a keyed hash.
    `corrects` is the case that this submission amends; `partial`: its other answers are not known here (a sealed body).
    `flags` are fields with a limit that could not be checked, the clock being doubtful. `trial`: made under a revision
    that was never published; it goes to nobody.
    """

    service: str
    kind: str
    revision: str
    agencies: tuple[str, ...]
    reference: str
    submission_id: str
    case_id: str
    case_revision: int
    language: str
    channel: Channel | Literal["counter"]
    answers: Mapping[str, Any]
    consent: Mapping[str, str]
    place: str
    sensitive: bool
    anonymous: bool
    once: tuple[str, ...] = ()
    keep_days: int = 30
    clock: Clock = "good"
    corrects: str = ""
    partial: bool = False
    flags: tuple[str, ...] = ()
    trial: bool = False


class Text(msgspec.Struct, frozen=True):
    """An SMS to the citizen of this turn, written as a row with it.

    `kind` is the name of the message (`receipt`, `dropped`, `answer`, ...); `useless_after` is in seconds from now.
    """

    kind: str
    text: str
    language: str
    reference: str = ""
    useless_after: int = 86_400


class Note(msgspec.Struct, frozen=True):
    """A line for the officer's inbox: an SMS nobody could place, a person to be called, a flow that failed."""

    kind: Literal["unmatched", "call_me", "failed"]
    text: str = ""


class CaseKey(msgspec.Struct, frozen=True):
    """The citizen sets (digits) or takes away (empty) the case key of her case; the store hashes it."""

    case_id: str
    digits: str


class Rate(msgspec.Struct, frozen=True):
    """The citizen says how her decided request went: a mark from 1 to 5, or afterwards why it was low.

    The first of each counts; the store takes neither when the time for it is over. 0: not said in this turn.
    """

    reference: str
    stars: int = 0
    why: int = 0


Effect = Submit | Text | Note | CaseKey | Rate


class Turn(msgspec.Struct, frozen=True):
    """The outcome of one key press or message.

    Attributes:
        screen: what a USSD door shows; on SMS the answer goes out as a `Text` effect and this is None.
        talk: the dialogue's state from now on (None: nothing to keep). person: set when it changed.
        keep_until: epoch seconds until which an interrupted talk may be resumed (0: not at all).
        dropped: the text to send once if the session breaks after this turn ("" none).
        forget: the number must lead nowhere from this session any more (an anonymous submission).
    """

    screen: Screen | None
    talk: Any
    person: Any = None
    effects: tuple[Effect, ...] = ()
    keep_until: int = 0
    dropped: str = ""
    forget: bool = False
