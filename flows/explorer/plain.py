"""The report in plain sentences, for somebody who edits a flow and is no programmer."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

from flows.explorer.measures import Cost, figures
from flows.explorer.report import Branch, Reading, Report, Road

_CHANNELS: Final = {"ussd": "by USSD", "sms": "by SMS"}


def in_words(report: Report) -> str:
    """The whole report, some twenty lines a flow."""
    return "\n".join(_lines(report))


def as_json(report: Report) -> dict[str, Any]:
    """The same as plain values, every page with it."""
    return dataclasses.asdict(report)


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.service}: {_walked(report)}"
    yield from (f"  {finding}" for finding in report.findings)
    if not report.findings:
        yield "  no dead end, no loop, no useless question, no torn syllable"
    yield from _bounds(report)
    for branch in report.branches:
        if not branch.profile:
            yield f"  {branch.language} {_CHANNELS[branch.channel]}: {_room(branch)}"
            yield f"    most people: {_way(branch.likeliest, branch.channel, report.session)}"
            yield f"    at the longest: {_way(branch.longest, branch.channel, report.session)}"
    yield from (f"  {line}" for one in report.reading for line in _reading(one))


def _walked(report: Report) -> str:
    states = sum(branch.states for branch in report.branches)
    presses = sum(branch.presses for branch in report.branches)
    languages = len({branch.language for branch in report.branches})
    profile = ", with and without kept answers" if any(branch.profile for branch in report.branches) else ""
    return f"{presses} inputs tried at {states} places, in {_count(languages, 'language')} by USSD and by SMS{profile}"


def _bounds(report: Report) -> Iterator[str]:
    """What was not walked: a report that is silent about it would be taken for a proof."""
    left = sum(branch.left for branch in report.branches)
    if left:
        places = _count(left, "place")
        yield f"  NOT ALL WALKED: {places} found and not gone on from; so nothing is said of what never happens"
    if report.unanswered:
        yield f"  NOT WALKED ON: no fitting answer could be made for {', '.join(report.unanswered)}"
    yield "  walked by classes of answers: each option, the usual, the least, the most, just outside, both sides of"
    yield "  each condition, nothing, the skip key, help, back, a change, nothing found; not every value of a class"


def _room(branch: Branch) -> str:
    """How full screens are: the fullest that is one page, the one of most pages, those that a small phone scrolls."""
    calm = [page for page in branch.pages if not page.reason]
    single = min((page for page in calm if page.pages == 1), key=lambda page: page.left, default=None)
    most = max((page for page in calm if page.pages > 1), key=lambda page: page.pages, default=None)
    words = f"{_count(branch.screens, 'screen')}, {_count(len(branch.pages), 'page')} at their longest"
    if single is not None:
        words += f"; fullest: {single.step} (line {single.line}), {_count(single.left, 'unit')} left"
    if most is not None:
        words += f"; most pages: {most.step} (line {most.line}), {most.pages}"
    if branch.scrolled:
        words += f"; {branch.scrolled} must be scrolled on {figures()['handset']['name']}"
    return words


def _way(road: Road, channel: str, session: int) -> str:
    cost = road.cost
    words = [
        _count(len(road.steps), "screen"),
        _count(cost.pages, "page"),
        _count(cost.keys, "key press", "key presses"),
        f"{clock(cost.seconds)} min",
    ]
    text = ", ".join(words)
    if channel == "ussd":
        text += _against(cost, session)
    text += f"; {cost.parts} SMS" if cost.parts else ""
    for name, amount, currency in cost.price:
        text += f"; {name}: {amount} {currency}"
    return text if road.ended else f"{text}; it comes to no end"


def _against(cost: Cost, session: int) -> str:
    if cost.seconds <= session:
        return f" (a session lasts {clock(session)})"
    again = _count((cost.seconds - 1) // session, "time")
    return f" (a session lasts {clock(session)}: dial again {again}, nothing is lost)"


def clock(seconds: int) -> str:
    """3:05."""
    return f"{seconds // 60}:{seconds % 60:02}"


def _reading(one: Reading) -> Iterator[str]:
    yield f"{one.language}: {_count(one.sentences, 'sentence')} of {one.mean} words, the longest {one.most}"
    for line, sentence, words in one.long:
        yield f"  line {line}: {words} words in one sentence, {one.limit} are easy: {sentence}"
    for line, word in one.jargon:
        yield f"  line {line}: `{word}` is hard to understand"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
