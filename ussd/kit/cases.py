"""What every USSD gateway must do: one function a case, its first line is what the engineer reads."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from store.kit import DoesNotApply, Failed, Rude, applies, expect, must, strange, words
from store.values import Malformed, Received
from ussd.kit.wire import HttpPeer, Peer, Press, Shown
from ussd.port import Capabilities, Gateway

APART: Final = 5.0
"""Seconds between two keys of one person, for gateways whose copies are known by time alone."""

OVERSIZE: Final = 300_000
UNMARKED: Final = "its requests carry no mark of their own, so an older one cannot be told from the next key"
ALONE: Final = "it brings the newest input alone"
ODD: Final = ("John*Doe", "", "*", "#", "ນາງ ຄຳຫຼ້າ", "໒", "a&b=c+d%41<x>\"'{};", "😀")
NO_REQUESTS: Final = "what it reads are no requests; its own tests mangle what they are"
_PHONES: Final = 100


@dataclass
class Bench:
    """What a case works with.

    Attributes:
        peer: the operator. gateway: the one that is tried. go: lets time pass.
        full: within it nothing can be committed. slow: within it the store answers too late for the channel's deadline.
        restart: ends the node, and starts it again on the same disk.
    """

    peer: Peer
    gateway: Gateway
    go: Callable[[float], None]
    full: Callable[[], AbstractContextManager[None]]
    slow: Callable[[], AbstractAsyncContextManager[None]]
    restart: Callable[[], Awaitable[None]]
    _last: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def can(self) -> Capabilities:
        """What the gateway says that it can do."""
        return self.gateway.capabilities

    async def press(self, *inputs: str, session: str = "s1") -> str:
        """Press, `APART` from the key before; the screen, with `.` behind it when the session is over."""
        if self._last.get(session) != inputs:
            self.go(APART)
        self._last[session] = inputs
        press = Press(inputs, session)
        shown = await self.peer.press(press)
        return _told(shown, self.why(press) if shown.status else "")

    def why(self, press: Press) -> str:
        """The reason that the gateway gives for refusing this."""
        if not isinstance(self.peer, HttpPeer):
            return ""
        meant = self.gateway.read(self.peer.wire.press(press))
        return f" ({meant.reason})" if isinstance(meant, Malformed) else ""


Case = Callable[[Bench], Awaitable[None]]


def _told(shown: Shown, why: str = "") -> str:
    if shown.status:
        raise Failed(f"a key press was answered {shown.status}{why}, and the phone showed nothing")
    return f"{shown.screen}{'.' if shown.end else ''}"


async def dialogue(bench: Bench) -> None:
    """A dialogue from dial to end."""
    expect(await bench.press(), words([]), "the first screen")
    expect(await bench.press("1"), words(["1"]), "the screen after 1")
    expect(await bench.press("1", "2"), words(["1", "2"]), "the screen after 2")
    expect(await bench.press("1", "2", "bye"), words(["1", "2", "bye"]) + ".", "the last screen")


async def duplicate_start(bench: Bench) -> None:
    """A start that comes twice gets the same screen and changes nothing."""
    for _ in range(2):
        expect(await bench.press(), words([]), "the first screen")
    expect(await bench.press("1"), words(["1"]), "the key after it")


async def duplicate_hop(bench: Bench) -> None:
    """A key press that comes twice gets the same screen and is heard once."""
    await bench.press()
    for _ in range(2):
        expect(await bench.press("1"), words(["1"]), "the screen after 1")
    expect(await bench.press("1", "2"), words(["1", "2"]), "the next key")
    for _ in range(2):
        expect(await bench.press("1", "2", "bye"), words(["1", "2", "bye"]) + ".", "the last screen")


async def same_key_twice(bench: Bench) -> None:
    """The same key pressed on two screens is heard twice."""
    await bench.press()
    await bench.press("1")
    expect(await bench.press("1", "1"), words(["1", "1"]), "the second 1")


async def out_of_order(bench: Bench) -> None:
    """An older call that comes late gets the newest screen and changes nothing."""
    applies(bench.can.text == "cumulative" or bench.can.hops, UNMARKED)
    for inputs in ((), ("1",), ("1", "2")):
        await bench.press(*inputs)
    expect(await bench.press("1"), words(["1", "2"]), "the late copy of 1")
    expect(await bench.press(), words(["1", "2"]), "the late copy of the start")
    expect(await bench.press("1", "2", "3"), words(["1", "2", "3"]), "the next key")


async def at_once(bench: Bench) -> None:
    """The same call many times at once is heard once."""
    await bench.press()
    bench.go(APART)
    shown = await asyncio.gather(*(bench.peer.press(Press(("1",))) for _ in range(8)))
    expect({_told(one) for one in shown}, {words(["1"])}, "the screens")
    expect(await bench.press("1", "2"), words(["1", "2"]), "the next key")


async def odd_inputs(bench: Bench) -> None:
    """A typed star, nothing at all, Lao, signs of the wire, an emoji: each is heard as it was typed."""
    for number, odd in enumerate(ODD):
        session = f"odd{number}"
        await bench.press(session=session)
        await bench.press("1", session=session)
        expect(await bench.press("1", odd, session=session), words(["1", odd]), f"the screen after {odd!r}")
        expect(await bench.press("1", odd, "2", session=session), words(["1", odd, "2"]), f"the key after {odd!r}")


async def long_answer(bench: Bench) -> None:
    """A very long answer is an answer, and can be followed."""
    # Longer than what the store keeps as it is, and within what a request line holds.
    for session, long in (("s1", "x" * 1_500), ("s2", "ກ" * 400)):
        await bench.press(session=session)
        expect(await bench.press(long, session=session), words([long]), "the screen after it")
        expect(await bench.press(long, "2", session=session), words([long, "2"]), "the next key")


async def dialled(bench: Bench) -> None:
    """What was dialled behind the service code is heard at the start, where the operator hands it over."""
    applies(bench.can.text == "cumulative", ALONE)
    expect(await bench.press("1", "2"), words(["1", "2"]), "the first screen")


async def lost_hop(bench: Bench) -> None:
    """After a lost call the last screen is shown again, and the session goes on."""
    applies(bench.can.text == "cumulative", ALONE)
    await bench.press()
    await bench.press("1")
    expect(await bench.press("7", "8"), words(["1"]), "the screen after the gap")
    expect(await bench.press("7", "8", "2"), words(["1", "2"]), "the next key")


async def own_number(bench: Bench) -> None:
    """A session belongs to its number."""
    await bench.press()
    bench.go(APART)
    other = await bench.peer.press(Press(("1",), number="+8562055599999"))
    if other.status == 0 and other.screen != words([]):
        raise Failed(f"another number went on with the session: {other.screen!r}")
    expect(await bench.press("1"), words(["1"]), "its own next key")


async def ended_twice(bench: Bench) -> None:
    """The end of a session may come twice, or for one that nobody knows; a late copy still gets its screen."""
    applies(bench.can.ends, "the operator does not say when a session is over")
    for session in ("nobody", "nobody"):
        must(await bench.peer.end(session), "the end of an unknown session was not acknowledged")
    await bench.press()
    for _ in range(2):
        must(await bench.peer.end("s1"), "the end was not acknowledged")
    if bench.can.text == "cumulative" or bench.can.hops:
        expect(await bench.press(), words([]), "the late copy of the start")


async def after_a_restart(bench: Bench) -> None:
    """What was answered is known after a restart, and the session goes on."""
    await bench.press()
    await bench.press("1")
    await bench.restart()
    expect(await bench.press("1"), words(["1"]), "the copy of 1")
    expect(await bench.press("1", "2"), words(["1", "2"]), "the next key")


async def not_committed(bench: Bench) -> None:
    """What is not committed is not acknowledged: the citizen is told to try later, and nothing is kept of it."""
    await bench.press()
    bench.go(APART)
    with bench.full():
        shown = await bench.peer.press(Press(("1",)))
        if not shown.status:
            expect((shown.screen, shown.end), ("sorry", True), "the screen")
        must(not bench.can.ends or not await bench.peer.end("s1"), "an end that was not committed was acknowledged")
    expect(await bench.press("1"), words(["1"]), "the same key, said again")


async def too_slow(bench: Bench) -> None:
    """Before the operator's time is over the citizen gets a polite end; the same call again gets its screen."""
    await bench.press()
    bench.go(APART)
    async with bench.slow():
        shown = await bench.peer.press(Press(("1",)))
        if not shown.status:
            expect((shown.screen, shown.end), ("sorry", True), "the screen")
    bench._last["s1"] = ("1",)  # noqa: SLF001 - it is a copy, so no time passes
    expect(await bench.press("1"), words(["1"]), "the same call again")
    expect(await bench.press("1", "2"), words(["1", "2"]), "the next key")


async def many_phones(bench: Bench) -> None:
    """Ten times the usual number of phones at once: each gets its own screen, and none is lost."""
    presses = [Press((), f"m{n}", f"+85620555{n:05}") for n in range(_PHONES)]
    shown = await asyncio.gather(*(bench.peer.press(press) for press in presses))
    expect({_told(one) for one in shown}, {words([])}, "the first screens")
    bench.go(APART)
    presses = [Press((str(n),), f"m{n}", f"+85620555{n:05}") for n in range(_PHONES)]
    shown = await asyncio.gather(*(bench.peer.press(press) for press in presses))
    expect([_told(one) for one in shown], [words([str(n)]) for n in range(_PHONES)], "the second screens")


async def strangers(bench: Bench) -> None:
    """What is too large is refused (over HTTP: 413), what cannot be a call as well (4xx); nothing of it is kept."""
    peer = bench.peer
    if isinstance(peer, HttpPeer):
        for bad in peer.wire.malformed:
            status = await peer.raw(bad)
            must(400 <= status < 500, f"{bad.method} {bad.tail} {bad.query} {bad.body[:80]!r} was answered {status}")  # noqa: PLR2004 - refused
        good = peer.wire.press(Press(("1",)))
        huge = Received(b"9" * OVERSIZE, method="POST", tail=good.tail, headers=good.headers)
        expect(await peer.raw(huge), 413, "a body that is too large")
    elif isinstance(peer, Rude):
        must(await peer.oversize(), "what is too large was not refused")
    else:
        raise DoesNotApply("no stranger can reach it, and the operator sends nothing too large")
    expect(await bench.press(), words([]), "the first screen after all that")


async def wrong_secret(bench: Bench) -> None:
    """A wrong secret is 404, as if there were no such channel; nothing of the request is kept."""
    peer = bench.peer
    if not isinstance(peer, HttpPeer):
        raise DoesNotApply("nobody calls the node: it calls the operator")
    request = peer.wire.press(Press(("1",)))
    expect(await peer.raw(request, secret="a-wrong-one-of-enough-length"), 404, "a wrong secret")  # noqa: S106 - it is none
    expect(await bench.press(), words([]), "the first screen after all that")


async def any_bytes(bench: Bench) -> None:
    """Whatever bytes come, reading them raises nothing."""
    wire = bench.peer.wire if isinstance(bench.peer, HttpPeer) else None
    good = [wire.press(Press()), wire.press(Press(("1",)))] if wire else []
    good += [wire.end("s1")] if wire and wire.end else []
    applies(good, NO_REQUESTS)
    for request in strange(good, wire.sign if wire else None):
        try:
            bench.gateway.read(request)
        except Exception as raised:
            said = f"{type(raised).__name__}: {raised} on {request.tail} {request.body!r} {request.query!r}"
            raise Failed(f"read raised {said}") from raised


CASES: Final[tuple[Case, ...]] = (
    dialogue,
    duplicate_start,
    duplicate_hop,
    same_key_twice,
    out_of_order,
    at_once,
    odd_inputs,
    long_answer,
    dialled,
    lost_hop,
    own_number,
    ended_twice,
    after_a_restart,
    not_committed,
    too_slow,
    many_phones,
    strangers,
    wrong_secret,
    any_bytes,
)
