"""The one writer: a batch is whatever arrived during the last commit, and one commit makes all of it durable.

Requests await futures and never touch the connection. A batch that fails is rolled back and tried again one by one, so
that a turn which cannot be written fails alone.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import structlog

from flows.errors import Busy, DiskFull, StoreFault
from store.asks import Ask, Later
from store.crew import Crew
from store.database import Database
from store.post import Post
from store.reserve import Reserve
from store.sqlite import Clash, DiskFault
from store.words import Words

MOST_TURNS: Final = 2_000
"""Turns in one batch: beyond it a commit takes so long that all of them would wait for each other."""

MOST_WORKS: Final = 32
MOST_ROUNDS: Final = 500
"""Rounds of the event loop for which a batch is held open at most.

Whoever was just answered presses the next key within a few rounds and then shares the next commit with all who wait.
So it is held open while turns keep coming, and for as many rounds without one as there are answers that went out and
were not followed yet: for two hundred phones under a millisecond, for a lone phone a round or two. No timer: rounds
pass fast when there is little to do, and take in more when there is much.
"""

CLASHES: Final = 3
"""Times that one turn may meet a taken reference before it is given up."""

LIVELY: Final = 1.0
"""Seconds after a turn for which others are expected."""

COMPANY: Final = 0.01
"""Seconds that a small work, done, waits for turns to share its commit, while they are expected."""

DRAIN: Final = 4.0
"""Seconds that a shutdown waits for what is under way."""

T = TypeVar("T")
log = structlog.get_logger("store")


class Work:
    """Anything but a turn: it runs in the batch's transaction, after the turns."""

    __slots__ = ("done", "future", "result", "run")

    def __init__(self, run: Callable[[Database], Awaitable[Any]]) -> None:
        self.run = run
        self.result: Any = None
        self.done = False
        """Whether it has run in the transaction that is open."""
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Writer:
    """Owns the writing connection."""

    def __init__(
        self,
        database: Database,
        crew: Crew,
        words: Words,
        reserve: Reserve,
        post: Post,
        most_waiting: int,
        settled: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._crew = crew
        self._words = words
        self._reserve = reserve
        self._post = post
        self._most_waiting = most_waiting
        self._settled = settled
        self._asks: deque[Ask] = deque()
        self._works: deque[Work] = deque()
        self._slow_works: deque[Work] = deque()
        self._small_works: deque[Work] = deque()
        self._held: dict[bytes, list[Ask]] = {}
        self._slow: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._takes_turns = True
        self._answered = 0
        self._changes = 0
        self._last_turn = -LIVELY
        self._closing = False
        self._broken: StoreFault | None = None
        self._task: asyncio.Task[None] | None = None
        self.counts: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Turns that wait to be written."""
        held = sum(map(len, self._held.values())) if self._held else 0
        return len(self._asks) + held

    @property
    def writable(self) -> bool:
        """Whether a turn would be taken now."""
        return not self._closing and self._broken is None

    @property
    def lively(self) -> bool:
        """Whether turns are coming, so that what is slow had better be done in small pieces."""
        return time.monotonic() - self._last_turn < LIVELY

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be written, and no turn is expected: then housework is in nobody's way."""
        return not (self.lively or self._hurried or self._small_works)

    def start(self, *, turns: bool) -> None:
        """Begin to serve; without `turns` in a process beside the node, which alone numbers sessions."""
        self._takes_turns = turns
        self._changes = self._database.changes
        self._task = asyncio.create_task(self._run(), name="store-writer")

    async def close(self) -> None:
        """Take nothing more, finish what is under way, and stop."""
        self._closing = True
        self._wake.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=DRAIN)
        for task in (self._task, *self._slow):
            task.cancel()
        await asyncio.gather(self._task, *self._slow, return_exceptions=True)
        self._fail([*self._asks, *self._works, *self._slow_works, *self._small_works], Busy("the node is stopping"))
        if done and (fault := next(iter(done)).exception()):
            raise fault

    def stop_for(self, fault: DiskFault) -> None:
        """Write nothing more: after a failed fsync nobody knows what is on the disk before a new start has read it."""
        if self._broken is None:
            log.critical("the disk failed; nothing more is written until a new start", reason=fault.code)
        self._broken = fault

    @contextlib.contextmanager
    def refusing(self, fault: StoreFault) -> Iterator[None]:
        """Write nothing within this block, as if `fault` had happened: how kits and drills see what then follows."""
        before, self._broken = self._broken, fault
        try:
            yield
        finally:
            self._broken = before

    def put(self, ask: Ask) -> None:
        """Queue a turn.

        Raises:
            Busy: too many wait, or the node is stopping. StoreFault: the disk failed.
        """
        self._refuse()
        if not self._takes_turns:
            raise StoreFault("a process beside the node takes no turns")
        if self.waiting >= self._most_waiting:
            self.counts["busy"] += 1
            raise Busy
        held = self._held.get(ask.caller)
        if held is not None and ask.caller:
            held.append(ask)
            return
        self._asks.append(ask)
        self._last_turn = time.monotonic()
        self._wake.set()

    async def do(self, run: Callable[[Database], Awaitable[T]], *, slow: bool = False, small: bool = False) -> T:
        """Run `run` in the writer's transaction and return its result after the commit.

        `run` may be run again after a failure, so it must have no effect but on the database. What is `slow` shares no
        transaction with turns, so that none waits for it to the end, and takes turns with them. What is `small` is one
        of many that are in no hurry: one at a time, it is done while no turn is there, and shares the commit of those
        that come next, for a commit of its own would be in their way. When none comes soon, it goes alone.
        """
        self._refuse()
        work = Work(run)
        (self._slow_works if slow else self._small_works if small else self._works).append(work)
        self._wake.set()
        result: T = await work.future
        return result

    def _refuse(self) -> None:
        if self._broken is not None:
            raise self._broken
        if self._closing:
            raise Busy("the node is stopping")

    async def _run(self) -> None:
        while True:
            if not (self._hurried or self._small_works):
                if self._closing and not self._held:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            early = await self._early() if self.lively and not self._hurried else []
            await self._gather()
            await self._serve_all(self._some_asks(), early + self._some_works(small=not early))
            if self._slow_works and not (work := self._slow_works.popleft()).future.done():
                await self._serve_all([], [work])

    async def _serve_all(self, asks: Sequence[Ask], works: Sequence[Work]) -> None:
        try:
            await self._serve(asks, works)
        except Exception:  # a mistake of ours: those who wait are told, and the next batch is served
            log.exception("a batch was lost")
            self._fail([*asks, *works], StoreFault("a batch could not be served"))

    @property
    def _hurried(self) -> bool:
        return bool(self._asks or self._works or self._slow_works)

    async def _early(self) -> list[Work]:
        """Do a small work while no turn is there, and give turns a moment to come to its commit."""
        work = self._small_works.popleft()
        if work.future.done():
            return []
        try:
            work.result = await work.run(self._database)
        except Exception:  # noqa: BLE001 - it is tried once more by itself, and whoever asked for it is told then
            await self._roll_back()
            return [work]
        work.done = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(COMPANY):
                while not self._hurried and not self._closing:
                    self._wake.clear()
                    await self._wake.wait()
        return [work]

    async def _gather(self) -> None:
        """Hold the batch open while turns keep coming in, or may be expected to."""
        count, quiet = len(self._asks), 0
        for _ in range(MOST_ROUNDS):
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._asks) == count else 0
            count = len(self._asks)
            if quiet > self._answered - count or count >= MOST_TURNS:
                break

    def _some_asks(self) -> list[Ask]:
        taken: list[Ask] = []
        while self._asks and len(taken) < MOST_TURNS:
            ask = self._asks.popleft()
            if ask.future.done():
                continue
            if ask.caller and ask.caller in self._held:
                self._held[ask.caller].append(ask)
            else:
                taken.append(ask)
        return taken

    def _some_works(self, *, small: bool) -> list[Work]:
        taken = [self._works.popleft() for _ in range(min(len(self._works), MOST_WORKS))]
        if small and self._small_works:
            taken.append(self._small_works.popleft())
        return [work for work in taken if not work.future.done()]

    async def _serve(self, asks: Sequence[Ask], works: Sequence[Work]) -> None:
        if not asks and not works:
            return
        fault = await self._attempt(asks, works)
        if isinstance(fault, DiskFull) and self._reserve.release():
            fault = await self._attempt(asks, works)
        if fault is None:
            return
        if isinstance(fault, DiskFault):
            self.stop_for(fault)
        if isinstance(fault, DiskFull | DiskFault | Busy):
            self._fail([*asks, *works], fault)
        elif len(asks) + len(works) == 1:
            await self._alone(asks[0] if asks else works[0], fault)
        else:
            self.counts["retried"] += 1
            for ask in asks:
                await self._serve([ask], [])
            for work in works:
                await self._serve([], [work])

    async def _alone(self, job: Ask | Work, fault: Exception) -> None:
        if isinstance(job, Work):
            self._fail([job], fault)
            return
        if isinstance(fault, Clash) and job.tries < CLASHES:
            job.tries += 1
        elif job.fault is None:
            job.fault = fault
        else:
            self._fail([job], fault)
            return
        await self._serve([job], [])

    async def _attempt(self, asks: Sequence[Ask], works: Sequence[Work]) -> Exception | None:
        """Write a batch and complete its futures; or roll it back and return why."""
        database = self._database
        try:
            later = await self._crew.run(database, asks) if asks else []
            for work in works:
                if not work.done:
                    work.result = await work.run(database)
            await database.commit()
        except BaseException as fault:
            self._crew.undo(asks)
            for work in works:
                work.done = False
            await self._roll_back()
            if isinstance(fault, Exception):
                return fault
            raise
        if self._settled is not None:
            await self._settled()
        self.counts["batches"] += 1
        # Nothing is synced for a batch that only looked.
        self.counts["commits"] += database.changes != self._changes
        self._changes = database.changes
        self._post.ring()
        self._complete(asks, works, later)
        return None

    async def _roll_back(self) -> None:
        try:
            await self._database.rollback()
            await self._words.load(self._database)
            self._changes = self._database.changes
        except StoreFault as fault:
            self._broken = fault
            log.critical("a transaction cannot be rolled back; nothing more is written until a new start")

    def _complete(self, asks: Sequence[Ask], works: Sequence[Work], later: Sequence[Later]) -> None:
        slow = {id(one.ask) for one in later}
        self._answered = len(asks)
        for ask in asks:
            if ask.future.done() or id(ask) in slow:
                continue
            if ask.refusal is not None:
                ask.future.set_exception(ask.refusal)
            elif ask.outcome is None and ask.kind == "press":
                ask.future.set_exception(StoreFault("a key press got no reply"))
            else:
                ask.future.set_result(ask.outcome)
        for work in works:
            if not work.future.done():
                work.future.set_result(work.result)
        for caller in dict.fromkeys(one.ask.caller for one in later):
            self._held[caller] = []
            task = asyncio.create_task(self._slowly(caller, [one for one in later if one.ask.caller == caller]))
            self._slow.add(task)
            task.add_done_callback(self._slow.discard)

    async def _slowly(self, caller: bytes, later: Sequence[Later]) -> None:
        """Do the slow work of one number's turn; until then everything of that number waits, in order."""
        for one in later:
            try:
                await one.work()
            except Exception as fault:  # noqa: BLE001 - logged when the turn is excused for it
                one.ask.fault = fault
        arrived = self._held.pop(caller)
        self._asks.extendleft(reversed([*(one.ask for one in later), *arrived]))
        self._wake.set()

    @staticmethod
    def _fail(jobs: Iterable[Ask | Work], fault: Exception) -> None:
        for job in jobs:
            if not job.future.done():
                job.future.set_exception(fault)
