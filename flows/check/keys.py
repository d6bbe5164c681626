"""Rules on keys and ways in: what a citizen presses, dials or sends means one thing."""

from collections.abc import Iterator

from flows.check.subject import Subject
from flows.dialogue.reserved import is_reserved
from flows.fields import AnyField, ChoiceField, DecimalField, IntField, MultiField, TextField, YesNoField
from flows.findings import Finding
from flows.inputs import numbers
from flows.model import Flow
from flows.steps import Ask, Menu
from flows.text.lao import match_key

RESERVED = frozenset({"0", "00", "9"})
FEW = 5
MOST = 8


def skips(subject: Subject) -> Iterator[Finding]:
    """A skip key is free at its question, and only an optional field has one."""
    for index, step in enumerate(subject.flow.steps):
        if not isinstance(step, Ask) or (field := subject.flow.fields.get(step.ask)) is None:
            continue
        path = ("steps", index, "skip")
        if step.skip is None:
            if field.optional:
                words = f"`{step.ask}` is optional: say with `skip` which key leaves it empty"
                yield subject.warning("skip", words, "steps", index, "ask")
        elif not field.optional:
            yield subject.error("skip", f"`{step.ask}` is not optional: remove `skip`, or make it optional", *path)
        elif step.skip in RESERVED:
            yield subject.error("reserved-key", f"the key {step.skip} has a meaning of its own: choose another", *path)
        elif field.profile and step.skip == "1":
            yield subject.error(
                "skip", f"`{step.ask}` may be kept, and 1 then means the same as last time: choose another", *path
            )
        elif _answers(field, step.skip):
            yield subject.error("skip", f"the key {step.skip} is an answer to `{step.ask}`: choose another", *path)


def _answers(field: AnyField, key: str) -> bool:
    if isinstance(field, ChoiceField | MultiField):
        return key in (*numbers(len(field.choices)), *field.choices)
    if isinstance(field, IntField | DecimalField):
        return key.isascii() and key.isdigit() and field.min <= int(key) <= field.max
    if isinstance(field, YesNoField):
        return key in ("1", "2")
    return isinstance(field, TextField) and field.min <= len(key) and not key.isdigit()


def options(subject: Subject) -> Iterator[Finding]:
    """A menu's keys are the numbers from 1 without 9; five options are easy, eight are the most."""
    for index, step in enumerate(subject.flow.steps):
        if not isinstance(step, Menu):
            continue
        for key in step.options:
            if key in RESERVED:
                words = f"the key {key} has a meaning of its own: choose another"
                yield subject.error("reserved-key", words, "steps", index, "options", key)
            elif key not in numbers(MOST):
                words = f"`{key}` is no key: number the options from 1 to {MOST}"
                yield subject.error("option", words, "steps", index, "options", key)
        yield from _count(subject, len(step.options), "steps", index, "options")
    for name, field in subject.flow.fields.items():
        if isinstance(field, ChoiceField | MultiField):
            yield from _count(subject, len(field.choices), "fields", name, "choices")


def _count(subject: Subject, count: int, *path: str | int) -> Iterator[Finding]:
    if count > MOST:
        words = f"{count} options in one question: at most {MOST}; ask in two steps, or use a table with `ref`"
        yield subject.error("options", words, *path)
    elif count > FEW:
        yield subject.warning("options", f"{count} options take more than one page: {FEW} are easier", *path)


def entries(subject: Subject) -> Iterator[Finding]:
    """No two services share a menu number, a code or a keyword, and none takes a key that means something."""
    entry = subject.flow.entry
    if entry is None:
        return
    if entry.menu == int("9"):
        yield subject.error("reserved-key", "9 turns pages: choose another menu number", "entry", "menu")
    others = [other for other in subject.others if other.id != subject.flow.id and other.entry is not None]
    for other in others:
        yield from _shared(subject, other)
    seen: dict[str, int] = {}
    for at, word in enumerate(entry.sms):
        key = match_key(word)
        if not key or is_reserved(word):
            yield subject.error(
                "keyword", f"{word} is a word of the channel itself: choose another", "entry", "sms", at
            )
        elif key in seen:
            yield subject.error("keyword", f"{word} stands twice", "entry", "sms", at)
        seen[key] = at


def _shared(subject: Subject, other: Flow) -> Iterator[Finding]:
    mine, theirs = subject.flow.entry, other.entry
    if mine is None or theirs is None:
        return
    if mine.menu is not None and mine.menu == theirs.menu:
        words = f"the service `{other.id}` has the menu number {mine.menu} already"
        yield subject.error("entry", words, "entry", "menu")
    for at, code in enumerate(mine.ussd):
        if code in theirs.ussd:
            yield subject.error("entry", f"the service `{other.id}` has the code {code} already", "entry", "ussd", at)
    taken = {match_key(word) for word in theirs.sms}
    for at, word in enumerate(mine.sms):
        if match_key(word) in taken:
            yield subject.error("entry", f"the service `{other.id}` has the keyword {word} already", "entry", "sms", at)
