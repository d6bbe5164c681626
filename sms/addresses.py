"""Where a gateway's other side lives: an address that may go into a configuration file."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator

_HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _checked(url: str) -> str:
    parts = urlsplit(url)
    schemes = {"http", "https"} if parts.hostname in _HERE else {"https"}
    if url and (parts.scheme not in schemes or not parts.hostname):
        raise ValueError("must begin with https:// (http:// only for this machine itself)")
    return url.rstrip("/")


Address = Annotated[str, AfterValidator(_checked)]
"""An `https://` address without a slash at its end, or "" for none; `http://` only for this machine itself.

A key to an aggregator, a number and a message must not cross a network in the clear.
"""
