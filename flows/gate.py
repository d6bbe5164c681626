"""The gate before a live node: which words of a service nobody has reviewed, and which of them a person let through.

A text is reviewed while a mark names its words and their original (`flows/texts/marks.py`); the channel's own words
are reviewed as a whole, by `signed = true` at the top of their file.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from flows.model import Flow
from flows.phrases import Phrases
from flows.texts.catalogue import entries
from flows.texts.marks import Marks
from flows.texts.marks import unreviewed as without_mark

PHRASES: Final = "phrases"
"""What stands in place of a text's key for the channel's own words."""


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """One text that nobody has reviewed: the flow it is in ("" the channel's own words), its place, step and words."""

    flow: str
    language: str
    key: str
    step: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Words that nobody has reviewed, let through by a named person.

    Attributes:
        flow, language: for which service and language; "" for all of them.
        note: why. by, at: who and when. until: epoch seconds at which it ends by itself.
        ended_by, ended_at: who ended it before; "" and 0 nobody.
    """

    id: int
    flow: str
    language: str
    note: str
    by: str
    at: int
    until: int
    ended_by: str = ""
    ended_at: int = 0

    def good(self, now: int) -> bool:
        """Whether it still lets anything through."""
        return not self.ended_at and now < self.until

    def covers(self, service: str, language: str) -> bool:
        """Whether it is about this service and language."""
        return self.flow in ("", service) and self.language in ("", language)


def unreviewed(
    flows: Iterable[Flow], phrases: Phrases, marks: Marks, languages: Collection[str]
) -> tuple[Unreviewed, ...]:
    """Every text of these flows, in these languages, that nobody has reviewed, and the unsigned phrases before them.

    Args:
        flows: a service and the parts that it runs.
        phrases: the channel's own words.
        marks: what was reviewed.
        languages: those that citizens may choose; what stands in others nobody reads.
    """
    found = [Unreviewed("", tag, PHRASES) for tag in languages if tag in phrases.unsigned]
    for flow in flows:
        for tag, some in without_mark(entries(flow), flow.languages, marks).items():
            if tag in languages:
                found += [Unreviewed(flow.id, tag, one.key, one.step, one.words[tag]) for one in some]
    return tuple(found)


def held_back(found: Iterable[Unreviewed], service: str, waivers: Iterable[Waiver], now: int) -> tuple[Unreviewed, ...]:
    """Those that no waiver lets through for this service."""
    good = [one for one in waivers if one.good(now)]
    return tuple(text for text in found if not any(one.covers(service, text.language) for one in good))


def counted(found: Iterable[Unreviewed]) -> str:
    """`41 in lo, 2 in en, the channel's own words in lo`; "" for none."""
    texts: dict[str, int] = {}
    own = []
    for one in found:
        if one.key == PHRASES:
            own.append(f"the channel's own words in {one.language}")
        else:
            texts[one.language] = texts.get(one.language, 0) + 1
    return ", ".join([*(f"{count} in {tag}" for tag, count in texts.items()), *own])
