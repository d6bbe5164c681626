"""One batch of turns: read what they need, let the dialogue hear each in order, write the outcome of all at once."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final

from msgspec.structs import replace

from flows.errors import WrongNumber
from flows.turn import CaseKey, Effect, Heard, Need, Note, Screen, Text, Turn
from store import heard as ear
from store import sql
from store.asks import Ask, Cause, Later, Writes
from store.clock import Clock
from store.database import Database
from store.hashing import Hashing
from store.loading import Loader
from store.mind import Mind
from store.needs import Needs
from store.pile import Pile
from store.references import References
from store.rows import CLOSED, OPEN, OVER, Cache, Session, Somebody
from store.scribe import DAY, Scribe
from store.thinking import Thinker
from store.values import Call, Inbound, Reply

ROUNDS: Final = 8
"""Questions that one turn may ask after another; more is a mistake of the dialogue."""

LATE_COPIES: Final = 180
"""Seconds for which the reply of a forgotten session is kept for late copies of its last call."""

MOST_DIALLED: Final = 16
"""Inputs that are taken from one dial string."""


class Crew:
    """Runs batches. All its state but the cache and the counts lives in one `run`."""

    def __init__(
        self, mind: Mind, hashing: Hashing, clock: Clock, cache: Cache, references: References, scribe: Scribe
    ) -> None:
        self._mind = mind
        self._hashing = hashing
        self._clock = clock
        self._cache = cache
        self._references = references
        self._scribe = scribe
        self.loader = Loader(mind, hashing, cache)
        self._needs = Needs(hashing, clock, scribe.callers)
        self.counts: Counter[str] = Counter()
        self.thinker = Thinker(mind, clock, references, self._needs, self.counts)
        self._writes = Writes()
        self._touched: tuple[dict[int, Session], dict[bytes, Somebody]] = ({}, {})
        self._now = 0
        self._known_messages: set[bytes] = set()
        self._next_session = 1

    async def take_up(self, database: Database, session: int) -> None:
        """Learn where the sessions of the last run are; new ones are numbered after `session`."""
        await self.loader.whereabouts(database)
        self._next_session = session + 1

    async def run(self, engine: Database, asks: Sequence[Ask]) -> list[Later]:
        """Answer the asks in order and write their rows; the caller commits, or calls `undo`.

        What comes back needs slow work outside of the transaction first, and so do the later asks of its number.
        """
        self._begin()
        self._now = self._clock.steady()
        self.thinker.fresh()
        database = Pile(engine)
        await self._references.fill(database, len(asks) + 1)
        await self.loader.load(database, asks)
        await self._load_inbox(database, asks)
        later: list[Later] = []
        pending = list(asks)
        for _ in range(ROUNDS):
            aside = self._hear_all(pending, later)
            if not aside:
                break
            # Questions are answered by reads, which must see what the turns before them have done.
            await self._flush(database)
            later += await self._needs.answer(database, [(ask, need) for ask, need in aside if need is not None])
            pending = [ask for ask, _ in aside]
        else:
            raise RuntimeError("a turn goes on asking")
        await self._flush(database)
        await database.flush()
        self._cache.trim()
        return later

    def _begin(self) -> None:
        self._writes, self._touched = Writes(), ({}, {})
        self._cache.where.begin()

    def undo(self, asks: Sequence[Ask]) -> None:
        """The batch was rolled back: forget what it has changed in memory, and what was answered within it."""
        sessions, people = self._touched
        self._cache.drop(sessions.values(), people.values())
        self._cache.where.undo()
        for ask in asks:
            ask.known = {need: answer for need, answer in ask.known.items() if need.kind in {"case_key", "opened"}}
            ask.outcome = ask.refusal = None

    async def _flush(self, database: Database) -> None:
        writes, self._writes = self._writes, Writes()
        await self._scribe.write(database, writes)

    async def _load_inbox(self, database: Database, asks: Sequence[Ask]) -> None:
        keys = [ask.key.hex() for ask in asks if ask.kind == "message"]
        self._known_messages = (
            {row[0] for row in await database.rows(sql.INBOX, (json.dumps(keys),))} if keys else set()
        )

    def _hear_all(self, asks: Sequence[Ask], later: list[Later]) -> list[tuple[Ask, Need | None]]:
        """Hear what can be heard. Who asks is put aside, and so is everything that the same number sent after it."""
        slow = {one.ask.caller for one in later}
        waiting: set[bytes] = set()
        aside: list[tuple[Ask, Need | None]] = []
        for ask in asks:
            if ask.caller and ask.caller in slow:
                if all(one.ask is not ask for one in later):
                    later.append(Later(ask, _nothing))
                continue
            if ask.caller and ask.caller in waiting:
                aside.append((ask, None))
                continue
            outcome = self._hear(ask)
            if isinstance(outcome, Need):
                waiting.add(ask.caller)
                aside.append((ask, outcome))
            elif isinstance(outcome, Later):
                slow.add(ask.caller)
                later.append(outcome)
        return aside

    def _hear(self, ask: Ask) -> Need | Later | None:
        match ask.kind:
            case "press":
                return self._press(ask, ask.event)
            case "message":
                return self._message(ask, ask.event)
            case "end":
                self._end(ask)
                return None

    # --- a key press -------------------------------------------------------------------------------------------------

    def _press(self, ask: Ask, call: Call) -> Need | Later | None:
        session = self._cache.session(ask.key)
        if session is None:
            return self._dial(ask, call)
        if session.number is not None and session.number != ask.number:
            ask.refusal = WrongNumber("this session belongs to another number")
            return None
        if call.op:
            return self._press_alone(ask, call, session)
        fit, text = ear.fit(session.heard, call.text)
        if fit == "other" and session.state == OPEN:
            # A call was lost on the way: ask again, and go on from what the gateway believes.
            session.heard = ear.keep(call.text)
            self._touch(session)
        if fit != "next" or session.state != OPEN:
            return self._again(ask, session)
        return self._answer(ask, session, text, ear.keep(call.text))

    def _press_alone(self, ask: Ask, call: Call, session: Session) -> Need | Later | None:
        """A call of a gateway that sends its inputs one by one, in a session that is known."""
        soon = self._now - session.at < call.repeat
        if call.op == "dial" and not (soon and ear.has_begun_only(session.heard) and session.state != CLOSED):
            return self._dial(ask, call, session)
        if call.op != "input" or session.state != OPEN:
            return self._again(ask, session)
        if ear.fit_input(session.heard, call.hop, call.text, soon=soon) != "next":
            return self._again(ask, session)
        return self._answer(ask, session, call.text, ear.keep_input(call.hop, call.text))

    def _again(self, ask: Ask, session: Session) -> Need | None:
        self.counts["again"] += 1
        ask.outcome = Reply(session.reply, session.state == OVER, again=True)
        return None

    def _answer(self, ask: Ask, session: Session, text: str, kept: str) -> Need | Later | None:
        somebody = self._somebody(ask)
        heard = Heard("ussd", ear.clean(text), code=ask.event.service_code)
        turn = self.thinker.think(ask, session.talk, somebody.data, heard)
        if not isinstance(turn, Turn):
            return turn
        session.heard = kept
        self._apply(ask, session, somebody, turn)
        return None

    def _dial(self, ask: Ask, call: Call, known: Session | None = None) -> Need | Later | None:
        """Begin a session; anew in the row of the one that is `known`, where the number is the session."""
        somebody = self._somebody(ask)
        old = self._newest(ask)
        talk = old.talk if old is not None and self._now < old.keep_until else None
        text = "" if call.op == "input" else call.text
        dialled = tuple(ear.clean(text).split("*", MOST_DIALLED)[:MOST_DIALLED]) if text else ()
        heard = Heard("ussd", "", fresh=True, dialled=dialled, code=call.service_code)
        turn = self.thinker.think(ask, talk, somebody.data, heard)
        if not isinstance(turn, Turn):
            return turn
        if old is not None and old is not known:
            self._close(old, taken=talk is not None)
        session = known or self._new_session(ask.key, ask.number, call.channel)
        if session.number is None:
            session.number, session.channel = ask.number, call.channel
            self._writes.own(session)
        session.heard = ear.first(call.op, call.hop, call.text)
        self._cache.where.point(ask.caller, session.id)
        self._writes.came[ask.caller] = call.channel
        self._apply(ask, session, somebody, turn)
        return None

    def _apply(self, ask: Ask, session: Session, somebody: Somebody, turn: Turn) -> None:
        screen = turn.screen or Screen("", end=True)
        session.reply = screen.text
        session.state = OVER if screen.end else OPEN
        session.talk = turn.talk
        session.keep_until = turn.keep_until
        session.at = self._now
        self._touch(session)
        self._writes.drop(session, "" if screen.end else turn.dropped)
        self._remember(somebody, turn)
        if session.number is None:
            turn = replace(turn, forget=True)
        self._cause(ask, session.channel, "", turn)
        if turn.forget:
            self._forget(session, ask.caller)
        ask.outcome = Reply(screen.text, screen.end)
        self.counts["turns"] += 1

    def _close(self, old: Session, *, taken: bool) -> None:
        """The number has dialled anew: its answers go on in the new session, and late copies cannot disturb it.

        A talk that is not gone on with stays until its row is cleared away, where it is counted.
        """
        if old.state != OPEN and not taken:
            return
        # A dialogue that had come to its end stays so for those who call it again.
        old.state = CLOSED if old.state == OPEN else old.state
        old.talk, old.keep_until = None if taken else old.talk, 0
        self._touch(old)
        self._writes.drop(old, "")

    def _forget(self, session: Session, caller: bytes) -> None:
        """Leave the reply for late copies; the talk only while its last pages are being read."""
        session.heard = ear.forget(session.heard)
        session.number, session.channel, session.dropped = None, "", ""
        session.talk = session.talk if session.state == OPEN else None
        session.keep_until = self._now + LATE_COPIES
        if session.id not in self._writes.new_sessions:
            self._writes.forgotten[session.id] = session
        self._cache.where.point(caller, 0)

    # --- a message ---------------------------------------------------------------------------------------------------

    def _message(self, ask: Ask, message: Inbound) -> Need | Later | None:
        if ask.key in self._known_messages:
            self.counts["again"] += 1
            return None
        somebody = self._somebody(ask)
        session = self._newest(ask)
        talk = session.going(self._now) if session is not None else None
        turn = self.thinker.think(ask, talk, somebody.data, Heard("sms", ear.clean(message.text), code=message.to))
        if not isinstance(turn, Turn):
            return turn
        self._known_messages.add(ask.key)
        self._writes.inbox.append(ask.key)
        self._writes.came[ask.caller] = message.channel
        if turn.talk is not talk and (session is not None or turn.talk is not None):
            session = self._go_on(ask, session, turn)
        self._remember(somebody, turn)
        self._cause(ask, message.channel, message.link_id, turn)
        if turn.forget and session is not None:
            self._forget(session, ask.caller)
        self.counts["messages"] += 1
        return None

    def _go_on(self, ask: Ask, session: Session | None, turn: Turn) -> Session:
        """Write the talk where the number's newest session is: both channels go on from one."""
        if session is None:
            session = self._new_session(self._hashing.talk(ask.key), ask.number, ask.event.channel)
            session.state, session.at = OVER, self._now
            self._cache.where.point(ask.caller, session.id)
        session.talk, session.keep_until = turn.talk, turn.keep_until
        self._touch(session)
        # She goes on by message: her silence on USSD is no breaking off.
        self._writes.drop(session, "")
        return session

    # --- the end of a session ----------------------------------------------------------------------------------------

    def _end(self, ask: Ask) -> None:
        session = self._cache.session(ask.key)
        if session is None or session.state != OPEN:
            return
        # Not `OVER`: its last reply was no end, and a late copy of the call gets it as it was.
        session.state = CLOSED
        self._touch(session)
        if session.dropped and not ask.event.whole:
            self.break_off(session)
        self._writes.drop(session, "")

    def break_off(self, session: Session) -> None:
        """Tell the citizen, once, that her unfinished request waits for her."""
        if session.number is None:
            return
        caller = self._hashing.number(session.number)
        somebody = self._cache.person(caller)
        data = somebody.data if somebody is not None else None
        if self._mind.may_text(data, "dropped"):
            text = Text("dropped", session.dropped, self._mind.language(data))
            ask = Ask("end", None, session.key, session.number, caller)
            self._writes.causes.append(Cause(text, session.channel, session.number, caller, "", ask))
            self.counts["dropped"] += 1

    async def silent(self, database: Database, silence: int) -> int:
        """Break off what has been silent for `silence` seconds; returns how many sessions. The caller commits."""
        self._begin()
        self._now = self._clock.steady()
        rows = await database.rows(sql.SILENT, (self._now - silence,))
        sessions = [self._cache.session_at(row[0]) or self.loader.session(row) for row in rows]
        await self.loader.people(database, {self._hashing.number(s.number) for s in sessions if s.number is not None})
        for session in sessions:
            self._touched[0][session.id] = session
            self.break_off(session)
            self._writes.drop(session, "")
        await self._flush(database)
        return len(sessions)

    async def stop(self, database: Database, number: int) -> None:
        """Hear a STOP that the operator passes on, and answer nothing. The caller commits."""
        self._begin()
        self._now = self._clock.steady()
        self.thinker.fresh()
        await self._references.fill(database, 1)
        ask = Ask("end", None, b"", number, self._hashing.number(number))
        await self.loader.people(database, [ask.caller])
        somebody = self._somebody(ask)
        turn = self.thinker.think(ask, None, somebody.data, Heard("sms", "STOP"))
        if isinstance(turn, Turn):
            self._remember(somebody, turn)
        await self._flush(database)

    async def people(self, database: Database, callers: Collection[bytes]) -> dict[bytes, Any]:
        """What the dialogue remembers of these numbers."""
        return await self.loader.people(database, callers)

    # --- what both share ---------------------------------------------------------------------------------------------

    def _somebody(self, ask: Ask) -> Somebody:
        found = self._cache.person(ask.caller)
        return found if found is not None else Somebody(ask.caller)

    def _newest(self, ask: Ask) -> Session | None:
        """The session in which this number goes on, if it is still there and still hers."""
        found = self._cache.session_at(self._cache.where.newest(ask.caller))
        # Two numbers may share the part of their hashes by which it is found: nobody may meet another's answers.
        return found if found is not None and found.number == ask.number else None

    def _remember(self, somebody: Somebody, turn: Turn) -> None:
        if turn.person is not None:
            somebody.data, somebody.day = turn.person, self._now // DAY
            self._cache.keep(somebody)
            self._writes.people[somebody.key] = somebody
            self._touched[1][somebody.key] = somebody

    def _new_session(self, key: bytes, number: int, channel: str) -> Session:
        session = Session(self._next_session, key, number, channel)
        self._next_session += 1
        self._writes.new_sessions[session.id] = session
        self._cache.keep(session)
        self._cache.where.add(key, session.id)
        return session

    def _touch(self, session: Session) -> None:
        self._touched[0][session.id] = session
        self._writes.press(session)

    def _cause(self, ask: Ask, channel: str, link_id: str, turn: Turn) -> None:
        # To one who must not be known nothing is sent.
        effects: Sequence[Effect] = turn.effects
        if turn.forget:
            self._writes.came.pop(ask.caller, None)
            effects = [one for one in effects if not isinstance(one, Text | Note | CaseKey)]
        for effect in effects:
            self._writes.causes.append(Cause(effect, channel, ask.number, ask.caller, link_id, ask))
        if ask.guessed:
            self._writes.guessed.append(ask)


async def _nothing() -> None:
    """Work of an ask that only waits for the one before it."""
