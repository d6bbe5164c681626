"""A whole request in one message: `KEYWORD value value ...`, cut into its values.

Blanks part the values. Straight or curly quotes hold a value together, a doubled quote inside stands for itself, and
where more words come than fields the last field takes the rest as it was typed.
"""

from typing import Final

_DOUBLE: Final = frozenset('"“”„‟″«»')
_SINGLE: Final = frozenset("'‘’‚‛")


def split(text: str, fields: int) -> tuple[str, ...]:
    """At most `fields` values, in order; fewer when fewer came. A quote that nothing closes holds all that follows."""
    values: list[str] = []
    place = _skip(text, 0)
    while place < len(text) and len(values) < fields:
        start = place
        value, place, quoted = _value(text, place)
        rest = text[start:].strip()
        place = _skip(text, place)
        last = len(values) == fields - 1
        values.append(rest if last and place < len(text) and not quoted else value)
        if last and quoted and place < len(text):
            values[-1] = f"{value} {text[place:].strip()}"
    return tuple(values)


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _value(text: str, place: int) -> tuple[str, int, bool]:
    """One value from `place`: it, the place after it, and whether it stood in quotes."""
    if text[place] in _DOUBLE:
        return (*_quoted(text, place + 1, _DOUBLE), True)
    if text[place] in _SINGLE and _closes(text, place + 1):
        return (*_quoted(text, place + 1, _SINGLE), True)
    end = place
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[place:end], end, False


def _closes(text: str, place: int) -> bool:
    """Whether a single quote ends a word somewhere after: else it is an apostrophe."""
    ends = (at for at in range(place, len(text)) if text[at] in _SINGLE)
    return any(at + 1 == len(text) or text[at + 1].isspace() for at in ends)


def _quoted(text: str, place: int, quotes: frozenset[str]) -> tuple[str, int]:
    """The value up to the quote that closes it; a single quote closes only at the end of a word."""
    found: list[str] = []
    while place < len(text):
        letter, after = text[place], text[place + 1 : place + 2]
        if letter not in quotes:
            found.append(letter)
        elif after and after in quotes:
            found.append(letter)
            place += 1
        elif quotes is _DOUBLE or not after or after.isspace():
            return "".join(found), place + 1
        else:
            found.append(letter)
        place += 1
    return "".join(found), place
