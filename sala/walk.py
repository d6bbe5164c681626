"""`python -m sala.walk`: follows one key press and one submission through a running node, and prints every hop.

A hop is a call from one file of ours into another. Times are microseconds of the function and all it calls, while it
runs (what an `await` waits for is not counted), with the profiler's own cost in them: they show where, not how fast.
SQL comes from SQLite's trace hook on every connection that the process opens. SQLite gives no hook for fsync; with
`synchronous = FULL` in WAL mode it makes exactly one for each commit that wrote something, so those are counted.
"""

import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

import aiohttp

from sala import agency, app, config, log
from sala.doctor import ROOMS
from sala.loops import new_loop
from store import sqlite
from sync.agency.app import enrol
from sync.agency.settings import AgencySettings

ROOT: Final = Path(__file__).resolve().parent.parent
SECRET: Final = "walk-secret-of-32-characters-000"  # noqa: S105 - of a node that lives for a second
_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "REPLACE")
_LONGEST: Final = 150
_MOST_HOPS: Final = 80


@dataclass(slots=True)
class Hop:
    """One function of ours that another file called: when it was first entered, how often, for how long."""

    room: str
    name: str
    depth: int
    calls: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Recorder:
    """What happened while it was on."""

    on: bool = False
    hops: dict[str, Hop] = field(default_factory=dict)
    sql: list[str] = field(default_factory=list)
    commits: int = 0
    _wrote: dict[int, bool] = field(default_factory=dict)
    _open: list[tuple[str, float]] = field(default_factory=list)

    def statement(self, connection: int, text: str) -> None:
        """Take one statement as SQLite runs it."""
        words = " ".join(text.split())
        verb = words.partition(" ")[0].upper()
        if verb in _WRITES or words.upper().startswith("WITH"):
            self._wrote[connection] = True
        committed = verb == "COMMIT" and self._wrote.pop(connection, False)
        if self.on:
            self.sql.append(words)
            self.commits += committed

    def profile(self, frame: FrameType, event: str, _argument: object) -> None:
        """Take one call or return."""
        if event not in {"call", "return"}:
            return
        place = _place(frame)
        if place is None:
            return
        name, room = place
        if event == "call":
            caller = frame.f_back
            if caller is not None and caller.f_code.co_filename == frame.f_code.co_filename:
                return
            hop = self.hops.setdefault(name, Hop(room, name, len(self._open)))
            hop.calls += 1
            self._open.append((name, time.perf_counter()))
        elif self._open and self._open[-1][0] == name:
            _, started = self._open.pop()
            self.hops[name].seconds += time.perf_counter() - started

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Take everything in between."""
        self.hops.clear()
        self.sql.clear()
        self.commits, self.on = 0, True
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            self.on = False
            self._open.clear()


def _place(frame: FrameType) -> tuple[str, str] | None:
    file = frame.f_code.co_filename
    if not file.startswith(str(ROOT)) or file == __file__:
        return None
    parts = Path(file).relative_to(ROOT).parts
    if parts[0] not in ROOMS:
        return None
    module = "/".join(parts[1:]).removesuffix(".py")
    return f"{module}.{frame.f_code.co_qualname}", parts[0]


RECORDER: Final = Recorder()


def _watched(file: Path, key: bytes, **more: Any) -> Any:
    link = _open_keyed(file, key, **more)
    link.set_trace_callback(lambda text: RECORDER.statement(id(link), text))
    return link


_open_keyed = sqlite.open_keyed


def main() -> int:
    """Print the walk."""
    sqlite.open_keyed = _watched
    log.start("error")
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_walk(Path(folder)))
    return 0


async def _walk(folder: Path) -> None:
    office = AgencySettings(data=folder / "agency", port=_free_port())
    secret = await enrol(office.data, "WALK")
    chosen = config.Config(
        node="WALK",
        district="LA0901",
        data=folder / "node",
        languages=("en",),
        services=(Path("flows/library"),),
        http={"port": _free_port()},
        console={"port": _free_port()},
        log={"level": "error"},
        store={"free_mb": 0, "reserve_mb": 0},
        channels={"at": _channel()},
        agencies={"civil-registry": {"connector": "native", "url": f"{agency.address(office)}/sala", "secret": secret}},
    )
    async with agency.running(office), app.node(chosen) as node, aiohttp.ClientSession() as client:
        await _key_presses(client, f"http://127.0.0.1:{chosen.http.port}/gateways/at/{SECRET}/ussd", node)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _channel() -> dict[str, Any]:
    return {"gateway": "africastalking", "secret": SECRET, "username": "w", "api_key": "w", "service_codes": ["*999#"]}


async def _press(client: aiohttp.ClientSession, url: str, text: str) -> str:
    form = {"sessionId": "walk", "phoneNumber": "+8562055512345", "serviceCode": "*999#", "text": text}
    async with client.post(url, data=form) as answer:
        return await answer.text()


_ANSWERS: Final = ("1", "1", "1", "1", "{today}", "1", "1", "1", "1", "0901005", "Kham La", "27")
"""English, register a birth, the notice, and nine answers; what follows sends it."""


async def _key_presses(client: aiohttp.ClientSession, url: str, node: app.Node) -> None:
    today = time.strftime("%d%m%Y")
    text = ""
    screen = await _press(client, url, text)
    for number, typed in enumerate(_ANSWERS):
        text = f"{text}*{typed}".strip("*").replace("{today}", today)
        if number == _SHOWN:
            with RECORDER.recording():
                screen = await _press(client, url, text)
            _show("one key press: the sex of the child", screen)
        else:
            screen = await _press(client, url, text)
    with RECORDER.recording():
        screen = await _press(client, url, f"{text}*1")
        await _delivered(node)
    _show("one submission: the key that sends it, and its way to the agency", screen)


_SHOWN: Final = 5
_PATIENCE: Final = 200


async def _delivered(node: app.Node) -> None:
    for _ in range(_PATIENCE):
        if any(counters.accepted for counters in node.road.counters.values()):
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the agency did not take the submission")


def _show(title: str, screen: str) -> None:
    lines = [f"== {title}", f"   {screen.splitlines()[0]}", "", f"{'us':>8} {'calls':>5}  room    function"]
    hops = list(RECORDER.hops.values())
    lines += [
        f"{hop.seconds * 1e6:8.0f} {hop.calls:5d}  {hop.room:6}  {'  ' * min(hop.depth, 12)}{hop.name}"
        for hop in hops[:_MOST_HOPS]
    ]
    rooms = " -> ".join(dict.fromkeys(hop.room for hop in hops))
    lines += ["", f"{len(hops)} hops through {rooms}", "", "SQL"]
    lines += [f"   {text[:_LONGEST]}" for text in RECORDER.sql]
    lines += ["", f"{len(RECORDER.sql)} statements, {RECORDER.commits} commits that wrote: as many fsyncs", ""]
    print("\n".join(lines))  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
