"""What an SMPP line shows in `/metrics`: each count moves for what it says, and only then."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateways.port import Measured
from gateways.smpp.gateway import Gateway
from gateways.smpp.numbers import Command, Status
from gateways.smpp.options import Options
from gateways.smpp.pdu import Pdu
from gateways.smpp.tally import Tally
from sala.channels import Channel
from sala.links import Links
from sala.metrics import render
from sala.plugs import Plugged
from tests.gateways.smpp.house import GIVEN, house
from tests.gateways.smpp.said import queue, text
from tests.gateways.smpp.smsc import smsc
from tests.house.tree import ROOT

pytestmark = pytest.mark.usefixtures("curious")


def totals(gateway: Gateway) -> Mapping[str, float]:
    return {what: value for kind, what, value in gateway.figures() if kind == "total" and value}


async def test_messages_in_each_way_that_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.smpp.pace.FIRST", 0.01)
    async with smsc() as one, house(tmp_path, one, response_timeout=0.5) as home:
        # What is put off stays so for as long as this test looks.
        home.lane._chance = lambda: 1.0
        one.plays = [Status.THROTTLED, Status.OK, Status.INVALID_DESTINATION, Status.SYSTEM_ERROR, None]
        ends = ["sent", "failed", "queued", "unknown"]
        for number, end in enumerate(ends):
            # To one number each: what was put off would hold back the others.
            await one.deliver(text("1", number=f"85620555123{number:02}"))
            await home.reach(*ends[: number + 1])
            assert (await home.states())[number] == end
        assert totals(home.gateway) == {
            "binds": 1,
            "submits": 5,
            "taken": 1,
            "throttled": 1,
            "refused": 1,
            "later": 1,
            "unanswered": 1,
            "delivers": 4,
            "acknowledged": 4,
        }
        waited = {what: value for kind, what, value in home.gateway.figures() if kind == "seconds_total"}
        assert waited["pace"] > 0


async def test_what_comes_in_each_way_that_it_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        real = home.memory.turns.overhear

        async def fail(message: object) -> None:
            raise OSError(message)

        monkeypatch.setattr(home.memory.turns, "overhear", fail)
        assert await one.deliver(text("1")) == Status.APP_TEMPORARY
        monkeypatch.setattr(home.memory.turns, "overhear", real)
        assert await one.deliver(text("1")) == Status.OK
        assert await one.deliver(text("", esm_class=4, short_message=b"no receipt at all")) == Status.APP_REJECTED
        assert totals(home.gateway) == {"binds": 1, "delivers": 3, "again": 1, "acknowledged": 1, "rejected": 1}


async def test_lines_that_are_lost_and_logins_that_are_refused(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, sending=False) as home:
        now = {what: value for kind, what, value in home.gateway.figures() if kind == "now"}
        assert (now["bound"], now["wanted"], now["outstanding"], now["gap"]) == (1, 1, 0, 0)
        one.logins = [Status.SYSTEM_ERROR]
        one.hang_up()
        await one.until(lambda: len(one.binds) == 3 and home.gateway.line.up)
        assert totals(home.gateway) == {"binds": 2, "lost": 1, "bind_refused": 1}


async def test_a_full_window_is_seen(tmp_path: Path) -> None:
    async with smsc() as one, house(tmp_path, one, outstanding=1, sending=True) as home:
        gate = asyncio.Event()
        one.held = [gate]
        await queue(home, "first")
        await one.until(lambda: one.offered)
        await one.deliver(text("1", number="8562055598765"))
        await one.until(lambda: len(home.lane._flying) > 1)
        gate.set()
        await home.reach("sent", "sent")
        waited = {what: value for kind, what, value in home.gateway.figures() if kind == "seconds_total"}
        assert waited["window"] > 0


def test_what_a_session_counted_is_kept_when_it_is_over() -> None:
    tally = Tally()

    class Over:
        waited = 1.5
        counts = {"refused": 2, "malformed": 3}  # noqa: RUF012 - of one use
        outstanding = 0

    before = {what: value for _, what, value in tally.figures([Over()])}  # type: ignore[list-item]  # what is read of one
    tally.over(Over())  # type: ignore[arg-type]  # likewise
    after = {what: value for _, what, value in tally.figures([])}
    assert before == after
    assert (after["full"], after["malformed"], after["window"]) == (2, 3, 1.5)


def test_every_count_is_on_its_page_and_no_other() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8").partition("## Of SMPP")[2]
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows[1:] for name in re.findall(r"`(\w+)`", row)} == set(Tally().counts)


async def test_they_are_in_metrics_by_channel() -> None:
    gateway = Gateway("ltc", Options.model_validate({**GIVEN, "port": 1}))
    assert isinstance(gateway, Measured)
    links = Links(None)  # type: ignore[arg-type]  # nothing is noted here
    plugged = Plugged.__new__(Plugged)
    object.__setattr__(plugged, "name", "ltc")
    object.__setattr__(plugged, "gateway", gateway)
    links.start([Channel(plugged, None, None, None)])
    gateway.line.tally.answered(Status.OK)
    try:
        shown = render(links.samples())
    finally:
        await links.stop()
    assert 'sala_gateway_total{channel="ltc",what="taken"} 1' in shown
    assert 'sala_gateway_now{channel="ltc",what="bound"} 0' in shown
    assert 'sala_gateway_seconds_total{channel="ltc",what="window"} 0' in shown


def test_an_answer_to_something_else_is_no_answer_to_a_message() -> None:
    """The control of the sums: only what answers a submit_sm counts as one."""
    tally = Tally()
    tally.acknowledged(Pdu(Command.DELIVER_SM, 1, Status.OK).status)
    assert tally.counts["submits"] == 0
    assert tally.counts["acknowledged"] == 1
