"""An agency's signed answer that was kept is looked at once more; whatever was changed since is seen."""

import base64
import gzip
import json
from typing import Any

import pytest

from sala.evidence import check, looked_at
from store.values import Hop
from sync import signing

KEY = b"0123456789abcdef0123456789abcdef"
OTHER = b"another key of at least 16 bytes"
OURS = "0199-ours"


def kept(body: bytes, key: bytes = KEY) -> dict[str, str]:
    headers = signing.sign(key, "batch-7", 1_795_410_000, body)
    return {
        "webhook_id": headers[signing.ID],
        "webhook_timestamp": headers[signing.TIMESTAMP],
        "webhook_signature": headers[signing.SIGNATURE],
        "answer": base64.b64encode(body).decode(),
    }


def results(*ids: str) -> bytes:
    return json.dumps({"results": [{"id": id_, "status": "accepted", "agency_ref": "R1"} for id_ in ids]}).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_kept_answer_is_good_for_what_it_names(pack: Any) -> None:
    found = kept(pack(results("another", OURS)))
    assert check(found, OURS, KEY) == "good"
    assert check(found, "0199-not-in-it", KEY) == "silent"
    assert check(found, OURS, OTHER) == "bad"
    assert check(found, OURS, None) == "keyless"


@pytest.mark.parametrize("part", ["webhook_id", "webhook_timestamp", "webhook_signature", "answer"])
def test_one_changed_letter_anywhere_is_seen(part: str) -> None:
    found = kept(results(OURS))
    text = found[part]
    changed = "1" if text[5] != "1" else "2"
    assert check(found | {part: text[:5] + changed + text[6:]}, OURS, KEY) == "bad"


def test_a_signed_answer_that_is_no_results_names_nothing() -> None:
    assert check(kept(b"<html>"), OURS, KEY) == "silent"
    assert check(kept(b"\x1f\x8bnot gzip"), OURS, KEY) == "silent"


def test_each_delivery_is_held_against_its_own_submission_and_agency() -> None:
    hops = [
        Hop(1, "submission", "revision 1", details={"sequence": 12, "id": OURS}),
        Hop(2, "delivery", "accepted", "registry", details={"sequence": 12} | kept(results(OURS))),
        Hop(2, "delivery", "accepted", "health", details={"sequence": 12}),
    ]
    first, second, third = looked_at(hops, {"registry": KEY, "health": OTHER})
    assert first == hops[0]
    assert second.details["looked_at"] == "good"
    assert looked_at(hops, {"registry": KEY}, {"registry"})[1].details["looked_at"] == "relayed"
    assert third == hops[2], "nothing was kept: it came in a receipt, or by SMS"
