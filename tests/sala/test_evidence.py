"""An agency's signed answer that was kept is looked at once more; whatever was changed since is seen."""

import base64
import gzip
import json
from typing import Any

import pytest

from sala.evidence import Submitted, check, looked_at
from store.values import Hop
from sync import signing
from sync.bearer import frame
from sync.bearer.acks import Answer, Run, Verdict
from sync.bundle.container import pack, seal
from sync.bundle.keys import keys_of

KEY = b"0123456789abcdef0123456789abcdef"
OTHER = b"another key of at least 16 bytes"
OURS = "0199-ours"
MINE = Submitted(OURS, 12, "3f9c21aa")


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
    assert check(found, MINE, KEY) == "good"
    assert check(found, Submitted("0199-not-in-it"), KEY) == "silent"
    assert check(found, MINE, OTHER) == "bad"
    assert check(found, MINE, None) == "keyless"


@pytest.mark.parametrize("part", ["webhook_id", "webhook_timestamp", "webhook_signature", "answer"])
def test_one_changed_letter_anywhere_is_seen(part: str) -> None:
    found = kept(results(OURS))
    text = found[part]
    changed = "1" if text[5] != "1" else "2"
    assert check(found | {part: text[:5] + changed + text[6:]}, MINE, KEY) == "bad"


def test_a_signed_answer_that_is_no_results_names_nothing() -> None:
    assert check(kept(b"<html>"), MINE, KEY) == "silent"
    assert check(kept(b"\x1f\x8bnot gzip"), MINE, KEY) == "silent"


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
    assert third == hops[2], "nothing was kept of it"


def test_a_hub_s_feed_is_looked_at_as_it_came() -> None:
    word = {"seq": 1, "id": OURS, "reference": "482109337", "status": "accepted", "agency_ref": "R1"}
    found = kept(json.dumps({"events": [word], "next": "1"}).encode()) | {"answer_road": "feed"}
    assert check(found, MINE, KEY) == "good"
    assert check(found, Submitted("0199-not-in-it"), KEY) == "silent"
    assert check(found, MINE, OTHER) == "bad"
    told = kept(json.dumps({"events": [word | {"status": "approved"}], "next": "1"}).encode())
    assert check(told | {"answer_road": "feed"}, MINE, KEY) == "silent", "a status is no answer to it"


def receipt(body: bytes) -> dict[str, str]:
    facts: dict[str, Any] = {"bundle": "b7", "kind": "receipt", "node": "LA-XK-03", "agency": "registry"}
    part = seal(keys_of(KEY), body, **facts, number=1, previous="", created=1_795_410_000, records=1)
    return {
        "webhook_id": "b7",
        "webhook_timestamp": "1795410000",
        "webhook_signature": part.signature,
        "answer": base64.b64encode(pack((part,))).decode(),
        "answer_road": "bundle",
    }


def test_a_receipt_of_a_stick_is_looked_at_as_it_came() -> None:
    found = receipt(json.dumps({"results": [{"id": OURS, "status": "accepted"}], "events": []}).encode())
    assert check(found, MINE, KEY) == "good"
    assert check(found, Submitted("0199-not-in-it"), KEY) == "silent"
    assert check(found, MINE, OTHER) == "bad"
    assert check(found | {"webhook_id": "b8"}, MINE, KEY) == "bad", "it is another receipt's"
    body = bytearray(base64.b64decode(found["answer"]))
    for place in range(0, len(body), 7):
        body[place] ^= 1
        assert check(found | {"answer": base64.b64encode(body).decode()}, MINE, KEY) == "bad"
        body[place] ^= 1
    assert check(receipt(b"[]"), MINE, KEY) == "silent"


def message(answer: Answer, number: int = 9) -> dict[str, str]:
    keys = frame.keys_of(KEY)
    header = frame.Header(frame.Kind.TALK, keys.pair, "0badcafe", number)
    text = frame.to_text(frame.seal(keys.down, header, answer.to_bytes()))
    sealed = {"webhook_id": "0badcafe-9", "webhook_timestamp": "", "webhook_signature": ""}
    return sealed | {"answer": base64.b64encode(text.encode()).decode(), "answer_road": "sms"}


def test_a_message_is_looked_at_as_it_came() -> None:
    found = message(Answer((Run("3f9c21aa", 10, 0b100),)))
    assert check(found, MINE, KEY) == "good"
    assert check(found, Submitted(OURS, 12), KEY) == "good", "its body is gone, and its epoch with it"
    assert check(found, Submitted(OURS, 12, "00000000"), KEY) == "silent"
    assert check(found, Submitted(OURS, 11, "3f9c21aa"), KEY) == "silent"
    assert check(found, MINE, OTHER) == "bad"
    assert check(message(Answer((Run("3f9c21aa", 10, 0b100),)), 8), MINE, KEY) == "bad", "another message's number"
    refused = Answer((Run("3f9c21aa", 10),), (Verdict("3f9c21aa", 12, "invalid", "bad_value"),))
    assert check(message(refused), MINE, KEY) == "good"
    text = base64.b64decode(found["answer"]).decode()
    assert check(found | {"answer": base64.b64encode(text[:-1].encode()).decode()}, MINE, KEY) == "bad"
