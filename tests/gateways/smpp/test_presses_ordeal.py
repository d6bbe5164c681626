"""Key presses over a real SMSC (npm `smpp`), either side killed in mid-traffic: each registration exactly once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.flows.engine_kit import LIBRARY
from tests.gateways.smpp.careless import ANSWER
from tests.gateways.smpp.handsets import Phone, phones
from tests.gateways.smpp.ordeal import Ordeal, ordeal
from tests.gateways.smpp.replay import Verdict, verdict
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PHONES = 8
PRESSES = 15
"""Of one registration, at least."""
TABLES = "".join(f'{path.stem} = "{path}"\n' for path in sorted((LIBRARY / "tables").glob("*.csv")))
TOP = f'services = ["{LIBRARY}"]\n[tables]\n{TABLES}'


@contextlib.asynccontextmanager
async def network(
    folder: Path, dialect: str, count: int, *options: str, **more: Any
) -> AsyncIterator[tuple[Ordeal, list[Phone], "asyncio.Future[Any]"]]:
    """The two processes, and phones that begin at once."""
    radio = free_port()
    settings = f'ussd = "{dialect}"\nservice_codes = ["*999#"]\nreply_deadline = 60\n'
    options = ("--window=8", f"--ussd={dialect}", f"--radio={radio}", *options)
    async with (
        ordeal(folder, options=list(options), settings=settings, top=TOP, **more) as one,
        phones(radio, count, dialect) as (made, walking),
    ):
        yield one, made, walking


async def finished(one: Ordeal, walking: "asyncio.Future[Any]") -> Verdict:
    """The verdict when everybody has a reference and the SMSC has nothing left to deliver."""
    async with asyncio.timeout(480):
        await walking
    pressed = {entry["pressed"] for entry in one.journal() if "pressed" in entry}
    await one.until(lambda: pressed <= one.acknowledged())
    return await verdict(one)


@pytest.mark.parametrize("dialect", ["generic", "sixdee"])
async def test_kill_of_either_side(tmp_path: Path, dialect: str) -> None:
    async with network(tmp_path, dialect, PHONES) as (one, made, walking):
        for turn, killed in enumerate((one.node, one.smsc) * 2):
            least = PHONES * PRESSES * (1 + turn) // 5
            await one.until(lambda least=least: len(one.acknowledged()) >= least)  # type: ignore[misc]
            await killed.end()
            await killed.start()
        found = await finished(one, walking)
        told = {phone.number: phone.told for phone in made}
        rows = await one.rows("SELECT number, reference FROM request")
    assert (found.lost, found.doubled, found.strange, found.submissions) == (0, 0, [], []), found
    # Where each press has a number of its own, none is ever taken for a copy.
    assert dialect != "generic" or not found.again
    # Each has one request, and it is the one that she was told.
    assert sorted((str(number), f"{reference:09}") for number, reference in rows) == sorted(told.items())
    assert sum(phone.lost for phone in made) > 0


async def test_an_smsc_that_forgets_acknowledgements(tmp_path: Path) -> None:
    """Every ninth press comes twice, over another connection."""
    async with network(tmp_path, "sixdee", 4, "--forget=9") as (one, _, walking):
        found = await finished(one, walking)
    assert found == Verdict(again=found.again)


async def test_the_verdict_would_see_a_double(tmp_path: Path) -> None:
    """The control: a node that takes what comes again for another press."""
    async with network(tmp_path, "sixdee", 4, "--forget=9", how=["nameless"]) as (one, _, walking):
        assert (await finished(one, walking)).doubled > 0


async def test_the_verdict_would_see_a_loss(tmp_path: Path) -> None:
    """The control: a node that acknowledges an answer first and commits it later, killed in between."""

    def answered() -> bool:
        acknowledged = one.acknowledged()
        return any(
            entry["pressed"] in acknowledged and is_answer(entry) for entry in one.journal() if "pressed" in entry
        )

    async with network(tmp_path, "generic", 2, how=["hasty"]) as (one, _, walking):
        await one.until(answered)
        await one.node.end()
        one.node.command[one.node.command.index("hasty")] = "nothing"
        await one.node.start()
        assert (await finished(one, walking)).lost > 0


def is_answer(entry: Mapping[str, Any]) -> bool:
    return entry["op"] == "input" and len(entry["text"]) >= ANSWER
