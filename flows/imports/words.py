"""What an import says by itself, in the languages we have (the Lao ones are drafts)."""

from collections.abc import Iterable, Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "skip": {"en": "skip", "lo": "ຂ້າມ", "lo-Latn": "kham"},
    "more": {"en": "One more?", "lo": "ຍັງມີອີກບໍ?", "lo-Latn": "Nyang mi ik bo?"},
    "wrong": {
        "en": "That does not fit. Please answer again.",
        "lo": "ຄຳຕອບບໍ່ຖືກຕ້ອງ. ກະລຸນາຕອບໃໝ່.",
        "lo-Latn": "Kham top bo thuk tong. Kaluna top mai.",
    },
    "other": {"en": "Other", "lo": "ອື່ນໆ", "lo-Latn": "Eun"},
    "which": {"en": "Which one?", "lo": "ແມ່ນຫຍັງ?", "lo-Latn": "Maen nyang?"},
    "end": {
        "en": "Received. Reference {ref}.",
        "lo": "ໄດ້ຮັບແລ້ວ. ເລກທີ {ref}.",
        "lo-Latn": "Dai hap laeo. Lek thi {ref}.",
    },
}


def say(key: str, languages: Iterable[str]) -> dict[str, str]:
    """The words in those of these languages that we have; in English when we have none of them."""
    words = WORDS[key]
    return {tag: words[tag] for tag in languages if tag in words} or {next(iter(languages)): words["en"]}


def with_skip(text: Mapping[str, str], key: str) -> dict[str, str]:
    """A question that says which key leaves it empty."""
    return {tag: f"{words} ({key} = {WORDS['skip'].get(tag, '-')})" for tag, words in text.items()}
