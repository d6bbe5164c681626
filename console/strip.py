"""The strip on every page: how the link stands since when, how many requests wait, and that they are safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.desk import Link

if TYPE_CHECKING:
    from console.visit import Visit

_ORDER: Final = ("stopped", "down", "trying", "up", "unknown")


@dataclass(frozen=True, slots=True)
class Strip:
    """What is told of all links together: the worst of them, since when, and what waits."""

    position: str
    since: int
    waiting: int
    in_review: int
    away: tuple[str, ...]
    oldest_at: int


def of(links: Sequence[Link]) -> Strip:
    """The strip of these links."""
    worst = min((one.position for one in links), key=_ORDER.index, default="unknown")
    times = [one.since for one in links if one.position == worst and one.since]
    oldest = [one.oldest_at for one in links if one.oldest_at]
    return Strip(
        worst,
        min(times, default=0),
        sum(one.waiting for one in links),
        sum(one.in_review for one in links),
        tuple(one.agency for one in links if one.position in {"down", "stopped"}),
        min(oldest, default=0),
    )


async def prepare(visit: "Visit") -> None:
    """Have it there when the page is drawn."""
    links = [one for one in await visit.desk.links() if visit.scope.serves(one.agency)]
    visit.links, visit.strip = links, of(links)
