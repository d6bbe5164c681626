"""Where somebody lands: the work of her role."""

from typing import Final

from aiohttp import web

from console import roles, strip
from console.page import Page
from console.visit import Visit


async def home(visit: Visit) -> web.StreamResponse:
    """The first page of the navigation that she has."""
    mine = [page for page in visit.pages if page.nav and visit.has(page.roles) and page.path not in {"/", "/account"}]
    return visit.go(mine[0].path if mine else "/account")


async def link(visit: Visit) -> web.StreamResponse:
    """The strip alone, which every page asks for again now and then."""
    await strip.prepare(visit)
    return visit.show("strip.html")


PAGES: Final = (
    Page("GET", "/", roles.EVERYONE, home),
    Page("GET", "/link", roles.EVERYONE, link, quiet=True),
)
