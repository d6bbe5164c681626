"""Puts answers right: which fields to ask for, each read exactly as the citizen's own answer is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flows.errors import Refusal
from flows.fields import AnyField, ChoiceField, DateField, MultiField, RefField, YesNoField
from flows.inputs import Choose, Confirm, Frame, decode, encode, read

if TYPE_CHECKING:
    from console.reading import Reader
    from console.visit import Visit

MARK: Final = "f:"
"""Before the names of a service's fields, so that none is taken for one of the form's own (a note, an agency)."""

_YES_NO: Final = (("true", "yes"), ("false", "no"))


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form.

    Attributes:
        was: what the citizen answered, in words. typed: what stands in the input.
        options: (value, label) to choose from; empty: it is typed. many: several may be chosen.
        problem: why what was typed does not fit. candidates: what it may have meant.
    """

    name: str
    label: str
    was: str
    typed: str
    options: tuple[tuple[str, str], ...] = ()
    many: bool = False
    optional: bool = False
    help: str = ""
    problem: str = ""
    candidates: tuple[tuple[str, str], ...] = ()


def questions(visit: "Visit", reader: "Reader", data: Mapping[str, Any], named: tuple[str, ...]) -> list[Question]:
    """The fields that the agency named; all of them when it named none."""
    fields = reader.fields(data["revision"])
    names = [name for name in named if name in fields] or [name for name in fields if name in data["answers"]]
    return [_question(visit, reader, fields[name], name, data["answers"].get(name)) for name in names]


def _question(visit: "Visit", reader: "Reader", field: AnyField, name: str, value: Any) -> Question:
    label, was = reader.value(field, name, value)
    options, many, typed = _options(visit, field), isinstance(field, MultiField), ""
    if isinstance(field, MultiField):
        typed = ",".join(value or ())
    elif options:
        typed = str(value).lower() if isinstance(value, bool) else str(value or "")
    elif value is not None:
        typed = was if isinstance(field, DateField) else str(value)
    kind = "ref" if isinstance(field, RefField) else field.type
    return Question(
        name,
        label,
        was if value is not None else "",
        typed,
        options,
        many,
        field.optional,
        visit.say.get(f"help_{kind}", ""),
    )


def _options(visit: "Visit", field: AnyField) -> tuple[tuple[str, str], ...]:
    match field:
        case ChoiceField() | MultiField():
            return tuple((key, text.say(visit.language)) for key, text in field.choices.items())
        case YesNoField():
            return tuple((value, visit.say[word]) for value, word in _YES_NO)
        case _:
            return ()


def answered(
    visit: "Visit", reader: "Reader", data: Mapping[str, Any], asked: list[Question]
) -> tuple[dict[str, Any], list[Question]]:
    """What was typed as JSON values, only where it differs; and the questions again, with what does not fit."""
    fields, answers = reader.fields(data["revision"]), data["answers"]
    scope = {name: decode(fields[name], one) for name, one in answers.items() if name in fields and one is not None}
    memory = visit.desk.memory
    today = memory.clock.today(memory.clock.now())
    frame = Frame(visit.language, today, visit.desk.tables, scope, visit.desk.district, visit.desk.country)
    values: dict[str, Any] = {}
    again = []
    for one in asked:
        field = fields[one.name]
        posted = f"{MARK}{one.name}"
        typed = ",".join(visit.form.getall(posted, [])) if one.many else visit.text(posted, 500)
        value, problem, candidates = _one(visit, field, one, typed, frame)
        again.append(
            Question(
                one.name, one.label, one.was, typed, one.options, one.many, one.optional, one.help, problem, candidates
            )
        )
        if not problem and value != answers.get(one.name):
            values[one.name] = value
    return values, again


def _one(
    visit: "Visit", field: AnyField, asked: Question, typed: str, frame: Frame
) -> tuple[Any, str, tuple[tuple[str, str], ...]]:
    """One answer: its JSON value, or why not, or what it may have meant."""
    if not typed:
        return (None, "", ()) if asked.optional else (None, visit.say["fix_empty"], ())
    if asked.options:
        return _chosen(visit, field, asked, typed.split(","))
    value = read(field, typed, frame)
    match value:
        case Refusal():
            return None, _sentence(visit, value), ()
        case Choose():
            return None, visit.say["fix_several"], tuple((str(key), str(label)) for key, label in value.candidates)
        case Confirm():
            value = value.value
    return encode(field, value), "", ()


def _chosen(
    visit: "Visit", field: AnyField, asked: Question, chosen: list[str]
) -> tuple[Any, str, tuple[tuple[str, str], ...]]:
    """What was chosen from a list, in the author's order."""
    keys = [key for key, _ in asked.options if key in chosen]
    if len(keys) != len(chosen):
        return None, visit.say["fix_empty"], ()
    match field:
        case YesNoField():
            return keys[0] == "true", "", ()
        case MultiField() if not field.min <= len(keys) <= field.max:
            few = len(keys) < field.min
            refusal = Refusal("too_few", {"min": field.min}) if few else Refusal("too_many", {"max": field.max})
            return None, _sentence(visit, refusal), ()
        case MultiField():
            return keys, "", ()
        case _:
            return keys[0], "", ()


def _sentence(visit: "Visit", refusal: Refusal) -> str:
    """Why it does not fit, in the words that a citizen would have read."""
    phrases = visit.desk.memory.office.phrases
    key = f"refusal.{refusal.reason}"
    if not phrases.has(visit.language, key):
        return visit.say["fix_wrong"]
    return str(phrases.say(visit.language, key, **refusal.values))
