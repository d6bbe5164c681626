"""The whole node with its agency: from a decision over the question and its answers to a figure in the report."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from sala import config as configuration
from sala import demo
from tests.console.conftest import Site
from tests.console.test_upkeep import page
from tests.console.town import Registry, births, soon
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PLEASED = [f"+856205551560{n}" for n in range(5)]
OTHERS = [f"+856205551561{n}" for n in range(5)]
BY_KEYS = OTHERS[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A demonstration that asks at once, at any hour of the day."""
    folder = tmp_path_factory.mktemp("asking")
    port = free_port()
    file = await asyncio.to_thread(demo.written, port, folder)
    text = file.read_text("utf-8").replace("[store]\n", "[store]\nquiet = [0, 0]\n", 1)
    file.write_text(f"{text}\n[feedback]\nafter_hours = 0\n", "utf-8")
    async with demo.running(configuration.load(file), folder) as running:
        yield Site(f"http://127.0.0.1:{port}", running.node, folder)


async def inbox(site: Site, number: str) -> list[str]:
    async with site.client(None) as http, http.get("/phone/inbox", params={"number": number}) as answer:
        return [one["text"] for one in await answer.json()]


async def write(site: Site, number: str, text: str) -> str:
    """Send a message; what comes back."""
    before = len(await inbox(site, number))
    async with site.client(None) as http:
        said = {"number": number, "to": "1999", "text": text}
        async with http.post("/phone/send", json=said) as answer:
            assert answer.status == 200

    async def came() -> list[str]:
        return (await inbox(site, number))[before:]

    return str((await soon(came, f"an answer to {text}"))[-1])


async def dial(site: Site, number: str, keys: Sequence[str]) -> str:
    """Dial and press; a key may be the words of a menu's line, which is looked for on its pages."""
    typed: list[str] = []
    session = f"r{time.monotonic_ns()}"
    async with site.client(None) as http:

        async def press() -> str:
            said = {"number": number, "code": "*999#", "session": session, "text": "*".join(typed)}
            async with http.post("/phone/press", json=said) as answer:
                return str((await answer.json())["text"])

        shown = await press()
        for key in keys:
            while not key.isdigit() and key not in shown:
                typed.append("9")
                shown = await press()
            found = (line.split()[0] for line in shown.splitlines() if key in line)
            typed.append(key if key.isdigit() else next(found))
            shown = await press()
    return shown


async def travel(site: Site, statement: str) -> None:
    """Days pass for these rows."""

    async def run(database: Any) -> None:
        await database.begin()
        await database.rows(statement)

    await site.memory.writer.do(run)


async def test_from_the_decision_to_the_figure(asking: Site) -> None:
    numbers = [*PLEASED, *OTHERS]
    references = await births(asking, numbers)
    registry = Registry(asking)
    for reference in references:
        await registry.decide(reference, "approved")

    async def decided() -> bool:
        count = await asking.memory._reading.rows("SELECT count(*) FROM request WHERE status = 'approved'")
        return bool(count[0][0] == len(numbers))

    await soon(decided, "the decisions")
    await asking.memory.ratings.round()
    for number, reference in zip(numbers, references, strict=True):

        async def asked(number: str = number) -> list[str]:
            return [text for text in await inbox(asking, number) if "1 bad ... 5 very good" in text]

        spoken = f"{reference[:3]} {reference[3:6]} {reference[6:]}"
        assert await soon(asked, "the question") == [f"Service {spoken}: how was it? 1 bad ... 5 very good"]

    for number in PLEASED:
        assert (await write(asking, number, "5")).startswith("Thank you.")
    why = await dial(asking, BY_KEYS, ["My requests", "1", "Say how it went", "2"])
    assert "1 Slow" in why
    shown = await dial(asking, BY_KEYS, ["My requests", "1"])
    assert "Say how it went" not in shown, "the first mark counts"

    counting = asking.memory.figures.counting
    for number in OTHERS[1:]:
        assert "1 Slow" in await write(asking, number, "3")
        assert (await write(asking, number, "1")).startswith("Thank you.")
    await travel(asking, "UPDATE rating SET until = until - 30 * 86400")
    await counting.round()
    assert await asking.memory._reading.rows("SELECT count(*) FROM rating") == [(0,)], "whose mark it was is forgotten"
    await counting.tell(counting.day(asking.memory.clock.steady()), 0)
    rows = await asking.memory._reading.rows("SELECT what, n FROM figure WHERE family = '' AND what LIKE '%pleased'")
    assert sorted(rows) == [("displeased", 5), ("pleased", 5)]
    admin = await asking.person("admin")
    for path in ("/reports", "/feedback"):
        assert "How it went, after a decision" in (await page(asking, admin, path))[1], path
    async with asking.client(None) as http, http.get("/metrics") as answer:
        figures = await answer.text()
    assert 'sala_feedback_total{what="asked"} 10' in figures
    assert 'sala_feedback_total{what="answered"} 10' in figures
