"""The two cookies of the desk: who is signed in, and which language the pages are in."""

from typing import Final

from aiohttp import web

COOKIE: Final = "sala_desk"
LANGUAGE: Final = "sala_desk_language"


def cookie_name(request: web.Request) -> str:
    """Over TLS the name that a browser lets only this host set, and only over TLS."""
    return f"__Host-{COOKIE}" if _is_secure(request) else COOKIE


def set_cookie(request: web.Request, answer: web.StreamResponse, value: str) -> None:
    """Keep a sitting in the browser until it is closed; no script reads it, no other site sends it with a form."""
    secure = _is_secure(request)
    answer.set_cookie(cookie_name(request), value, httponly=True, samesite="Lax", secure=secure, path="/")


def _is_secure(request: web.Request) -> bool:
    return request.secure or request.headers.get("X-Forwarded-Proto") == "https"
