"""Sentences for those who speak to a citizen outside a dialogue: the doors when something fails, the road home."""

from flows.phrases import load


def try_later(language: str = "") -> str:
    """What a citizen reads when a turn failed: her answers are kept. An unknown language reads English."""
    return load().say(language, "later.try_later")


def full(language: str = "") -> str:
    """What a citizen reads when the node has no room for new dialogues."""
    return load().say(language, "later.full")
