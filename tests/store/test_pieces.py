"""The small pieces: clock, bytes of an event, hashes, settings, how a text stands to what was heard."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from store import heard
from store.clock import Clock, iso
from store.events import event_bytes
from store.hashing import Hashing
from store.settings import StoreSettings
from tests.store.conftest import LAO, NOON, Hands
from tests.store.mind import submit

FILES = {"birth.yaml": "sala: 1\nid: birth\n"}


def test_the_clock_is_doubted_after_a_jump_and_steady_all_the_same(hands: Hands) -> None:
    clock = hands.clock()
    assert (clock.now(), clock.steady(), clock.quality) == (NOON, NOON, "good")
    hands.go(100)
    hands.wall += 10 * 365 * 86_400
    assert (clock.steady(), clock.quality) == (NOON + 100, "doubtful")
    hands.wall -= 20 * 365 * 86_400
    assert (clock.steady(), clock.quality) == (NOON + 100, "doubtful")


def test_a_clock_behind_the_newest_row_is_doubted_and_follows_when_set_right(hands: Hands) -> None:
    hands.wall = 1000.0
    clock = hands.clock()
    clock.believe(NOON - 10)
    assert (clock.steady(), clock.quality) == (NOON - 10, "doubtful")
    hands.go(70)
    assert (clock.steady(), clock.quality) == (NOON + 60, "doubtful")
    hands.wall = float(NOON)
    assert (clock.steady(), clock.quality) == (NOON, "good")
    hands.wall = 1000.0
    assert clock.steady() == NOON


def test_today_is_the_zone_s() -> None:
    clock = Clock("Asia/Vientiane")
    assert clock.today(NOON).isoformat() == "2026-11-23"
    assert clock.today(NOON + 12 * 3600 - 1).isoformat() == "2026-11-23"
    assert clock.today(NOON + 12 * 3600).isoformat() == "2026-11-24"
    assert iso(NOON) == "2026-11-23T05:00:00Z"
    assert clock.after_quiet(NOON, (22, 6)) == NOON
    assert clock.after_quiet(NOON, (0, 0)) == NOON
    assert clock.after_quiet(NOON, (11, 13)) == NOON + 3600


def test_an_event_s_bytes_are_fixed() -> None:
    from flows.turn import Moment  # noqa: PLC0415 - only here

    day = Clock("Asia/Vientiane").today(NOON)
    ids = ("0199b0a0-0000-7000-8000-000000000001", "0199b0a0-0000-7000-8000-000000000002")
    one = submit(Moment(NOON, day, "482109337", ids), answers={"name": "ຄຳ", "late": False, "n": 2.5, "none": None})
    values: dict[str, Any] = {"node": "LA-XK-03", "epoch": "3f9c21aa", "sequence": 8123, "msisdn": LAO, "now": NOON}
    assert (
        event_bytes(one, **values)
        == (
            '{"specversion":"1.0","id":"0199b0a0-0000-7000-8000-000000000001","source":"urn:sala:node:LA-XK-03",'
            '"type":"sala.submission.v1","subject":"482109337","time":"2026-11-23T05:00:00Z",'
            '"datacontenttype":"application/json","sequence":"8123","epoch":"3f9c21aa","clock":"good",'
            '"data":{"service":"birth","submission":"birth","revision":"sha256:aa","reference":"482109337",'
            '"channel":"ussd","language":"en","applicant":{"msisdn":"+8562055512345"},'
            '"case":{"id":"0199b0a0-0000-7000-8000-000000000002","revision":1},'
            '"answers":{"name":"ຄຳ","late":false,"n":2.5,"none":null},'
            '"consent":{"basis":"legal_task","shown":"sha256:00"},"place":{"pcode":"LA0901"}}}'
        ).encode()
    )


@pytest.mark.parametrize("forget", [False, True])
def test_how_a_text_stands_to_what_was_heard(forget: bool) -> None:
    kept = heard.forget(heard.keep("a*b")) if forget else heard.keep("a*b")
    assert heard.forget(kept) == heard.forget(heard.forget(kept))
    assert ("a*b" in kept) is not forget
    assert heard.fit(kept, "a*b") == ("same", "")
    assert heard.fit(kept, "a*b*c*d") == ("next", "c*d")
    assert heard.fit(kept, "a*b*") == ("next", "")
    assert heard.fit(kept, "a")[0] == "older"
    assert heard.fit(kept, "")[0] == "older"
    assert heard.fit(kept, "a*bc")[0] == "other"
    assert heard.fit(kept, "x*y*z")[0] == "other"


def test_hashes_of_different_things_differ() -> None:
    one, other = Hashing(b"a"), Hashing(b"b")
    assert one.session("x", "y") != one.message("x", "y")
    assert one.session("ab", "c") != one.session("a", "bc")
    assert one.number(1) != other.number(1)
    assert one.once(["a", "b"]) != one.once(["a", "b"], 1)


@pytest.mark.parametrize("bad", [{"seal_to": {"registry": ("age1nonsense",)}}, {"blocks": ("4a",)}, {"nod": "x"}])
def test_settings_that_cannot_be_used(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StoreSettings(data=tmp_path, node="n", **bad)
