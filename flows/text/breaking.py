"""Where a Lao text may be cut: an orthographic rule that holds always, and words where ICU knows them.

A grapheme-safe cut is not Lao-safe: it can leave a leading vowel (ເ ແ ໂ ໃ ໄ) alone at the end of a page. So every
candidate, ICU's too, passes `may_break`. ICU's line breaker also cuts before ໆ and, rarely, inside a syllable.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

from flows.text.lao import FOLLOW, GLUE, LEAD, is_mark

_Breaker = Callable[[str, str], Iterable[str]]
_line_breaker: _Breaker | None = None
with suppress(ImportError):  # no wheel for this machine: the pure rule serves
    from icu4py.breakers import LineBreaker

    _line_breaker = LineBreaker

PURE_VARIABLE: Final = "SALA_PURE_BREAKS"
# Read once: a node does not change its breaker while it runs, and pages are cached.
ICU: Final = _line_breaker is not None and not os.environ.get(PURE_VARIABLE)

_CLOSING = frozenset(".,;:!?)]}%”’…ໆຯ")
_OPENING = frozenset("([{“‘₭#")
SOFT: Final = "\u200b"  # an author's own break mark
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # ICU reads UTF-8, which cannot carry one
_BLANK = frozenset(" \t\r\n" + SOFT)


def may_break(s: str, i: int) -> bool:
    """Whether a page may end before character `i` of `s`, by Lao orthography alone.

    Both ends are always allowed. Says nothing of words: a cut between a vowel and the syllable's last consonant passes.
    """
    if i <= 0 or i >= len(s):
        return True
    before, after = s[i - 1], s[i]
    if after.isascii() and before.isascii():
        return True
    return not (after in FOLLOW or before in LEAD or before in GLUE or after in GLUE or is_mark(after))


def word_breaks(s: str, *, pure: bool = False) -> frozenset[int]:
    """The positions strictly inside `s` at which a word ends.

    Args:
        s: the text; U+200B in it marks a break wanted by its author.
        pure: do without ICU: words then end at blanks and at U+200B only. The same happens where ICU is missing, or
            when the environment variable SALA_PURE_BREAKS was set at start.
    """
    ends = _pure_ends(s) if pure or not ICU or _line_breaker is None else _icu_ends(s, _line_breaker)
    return frozenset(end for end in ends if 0 < end < len(s) and _is_word_break(s, end))


def _is_word_break(s: str, i: int) -> bool:
    return s[i] not in _CLOSING and s[i - 1] not in _OPENING and may_break(s, i)


def _pure_ends(s: str) -> Iterator[int]:
    return (i + 1 for i, letter in enumerate(s) if letter in _BLANK)


def _icu_ends(s: str, breaker: _Breaker) -> Iterator[int]:
    # The breaker's own offsets count UTF-16 units, ours count characters: add up the pieces instead.
    end = 0
    for piece in breaker(_LONE_SURROGATE.sub("\ufffd", s), "lo"):
        end += len(piece)
        yield end
