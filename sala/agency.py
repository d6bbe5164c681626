"""The reference agency for the commands: its configuration, its server, the enrolment of a node."""

import asyncio
import contextlib
import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from flows.errors import ConfigFault
from sala import log, sockets
from sala.config import NODE_NAME, fault_of
from sala.loops import until_told
from sync.agency import bundles, clerks
from sync.agency.app import BOOK, PASSWORD, all_clerks, make_agency_app, public_key, public_keys, set_password
from sync.agency.app import close_clerk as shut
from sync.agency.app import enrol as enrol_node
from sync.agency.book import open_book
from sync.agency.bundles import Taken
from sync.agency.desk import moment
from sync.agency.sealed import write_identity
from sync.agency.settings import AgencySettings
from sync.signing import fingerprint, key_of

DEFAULT_FILE: Final = "agency.toml"
_NAME: Final = re.compile(rf"{NODE_NAME}(/[A-Za-z0-9._-]{{1,40}})?")
_FAREWELL: Final = 3.0


def settings(path: Path | None, **over: Any) -> AgencySettings:
    """The agency's settings from a file (default ./agency.toml, which may be missing); a given option wins over it.

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
        return AgencySettings.model_validate(
            tomllib.loads(text) | {key: one for key, one in over.items() if one is not None}
        )
    except tomllib.TOMLDecodeError as broken:
        raise ConfigFault(f"{file}: not TOML: {broken}", hint="mend the line") from None
    except ValidationError as wrong:
        raise fault_of(wrong.errors(include_url=False, include_input=False)[0], (), file, text) from None


@contextlib.asynccontextmanager
async def running(chosen: AgencySettings) -> AsyncIterator[str]:
    """A running agency; gives the password of its page, empty when its clerks have their own.

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
            # An office whose clerks have passwords of their own has none that all know.
            shared = await app[BOOK].do(clerks.stands, "", b"")
            yield app[PASSWORD] if shared else ""
        finally:
            await runner.cleanup()
    finally:
        bound.close()


def serve(path: Path | None, port: int | None, data: Path | None) -> None:
    """Run the agency until SIGTERM or Ctrl-C."""
    chosen = settings(path, port=port, data=data)
    log.start()

    def announce(password: str) -> None:
        how = f"password: {password}" if password else "clerks sign in with their own passwords"
        print(f"The agency is at {address(chosen)}  ({how})", flush=True)  # noqa: T201 - for its operator

    try:
        until_told(lambda: running(chosen), announce)
    finally:
        log.stop()


def address(chosen: AgencySettings) -> str:
    """Where nodes and browsers reach it."""
    return chosen.public_url or f"http://{chosen.host}:{chosen.port}"


def enrol(path: Path | None, data: Path | None, node: str, url: str, *, hub: bool = False) -> str:
    """Draw a node's secret; the block for its sala.toml. A `hub` may deliver for other nodes."""
    if not _NAME.fullmatch(node):
        raise ConfigFault(f"{node}: not a node's name", hint="as in its sala.toml: LA-XK-03; or LA-XK-03/AGENCY")
    chosen = settings(path, data=data)
    secret = asyncio.run(enrol_node(chosen.data, node, hub=hub))
    where = chosen.public_url or url
    head = "[agencies.NAME]  # the `agency:` of the flows"
    public = public_key(chosen.data)
    sealed = f'# seal_to = ["{public}"]  # with this, only the agency can read the bodies'
    prints = (
        f"# fingerprints, to be compared by telephone: secret {fingerprint(key_of(secret))}, seal {fingerprint(public)}"
    )
    return "\n".join((head, 'connector = "native"', f'url = "{where}/sala"', f'secret = "{secret}"', sealed, prints))


def keys(path: Path | None, data: Path | None, *, draw: bool) -> list[str]:
    """The agency's public keys, the one to seal to first; with `draw`, a new one is drawn before."""
    publics = public_keys(settings(path, data=data).data, draw=draw)
    line = f'seal_to = ["{publics[0]}"]  # in the node\'s [agencies.NAME]: bodies are sealed when they are taken in'
    told = f"# fingerprint, to be compared by telephone: {fingerprint(publics[0])}"
    return [line, told, *(f"# older, still opened: {one}  ({fingerprint(one)})" for one in publics[1:])]


def officer_key(file: Path) -> str:
    """Make a key pair for officers who are to see sealed bodies; what to keep where."""
    public = write_identity(file)
    return (
        f"{file}: the officers' secret key; it opens bodies: sala review show REF --key {file}\n"
        f'add "{public}" to seal_to, beside the agency\'s own key'
    )


def add_clerk(path: Path | None, data: Path | None, name: str, *, new: bool) -> str:
    """Add a clerk, or give one another password; the password, which is kept nowhere.

    Raises:
        ConfigFault: nobody may be called so, there is one already, or there is none.
    """
    try:
        password = asyncio.run(set_password(settings(path, data=data).data, name, new=new))
    except ValueError:
        said = "1 to 40 letters, digits, blanks, dots and hyphens"
        raise ConfigFault(f"{name!r}: no name for a clerk", hint=said) from None
    if not password:
        known = "there is a clerk of this name; reset gives another password" if new else "there is no clerk"
        raise ConfigFault(f"{name}: {known}", hint="see: sala agency user list")
    return password


def close_clerk(path: Path | None, data: Path | None, name: str) -> None:
    """Let a clerk in no more.

    Raises:
        ConfigFault: there is none of this name.
    """
    if not asyncio.run(shut(settings(path, data=data).data, name)):
        raise ConfigFault(f"{name}: there is no clerk", hint="see: sala agency user list")


def clerk_rows(path: Path | None, data: Path | None) -> list[tuple[str, str, str]]:
    """Name, state and when the password was set, of every clerk."""
    found = asyncio.run(all_clerks(settings(path, data=data).data))
    return [(one.name, "closed" if one.closed else "open", moment(one.at)) for one in found]


def read_bundles(path: Path | None, data: Path | None, folder: Path) -> tuple[list[str], bool]:
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
