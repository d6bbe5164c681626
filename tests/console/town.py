"""Citizens and an agency for the desk's tests: requests by the dozen, refusals, decisions, links that break."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

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
