"""Submits and delivers per second over SMPP beside smpp34 and Kannel, and how long until a message is committed.

    python -m bench.smpp [--messages 1000] [--window 50] [--committed 1000]

The SMSC is a process of its own on the last core, the same for both sides, which take turns round by round. smpp34
acknowledges a message before the program has seen it; the line of Sala after its handler, and the last row after the
commit to an encrypted database, as a node does it. Where Kannel is installed it takes its turn: messages go to it over
HTTP and come from it over HTTP, and it writes each to its spool before it acknowledges it.
"""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import smpp34
import structlog

from bench import options, through_kannel, yard
from gateways.smpp.numbers import RESPONSE, Command, Status
from gateways.smpp.pdu import Bind, Bound, Message, Pdu, Taken, answer
from gateways.smpp.session import Limits, Reply, Session
from sala.loops import calm_collector
from tests.gateways.smpp.house import house
from tests.ports import free_port

PUSH: Final = "push"
TOLD: Final = "told"
SEEN: Final = "seen"
"""A submit to the first makes the SMSC deliver so many messages; the id that it gives to one to the second is what it
found, or `-` while it is still at it; to the third, how many submits Kannel has made, and when the last came."""

PATIENCE: Final = 120
"""Seconds for one side of a round."""

TRIES: Final = 5

T = TypeVar("T")
_LIMITS: Final = Limits(window=2000, response=600, silence=3600, most_in=5000)
_HELLO: Final = Message(
    source_addr="1600", destination_addr="8562055512345", short_message=b"Your reference: 482 109 337"
)


# --- the SMSC --------------------------------------------------------------------------------------------------------


class _Smsc:
    """Takes everything, and delivers on demand."""

    def __init__(self) -> None:
        self._receivers: dict[str, Session] = {}
        self._theirs: Session | None = None
        self._seen = (0, 0)
        self._count = 0
        self._found = "-"
        self._pushing: asyncio.Task[None] | None = None

    def accept(self) -> Session:
        """A session for one connection."""
        session = Session(lambda pdu: self._handle(session, pdu), _LIMITS)
        return session

    async def _handle(self, session: Session, pdu: Pdu) -> Reply:
        if pdu.command == Command.BIND_TRANSCEIVER:
            name = pdu.body.system_id if isinstance(pdu.body, Bind) else ""
            self._receivers[name] = session
            if name == through_kannel.SYSTEM:
                self._theirs = session
            return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.OK, Bound("smsc")))
        body = pdu.body
        found = "1"
        if session is self._theirs:
            self._seen = (self._seen[0] + 1, time.perf_counter_ns())
        elif isinstance(body, Message) and body.destination_addr == PUSH:
            many, window, whom = body.short_message.split()
            self._found = "-"
            self._pushing = asyncio.create_task(self._push(int(many), int(window), whom.decode()))
        elif isinstance(body, Message) and body.destination_addr == SEEN:
            found = f"{self._seen[0]} {self._seen[1]}"
        elif isinstance(body, Message) and body.destination_addr == TOLD:
            found = self._found
        return Reply(Pdu(pdu.command | RESPONSE, pdu.sequence, Status.OK, Taken(found)))

    async def _push(self, count: int, window: int, name: str) -> None:
        """Deliver so many, so many at once: the rate, and p50 and p99 of the time to the answer in milliseconds."""
        session = self._receivers.get(name)
        if session is None:
            self._found = "nobody"
            return
        numbers = iter(range(count))
        times: list[float] = []

        async def one() -> None:
            for _ in numbers:
                self._count += 1
                message = Message(
                    source_addr_ton=1,
                    source_addr=f"85620{10_000_000 + self._count:08}",
                    destination_addr="1600",
                    short_message=b"%d" % time.perf_counter_ns(),
                )
                begun = time.perf_counter()
                # Who has no room for it says so, and gets it again, as from any SMSC.
                while (await session.ask(Command.DELIVER_SM, message)).status:  # noqa: ASYNC110 - its answer is awaited
                    await asyncio.sleep(0.001)
                times.append((time.perf_counter() - begun) * 1e3)

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(window)))
        rate = count / (time.perf_counter() - begun)
        self._found = f"{rate:.0f} {yard.quantile(times, 0.5):.3f} {yard.quantile(times, 0.99):.3f}"


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Smsc().accept, "127.0.0.1", port)
    print("listening", flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def smsc() -> Iterator[int]:
    """An SMSC on the last core; its port."""
    port = free_port()
    command = [sys.executable, "-m", "bench.smpp", "--serve", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        os.sched_setaffinity(process.pid, options.core(-1))
        try:
            if process.stdout is None or b"listening" not in process.stdout.readline():
                raise SystemExit("no result: the SMSC did not start")
            yield port
        finally:
            process.kill()


# --- the two sides ---------------------------------------------------------------------------------------------------


class Lost(Exception):  # noqa: N818 - what happened, in a word
    """smpp34 lost its connection, as it sometimes does when more comes than the program takes."""


@contextlib.asynccontextmanager
async def _ours(port: int, window: int) -> AsyncIterator[Session]:
    async def take(pdu: Pdu) -> Reply:
        return Reply(answer(pdu))

    limits = Limits(window=window, response=600, silence=3600)
    _, session = await asyncio.get_running_loop().create_connection(lambda: Session(take, limits), "127.0.0.1", port)
    await session.ask(Command.BIND_TRANSCEIVER, Bind("bench", "secret"))
    try:
        yield session
    finally:
        await session.close(1)


async def ours(port: int, count: int, window: int) -> tuple[float, float]:
    """Submits and delivers per second of Sala's session."""
    async with _ours(port, window) as session:
        numbers = iter(range(count))

        async def one() -> None:
            for _ in numbers:
                await session.ask(Command.SUBMIT_SM, _HELLO)

        begun = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(window)))
        submits = count / (time.perf_counter() - begun)

        delivers = (await _delivered(_asking(session), count, window))[0]
    return submits, delivers


def _asking(session: Session) -> Callable[[Message], Awaitable[str]]:
    async def ask(message: Message) -> str:
        said = await session.ask(Command.SUBMIT_SM, message)
        return said.body.message_id if isinstance(said.body, Taken) else ""

    return ask


async def _delivered(
    ask: Callable[[Message], Awaitable[str]],
    count: int,
    window: int,
    heard: Awaitable[None] | None = None,
    *,
    whom: str = "bench",
) -> tuple[float, float, float]:
    """Have the SMSC deliver so many, so many at once; what it found. `heard` ends when all have come."""
    await ask(Message(destination_addr=PUSH, short_message=b"%d %d %s" % (count, window, whom.encode())))
    if heard is not None:
        await heard
    while (told := await ask(Message(destination_addr=TOLD))) == "-":  # noqa: ASYNC110 - another process's task
        await asyncio.sleep(0.1)
    words = told.split()
    if len(words) != 3:
        raise SystemExit(f"no result: the SMSC said {told!r}")
    return float(words[0]), float(words[1]), float(words[2])


async def theirs(port: int, count: int, window: int) -> tuple[float, float]:
    """The same of smpp34's."""
    # Room for all that can be under way, so that nothing is refused for want of it.
    room: dict[str, Any] = {"bind_type": "TRX", "window_size": window, "inbound_capacity": 8 * window}
    client = smpp34.Client("127.0.0.1", port, "bench", "secret", **room)
    line = await asyncio.ensure_future(client.connect())
    numbers = iter(range(count))
    heard = 0

    async def one() -> None:
        for _ in numbers:
            await line.submit_sm(_HELLO.destination_addr, _HELLO.short_message, source_addr=_HELLO.source_addr)

    async def listen() -> None:
        nonlocal heard
        while heard < count:
            if isinstance(await line.next(), smpp34.Disconnected):
                raise Lost(f"after {heard} messages")
            heard += 1

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(window)))
    submits = count / (time.perf_counter() - begun)
    listening = asyncio.create_task(listen())

    async def ask(message: Message) -> str:
        said = await line.submit_sm(message.destination_addr, message.short_message, source_addr="1600")
        return said.message_id or ""

    # Its answers wait behind what the program has not taken yet, so nothing is asked before all is heard.
    delivers = (await _delivered(ask, count, window, listening))[0]
    await asyncio.ensure_future(line.unbind())
    await asyncio.ensure_future(client.stop())
    return submits, delivers


async def committed(port: int, count: int, window: int) -> tuple[float, float, float]:
    """Delivers per second that are answered after the commit, with p50 and p99 in milliseconds, lone and at once."""

    class Listening:
        def __init__(self) -> None:
            self.port = port

        async def until(self, seen: Any) -> None:
            while not seen():  # noqa: ASYNC110 - a line has no event for it
                await asyncio.sleep(0.01)

    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), Listening(), sending=False, response_timeout=120, outstanding=window) as home:
            # The window of the sending side does not bound what comes in.
            return await _delivered(home.gateway.line.submit, count, window, whom="sala")


async def kannel(boxes: through_kannel.Kannel, port: int, count: int, durable: int, window: int) -> dict[str, float]:
    """The same of Kannel's, and until what it brings is committed."""
    async with _ours(port, window) as session:
        ask = _asking(session)

        async def seen() -> tuple[int, int]:
            found = (await ask(Message(destination_addr=SEEN))).split()
            return int(found[0]), int(found[1])

        submits = await through_kannel.submits(boxes, count, window, seen)
        many = await through_kannel.committed(
            boxes, durable, lambda: _delivered(ask, durable, window, whom=through_kannel.SYSTEM)
        )
        few = max(20, durable // 20)
        lone = await through_kannel.committed(boxes, few, lambda: _delivered(ask, few, 1, whom=through_kannel.SYSTEM))
    return {
        "submit kannel": submits,
        "deliver kannel": many[0],
        "committed kannel": many[1],
        "committed kannel p50": many[2],
        "committed kannel p99": many[3],
        "lone kannel p50": lone[2],
        "lone kannel p99": lone[3],
    }


# --- the bench -------------------------------------------------------------------------------------------------------


def main(said: list[str]) -> None:
    """Run it."""
    parser = options.parser(__doc__, rounds=5)
    parser.add_argument("--messages", type=int, default=1_000, help="a round, a side and a direction")
    parser.add_argument("--window", type=int, default=50, help="requests under way at once")
    parser.add_argument("--committed", type=int, default=1_000, help="messages of the row that commits")
    parser.add_argument("--serve", type=int, help="be the SMSC at this port")
    asked = parser.parse_args(said)
    if asked.serve:
        asyncio.run(_serve(asked.serve))
        return
    os.sched_setaffinity(0, options.core(0))
    # As a node does: else the rarest waits are the collector's walk over all that was imported.
    calm_collector()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rounds: dict[str, list[float]] = {}
    with smsc() as port, contextlib.ExitStack() as stack:
        boxes = stack.enter_context(through_kannel.running(port)) if through_kannel.there() else None
        for turn in range(asked.rounds + 1):
            found = _round(port, asked.messages, asked.committed, asked.window)
            if boxes is not None:
                found |= asyncio.run(_within(kannel(boxes, port, asked.messages, asked.committed, asked.window)))
                for name in ("submit", "deliver", "committed"):
                    found[f"{name} kannel ratio"] = found[name] / found[f"{name} kannel"]
            if turn:
                for name, value in found.items():
                    rounds.setdefault(name, []).append(value)
    with tempfile.TemporaryDirectory() as folder:
        machine = yard.machine(Path(folder))
    record = {"machine": machine, "messages": asked.messages, "window": asked.window, "rounds": rounds}
    options.keep(asked.results, "smpp", record, table(rounds, asked.window))


def _again(port: int, messages: int, window: int) -> tuple[float, float]:
    """smpp34's side, once more when it lost its connection: such a round says nothing of its speed."""
    for _ in range(TRIES):
        try:
            return asyncio.run(_within(theirs(port, messages, window)))
        except Lost as lost:
            print(f"smpp34 lost its connection {lost}; once more", file=sys.stderr)
    raise SystemExit("no result: smpp34 loses its connection each time")


async def _within(work: Awaitable[T]) -> T:
    """What hangs is no result."""
    async with asyncio.timeout(PATIENCE):
        return await work


def _round(port: int, messages: int, durable: int, window: int) -> dict[str, float]:
    our_submits, our_delivers = asyncio.run(_within(ours(port, messages, window)))
    their_submits, their_delivers = _again(port, messages, window)
    rate, p50, p99 = asyncio.run(_within(committed(port, durable, window)))
    _, lone_p50, lone_p99 = asyncio.run(_within(committed(port, max(20, durable // 20), 1)))
    return {
        "submit": our_submits,
        "submit smpp34": their_submits,
        "submit ratio": our_submits / their_submits,
        "deliver": our_delivers,
        "deliver smpp34": their_delivers,
        "deliver ratio": our_delivers / their_delivers,
        "committed": rate,
        "committed p50": p50,
        "committed p99": p99,
        "lone p50": lone_p50,
        "lone p99": lone_p99,
    }


def table(rounds: dict[str, list[float]], window: int) -> list[str]:
    """What was found, as Markdown."""

    def cell(name: str, digits: int = 0) -> str:
        return yard.shown(rounds[name], digits)

    def row(name: str) -> str:
        return f"{cell(name)} | {cell(f'{name} smpp34')} | {cell(f'{name} ratio', 2)}"

    def beside(name: str) -> str:
        if f"{name} kannel" not in rounds:
            return "not installed | "
        return f"{cell(f'{name} kannel')} | {cell(f'{name} kannel ratio', 2)}"

    def until(words: str, name: str) -> Iterator[str]:
        yield f"| {words} | {cell(f'{name} p50', 1)} ms | {cell(f'{name} p99', 1)} ms |"
        if f"{name} kannel p50" in rounds:
            theirs = f"{name} kannel"
            yield f"| {words}, through Kannel | {cell(f'{theirs} p50', 1)} ms | {cell(f'{theirs} p99', 1)} ms |"

    return [
        f"median [lowest-highest], a window of {window}",
        "",
        "| a second | Sala | smpp34 | ratio | Kannel | ratio |",
        "|---|---|---|---|---|---|",
        f"| submit_sm, answered | {row('submit')} | {beside('submit')} |",
        f"| deliver_sm, acknowledged | {row('deliver')} | {beside('deliver')} |",
        f"| deliver_sm, committed by Sala | {cell('committed')} | does not | | {beside('committed')} |",
        "",
        "| from the SMSC's send until it is committed (over SMPP: and answered) | p50 | p99 |",
        "|---|---|---|",
        *until(f"{window} at once", "committed"),
        *until("one after the other", "lone"),
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
