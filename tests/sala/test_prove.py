"""The trail of one request as people read it: every attempt and road, the officer, the agency's word, the SMS."""

from typing import Any
from zoneinfo import ZoneInfo

from sala.prove import told
from store.values import Hop

NOON = 1_795_410_000  # 2026-11-23, noon in Vientiane
AGENCY = "civil-registry"

# ruff: noqa: E501 - lines as they are printed

TRAIL = """\
482 109 337
2026-11-23 12:00:00  submission  revision 1 on disk with the last key press (USSD), by a clock in doubt; 612 bytes, \
sealed to the agency; number 12 of epoch 3f9c21aa; id 0199; sha256:ab
2026-11-23 12:00:01  attempt     civil-registry by HTTP: not reached
2026-11-23 12:00:02  attempt     civil-registry by HTTP: refused, HTTP 200 (400 bytes out, 90 back, 120 ms, for the whole batch)
2026-11-23 12:00:03  delivery    civil-registry: refused, and gone on as the next revision (invalid, bad_value), after 2 attempts
2026-11-23 12:00:04  officer     civil-registry: amend by kham: she phoned
2026-11-23 12:00:05  submission  revision 2 on disk; gone after its retention; number 13; id 0200; sha256:cd
2026-11-23 12:00:06  attempt     civil-registry in a bundle: had it already
2026-11-23 12:00:07  delivery    civil-registry: the agency's signed answer: accepted, under its number R000041, after 1 attempt
2026-11-23 12:00:08  status      civil-registry: in_review, its event 4; too late to count, kept for the record
2026-11-23 12:00:09  status      civil-registry: rejected (other), its event 5
2026-11-23 12:00:10  message     SMS to the citizen by at, status: delivered at 2026-11-23 12:01:00

civil-registry: the agency's signed answer: accepted, under its number R000041, after 1 attempt; it says: rejected
the citizen's last SMS: status, delivered"""


def submission(**over: Any) -> dict[str, Any]:
    return {
        "by": "",
        "sequence": 12,
        "epoch": "",
        "clock": "",
        "id": "0199",
        "bytes": 0,
        "sealed": "",
        "body": "",
    } | over


def delivery(**over: Any) -> dict[str, Any]:
    return {"sequence": 12, "attempts": 1, "code": "", "agency_ref": "", "reason": ""} | over


def attempt(road: str = "http", **over: Any) -> dict[str, Any]:
    return {"sequence": 12, "road": road, "bytes_out": 0, "bytes_in": 0, "ms": 0, "http": 0} | over


def test_the_whole_trail() -> None:
    sealed = submission(by="ussd", epoch="3f9c21aa", clock="doubtful", bytes=612, sealed="yes")
    answered = attempt(bytes_out=400, bytes_in=90, ms=120, http=200)
    sent = {"state": "delivered", "attempts": 1, "reason": "", "channel": "at", "settled_at": NOON + 60}
    found: list[tuple[Any, ...]] = [
        ("submission", "revision 1", "", "sha256:ab", sealed),
        ("attempt", "away", AGENCY, "", attempt()),
        ("attempt", "invalid", AGENCY, "", answered),
        ("delivery", "amended", AGENCY, "", delivery(code="invalid", reason="bad_value", attempts=2)),
        ("officer", "amend", AGENCY, "", {"sequence": 12, "by": "kham", "note": "she phoned"}),
        (
            "submission",
            "revision 2",
            "",
            "sha256:cd",
            submission(sequence=13, id="0200", body="gone after its retention"),
        ),
        ("attempt", "duplicate", AGENCY, "", attempt("bundle")),
        ("delivery", "accepted", AGENCY, "", delivery(sequence=13, code="accepted", agency_ref="R000041")),
        ("status", "in_review", AGENCY, "", {"seq": 4, "reason": "", "applied": False}),
        ("status", "rejected", AGENCY, "", {"seq": 5, "reason": "other", "applied": True}),
        ("message", "status", "", "", sent),
    ]
    hops = [Hop(NOON + n, *one) for n, one in enumerate(found)]
    assert "\n".join(told(hops, "482109337", ZoneInfo("Asia/Vientiane"))) == TRAIL


def test_what_is_still_under_way_is_said_at_the_end() -> None:
    hops = [Hop(NOON, "delivery", "in_doubt", AGENCY, details=delivery())]
    assert list(told(hops, "482109337", ZoneInfo("Asia/Vientiane")))[1:] == [
        "",
        "civil-registry: may be there; offered again until the agency says so, after 1 attempt",
        "no SMS yet",
    ]
