"""Villages in the figures, and whoever asks for all of them in every way that there is, and subtracts."""

import json
import random
from collections import Counter
from typing import Any

from store.figures import Within
from store.memory import Memory
from store.release import LEAST, REST, week_of
from store.scope import EVERYTHING, Scope
from tests.store.conftest import NOON, Hands, Opened, rows
from tests.store.test_figures import DAY, births, mind, next_week, node, told

__all__ = ["node"]


async def test_villages_are_told_when_the_quarter_is_over(node: Memory, hands: Hands) -> None:
    for n, count in enumerate((12, 8, 2), 1):
        answers = {"village": f"090100{n}", "applicant_sex": "f"}
        await births(node, count, 100 * n, answers=answers, place="LA0901")
    await next_week(node, hands)
    assert told(await node.figures.read(EVERYTHING), "finished") == {"": 22}
    assert told(await node.figures.read(EVERYTHING), "villages") == {}, "the quarter is not over"
    hands.go(92 * DAY)
    await node.sweep.round()
    found = await node.figures.read(EVERYTHING)
    assert told(found, "villages") == {"": 22}
    assert told(found, "villages", "village") == {"0901001": 12, REST: 10}
    assert {one.district for one in found if one.what == "villages"} == {"LA0901"}
    assert await rows(node, "SELECT count(*) FROM fresh_figure") == [(0,)]
    assert {one.what for one in await node.figures.read(Scope(("LA04",), ("*",)))} == set()


async def test_villages_are_looked_through_when_a_quarter_has_ended_and_also_by_a_node_that_was_off_then(
    node: Memory, hands: Hands
) -> None:
    counting, end = node.figures.counting, 20_453  # 31 December 2025
    key = ("birth", "civil-registry", "LA0901", "villages")
    fact = json.dumps([["village", "0901001"]])
    await counting._add([(*key, end - 20, fact, 9, 0)], "test", 0, 1)
    for today, hour, wanted in ((end, 24 * end, {}), (end + 60, 24 * (end + 60), {"": 9})):
        await counting.tell(today, hour)
        assert told(await node.figures.read(EVERYTHING), "villages") == wanted
    # In the middle of a quarter nothing of the kind is read: it waits.
    await counting._add([(*key, end - 20, fact, 7, 0)], "test", 1, 2)
    await counting.tell(end + 61, 24 * (end + 61))
    assert told(await node.figures.read(EVERYTHING), "villages") == {"": 9}
    await counting.tell(end + 92, 24 * (end + 92))
    assert told(await node.figures.read(EVERYTHING), "villages") == {"": 16}


# --- whoever asks in every way that there is, and subtracts -----------------------------------------------------------

DISTRICTS = ("LA0901", "LA0902", "LA0402")
WAYS = [("", "LA09"), ("", "LA0901"), ("LA09", "LA0901"), ("", "LA04"), ("LA09", "LA0902")]


def chance(seed: int) -> list[tuple[Any, ...]]:
    """Births of ten weeks, few and many, by chance."""
    drawn = random.Random(seed)
    facts: Counter[tuple[Any, ...]] = Counter()
    for _ in range(drawn.randint(60, 500)):
        district = drawn.choices(DISTRICTS, (9, 3, 1))[0]
        traits = [["channel", drawn.choices(("ussd", "sms", "counter"), (12, 4, 1))[0]]]
        traits += [["language", drawn.choices(("lo", "en"), (9, 1))[0]]]
        traits += [["sex", one] for one in drawn.choices(("f", "m", ""), (2, 6, 2)) if one]
        villages = [f"{district[2:]}{n:03d}" for n in range(1, 5)]
        traits += [["village", one] for one in drawn.choices((*villages, ""), (12, 6, 2, 1, 1)) if one]
        day = NOON // DAY - drawn.randint(1, 70)
        facts["birth", "civil-registry", district, "finished", day, json.dumps(traits)] += 1
    return [(*key, n, 0) for key, n in facts.items()]


async def subtractions(read: Any) -> list[int]:
    """What is left of each number when that of less of the country, or of less time, is taken from it."""
    now = week_of(NOON // DAY)
    spans = [(now - 7 * back, now - 7 * until) for back in (10, 6, 3, 1, 0) for until in (0, 1, 2) if until <= back]
    seen = {
        (where, span): await read(where, *span) for where in ("", "LA09", "LA0901", "LA0902", "LA04") for span in spans
    }
    pairs = [((one, span), (other, span)) for one, other in WAYS for span in spans]
    pairs += [
        ((where, long), (where, short))
        for where in ("", "LA09", "LA0901")
        for long in spans
        for short in spans
        if long != short and long[0] <= short[0] and short[1] <= long[1]
    ]
    return [
        seen[more].get(value, 0) - seen[less].get(value, 0)
        for more, less in pairs
        for value in seen[more].keys() | seen[less].keys()
    ]


async def shown_values(figures: Any) -> list[tuple[str, str, str]]:
    rows = await figures.sums(Within(EVERYTHING), "what", "family", "value")
    return [(what, family, value) for what, family, value, _, _ in rows]


async def test_no_two_reports_subtract_to_fewer_than_five(opened: Opened) -> None:
    async with opened(mind=mind()) as memory:
        figures = memory.figures

        async def ask(where: str, since: int, until: int) -> dict[tuple[str, ...], int]:
            within = Within(EVERYTHING, since, until, "birth", where)
            rows = await figures.sums(within, "what", "family", "value")
            found: dict[tuple[str, ...], int] = {tuple(one): n for *one, n, _ in rows}
            shown = sum(n for (_, family, value), n in found.items() if family == "village" and value != REST)
            return found | {("others",): found.get(("villages", "", ""), 0) - shown}

        async def count(where: str, since: int, until: int) -> dict[tuple[str, ...], int]:
            """The control: the counts as they are."""
            found: Counter[tuple[str, ...]] = Counter()
            for district, day, traits, n in fresh:
                if district.startswith(where) and since <= week_of(day) <= until:
                    found["", ""] += n
                    for family, value in [*json.loads(traits), ("week", week_of(day))]:
                        found[family, value] += n
            return dict(found)

        async def simply(where: str, since: int, until: int) -> dict[tuple[str, ...], int]:
            """The control for villages: no number below five is shown, and that is all."""
            every = await count(where, since, until)
            shown = {key: n for key, n in every.items() if n >= LEAST and key[0] in {"", "village"}}
            return shown | {("others",): every.get(("", ""), 0) - sum(n for key, n in shown.items() if key[0])}

        async def waiting(where: str) -> list[int]:
            """Who was told of a district and is told of no village yet, at the end of each week."""
            ends = range(week_of(NOON // DAY) - 77, week_of(NOON // DAY) + 7, 7)
            seen = [await ask(where, 0, until) for until in ends]
            return [one.get(("finished", "", ""), 0) - one.get(("villages", "", ""), 0) for one in seen]

        many = villages = 0
        for seed in range(4):
            facts = chance(seed)
            fresh = [(fact[2], fact[4], fact[5], fact[6]) for fact in facts]
            await memory.writer.do(lambda database: database.rows("DELETE FROM fresh_figure"))
            await memory.writer.do(lambda database: database.rows("DELETE FROM figure"))
            await figures.counting._add(facts, "test", seed, seed + 1)
            await figures.counting.tell(NOON // DAY, seed)
            # The quarter after that is over as well.
            await figures.counting.tell(NOON // DAY + 100, seed + 1)
            left = await subtractions(ask)
            many += sum(n >= 5 for n in left)
            assert [n for n in left if n < 0 or 0 < n < 5] == []
            assert any(0 < n < 5 for n in await subtractions(count)), "the control"
            assert any(0 < n < 5 for n in await subtractions(simply)), "the control"
            for where in ("", *DISTRICTS):
                assert [n for n in await waiting(where) if n < 0 or 0 < n < 5] == []
            villages += sum(family == "village" and value != REST for _, family, value in await shown_values(figures))
        assert many > 100, "there was much to subtract"
        assert villages > 5, "and villages too"
