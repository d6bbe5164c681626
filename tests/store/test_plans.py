"""How SQLite runs each statement: none that a turn, a message or a delivery needs may read a whole table."""

import re

from store import desk_sql, drafts_sql, figures_sql, library_sql, queue_sql, rating_sql, road_sql, sql
from store.memory import Memory
from store.scope import Scope

# Small tables, a few rows by LIMIT, partial indexes that hold only what is meant, and what happens once in years.
MAY_SCAN = {
    "SILENT", "FORGOTTEN", "UNKNOWN_MESSAGES", "OPEN_MEMOS", "HELD",  # by a partial index
    "WORDS", "REVISIONS", "LIVE", "BEFORE_LIVE", "ROADS", "TALLIES", "LAST_EPOCH",  # a few rows, at a start or a look
    "CLAIM", "OLDEST",  # what an inner LIMIT has left
    "OLD_MESSAGES", "OLD_INBOX", "OLD_NOTES", "OLD_ATTEMPTS", "OLD_EARLY", "OLD_GUESSES",  # by LIMIT, or small
    "OLD_PRIVATE",
    "LEFT_CLAIMED", "MESSAGE_STATES",  # the queue of messages: what is settled has left it
    "SPENT",  # once a day
    "FORGET_SEQS", "TAKEN",  # an agency was restored from a backup
    "LAST_IDS", "LAST_NUMBERS",
    # What people made: few.
    "DRAFTS", "ALL_PROPOSALS", "WAIVERS", "TRIALS", "OLD_TRIALS", "NEVER_PUBLISHED", "CODES", "REVIEWED",
    "ACCOUNTS", "ACTIVE_ROLES", "END_OLD",  # people of one desk
    "LAST_AUDIT", "AUDIT", "LAST_PUSH", "OPEN_PUSH", "LAST_CARD", "EVENTS_SINCE",  # the newest, by LIMIT
    "PULSE", "PULSE_TALLY", "PULSE_ROADS", "REFUSERS", "UNDER_WAY",  # a row an agency and state
    "MARKS", "OUTLINES", "DROP_OUTLINES",  # a few rows
    "BASES",  # once an hour, over counts that are not told yet
}  # fmt: skip


ROOMS = (sql, road_sql, library_sql, drafts_sql, desk_sql, queue_sql, figures_sql, rating_sql)
SCOPE = Scope(("LA0901",), ("civil-registry",)).condition()[0]


def statements() -> dict[str, str]:
    found = {name: text for room in ROOMS for name, text in vars(room).items() if name[0].isupper()}
    # What is put together from strands is looked at in `test_queue.py`.
    whole = {name: str(text).replace("{scope}", SCOPE) for name, text in found.items()}
    return {name: text for name, text in whole.items() if re.match(r"SELECT|UPDATE|DELETE", text) and "{" not in text}


async def scans(memory: Memory, statement: str) -> list[str]:
    plan = await memory._writing.rows(f"EXPLAIN QUERY PLAN {statement}", [1] * statement.count("?"))
    return [str(row[3]) for row in plan if row[3].startswith("SCAN") and not re.search("json_each|CONSTANT", row[3])]


async def test_no_statement_reads_a_whole_table_unless_it_says_so(memory: Memory) -> None:
    found = {name: await scans(memory, text) for name, text in statements().items()}
    assert {name for name, steps in found.items() if steps} <= MAY_SCAN


async def test_figures_are_read_by_their_weeks(memory: Memory) -> None:
    within = "r.district >= ? AND r.agency IN (?)"
    for text in (figures_sql.READ, figures_sql.SUMS):
        assert not await scans(memory, text.format(within=within, columns="service, what"))


async def test_a_scan_would_be_seen(memory: Memory) -> None:
    assert await scans(memory, "SELECT 1 FROM request WHERE latest = ?")


async def test_a_key_press_touches_no_index(memory: Memory) -> None:
    plan = await memory._writing.rows(f"EXPLAIN {sql.PRESS}", [1] * 7)
    opened = [row for row in plan if row[1] == "OpenWrite"]
    assert len(opened) == 1
    more = await memory._writing.rows(f"EXPLAIN {sql.SET_DROPPED}", [1] * 2)
    assert len([row for row in more if row[1] == "OpenWrite"]) == 2
