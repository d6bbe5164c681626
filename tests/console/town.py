"""Citizens and an agency for the desk's tests: births by phone, refusals and decisions, a line that breaks."""

import asyncio
import contextlib
import csv
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import aiohttp

from sala.app import Node
from sala.demo import PASSWORD
from sync.faults import Away
from sync.sizing import Sizing
from tests.console.conftest import Site
from tests.sala.test_serve import answer_to

PATIENCE = 60.0


async def soon(find: Callable[[], Awaitable[Any]], what: str = "it") -> Any:
    """What `find` finds, within a minute."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := await find():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not come")


async def births(site: Site, numbers: Sequence[str], language: str = "English") -> list[str]:
    """Birth registrations dialled on the demonstration's phone; their references."""
    references = []
    async with site.client(None) as http:
        for number in numbers:
            typed: list[str] = []
            while True:
                said = {"number": number, "code": "*999#", "session": f"s{number}", "text": "*".join(typed)}
                async with http.post("/phone/press", json=said) as answer:
                    shown = await answer.json()
                if shown["end"]:
                    break
                first = next((line.split()[0] for line in shown["text"].split("\n") if language in line), "")
                typed.append(first if not typed else answer_to(shown["text"]))
            digits = [part for part in shown["text"].replace(".", " ").split() if part.isdigit() and len(part) == 3]
            references.append("".join(digits[:3]))
    return references


class Registry:
    """The clerk at the agency's own page."""

    def __init__(self, site: Site) -> None:
        port = int(site.base.rpartition(":")[2]) + 1
        self._base = f"http://127.0.0.1:{port}"

    @contextlib.asynccontextmanager
    async def _in(self) -> AsyncIterator[aiohttp.ClientSession]:
        async with aiohttp.ClientSession(self._base, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            async with http.post("/login", data={"password": PASSWORD}) as answer:
                assert answer.status == 200
            yield http

    async def references(self) -> list[str]:
        """Every request that it has, newest revision or not."""
        async with self._in() as http, http.get("/requests.csv") as answer:
            rows = list(csv.DictReader((await answer.text()).lstrip("\ufeff").splitlines()))
        first = next(iter(rows[0])) if rows else ""
        return ["".join(row[first].split()) for row in rows]

    async def decide(self, reference: str, status: str, **more: str) -> None:
        async with self._in() as http:

            async def page() -> str:
                async with http.get("/", params={"reference": reference}) as answer:
                    found = re.search(r'href="(/requests/\d+)"', await answer.text())
                    return found[1] if found else ""

            where = await soon(page, f"{reference} at the agency")
            async with http.get(where) as answer:
                token = re.search(r'name="token" value="([^"]+)"', await answer.text())
            assert token
            async with http.post(where, data={"token": token[1], "status": status, **more}) as answer:
                assert answer.status == 200


class Wire:
    """The line between the node and one agency. Cut, it loses every request; mended, the next one goes at once."""

    def __init__(self, node: Node, agency: str) -> None:
        self._worker = node.road.workers[agency]
        self._connector: Any = self._worker._connector
        self._deliver = self._connector.deliver
        self._left = 0
        self._pushes = node.memory.pushes

    async def _tried(self, batch: Any) -> Any:
        # Only a press gets through, so that no try of the node's own takes its place.
        if self._left == 0 or await self._pushes.open() is None:
            raise Away("the line is cut")
        self._left -= 1
        return await self._deliver(batch)

    def cut(self, after: int = 0) -> None:
        """From now on; but for so many batches of the next press."""
        self._left = after
        self._worker.sizing = Sizing(size=1, most=1)
        self._connector.deliver = self._tried

    def mend(self, *, resume: bool = True) -> None:
        """The line holds; with `resume` the node tries it at once."""
        self._connector.deliver = self._deliver
        self._worker.sizing = Sizing()
        if resume:
            self._worker.resume()

    @property
    def is_down(self) -> bool:
        return self._worker.breaker.position == "open"
