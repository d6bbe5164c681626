"""One spelling for one Lao word: the form that is kept, the key that compares, and what is cleaned from an answer.

The rules are those measured on 11,208 dictionary words: NFC alone leaves three spellings of one word apart, because Lao
vowels have combining class 0; NFKC would spell words anew and is never used. Every function here is stable: a second
pass changes nothing, except `match_key`, whose result is compared and never kept or shown.
"""

import re
from typing import Final
from unicodedata import category, combining, normalize

LEAD: Final = frozenset("ເແໂໃໄ")  # written before the consonant
FOLLOW: Final = frozenset("ະາຳຽໆຯ")  # must stay with what is before them
# U+0ECE came with Unicode 15: an older Python does not know that it is a mark.
MARK: Final = frozenset(map(chr, (0x0EB1, *range(0x0EB4, 0x0EBD), *range(0x0EC8, 0x0ECF))))
GLUE: Final = frozenset("\u200d\ufe0f\u2060\u00a0")

_TONE = "\u0ec8-\u0ecb"
_BEFORE_TONE = "\u0eb1\u0eb4-\u0eb7\u0ebb\u0ecd\u0ebc"  # the above-vowels and the semivowel lo
_SAME_TONE = re.compile(f"([{_TONE}])\\1+")
_TONE_FIRST = re.compile(f"([{_TONE}])([{_BEFORE_TONE}])")
_NIGGAHITA_AA = re.compile(f"\u0ecd([{_TONE}]?)\u0eb2")
_AM_TONE = re.compile(f"\u0eb3([{_TONE}])")
_INVISIBLE = {0x200B: None, 0xFEFF: None, 0x2060: None, 0x00A0: " "}

_DIGITS = {
    zero + value: str(value)
    for zero in (0x0ED0, 0x0E50, 0xFF10)  # Lao, Thai, full width
    for value in range(10)
}
_KEY_STEPS: Final = (
    ("\u0ec0\u0ec0", "\u0ec1"),  # two ເ typed for ແ
    ("\u0eab\u0ea5", "\u0eab\u0ebc"),  # old spelling of ho + lo
    ("\u0eab\u0e99", "\u0edc"),
    ("\u0eab\u0ea1", "\u0edd"),
)
_KEY_DROPS = re.compile(f"[{_TONE}\\s.\\-_/]")

_EXTENDS = frozenset("\u0eb3\u0e33\u200d")  # AM of Lao and Thai, and the joiner
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BLANKS = {ord(letter): " " for letter in "\t\n\v\f\r\u0085\u2028\u2029"}


def storage(text: str) -> str:
    """The spelling in which a text is kept: NFC, no zero-width marks, tones behind the vowels they sit on."""
    text = text.translate(_INVISIBLE)
    while (after := _storage_pass(text)) != text:
        text = after
    return text


def _storage_pass(text: str) -> str:
    text = normalize("NFC", text)
    if text.isascii():
        return text
    text = _SAME_TONE.sub(r"\1", text)
    text = _TONE_FIRST.sub(r"\2\1", text)
    text = _NIGGAHITA_AA.sub("\\1\u0eb3", text)
    return _AM_TONE.sub("\\1\u0eb3", text)


def fold_digits(text: str) -> str:
    """Lao, Thai and full-width digits as 0-9; all else as it was."""
    return text if text.isascii() else text.translate(_DIGITS)


def match_key(text: str) -> str:
    """The key under which spellings of one word meet, for look-up and duplicate hints.

    Never kept as a value and never shown. Tones are dropped, so one word in six shares its key with another: a key
    proposes, a person decides.
    """
    key = fold_digits(storage(text)).casefold()
    for old, new in _KEY_STEPS:
        key = key.replace(old, new)
    return _KEY_DROPS.sub("", key)


def clean(text: str) -> str:
    """An answer as it is kept: storage form, line ends as blanks, no control, format or unassigned characters.

    Combining marks stay, lone surrogates go (they cannot be stored), blanks at both ends go.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.translate(_BLANKS)
    return storage("".join(letter for letter in text if letter in MARK or category(letter) not in _DROPPED)).strip()


def is_mark(letter: str) -> bool:
    """Whether the character combines with the one before it."""
    if letter.isascii():
        return False
    return letter in MARK or combining(letter) > 0 or category(letter) in {"Mn", "Mc", "Me"}


def graphemes(text: str) -> int:
    """Characters as a reader counts them: marks, ຳ and joined characters count with the one before.

    UAX 29 without its rules for emoji, flags and Hangul jamo.
    """
    if text.isascii():
        return len(text)
    count = 0
    joined = False
    for index, letter in enumerate(text):
        extends = index > 0 and (letter in _EXTENDS or is_mark(letter))
        count += not (extends or joined)
        joined = letter == "\u200d"
    return count
