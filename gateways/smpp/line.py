"""The line to one SMSC: bound again whenever it is lost, shared by all who serve it, slowed when it is throttled.

A message leaves at most once for each call of `submit`, but for one case: when the SMSC said that it did not take it.
"""

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import structlog

from flows.errors import SendError
from gateways.port import Kind as FigureKind
from gateways.smpp.faults import BindRefused, NoResponse, NotBound, PduFault
from gateways.smpp.numbers import Command, Status
from gateways.smpp.pace import Pace, reconnect_wait
from gateways.smpp.pdu import Bind, Message, Pdu, Taken, Tlv, answer
from gateways.smpp.session import Handler, Late, Reply, Session
from gateways.smpp.settings import LineSettings
from gateways.smpp.statuses import is_login, meaning
from gateways.smpp.tally import Tally
from store.values import Health

Kind = Literal["sms", "ussd"]

CONNECT: Final = 10.0
"""Seconds that connecting and the bind may take together with TLS."""

LASTING: Final = 30.0
"""Seconds after which a session counts as one that held, so that the next wait is a short one again."""

LOCKING: Final = 10
"""A refused login waits as the so many-th attempt would."""

THROTTLED: Final = 3
"""Times that one message is offered while the SMSC throttles; then it goes back to its queue."""

GRACE: Final = 2.5
"""Seconds that a shutdown leaves to what is under way; with the unbind it stays below five."""

_PLANS: Final[Mapping[str, Sequence[int]]] = {
    "transceiver": (Command.BIND_TRANSCEIVER,),
    "pair": (Command.BIND_TRANSMITTER, Command.BIND_RECEIVER),
    "receiver": (Command.BIND_RECEIVER,),
    "transmitter": (Command.BIND_TRANSMITTER,),
}
_SENDING: Final = frozenset({Command.BIND_TRANSCEIVER, Command.BIND_TRANSMITTER})

log = structlog.get_logger("smpp")


class Line:
    """One account at one SMSC, for as long as somebody serves it."""

    def __init__(self, channel: str, settings: LineSettings, *, chance: Callable[[], float] = random.random) -> None:
        """`chance` gives numbers between 0 and 1 for the waits between attempts."""
        self.channel = channel
        self.settings = settings
        self.pace = Pace()
        self.fault = ""
        self.since = 0
        self.tally = Tally()
        self._chance = chance
        self._servers: dict[Kind, Handler] = {}
        self._sessions: dict[int, Session] = {}
        self._bound = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()

    @property
    def up(self) -> bool:
        """Whether every session of the plan is bound."""
        return len(self._sessions) == len(_PLANS[self.settings.bind])

    async def serve(self, kind: Kind, handler: Handler) -> None:
        """Hold the line, and give `handler` what comes of this kind, until cancelled.

        The first who serves opens the line and the last who leaves closes it, within five seconds.
        """
        self._servers[kind] = handler
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._hold(), name=f"smpp {self.channel}")
        try:
            await asyncio.shield(self._task)
        finally:
            self._servers.pop(kind, None)
            if not self._servers and self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=2 * GRACE)

    async def submit(
        self,
        message: Message,
        tlvs: Sequence[Tlv] = (),
        *,
        late: Callable[[str], None] | None = None,
        urgent: bool = False,
    ) -> str:
        """Hand one message to the SMSC and return the id that it gave it.

        Args:
            message: what to send.
            tlvs: its optional parameters.
            late: called with the id when the SMSC says so after the time was over.
            urgent: somebody waits with a phone in the hand: do not wait for the others' pace.

        Raises:
            SendError: it was not taken; `unknown` when nobody knows.
        """
        for attempt in range(1, THROTTLED + 1):
            if wait := 0.0 if urgent and attempt == 1 else self.pace.turn(time.monotonic()):
                self.tally.paced += wait
                await asyncio.sleep(wait)
            said = await self._ask(message, tlvs, late)
            self.tally.answered(said.status)
            if said.status == Status.OK:
                self.pace.taken()
                return said.body.message_id if isinstance(said.body, Taken) else ""
            means = meaning(said.status)
            if means.slow:
                self.pace.slower(time.monotonic())
            if not means.slow or attempt == THROTTLED:
                raise SendError(means.name, retry=means.retry, ours=means.ours, retry_after=self.pace.gap)
        raise AssertionError("the last attempt raises")

    def health(self) -> Health:
        """How it stands now."""
        if self.up:
            return Health("up", self.since)
        return Health("down", self.since, self.fault) if self.since else Health("unknown")

    def figures(self) -> Iterator[tuple[FigureKind, str, float]]:
        """What the line has done, and how it stands."""
        yield "now", "bound", float(len(self._sessions))
        yield "now", "wanted", float(len(_PLANS[self.settings.bind]))
        yield "now", "gap", self.pace.gap
        yield from self.tally.figures(self._sessions.values())

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside everything else; a shutdown leaves it `GRACE` seconds."""
        task = asyncio.create_task(self._safely(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # nobody waits for it
            log.exception("work beside the line failed", channel=self.channel)

    async def close(self) -> None:
        """Unbind and hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=2 * GRACE)

    async def _ask(self, message: Message, tlvs: Sequence[Tlv], late: Callable[[str], None] | None) -> Pdu:
        session = next((self._sessions[kind] for kind in _SENDING if kind in self._sessions), None)
        if session is None:
            raise SendError("not-bound", retry=True, retry_after=1.0)
        try:
            return await session.ask(Command.SUBMIT_SM, message, tlvs, late=self._afterwards(late))
        except NotBound:
            raise SendError("not-bound", retry=True, retry_after=1.0) from None
        except NoResponse:
            self.tally.unanswered()
            raise SendError("no-response", unknown=True) from None
        except PduFault as fault:
            log.exception("message cannot be written", channel=self.channel, reason=fault.args[0])
            raise SendError("unwritable", ours=True) from None

    def _afterwards(self, late: Callable[[str], None] | None) -> Late | None:
        if late is None:
            return None

        def tell(pdu: Pdu) -> None:
            if pdu.status == Status.OK and isinstance(pdu.body, Taken) and pdu.body.message_id:
                self.tally.counts["late"] += 1
                late(pdu.body.message_id)

        return tell

    async def _hold(self) -> None:
        """Keep every session of the plan bound."""
        kinds = _PLANS[self.settings.bind]
        keepers = [asyncio.create_task(self._keep(kind), name=f"smpp {self.channel} {kind}") for kind in kinds]
        try:
            await asyncio.gather(*keepers)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _keep(self, kind: int) -> None:
        attempt = 0
        while True:
            began = time.monotonic()
            try:
                session = await self._open(kind)
            except (OSError, NotBound, NoResponse, BindRefused, TimeoutError) as fault:
                self._note(fault)
                if isinstance(fault, BindRefused) and is_login(fault.status):
                    # Until a person has looked, soon is too soon: some SMSCs lock the account.
                    attempt = max(attempt, LOCKING)
            else:
                await self._serve_session(kind, session)
                attempt = 0 if time.monotonic() - began > LASTING else attempt
            attempt += 1
            longest = self.settings.reconnect_within
            await asyncio.sleep(reconnect_wait(attempt, self._chance(), longest))

    async def _open(self, kind: int) -> Session:
        """A bound session of this kind."""
        settings = self.settings
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context(cafile=settings.tls_ca) if settings.tls else None
        async with asyncio.timeout(CONNECT):
            _, session = await loop.create_connection(
                lambda: Session(self._dispatch, settings.limits()), settings.host, settings.port, ssl=context
            )
            login = Bind(
                settings.system_id,
                settings.password.get_secret_value(),
                settings.system_type,
                address_range=settings.address_range,
            )
            try:
                said = await session.ask(kind, login)
            except BaseException:
                session.drop()
                raise
        if said.status != Status.OK:
            session.drop()
            raise BindRefused(said.status, meaning(said.status).sentence)
        return session

    async def _serve_session(self, kind: int, session: Session) -> None:
        self._sessions[kind] = session
        self.tally.counts["binds"] += 1
        self.fault, self.since = "", int(time.time())
        log.info("bound", channel=self.channel, kind=Command(kind).name.lower())
        try:
            await asyncio.shield(session.lost)
            self.tally.counts["lost"] += 1
            self.fault, self.since = "connection-lost", int(time.time())
            log.warning("connection lost", channel=self.channel)
        finally:
            # New messages find no session from here on, and what is under way comes to its end.
            self._sessions.pop(kind, None)
            await session.close(GRACE)
            self.tally.over(session)

    def _note(self, fault: Exception) -> None:
        if not self.fault or not self.since:
            self.since = int(time.time())
        if isinstance(fault, BindRefused):
            self.fault = meaning(fault.status).name
            self.tally.counts["bind_refused"] += 1
            say = log.error if is_login(fault.status) else log.warning
            say("bind refused", channel=self.channel, status=fault.status, reason=fault.args[0])
        else:
            self.fault = type(fault).__name__
            log.warning("not connected", channel=self.channel, reason=self.fault)

    async def _dispatch(self, pdu: Pdu) -> Reply:
        if pdu.command not in {Command.DELIVER_SM, Command.DATA_SM}:
            unknown = pdu.command != Command.ALERT_NOTIFICATION
            return Reply(Pdu(Command.GENERIC_NACK, pdu.sequence, Status.INVALID_COMMAND) if unknown else answer(pdu))
        self.tally.counts["delivers"] += 1
        handler = self._servers.get(kind_of(pdu))
        # Where this node does not serve that side, or not yet, another attempt may find somebody.
        said = await handler(pdu) if handler else Reply(answer(pdu, Status.APP_TEMPORARY))
        self.tally.acknowledged(said.pdu.status)
        return said


def kind_of(pdu: Pdu) -> Kind:
    """Whether a message belongs to a USSD dialogue."""
    body = pdu.body
    return "ussd" if isinstance(body, Message) and body.service_type.upper() == "USSD" else "sms"
