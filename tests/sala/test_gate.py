"""The HTTP edge: secrets, sizes, and what is 404."""

import ipaddress
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from sala.express import Server
from sala.gate import LARGEST_BODY, Gate, Way
from store.values import Answer, Received
from tests.ports import free_port

OLD, NEW = "an-old-secret-0123456789", "a-new-secret-0123456789"


class Site:
    """A gate with one channel behind a real socket."""

    def __init__(self) -> None:
        self.heard: list[Received] = []
        self.port = free_port()

    async def hook(self, received: Received) -> Answer:
        self.heard.append(received)
        if received.body == b"burst":
            raise RuntimeError("2055512345")
        return Answer(200, b"CON ok")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/gateways/{path}"


@pytest.fixture(params=["usual way", "short way"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    site = Site()
    gate = Gate({"at": Way((OLD.encode(), NEW.encode()), {"ussd": site.hook, "ussd/end": site.hook})})
    short = request.param == "short way"
    runner = web.ServerRunner(Server(gate, gate.handle) if short else web.Server(gate.handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.port).start()
    yield site
    await runner.cleanup()


async def post(site: Site, path: str, data: bytes = b"") -> int:
    async with aiohttp.ClientSession() as http, http.post(site.url(path), data=data) as answer:
        await answer.read()
        return answer.status


def test_a_contract_that_goes_on_in_the_path_is_found_and_no_other() -> None:
    site = Site()
    gate = Gate(
        {"deep": Way((OLD.encode(),), {"ussd/*": site.hook}), "flat": Way((OLD.encode(),), {"ussd": site.hook})}
    )
    found = gate.find(f"/gateways/deep/{OLD}/ussd/session/7/start", "", {})
    assert found
    assert found.tail == "ussd/session/7/start"
    for path in (f"deep/{OLD}/sms/session", f"flat/{OLD}/ussd/session/7/start", f"deep/{NEW}/ussd/session/7/start"):
        assert gate.find(f"/gateways/{path}", "", {}) is None


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_both_secrets_open_while_they_are_exchanged(site: Site, secret: str) -> None:
    assert await post(site, f"at/{secret}/ussd", b"x=1") == 200
    assert await post(site, f"at/{secret}/ussd/end", b"x=1") == 200
    assert [received.tail for received in site.heard] == ["ussd", "ussd/end"]


@pytest.mark.parametrize(
    "path",
    [
        "at/wrong/ussd",
        f"at/{OLD[:-1]}/ussd",
        f"at/{OLD}x/ussd",
        f"at/{OLD.upper()}/ussd",
        "at//ussd",
        "at",
        "",
        f"other/{OLD}/ussd",
        f"at/{OLD}/nothing",
        f"at/{OLD}",
        "at/%ff%00/ussd",
        "at/ສະບາຍດີ/ussd",
        f"{OLD}/at/ussd",
    ],
)
async def test_anything_wrong_is_the_same_404(site: Site, path: str) -> None:
    assert await post(site, path, b"x=1") == 404
    assert site.heard == []


@pytest.mark.parametrize(
    ("peers", "proxies", "forwarded", "status"),
    [
        ([], [], "", 200),
        (["127.0.0.0/8"], [], "", 200),
        (["203.0.113.0/24"], [], "", 404),
        # A header of the caller's own is not believed, nor is what it puts before our proxy's.
        (["203.0.113.0/24"], [], "203.0.113.9", 404),
        (["203.0.113.0/24"], ["127.0.0.1"], "203.0.113.9", 200),
        (["203.0.113.0/24"], ["127.0.0.1"], "203.0.113.9, 198.51.100.7", 404),
        (["203.0.113.0/24"], ["127.0.0.1"], "198.51.100.7, 203.0.113.9", 200),
        (["203.0.113.0/24"], ["127.0.0.1"], "", 404),
        (["203.0.113.0/24"], ["127.0.0.1"], "unknown", 404),
        (["2001:db8::/32"], ["127.0.0.1"], "2001:db8::7", 200),
    ],
)
async def test_only_the_gateways_own_networks_get_in(
    peers: list[str], proxies: list[str], forwarded: str, status: int
) -> None:
    site = Site()
    networks = tuple(ipaddress.ip_network(peer) for peer in peers)
    gate = Gate({"at": Way((NEW.encode(),), {"ussd": site.hook}, networks)}, proxies)
    runner = web.ServerRunner(web.Server(gate.handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.port).start()
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    url = site.url(f"at/{NEW}/ussd")
    async with aiohttp.ClientSession() as http, http.post(url, data=b"x=1", headers=headers) as answer:
        assert answer.status == status
    assert len(site.heard) == (status == 200)
    await runner.cleanup()


async def test_a_large_body_gets_in_and_a_larger_one_does_not(site: Site) -> None:
    assert await post(site, f"at/{NEW}/ussd", b"x" * LARGEST_BODY) == 200
    assert await post(site, f"at/{NEW}/ussd", b"x" * (LARGEST_BODY + 1)) == 413
    assert len(site.heard) == 1


async def test_a_large_body_without_a_length_is_refused_too(site: Site) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(LARGEST_BODY // 1024 + 8):
            yield b"x" * 1024

    async with aiohttp.ClientSession() as http, http.post(site.url(f"at/{NEW}/ussd"), data=stream()) as answer:
        assert answer.status == 413
    assert site.heard == []


async def test_a_fault_that_no_door_foresaw_asks_the_gateway_to_come_again(site: Site) -> None:
    assert await post(site, f"at/{NEW}/ussd", b"burst") == 503


async def test_nothing_of_the_request_is_logged(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    await post(site, "at/wrong-secret-canary/ussd", b"text=canary")
    await post(site, f"at/{NEW}/ussd", b"burst")
    said = "".join(capfd.readouterr())
    # The control: the fault itself is said.
    assert "callback failed" in said
    assert "canary" not in said
    assert NEW not in said
