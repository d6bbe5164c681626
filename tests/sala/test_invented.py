"""Invented people in the demonstration's reports: the real engine, the same each time, marked, and only once."""

from collections import Counter
from dataclasses import replace

import pytest

from sala import config as configuration
from sala import demo, invented, keys, services
from sala.config import Config
from sala.editions import Overlay
from store.figures import Figure
from store.memory import open_memory
from store.release import LEAST
from store.scope import EVERYTHING

pytestmark = pytest.mark.slow

NOON = 1_793_854_800
"""Thursday, 5 November 2026, noon in Vientiane."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A demonstration that has not run yet, for one district."""
    return configuration.load(demo.written(8123, tmp_path_factory.mktemp("demo")))


def counts(told: list[Figure]) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for one in told:
        found[one.service, one.what, one.family] += one.n
    return found


async def test_they_come_to_something_in_every_way_and_the_same_each_time(config: Config) -> None:
    told, people = await invented.made_up(config, 3, 1, NOON)
    again, _ = await invented.made_up(config, 3, 1, NOON)
    assert told == again
    found = counts(told)
    for service, what in (("birth", "finished"), ("birth", "stopped"), ("business", "finished"), ("farm", "finished")):
        assert found[service, what, ""] >= LEAST, (service, what)
    assert found["birth", "acknowledged", ""] >= LEAST
    assert all(one.n >= LEAST for one in told)
    assert 0 < sum(one.n for one in told if one.what == "finished" and not one.family) <= people


async def test_they_are_put_in_once_and_marked(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = services.prepare(config, ())
    overlay = Overlay.over(prepared)
    config.data.mkdir(parents=True)
    key = keys.database_key(config.key_source, config.data)
    mind = services.mind(prepared, overlay.given, overlay.under)
    told = [Figure("birth", "civil-registry", "LA0901", "finished", 20_000, "", "", 7, 0)]

    async def made_up(*_: object) -> tuple[list[Figure], int]:
        return told, 9

    monkeypatch.setattr(invented, "made_up", made_up)
    async with open_memory(configuration.store_settings(config), key, mind, house=False) as memory:
        assert await memory.figures.invented() == 0
        assert await invented.fill(config) == 9, "beside a node that runs"
        assert await invented.fill(config) == 0
        assert await memory.figures.invented() == 9
        assert await memory.figures.read(EVERYTHING) == told
        await memory.figures.invent([replace(told[0], n=50)], 50)
        assert await memory.figures.read(EVERYTHING) == told, "also when two are at it"
