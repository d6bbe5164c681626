"""The reference agency for the commands: its configuration, its server, the enrolment of a node."""

import asyncio
import contextlib
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from flows.errors import ConfigFault
from sala import log, sockets
from sala.config import fault_of
from sala.loops import until_told
from sync.agency import bundles
from sync.agency.app import PASSWORD, make_agency_app, public_key
from sync.agency.app import enrol as enrol_node
from sync.agency.book import open_book
from sync.agency.bundles import Taken
from sync.agency.settings import AgencySettings

DEFAULT_FILE: Final = "agency.toml"
_FAREWELL: Final = 3.0


def settings(path: Path | None, **over: Any) -> AgencySettings:
    """The agency's settings from a file (default ./agency.toml, which may be missing), under what was given by option.

    Raises:
        ConfigFault: one sentence that names key, file and line.
    """
    file = path or Path(DEFAULT_FILE)
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        if path is not None:
            raise ConfigFault(f"{file}: no such file", hint="without --config the defaults do") from None
        text = ""
    try:
        return AgencySettings.model_validate({**over, **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as broken:
        raise ConfigFault(f"{file}: not TOML: {broken}", hint="mend the line") from None
    except ValidationError as wrong:
        raise fault_of(wrong.errors(include_url=False, include_input=False)[0], (), file, text) from None


@contextlib.asynccontextmanager
async def running(chosen: AgencySettings) -> AsyncIterator[str]:
    """A running agency; gives the password of its page.

    Raises:
        BusyFault: the port is taken. KeyFault: its database does not open with its key.
    """
    bound = sockets.bind(chosen.host, chosen.port, "agency")
    try:
        app = make_agency_app(chosen)
        # A body is verified as it travelled, so nothing may unpack it on the way.
        runner = web.AppRunner(app, auto_decompress=False, access_log=None, shutdown_timeout=_FAREWELL)
        await runner.setup()
        try:
            await web.SockSite(runner, bound).start()
            yield app[PASSWORD]
        finally:
            await runner.cleanup()
    finally:
        bound.close()


def serve(path: Path | None, port: int, data: Path) -> None:
    """Run the agency until SIGTERM or Ctrl-C."""
    chosen = settings(path, port=port, data=data)
    log.start()

    def announce(password: str) -> None:
        print(f"The agency is at {address(chosen)}  (password: {password})", flush=True)  # noqa: T201 - for its operator

    try:
        until_told(lambda: running(chosen), announce)
    finally:
        log.stop()


def address(chosen: AgencySettings) -> str:
    """Where nodes and browsers reach it."""
    return chosen.public_url or f"http://{chosen.host}:{chosen.port}"


def enrol(path: Path | None, data: Path, node: str, url: str, *, hub: bool = False) -> str:
    """Draw a node's secret; the block for its sala.toml. A `hub` may deliver for other nodes."""
    chosen = settings(path, data=data)
    secret = asyncio.run(enrol_node(chosen.data, node, hub=hub))
    where = chosen.public_url or url
    head = "[agencies.NAME]  # the `agency:` of the flows"
    sealed = f'# seal_to = ["{public_key(chosen.data)}"]  # with this, only the agency can read the bodies'
    return "\n".join((head, 'connector = "native"', f'url = "{where}/sala"', f'secret = "{secret}"', sealed))


def read_bundles(path: Path | None, data: Path, folder: Path) -> tuple[list[str], bool]:
    """Take the bundles in `folder` and write receipts beside them: a line each, and whether one was of no use."""
    taken = asyncio.run(_read_bundles(settings(path, data=data).data, folder))
    return [_taken(one) for one in taken], any(one.problem for one in taken)


async def _read_bundles(data: Path, folder: Path) -> tuple[Taken, ...]:
    async with open_book(data) as book:
        return await bundles.read_bundles(book, folder)


def _taken(one: Taken) -> str:
    if one.problem:
        return f"{one.path}: {one.problem}"
    counts = f"{one.records} requests, {one.accepted} new, {one.duplicates} known, {one.others} others"
    return "\n".join([f"{one.path}: {one.node}: {counts}; receipt {one.receipt}", *one.notes])
