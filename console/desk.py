"""What every page works with: the store, what the node is, and what lies in rooms beside, handed in as callables."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol
from zoneinfo import ZoneInfo

from console.guesses import Guesses
from console.sticks import Sticks
from console.studio.look import Studio
from console.upkeep import Upkeep
from console.words import Words
from flows.tables import Tables
from store.memory import Memory

if TYPE_CHECKING:
    from console.oidc import Ministry

Position = Literal["up", "down", "trying", "stopped", "unknown"]


@dataclass(frozen=True, slots=True)
class Link:
    """How the road to one agency stands; times are epoch seconds, 0 for never.

    Attributes:
        since: from when it is in this position, as far as this run of the node knows.
        waiting: what has no word of the agency yet; `carried`, `held`, `in_doubt` are of these, `in_review` is not.
        next_try: seconds until the next try. speed: bytes per second of the last trips; 0: not known.
    """

    agency: str
    position: Position = "unknown"
    since: int = 0
    waiting: int = 0
    in_doubt: int = 0
    held: int = 0
    carried: int = 0
    in_review: int = 0
    accepted: int = 0
    oldest_at: int = 0
    accepted_through: int = 0
    next_try: int = 0
    last_at: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    sentence: str = ""


async def _no_links() -> Sequence[Link]:
    return ()


@dataclass(frozen=True, slots=True)
class Provider:
    """The ministry's own sign-in (OpenID Connect); `claim` is what an account here names her by."""

    name: str
    issuer: str
    client: str
    secret: str
    claim: str = "sub"


class Publisher(Protocol):
    """How an approved draft goes live; composed in `sala/`, where checks, gate and tables meet."""

    @property
    def live(self) -> bool:
        """Whether a second person must approve."""

    async def review(self, name: str, files: Mapping[str, str]) -> Any:
        """What there is to say of a text before it goes live; see `sala/verdict.py`."""

    async def propose(
        self, name: str, by: str, note: str, active_from: int | None = None, *, files: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Propose a text; the number of the proposal."""

    async def approve(self, proposal: int, by: str, note: str = "") -> Any:
        """Say yes; it is live at once, or at its time."""

    async def publish(self, name: str, by: str, note: str, files: Mapping[str, str]) -> Any:
        """Publish as one person, where one suffices."""


@dataclass(slots=True)
class Desk:
    """Composed in `sala/desk.py`; tests make their own.

    Attributes:
        links: the road to every agency. tables: the tables of the moment.
        hands: whatever else lies in a sibling room, by name; the page that needs one says which in its docstring.
        sticks: bundles for USB sticks; None: this node has none.
        counter: the channel by which somebody at the counter gets her messages; "": there is none, and no counter.
        ministry: its sign-in, None: local accounts only. public_url: under which browsers know this desk.
        studio: what the pages of flows have worked out of drafts. publisher: how a draft goes live, with its gate.
        upkeep: agencies, channels and the machine, for those who look after them.
        wrong: when a wrong password came from which address.
        guesses: those for names that nobody has. hashing: how many passwords are hashed at once.
    """

    memory: Memory
    node: str
    district: str = ""
    country: str = "LA"
    languages: Sequence[str] = ("lo", "en")
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Vientiane"))
    words: Words = field(default_factory=Words)
    links: Callable[[], Awaitable[Sequence[Link]]] = _no_links
    hands: Mapping[str, Callable[..., Awaitable[Any]]] = field(default_factory=dict)
    sticks: Sticks | None = None
    counter: str = ""
    ministry: "Ministry | None" = None
    public_url: str = ""
    phone: bool = False
    data: Path | None = None
    wrong: dict[str, list[float]] = field(default_factory=dict)
    guesses: Guesses = field(default_factory=Guesses)
    studio: Studio = field(default_factory=Studio)
    publisher: Publisher | None = None
    upkeep: Upkeep | None = None
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def tables(self) -> Tables:
        """The tables that flows look things up in."""
        found: Tables = self.memory.office.tables
        return found

    def now(self) -> int:
        """Epoch seconds by the wall, which people are told."""
        return self.memory.clock.now()
