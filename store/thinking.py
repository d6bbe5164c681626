"""Letting the dialogue hear one input, with a fresh moment, and excusing a turn that failed."""

import secrets
from collections import Counter
from typing import Any, Final

import structlog
import uuid_utils.compat as uuid
from msgspec.structs import replace

from flows.errors import StoreFault
from flows.turn import CaseKey, Effect, Heard, Moment, Need, Note, Screen, Submit, Turn
from store.asks import Ask, Later
from store.clock import Clock
from store.mind import Mind
from store.needs import Needs
from store.references import References

RESUME_AFTER_FAULT: Final = 86_400
"""Seconds for which a talk may be resumed after a turn of it failed."""

log = structlog.get_logger("store")


class Thinker:
    """Calls `hear`. One moment serves the whole batch until a turn submits and so uses its reference and ids up."""

    def __init__(self, mind: Mind, clock: Clock, references: References, needs: Needs, counts: Counter[str]) -> None:
        self._mind = mind
        self._clock = clock
        self._references = references
        self._needs = needs
        self._counts = counts
        self._moment: Moment | None = None
        self.office: Any = None
        self.trials: dict[bytes, tuple[int, Any]] = {}
        self.tried: frozenset[str] = frozenset()
        self.full = False

    def fresh(self) -> None:
        """Another batch: the time has gone on."""
        self._moment = None

    def may_text(self, person: Any, kind: str) -> bool:
        """Whether a message of this kind may go to this person."""
        return self._mind.may_text(person, kind)

    def think(self, ask: Ask, talk: Any, data: Any, heard: Heard) -> Turn | Need | Later:
        """One turn; a question to the store; or slow work to be done first. Never raises."""
        if ask.fault is None:
            try:
                return self._think(ask, talk, data, heard)
            except Exception as fault:  # noqa: BLE001 - logged by _excuse; the citizen gets an answer and keeps hers
                ask.fault = fault
        return self._excuse(ask.fault, talk, data, heard)

    def _think(self, ask: Ask, talk: Any, data: Any, heard: Heard) -> Turn | Need | Later:
        moment = self._moment = self._moment or self._fresh_moment()
        if ask.known:
            moment = replace(moment, known=ask.known)
        turn = self._mind.hear(self._office(ask.caller, moment.now), talk, data, heard, moment)
        if isinstance(turn, Need):
            if turn in ask.known:
                raise RuntimeError(f"the dialogue asked twice for {turn.kind}")
            return turn
        if turn.effects:
            keys = [one for one in turn.effects if isinstance(one, CaseKey) and one.digits and one not in ask.hashes]
            if keys:
                return self._needs.hash_first(ask, keys)
            submits = [one for one in turn.effects if isinstance(one, Submit)]
            if any(one.revision in self.tried for one in submits):
                turn = replace(turn, effects=tuple(self._held_back(one) for one in turn.effects))
            if any(not one.reference for one in submits):
                raise StoreFault("no free reference is left", hint="the hub gives more when it is heard")
            if submits:
                self._moment = None
        return turn

    def _office(self, caller: bytes, now: int) -> Any:
        """The office that this number meets: one with a draft in it, while it is on the list of those who try it."""
        until, office = self.trials.get(caller, (0, None))
        return office if now < until else self.office

    def _held_back(self, effect: Effect) -> Effect:
        """What is made under a revision that was never published goes to no agency, whoever has been listed since."""
        if not isinstance(effect, Submit) or effect.revision not in self.tried:
            return effect
        # Nor does it stand in the way of the same values when they are meant.
        return replace(effect, agencies=(), once=(), trial=True)

    def _excuse(self, fault: BaseException, talk: Any, data: Any, heard: Heard) -> Turn:
        """End politely with everything kept; the log and the officer's inbox say that it happened."""
        number = secrets.token_hex(4)
        log.error("turn failed", fault=number, exc_info=fault)
        self._counts["failed"] += 1
        keep_until = self._clock.steady() + RESUME_AFTER_FAULT if talk is not None else 0
        if heard.channel == "sms":
            return Turn(None, talk, effects=(Note("failed", heard.text),), keep_until=keep_until)
        screen = Screen(self._mind.try_later(self._mind.language(data)), end=True)
        return Turn(screen, talk, effects=(Note("failed", f"fault {number}"),), keep_until=keep_until)

    def _fresh_moment(self) -> Moment:
        reference = self._references.take()
        return Moment(
            now=self._clock.steady(),
            today=self._clock.today(self._clock.now()),
            reference=reference,
            ids=(str(uuid.uuid7()), str(uuid.uuid7())),
            clock=self._clock.quality,
            full=self.full or not reference,
        )
