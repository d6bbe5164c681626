"""The number a citizen keeps: nine digits, of which the last is a Damm check digit, printed `482 109 337`.

The quasigroup is the order-10 one of H. M. Damm, "Total anti-symmetrische Quasigruppen" (Marburg, 2004): it catches
every single wrong digit and every swap of neighbours, so a mistyped reference is told apart before any search.
"""

from typing import Final

_DAMM: Final = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
RANDOM_DIGITS: Final = 8
LENGTH: Final = RANDOM_DIGITS + 1


def _interim(digits: str) -> str:
    """The check digit of these digits; "0" when the last of them already is one."""
    state = "0"
    for digit in digits:
        state = _DAMM[int(state)][int(digit)]
    return state


def make_reference(digits: str) -> str:
    """Nine digits from eight random ones; anything else is a `ValueError`, for it is a mistake of ours."""
    if len(digits) != RANDOM_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"a reference is made from {RANDOM_DIGITS} digits")
    return digits + _interim(digits)


def is_reference(text: str) -> bool:
    """Whether these are nine ASCII digits with a right check digit (no blanks: see `read_reference`)."""
    return len(text) == LENGTH and text.isascii() and text.isdigit() and _interim(text) == "0"


def format_reference(reference: str) -> str:
    """`482109337` as people read it aloud: `482 109 337`. A text that is no reference comes back unchanged."""
    if len(reference) != LENGTH or not reference.isdigit():
        return reference
    return f"{reference[:3]} {reference[3:6]} {reference[6:]}"
