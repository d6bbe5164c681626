"""The words that mean the same to every service: what they are in each language, and where their rest begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

from flows.text.lao import fold_digits, match_key

Command = Literal["stop", "start", "help", "call", "status", "continue", "language", "forget"]
COMMANDS: Final[tuple[Command, ...]] = get_args(Command)

RESERVED: Final[Mapping[Command, Mapping[str, tuple[str, ...]]]] = {
    "stop": {"en": ("STOP", "UNSUBSCRIBE"), "lo": ("ຢຸດ",), "lo-Latn": ("YUT",)},
    "start": {"en": ("START",), "lo": ("ເລີ່ມ",), "lo-Latn": ("LEUM", "LOEM")},
    "help": {"en": ("HELP",), "lo": ("ຊ່ວຍ", "ຊ່ວຍເຫຼືອ"), "lo-Latn": ("SUAY", "SUAYLEUA")},
    "call": {"en": ("CALL", "CALLME"), "lo": ("ໂທຫາ", "ໂທຫາຂ້ອຍ"), "lo-Latn": ("THOHA", "THOHAKHOI")},
    "status": {"en": ("STATUS",), "lo": ("ສະຖານະ",), "lo-Latn": ("SATHANA",)},
    "continue": {"en": ("CONTINUE",), "lo": ("ສືບຕໍ່", "ຕໍ່"), "lo-Latn": ("SEUBTO", "SUEBTO")},
    "language": {"en": ("LANGUAGE",), "lo": ("ພາສາ",), "lo-Latn": ("PHASA",)},
    "forget": {"en": ("FORGET",), "lo": ("ລຶບ",), "lo-Latn": ("LEUP", "LUP")},
}
"""Command -> language -> words; the Lao ones are drafts until a Lao speaker signs them off. No keyword may be one."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reserved word that was sent: which, in which language, and what came after it (only after STATUS)."""

    command: Command
    language: str
    rest: str = ""


@cache
def _table() -> Mapping[str, tuple[Command, str]]:
    return {
        match_key(word): (command, language)
        for command, languages in RESERVED.items()
        for language, words in languages.items()
        for word in words
    }


def is_reserved(word: str) -> bool:
    """Whether a keyword would never reach its service."""
    return match_key(word) in _table()


def said(text: str) -> Said | None:
    """The reserved word that a cleaned text is; STATUS may be followed by a number, also without a blank."""
    found = _table().get(match_key(text))
    if found is not None:
        return Said(*found)
    folded = fold_digits(text)
    start = next((place for place, letter in enumerate(folded) if letter.isdigit()), len(folded))
    found = _table().get(match_key(folded[:start]))
    if found is None or found[0] != "status":
        return None
    return Said(*found, folded[start:])
