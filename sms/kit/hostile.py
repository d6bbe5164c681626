"""What comes to an SMS gateway from those who are not the operator, and from operators that are not themselves."""

from typing import Final

from sms.kit.bench import ECHO, Bench, status_of
from sms.kit.standin import HttpPeer
from sms.kit.wire import Knocks, Sampled, Taken
from sms.port import Gateway, Polled
from store.kit import NUMBER, DoesNotApply, Failed, Rude, applies, expect, must, strange, words
from store.values import Inbound, OptOut, Received, Report

OVERSIZE: Final = 300_000
NO_REQUESTS: Final = "what it reads are no requests; its own tests mangle what they are"


async def strangers(bench: Bench) -> None:
    """What is too large is refused (over HTTP: 413), what cannot be a message as well (4xx); nothing of it is kept."""
    peer = bench.peer
    if isinstance(peer, HttpPeer):
        for bad in peer.wire.malformed:
            status = await peer.raw(bad)
            must(400 <= status < 500, f"{bad.method} {bad.tail} {bad.query} {bad.body[:80]!r} was answered {status}")  # noqa: PLR2004 - refused
        good = peer.wire.message("m1", NUMBER, "1")
        huge = Received(b"9" * OVERSIZE, method="POST", tail=good.tail, headers=good.headers)
        expect(await peer.raw(huge), 413, "a body that is too large")
    elif isinstance(peer, Rude):
        must(await peer.oversize(), "what is too large was not refused")
    else:
        raise DoesNotApply("no stranger can reach it, and the operator sends nothing too large")
    await bench.hear("m1", "1")
    await bench.send()
    expect(bench.got(), [words(["1"])], "the answers after all that")


async def wrong_secret(bench: Bench) -> None:
    """A wrong secret is 404, as if there were no such channel; nothing of the request is kept."""
    peer = bench.peer
    wrong = "a-wrong-one-of-enough-length"
    if isinstance(peer, HttpPeer):
        status = await peer.raw(peer.wire.message("m1", NUMBER, "1"), secret=wrong)
    elif isinstance(peer, Knocks):
        status = await peer.knock(wrong)
    else:
        raise DoesNotApply("nobody calls the node: it calls the operator")
    expect(status, 404, "a wrong secret")
    await bench.hear("m1", "1")
    await bench.send()
    expect(bench.got(), [words(["1"])], "the answers after all that")


async def any_bytes(bench: Bench) -> None:
    """Whatever bytes come, reading them raises nothing."""
    wire = bench.peer.wire if isinstance(bench.peer, HttpPeer) else None
    good = [wire.message("m1", NUMBER, "x")] if wire else []
    if wire and wire.report:
        good.append(wire.report(Taken(NUMBER, "x", "id-1", echo=ECHO), status_of(bench.peer, "delivered")))
    good += [wire.opt_out(NUMBER)] if wire and wire.opt_out else []
    good += bench.peer.samples if isinstance(bench.peer, Sampled) else []
    applies(good, NO_REQUESTS)
    for received in strange(good, wire.sign if wire else None):
        await _read(bench.gateway, received)


async def _read(gateway: Gateway, received: Received) -> None:
    said = "poll" if isinstance(gateway, Polled) else ""
    try:
        if isinstance(gateway, Polled):
            await gateway.poll(received, _Forgetful())
            return
        for read in (gateway.read, gateway.read_report, gateway.read_optout):
            said = read.__name__
            read(received)
    except Exception as raised:
        raise Failed(f"{said} raised {type(raised).__name__}: {raised} on {received.body!r}") from raised


class _Forgetful:
    """A core that takes everything and keeps nothing."""

    async def inbound(self, message: Inbound) -> None:
        """Take it."""

    async def report(self, report: Report) -> None:
        """Take it."""

    async def opt_out(self, leaver: OptOut) -> None:
        """Take it."""
