"""An SMPP line beside another channel: what the SMSC certainly did not take goes by the other, and no other does."""

from pathlib import Path
from typing import Any

import pytest

from gateways.smpp.numbers import Status
from store.kit import NUMBER, Hands
from tests.at_standin import Standin
from tests.gateways.smpp.house import GIVEN
from tests.gateways.smpp.smsc import smsc
from tests.ports import free_port
from tests.sala.test_routing import config, hear, node, send


def line(port: int, **more: Any) -> dict[str, Any]:
    return {"smsc": {**GIVEN, "gateway": "smpp", "port": port, "response_timeout": 0.5, "window": 8, **more}}


async def test_while_no_session_is_bound_messages_go_by_the_other_channel(tmp_path: Path) -> None:
    hands = Hands()
    async with Standin() as other:
        found = config(tmp_path, other.url, other.url, more=line(free_port()))
        async with node(found, hands) as (memory, channels):
            channels.links.start(channels.all)
            await hear(memory, "0", "smsc")
            await send(channels, hands)
            assert await memory.messages.states() == ["sent"]
            assert [seen.form["message"] for seen in other.seen] == ["1 0"]


@pytest.mark.parametrize(
    ("plays", "state", "by_other", "taken"),
    [
        ([Status.OK], "sent", 0, 1),
        ([None], "unknown", 0, 0),
        ([Status.INVALID_DESTINATION], "failed", 0, 0),
        ([Status.SYSTEM_ERROR], "sent", 1, 0),
        ([Status.THROTTLED] * 3, "sent", 1, 0),
    ],
    ids=["taken", "no answer", "for good", "not now", "throttled"],
)
async def test_by_how_the_smsc_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    plays: list[Any],
    state: str,
    by_other: int,
    taken: int,
) -> None:
    monkeypatch.setattr("gateways.smpp.pace.FIRST", 0.01)
    hands = Hands()
    async with smsc() as one, Standin() as other:
        one.plays = plays
        async with node(config(tmp_path, other.url, other.url, more=line(one.port)), hands) as (memory, channels):
            channels.links.start(channels.all)
            await one.until(lambda: channels.links.standing()["smsc"].state == "up")
            await hear(memory, "0", "smsc", NUMBER)
            await send(channels, hands)
            hands.go(7200)
            await send(channels, hands)
            assert await memory.messages.states() == [state]
            assert (len(other.seen), len(one.taken)) == (by_other, taken)
