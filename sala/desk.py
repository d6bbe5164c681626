"""The desk composed: what its pages may ask of the rooms beside them, and the first admin."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from console import secrets
from console.desk import Desk, Link, Position, Provider
from console.oidc import Ministry
from console.upkeep import Upkeep
from sala.config import Config, Oidc
from sala.publishing import Publishing
from sala.sticks import BundleShelf
from sala.trying import begin_trial
from store.memory import Memory
from store.scope import ALL, EVERYTHING, Scope
from store.users import Newcomer
from sync.service import AgencyState, SyncService

_POSITION: Final[dict[str, Position]] = {
    "closed": "up",
    "open": "down",
    "half_open": "trying",
    "stopped": "stopped",
    "unknown": "unknown",
}
FRESH: Final = 1.0
"""Seconds for which the state of the links is not asked again, however many pages are open."""

FIRST: Final = "admin"


class Links:
    """How the road to each agency stands, and since when."""

    def __init__(self, memory: Memory, road: SyncService) -> None:
        """Ask nothing yet."""
        self._memory = memory
        self._road = road
        self._since: dict[str, tuple[str, int]] = {}
        self._found: Sequence[Link] = ()
        self._asked = -FRESH

    async def __call__(self) -> Sequence[Link]:
        """The state of each, at most `FRESH` seconds old."""
        steady = self._road.means.steady()
        if steady - self._asked >= FRESH:
            self._asked = steady
            self._found = [self._link(state) for state in await self._road.status()]
        return self._found

    def forget(self) -> None:
        """Ask again at the next look: what was just done is to be seen."""
        self._asked = -FRESH

    def _link(self, state: AgencyState) -> Link:
        now = self._memory.clock.now()
        known, since = self._since.get(state.agency, ("", 0))
        if known != state.position:
            since = now if known else state.last_at or now
            self._since[state.agency] = (state.position, since)
        return Link(
            agency=state.agency,
            position=_POSITION.get(state.position, "unknown"),
            since=since,
            waiting=state.waiting,
            in_doubt=state.in_doubt,
            held=state.held,
            carried=state.carried,
            in_review=state.in_review,
            accepted=state.accepted,
            oldest_at=now - state.oldest_age if state.oldest_age else 0,
            accepted_through=state.accepted_through,
            next_try=state.next_try,
            last_at=state.last_at,
            bytes_out=state.bytes_out,
            bytes_in=state.bytes_in,
            sentence=state.sentence,
        )


def compose(
    config: Config,
    memory: Memory,
    road: SyncService,
    publishing: Publishing | None = None,
    upkeep: Upkeep | None = None,
) -> Desk:
    """The desk of a running node."""
    links = Links(memory, road)
    return Desk(
        memory,
        config.node,
        district=config.district,
        country=config.country,
        languages=config.languages,
        zone=ZoneInfo(config.timezone),
        links=links,
        hands=_hands(memory, publishing) if publishing is not None else {},
        publisher=publishing,
        upkeep=upkeep,
        sticks=BundleShelf(config, memory, links.forget),
        counter=next(iter(config.channels), ""),
        ministry=_ministry(config.console.oidc),
        public_url=config.console.public_url,
        phone=config.console.phone,
        data=config.data,
    )


def _hands(memory: Memory, publishing: Publishing) -> dict[str, Callable[..., Awaitable[Any]]]:
    """What the pages of publishing need: checks, gate and tables meet in `sala/publishing.py`."""
    return {
        "review": publishing.review,
        "approve": publishing.approve,
        "propose": publishing.propose,
        "trial": partial(begin_trial, memory, publishing),
    }


def _ministry(given: Oidc | None) -> Ministry | None:
    if given is None:
        return None
    secret = given.client_secret.get_secret_value()
    return Ministry(Provider(given.name, given.issuer, given.client_id, secret, given.claim))


async def first_admin(memory: Memory) -> str:
    """Make the first admin of a node without users; her password, to be shown this once, "" when there are users."""
    if await memory.users.everybody():
        return ""
    password = secrets.draw_password()
    first = Newcomer(FIRST, secrets.hash_password(password), ["admin"], EVERYTHING, shown="Admin")
    await memory.users.add(first, by="start")
    return password


DEMO_USERS: Final = (
    ("admin", "Admin", ("admin",), EVERYTHING),
    ("approver", "Second admin", ("admin", "approver"), EVERYTHING),
    ("translator", "Translator", ("translator",), EVERYTHING),
    ("officer", "District officer", ("officer",), EVERYTHING),
    ("registry", "Civil registry", ("agency",), Scope((ALL,), ("civil-registry",))),
    ("auditor", "Auditor", ("auditor",), EVERYTHING),
)
"""The users of the demonstration: one of each role."""


async def demo_users(memory: Memory, password: str) -> None:
    """Make the users of the demonstration, all with this password, unless there are users."""
    if await memory.users.everybody():
        return
    hashed = secrets.hash_password(password)
    for name, shown, held, scope in DEMO_USERS:
        await memory.users.add(Newcomer(name, hashed, held, scope, shown=shown, fresh=False), by="demo")
