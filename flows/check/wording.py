"""Rules on words: what an SMS may not say, what a receipt must say, what nobody understands."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from flows.check.subject import Subject
from flows.findings import Finding
from flows.steps import Submit
from flows.text.lao import match_key, storage
from flows.text.measure import needs


@cache
def _lists() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


@cache
def _pattern(group: str, language: str) -> re.Pattern[str] | None:
    """Any word of the list, whole or (with a star) as a beginning; never made of what an author or citizen wrote."""
    words = _lists()[group].get(language, [])
    forms = [re.escape(word.casefold().rstrip("*")) + (r"\w*" if word.endswith("*") else r"\b") for word in words]
    return re.compile(rf"\b(?:{'|'.join(forms)})") if forms else None


def found(group: str, language: str, text: str) -> str:
    """The first word of a list that stands in the text; "" for none. Lao has no blanks, so there any place counts."""
    if language == "lo":
        key = match_key(text)
        return next((word for word in _lists()[group]["lo"] if match_key(word) in key), "")
    pattern = _pattern(group, language)
    hit = pattern.search(storage(text).casefold()) if pattern else None
    return hit[0] if hit else ""


def sensitive(subject: Subject) -> Iterator[Finding]:
    """Messages hold public words only."""
    for place in subject.texts:
        if place.path[0] != "messages":
            continue
        for tag, _, words in place.text.every():
            for language in {tag, "en"}:
                if word := found("sensitive", language, words):
                    sentence = f"`{word}` does not belong in an SMS, which others may read: say it without"
                    yield subject.error("sensitive-word", sentence, *place.path, language=tag)


def anti_fraud(subject: Subject) -> Iterator[Finding]:
    """A receipt says that nobody asks for a bank PIN."""
    receipts = {step.receipt for step in subject.flow.steps if isinstance(step, Submit) and step.receipt}
    for name in sorted(receipts):
        text = subject.flow.messages.get(name)
        for tag in text.languages if text else ():
            if tag in _lists()["anti_fraud"] and text and not found("anti_fraud", tag, text.say(tag, "sms")):
                sentence = "say in the receipt that the state never asks for a bank PIN"
                yield subject.warning("anti-fraud", sentence, "messages", name, language=tag)


def jargon(subject: Subject) -> Iterator[Finding]:
    """Plain words are understood."""
    for place in subject.texts:
        for tag, _, words in place.text.every():
            if word := found("jargon", tag, words):
                yield subject.warning(
                    "jargon", f"`{word}` is hard to understand: say it plainly", *place.path, language=tag
                )


def encoding(subject: Subject) -> Iterator[Finding]:
    """One curly quote halves the room of a Latin text."""
    for place in subject.texts:
        for tag, _, words in place.text.every():
            if (tag == "en" or tag.endswith("-Latn")) and needs(words) == "ucs2":
                odd = "".join(dict.fromkeys(letter for letter in words if needs(letter) == "ucs2"))
                sentence = f"{odd} leaves only 70 units instead of 160: use plain letters and marks"
                yield subject.warning("encoding", sentence, *place.path, language=tag)
