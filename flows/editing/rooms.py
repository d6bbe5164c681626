"""How much room each step's screen takes at its longest values, in every language, by the engine's own pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.check.room import LONGEST, check_lines, filled, screen_lines
from flows.check.subject import Subject
from flows.check.ways import Ways
from flows.fields import DecimalField, IntField, Text
from flows.screens import Sheet
from flows.steps import Ask, Confirm, End, Say
from flows.text.measure import Budget, Encoding, needs, segments, sendable, units


@dataclass(frozen=True, slots=True)
class Room:
    """One screen or message in one language.

    Attributes:
        units: septets or UTF-16 units of all of it, its keys among them. limit: those of one page.
        pages: as they are shown, or the message's text alone. parts: SMS segments of a message, 0 for a screen.
    """

    language: str
    units: int
    limit: int
    encoding: Encoding
    pages: tuple[str, ...]
    parts: int = 0

    @property
    def share(self) -> float:
        """How full one page is; above 1.0 it takes another."""
        return self.units / self.limit


def rooms_of(subject: Subject, index: int, ways: Ways | None = None) -> Mapping[str, Room]:
    """By language; empty for a step without a screen."""
    ways = ways or Ways(subject.flow, subject.parts)
    found = {}
    # A step that nothing leads to has no answers before it; it is measured as if it were the first.
    for tag in subject.flow.languages if index in ways.states else ():
        sheet = _sheet(subject, ways, index, tag)
        if sheet is not None:
            found[tag] = _room(sheet, tag, subject.ussd)
    return found


def _room(sheet: Sheet, tag: str, budget: Budget) -> Room:
    whole = sendable("\n".join(part for part in (*(line.text for line in sheet.lines), sheet.last) if part))
    return Room(tag, units(whole), budget.limit(whole), needs(whole), sheet.pages(budget))


def _sheet(subject: Subject, ways: Ways, index: int, tag: str) -> Sheet | None:
    step = subject.flow.steps[index]
    say = subject.phrases.say
    back, on = say(tag, "keys.back"), say(tag, "keys.next")
    if isinstance(step, Confirm):
        notice = subject.flow.notice
        send = say(tag, "flow.send")
        agree = say(tag, "flow.agree") if notice is not None and notice.basis == "consent" else send
        last = f"1 {agree}\n2 {say(tag, 'flow.change')}\n{back}"
        return Sheet(tuple(check_lines(subject, step, tag)), f"1 {send} {on} {back}", last)
    lines = tuple(screen_lines(subject, ways, index, tag))
    if not lines:
        return None
    if isinstance(step, End):
        return Sheet(lines, on, "")
    if isinstance(step, Say):
        return Sheet(lines, f"{on} {back}", f"{on} {back}")
    field = subject.flow.fields.get(step.ask) if isinstance(step, Ask) else None
    if isinstance(field, IntField | DecimalField) and field.min <= 0 <= field.max:
        back = say(tag, "keys.menu")
    return Sheet(lines, f"{on} {back}", back)


def message_room(text: Text, tag: str, budget: Budget) -> Room:
    """A text that goes out as SMS, at its longest values."""
    words = filled(text.say(tag, "sms"), LONGEST)
    return Room(tag, units(words), budget.limit(words), needs(words), (words,), segments(words))
