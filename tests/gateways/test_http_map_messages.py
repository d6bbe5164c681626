"""Messages: each shipped map against requests and answers by the operators' documents."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from flows.errors import SendError
from gateways.http.kit import CALLBACK, SETTINGS
from gateways.http.loading import load, shipped
from gateways.http.settings import Settings
from gateways.http.signing import twilio
from gateways.http.sms import Side, outcome, request
from store.values import Call, Inbound, Malformed, Outgoing, Received, Reply, Report, Sent
from tests.gateways.http_maps import BEEM, NUMBER, form, gateway, get, post


def sms(name: str, **more: Any) -> Side:
    side = gateway(name, **more).sms
    assert isinstance(side, Side)
    return side


def signed(tail: str, **fields: str) -> Received:
    plain = form(tail, **fields)
    return Received(
        plain.body, tail=tail, headers={"X-Twilio-Signature": twilio("kit-token", f"{CALLBACK}/{tail}", plain.body)}
    )


@pytest.mark.parametrize(
    ("name", "received", "meant"),
    [
        (
            "jasmin",
            form("sms", **{"from": "8562055512345"}, id="m1", to="1999", content="ເກີດ", coding="8", binary="00"),
            Inbound("c", "m1", NUMBER, "1999", "ເກີດ"),
        ),
        (
            "jasmin",
            form("sms", **{"from": "LaoTelecom"}, id="m1", to="1999", content="x"),
            Malformed("not-a-phone", status=200),
        ),
        ("jasmin", form("sms", **{"from": "02055512345"}, id="m1", to="1999"), Inbound("c", "m1", NUMBER, "1999", "")),
        (
            "twilio",
            signed("sms", MessageSid="SM1", From=NUMBER, To="+1999", Body="hi", NumMedia="0"),
            Inbound("c", "SM1", NUMBER, "+1999", "hi"),
        ),
        ("twilio", form("sms", MessageSid="SM1", From=NUMBER, Body="hi"), Malformed("signature", status=403)),
        (
            "rapidpro-site",
            form("sms", id="9", to="+8562055512345", to_no_plus="8562055512345", text="STATUS 482109337"),
            Inbound("c", "9", NUMBER, "", "STATUS 482109337"),
        ),
    ],
)
def test_a_message_is_read_as_its_document_means_it(name: str, received: Received, meant: object) -> None:
    assert sms(name).read(received) == meant


@pytest.mark.parametrize(
    "fields",
    [
        {"from": "8562055512345", "date": "2026-11-23T02:30:00Z"},
        {"sender": "8562055512345", "time": "2026-11-23T02:30:00Z"},
    ],
)
def test_a_message_without_an_id_is_known_by_what_it_says(fields: dict[str, str]) -> None:
    side = sms("rapidpro")
    one, same = (side.read(get("sms", **fields, text="1")) for _ in range(2))
    other = side.read(get("sms", **fields, text="2"))
    assert isinstance(one, Inbound)
    assert isinstance(other, Inbound)
    assert one == same
    assert (one.id != other.id, one.msisdn) == (True, NUMBER)


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("rapidpro", get("sms", **{"from": "8562055512345"}, text="1")),
        ("dhis2", post({"originator": "8562055512345", "text": "1"}, "sms")),
        ("dhis2-form", form("sms", originator="8562055512345", message="1")),
    ],
)
def test_without_its_time_a_message_without_an_id_is_refused_and_not_taken_for_a_copy(
    name: str, received: Received
) -> None:
    assert sms(name).read(received) == Malformed("identity")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("rapidpro", {"from": "8562055512345", "date": "2026-11-23T02:30:00Z", "text": "ເກີດ"}),
        ("dhis2-form", {"originator": "8562055512345", "receivedTime": "2026-11-23", "message": "ເກີດ"}),
    ],
)
def test_what_courier_and_dhis2_read_in_the_query_of_a_post_is_read_there(name: str, fields: dict[str, str]) -> None:
    query = sms(name).read(Received(b"", tail="sms", query=urlencode(fields)))
    assert isinstance(query, Inbound)
    assert (query.msisdn, query.text) == (NUMBER, "ເກີດ")
    assert query == sms(name).read(form("sms", **fields))
    # What the body says goes first, and a map that does not say so reads no query.
    both = Received(urlencode(fields).encode(), tail="sms", query=urlencode({**fields, "text": "x", "message": "x"}))
    assert sms(name).read(both) == query
    assert sms("jasmin").read(Received(b"", tail="sms", query="id=1&from=8562055512345")) == Malformed("message-id")


def test_dhis2_tells_a_message_in_json_as_well() -> None:
    read = sms("dhis2").read(post({"originator": "8562055512345", "receiveddate": "2026-11-23", "text": "1"}, "sms"))
    assert isinstance(read, Inbound)
    assert (read.msisdn, read.text) == (NUMBER, "1")


@pytest.mark.parametrize(("id_", "wanted"), [(5, 5), ("5", "5")])
def test_what_came_as_a_number_goes_back_as_one(id_: object, wanted: object) -> None:
    side = gateway("beem").ussd
    assert side
    heard = side.read(post({**BEEM, "command": "continue", "payload": {"request_id": id_, "response": "1"}}))
    assert isinstance(heard, Call)
    assert json.loads(side.write(Reply("Hi", end=False), heard).body)["payload"] == {
        "request_id": wanted,
        "request": "Hi",
    }


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("jasmin", "callback"),
        ("jasmin", "username"),
        ("jasmin", "base_url"),
        ("dhis2", "password"),
        ("twilio", "account"),
        ("twilio", "token"),
        ("rapidpro-site", "account"),
    ],
)
def test_a_setting_that_would_go_out_empty_is_missing(name: str, missing: str) -> None:
    with pytest.raises(ValidationError, match=f"{missing}: is missing, and {name} needs it"):
        gateway(name, **{missing: ""})


@pytest.mark.parametrize(
    ("name", "received", "meant"),
    [
        ("jasmin", form("report", id="m1", message_status="DELIVRD", level="2"), Report("c", "m1", "delivered")),
        ("jasmin", form("report", id="m1", message_status="ESME_ROK", level="1"), Report("c", "m1", "sent")),
        ("jasmin", form("report", id="m1", message_status="WEIRD"), Report("c", "m1", "unknown")),
        (
            "twilio",
            signed("report", MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30003"),
            Report("c", "SM1", "failed"),
        ),
        ("rapidpro", get("report/delivered", id="7f-6afe0000"), Report("c", "", "delivered", mark="7f-6afe0000")),
        ("rapidpro", get("report/sent/x", id="7f-6afe0000"), Malformed("not-ours")),
    ],
)
def test_a_report_is_read_as_its_document_means_it(name: str, received: Received, meant: object) -> None:
    assert sms(name).read_report(received) == meant


def sent(name: str, text: str) -> tuple[str, str, bytes, dict[str, str]]:
    found = load(name)
    assert found.sms
    message = Outgoing(1, "c", NUMBER, text, 1, 0, mark="7f-6afe0000")
    return request(found.sms.send, message, Settings.model_validate({**SETTINGS, "map": name}))


def test_jasmin_gets_lao_as_hex_and_latin_as_text() -> None:
    method, url, body, _ = sent("jasmin", "ກ&1")
    assert (method, body) == ("GET", b"")
    assert url == (
        "https://kit.example.org/send?username=kit&password=kit-password&to=8562055512345&from=1999&coding=8&dlr=yes"
        "&dlr-level=2&dlr-url=https%3A%2F%2Fkit.example.org%2Fgateways%2Fkit%2Fsecret%2Freport&dlr-method=POST"
        "&hex-content=0e8100260031"
    )
    latin = sent("jasmin", "a&b")[1]
    assert "&coding=0&" in latin
    assert latin.endswith("&dlr-method=POST&content=a%26b")


def test_twilio_gets_a_form_with_basic_authorization() -> None:
    method, url, body, headers = sent("twilio", "ກ")
    assert (method, url) == ("POST", "https://kit.example.org/2010-04-01/Accounts/AC-kit/Messages.json")
    report = "https%3A%2F%2Fkit.example.org%2Fgateways%2Fkit%2Fsecret%2Freport"
    assert body.decode() == f"To=%2B8562055512345&From=1999&Body=%E0%BA%81&StatusCallback={report}"
    assert headers["Authorization"] == "Basic a2l0OmtpdC1wYXNzd29yZA=="
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_box_of_rapidpro_gets_all_that_rapidpro_sends_by_default() -> None:
    found = load("rapidpro").sms
    assert found
    settings = Settings.model_validate(
        {**SETTINGS, "map": "rapidpro", "sender": "+1888", "extra": {"channel": "c0ffee"}}
    )
    message = Outgoing(1, "c", NUMBER, "ກ", 1, 0, mark="7f-6afe0000")
    _, _, body, _ = request(found.send, message, settings)
    assert body.decode() == (
        "id=7f-6afe0000&text=%E0%BA%81&to=%2B8562055512345&to_no_plus=8562055512345&from=%2B1888&from_no_plus=1888"
        "&channel=c0ffee"
    )


@pytest.mark.parametrize(
    ("name", "status", "body", "said"),
    [
        ("jasmin", 200, b'Success "07033084-5cfd"', Sent("07033084-5cfd")),
        ("jasmin", 200, b"<html>", SendError("strange-answer", unknown=True)),
        ("jasmin", 403, b'Error "Authentication failure"', SendError("http-403", retry=True, ours=True)),
        ("jasmin", 400, b"", SendError("http-400", ours=True)),
        ("twilio", 201, b'{"sid": "SM1"}', Sent("SM1")),
        ("twilio", 201, b'{"status": "queued"}', SendError("strange-answer", unknown=True)),
        ("twilio", 504, b"", SendError("http-504", unknown=True)),
        ("rapidpro-site", 200, b"SMS Accepted: 1", Sent("")),
        ("rapidpro-site", 200, b"ok", SendError("strange-answer", unknown=True)),
    ],
)
def test_an_answer_is_read_as_its_document_means_it(name: str, status: int, body: bytes, said: Any) -> None:
    found = load(name)
    assert found.sms
    if isinstance(said, Sent):
        assert outcome(found.sms.send.taken, status, body, {}) == said
        return
    with pytest.raises(SendError) as raised:
        outcome(found.sms.send.taken, status, body, {})
    assert vars(raised.value) == vars(said)


def test_twilios_own_example_of_a_signature() -> None:
    # The published one of its documentation of webhook security.
    number = "+14158675309"
    given = {"CallSid": "CA1234567890ABCDE", "Caller": number, "Digits": "1234", "From": number, "To": "+18005551212"}
    body = urlencode(given).encode()
    assert twilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", body) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_map_says_where_it_comes_from(name: str) -> None:
    assert len(load(name).source) > 30
