"""What a way costs: who takes longer than a session lasts dials again, and pays again."""

from decimal import Decimal

import pytest

from flows.explorer.measures import Stop, Tariff, cost_of, figures, seconds_for

DIALLED = Tariff("LTC", session=Decimal(50))
SCREEN = Stop(0, ("One page of words for a slow reader.",), "1")
LIMIT = int(figures()["session"]["seconds"])


@pytest.mark.parametrize("sessions", [1, 2, 3])
def test_each_session_of_a_long_way_is_paid(sessions: int) -> None:
    way = [SCREEN] * int(LIMIT * (sessions - 0.5) / seconds_for(SCREEN))
    assert cost_of(way, (), "ussd", (DIALLED,)).price == (("LTC", str(50 * sessions), "LAK"),)
    # Messages are paid by the part, not by the session.
    assert cost_of(way, (), "sms", (DIALLED,)).price == (("LTC", "0", "LAK"),)


def test_a_way_without_a_screen_is_one_session() -> None:
    assert cost_of([], (), "ussd", (DIALLED,)).price == (("LTC", "50", "LAK"),)
