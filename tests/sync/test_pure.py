"""The pure parts of the road: back-off, breaker, sizes, suspects, and what an attempt does to a record."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from flows import delivery
from flows.errors import Protocol, Refused, RoadFault
from store.values import Bookmark, Outcome, StatusEvent
from sync import backoff, breaker, settling, sizing
from sync.breaker import Breaker
from sync.faults import AgencyBusy, Away, Failed, Lost, Unreadable, class_of, fault_of
from sync.port import Events
from sync.sizing import Sizing
from sync.statuses import gone_back
from sync.suspects import LIKELY, PATIENCE, Suspects
from tests.sync.conftest import offer_of

CHANCES = st.floats(0, 1)
WHEN = settling.When(1000, 1.0)


@given(st.integers(0, 10_000), CHANCES)
def test_a_wait_is_full_jitter_under_a_cap_of_fifteen_minutes(failures: int, chance: float) -> None:
    assert 0 <= backoff.wait(failures, chance) <= backoff.span(failures) <= 900


def test_spans_double_from_two_seconds() -> None:
    assert [backoff.span(n) for n in (1, 2, 3, 9, 10, 400)] == [2, 4, 8, 512, 900, 900]


@given(st.lists(st.tuples(st.sampled_from(["good", "bad", "busy", "auth"]), CHANCES, st.floats(0, 100)), max_size=40))
def test_a_breaker_lets_one_probe_go_and_asks_a_dead_agency_again_within_thirty_seconds(
    story: list[tuple[str, float, float]],
) -> None:
    now, one = 0.0, Breaker()
    for what, chance, pause in story:
        now = max(now + pause, one.try_at)
        assert one.may_try(now)
        out = breaker.tried(one, now)
        assert out.may_try(now) is (one.position == "closed")
        match what:
            case "good":
                one = breaker.heard(now)
                assert one.may_try(now)
                assert one.position == "closed"
            case "bad":
                one = breaker.failed(out, now, chance)
                assert one.try_at - now <= breaker.PROBE_AT_MOST
            case "busy":
                one = breaker.paused(out, now, 5)
                assert not one.may_try(now + 4)
            case _:
                one = breaker.stopped(out, now)
                assert not one.may_try(now + breaker.STOPPED_PROBE - 1)
                assert breaker.resumed(one, now).may_try(now)
        assert one.position != "half_open"


def test_a_breaker_opens_at_the_third_failure_in_a_row() -> None:
    one = Breaker()
    for expected in ("closed", "closed", "open"):
        one = breaker.failed(one, 0, 1.0)
        assert one.position == expected


def test_a_batch_starts_at_five_and_doubles_to_what_the_link_moves_in_ten_seconds() -> None:
    fast, sizes = Sizing(), []
    for _ in range(8):
        sizes.append(fast.size)
        fast = sizing.went(fast, fast.size, fast.size * 120, 0.05, 150)
    assert sizes == [5, 10, 20, 40, 80, 150, 150, 150]
    slow = Sizing()
    for _ in range(8):
        slow = sizing.went(slow, slow.size, slow.size * 120, slow.size * 120 / 240, 0)
    assert slow.size == 20
    assert sizing.failed(slow).size == 10
    assert sizing.failed(Sizing(1)).size == 1


def test_a_half_empty_batch_says_nothing_of_what_a_full_one_would_do() -> None:
    assert sizing.went(Sizing(40), 3, 300, 0.1, 0).size == 40


@given(st.integers(1, 500), st.integers(1, 10**7), st.floats(0, 1000), st.integers(0, 1000))
def test_a_size_is_never_below_one_nor_above_what_the_agency_takes(n: int, sent: int, secs: float, most: int) -> None:
    after = sizing.went(Sizing(n), n, sent, secs, most)
    assert 1 <= after.size <= max(after.most, 1)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200 + n, "protocol") for n in (1, 2, 4)]
    + [(302, "protocol"), (404, "protocol"), (410, "protocol"), (418, "protocol"), (511, "protocol")]
    + [(408, "transient"), (425, "transient"), (500, "transient"), (502, "transient"), (599, "transient")]
    + [(429, "busy"), (503, "busy"), (401, "auth"), (403, "auth")]
    + [(400, "permanent"), (409, "permanent"), (413, "permanent"), (415, "permanent"), (422, "permanent")],
)
def test_status_codes_have_classes(status: int, expected: str) -> None:
    assert class_of(status) == expected


def test_a_proxy_cannot_refuse_a_request_for_good() -> None:
    assert isinstance(fault_of(422, signed=False, retry_after=0), Failed)
    assert isinstance(fault_of(422, signed=True, retry_after=0), Unreadable)
    assert isinstance(fault_of(503, signed=False, retry_after=0), Failed)


def test_each_word_settles_its_record_and_silence_leaves_it_in_doubt() -> None:
    offers = [offer_of(n) for n in range(1, 8)]
    words = ["accepted", "duplicate", "invalid", "conflict", "retry", "too_new"]
    outcomes = [Outcome(offer.id, word) for offer, word in zip(offers, words, strict=False)]  # type: ignore[arg-type]
    found = settling.settle_answer(offers, [Outcome("stranger", "accepted"), *reversed(outcomes)], WHEN)
    assert [s.event for s in found] == ["accept", "accept", "refuse", "refuse", "later", "later", "lose"]
    assert [s.held for s in found] == [False] * 5 + [True, False]
    assert found[4].next_at == 1002
    assert found[5].next_at == 1000 + settling.HELD
    assert found[6].code == "missing"


@pytest.mark.parametrize(
    ("fault", "doubt", "event", "counted"),
    [
        (Away(), False, "later", True),
        (Away(), True, "lose", True),
        (Lost(), False, "lose", True),
        (Protocol(), False, "lose", True),
        (Failed(), False, "lose", True),
        (Refused(), False, "give_back", False),
        (Refused(), True, "lose", False),
        (AgencyBusy("", 5), False, "give_back", False),
        (Unreadable(), False, "give_back", True),
    ],
)
def test_a_fault_settles_its_whole_batch(fault: RoadFault, doubt: bool, event: str, counted: bool) -> None:
    offers = [offer_of(1), offer_of(2)]
    offers = [structs.replace(offer, in_doubt=doubt) for offer in offers]
    found = settling.settle_fault(offers, fault, WHEN, at_once=False)
    assert {(s.event, s.counted, s.code) for s in found} == {(event, counted, fault.code)}
    assert all(delivery.move("leased", s.event) for s in found)


def test_one_record_that_the_agency_will_never_take_goes_to_an_officer() -> None:
    assert [s.event for s in settling.settle_fault([offer_of(1)], Unreadable(), WHEN, at_once=False)] == ["refuse"]


def test_a_suspect_gives_way_to_another_and_is_cleared_by_a_good_answer() -> None:
    suspects, offers = Suspects(), [offer_of(1), offer_of(2)]
    for _ in range(PATIENCE // LIKELY):
        assert suspects.probe(offers) == (1,)
        suspects.add(1, likely=True)
    assert suspects.probe(offers) == (2,)
    suspects.clear()
    assert suspects.probe(offers) == (1,)
    assert suspects.probe([]) == ()


def _events(*seqs: int, after: str) -> Events:
    return Events(tuple(StatusEvent(seq, "x", "1", "approved") for seq in seqs), after)


@pytest.mark.parametrize(
    ("mark", "answer", "expected"),
    [
        (Bookmark(), _events(1, after="1"), False),
        (Bookmark("991", 991), _events(992, after="992"), False),
        (Bookmark("991", 991), _events(after="991"), False),
        (Bookmark("991", 991), _events(after="500"), True),
        (Bookmark("991-3f9c", 991), _events(after="0"), True),
        (Bookmark("opaque", 991), _events(12, after="other"), True),
        (Bookmark("991", 991), _events(*range(1, 993), after="992"), False),
        (Bookmark(held=3), replace(_events(after=""), held=2), True),
        (Bookmark(held=3), replace(_events(after=""), held=0), True),
        (Bookmark(held=3), replace(_events(1, after="1"), held=3), False),
        (Bookmark("7", 7, held=3), replace(_events(8, after="8"), held=2), True),
        (Bookmark(held=3), _events(1, after="1"), False),
    ],
)
def test_an_agency_that_knows_less_than_it_told_has_gone_back(mark: Bookmark, answer: Events, expected: bool) -> None:
    assert gone_back(mark, answer) is expected
