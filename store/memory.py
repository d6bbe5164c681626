"""The memory of one node as one object: opened, used by every room, and closed with nothing left under way."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal

import structlog

from flows.errors import KeyFault, StoreFault
from store import migrate, road_sql, sql
from store.arrivals import Arrivals, leased_in
from store.audit import Audit
from store.bearer import Bearer, Listener
from store.callers import MOST
from store.clock import Clock
from store.copying.generation import Medium
from store.copying.keeper import Keeper, Node
from store.counting import Counting
from store.crew import Crew
from store.custody import Custody
from store.database import Database
from store.drafts import Drafts
from store.echoes import Echoes
from store.figures import Figures
from store.hashing import Hashing
from store.hub import Hub
from store.library import Library, catalogue_of
from store.links import LinkBook
from store.lock import Lock
from store.messages import Messages
from store.mind import Mind
from store.post import Post
from store.pushes import Pushes
from store.queue import Queue
from store.ratings import Ratings
from store.readings import Readings
from store.references import References
from store.reserve import Reserve
from store.results import Results
from store.review import Review
from store.road import FOR_ALL_TIME, Road
from store.routes import Routes
from store.rows import Cache
from store.scribe import Scribe
from store.settings import StoreSettings
from store.sqlite import FILE, LEAST_CACHE, Sqlite, share_of_memory
from store.statuses import Statuses
from store.sweep import Sweep
from store.trail import trail
from store.trials import Trials
from store.turns import Turns
from store.users import Users
from store.values import Catalogue, Hop
from store.whole import Whole
from store.wording import Wording
from store.words import Words
from store.writer import Writer

Role = Literal["node", "command"]

TICK: Final = 1.0
"""Seconds between two looks at the disk and at what other processes have written."""

SWEEP_EVERY: Final = 15
"""Ticks between two rounds of housework."""

_HASHING: Final = "hashing"

log = structlog.get_logger("store")


class Memory:
    """Everything that a node remembers. Made by `open_memory`."""

    def __init__(
        self,
        settings: StoreSettings,
        mind: Mind,
        hashing: Hashing,
        clock: Clock,
        writing: Database,
        reading: Database,
        keeper: Keeper | None = None,
    ) -> None:
        self.settings, self.seals = settings, dict(settings.seal_to)
        self.clock = clock
        self.hashing = hashing
        self._mind, self._writing, self._reading = mind, writing, reading
        self._keeper = keeper
        self._cache = Cache(settings.most_cached, mind)
        self._words = Words()
        self._post = Post(clock, hashing, settings.quiet, settings.send_by)
        self._scribe = Scribe(settings, mind, hashing, clock, self._words, self._post)
        self._reserve = Reserve(settings.data, settings.reserve_mb, settings.free_mb)
        self._references = References(settings.blocks, leased=settings.leased)
        self._crew = Crew(mind, hashing, clock, self._cache, self._references, self._scribe)
        self.writer = Writer(
            keeper.recorder if keeper else writing,
            self._crew,
            self._words,
            self._reserve,
            self._post,
            settings.most_waiting,
            keeper.settled if keeper else None,
        )
        self.turns = Turns(self.writer, hashing, mind, self._cache)
        self.messages = Messages(self.writer, reading, clock, self._crew, self._post, hashing, settings.quiet)
        self.custody = Custody(self.writer, reading, self._words, settings.node, serving=settings.custody)
        self.ratings = Ratings(settings, self.writer, reading, clock, mind, self._crew, self._post)
        statuses = Statuses(mind, self._words, self._post, self._crew, self.custody, self.ratings)
        self.road = Road(self.writer, reading, self._words, statuses)
        self.hub = Hub(self.writer, reading, clock, settings.node)
        self.arrivals = Arrivals(self.writer, reading, clock)
        self.bearer = Bearer(self.writer, reading, clock, self._words, self._post)
        self.library = Library(self.writer, reading, clock, two_persons=settings.two_persons)
        self.trials = Trials(self.writer, reading, clock, hashing)
        self.wording = Wording(self.writer, reading, clock)
        self.drafts = Drafts(self.writer, reading, clock, two_persons=settings.two_persons)
        self.review = Review(self.writer, reading, clock, self._words, self._scribe, hashing, statuses)
        self.links = LinkBook(self.writer, reading)
        self.echoes = Echoes(self.writer, reading, clock, hashing)
        self.users = Users(self.writer, reading, clock)
        self.results = Results(reading, hashing)
        self.queue = Queue(self.writer, reading, clock, self._words)
        self.pushes = Pushes(self.writer, reading, clock)
        self.audit = Audit(self.writer, reading, clock)
        counting = Counting(self.writer, reading, clock, mind, self._crew, settings.timezone)
        self.figures = Figures(self.writer, reading, clock, counting)
        asking, cache = self.ratings, self._cache
        self.sweep = Sweep(settings, self.writer, reading, clock, hashing, cache, self._crew, counting, asking)
        self._version = 0

    @property
    def office(self) -> Any:
        """What is offered now, as the mind composed it."""
        return self._crew.thinker.office

    @property
    def full(self) -> bool:
        """Whether the disk has no room for new dialogues."""
        return self._crew.thinker.full

    @property
    def epoch(self) -> str:
        """The random number of this start, part of every submission's identity."""
        return self._scribe.epoch

    def whole(self, listener: Listener) -> Whole:
        """A listener that joins the parts of long messages before this one hears them."""
        return Whole(self.writer, self.clock, self.hashing, listener)

    def bell(self, channel: str) -> asyncio.Event:
        """Set when a message that this channel sends was committed."""
        return self._post.bell(channel)

    def route(self, routes: Routes) -> None:
        """Send messages by these channels from now on, in place of each channel its own."""
        self._post.routes = routes

    @property
    def routes(self) -> Routes:
        """The channels that messages go by."""
        return self._post.routes

    async def begin(self, role: Role) -> None:
        """Bring the file up to date and take up what the last run left. Called once, before the writer starts."""
        database = self._writing
        applied = await migrate.migrate(database)
        if applied:
            log.info("schema brought up to date", count=len(applied))
        await self._check_hashing(database)
        await database.begin()
        if role == "node":
            self._scribe.epoch = await _new_epoch(database, self.clock.now())
            lapsed = await self.road.lapse_in(database, FOR_ALL_TIME)
            lapsed += await self.custody.lapse_in(database, FOR_ALL_TIME)
            requeued, unknown = await self.messages.recover(database)
            log.info("taken up", lapsed=lapsed, requeued=requeued, unknown=unknown)
        else:
            self._scribe.epoch = await _last_epoch(database, self.clock.now())
        await database.commit()
        self.custody.life = self._scribe.epoch
        await self._words.load(database)
        session, newest = (await database.rows(sql.LAST_IDS))[0]
        if role == "node":
            await self._crew.take_up(database, session)
            await self._scribe.callers.take_up(database)
        self.clock.believe(newest)
        self._version = await database.changed()
        await self._compose(database)
        self._look_at_disk()

    async def refresh(self) -> None:
        """Take in what another process has written, and compose the office anew."""
        await self.writer.do(self._renew)

    async def tick(self) -> None:
        """Look at the disk, and at whether another process has written."""
        self._look_at_disk()
        if self._keeper is not None:
            self._keeper.tell()

        async def run(database: Database) -> None:
            version = await database.changed()
            if version != self._version:
                self._version = version
                await self._renew(database)

        await self.writer.do(run)

    async def keep_house(self) -> None:
        """Run ticks and housework until cancelled."""
        count = 0
        while True:
            await asyncio.sleep(TICK)
            count += 1
            try:
                await self.tick()
                await self.sweep.catch_up()
                if count % SWEEP_EVERY == 0:
                    await self.sweep.silent()
                    await self.sweep.round()
                    await self.put_away()
                    if self.settings.custody:
                        await self.custody.sweep(self.clock.steady())
            except StoreFault as fault:
                log.warning("housework not done", reason=fault.code)
            except Exception:  # a flow that cannot be composed, say: the node goes on with what it has
                log.exception("housework failed")

    async def put_away(self, most: int = MOST) -> int:
        """Write the index of whose requests are whose, when more than `most` are not in it; returns how many."""
        return await self._scribe.callers.put_away(partial(self.writer.do, slow=True), self._reading, most)

    async def trail(self, reference: str) -> list[Hop]:
        """Return everything that happened to one request, in the order of time."""
        return await trail(self._reading, reference)

    async def readings(self) -> Readings:
        """Return the figures of this moment; their cost grows only with the messages on their way out."""
        read = self._reading.rows
        return Readings(
            epoch=self.epoch,
            schema=await migrate.schema(self._reading),
            clock=self.clock.quality,
            counts={**self._crew.counts, **self.writer.counts},
            rows=dict(self._scribe.rows),
            waiting=self.writer.waiting,
            cached=len(self._cache),
            messages=dict(await read(sql.MESSAGE_STATES)),
            oldest_message_at=(await read(sql.OLDEST_MESSAGE))[0][0] or 0,
            unknown_messages=(await read(sql.UNKNOWN_MESSAGES))[0][0],
            roads=await self.road.states(),
            memos=(await read(road_sql.OPEN_MEMOS))[0][0],
            feedback={"asked": self.ratings.asked, "answered": self._scribe.answered},
            free=self._reserve.free(),
            reserve=self._reserve.there,
            full=self.full,
            writable=self.writer.writable,
            copies=self._keeper.reading() if self._keeper else None,
        )

    async def _renew(self, database: Database) -> None:
        self._cache.clear()
        await self._words.load(database)
        await self._compose(database)

    async def references_left(self) -> int:
        """How many references are free in this node's blocks; -1 when all of them are its own."""
        return await self._references.left(self._reading)

    def seal_to(self, keys: Mapping[str, tuple[str, ...]]) -> None:
        """Seal the bodies for these agencies to these keys from now on, in place of those in the settings."""
        self.seals = self._scribe.seal_to = {**self.settings.seal_to, **keys}

    @property
    def blocks(self) -> tuple[str, ...]:
        """Leading digits of this node's references; empty: all."""
        return self._references.blocks

    async def _compose(self, database: Database) -> None:
        self._references.lease(await leased_in(database, self.settings.node))
        catalogue = await catalogue_of(database)
        thinker = self._crew.thinker
        thinker.office = self._mind.compose(catalogue)
        thinker.tried = catalogue.tried
        thinker.trials = self._trials(catalogue)
        self._scribe.under = self._mind.under(thinker.office)

    def _trials(self, catalogue: Catalogue) -> dict[bytes, tuple[int, Any]]:
        """For each number that tries something, until when, and the office with that in it."""
        offices: dict[tuple[tuple[str, str], ...], Any] = {}
        found: dict[bytes, tuple[int, Any]] = {}
        for caller, flows in catalogue.trying.items():
            tried = {flow: digest for flow, (digest, _) in flows.items()}
            mixture = tuple(sorted(tried.items()))
            if mixture not in offices:
                meant = replace(catalogue, live={**catalogue.live, **tried}, paused=catalogue.paused - tried.keys())
                offices[mixture] = self._mind.compose(meant)
            found[caller] = (min(until for _, until in flows.values()), offices[mixture])
        return found

    def _look_at_disk(self) -> None:
        self._reserve.make()
        self._crew.thinker.full = self._reserve.full()

    async def _check_hashing(self, database: Database) -> None:
        rows = await database.rows(sql.META, (_HASHING,))
        if not rows:
            await database.rows(sql.SET_META, (_HASHING, self.hashing.check()))
            await database.commit()
        elif rows[0][0] != self.hashing.check():
            raise KeyFault(
                "this hashing key is not the one that the database was begun with",
                hint="numbers and sessions would not be found again; give the old key",
            )


@contextlib.asynccontextmanager
async def open_memory(
    settings: StoreSettings,
    key: bytes,
    mind: Mind,
    *,
    role: Role = "node",
    hashing_key: bytes = b"",
    clock: Clock | None = None,
    house: bool = True,
    medium: Medium | None = None,
) -> AsyncIterator[Memory]:
    """Open the memory of the node in `settings.data`, and close it with everything under way finished.

    Args:
        settings: where and how.
        key: 32 bytes, the database's own.
        mind: the dialogue.
        role: a `node` takes turns, draws an epoch and is alone on its folder; a `command` is a second process beside
            it, which takes no turns and leaves checkpoints to the node.
        hashing_key: of the keyed hashes; empty: derived from `key`. It stays the same when the database's key changes.
        clock: another one than the machine's.
        house: whether to keep house in the background; tests call `tick` and `sweep` themselves.
        medium: what goes to the second copy beside the rows, and how it is touched; tests break and hasten it.

    Raises:
        KeyFault: wrong key. VersionFault: an unsound SQLite, or a schema newer than this code.
        ConfigFault: another node runs on this folder.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        if role == "node":
            stack.enter_context(Lock(settings.data))
        file = settings.data / FILE
        cache = settings.page_cache_mb or share_of_memory() if role == "node" else LEAST_CACHE
        writing = await Sqlite.open(file, key, checkpoints=role == "node", cache_mb=cache)
        stack.push_async_callback(writing.close)
        # A reader cannot set up an empty file: the schema is there before it opens.
        await migrate.migrate(writing)
        reading = await Sqlite.open(file, key, reader=True)
        stack.push_async_callback(reading.close)
        clock = clock or Clock(settings.timezone)
        keeper = None
        if settings.copying is not None and role == "node":
            node = Node(settings.data, settings.node, key)
            keeper = Keeper(settings.copying, node, engine=writing, now=clock.now, medium=medium or Medium())
        memory = Memory(settings, mind, Hashing(hashing_key or key), clock, writing, reading, keeper)
        reading.alarm = memory.writer.stop_for
        await memory.begin(role)
        memory.writer.start(turns=role == "node")
        if keeper is not None:
            stack.push_async_callback(keeper.close)
        stack.push_async_callback(memory.writer.close)
        if keeper is not None:
            await keeper.begin(memory.writer.do)
        if house and role == "node":
            task = asyncio.create_task(memory.keep_house(), name="store-house")
            stack.push_async_callback(_stop, task)
        yield memory


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _new_epoch(database: Database, now: int) -> str:
    for _ in range(100):
        drawn = secrets.token_hex(4)
        if await database.rows(sql.ADD_EPOCH, (drawn, now, "start")):
            return drawn
    raise StoreFault("no new epoch can be drawn")


async def _last_epoch(database: Database, now: int) -> str:
    rows = await database.rows(sql.LAST_EPOCH)
    return str(rows[0][0]) if rows else await _new_epoch(database, now)
