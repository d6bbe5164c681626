"""Rules on room: each screen and message at its longest values, in the encoding that it needs."""

from collections.abc import Iterator, Mapping

from flows.check.meaning import kinds_at
from flows.check.subject import Place, Subject
from flows.check.ways import Ways
from flows.dialogue.consent import SCREENS, notice_of
from flows.expressions import Expression
from flows.fields import AnyField, ChoiceField, MultiField, NameField, TextField, YesNoField
from flows.findings import Finding
from flows.inputs import longest, numbers
from flows.inputs.values import shown_word
from flows.kinds import KindName
from flows.model import Flow
from flows.steps import Ask, Confirm, End, Menu, Say
from flows.template import placeholders
from flows.text.measure import segments, units
from flows.text.paging import Line, paginate

MANY_PAGES = 2
MANY_CHECK_PAGES = 2
"""For each answer on a check page."""
MANY_SEGMENTS = 2

LONGEST = {
    "ref": "482 109 337",
    "dial": "*999*1#",
    "short": "19999",
    "today": "31/12/2026",
    "office": "ຫ້ອງການພາຍໃນເມືອງ",
    "hours": "ຈັນ-ສຸກ 8-16",
    "papers": "ປຶ້ມສຳມະໂນຄົວ",
}
_BY_KIND: Mapping[KindName, str] = {
    "int": "999999999",
    "decimal": "999999999,123456",
    "date": "31/12/2026",
    "time": "23:59",
}


def labels(subject: Subject) -> Iterator[Finding]:
    """An option label fits one page with its number and the key hints."""
    for tag in subject.flow.languages:
        for path, key, words in _labels(subject.flow, tag):
            for budget in (subject.ussd, subject.sms):
                if not budget.fits(f"{key} {words}\n{_hint(subject, tag)}"):
                    sentence = (
                        f"the label takes {units(words)} units and does not fit one page with its keys: shorten it"
                    )
                    yield subject.error("room", sentence, *path, language=tag)
                    break


def _labels(flow: Flow, tag: str) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    for name, field in flow.fields.items():
        if isinstance(field, ChoiceField | MultiField):
            for key, (choice, label) in zip(numbers(len(field.choices)), field.choices.items(), strict=True):
                yield ("fields", name, "choices", choice), key, label.say(tag)
    for index, step in enumerate(flow.steps):
        if isinstance(step, Menu):
            for key, option in step.options.items():
                yield ("steps", index, "options", key, "label"), key, option.label.say(tag)


def values(subject: Subject) -> Iterator[Finding]:
    """A value that may not be broken fits one page."""
    for name, field in subject.flow.fields.items():
        if isinstance(field, TextField | NameField | MultiField):
            continue
        for tag in subject.flow.languages:
            value = longest(field, tag, subject.tables)
            if not subject.ussd.fits(f"{value}\n{_hint(subject, tag)}"):
                sentence = f"a value of `{name}` can take {units(value)} units and does not fit one page"
                yield subject.error("room", sentence, "fields", name, language=tag)


def notice(subject: Subject) -> Iterator[Finding]:
    """A notice takes at most two screens."""
    for tag in subject.flow.languages:
        count = len(notice_of(subject.flow, tag, subject.phrases, subject.ussd))
        if count > SCREENS:
            sentence = f"the notice takes {count} screens, {SCREENS} are allowed: shorten its purpose"
            yield subject.error("room", sentence, "notice", "purpose", language=tag)


def pages(subject: Subject) -> Iterator[Finding]:
    """A screen of many pages is tiring."""
    ways = subject.ways
    for index in sorted(ways.reachable):
        step = subject.flow.steps[index]
        limit = MANY_CHECK_PAGES * len(step.confirm) if isinstance(step, Confirm) else MANY_PAGES
        for tag in subject.flow.languages:
            lines = screen_lines(subject, ways, index, tag)
            more = _hint(subject, tag)
            if isinstance(step, Confirm):
                more = f"1 {subject.phrases.say(tag, 'flow.send')} {more}"
            count = len(paginate(lines, subject.ussd, more=more, last=_hint(subject, tag))) if lines else 0
            if count > limit:
                sentence = f"this screen takes {count} pages at its longest: shorten it, or ask in two steps"
                yield subject.warning("pages", sentence, "steps", index, language=tag)


def messages(subject: Subject) -> Iterator[Finding]:
    """A message of many parts is dear."""
    for place in subject.texts:
        if place.path[0] != "messages":
            continue
        for tag, channel, words in place.text.every():
            if channel == "ussd":
                continue
            text = filled(words, LONGEST)
            if (count := segments(text)) > MANY_SEGMENTS:
                sentence = f"this message takes {count} SMS at its longest: shorten it"
                yield subject.warning("segments", sentence, *place.path, language=tag)


def screen_lines(subject: Subject, ways: Ways, index: int, tag: str) -> list[Line]:
    """The lines of a step's screen at its longest values, without the keys below; none where it shows nothing."""
    step = subject.flow.steps[index]
    if isinstance(step, Confirm):
        return [*check_lines(subject, step, tag), *(Line(subject.phrases.say(tag, key)) for key in _SEND_KEYS)]
    if not isinstance(step, Say | Ask | Menu | End):
        return []
    text = step.say if isinstance(step, Say) else step.text if isinstance(step, Ask) else None
    text = text or (step.menu if isinstance(step, Menu) else step.end if isinstance(step, End) else None)
    if text is None:
        return []
    place = Place(text, ("steps", index), index)
    lines = [Line(filled(text.say(tag), _values(subject, ways, place, tag)))]
    if isinstance(step, Menu):
        lines += [Line(f"{key} {option.label.say(tag)}", whole=True) for key, option in step.options.items()]
    if isinstance(step, Ask) and (field := subject.flow.fields.get(step.ask)) is not None:
        lines += _options(field, tag)
    return lines


_SEND_KEYS = ("flow.send", "flow.change")


def _options(field: AnyField, tag: str) -> list[Line]:
    if isinstance(field, ChoiceField | MultiField):
        shown = zip(numbers(len(field.choices)), field.choices.values(), strict=True)
        return [Line(f"{key} {label.say(tag)}", whole=True) for key, label in shown]
    if isinstance(field, YesNoField):
        return [Line(f"1 {shown_word('yes', tag)}", whole=True), Line(f"2 {shown_word('no', tag)}", whole=True)]
    return []


def check_lines(subject: Subject, step: Confirm, tag: str) -> list[Line]:
    """The answers of a check page at their longest."""
    fields = [subject.flow.fields[name] for name in step.confirm if name in subject.flow.fields]
    return [Line(f"{field.label.say(tag)}: {longest(field, tag, subject.tables)}") for field in fields]


def _values(subject: Subject, ways: Ways, place: Place, tag: str) -> dict[str, str]:
    """The longest value of every name that the text may put in."""
    flow = subject.flow
    step = flow.steps[place.step or 0]
    state = ways.states[place.step or 0]
    found = dict(LONGEST)
    for name, kind in kinds_at(flow, state).items():
        found[name] = _BY_KIND.get(kind.name, "")
    for name, field in flow.fields.items():
        found[name] = longest(field, tag, subject.tables)
    for name, expression in (*flow.computed.items(), *step.let.items()):
        found[name] = _looked_up(subject, expression) or found.get(name) or LONGEST["today"]
    return found


def _looked_up(subject: Subject, expression: Expression) -> str:
    """The widest cell of the columns that an expression looks into."""
    cells = [""]
    for name, column in expression.tables:
        table = subject.tables.get(name)
        if table is not None:
            cells += [table.get(key, column) or "" for key in table.rows]
    return max(cells, key=units)


def filled(words: str, found: Mapping[str, str]) -> str:
    """The words with these values put in."""
    for name in placeholders(words):
        words = words.replace(f"{{{name}}}", found.get(name, ""))
    return words


def _hint(subject: Subject, tag: str) -> str:
    return f"{subject.phrases.say(tag, 'keys.next')} {subject.phrases.say(tag, 'keys.back')}"
