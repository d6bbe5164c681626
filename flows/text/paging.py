"""Pages of a basic phone: a screen cut where a Lao reader expects it, each page within its budget, nothing lost.

A cut is taken, best first, at a newline, a sentence, a blank, a word, and only where a single word is longer than a
page at a cluster. Among the ways to cut, the one with the fewest syllable cuts wins, then with the fewest pages under
15 units, then with the fewest pages, then with the better cuts and the fuller first pages. Blanks at both ends of a
page are dropped. The choice is made over the whole screen at once, so a short last page draws text from the one before.
`split_sms` is the plainer case of a long SMS, whose parts the phone joins again.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

import msgspec

from flows.text.breaking import may_break, word_breaks
from flows.text.measure import (
    GSM_CHARACTERS,
    GSM_EXTENSION,
    LAST_BMP,
    SMS_PART,
    SMS_SINGLE,
    Budget,
    Encoding,
    needs,
    sendable,
    units,
    width,
)

SHORT_PAGE: Final = 15
"""Units of text (its hint line apart) under which a page is not worth a round trip."""
CACHED_SCREENS: Final = 2048

# What a cut costs. Each figure outweighs all smaller ones of a long screen together; so does the kind of a cut outweigh
# how full its page is (0 to 100).
_TORN = 10**15  # between characters of one cluster: only a run of marks longer than a page
_CLUSTER = 10**12
_SHORT = 10**10
_PAGE = 10**7
_COUNTED = 4000  # after a number: its unit, or its option's label, comes next
_WORD = 2000
_BLANK = 1000
_SENTENCE = 300
_NEWLINE = 0

_EDGES = " \t\r\n\u00a0\u200b\u2060\ufeff"
_UNSENT_LETTERS = "\u200b\u2060\ufeff"
_UNSENT = frozenset(_UNSENT_LETTERS)
# Characters that do not take one unit in either encoding, and the blank that is sent as another.
_uneven = re.compile(
    f"[{_UNSENT_LETTERS}\u00a0{re.escape(''.join(sorted(GSM_EXTENSION)))}\U00010000-\U0010ffff]"
).search
_SENTENCE_ENDS = frozenset(".?!…")
# Numbers with their separators, phone numbers, dates, times, references, dial strings.
_FIXED = re.compile(r"\*\d+(?:\*\d+)*#|[+A-Za-z]*\d+(?:[ .,/:-]\d+)*")


class Line(msgspec.Struct, frozen=True):
    """One line of a screen.

    Attributes:
        text: the line; U+200B marks a break wanted by its author and is never sent.
        spans: pairs (start, end) that no cut may enter; one longer than half a page may be cut where Lao allows.
        whole: an option label, never cut when it fits a page.
    """

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    whole: bool = False


def paginate(lines: Sequence[Line], budget: Budget, *, more: str, last: str, pure: bool = False) -> tuple[str, ...]:
    """The pages of a screen, at least one, each ready to be sent.

    Args:
        lines: shown one under the other.
        budget: the room of a page, its hint line included, measured in the encoding that this page needs.
        more: the hint line under every page but the last.
        last: the hint line under the last page; "" for none.
        pure: find words without ICU.

    Raises:
        ValueError: a hint leaves no room for even one character.
    """
    text = sendable("\n".join(line.text for line in lines)).strip(_EDGES)
    only = _with_hint(text, last)
    if budget.fits(only):
        return (only,)
    return _paginate(tuple(lines), budget, more, last, pure)


@lru_cache(maxsize=CACHED_SCREENS)
def _paginate(lines: tuple[Line, ...], budget: Budget, more: str, last: str, pure: bool) -> tuple[str, ...]:  # noqa: FBT001 - the cache keys by position
    if not (budget.fits(_with_hint("😀", more)) and budget.fits(_with_hint("😀", last))):
        raise ValueError("the hint line leaves no room on a page")
    sheet = _Sheet("\n".join(line.text for line in lines), budget, more, last)
    ranges = _best(sheet, _cuts(sheet, lines, pure=pure))
    pages = [sendable(sheet.text[start:end]) for start, end in ranges]
    return (*(_with_hint(page, more) for page in pages[:-1]), _with_hint(pages[-1], last))


def _with_hint(page: str, hint: str) -> str:
    return f"{page}\n{hint}" if page and hint else page or hint


class _Sheet:
    """The whole text with running totals, so that any stretch of it is measured in constant time."""

    def __init__(self, text: str, budget: Budget, more: str, last: str) -> None:
        self.text = text
        self.budget = budget
        self.hints = {False: _hint_cost(more), True: _hint_cost(last)}
        self.septets, self.utf16, self.outside = _totals(text)
        self.start, self.end = self.trim(0, len(text))

    def fits(self, start: int, end: int) -> bool:
        """Whether the stretch is a page, with the hint that it would have there."""
        septets, utf16, outside = self.hints[end >= self.end]
        if outside or self.outside[end] > self.outside[start]:
            return self.utf16[end] - self.utf16[start] + utf16 <= self.budget.ucs2
        return self.septets[end] - self.septets[start] + septets <= self.budget.gsm7

    def trim(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.text[start] in _EDGES:
            start += 1
        while end > start and self.text[end - 1] in _EDGES:
            end -= 1
        return start, end


def _totals(text: str) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """Up to each place in the text: septets, UTF-16 units, characters that GSM-7 has not."""
    outside = [0, *accumulate(letter not in GSM_CHARACTERS for letter in text)]
    if not _uneven(text):
        plain = range(len(text) + 1)
        return plain, plain, outside
    sent = [letter not in _UNSENT for letter in text]
    septets = accumulate(one + (letter in GSM_EXTENSION) for one, letter in zip(sent, text, strict=True))
    utf16 = accumulate(one + (letter > LAST_BMP) for one, letter in zip(sent, text, strict=True))
    foreign = accumulate(
        one and letter not in GSM_CHARACTERS and letter != "\u00a0" for one, letter in zip(sent, text, strict=True)
    )
    return [0, *septets], [0, *utf16], [0, *foreign]


def _hint_cost(hint: str) -> tuple[int, int, bool]:
    if not hint:
        return 0, 0, False
    outside = needs(hint) == "ucs2"
    return (0 if outside else units(hint, "gsm7") + 1), units(hint, "ucs2") + 1, outside


@dataclass(frozen=True, slots=True)
class _Cut:
    """A place to cut: the page before ends at `end`, the page after begins at `start`."""

    end: int
    start: int
    cost: int


def _cuts(sheet: _Sheet, lines: tuple[Line, ...], *, pure: bool) -> list[_Cut]:
    """Every cut worth considering, in order; clusters only where two better cuts are more than a page apart."""
    closed = _closed(sheet, lines)
    text = sheet.text
    ends = word_breaks(text, pure=pure) | {i + 1 for i, letter in enumerate(text) if letter == "\n"}
    cuts = [_Cut(sheet.start, sheet.start, 0), _Cut(sheet.end, len(text), 0)]
    cuts = _refined(sheet, cuts, [i for i in sorted(ends) if not closed[i]], None)
    if _all_fit(sheet, cuts):
        return cuts
    clusters = [i for i in range(1, len(text)) if may_break(text, i)]
    cuts = _refined(sheet, cuts, [i for i in clusters if not closed[i]], _CLUSTER)
    cuts = _refined(sheet, cuts, clusters, _CLUSTER)  # a fixed span longer than a page
    return _refined(sheet, cuts, list(range(1, len(text))), _TORN)


def _all_fit(sheet: _Sheet, cuts: list[_Cut]) -> bool:
    return all(sheet.fits(left.start, right.end) for left, right in pairwise(cuts))


def _refined(sheet: _Sheet, cuts: list[_Cut], places: list[int], cost: int | None) -> list[_Cut]:
    """The cuts, with these places added wherever two neighbours are more than a page apart; None prices by kind."""
    result = [cuts[0]]
    for left, right in pairwise(cuts):
        if not sheet.fits(left.start, right.end):
            inside = places[bisect_right(places, left.start) : bisect_left(places, right.end)]
            result.extend(_distinct(sheet, left, right, inside, cost))
        result.append(right)
    return result


def _distinct(sheet: _Sheet, left: _Cut, right: _Cut, places: list[int], cost: int | None) -> Iterator[_Cut]:
    end_before = left.start
    for place in places:
        end, start = sheet.trim(left.start, place)[1], sheet.trim(place, right.end)[0]
        if end_before < end and start < right.end:
            end_before = end
            yield _Cut(end, start, _price(sheet.text, end, start) if cost is None else cost)


def _price(text: str, end: int, start: int) -> int:
    """How well a reader bears this cut, by what is dropped there and what stands before it."""
    dropped, before = text[end:start], text[end - 1]
    if "\n" in dropped:
        return _NEWLINE
    if not dropped.strip(_UNSENT_LETTERS):
        return _WORD
    if before in _SENTENCE_ENDS:
        return _SENTENCE
    return _COUNTED if before.isdigit() and not text[start].isdigit() else _BLANK


def _closed(sheet: _Sheet, lines: tuple[Line, ...]) -> bytearray:
    """Which positions lie strictly inside something that a page must show in one piece."""
    closed = bytearray(len(sheet.text) + 1)
    offset = 0
    for line in lines:
        after = offset + len(line.text)
        if line.whole and sheet.fits(*sheet.trim(offset, after)):
            _close(closed, offset, after)
        fixed = (match.span() for match in _FIXED.finditer(line.text))
        for start, end in (*line.spans, *fixed):
            if _may_stay_whole(sheet, offset + max(start, 0), min(offset + end, after)):
                _close(closed, offset + max(start, 0), min(offset + end, after))
        offset = after + 1
    return closed


def _may_stay_whole(sheet: _Sheet, start: int, end: int) -> bool:
    if sheet.outside[-1] or any(outside for _, _, outside in sheet.hints.values()):
        return 2 * (sheet.utf16[end] - sheet.utf16[start]) <= sheet.budget.ucs2
    return 2 * (sheet.septets[end] - sheet.septets[start]) <= sheet.budget.gsm7


def _close(closed: bytearray, start: int, end: int) -> None:
    if end - start > 1:
        closed[start + 1 : end] = b"\x01" * (end - start - 1)


def _best(sheet: _Sheet, cuts: list[_Cut]) -> list[tuple[int, int]]:
    """The cheapest way through the cuts, as ranges of text: every stretch between two neighbours fits a page."""
    costs, backs = [0], [0]  # of the way up to each cut; the cut where its last page begins
    final = len(cuts) - 1
    for k in range(1, len(cuts)):
        cost, back = min(_pages_ending(sheet, cuts, k, costs))
        costs.append(cost + (cuts[k].cost if k < final else 0))
        backs.append(-back)
    ranges: list[tuple[int, int]] = []
    k = final
    while k:
        ranges.append((cuts[backs[k]].start, cuts[k].end))
        k = backs[k]
    return ranges[::-1]


def _pages_ending(sheet: _Sheet, cuts: list[_Cut], k: int, costs: list[int]) -> list[tuple[int, int]]:
    """Each earlier cut, negated, from which one page reaches cut `k`, after what the way over it costs.

    Negated so that of two equal ways the one with the later cut is the least. The inner loop of every screen that
    takes more than a page: it reads the totals itself.
    """
    septets, utf16, outside = sheet.septets, sheet.utf16, sheet.outside
    end = cuts[k].end
    final = k == len(cuts) - 1  # the last page takes what is left
    hint7, hint16, hint_outside = sheet.hints[final]
    ways: list[tuple[int, int]] = []
    for j in range(k - 1, -1, -1):
        start = cuts[j].start
        wide = outside[end] > outside[start]
        long = utf16[end] - utf16[start]
        size = long if wide else septets[end] - septets[start]
        limit = sheet.budget.ucs2 if wide or hint_outside else sheet.budget.gsm7
        left = limit - (hint16 + long if wide or hint_outside else hint7 + size)
        if left >= 0:
            page = _PAGE + (_SHORT if size < SHORT_PAGE else 0) + (0 if final else (100 * left // limit) ** 2 // 100)
            ways.append((costs[j] + page, -j))
        elif wide or hint_outside or long > sheet.budget.ucs2:
            break  # a longer stretch cannot fit either, even in the other encoding
    return ways


def split_sms(text: str) -> tuple[str, ...]:
    """The text as parts of one long message: at most 153 septets or 67 units each.

    Cuts at the last word that fits a part, or at a cluster where a word is longer than half a part. Joined, the parts
    are the sendable text again. A text that fits one message (160 or 70) is one part.
    """
    text = sendable(text)
    encoding = needs(text)
    if units(text, encoding) <= SMS_SINGLE[encoding]:
        return (text,)
    words = sorted(word_breaks(text))
    parts: list[str] = []
    start = 0
    while start < len(text):
        end = _part_end(text, start, _reach(text, start, encoding), words)
        parts.append(text[start:end])
        start = end
    return tuple(parts)


def _reach(text: str, start: int, encoding: Encoding) -> int:
    """How far one part can go; a pair is two units of one character, so it is never torn."""
    room = SMS_PART[encoding]
    for index in range(start, len(text)):
        room -= width(text[index], encoding)
        if room < 0:
            return index
    return len(text)


def _part_end(text: str, start: int, reach: int, words: list[int]) -> int:
    if reach == len(text):
        return reach
    word = words[bisect_right(words, reach) - 1] if words and words[0] <= reach else start
    if word - start > (reach - start) // 2:
        return word
    return next((end for end in range(reach, start, -1) if may_break(text, end)), reach)
