"""A real SMSC (npm `smpp`) and a real node, killed in mid-traffic: nothing is lost, and nothing comes twice."""

import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests.gateways.smpp.ordeal import Ordeal, ordeal, outbox, verdict

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PHONES = 150


def enough(one: Ordeal, least: int) -> bool:
    return len(one.acknowledged()) >= least


async def until_done(one: Ordeal, count: int) -> None:
    await one.until(lambda: len(one.acknowledged()) == count)
    await one.settled()


@pytest.mark.parametrize(("peer", "phones", "kills"), [("npm", PHONES, 2), ("smpp34", PHONES // 2, 1)])
async def test_kill_of_either_side(tmp_path: Path, peer: str, phones: int, kills: int) -> None:
    """Kills of the node and of the SMSC, which is another library's each time."""
    outbox(tmp_path / "outbox", phones)
    options = ["--window=8", *(["--throttle=9"] if peer == "npm" else [])]
    async with ordeal(tmp_path, options=options, peer=peer) as one:
        for turn, killed in enumerate((one.node, one.smsc) * kills):
            await one.until(partial(enough, one, (1 + 2 * turn) * phones // 10))
            await killed.end()
            await killed.start()
        await until_done(one, phones)
        found = await verdict(one, phones)
    assert (found.lost_in, found.doubled_in, found.lost_out, found.doubled_out) == (0, 0, 0, 0), found
    # Nobody knows of those that were under way when a side died, at most a window each time.
    assert found.open < phones / 2


async def test_an_smsc_that_forgets_acknowledgements_gets_one_answer_for_each_message(tmp_path: Path) -> None:
    outbox(tmp_path / "outbox", 40)
    async with ordeal(tmp_path, options=["--window=4", "--forget=7"]) as one:
        await until_done(one, 40)
        found = await verdict(one, 40)
    assert (found.lost_in, found.doubled_in, found.doubled_out) == (0, 0, 0), found


async def test_the_verdict_would_see_a_double(tmp_path: Path) -> None:
    """The control: a node that takes what comes again for another message."""
    outbox(tmp_path / "outbox", 40)
    async with ordeal(tmp_path, options=["--window=4", "--forget=7"], how=["nameless"]) as one:
        await until_done(one, 40)
        assert (await verdict(one, 40)).doubled_in > 0


async def test_the_verdict_would_see_a_loss(tmp_path: Path) -> None:
    """The control: a node that acknowledges first and commits later, killed in between."""
    outbox(tmp_path / "outbox", 20)
    async with ordeal(tmp_path, how=["hasty"]) as one:
        await one.until(lambda: len(one.acknowledged()) == 20)
        await one.node.end()
        await one.node.start()
        await one.until(lambda: one.binds() == 2)
        assert (await verdict(one, 20)).lost_in > 0


async def test_a_stop_is_clean(tmp_path: Path) -> None:
    outbox(tmp_path / "outbox", 60)
    async with ordeal(tmp_path, options=["--window=4"]) as one:
        await one.until(lambda: len(one.acknowledged()) >= 10)
        began = time.monotonic()
        await one.node.end(signal.SIGTERM)
        took = time.monotonic() - began
        await one.node.start()
        await until_done(one, 60)
        found = await verdict(one, 60)
    assert (found.lost_in, found.doubled_in, found.lost_out, found.doubled_out, found.open) == (0, 0, 0, 0, 0), found
    assert took < 60
