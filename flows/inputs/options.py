"""Reads a choice: the number shown, the key, or the first word; several of them; yes or no."""

import re
from typing import Final

from flows.errors import Refusal
from flows.fields import ChoiceField, MultiField, YesNoField
from flows.inputs.values import Frame, numbers, tidy, words
from flows.text.lao import match_key

_PARTS: Final = re.compile(r"[\s,;.+&/\-]+")


def read_choice(field: ChoiceField, text: str, frame: Frame) -> str | Refusal:
    """One key of the choice."""
    text = tidy(text)
    if not text:
        return Refusal("empty")
    key = _one(field, text, frame)
    return key if key is not None else Refusal("not_an_option", {"max": numbers(len(field.choices))[-1]})


def read_multi(field: MultiField, text: str, frame: Frame) -> tuple[str, ...] | Refusal:
    """Some keys, in the author's order: `135`, `1 3 5`, `1,3,5`, or words."""
    text = tidy(text)
    if not text:
        return Refusal("empty")
    shown = numbers(len(field.choices))
    keys: set[str] = set()
    for part in [part for part in _PARTS.split(text) if part]:
        together = part.isascii() and part.isdigit() and part not in shown
        for one in part if together else [part]:
            key = _one(field, one, frame)
            if key is None:
                return Refusal("not_an_option", {"max": shown[-1]})
            keys.add(key)
    if len(keys) < field.min or not keys:
        return Refusal("too_few", {"min": max(field.min, 1)})
    if len(keys) > field.max:
        return Refusal("too_many", {"max": field.max})
    return tuple(key for key in field.choices if key in keys)


def _one(field: ChoiceField | MultiField, text: str, frame: Frame) -> str | None:
    shown = dict(zip(numbers(len(field.choices)), field.choices, strict=True))
    if text in shown:
        return shown[text]
    folded = text.casefold()
    for key in field.choices:
        if key.casefold() == folded:
            return key
    return _by_word(field, match_key(text), frame.language)


def _by_word(field: ChoiceField | MultiField, wanted: str, language: str) -> str | None:
    """The only choice whose label, or whose label's first word, is this; the session's language is asked first."""
    if not wanted:
        return None
    for languages in ((language,), None):
        found = [key for key, label in field.choices.items() if wanted in _spoken(label.root, languages)]
        if len(found) == 1:
            return found[0]
    return None


def _spoken(label: object, languages: tuple[str, ...] | None) -> set[str]:
    spoken: set[str] = set()
    for tag, text in label.items() if isinstance(label, dict) else ():
        if languages is None or tag in languages:
            for label_text in (text,) if isinstance(text, str) else (text.ussd, text.sms):
                spoken |= {match_key(label_text), match_key(label_text.split()[0])}
    return spoken


def read_yesno(_field: YesNoField, text: str, _frame: Frame) -> bool | Refusal:
    """1 or 2, or a word for yes or no in any of the channel's languages."""
    text = tidy(text)
    if not text:
        return Refusal("empty")
    key = match_key(text)
    if key == "1" or key in words("yes"):
        return True
    return False if key == "2" or key in words("no") else Refusal("not_yes_no")
