"""What was heard of a session so far, and what a cumulative text adds to it."""

import hashlib
from typing import Final, Literal

LONGEST: Final = 1_000
"""Characters kept as they are; a longer text, or one that must be forgotten, is kept as its length and hash."""

_MARK: Final = "\x1f"
_ALONE: Final = "\x1e"
"""Before the hop and the newest input of a gateway that sends its inputs one by one."""

END_OF_MARK: Final = "\x1d"
"""Before a hop that is only the end of one: all that a gateway knows of its own mark after a restart."""

_LONGEST_HOP: Final = 64

Fit = Literal["same", "next", "older", "other"]


def keep(text: str) -> str:
    """Return what the session row keeps of a cumulative text."""
    if len(text) <= LONGEST and not text.startswith((_MARK, _ALONE)) and clean(text) == text:
        return text
    return _hashed(text)


def first(op: Literal["", "start", "dial", "input"], hop: str, text: str) -> str:
    """Return what is kept of the first call of a session, by `Call.op`."""
    if not op:
        return keep(text)
    return keep_input(hop, text) if op == "input" else began(hop)


def began(hop: str) -> str:
    """Return what is kept of the start of a session whose inputs come one by one."""
    return f"{_ALONE}{_short(hop)}{_ALONE}{_ALONE}"


def keep_input(hop: str, text: str) -> str:
    """Return what is kept of one input that came alone."""
    return f"{_ALONE}{_short(hop)}{_ALONE}{keep(text)}"


def has_begun_only(kept: str) -> bool:
    """Whether nothing but the start was heard."""
    return kept.startswith(_ALONE) and kept.endswith(_ALONE)


def forget(kept: str) -> str:
    """Return the same without any word of it, so that a late copy is still known."""
    if kept.startswith(_MARK) or has_begun_only(kept):
        return kept
    if kept.startswith(_ALONE):
        hop, _, text = kept[1:].partition(_ALONE)
        return f"{_ALONE}{hop}{_ALONE}{forget(text)}"
    return _hashed(kept)


def fit_input(kept: str, hop: str, text: str, *, soon: bool) -> Fit:
    """Say how one input that came alone stands to what was kept.

    A gateway's own mark of the request decides; without one, or with only its end, the same input is a copy when it
    comes `soon`.
    """
    last_hop, _, last = kept[1:].partition(_ALONE)
    hop = _short(hop)
    if not hop or hop.startswith(END_OF_MARK):
        return "same" if soon and last in {keep(text), _hashed(text)} and last_hop.endswith(hop) else "next"
    if hop == last_hop:
        return "same"
    older = hop.isdecimal() and last_hop.isdecimal() and int(hop) < int(last_hop)
    return "older" if older else "next"


def _short(hop: str) -> str:
    return clean(hop).replace(_ALONE, "")[:_LONGEST_HOP]


def _hashed(text: str) -> str:
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
