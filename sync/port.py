"""What a connector to an agency must offer, what the road needs of the store, and how a connector is found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ValidationError

from flows.errors import ConfigFault
from store.values import Bookmark, Offer, Outcome, Settlement, SignedAnswer, StatusEvent, Traffic, Trip

GROUP = "sala.connectors"


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request carries: `id` names this attempt, `offers` go oldest first, their bytes unchanged."""

    id: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """An agency's signed answer to a batch, in any order; `max_batch` is the most it takes at once (0: not said).

    `notices` are words for the node's own desk, such as `cloned`. `answer` is what travelled, to be kept as evidence;
    None when this protocol signs nothing. `their_time` is what its signature says of the time, in epoch seconds; 0 when
    it says nothing. `held` is how many of this node's requests the agency says it has by now; -1: it does not say.
    """

    outcomes: tuple[Outcome, ...]
    max_batch: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    notices: tuple[str, ...] = ()
    answer: SignedAnswer | None = None
    their_time: int = 0
    held: int = -1


@dataclass(frozen=True, slots=True)
class Events:
    """One answer of a status feed: `next` is the opaque cursor to ask with from now on.

    `outcomes` are the agency's words for what a hub has in custody; `notices` are for the node's own desk. `held` is
    how many of this node's requests the other side says it has; -1: it does not say. `answer` is what travelled, to be
    kept with the outcomes; None when this protocol signs nothing.
    """

    events: tuple[StatusEvent, ...]
    next: str = ""
    bytes_in: int = 0
    outcomes: tuple[Outcome, ...] = ()
    notices: tuple[str, ...] = ()
    their_time: int = 0
    held: int = -1
    answer: SignedAnswer | None = None


@runtime_checkable
class Connector(Protocol):
    """One agency as the road sees it. Every method raises a `RoadFault` when it cannot say what happened."""

    Settings: ClassVar[type[BaseModel]]

    def __init__(self, agency: str, node: str, settings: Any) -> None:
        """Take the agency's name in the configuration, this node's name, and the parsed `Settings`."""

    async def deliver(self, batch: Batch) -> Results:
        """Offer a batch and return what the agency said; a record it did not name is left out."""

    async def statuses(self, cursor: str, wait: int) -> Events | None:
        """Ask for the statuses after `cursor` ("" from the start), waiting up to `wait` seconds; None: no feed."""

    def pushed(self, headers: Mapping[str, str], body: bytes) -> Events:
        """Read statuses that the agency has posted to us; raises `Protocol` when the signature is not its own."""

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        """Return the headers that sign our answer to what the agency has posted."""

    def bundle_secret(self) -> bytes | None:
        """Return the secret shared with this agency, which seals bundles for it; None: it reads no bundles."""

    async def close(self) -> None:
        """Give back what is open."""


class Road(Protocol):
    """What the road needs of the store: each call is one durable transaction; times are epoch seconds."""

    async def due(self, agency: str, limit: int, now: int) -> Sequence[Offer]:
        """Return what may be tried at `now`, oldest first (small and urgent aged up), leased by nobody."""

    async def lease(
        self, agency: str, seqs: Sequence[int], owner: str, until: int, now: int, read: Iterable[Offer] = ()
    ) -> Sequence[Offer]:
        """Lease what of `seqs` nobody holds, write one attempt for each, and return it in the same order.

        `read` is what `due` gave, and need not be read again.
        """

    async def settle(self, agency: str, settlements: Sequence[Settlement], trip: Trip, now: int, *, wake: bool) -> None:
        """Write what an attempt came to; with `wake`, all of this agency that waits and is not held is due now.

        What is woken, or settled with `next_at` 0, keeps its place: the oldest goes first again.
        """

    async def wake(self, agency: str, now: int) -> None:
        """Make all of this agency that waits due now, held or not, each in its place: a person pressed `sync now`."""

    async def lapse(self, now: int) -> int:
        """Turn leases that have run out into `in_doubt`, due at once; returns how many."""

    async def bookmark(self, agency: str) -> Bookmark:
        """Return how far this agency's statuses were read; events without a cursor (pushed) do not move it."""

    async def statuses(
        self,
        agency: str,
        events: Sequence[StatusEvent],
        cursor: str | None,
        now: int,
        outcomes: Sequence[Outcome] = (),
        held: int = -1,
        answer: SignedAnswer | None = None,
    ) -> int:
        """Apply events not seen before with their effects, and the cursor (None: keep); returns how many were new.

        `outcomes` are settled in the same transaction; `held` is how many requests the agency says it has,
        `answer` what travelled, to be kept with what it settles.
        """

    async def gone_back(self, agency: str, now: int) -> int:
        """Forget bookmark and seen events, and offer again what was accepted and is still kept; returns how many."""

    async def states(self) -> Sequence[Traffic]:
        """Return the figures of every agency that has deliveries."""


def load_connector(agency: str, node: str, block: Mapping[str, Any]) -> Connector:
    """Build the connector that one `[agencies.<id>]` block names; raises `ConfigFault` with the key that is wrong."""
    name = str(block.get("connector", "native"))
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(sorted(point.name for point in entry_points(group=GROUP)))
        raise ConfigFault(f"agencies.{agency}.connector: no connector {name!r}", hint=f"known connectors: {known}")
    kind: type[Connector] = next(iter(found)).load()
    values = {key: value for key, value in block.items() if key != "connector"}
    try:
        settings = kind.Settings.model_validate(values)
    except ValidationError as fault:
        first = fault.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigFault(f"agencies.{agency}.{key}: {first['msg']}") from None
    return kind(agency, node, settings)
