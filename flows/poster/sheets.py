"""What stands on a sheet, as values, and the page of all of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice, product
from typing import Any, Final

from flows.captions import captions
from flows.errors import Refusal
from flows.explorer import Settings, world_of
from flows.explorer.samples import likely_text
from flows.fields import AnyField, ChoiceField, DateField, IntField, MultiField, YesNoField
from flows.forms import fill
from flows.inputs import Choose, Confirm, Frame, read
from flows.model import OFFICE_NAMES
from flows.program import AskNode, program
from flows.revision import Revision
from flows.templates import template
from flows.turn import Need, Submit

MOST: Final = 8
"""Things to have ready that one sheet has room for."""
NUMBERS: Final = (24, 4, 1)
"""The whole numbers of an example, in their order."""
MOST_WAYS: Final = 16
"""Combinations of yes and no that are tried for the example."""
_HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        code, short: what is dialled and where messages go; "" where there is none.
        word: the keyword in this script. example: the whole message. parts: what each of its values is.
        ready: labels of what is asked and may have to be looked up, those that may be left out marked.
        office, hours, papers: of the district's office, "" where no table says it.
    """

    language: str
    title: str
    purpose: str
    code: str
    short: str
    word: str
    example: str
    parts: tuple[str, ...]
    ready: tuple[tuple[str, bool], ...]
    office: str
    hours: str
    papers: str
    keep_days: int
    resume_hours: int
    contact: str
    urgent: str


def sheets(revision: Revision, settings: Settings, short: str = "1999") -> tuple[Sheet, ...]:
    """A sheet for each language; `short` is the number that messages are sent to."""
    return tuple(_sheet(revision, settings, tag, short) for tag in settings.languages or revision.flow.languages)


def page(revision: Revision, settings: Settings, short: str = "1999") -> str:
    """The sheets as one HTML page to print on A5; no script, nothing loaded from outside."""
    made = sheets(revision, settings, short)
    values: dict[str, Any] = {
        "sheets": made,
        "captions": {one.language: captions(one.language) for one in made},
        "tongue": {one.language: captions(one.language).language for one in made},
        "style": files("flows.poster").joinpath("templates/poster.css").read_text("utf-8"),
    }
    return template("flows.poster", "poster.html").render(values)


def _sheet(revision: Revision, settings: Settings, tag: str, short: str) -> Sheet:
    flow = revision.flow
    entry, notice = flow.entry, flow.notice
    words = entry.sms if entry else ()
    place = _office(revision, settings, tag)
    values = _values(revision, settings, tag) if entry and entry.form and words else ()
    word = _keyword(words, tag)
    return Sheet(
        language=tag,
        title=flow.title.say(tag),
        purpose=notice.purpose.say(tag) if notice else "",
        code=next(iter(entry.ussd), "") if entry else "",
        short=short if words else "",
        word=word,
        example=" ".join([word, *(_quoted(value) for value in values)]) if values else "",
        parts=tuple(_part(flow.fields[name], tag) for name in entry.form) if entry and values else (),
        ready=tuple(_ready(revision, tag))[:MOST],
        office=place.get("office", ""),
        hours=place.get("hours", ""),
        papers=place.get("papers", ""),
        keep_days=notice.keep_days if notice else 0,
        resume_hours=0 if revision.sensitive or flow.anonymous is not None else flow.resume // _HOUR,
        contact=notice.contact if notice else "",
        urgent=entry.urgent.say(tag) if entry and entry.urgent else "",
    )


def _keyword(words: Sequence[str], tag: str) -> str:
    """The first keyword in the letters of a language; for Lao in Latin letters the last one in these."""
    latin = [word for word in words if word.isascii()]
    own = [word for word in words if not word.isascii()]
    if tag.endswith("-Latn"):
        return next(reversed(latin), "")
    return next(iter(own if tag == "lo" and own else latin or own), "")


def _values(revision: Revision, settings: Settings, tag: str) -> list[str]:
    """The values of the example: the first yes and no of the questions that only take these, with which it goes on."""
    flow = revision.flow
    form = flow.entry.form if flow.entry else ()
    asked = [name for name in form if isinstance(flow.fields[name], YesNoField)]
    ways = [_filled(revision, settings, tag, dict(zip(asked, keys, strict=True))) for keys in _keys(len(asked))]
    return next((one for one in ways if _goes_on(revision, settings, tag, one)), ways[0])


def _keys(count: int) -> Iterator[tuple[str, ...]]:
    return islice(product(("1", "2"), repeat=count), MOST_WAYS)


def _goes_on(revision: Revision, settings: Settings, tag: str, values: Sequence[str]) -> bool:
    """Whether a message with these values is sent, or goes on with the question that is missing."""
    made = fill(revision, tag, values, world_of(revision, settings, tag, "sms"))
    if isinstance(made, Need):
        # Only what is about to be sent is asked after.
        return True
    return not made.left or any(isinstance(effect, Submit) for effect in made.effects)


def _filled(revision: Revision, settings: Settings, tag: str, given: Mapping[str, str]) -> list[str]:
    """The values, each read by its field as a real message's are."""
    flow = revision.flow
    scope: dict[str, Any] = {}
    frame = Frame(tag, settings.today, settings.tables, scope, settings.district, settings.country)
    numbers = iter(NUMBERS)
    found = []
    for name in flow.entry.form if flow.entry else ():
        field = flow.fields[name]
        text = given.get(name) or _typed(field, frame)
        if isinstance(field, IntField):
            # So that of many owned some are sick and few dead, and not as many of each.
            text = str(min(max(next(numbers, 1), field.min), field.max))
        value = read(field, text, frame)
        if not isinstance(value, Refusal | Choose | Confirm):
            scope[name] = value
        found.append(text)
    return found


def _typed(field: AnyField, frame: Frame) -> str:
    """What a person would write: a word for a choice where one word says it, a date with its strokes."""
    text = likely_text(field, frame)
    match field:
        case ChoiceField():
            key = next(iter(field.choices))
            word = field.choices[key].say(frame.language).split()[0]
            return word if read(field, word, frame) == key else text
        case DateField():
            return f"{text[:2]}/{text[2:4]}/{text[4:]}"
        case _:
            return text


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _part(field: AnyField, tag: str) -> str:
    """What a value is, and for a choice what may stand there."""
    label = field.label.say(tag)
    if isinstance(field, ChoiceField):
        return f"{label} ({' / '.join(one.say(tag) for one in field.choices.values())})"
    if isinstance(field, MultiField):
        told = (f"{number} {one.say(tag)}" for number, one in enumerate(field.choices.values(), 1))
        return f"{label} ({', '.join(told)})"
    return label


def _ready(revision: Revision, tag: str) -> Iterator[tuple[str, bool]]:
    """What is asked on the way and cannot be answered from a list, each once."""
    seen: set[str] = set()
    for node in program(revision).nodes:
        if not isinstance(node, AskNode) or isinstance(node.field, ChoiceField | MultiField | YesNoField):
            continue
        label = node.field.label.say(tag)
        if label not in seen:
            seen.add(label)
            yield label, node.field.optional


def _office(revision: Revision, settings: Settings, tag: str) -> Mapping[str, str]:
    """The row of the table `offices` for this agency in the node's district, as a status message would have it."""
    table = settings.tables.get("offices")
    key = f"{settings.district}/{revision.flow.agency}/{tag}"
    return {name: found for name in OFFICE_NAMES if table is not None and (found := table.get(key, name))}
