"""What a part wants to be told and what it gives back, for a service that is to run it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.editing.names import names_in
from flows.fields import AnyField, ChoiceField, YesNoField
from flows.model import Flow
from flows.steps import Ask, Run
from flows.yamltext import read_yaml


@dataclass(frozen=True, slots=True)
class Told:
    """A name of the part that the service gives; `options` are (expression, words) where only some can be meant."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A name of the part that a service can take; `field` is its declaration as the service would write it."""

    name: str
    label: str
    field: Mapping[str, Any]


def told(part: Flow, language: str, say: Mapping[str, str]) -> list[Told]:
    """The fields that nothing in the part asks for, in the order of the file."""
    asked = _asked(part)
    return [
        Told(name, field.label.say(language), tuple(_options(field, language, say)))
        for name, field in part.fields.items()
        if name not in asked
    ]


def _asked(part: Flow) -> set[str]:
    found = {step.ask for step in part.steps if isinstance(step, Ask)}
    return found | {name for step in part.steps if isinstance(step, Run) for name in step.outputs}


def _options(field: AnyField, language: str, say: Mapping[str, str]) -> list[tuple[str, str]]:
    match field:
        case ChoiceField():
            return [(f'"{key}"', words.say(language)) for key, words in field.choices.items()]
        case YesNoField():
            return [("True", say["yes"]), ("False", say["no"])]
        case _:
            return []


def given(part: Flow, languages: tuple[str, ...], language: str) -> list[Given]:
    """What it asks for and works out; what is worked out has the kind of the first answer that goes into it."""
    data = read_yaml(part.source).data
    fields = data.get("fields", {})
    asked = _asked(part)
    found = [Given(name, part.fields[name].label.say(language), _own(fields[name], languages)) for name in fields]
    found = [one for one in found if one.name in asked]
    for name, source in (data.get("computed") or {}).items():
        of = [one for one in part.fields if one in names_in(str(source))]
        if of:
            label = part.fields[of[0]].label.say(language)
            found.append(Given(name, label, _own(fields[of[0]], languages, worked_out=True)))
    return found


def _own(field: Mapping[str, Any], languages: tuple[str, ...], *, worked_out: bool = False) -> Mapping[str, Any]:
    """A declaration in the languages of the service, without what only the part knows."""
    left = {key: value for key, value in field.items() if key not in ("within", "help")}
    if worked_out:
        left.pop("optional", None)
    own = {key: _said(value, languages) if key == "label" else value for key, value in left.items()}
    if isinstance(own.get("choices"), dict):
        own["choices"] = {key: _said(words, languages) for key, words in own["choices"].items()}
    return own


def _said(text: Mapping[str, Any], languages: tuple[str, ...]) -> Mapping[str, Any]:
    said = {tag: text[tag] for tag in languages if tag in text}
    return said or dict(text)
