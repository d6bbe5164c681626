"""The whole road of one node: a worker and a listener for each agency, started and stopped together."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from flows.errors import ConfigFault, RoadFault
from store.values import Traffic
from sync.means import Counters, Means, rest
from sync.passes import Pass, Progress, make_pass
from sync.port import Connector, Road, load_connector
from sync.presses import Presses
from sync.statuses import Listener
from sync.worker import Worker

if TYPE_CHECKING:
    from store.pushes import Pushes
    from sync.bearer.node import Carrier

LAPSE_EVERY: Final = 10.0
"""Seconds between looks for leases that have run out."""

_log = structlog.get_logger("sync")


@dataclass(frozen=True, slots=True)
class AgencyState:
    """One line of `sync status`; times are epoch seconds, 0 for never.

    Attributes:
        waiting: submissions without the agency's word, those in doubt, held and under way included.
        oldest_age: seconds since the oldest of them was queued. accepted_through: everything queued up to then is
            acknowledged. position: closed, open, half_open, stopped, or unknown (nothing was tried yet).
        next_try: seconds until the next request may leave. carried: in a bundle or in a hub's custody.
    """

    agency: str
    waiting: int
    in_doubt: int
    held: int
    in_review: int
    accepted: int
    oldest_age: int
    accepted_through: int
    position: str
    next_try: int
    bytes_out: int
    bytes_in: int
    last_at: int
    last_outcome: str
    sentence: str = ""
    carried: int = 0


class SyncService:
    """All agencies of one node; each has its own tasks, connections and breaker."""

    def __init__(self, road: Road, connectors: Mapping[str, Connector], means: Means) -> None:
        """Make a worker and a listener for each connector; nothing runs before `start`."""
        self._road = road
        self._means = self.means = means
        self.connectors = dict(connectors)
        self.workers = {name: Worker(name, connector, road, means) for name, connector in connectors.items()}
        self.listeners = {
            name: Listener(name, connectors[name], road, means, worker.counters, worker.refused)
            for name, worker in self.workers.items()
        }
        self.carriers: dict[str, Carrier] = {}
        """The SMS bearers, to be filled before `start`."""
        self.pushes: Pushes | None = None
        """Where people press "sync now", to be set before `start`."""
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    @property
    def counters(self) -> dict[str, Counters]:
        """The counters of each agency, for /metrics."""
        return {name: worker.counters for name, worker in self.workers.items()}

    def start(self) -> None:
        """Start every task; call once, inside the loop that `stop` will be called in."""
        self._tasks = [asyncio.ensure_future(self._lapse())]
        for name, worker in self.workers.items():
            self._tasks.append(asyncio.ensure_future(worker.run()))
            self._tasks.append(asyncio.ensure_future(self.listeners[name].run()))
            self._tasks.append(asyncio.ensure_future(self._wake_worker(name)))
            self._tasks.append(asyncio.ensure_future(self._wake_listener(name)))
        self._tasks += [asyncio.ensure_future(carrier.run()) for carrier in self.carriers.values()]
        if self.pushes is not None:
            self._tasks.append(asyncio.ensure_future(Presses(self.pushes, self).run()))

    async def stop(self) -> None:
        """End within five seconds: requests under way get a moment, leases go back, connections close."""
        self._stopping.set()
        for listener in self.listeners.values():
            listener.stop()
        for carrier in self.carriers.values():
            carrier.stop()
        await asyncio.gather(*(worker.stop() for worker in self.workers.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.close()

    async def close(self) -> None:
        """Close the connections; enough after `now` in a process that never started the tasks."""
        await asyncio.gather(*(connector.close() for connector in self.connectors.values()))

    def nudge(self, *agencies: str) -> None:
        """Say that something was queued for these agencies (none named: for any)."""
        for name in agencies or self.workers:
            if name in self.workers:
                self.workers[name].nudge()

    async def now(self, agency: str = "", progress: Progress | None = None) -> tuple[Pass, ...]:
        """Make one pass over one agency or all, side by side, and ask each once for statuses; raises `ConfigFault`."""
        if agency and agency not in self.workers:
            raise ConfigFault(f"no agency {agency!r} is configured", hint=f"known: {', '.join(sorted(self.workers))}")
        names = [agency] if agency else sorted(self.workers)
        passes = await asyncio.gather(*(self._pass(name, progress) for name in names))
        left = {traffic.agency: traffic.waiting for traffic in await self._road.states()}
        return tuple(replace(one, left=left.get(one.agency, 0)) for one in passes)

    async def _pass(self, name: str, progress: Progress | None) -> Pass:
        one = await make_pass(self.workers[name], progress)
        if not one.fault:
            try:
                await self.listeners[name].ask(0)
            except RoadFault as fault:
                _log.info("statuses_unheard", agency=name, code=fault.code)
                return replace(one, fault=fault.code, sentence=str(fault))
        return one

    def bundle_secrets(self) -> dict[str, bytes]:
        """Return the secret shared with each agency that reads bundles, for `sync.bundle`."""
        secrets = {name: connector.bundle_secret() for name, connector in self.connectors.items()}
        return {name: secret for name, secret in secrets.items() if secret is not None}

    async def status(self) -> tuple[AgencyState, ...]:
        """Return one state for each configured agency, and for each that still has deliveries."""
        found = {traffic.agency: traffic for traffic in await self._road.states()}
        names = sorted(found.keys() | self.workers.keys())
        return tuple(self._state(found.get(name, Traffic(name))) for name in names)

    def _state(self, traffic: Traffic) -> AgencyState:
        worker = self.workers.get(traffic.agency)
        position, wait, sentence = _guess(traffic), 0.0, ""
        if worker is not None and worker.counters.requests:
            position = worker.breaker.position
            wait = max(0.0, worker.breaker.try_at - self._means.steady())
            sentence = str(worker.last_fault or "")
        return AgencyState(
            agency=traffic.agency,
            waiting=traffic.waiting,
            in_doubt=traffic.in_doubt,
            held=traffic.held,
            in_review=traffic.in_review,
            accepted=traffic.accepted,
            oldest_age=max(0, self._means.now() - traffic.oldest_at) if traffic.oldest_at else 0,
            accepted_through=traffic.accepted_through,
            position=position,
            next_try=round(wait),
            bytes_out=traffic.bytes_out,
            bytes_in=traffic.bytes_in,
            last_at=traffic.last_at,
            last_outcome=traffic.last_outcome,
            sentence=sentence,
            carried=traffic.carried,
        )

    async def _wake_worker(self, name: str) -> None:
        """Let an answer on the status feed show that the agency is back."""
        listener, worker = self.listeners[name], self.workers[name]
        while True:
            await listener.heard.wait()
            listener.heard.clear()
            if worker.breaker.position == "open":
                worker.resume()

    async def _wake_listener(self, name: str) -> None:
        """Let an answer to a batch show that the agency is back."""
        listener, worker = self.listeners[name], self.workers[name]
        while True:
            await worker.returned.wait()
            worker.returned.clear()
            listener.nudge()

    async def _lapse(self) -> None:
        while not self._stopping.is_set():
            try:
                if lapsed := await self._road.lapse(self._means.now()):
                    _log.warning("leases_lapsed", records=lapsed)
                    self.nudge()
            except Exception as fault:  # noqa: BLE001 - the store may be busy or full; the next look comes soon
                _log.error("lapse_failed", fault=type(fault).__name__)
            await rest(LAPSE_EVERY, self._stopping)


def _guess(traffic: Traffic) -> str:
    """Tell the breaker's position from the last attempt, for a process that has made none itself."""
    known = {"": "unknown", "answered": "closed", "stopped": "closed", "auth": "stopped"}
    return known.get(traffic.last_outcome, "open")


def connect(agencies: Mapping[str, Mapping[str, Any]], node: str) -> dict[str, Connector]:
    """Build the connectors of all `[agencies.<id>]` blocks; raises `ConfigFault` for the first that is wrong."""
    return {name: load_connector(name, node, block) for name, block in agencies.items()}
