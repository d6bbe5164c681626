"""The ministry's own sign-in, against a small real provider: who comes back, and what must not be taken."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwk, jwt

from console.app import add_console
from console.cookies import COOKIE
from console.desk import Desk, Provider
from console.oidc import Ministry, SignInFault
from store.scope import EVERYTHING
from store.users import Newcomer
from tests.ports import free_port
from tests.sala.nodes import SECRET
from tests.store.conftest import Opened, hands, opened  # noqa: F401 - fixtures

CLIENT = "sala-desk"
BACK = "http://127.0.0.1/console/oidc/back"


@dataclass
class Office:
    """A provider with one person, who is signed in there already."""

    issuer: str
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "one"}))
    signer: jwk.RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    up: bool = True

    async def about(self, _request: web.Request) -> web.Response:
        base = self.issuer
        facts = {"issuer": base, "authorization_endpoint": f"{base}/go", "token_endpoint": f"{base}/token"}
        return web.json_response(facts | {"jwks_uri": f"{base}/keys"})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def go(self, request: web.Request) -> web.Response:
        code = f"code-{len(self.asked)}"
        self.asked[code] = dict(request.query)
        where = f"{request.query['redirect_uri']}?code={code}&state={request.query['state']}"
        raise web.HTTPFound(where)

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.asked.pop(str(form["code"]), None)
        login = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")[::2]
        verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proof = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if asked is None or login != (CLIENT, SECRET) or proof != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT, "sub": "citizen-servant-7"}
        claims |= {"nonce": asked["nonce"], "exp": int(time.time()) + 300}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.claims, self.signer or self.key)
        return web.json_response({"id_token": signed, "access_token": "x", "token_type": "Bearer"})


@pytest_asyncio.fixture
async def office() -> AsyncIterator[Office]:
    port = free_port()
    one = Office(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", one.about)
    app.router.add_get("/keys", one.keys)
    app.router.add_get("/go", one.go)
    app.router.add_post("/token", one.token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield one
    await runner.cleanup()


def ministry_of(office: Office) -> Ministry:
    return Ministry(Provider("Ministry", office.issuer, CLIENT, SECRET))


async def returned(ministry: Ministry) -> tuple[str, str]:
    """The state and the code that somebody brings back."""
    address, state = await ministry.begin(BACK, "/console/queue")
    async with aiohttp.ClientSession() as http, http.get(address, allow_redirects=False) as answer:
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == [state]
    return state, query["code"][0]


async def test_who_comes_back_is_who_the_ministry_says(office: Office) -> None:
    ministry = ministry_of(office)
    state, code = await returned(ministry)
    assert await ministry.end(state, state, code, BACK) == ("citizen-servant-7", "/console/queue")
    with pytest.raises(SignInFault, match="not begun here"):
        await ministry.end(state, state, code, BACK)


async def test_another_browser_cannot_bring_it_back(office: Office) -> None:
    ministry = ministry_of(office)
    state, code = await returned(ministry)
    with pytest.raises(SignInFault, match="not begun here"):
        await ministry.end(state, "another-cookie", code, BACK)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-desk"},
        {"iss": "https://elsewhere.example"},
        {"nonce": "of-another-journey"},
        {"exp": 1_700_000_000},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=lambda claims: next(iter(claims)),
)
async def test_a_claim_that_does_not_fit_is_not_taken(office: Office, claims: dict[str, Any]) -> None:
    ministry = ministry_of(office)
    office.claims = claims
    state, code = await returned(ministry)
    with pytest.raises(SignInFault):
        await ministry.end(state, state, code, BACK)


async def test_a_foreign_signature_is_not_taken_and_a_new_key_is(office: Office) -> None:
    ministry = ministry_of(office)
    office.signer = jwk.RSAKey.generate_key(2048, {"kid": "one"})
    state, code = await returned(ministry)
    with pytest.raises(SignInFault, match="not signed"):
        await ministry.end(state, state, code, BACK)
    office.key = office.signer
    state, code = await returned(ministry)
    assert (await ministry.end(state, state, code, BACK))[0] == "citizen-servant-7"


async def test_a_ministry_that_is_away_is_told_plainly(office: Office) -> None:
    ministry = Ministry(Provider("Ministry", f"http://127.0.0.1:{free_port()}", CLIENT, SECRET))
    with pytest.raises(SignInFault, match="not reached") as told:
        await ministry.begin(BACK, "")
    assert "without a link" in told.value.hint


async def test_at_the_desk_only_somebody_with_an_account_is_let_in(office: Office, opened: Opened) -> None:  # noqa: F811 - a fixture
    async with opened() as memory:
        desk = Desk(memory, "LA-XK-03", ministry=ministry_of(office))
        app = web.Application()
        add_console(app, desk)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar) as http:
            async with http.get("/console/oidc") as answer:
                assert answer.status == 403
                assert "citizen-servant-7" in await answer.text()
            new = Newcomer("kham", "", ["officer"], EVERYTHING, fresh=False, subject="citizen-servant-7")
            await memory.users.add(new, by="test")
            async with http.get("/console/oidc", params={"to": "/console/account"}) as answer:
                assert answer.status == 200
                assert str(answer.url).endswith("/console/account")
            assert COOKIE in {cookie.key for cookie in http.cookie_jar}
            (newest,) = await memory.audit.entries(subject="kham", limit=1)
            assert newest.details == {"how": "ministry"}
        await runner.cleanup()
