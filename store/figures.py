"""The figures as they may be read: told numbers only, by week, within somebody's districts and agencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from store import figures_sql
from store.clock import Clock
from store.counting import Counting
from store.database import Database
from store.release import LEAST, REST, week_of
from store.scope import EVERYTHING, Scope, after, marks
from store.writer import Writer

WEEK: Final = 7

FOR_EVER: Final = 10**9


BEGUN: Final = frozenset({"finished", "stopped", "ended"})
"""What a session may come to: together, those who began."""

Column = Literal["service", "district", "what", "week", "family", "value"]


@dataclass(frozen=True, slots=True)
class Within:
    """Of which figures.

    Attributes:
        since, until: Mondays, both included. service: None for all. district: a p-code, "" for all; LA09 holds LA0901.
        family: what is told apart; "" the whole numbers, None everything.
    """

    scope: Scope
    since: int = 0
    until: int = FOR_EVER
    service: str | None = None
    district: str = ""
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One told number.

    Attributes:
        what: finished, stopped, ended (by the flow, without a request), left (stopped, by step), acknowledged, decided,
            paid; villages; pleased, displeased and unanswered; high_marks, low_marks and reasons.
        week: the Monday that it is counted under, as days since 1970.
        family, value: what it tells apart; the family "" has the one value "", all of them; the value `*` is the rest.
        n: people; of `paid`, messages. total: seconds, or 1/10000 of the currency; else 0.
    """

    service: str
    agency: str
    district: str
    what: str
    week: int
    family: str
    value: str
    n: int
    total: int


@dataclass(frozen=True, slots=True)
class StepFigure:
    """How often a step was the last one; see `Figures.drop_off`."""

    step: str
    reached: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a service was begun, and how often a request came of it."""

    started: int = 0
    finished: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of one place: rings of (longitude, latitude)."""

    code: str
    rings: str
    source: str
    at: int


class Figures:
    """Reads what was told, and keeps the outlines of the map."""

    def __init__(self, writer: Writer, reader: Database, clock: Clock, counting: Counting) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self.counting = counting

    def this_week(self) -> int:
        """The Monday of this week, as days since 1970."""
        return week_of(self.counting.day(self._clock.now()))

    async def read(self, scope: Scope, since: int = 0, until: int = FOR_EVER) -> list[Figure]:
        """All numbers of these weeks (Mondays, both included) that this scope may see.

        Numbers of the whole country alone (sensitive services, steps, cost) go to those who see all districts.
        """
        condition, values = _condition(scope)
        rows = await self._reader.rows(figures_sql.READ.format(within=condition), (since, until, *values))
        return [Figure(*row) for row in rows]

    async def sums(self, within: Within, *columns: Column) -> list[tuple[Any, ...]]:
        """Sums by these columns: their values, then `n` and `total`; in their order."""
        condition, values = _condition(within.scope)
        for column, value in (("service", within.service), ("family", within.family)):
            if value is not None:
                condition, values = f"{condition} AND r.{column} = ?", [*values, value]
        if within.district:
            condition = f"{condition} AND r.district >= ? AND r.district < ?"
            values = [*values, within.district, after(within.district)]
        statement = figures_sql.SUMS.format(columns=", ".join(columns), within=condition)
        return [tuple(row) for row in await self._reader.rows(statement, (within.since, within.until, *values))]

    async def tried(self, scope: Scope, weeks: int = 5) -> dict[str, Tried]:
        """By service, what was told under the last so many weeks, this one included, of which little is told yet."""
        within = Within(scope, self.this_week() - WEEK * (weeks - 1), family="")
        found: dict[str, Tried] = {}
        for service, what, n, _ in await self.sums(within, "service", "what"):
            if what in BEGUN:
                one = found.get(service, Tried())
                found[service] = Tried(one.started + n, one.finished + (n if what == "finished" else 0))
        return found

    async def drop_off(self, flow_id: str, steps: Sequence[str], weeks: int = 13) -> tuple[StepFigure, ...]:
        """How often each of these steps was the last one of a session that nobody went on with in time.

        Args:
            flow_id: the service. Its revisions are counted together, by the names of their steps.
            steps: names in the flow's order, as `Flow.step_name` gives them.
            weeks: the last so many, this one included.

        Returns:
            One for each step; nothing when nothing was told. `dropped` is 0 also for fewer than five, which are never
            told. `reached` is how many came here at the most: those who began, less those who stopped at an earlier
            step; on a branch, those of the other way are among them.
        """
        told = await self.read(EVERYTHING, self.this_week() - WEEK * (weeks - 1))
        own = [one for one in told if one.service == flow_id]
        started = sum(one.n for one in own if not one.family and one.what in BEGUN)
        dropped: dict[str, int] = {}
        for one in own:
            if one.what == "left" and one.family == "step" and one.value != REST:
                dropped[one.value] = dropped.get(one.value, 0) + one.n
        if started < LEAST or not dropped:
            return ()
        found, left = [], started
        for step in steps:
            gone = dropped.get(step, 0)
            found.append(StepFigure(step, left, gone))
            left = max(0, left - gone)
        return tuple(found)

    async def invented(self) -> int:
        """How many people these figures were made up of for a demonstration; 0 on every other node."""
        found = await self._reader.rows(figures_sql.INVENTED)
        return int(found[0][0]) if found else 0

    async def invent(self, told: Sequence[Figure], people: int) -> None:
        """Take over what another node told of invented people, once, and mark it."""
        rows = [
            (one.service, one.agency, one.district, one.what, one.week, one.family, one.value, one.n, one.total)
            for one in told
        ]

        async def run(database: Database) -> None:
            await database.begin()
            if not await database.rows(figures_sql.INVENTED):
                await database.many(figures_sql.TELL, rows)
                await database.rows(figures_sql.SET_MARK, ("invented", people))

        await self._writer.do(run, slow=True)

    async def outlines(self) -> list[Outline]:
        """The outlines of the map, by code."""
        return [Outline(*row) for row in await self._reader.rows(figures_sql.OUTLINES)]

    async def draw(self, rings: Sequence[tuple[str, str]], source: str, gone: Sequence[str] | None = None) -> None:
        """Keep these outlines (code, rings as JSON) in place of those of the codes in `gone`; None: of all before."""
        at = self._clock.now()

        async def run(database: Database) -> None:
            await database.begin()
            if gone is None:
                await database.rows(figures_sql.DROP_OUTLINES)
            else:
                await database.many(figures_sql.DROP_OUTLINE, [(code,) for code in gone])
            await database.many(figures_sql.ADD_OUTLINE, [(code, ring, source, at) for code, ring in rings])

        await self._writer.do(run)


def _condition(scope: Scope) -> tuple[str, list[Any]]:
    """A condition on the figure `r`; false for an empty scope."""
    clauses, values = ["1 = 1"], []
    if not scope.everywhere:
        pairs = [(one, after(one)) for one in scope.districts if one]
        clauses.append(f"({' OR '.join(['(r.district >= ? AND r.district < ?)'] * len(pairs)) or '1 = 0'})")
        values += [bound for pair in pairs for bound in pair]
    if not scope.every_agency:
        clauses.append(f"r.agency IN ({marks(scope.agencies)})")
        values += scope.agencies
    return " AND ".join(clauses), values
