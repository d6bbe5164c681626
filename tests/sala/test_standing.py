"""What `sala sync status` says, and how long work shows how far it is."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sala.progress import Meter
from sala.standing import moment, told

NOON = 1_795_410_000  # 2026-11-23, noon in Vientiane
ZONE = ZoneInfo("Asia/Vientiane")


def said(price: str = "0", **over: Any) -> str:
    names = ("waiting", "in_doubt", "held", "carried", "in_review", "accepted", "oldest_age", "accepted_through")
    state = dict.fromkeys(names, 0) | {"agency": "registry", "position": "closed", "last_outcome": "answered"}
    state |= {"last_at": NOON - 60, "bytes_out": 1_500_000, "bytes_in": 500_000}
    return "\n".join(told(state | over, ZONE, NOON, Decimal(price)))


def test_an_empty_outbox() -> None:
    assert said(accepted=4812, accepted_through=NOON - 3600) == (
        "registry: nothing waits; 4,812 accepted\n"
        "  everything up to 11:00 is with the agency, by its own acknowledgement\n"
        "  link: up, it answered last, last tried 11:59\n"
        "  1.5 MB out, 500.0 kB in"
    )


def test_what_was_refused_is_not_passed_over() -> None:
    assert "is with the agency, by its own acknowledgement (it refused some: they are with an officer)" in said(
        accepted=4812, accepted_through=NOON - 3600, in_review=2
    )


def test_a_backlog_behind_a_dead_link_and_its_price() -> None:
    text = said(
        "2.5", waiting=1200, oldest_age=3 * 86_400, in_doubt=2, in_review=1, position="open", last_outcome="away"
    )
    assert "1,200 waiting, the oldest for 3 d; 2 in doubt (offered again); 1 refused, with an officer" in text
    assert "nothing is acknowledged yet" in text
    assert "link: down, last tried 11:59 [away]" in text
    assert text.endswith("cost 5.00")


@pytest.mark.parametrize(
    ("ago", "words"), [(60, "11:59"), (86_400, "yesterday 12:00"), (8 * 86_400, "2026-11-15 12:00")]
)
def test_a_moment(ago: int, words: str) -> None:
    assert moment(NOON - ago, ZONE, NOON) == words


def test_progress_is_a_plain_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter({"registry": 2000}) as meter:
        meter("registry", 5)
        meter("registry", 10)
    assert capsys.readouterr().err == "registry: 5 of 2,000\n"
