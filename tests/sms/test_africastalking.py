"""Africa's Talking SMS: what comes in, what is put on the wire by either sender, and what each outcome means."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from flows.errors import SendError
from sms.gateways.africastalking import Gateway
from sms.gateways.africastalking_wire import Settings
from store.values import Inbound, Malformed, OptOut, Outgoing, Received, Report, Sent
from tests.at_standin import Manner, Play, Standin
from tests.ports import free_port

CLIENTS: tuple[Literal["http", "sdk"], ...] = ("http", "sdk")
HELLO = Outgoing(1, "at", "+8562055512345", "ສະບາຍດີ & 100% = ok+1", 1, 1)
# The SDK is on requests, which leaves connections to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def settings(url: str, client: str = "http", **more: Any) -> Settings:
    return Settings.model_validate({"username": "sandbox", "api_key": "k", "base_url": url, "client": client, **more})


@contextlib.asynccontextmanager
async def gateway(made: Settings) -> AsyncIterator[Gateway]:
    one = Gateway("at", made)
    yield one
    await one.close()


def form(**fields: str) -> Received:
    return Received(urlencode(fields).encode())


@pytest.fixture
def reader() -> Gateway:
    return Gateway("at", settings("http://127.0.0.1:1"))


def test_a_message_is_read(reader: Gateway) -> None:
    date = "2026-11-23T02:30:00Z"
    got = reader.read(form(date=date, **{"from": "+8562055512345"}, id="m1", linkId="L", text="BIRTH", to="1999"))
    assert got == Inbound("at", "m1", "+8562055512345", "1999", "BIRTH", "L")


def test_an_empty_message_is_a_message(reader: Gateway) -> None:
    for more in ({"text": ""}, {}):
        got = reader.read(form(**{"from": "+8562055512345"}, id="m1", to="1999", **more))
        assert isinstance(got, Inbound)
        assert got.text == ""


@pytest.mark.parametrize("sender", ["LaoTelecom", "1999", "+85"])
def test_nobody_talks_to_a_sender_that_is_no_phone(reader: Gateway, sender: str) -> None:
    assert reader.read(form(**{"from": sender}, id="m1", text="1")) == Malformed("not-a-phone", status=200)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Sent", "sent"),
        ("Submitted", "sent"),
        ("Buffered", "sent"),
        ("Success", "delivered"),
        ("Rejected", "failed"),
        ("Failed", "failed"),
        ("Expired", "failed"),
        ("AbsentSubscriber", "failed"),
        ("SomethingNew", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_report_is_read_and_an_unknown_status_is_no_error(reader: Gateway, status: str, state: str) -> None:
    got = reader.read_report(form(id="ATXid_1", status=status, failureReason="UserInBlackList 020555"))
    assert isinstance(got, Report)
    assert (got.gateway_id, got.state, got.reason) == ("ATXid_1", state, "UserInBlackList")


def test_an_opt_out_is_read(reader: Gateway) -> None:
    assert reader.read_optout(form(senderId="1999", phoneNumber="+8562055512345")) == OptOut("at", "+8562055512345")
    assert isinstance(reader.read_optout(form(senderId="1999")), Malformed)


def test_bad_bytes_are_malformed_and_never_raise(reader: Gateway) -> None:
    for body in (b"", b"{}", b"\xff\xfe\x00", b"id=", b"a=1&" * 1000):
        for read in (reader.read, reader.read_report, reader.read_optout):
            assert isinstance(read(Received(body)), Malformed)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"sender": "SALA"},
        {"short_codes": ["1999", "1888"]},
        {"short_codes": ["1999"], "premium": True},
        {"short_codes": ["1999"], "premium": True, "keyword": "birth"},
    ],
)
@pytest.mark.parametrize("link", ["", "L1"])
async def test_both_senders_put_the_same_bytes_on_the_wire(more: dict[str, Any], link: str) -> None:
    async with Standin() as at:
        for client in CLIENTS:
            async with gateway(settings(at.url, client, **more)) as one:
                message = Outgoing(1, "at", HELLO.msisdn, HELLO.text, 1, 1, link)
                assert await one.send(message) == Sent(f"ATXid_{len(at.seen)}", "KES 0.8000")
    ours, theirs = at.seen
    assert sorted(ours.body.split(b"&")) == sorted(theirs.body.split(b"&"))
    assert len(ours.body) == len(theirs.body)
    for name in ("apiKey", "Accept", "Content-Type"):
        assert ours.headers[name] == theirs.headers[name]
    premium = more.get("premium") and link
    assert ours.form["bulkSMSMode"] == ("0" if premium else "1")
    assert ours.form.get("linkId", "") == (link if premium else "")
    assert ours.form["message"] == HELLO.text


# HTTP status, the recipient's code, manner -> retry, ours, unknown
TAKEN, LATER, NEVER, MENDED, UNKNOWN = "taken", "later", "never", "mended", "unknown"
OUTCOMES = [
    (Play(code=100), TAKEN),
    (Play(code=101), TAKEN),
    (Play(code=102), TAKEN),
    (Play(manner="charset"), TAKEN),
    (Play(manner="no-id"), TAKEN),
    (Play(code=401), NEVER),
    (Play(code=402), MENDED),
    (Play(code=403), NEVER),
    (Play(code=404), NEVER),
    (Play(code=405), MENDED),
    (Play(code=406), NEVER),
    (Play(code=407), NEVER),
    (Play(code=500), LATER),
    (Play(code=501), LATER),
    (Play(code=502), LATER),
    (Play(code=999), UNKNOWN),
    (Play(manner="empty"), NEVER),
    (Play(manner="html"), UNKNOWN),
    (Play(manner="drop"), UNKNOWN),
]


def kind(error: SendError) -> str:
    if error.unknown:
        return UNKNOWN
    return MENDED if error.retry and error.ours else LATER if error.retry else NEVER


async def outcome(made: Settings) -> str:
    async with gateway(made) as one:
        try:
            await one.send(HELLO)
        except SendError as error:
            return kind(error) if error.code and "+856" not in str(error) else "a number in the fault"
        return TAKEN


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("play", "expected"), OUTCOMES)
async def test_each_outcome_is_read(client: str, play: Play, expected: str) -> None:
    async with Standin() as at:
        at.plays.append(play)
        assert await outcome(settings(at.url, client)) == expected
        assert len(at.seen) == 1


@pytest.mark.parametrize(
    ("http", "expected"),
    [(400, NEVER), (401, MENDED), (403, MENDED), (404, NEVER), (302, NEVER), (429, LATER), (500, LATER), (503, LATER)],
)
async def test_an_http_status_says_whether_to_try_again(http: int, expected: str) -> None:
    async with Standin() as at:
        at.plays.append(Play(http=http))
        assert await outcome(settings(at.url)) == expected


async def test_a_gateway_in_between_that_gave_up_leaves_the_outcome_open() -> None:
    async with Standin() as at:
        at.plays.append(Play(http=504))
        assert await outcome(settings(at.url)) == UNKNOWN


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_refused_connection_is_tried_again(client: str) -> None:
    assert await outcome(settings(f"http://127.0.0.1:{free_port()}", client)) == LATER


@pytest.mark.parametrize("client", CLIENTS)
async def test_silence_after_the_request_left_is_unknown(client: str) -> None:
    async with Standin() as at:
        manner: Manner = "hang"
        at.plays.append(Play(manner=manner))
        assert await outcome(settings(at.url, client, send_timeout=0.5)) == UNKNOWN


@pytest.mark.parametrize("url", ["http://api.africastalking.com", "ftp://x", "api.africastalking.com"])
def test_an_api_key_never_leaves_this_machine_in_the_clear(url: str) -> None:
    with pytest.raises(ValidationError, match="https"):
        settings(url)


def test_premium_messages_go_to_the_content_host() -> None:
    assert settings("https://api.africastalking.com").content_url == "https://content.africastalking.com"
    assert settings("https://api.sandbox.africastalking.com/").content_url.startswith("https://content.sandbox.")
