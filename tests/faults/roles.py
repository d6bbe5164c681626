"""What a child of the nursery can be: a node, an agency with an officer who approves everything, a load on a disk."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

import sala.app
import sala.config
from sala import plugs, services
from store import memory, writer
from sync import backoff, service, worker
from sync.agency import AgencySettings, intake, make_agency_app, protocol
from sync.agency.app import BOOK
from sync.agency.decisions import Decision, decide
from tests.faults import points as failpoints
from tests.faults.load import load
from tests.faults.points import Points

SERVICE: Final = Path(__file__).parents[1] / "flows" / "good" / "water.yaml"
HURRY: Final = 25.0
"""How much faster than in life a node of these tests comes back to what has failed."""


def _prepared() -> services.Prepared:
    config = sala.config.Config(
        node="LA-TEST-01",
        languages=["lo", "en"],
        services=[SERVICE],
        channels={"at": {"gateway": "africastalking", "secret": "x" * 16, "username": "x", "api_key": "x"}},
    )
    return services.prepare(config, plugs.channels(config))


# Read and checked once, before the first fork: a node that starts a thousand times reads the same flow each time.
PREPARED: Final = _prepared()


def hurry() -> None:
    """Shorten every wait and every round; what is decided stays as it is."""
    memory.TICK, worker.IDLE, service.LAPSE_EVERY = 0.2, 0.04, 0.4  # type: ignore[misc]
    inner = backoff.wait
    backoff.wait = lambda failures, chance, cap=backoff.CAP: inner(failures, chance, cap) / HURRY


def node(folder: str, *, control: str = "") -> None:
    """`sala serve` in `folder`, with failpoints; as a control it answers phones before it has committed."""
    if control == "early":
        _answer_early()
    _serve(Path(folder), Points(Path(folder), "node"))


def hub(folder: str, *, control: str = "") -> None:
    """`sala serve` in the folder `hub`, with failpoints."""
    assert not control
    _serve(Path(folder) / "hub", Points(Path(folder), "hub"))


def _serve(home: Path, points: Points) -> None:
    services.prepare = lambda *_: PREPARED
    hurry()
    failpoints.arm_node(points)
    sala.app.serve(sala.config.load(home / "sala.toml"))


def _answer_early() -> None:
    inner = writer.Writer._attempt

    async def early(self: Any, asks: Any, works: Any) -> Any:
        commit = self._database.commit

        async def late() -> None:
            for ask in asks:
                if not ask.future.done() and ask.refusal is None and ask.outcome is not None:
                    ask.future.set_result(ask.outcome)
            await asyncio.sleep(0.05)
            await commit()

        self._database.commit = late
        try:
            return await inner(self, asks, works)
        finally:
            self._database.commit = commit

    writer.Writer._attempt = early  # type: ignore[method-assign]


def agency(folder: str, port: int, *, control: str = "", clock: float = 0.0) -> None:
    """The reference agency, with failpoints; as a control it stores effect and inbox in two transactions."""
    points = Points(Path(folder), "agency")
    failpoints.arm_agency(points)
    vars(protocol)["LOOK_EVERY"] = 0.02
    if control == "careless":
        _without_inbox(points)
    asyncio.run(_agency(Path(folder), port))


def _without_inbox(points: Points) -> None:
    inner: Callable[..., Any] = intake._store

    def careless(connection: Any, *given: Any) -> Any:
        stored = inner(connection, *given)
        connection.execute("COMMIT")
        points.hit("effect")
        connection.execute("BEGIN IMMEDIATE")
        return stored

    intake._store = careless  # type: ignore[assignment]


async def _agency(folder: Path, port: int) -> None:
    app = make_agency_app(AgencySettings(data=folder, port=port))
    runner = web.AppRunner(app, auto_decompress=False, access_log=None, handle_signals=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    book = app[BOOK]
    while True:
        await asyncio.sleep(0.02)
        await book.do(approve_all, book.life, book.opener)


def approve_all(connection: Any, life: str, opener: Any) -> None:
    """The officer."""
    new = connection.execute("SELECT number FROM request WHERE status = 'new'").fetchall()
    for (number,) in new:
        assert not decide(connection, number, Decision("approved"), life, int(time.time()), opener)


ROLES: Final[dict[str, Callable[..., None]]] = {"node": node, "hub": hub, "agency": agency, "load": load}
