"""Names of other systems as names of ours: fields, ids, keys of choices, language tags."""

import keyword
import re
import unicodedata
from collections.abc import Collection
from typing import Final

from flows.expressions import FUNCTIONS
from flows.model import ALWAYS, OFFICE_NAMES

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_LONGEST: Final = 40

_TAKEN: Final = frozenset((*ALWAYS, *OFFICE_NAMES, *FUNCTIONS))

_LANGUAGES: Final = {
    "english": "en",
    "lao": "lo",
    "laotian": "lo",
    "ລາວ": "lo",
    "ພາສາລາວ": "lo",
    "lao latin": "lo-Latn",
    "karaoke": "lo-Latn",
    "hmong": "hmn",
    "khmu": "kjg",
    "kammu": "kjg",
    "french": "fr",
    "français": "fr",
    "francais": "fr",
    "thai": "th",
    "ไทย": "th",
    "vietnamese": "vi",
    "chinese": "zh",
    "khmer": "km",
    "burmese": "my",
    "spanish": "es",
    "español": "es",
    "portuguese": "pt",
    "arabic": "ar",
    "hindi": "hi",
    "bengali": "bn",
    "nepali": "ne",
    "swahili": "sw",
    "kiswahili": "sw",
    "indonesian": "id",
    "russian": "ru",
    "german": "de",
    "italian": "it",
}

# ISO 639-3 as RapidPro writes it -> the shorter tag of BCP 47.
_THREE: Final = {
    "eng": "en",
    "lao": "lo",
    "fra": "fr",
    "fre": "fr",
    "tha": "th",
    "vie": "vi",
    "zho": "zh",
    "khm": "km",
    "mya": "my",
    "spa": "es",
    "por": "pt",
    "ara": "ar",
    "hin": "hi",
    "ben": "bn",
    "nep": "ne",
    "swa": "sw",
    "ind": "id",
    "rus": "ru",
    "deu": "de",
    "ita": "it",
    "kin": "rw",
    "amh": "am",
    "som": "so",
}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _unique(base: str, mark: str, taken: Collection[str]) -> str:
    name, number = base, 1
    while name in taken:
        number += 1
        tail = f"{mark}{number}"
        name = base[: _LONGEST - len(tail)] + tail
    return name


def field_name(text: str, taken: Collection[str] = (), fallback: str = "field") -> str:
    """A field's or table's name for a name of another system, unlike any of `taken`."""
    name = re.sub(r"[^a-z0-9]+", "_", _plain(text).lower()).strip("_")
    name = re.sub(r"^[0-9_]+", lambda found: f"q{found[0]}", name)[:_LONGEST].rstrip("_") or fallback
    if name in _TAKEN or keyword.iskeyword(name):
        name += "_answer"
    return _unique(name, "_", taken)


def flow_id(text: str, taken: Collection[str] = (), fallback: str = "service") -> str:
    """A flow's or step's id for a name of another system, unlike any of `taken`."""
    name = re.sub(r"[^a-z0-9]+", "-", _plain(text).lower()).strip("-")
    name = re.sub(r"^[0-9-]+", lambda found: f"f{found[0]}", name)[:_LONGEST].rstrip("-") or fallback
    return _unique(name, "-", taken)


def choice_key(text: str, taken: Collection[str] = ()) -> str:
    """A choice's key for a value of another system: the value itself wherever it can be one."""
    if _KEY.fullmatch(text) and text not in taken:
        return text
    name = re.sub(r"[^A-Za-z0-9]+", "_", _plain(text)).strip("_")[:_LONGEST] or "option"
    return _unique(name, "_", taken)


def language_tag(text: str) -> str:
    """The tag of a language as others write it: `English (en)`, `lao`, `eng`, `pt-br`; "" when it is not known."""
    text = text.strip()
    inside = re.search(r"\(([A-Za-z-]{2,11})\)\s*$", text)
    word = inside[1] if inside else text
    if word.lower() in _LANGUAGES:
        return _LANGUAGES[word.lower()]
    if word.lower() in _THREE:
        return _THREE[word.lower()]
    parts = word.split("-")
    shaped = [parts[0].lower(), *(part.title() if len(part) == 4 else part.upper() for part in parts[1:])]  # noqa: PLR2004 - BCP 47: a script has four letters
    tag = "-".join(shaped)
    return tag if LANGUAGE.fullmatch(tag) else ""
