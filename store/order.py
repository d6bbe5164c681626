"""One after the other for each key: who came first is served first, and others are served beside."""

import asyncio


class InOrder:
    """Queues by key. A place is taken at once, and waited for later."""

    def __init__(self) -> None:
        self._last: dict[str, Place] = {}

    def __len__(self) -> int:
        """How many keys have somebody."""
        return len(self._last)

    def enter(self, key: str) -> "Place":
        """Take the next place; whoever takes one must leave it, whatever happens."""
        place = self._last[key] = Place(self, key, self._last.get(key))
        return place

    def left(self, place: "Place") -> None:
        """Forget the key when nobody stands behind this place."""
        if self._last.get(place.key) is place:
            del self._last[place.key]


class Place:
    """One place in the queue of a key."""

    def __init__(self, order: InOrder, key: str, before: "Place | None") -> None:
        self.key = key
        self._order = order
        self._before = before
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def come(self) -> None:
        """Wait until everybody before has left."""
        if self._before is not None:
            await asyncio.wait({self._before._done})  # noqa: SLF001 - another place of ours
            self._before = None

    def leave(self) -> None:
        """Let the next one through."""
        self._done.set_result(None)
        self._order.left(self)
