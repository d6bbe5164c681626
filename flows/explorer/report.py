"""What the explorer tells about a flow, as values: findings, every page, the ways and what they cost, the reading."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from flows.check.subject import Subject
from flows.check.wording import found
from flows.explorer.measures import Cost, Stop, Tariff, cost_of, figures, lines_on_handset
from flows.explorer.paths import Way, longest, replayed
from flows.explorer.places import Atlas, spot_of
from flows.explorer.states import Seen, Walked
from flows.findings import Finding
from flows.revision import Revision
from flows.text.breaking import word_breaks
from flows.text.measure import Budget, needs, units

_SENTENCE: Final = re.compile(r"[.?!;:\n]+\s*|\)\s*|\(")
_PLACEHOLDER: Final = re.compile(r"\{[a-z0-9_]+\}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as some citizen sees it, at its longest values.

    Attributes:
        units: room it takes, `left` what is free, in the encoding it needs. lines: on the smallest phone.
        reason: of the refusal on it, "" for none.
    """

    step: str
    line: int
    page: int
    pages: int
    text: str
    encoding: str
    units: int
    left: int
    lines: int
    reason: str
    end: bool


@dataclass(frozen=True, slots=True)
class Road:
    """A way: (step, typed) of its screens, and what it costs."""

    steps: tuple[tuple[str, str], ...]
    cost: Cost
    ended: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """One language on one channel.

    Attributes:
        states: distinct places a citizen can be at. presses: inputs that were tried. left: states not gone on from.
        scrolled: pages that the smallest phone does not show at once.
    """

    language: str
    channel: str
    profile: bool
    states: int
    presses: int
    left: int
    screens: int
    scrolled: int
    pages: tuple[Page, ...]
    likeliest: Road
    longest: Road


@dataclass(frozen=True, slots=True)
class Reading:
    """How hard a language is to read: words a sentence, sentences beyond the limit, words that nobody understands."""

    language: str
    sentences: int
    mean: float
    most: int
    limit: int
    long: tuple[tuple[int, str, int], ...]
    jargon: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one flow.

    Attributes:
        whole: no walk met its bound. unanswered: steps for which no fitting input could be made.
    """

    service: str
    file: str
    digest: str
    session: int
    whole: bool
    findings: tuple[Finding, ...]
    branches: tuple[Branch, ...]
    reading: tuple[Reading, ...]
    unanswered: tuple[str, ...]


def branch_of(atlas: Atlas, wide: Walked, notice: tuple[str, ...], tariffs: Iterable[Tariff]) -> Branch:
    """Measure a walk."""
    pages = tuple(_page(atlas, wide, seen) for seen in wide.seen.values())
    pages = tuple(sorted(pages, key=lambda one: (one.line, one.reason, one.page)))
    most = figures()["handset"]["lines"]
    return Branch(
        language=wide.language,
        channel=wide.world.channel,
        profile=wide.profile,
        states=len(wide.states),
        presses=wide.presses,
        left=wide.left,
        screens=len({(seen.node, seen.says) for seen in wide.seen.values()}),
        scrolled=sum(page.lines > most for page in pages),
        pages=pages,
        likeliest=_road(atlas, wide, _way(wide, "likeliest", partial(replayed, atlas.revision)), notice, tariffs),
        longest=_road(atlas, wide, _way(wide, "longest", longest), notice, tariffs),
    )


def _way(walked: Walked, name: str, found: Callable[[Walked], Way]) -> Way:
    """A way of a walk, worked out once: a walk may outlive many reports."""
    if name not in walked.ways:
        walked.ways[name] = found(walked)
    way: Way = walked.ways[name]
    return way


def _page(atlas: Atlas, walked: Walked, seen: Seen) -> Page:
    spot = spot_of(walked.program, seen.node)
    budget: Budget = walked.world.budget
    taken = units(seen.text)
    return Page(
        step=atlas.name(spot),
        line=atlas.flow(spot.flow).line("steps", spot.index),
        page=seen.page + 1,
        pages=seen.pages,
        text=seen.text,
        encoding=needs(seen.text),
        units=taken,
        left=budget.limit(seen.text) - taken,
        lines=lines_on_handset(seen.text, walked.language),
        reason=seen.reason,
        end=seen.end,
    )


def likely_cost(revision: Revision, walked: Walked, notice: tuple[str, ...], tariffs: Iterable[Tariff]) -> Cost:
    """What most people spend on a walk, `notice` before it."""
    way = _way(walked, "likeliest", partial(replayed, revision))
    return cost_of((*_noticed(notice), *way.stops), way.sent, walked.world.channel, tariffs)


def _noticed(notice: tuple[str, ...]) -> tuple[Stop, ...]:
    return (Stop(-1, notice, "1"),) if notice else ()


def _road(atlas: Atlas, walked: Walked, way: Way, notice: tuple[str, ...], tariffs: Iterable[Tariff]) -> Road:
    stops = (*_noticed(notice), *way.stops)
    named = tuple(
        ("notice" if stop.node < 0 else atlas.name(spot_of(walked.program, stop.node)), stop.typed) for stop in stops
    )
    return Road(named, cost_of(stops, way.sent, walked.world.channel, tariffs), way.ended)


def reading_of(subject: Subject, language: str) -> Reading:
    """Weigh the sentences of every text that the flow has in a language."""
    limits = figures()["reading"]
    limit = int(limits.get(language, limits["any"]))
    counted = list(dict.fromkeys(_counted(subject, language)))
    words = [count for _, _, count in counted]
    jargon = dict.fromkeys(
        (subject.flow.line(*place.path, language), word)
        for place in subject.texts
        for tag, _, text in place.text.every()
        if tag == language and (word := found("jargon", tag, text))
    )
    mean = round(sum(words) / len(words), 1) if words else 0.0
    long = tuple(one for one in counted if one[2] > limit)
    return Reading(language, len(words), mean, max(words, default=0), limit, long, tuple(jargon))


def _counted(subject: Subject, language: str) -> Iterator[tuple[int, str, int]]:
    """(line, sentence, words) of every sentence."""
    for place in subject.texts:
        for tag, _, text in place.text.every():
            if tag == language:
                line = subject.flow.line(*place.path, language)
                yield from ((line, one, words_in(one)) for one in sentences(text))


def sentences(text: str) -> list[str]:
    """The sentences of a text, placeholders as one word each."""
    return [one.strip() for one in _SENTENCE.split(_PLACEHOLDER.sub("x", text)) if one.strip()]


def words_in(sentence: str) -> int:
    """Words of a sentence; Lao, which has no blanks between words, is cut where the dictionary cuts it."""
    total = 0
    for run in sentence.split():
        inner = [at for at in word_breaks(run) if 0 < at < len(run)] if not run.isascii() else []
        total += 1 + len(inner)
    return total
