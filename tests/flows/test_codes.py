"""A code that another service had is refused, with the days that the node's own people know it by."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flows.codes import Code, taken
from tests.flows.engine_kit import FLOWS

EVENING = int(datetime(2026, 11, 29, 20, tzinfo=UTC).timestamp())


def test_the_days_are_those_of_the_node() -> None:
    had = Code("code", "*999*1#", "death", EVENING, EVENING)
    (there,) = taken(FLOWS["birth"], [had], ZoneInfo("Asia/Vientiane"))
    assert "from 2026-11-30 to 2026-11-30" in there.sentence
    (plain,) = taken(FLOWS["birth"], [had])
    assert "from 2026-11-29 to 2026-11-29" in plain.sentence


def test_a_service_keeps_its_own() -> None:
    assert taken(FLOWS["birth"], [Code("code", "*999*1#", "birth", EVENING)]) == []
