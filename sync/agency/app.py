"""The reference agency put together: its application, its server, and the enrolment of nodes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiohttp import web

from sync.agency import clerks, ledger, nodes
from sync.agency.book import Book, add_identity, open_book
from sync.agency.login import Login, draw_password
from sync.agency.messages import Messages
from sync.agency.pages import Pages
from sync.agency.protocol import Door
from sync.agency.settings import AgencySettings
from sync.serving import Bell

BOOK = web.AppKey("book", Book)
PASSWORD = web.AppKey("password", str)


def make_agency_app(settings: AgencySettings) -> web.Application:
    """Build the application; its database opens when it starts.

    Serve it with `auto_decompress=False` (as `serve_agency` does): a body is verified as it travelled. The protocol
    answers under the root and under /sala; the page is at the root. `app[PASSWORD]` opens the page.
    """
    app = web.Application()
    book = open_book(settings.data)
    password = settings.password.get_secret_value() or draw_password()
    bell = Bell()
    door = Door(book, settings, bell)
    app[BOOK], app[PASSWORD] = book, password
    for prefix in ("", "/sala"):
        app.add_routes(door.routes(prefix))
    if settings.bearer is not None:
        messages = Messages(book, settings.bearer)
        for prefix in ("", "/sala"):
            app.add_routes(messages.routes(prefix))
        app.add_routes(messages.gateway_routes())
    app.add_routes(Pages(book, settings, Login(password), bell).routes())
    app.add_routes([web.get("/health", _health)])
    app.cleanup_ctx.append(_opened)
    if settings.bearer is not None:
        app.cleanup_ctx.append(messages.running)

    async def release(_: web.Application) -> None:
        # A long poll would hold up the end for as long as the server is patient.
        bell.close()

    app.on_shutdown.append(release)
    return app


async def _opened(app: web.Application) -> AsyncIterator[None]:
    async with app[BOOK] as book:
        await book.do(ledger.prepare)
        yield


async def _health(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def serve_agency(
    settings: AgencySettings,
    *,
    stop: asyncio.Event | None = None,
    started: Callable[[str, str], None] | None = None,
) -> None:
    """Serve until `stop` is set, or until cancelled; `started` is told the address and the page's password.

    Raises:
        OSError: the address cannot be listened on. KeyFault: the database does not open with its key.
    """
    app = make_agency_app(settings)
    runner = web.AppRunner(app, auto_decompress=False, access_log=None, handle_signals=False, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        if started is not None:
            port = runner.addresses[0][1]
            started(settings.public_url or f"http://{settings.host}:{port}", app[PASSWORD])
        await (stop or asyncio.Event()).wait()
    finally:
        await runner.cleanup()


def public_key(folder: Path) -> str:
    """Return the agency's age public key, for `seal_to` in a node's configuration; drawn on first use."""
    return open_book(folder).opener.public


def public_keys(folder: Path, *, draw: bool = False) -> tuple[str, ...]:
    """All public keys that this agency can open, the newest first; with `draw`, after drawing a further one."""
    if draw:
        add_identity(folder)
    return open_book(folder).opener.publics


async def set_password(folder: Path, name: str, *, new: bool) -> str:
    """Give a clerk a drawn password, which is returned ("": there is such a clerk already, or none to be reset).

    Raises:
        ValueError: nobody may be called so.
    """
    if not clerks.is_name(name):
        raise ValueError(name)
    password = draw_password()
    async with open_book(folder) as book:
        done = await book.do(clerks.put, name, password, int(time.time()), new=new)
    return password if done else ""


async def close_clerk(folder: Path, name: str) -> bool:
    """Let a clerk in no more; False when there is none of this name."""
    async with open_book(folder) as book:
        return await book.do(clerks.close, name)


async def all_clerks(folder: Path) -> list[clerks.Clerk]:
    """Everybody who was ever let in."""
    async with open_book(folder) as book:
        return await book.do(clerks.everybody)


async def enrol(folder: Path, node: str, *, hub: bool = False) -> str:
    """Enrol a node (`NODE`, or `NODE/AGENCY`) in the database of `folder`, running or not; returns its secret."""
    async with open_book(folder) as book:
        return await book.do(nodes.enrol, node, hub=hub)
