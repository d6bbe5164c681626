"""Fills a node's database with births that wait, through the store's own turns, as a crowd of phones would bring them.

The rows are those of a real registration (dial, language, submission): its turns are heard once, and said again for
each birth with a reference and a child of its own. Receipts are left out, as if a gateway had sent them.
"""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace as with_
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from bench.offices import office, walk
from flows.dialogue import Office
from flows.turn import Heard, Moment, Submit, Turn
from sala import config as configuration
from sala import keys
from store.memory import open_memory
from store.mind import dialogue_mind
from store.values import Call

_PHONES: Final = 200
_SEND: Final = "9"
_PRESSED: Final = ("", "1", f"1*{_SEND}")
_NUMBERS: Final = 99_999_989
"""A prime: numbers of the world come in no order, so those of the crowd are scattered by a factor below it."""


def fill(config: Path, count: int) -> None:
    """Let `count` births wait in the database of the node with this configuration file; it must not run meanwhile."""
    asyncio.run(_fill(configuration.load(config), count))


async def _fill(config: configuration.Config, count: int) -> None:
    offered, key = office(), keys.database_key(config.key_source, config.data)
    mind = with_(dialogue_mind(lambda _: offered), hear=_registration(offered))
    async with open_memory(configuration.store_settings(config), key, mind, house=False) as memory:
        waiting = iter(range(count))

        async def phone() -> None:
            for number in waiting:
                for text in _PRESSED:
                    await memory.turns.take(_call(number, text))

        await asyncio.gather(*(phone() for _ in range(_PHONES)))


def _call(number: int, text: str) -> Call:
    scattered = number * 48_271 % _NUMBERS
    return Call("at", f"ATUid_C{number:031x}", f"+85630{scattered:08d}", text, "*999#")


def _registration(offered: Office) -> Callable[..., Turn]:
    """A `hear` that answers with the turns of a real walk that write more than a session, by the last key."""
    first, chosen, *_, sent = (turn for *_, turn in walk(offered))
    by_key = {"": first, "1": chosen, _SEND: sent}
    births = itertools.count()

    def hear(_office: Any, _talk: Any, _person: Any, heard: Heard, moment: Moment) -> Turn:
        turn = by_key[heard.text]
        if turn is not sent:
            return turn
        submits = (one for one in sent.effects if isinstance(one, Submit))
        return replace(sent, effects=tuple(_anew(one, moment, next(births)) for one in submits))

    return hear


def _anew(one: Submit, moment: Moment, number: int) -> Submit:
    submission, case = moment.ids
    once = (*one.once[:-1], f"child {number}")
    return replace(one, reference=moment.reference, submission_id=submission, case_id=case, once=once)
