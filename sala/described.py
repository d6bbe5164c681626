"""What is live now, for machines: `/catalogue.jsonld` (CPSV-AP 3) and `/asyncapi.json`, beside `/openapi.json`.

Nothing of it is secret: it is what citizens meet on their phones, in the order of the front menu.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from flows.dialogue import Office
from flows.published import asyncapi, catalogue
from flows.revision import Revision
from sala.schema import answers_schema


def routes(office: Callable[[], Office], country: str) -> list[web.RouteDef]:
    """The pages; `office` gives what is offered at the moment."""

    async def services(_request: web.Request) -> web.Response:
        body = catalogue([one.flow for one in _live(office())], country)
        return web.json_response(body, content_type="application/ld+json")

    async def events(_request: web.Request) -> web.Response:
        body: dict[str, Any] = asyncapi({one.flow.id: answers_schema(one) for one in _live(office())})
        return web.json_response(body)

    return [web.get("/catalogue.jsonld", services), web.get("/asyncapi.json", events)]


def _live(office: Office) -> list[Revision]:
    """Every live service, those without a menu entry too."""
    first = [office.live[service] for service, _ in office.entries()]
    return first + [one for one in office.live.values() if one not in first]
