"""The way in for the doors: a key press, a message, the end of a session; each is durable when the call returns."""

import asyncio

from flows.errors import Fault
from store.asks import Ask
from store.hashing import Hashing
from store.mind import Mind
from store.numbers import pack_number
from store.rows import Cache
from store.values import Call, Ended, Inbound, Reply
from store.writer import Writer


class Turns:
    """Takes turns. The same call again gets the stored reply and changes nothing."""

    def __init__(self, writer: Writer, hashing: Hashing, mind: Mind, cache: Cache) -> None:
        self._writer = writer
        self._hashing = hashing
        self._mind = mind
        self._cache = cache

    def take(self, call: Call) -> asyncio.Future[Reply]:
        """Answer one USSD call after it has been committed. Cancelled before, it is not written.

        Raises (from the future):
            Busy: too many wait. DiskFull: it could not be written. WrongNumber: the session is another number's.
            CallFault: the number is not E.164.
        """
        hashing = self._hashing
        try:
            number = pack_number(call.msisdn)
            ask = Ask("press", call, hashing.session(call.channel, call.session), number, hashing.number(number))
            self._writer.put(ask)
        except Fault as fault:
            refused: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            refused.set_exception(fault)
            return refused
        return ask.future

    async def ended(self, channel: str, session: str, *, whole: bool = False) -> None:
        """Note that a session is over; unless it was `whole`, its `dropped` text is sent, once."""
        ask = Ask("end", Ended(channel, session, whole), self._hashing.session(channel, session), 0, b"")
        self._writer.put(ask)
        await ask.future

    async def overhear(self, message: Inbound) -> None:
        """Take an SMS in; its answers are message rows.

        Raises:
            Busy, DiskFull, CallFault: as for `take`; it is not committed and must come again.
        """
        number = pack_number(message.msisdn)
        hashing = self._hashing
        key = hashing.message(message.channel, message.id)
        ask = Ask("message", message, key, number, hashing.number(number))
        self._writer.put(ask)
        await ask.future

    def language_of(self, msisdn: str) -> str:
        """The language of a number, if it is remembered at this moment; else "". Reads no disk."""
        person = self._cache.person(self._hashing.number(pack_number(msisdn)))
        return self._mind.language(person.data) if person is not None else ""
