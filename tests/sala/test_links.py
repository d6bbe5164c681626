"""Gateways that hold a connection: what they hand over is committed when the call returns, and they go on."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sms.door
import ussd.door
from flows.errors import Busy, CallFault, ConfigFault
from sala import config, doctor, keys, plugs, routing
from sala.channels import Channel
from sala.links import Links, Sink
from sms.gateways.africastalking import Gateway as SmsGateway
from store.memory import open_memory
from store.settings import StoreSettings
from store.values import Call, Ended, Health, Inbound, OptOut, Reply, Report
from tests.store.conftest import KEY
from tests.store.mind import small_mind
from ussd.gateways.africastalking import Gateway, Settings
from ussd.port import Unanswered

CALL = Call("at", "s1", "+8562055512345", "", "*999#")


class Core:
    """Stands for the store: does what the test says."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act = act

    async def take(self, call: Call) -> Reply:
        act = self.act()
        if asyncio.iscoroutine(act):
            await act
        return Reply("hello", end=False)

    async def ended(self, channel: str, session: str, *, whole: bool = False) -> None:
        self.act()

    async def overhear(self, message: Inbound) -> None:
        self.act()

    report = opt_out = overhear


async def passed_on(message: Inbound, onward: Callable[[Inbound], Any]) -> Callable[[bool], None]:
    await onward(message)
    return lambda _read: None


NAMING: Any = type("Naming", (), {"take": staticmethod(passed_on)})()


def sink(core: Core, deadline: float = 5.0) -> Sink:
    settings = SmsGateway.Settings.model_validate({"username": "u", "api_key": "k"})
    doors: Any = core
    presses = ussd.door.Door("at", Gateway("at", Settings()), doors, lambda key, _: key, deadline=deadline)
    return Sink(presses, sms.door.Door("at", SmsGateway("at", settings), doors, doors), NAMING)


def fail(fault: Exception) -> Callable[[], None]:
    def act() -> None:
        raise fault

    return act


HANDED: list[Callable[[Sink], Any]] = [
    lambda one: one.call(CALL),
    lambda one: one.ended(Ended("at", "s1")),
    lambda one: one.inbound(Inbound("at", "m1", "+8562055512345", "1999", "x")),
    lambda one: one.anonymous(Inbound("at", "m1", "+8562055512345", "1999", "x")),
    lambda one: one.report(Report("at", "g1", "sent")),
    lambda one: one.opt_out(OptOut("at", "+8562055512345")),
]


@pytest.mark.parametrize("hand_over", HANDED)
async def test_a_call_that_returns_was_committed_and_one_that_was_not_raises(hand_over: Callable[[Sink], Any]) -> None:
    seen: list[int] = []
    await hand_over(sink(Core(lambda: seen.append(1))))
    assert seen == [1]
    for fault in (Busy(), CallFault(), RuntimeError()):
        with pytest.raises(Unanswered if hand_over is HANDED[0] and not isinstance(fault, CallFault) else type(fault)):
            await hand_over(sink(Core(fail(fault))))


@pytest.mark.parametrize("hand_over", HANDED)
async def test_a_side_that_is_not_served_refuses(hand_over: Callable[[Sink], Any]) -> None:
    with pytest.raises(CallFault):
        await hand_over(Sink(None, None, NAMING))


async def test_a_late_answer_is_a_polite_end() -> None:
    with pytest.raises(Unanswered) as late:
        await sink(Core(lambda: asyncio.sleep(60)), deadline=0.05).call(CALL)
    assert late.value.reply == Reply("try_later", end=True)


class Holding:
    """A gateway that holds a connection, falls down twice and then stands."""

    def __init__(self) -> None:
        self.runs = 0
        self.standing = asyncio.Event()
        self.state = Health("down", 5, "refused")

    async def run(self, given: Any) -> None:
        self.runs += 1
        if self.runs == 1:
            raise RuntimeError
        if self.runs == 2:
            return
        self.state = Health("up", 9, "refused")
        self.standing.set()
        await asyncio.Event().wait()

    def health(self) -> Health:
        return self.state


async def test_a_gateway_is_kept_running_and_its_link_is_seen(tmp_path: Path) -> None:
    gateway = Holding()
    plugged = plugs.Plugged("modem", (), (), None, None, None, None, gateway)
    door: Any = sink(Core(lambda: None))._key_presses
    settings = StoreSettings(data=tmp_path, node="n", reserve_mb=0, free_mb=0)
    async with open_memory(settings, KEY, small_mind(), house=False) as memory, asyncio.timeout(60):
        links = Links(memory, chance=lambda: 0.0)
        links.start([Channel(plugged, door, None, None)])
        await gateway.standing.wait()
        assert gateway.runs == 3
        # The row knows nothing of the test's events.
        while (await memory.links.all()).get("modem") != Health("up", 9, "refused"):  # noqa: ASYNC110 - rows ring no bell
            await asyncio.sleep(0.05)
        assert ("sala_link_up", (("channel", "modem"),), 1.0) in list(links.samples())
        await links.stop()


BLOCK = """\
node = "LA-XK-03"
[channels.a]
gateway = "africastalking"
secret = "a-secret-of-enough-length"
username = "sandbox"
api_key = "k"
prefixes = ["+856205"]
[channels.b]
gateway = "africastalking"
secret = "a-secret-of-enough-length"
username = "sandbox"
api_key = "k"
countries = ["+66"]
prices = {"+66" = "0.5"}
"""


def read(folder: Path, more: str) -> Any:
    file = folder / "sala.toml"
    file.write_text(BLOCK + more)
    found = config.load(file)
    return routing.routes(found, plugs.channels(found))


async def test_a_gateway_that_gives_up_waits_longer_each_time_and_a_chance_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    class Hopeless:
        async def run(self, sink: Any) -> None:
            raise OSError("no line")

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 9:
            raise asyncio.CancelledError

    monkeypatch.setattr("sala.links.asyncio.sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await Links(None, chance=lambda: 0.5)._keep("c", Hopeless(), Sink(None, None, None))  # type: ignore[arg-type] # it needs no store
    assert waited == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_the_channels_are_the_routes(tmp_path: Path) -> None:
    routes = read(tmp_path, '[routing]\nsend_by = {a = "b"}\nfailover = false\n')
    assert [(one.channel, one.codes, one.prefixes) for one in routes.all] == [
        ("a", ("+856",), ("+856205",)),
        ("b", ("+66",), ()),
    ]
    assert routes.all[1].prices == {"+66": 5000}
    assert (routes.send_by, routes.failover) == ({"a": "b"}, False)


@pytest.mark.parametrize("pair", ['{a = "c"}', '{c = "a"}'])
def test_a_channel_that_is_not_there_is_named(tmp_path: Path, pair: str) -> None:
    with pytest.raises(ConfigFault, match=r"sala\.toml:16: routing\.send_by.* c is"):
        read(tmp_path, f"[routing]\nsend_by = {pair}\n")


def test_the_doctor_says_how_the_links_stood(tmp_path: Path) -> None:
    (tmp_path / "sala.toml").write_text(BLOCK)
    found = config.load(tmp_path / "sala.toml").model_copy(update={"data": tmp_path})
    assert list(doctor._links(found)) == []

    async def node() -> None:
        settings = StoreSettings(data=tmp_path, node="LA-XK-03", reserve_mb=0, free_mb=0)
        key = keys.database_key("", tmp_path)
        async with open_memory(settings, key, small_mind(), house=False) as memory:
            for channel, state in (("a", "down"), ("b", "up"), ("gone", "down")):
                await memory.links.note(channel, Health(state, 1_795_410_000, "refused"))  # type: ignore[arg-type] # one of them

    asyncio.run(node())
    (down, up) = doctor._links(found)
    assert (down.state, up.state) == ("bad", "ok")
    assert down.sentence == "a: down since 2026-11-23 05:00 UTC, last fault refused"
