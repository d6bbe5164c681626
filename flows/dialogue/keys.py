"""What a citizen typed, read as a key or as one of a few options: its number, its label, or the label's beginning."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Final

from flows.text.lao import clean, fold_digits, match_key

NEXT: Final = "9"
BACK: Final = "0"
MENU: Final = "00"
SHORTEST_WORD: Final = 2
"""Letters from which the beginning of a label counts as the label."""
LONGEST_KEY: Final = 200
"""Characters that are read of an answer to one of the channel's own screens."""


def key_of(text: str) -> str:
    """The input as a key: cleaned, digits in ASCII, cut at 200 characters."""
    return fold_digits(clean(text[:LONGEST_KEY])).strip()


def numbers(start: int = 1) -> Iterator[str]:
    """Option numbers from `start`, none of them 9."""
    return (str(number) for number in count(start) if str(number) != NEXT)


def choose(options: Mapping[str, str], text: str) -> str:
    """The key of the option that was meant; "" when none was, or more than one could be."""
    if text in options:
        return text
    wanted = match_key(text)
    if len(wanted) < SHORTEST_WORD or wanted.isdigit():
        return ""
    labels = {key: match_key(label) for key, label in options.items()}
    exact = [key for key, label in labels.items() if label == wanted]
    found = exact or [key for key, label in labels.items() if label.startswith(wanted)]
    return found[0] if len(found) == 1 else ""
