"""The short way: what takes it, what must not, and that nobody can tell the two apart but by the clock."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from sala.express import Fields, Server, length_in, written
from sala.gate import Gate, Way
from store.values import Answer, Received
from tests.ports import free_port

SECRET = "a-secret-of-the-gateway-01"
PATH = f"/gateways/at/{SECRET}/ussd"


class Site:
    """A door whose hook says what it heard; a body `slow` waits until it is let go."""

    def __init__(self) -> None:
        self.heard: list[Received] = []
        self.usual = 0
        self.go = asyncio.Event()
        self.port = free_port()
        self.gate = Gate({"at": Way((SECRET.encode(),), {"ussd": self.hook})})

    async def hook(self, received: Received) -> Answer:
        self.heard.append(received)
        if received.body.startswith(b"slow"):
            await self.go.wait()
        if received.body == b"burst":
            raise RuntimeError("2055512345")
        return Answer(200, "CON ສະບາຍດີ ".encode() + received.body)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.usual += 1
        return await self.gate.handle(request)


class Line:
    """One connection of a gateway, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 3)).decode()
        first, *lines = head.strip().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split()[1]), fields, await self.reader.readexactly(int(fields["content-length"]))


def test_an_answers_own_headers_go_out_and_none_that_hides_in_a_value() -> None:
    answer = Answer(200, b"x", "text/plain", (("Freeflow", "FB"), ("Echo", "1\r\nSet-Cookie: a\n%d")))
    head, _, body = written(answer).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert body == b"x"
    assert "Freeflow: FB" in lines
    assert "Echo: 1Set-Cookie: a%d" in lines
    assert len(lines) == 7


@pytest.fixture
async def runner_and_site() -> AsyncIterator[tuple[web.ServerRunner, Site]]:
    site = Site()
    runner = web.ServerRunner(Server(site.gate, site.handle), shutdown_timeout=3)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.port).start()
    yield runner, site
    site.go.set()
    await runner.cleanup()


@pytest.fixture
def site(runner_and_site: tuple[web.ServerRunner, Site]) -> Site:
    return runner_and_site[1]


@pytest.fixture
async def line(site: Site) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    yield Line(reader, writer)
    writer.close()


def post(body: bytes = b"x=1", *fields: str, path: str = PATH, version: str = "1.1", length: str = "") -> bytes:
    lines = [f"POST {path} HTTP/{version}", "Host: a", f"Content-Length: {length or len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def test_a_plain_key_press_takes_the_short_way_again_and_again(site: Site, line: Line) -> None:
    for _ in range(3):
        line.writer.write(post(b"x=1", "Connection: Keep-Alive", "X-One: a"))
        status, fields, body = await line.answer()
        assert (status, body.decode()) == (200, "CON ສະບາຍດີ x=1")
        assert fields["content-type"] == "text/plain; charset=utf-8"
        assert fields["cache-control"] == "no-store"
        assert fields["date"].endswith("gmt")
    assert site.usual == 0
    assert [received.tail for received in site.heard] == ["ussd"] * 3
    assert site.heard[0].headers.get("x-ONE") == "a"
    assert site.heard[0].peer == "127.0.0.1"


@pytest.mark.parametrize(
    "request_",
    [
        post(version="1.0"),
        post(b"x=1", "Expect: 100-continue"),
        post(b"x=1", "Connection: close"),
        post(b"x=1", "TE: trailers"),
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nx=1\r\n0\r\n\r\n",
    ],
)
async def test_what_is_not_plain_is_answered_alike_by_the_usual_way(site: Site, line: Line, request_: bytes) -> None:
    line.writer.write(request_)
    head = b""
    while not head.startswith(b"HTTP/1.") or b" 100 " in head:
        head = await asyncio.wait_for(line.reader.readuntil(b"\r\n\r\n"), 3)
    assert head.split()[1] == b"200"
    assert site.heard[0].body == b"x=1"
    assert site.usual == 1


@pytest.mark.parametrize(
    "request_",
    [
        post(b"x=1", "Transfer-Encoding: chunked"),
        post(b"x=1", "Content-Length: 2"),
        post(b"x=1", "Host: b"),
        post().replace(b"Host: a\r\n", b""),
        post(length="+3"),
        post(length="2"),
        post(b"x=1", "Bad field: 1", "No colon here"),
        post(b"x=1", "Folded: a\r\n b"),
    ],
)
async def test_what_could_be_read_in_two_ways_never_takes_the_short_one(
    site: Site, line: Line, request_: bytes
) -> None:
    line.writer.write(request_)
    line.writer.write_eof()
    await asyncio.wait_for(line.reader.read(), 3)
    assert len(site.heard) == site.usual


async def test_a_request_in_pieces_is_put_together(site: Site, line: Line) -> None:
    whole = post(b"x=12345")
    for cut in (3, len(whole) - 9, len(whole) - 2):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(whole[:cut])
        await asyncio.sleep(0.02)
        writer.write(whole[cut:])
        assert (await Line(reader, writer).answer())[2].endswith(b"x=12345")
        writer.close()
    assert site.usual == 3


async def test_answers_come_in_the_order_of_the_requests(site: Site, line: Line) -> None:
    line.writer.write(post(b"slow"))
    await asyncio.sleep(0.02)
    line.writer.write(post(b"second"))
    line.writer.write(post(b"third"))
    await asyncio.sleep(0.02)
    assert [received.body for received in site.heard] == [b"slow"]
    site.go.set()
    bodies = [(await line.answer())[2].rpartition(b" ")[2] for _ in range(3)]
    assert bodies == [b"slow", b"second", b"third"]


@pytest.mark.parametrize("path", [f"/gateways/at/{SECRET}/sms", "/gateways/at/wrong/ussd", "/other"])
async def test_a_wrong_path_is_the_usual_404(site: Site, line: Line, path: str) -> None:
    line.writer.write(post(path=path))
    assert (await line.answer())[0] == 404
    assert site.heard == []


async def test_a_fault_asks_the_gateway_to_come_again(
    site: Site, line: Line, capfd: pytest.CaptureFixture[str]
) -> None:
    line.writer.write(post(b"burst"))
    assert (await line.answer())[0] == 503
    line.writer.write(post(b"x=1"))
    assert (await line.answer())[0] == 200
    assert SECRET not in capfd.readouterr().err


async def test_a_gateway_that_has_gone_disturbs_nobody(site: Site, line: Line) -> None:
    line.writer.write(post(b"slow"))
    await asyncio.sleep(0.02)
    line.writer.transport.abort()
    await asyncio.sleep(0.02)
    site.go.set()
    await asyncio.sleep(0.02)
    assert len(site.heard) == 1


async def test_a_stop_lets_the_answer_under_way_go_out(
    runner_and_site: tuple[web.ServerRunner, Site], line: Line
) -> None:
    runner, site = runner_and_site
    line.writer.write(post(b"slow"))
    await asyncio.sleep(0.02)
    stopping = asyncio.create_task(runner.cleanup())
    await asyncio.sleep(0.02)
    assert not stopping.done()
    site.go.set()
    assert (await line.answer())[0] == 200
    await asyncio.wait_for(stopping, 3)
    assert await asyncio.wait_for(line.reader.read(), 3) == b""


def test_fields_are_read_as_they_came() -> None:
    fields = Fields(b"Host: a\r\nX-Two:  b: c \r\nx-two: d\r\n")
    assert dict(fields) == {"host": "a", "x-two": "b: c"}
    assert fields["X-TWO"] == "b: c"
    assert "X-Three" not in fields


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        (b"Host: a\r\nContent-Length: 2\r\n", 2),
        (b"CONTENT-LENGTH:0\r\nHOST: a\r\n", 0),
        (b"Host: a\r\n", -1),
        (b"Content-Length: 2\r\n", -1),
        (b"Content-Length: 2\r\nContent-Length: 2\r\n", -1),
        (b"Host: a\r\nHost: b\r\n", -1),
        (b"Host: a\r\nHost: b\r\nContent-Length: 2\r\n", -1),
        (b"Host: a\r\nX-Content-Length: 2\r\n", -1),
        (b"Host: a\r\nContent-Length: 2, 2\r\n", -1),
        (b"Host: a\r\nContent-Length: 9999999\r\n", -1),
        (b"Host: a\r\nContent-Length: 999999\r\n", -1),
    ],
)
def test_a_length_is_one_number_and_nothing_else(fields: bytes, length: int) -> None:
    assert length_in(fields) == length
