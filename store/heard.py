"""What was heard of a session so far, and what a cumulative text adds to it."""

import hashlib
from typing import Final, Literal

LONGEST: Final = 1_000
"""Characters kept as they are; a longer text, or one that must be forgotten, is kept as its length and hash."""

_MARK: Final = "\x1f"

Fit = Literal["same", "next", "older", "other"]


def keep(text: str, *, forget: bool = False) -> str:
    """Return what the session row keeps of a cumulative text."""
    if not forget and len(text) <= LONGEST and not text.startswith(_MARK) and clean(text) == text:
        return text
    return f"{_MARK}{len(text)}:{_digest(text)}"


def clean(text: str) -> str:
    """Drop halves of surrogate pairs, which no encoder of ours takes; all else is the dialogue's to judge."""
    return text if text.isascii() else text.encode("utf-8", "ignore").decode()


def fit(kept: str, text: str) -> tuple[Fit, str]:
    """Say how `text` stands to what was kept, and what it adds.

    `same`: the call came again. `next`: one more input, which may hold `*` itself. `older`: a late copy of an earlier
    call. `other`: it does not extend what was heard.
    """
    if kept == text:
        return "same", ""
    if kept.startswith(_MARK):
        return _fit_hashed(kept, text)
    if not kept:
        return "next", text
    if text.startswith(kept) and text[len(kept)] == "*":
        return "next", text[len(kept) + 1 :]
    if not text or (kept.startswith(text) and kept[len(text)] == "*"):
        return "older", ""
    return "other", ""


def _fit_hashed(kept: str, text: str) -> tuple[Fit, str]:
    length, _, digest = kept[1:].partition(":")
    size = int(length)
    if len(text) < size:
        return "older", ""
    if _digest(text[:size]) != digest:
        return "other", ""
    if len(text) == size:
        return "same", ""
    return ("next", text[size + 1 :]) if text[size] == "*" else ("other", "")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
