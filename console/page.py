"""What a page is: one line of the table from which routes, navigation and the tests of rights are driven."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from console.visit import Visit

Handler = Callable[["Visit"], Awaitable[web.StreamResponse]]

FORM: Final = 256 * 1024
"""Bytes of an ordinary form."""

UPLOAD: Final = 64 * 1024 * 1024
"""Bytes of a page that takes files."""


@dataclass(frozen=True, slots=True)
class Page:
    """One address and method.

    Attributes:
        path: below `/console`, with aiohttp's patterns.
        roles: who gets it; `STRANGERS` for those who are not signed in.
        nav: its key in the words when it stands in the navigation.
        most: bytes that its form may have.
        tab: its key in the words when it is a tab of the administration, which the navigation names once.
        quiet: open pages ask for it by themselves, so it is no sign that somebody is there.
    """

    method: str
    path: str
    roles: frozenset[str]
    handle: Handler
    nav: str = ""
    most: int = FORM
    tab: str = ""
    quiet: bool = False
