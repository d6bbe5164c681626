"""What goes into the engine and what comes out: the state of a session, the world around a turn, the outcome."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from flows.phrases import Phrases
from flows.tables import Tables
from flows.text.measure import Budget
from flows.turn import Channel, Clock, Effect, Need, Screen

Left = Literal["", "back", "menu", "ended", "parked"]


class Case(msgspec.Struct, frozen=True):
    """The request that a correction amends: its id, the revision that the agency has, and its reference."""

    id: str
    revision: int
    reference: str


class Run(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One session in one flow: all that is remembered between two key presses. Opaque to all but the engine.

    The position is not in it: it is computed from `log`, so an unknown or edited step can never strand anybody.

    Attributes:
        seal: the 32 bytes of the revision's digest.
        language: tag of the texts; may be replaced at any time (`msgspec.structs.replace`).
        log: answers in the order given, each under the number of its step, and under numbers below zero what else was
            passed (a text read, a menu's option, a sending); appended to, dropped from (back) or replaced (change).
        page: of the screen being shown, from 0.
        tries: refusals in a row at this question.
        change: place in the log of the answer that is being given anew from the check page, then the places of those
            that fall with it; None when none is.
        pending: what the last input left open: a list to choose from, a year to confirm, which answer to change.
        refusal: reason and values of a refusal that the screen shows.
        case: id, revision and reference of the case being corrected, with its answers; None in an ordinary session.
    """

    seal: bytes
    language: str
    log: tuple[tuple[int, Any], ...] = ()
    page: int = 0
    tries: int = 0
    change: tuple[int, ...] | None = None
    pending: tuple[Any, ...] | None = None
    refusal: tuple[str, dict[str, Any]] | None = None
    case: tuple[str, int, str, dict[str, Any], tuple[str, ...]] | None = None

    @property
    def revision(self) -> str:
        """The digest of the revision it began on and stays on, as `sha256:...`."""
        return "sha256:" + self.seal.hex()

    @property
    def answered(self) -> bool:
        """Whether anything was answered that a broken session would lose."""
        return any(key >= 0 for key, _ in self.log)


class World(msgspec.Struct, frozen=True):
    """Everything that changes from turn to turn, handed in.

    Attributes:
        today: the date in the node's time zone.
        tables, phrases: the lookup tables and the channel's own words.
        budget: what one screen holds.
        reference: nine fresh digits, used only if this turn submits; ids: fresh submission and case ids, used likewise.
        dial, short: service code and short code as texts name them.
        district, country: of the node.
        consent: the `consent` of a submission: basis, and what was shown.
        profile: the caller's kept answers, by profile name, as JSON values.
        known: answers to the questions to the store that this turn already asked.
    """

    today: date
    tables: Tables
    phrases: Phrases
    budget: Budget
    channel: Channel = "ussd"
    reference: str = ""
    ids: tuple[str, str] = ("", "")
    dial: str = ""
    short: str = ""
    district: str = ""
    country: str = "LA"
    clock: Clock = "good"
    consent: Mapping[str, str] = {}
    profile: Mapping[str, Any] = {}
    known: Mapping[Need, Any] = {}


class Step(msgspec.Struct, frozen=True):
    """The outcome of one input.

    Attributes:
        run: the state from now on; None when nothing is left to keep.
        screen: what to show.
        effects: to be written in the same transaction as the state.
        left: why the flow was left: "back" past its beginning, "menu" (session kept), "ended", or "parked" (the
            dialogue closes, the session is kept and an officer is offered); "" while it goes on.
        told: on SMS, one of the effects is a text that says what the screen says: send nothing more.
        refused: the last input did not fit (for counters; the screen says so already).
    """

    run: Run | None
    screen: Screen
    effects: tuple[Effect, ...] = ()
    left: Left = ""
    told: bool = False
    refused: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Run)


def encode(run: Run) -> bytes:
    """Give the state as bytes to keep (msgpack, about 100 bytes for nine answers)."""
    return _encoder.encode(run)


def decode(data: bytes) -> Run:
    """Read the state back; raises `msgspec.DecodeError` for anything else."""
    return _decoder.decode(data)
