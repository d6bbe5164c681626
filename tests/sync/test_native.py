import gzip
import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from flows.errors import Protocol, Refused
from store.values import Offer
from sync import signing, wire
from sync.faults import AgencyBusy, Away, Failed, Lost, Unreadable
from sync.port import Batch, load_connector
from tests.ports import free_port
from tests.sync.conftest import NODE, Agency, event_of, offer_of, serve
from tests.sync.proxy import Manner, Proxy, in_turn


def batch(*offers: Offer, id: str = "b1") -> Batch:  # noqa: A002 - the batch's word
    return Batch(id, offers)


async def test_a_batch_is_accepted_once_and_known_again(agency: Agency) -> None:
    road = agency.connector()
    offers = [offer_of(seq) for seq in range(1, 8)]
    first = await road.deliver(batch(*offers))
    again = await road.deliver(batch(*offers, id="b2"))
    await road.close()
    assert [outcome.status for outcome in first.outcomes] == ["accepted"] * 7
    assert [outcome.status for outcome in again.outcomes] == ["duplicate"] * 7
    assert [o.agency_ref for o in first.outcomes] == [o.agency_ref for o in again.outcomes]
    assert first.max_batch == 200
    assert set((await agency.effects()).values()) == {1}


async def test_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(agency: Agency) -> None:
    road = agency.connector()
    await road.deliver(batch(offer_of(1, event_of(1, id="x", answers={"a": 1}))))
    results = await road.deliver(batch(offer_of(1, event_of(1, id="x", answers={"a": 2}))))
    await road.close()
    assert [outcome.status for outcome in results.outcomes] == ["conflict"]
    assert await agency.effects() == {"x": 1}


async def test_what_travels_is_the_intake_bytes_compressed_signed_and_never_chunked(agency: Agency) -> None:
    offers = [offer_of(seq) for seq in range(1, 6)]
    async with Proxy(agency.port) as proxy:
        road = agency.connector(proxy.url)
        await road.deliver(batch(*offers))
        await road.deliver(batch(*offers, id="b2"))
        await road.close()
    head, _, body = proxy.requests[0].partition(b"\r\n\r\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head.decode().split("\r\n")[1:])}
    assert "transfer-encoding" not in headers
    assert headers["content-encoding"] == "gzip"
    assert headers["content-length"] == str(len(body))
    assert headers["content-type"] == "application/cloudevents-batch+json"
    assert signing.verify(signing.key_of(agency.secret), headers, body)
    assert gzip.decompress(body) == b"[" + b",".join(offer.event for offer in offers) + b"]"
    assert b"content-encoding: zstd" in proxy.requests[1].lower()


async def test_a_short_batch_travels_as_it_is(agency: Agency) -> None:
    async with Proxy(agency.port) as proxy:
        road = agency.connector(proxy.url)
        await road.deliver(batch(offer_of(1)))
        await road.close()
    assert b"content-encoding" not in proxy.requests[0].lower()


@pytest.mark.parametrize(
    ("manner", "fault"),
    [
        ("refuse", Lost),
        ("cut_request", Lost),
        ("cut_answer", Lost),
        ("fail_after", Failed),
        ("portal", Protocol),
        ("empty", Protocol),
        ("hang", Lost),
    ],
)
async def test_every_bad_manner_of_a_link_is_a_fault_that_may_be_tried_again(
    agency: Agency, manner: Manner, fault: type[Exception]
) -> None:
    async with Proxy(agency.port, in_turn(manner)) as proxy:
        hasty = agency.connector(proxy.url, timeout=1.0 if manner == "hang" else 50.0)
        one = offer_of(1)
        with pytest.raises(fault):
            await hasty.deliver(batch(one))
        road = agency.connector(proxy.url)
        results = await road.deliver(batch(one, id="b2"))
        await road.close()
        await hasty.close()
    assert len(results.outcomes) == 1


async def test_nobody_there_is_away(agency: Agency) -> None:
    road = agency.connector(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Away):
        await road.deliver(batch(offer_of(1)))
    await road.close()


async def test_a_stranger_and_a_node_that_speaks_for_another_are_refused(agency: Agency) -> None:
    stranger = agency.connector(secret=signing.new_secret())
    with pytest.raises(Refused):
        await stranger.deliver(batch(offer_of(1)))
    await stranger.close()
    road = agency.connector()
    with pytest.raises(Refused):
        await road.deliver(batch(offer_of(1, event_of(1, node="LA-OTHER"))))
    await road.close()
    assert await agency.effects() == {}


def _agency_that(answer: Any) -> web.Application:
    app = web.Application()
    app.router.add_post("/submissions", answer)
    return app


SECRET = signing.new_secret()


async def _ask(handler: Any) -> Any:
    port = free_port()
    runner = await serve(_agency_that(handler), port)
    road = load_connector("x", NODE, {"url": f"http://127.0.0.1:{port}/", "secret": SECRET})
    try:
        return await road.deliver(batch(offer_of(1)))
    finally:
        await road.close()
        await runner.cleanup()


def _signed(request: web.Request, body: bytes, status: int = 200, **changes: str) -> web.Response:
    headers = signing.sign(signing.key_of(SECRET), request.headers["webhook-id"], 1, body)
    return web.Response(body=body, status=status, headers=headers | changes)


@pytest.mark.parametrize(
    ("status", "signed", "fault"),
    [
        (429, False, AgencyBusy),
        (503, True, AgencyBusy),
        (400, True, Unreadable),
        (400, False, Failed),
        (404, True, Protocol),
        (302, False, Protocol),
        (502, False, Failed),
        (401, False, Refused),
        (403, True, Refused),
    ],
)
async def test_a_status_code_means_its_class(status: int, signed: bool, fault: type[Exception]) -> None:
    async def answer(request: web.Request) -> web.Response:
        if signed:
            return _signed(request, b"{}", status, **{"Retry-After": "7"})
        return web.Response(status=status, headers={"Retry-After": "7", "Location": "/login"})

    with pytest.raises(fault) as found:
        await _ask(answer)
    if isinstance(found.value, AgencyBusy):
        assert found.value.seconds == 7


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"results":{}}', b"\xff", b"null", b"<html>"])
async def test_a_signed_answer_that_is_no_result_is_a_fault(body: bytes) -> None:
    async def answer(request: web.Request) -> web.Response:
        return _signed(request, body)

    with pytest.raises(Protocol):
        await _ask(answer)


async def test_an_answer_to_another_question_is_a_strangers() -> None:
    async def answer(request: web.Request) -> web.Response:
        body = b'{"results":[]}'
        return web.Response(body=body, headers=signing.sign(signing.key_of(SECRET), "another", 1, body))

    with pytest.raises(Protocol):
        await _ask(answer)


def test_a_result_that_cannot_be_understood_is_not_mentioned_and_the_others_are() -> None:
    good = {"id": "a", "status": "invalid", "reason": "missing_field", "fields": ["x", 3], "agency_ref": None}
    bad = [
        None,
        {},
        {"id": 3, "status": "accepted"},
        {"id": "b", "status": "fine"},
        {"id": "c", "status": ["accepted"]},
    ]
    results = wire.read_results(json.dumps({"results": [*bad, good], "max_batch": "7"}).encode())
    assert [(o.id, o.status, o.fields, o.agency_ref) for o in results.outcomes] == [("a", "invalid", ("x",), "")]
    assert results.max_batch == 7


def test_a_body_is_unpacked_within_bounds() -> None:
    with pytest.raises(ValueError):
        wire.unpack(gzip.compress(b"\0" * (wire.LONGEST + 2)), "gzip")
    with pytest.raises(ValueError):
        wire.unpack(b"no gzip", "gzip")
    with pytest.raises(ValueError):
        wire.unpack(b"no zstd", "zstd")
    with pytest.raises(ValueError):
        wire.unpack(b"x", "br")
    for zstd in (True, False):
        body, encoding = wire.pack(b"x" * 5000, zstd=zstd)
        assert wire.unpack(body, encoding) == b"x" * 5000


async def test_the_agency_answers_nobody_that_it_does_not_know(agency: Agency) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{agency.url}/statuses") as response:
            assert response.status == 401
        async with session.post(f"{agency.url}/sala/submissions", data=b"[]") as response:
            assert response.status == 401
