"""`sala demo`: a whole channel in one process: door, phone, road, and the reference agency at the next port."""

import asyncio
import contextlib
import re
import secrets
import sys
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from typing import Final

from pydantic import SecretStr

from flows.loader import load_path
from sala import agency, config, desk, log
from sala.app import Node, node
from sala.config import Config
from sala.loops import until_told
from sala.services import LIBRARY
from sync.agency.app import enrol
from sync.agency.settings import AgencySettings

NODE: Final = "LA-DEMO-01"
CHANNEL: Final = "demo"
HOST: Final = "127.0.0.1"
PASSWORD: Final = "sala-demo"  # noqa: S105 - printed on purpose; the page shows invented people

_HEAD: Final = """\
# The demonstration's configuration, written at its first start; change it as you like.
node = "{node}"
stage = "demo"
district = "LA0901"
data = "node"
languages = ["lo", "en", "lo-Latn"]

[http]
port = {port}

[console]
port = {port}
phone = true

[log]
level = "error"

[store]
free_mb = 32
reserve_mb = 4

[channels.demo]
gateway = "africastalking"
secret = "{secret}"
username = "sandbox"
api_key = "{api_key}"
base_url = "http://127.0.0.1:{port}/phone/air"
service_codes = ["*999#"]
short_codes = ["1999"]
"""
_AGENCY: Final = """
[agencies.{name}]
connector = "native"
url = "http://127.0.0.1:{port}/sala"
secret = "{secret}"
"""


@dataclass(frozen=True, slots=True)
class Running:
    """What a demonstration consists of."""

    config: Config
    agency: str
    node: Node
    filled: bool = False


def run(port: int, data: Path, *, filled: bool = False) -> None:
    """Run it until SIGTERM or Ctrl-C; with `filled`, invented people come into its reports meanwhile.

    Raises:
        Fault: it could not start.
    """
    data.mkdir(parents=True, exist_ok=True)
    chosen = config.load(written(port, data))
    log.start(chosen.log.level)
    try:
        until_told(lambda: running(chosen, data, filled=filled), _announce)
    finally:
        log.stop()


def written(port: int, data: Path) -> Path:
    """The configuration of the demonstration in this folder, made at the first start, moved to another port later."""
    file = data / config.DEFAULT_FILE
    if file.exists():
        _move(file, port)
        return file
    text = _HEAD.format(node=NODE, port=port, secret=secrets.token_urlsafe(24), api_key=secrets.token_urlsafe(24))
    text += asyncio.run(_enrolled(data / "agency", port + 1))
    file.touch(mode=0o600)
    file.write_text(text, "utf-8")
    return file


async def _enrolled(folder: Path, port: int) -> str:
    """One office answers for all agencies; the node is enrolled for each, so that each tells of its own requests."""
    return "".join(
        [_AGENCY.format(name=name, port=port, secret=await enrol(folder, f"{NODE}/{name}")) for name in _agencies()]
    )


def _agencies() -> list[str]:
    return sorted({flow.agency for flow in load_path(LIBRARY) if flow.agency})


def _move(file: Path, port: int) -> None:
    text = file.read_text("utf-8")
    try:
        old = int(tomllib.loads(text)["http"]["port"])
    except (tomllib.TOMLDecodeError, KeyError, ValueError):
        return
    moved = re.sub(rf"\b(port = |127\.0\.0\.1:){old + 1}\b", rf"\g<1>{port + 1}.", text)
    moved = re.sub(rf"\b(port = |127\.0\.0\.1:){old}\b", rf"\g<1>{port}", moved).replace(f"{port + 1}.", f"{port + 1}")
    if moved != text:
        file.write_text(moved, "utf-8")


@contextlib.asynccontextmanager
async def running(chosen: Config, data: Path, *, filled: bool = False) -> AsyncIterator[Running]:
    """The agency first, then the node with its phone: what is printed works when it is printed."""
    office = AgencySettings(
        name="Demonstration agency",
        host=HOST,
        port=chosen.http.port + 1,
        data=data / "agency",
        password=SecretStr(PASSWORD),
    )
    async with agency.running(office), node(chosen) as built:
        await desk.demo_users(built.memory, PASSWORD)
        async with _filling(data / config.DEFAULT_FILE, wanted=filled and not await built.memory.figures.invented()):
            yield Running(chosen, agency.address(office), built, filled)


@contextlib.asynccontextmanager
async def _filling(file: Path, *, wanted: bool) -> AsyncIterator[None]:
    """Invented people, made up in a process of their own that lets everybody else go first: no key press waits."""
    if not wanted:
        yield
        return
    command = (sys.executable, "-m", "sala.invented", str(file))
    child = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


_WORDS: Final = """
Sala is running.  Stop it with Ctrl-C; what you were told is kept in {data}.

  desk     {base}/console   (users: {users}; password: {password})
  phone    {base}/phone
  agency   {agency}   (password: {password})
  figures  {base}/metrics

Four things to try
  1. On the phone dial *999#, choose ລາວ (3) or English (1), press 1: register a birth. Keep the nine digits.
     (A village: 0901005, or the first letters of its name.)
  2. At the agency, open that request and approve it, or reject it with a reason: the phone's SMS tab has the news.
  3. At the desk sign in as officer: see what waits, and open the request. As admin: the services.
  4. Hang up in the middle of a call and dial again: it goes on where you stopped. Or write BIRTH to 1999 as an SMS.
"""


_FILLED: Final = """
  The reports at the desk show invented people, made up with the real engine: they are there in a minute or two.
"""


def _announce(entered: Running) -> None:
    base = f"http://{entered.config.http.host}:{entered.config.http.port}"
    data = entered.config.data.parent
    users = ", ".join(name for name, *_ in desk.DEMO_USERS)
    said = _WORDS.format(base=base, agency=entered.agency, password=PASSWORD, data=data, users=users)
    print(said + (_FILLED if entered.filled else ""), flush=True)  # noqa: T201 - the command's output
