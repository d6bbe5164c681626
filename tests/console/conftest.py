"""A whole node with its agency and its desk in this process, browsers in front of it, and people who are signed in."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from console.cookies import COOKIE, LANGUAGE
from sala import config as configuration
from sala import demo
from sala.app import Node
from store.memory import Memory
from store.scope import EVERYTHING, Scope
from store.users import Newcomer
from tests.ports import free_port

CHROMIUM = shutil.which("chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = ViewportSize(width=1280, height=860)
NARROW = ViewportSize(width=390, height=844)


@dataclass
class Person:
    """Somebody who is signed in, without a browser."""

    name: str
    cookie: str
    token: str


@dataclass
class Site:
    """The running node, and how to sign in there."""

    base: str
    node: Node
    folder: Path
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def memory(self) -> Memory:
        return self.node.memory

    async def person(self, role: str, scope: Scope = EVERYTHING) -> Person:
        """Somebody with this one role and scope; made at the first time."""
        key = f"{role}-{'-'.join(scope.districts)}-{'-'.join(scope.agencies)}".lower().replace("*", "all")
        if key not in self.people:
            await self.memory.users.add(
                Newcomer(key, "", [role], scope, shown=role.capitalize(), fresh=False), by="test"
            )
            cookie, token = await self.memory.users.enter(key, "test", "test")
            self.people[key] = Person(key, cookie, token)
        return self.people[key]

    @contextlib.asynccontextmanager
    async def client(self, person: Person | None, language: str = "en") -> AsyncIterator[aiohttp.ClientSession]:
        """A plain client with this person's cookie; answers are not followed."""
        jar = aiohttp.CookieJar(unsafe=True)
        cookies = {LANGUAGE: language} | ({COOKIE: person.cookie} if person else {})
        async with aiohttp.ClientSession(self.base, cookies=cookies, cookie_jar=jar) as http:
            yield http


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("desk")
    port = free_port()
    written = await asyncio.to_thread(demo.written, port, folder)
    config = configuration.load(written)
    async with demo.running(config, folder) as running:
        yield Site(f"http://127.0.0.1:{port}", running.node, folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; where it is missing, CI fails and others are told what to install."""
    if not CHROMIUM:
        reason = "no Chromium: sh deploy/peers.sh (as root), or apt-get install chromium fonts-lao fonts-noto-core"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield started
        await started.close()


SignedIn = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def signed_in(site: Site, browser: Browser) -> AsyncIterator[SignedIn]:
    """`await signed_in("officer", language="lo", size=NARROW, scope=Scope(...))` gives a browser's page."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(
            role: str,
            *,
            language: str = "en",
            size: ViewportSize = WIDE,
            scope: Scope = EVERYTHING,
            script: bool = True,
        ) -> Page:
            person = await site.person(role, scope)
            context = await browser.new_context(
                base_url=site.base, viewport=size, java_script_enabled=script, locale="en-GB"
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(60_000)
            cookies = {COOKIE: person.cookie, LANGUAGE: language}
            await context.add_cookies(
                [{"name": name, "value": value, "url": site.base} for name, value in cookies.items()]
            )
            return await context.new_page()

        yield make
