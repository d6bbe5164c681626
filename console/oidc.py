"""The ministry's own sign-in, where there is one: OpenID Connect's code flow with PKCE, checked to the last claim.

It only says who somebody is: what she may do here is her account's. Local accounts go on working without a link.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import aiohttp
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from console.desk import Provider
from flows.errors import Fault

PATIENCE: Final = aiohttp.ClientTimeout(total=15)
LEEWAY: Final = 600
"""Seconds that the clocks of node and ministry may differ."""

PENDING: Final = 600.0
"""Seconds in which somebody must come back from the ministry's page."""

MOST: Final = 1_000
ALGORITHMS: Final = ("RS256", "ES256", "PS256")
"""Only signatures with a public key: with a shared one, whoever checks could also sign."""

LARGEST: Final = 256 * 1024


class SignInFault(Fault):
    """The ministry's sign-in did not say who this is."""

    code = "sign-in"
    ours = False


@dataclass(frozen=True, slots=True)
class Journey:
    """Somebody on her way to the ministry's page; what she must bring back."""

    nonce: str
    verifier: str
    to: str
    until: float


class Ministry:
    """One provider; its addresses and keys are asked for when they are needed, and kept."""

    def __init__(self, provider: Provider) -> None:
        """Ask nothing yet."""
        self.provider = provider
        self._facts: Mapping[str, Any] = {}
        self._keys: jwk.KeySet | None = None
        self._away: dict[str, Journey] = {}
        self._one = asyncio.Lock()

    async def begin(self, back: str, to: str) -> tuple[str, str]:
        """Where to send her, and the state that her browser keeps meanwhile.

        Raises:
            SignInFault: the ministry is not reached.
        """
        facts = await self._about()
        now = time.monotonic()
        self._away = {key: one for key, one in self._away.items() if one.until > now}
        if len(self._away) >= MOST:
            raise SignInFault("too many are on their way", hint="try again in some minutes")
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self._away[state] = Journey(nonce, verifier, to, now + PENDING)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client,
            "redirect_uri": back,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        start = str(facts["authorization_endpoint"])
        return f"{start}{'&' if '?' in start else '?'}{urlencode(asked)}", state

    async def end(self, state: str, kept: str, code: str, back: str) -> tuple[str, str]:
        """Who came back (the provider's word for her), and where she wanted to go.

        Raises:
            SignInFault: the ministry is not reached, or what it says does not fit.
        """
        journey = self._away.pop(state, None)
        if journey is None or not code or not secrets.compare_digest(state, kept) or journey.until < time.monotonic():
            raise SignInFault("this way back was not begun here, or is over", hint="begin again")
        facts = await self._about()
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": journey.verifier,
        }
        # RFC 6749, 2.3.1: both are encoded like form fields before they are joined.
        login = f"{quote_plus(self.provider.client)}:{quote_plus(self.provider.secret)}"
        headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
        answer = await self._fetch(str(facts["token_endpoint"]), said, headers)
        claims = await self._claims(str(answer.get("id_token", "")), journey.nonce)
        subject = claims.get(self.provider.claim)
        if not isinstance(subject, str) or not subject:
            raise SignInFault(f"the ministry does not say {self.provider.claim!r} of her")
        return subject, journey.to

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of a token that the ministry signed for us, now, and for this journey."""
        for fresh in (False, True):
            keys = await self._key_set(fresh=fresh)
            try:
                found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError) as fault:
                if not fresh:
                    continue  # its keys may have changed since
                raise SignInFault("the ministry's answer is not signed by it") from fault
            break
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
        )
        try:
            rules.validate(found.claims)
        except JoseError as fault:
            raise SignInFault("the ministry's answer is not for us, or not of now") from fault
        return found.claims

    async def _about(self) -> Mapping[str, Any]:
        async with self._one:
            if not self._facts:
                where = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                facts = await self._fetch(where)
                if facts.get("issuer") != self.provider.issuer:
                    raise SignInFault("the ministry calls itself by another name than configured")
                self._facts = facts
        return self._facts

    async def _key_set(self, *, fresh: bool) -> jwk.KeySet:
        if self._keys is None or fresh:
            facts = await self._about()
            found: Any = await self._fetch(str(facts["jwks_uri"]))
            self._keys = jwk.KeySet.import_key_set(found)
        return self._keys

    async def _fetch(
        self, where: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """A JSON answer of the ministry; it may not send us elsewhere."""
        method = "POST" if form else "GET"
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as http,
                http.request(method, where, data=form, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status != 200 or (answer.content_length or 0) > LARGEST:  # noqa: PLR2004 - HTTP
                    raise SignInFault(f"the ministry's sign-in answered {answer.status}")
                found = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
            hint = "sign in with your name and password; that works without a link"
            raise SignInFault("the ministry's sign-in is not reached", hint=hint) from fault
        if not isinstance(found, dict):
            raise SignInFault("the ministry's sign-in answered something else than was asked")
        return found
