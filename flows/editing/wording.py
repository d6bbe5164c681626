"""Words that somebody typed or pasted, made fit for a flow file, or refused in a sentence."""

from typing import Final
from unicodedata import category

from flows.editing.faults import EditFault
from flows.template import stray_brace
from flows.text.lao import storage

MOST: Final = 2000
"""Characters of one text; the format takes no more, and a screen far fewer."""
_MARKS: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


def words_of(typed: str) -> str:
    """The words as they are kept: line breaks as one kind, no blanks around, one spelling for one Lao word.

    Raises:
        EditFault: too long, a control mark, a brace that belongs to no `{name}`.
    """
    if len(typed) > MOST:
        raise EditFault(f"the text has {len(typed):,} characters, at most {MOST:,} fit: shorten it")
    typed = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").strip()
    for at, letter in enumerate(typed):
        if letter != "\n" and category(letter) in _MARKS:
            raise EditFault(f"character {at + 1} is a control mark (U+{ord(letter):04X}), not text: type it anew")
    if stray_brace(typed):
        raise EditFault("a brace stands alone: a value is written {name}, with small letters, digits and _")
    return storage(typed)
