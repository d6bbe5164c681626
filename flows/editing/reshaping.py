"""Edits of what a service is made of: the kind of an answer, an order, words for each channel, its languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from flows.editing.faults import EditFault, HeldFault
from flows.editing.names import Data
from flows.editing.places import Path, holder_of, standing_at
from flows.editing.splice import Draft
from flows.editing.stepping import first_keys, free_name
from flows.fields import AnyField

_KINDS: Final[Mapping[str, frozenset[str]]] = {
    get_args(one.model_fields["type"].annotation)[0]: frozenset(one.model_fields) for one in get_args(AnyField)
}
"""Type of a field -> the keys that it may have."""
_ALIKE: Final = (
    frozenset({"text", "name"}),
    frozenset({"int", "decimal"}),
    frozenset({"choice", "multi"}),
)
"""Types whose limits mean the same."""
_LONGEST_NAME: Final = 120
_NEEDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ref": {"table": "places", "level": "village"},
    "code": {"pattern": "[A-Z0-9]+"},
}


@dataclass(frozen=True, slots=True)
class SetType:
    """Another kind of answer for a field: its words stay, limits that mean nothing to the new kind go."""

    field: str
    kind: str

    def apply(self, draft: Draft) -> None:
        """Change it."""
        field = standing_at(draft.data, ("fields", self.field))
        if self.kind not in _KINDS:
            raise EditFault(f"there is no kind of answer `{self.kind}`")
        alike = any({field["type"], self.kind} <= some for some in _ALIKE)
        if "choices" in _KINDS[self.kind] and "choices" not in field:
            raise EditFault("this kind of answer needs choices: add a new question with them, and delete this one")
        going = {key for key in field if key not in _KINDS[self.kind]} | (set() if alike else {"min", "max"})
        if alike and self.kind == "choice":
            going |= {"min", "max"}
        if self.kind == "name" and int(field.get("max", 0)) > _LONGEST_NAME:
            going |= {"max"}
        for key in going & field.keys():
            del field[key]
        field["type"] = self.kind
        for key, value in _NEEDS.get(self.kind, {}).items():
            field.setdefault(key, value)


@dataclass(frozen=True, slots=True)
class MoveUp:
    """A choice, an option of a menu or a name of a list one place up; the numbers of a menu stay where they are."""

    path: Path

    def apply(self, draft: Draft) -> None:
        """Move it."""
        within, last = standing_at(draft.data, self.path[:-1]), str(self.path[-1])
        names = list(within)
        if last not in names or names.index(last) == 0:
            raise EditFault("it is the first already, or it is no longer there")
        before = names[names.index(last) - 1]
        if isinstance(within, list):
            at = within.index(last)
            within[at - 1 : at + 1] = [last, before]
        elif self.path[-2] == "options":
            within[before], within[last] = within[last], within[before]
        else:
            names[names.index(before) : names.index(last) + 1] = [last, before]
            items = {name: within[name] for name in names}
            within.clear()
            within.update(items)


@dataclass(frozen=True, slots=True)
class LeadTo:
    """A way to the step of this number, which gets a name if it has none; `path` is that of a target."""

    path: Path
    at: int

    def apply(self, draft: Draft) -> None:
        """Lead there."""
        steps = draft.data.get("steps", [])
        if not 0 <= self.at < len(steps):
            raise EditFault("this step is no longer in the service: somebody took it away")
        step = steps[self.at]
        if "id" not in step:
            step["id"] = free_name(f"step-{self.at + 1}", "-", {one.get("id") for one in steps})
            first_keys(step)
        holder, key = holder_of(draft.data, self.path)
        holder[key] = step["id"]


@dataclass(frozen=True, slots=True)
class TellApart:
    """Other words by SMS than by USSD for one text (`apart`), or the same again: those of USSD."""

    path: Path
    apart: bool

    def apply(self, draft: Draft) -> None:
        """Split or join them."""
        text = standing_at(draft.data, self.path)
        if not isinstance(text, dict):
            raise EditFault("this place holds no text: choose a text")
        for tag, words in text.items():
            if self.apart and isinstance(words, str):
                text[tag] = {"ussd": words, "sms": words}
            elif not self.apart and isinstance(words, dict):
                text[tag] = words["ussd"]


@dataclass(frozen=True, slots=True)
class RemoveLanguage:
    """A language away, with its words; a walk in it is taken away first, by who recorded it."""

    tag: str

    def apply(self, draft: Draft) -> None:
        """Take it away."""
        languages = draft.data.get("languages", [])
        if self.tag not in languages:
            raise EditFault(f"the service does not speak `{self.tag}`")
        if len(languages) == 1:
            raise EditFault("it is the only language: add another one first")
        walks = [f"the walk {one.get('name')}" for one in draft.data.get("tests", []) if one["language"] == self.tag]
        if walks:
            raise HeldFault(f"the language `{self.tag}`", walks)
        languages.remove(self.tag)
        for text in _texts(draft.data):
            if self.tag in text and len(text) == 1:
                raise EditFault(f"some words are in `{self.tag}` only: translate them first")
            text.pop(self.tag, None)


@dataclass(frozen=True, slots=True)
class FirstLanguage:
    """The language in which the service speaks when it does not speak the citizen's."""

    tag: str

    def apply(self, draft: Draft) -> None:
        """Put it first."""
        languages = draft.data.get("languages", [])
        if self.tag not in languages:
            raise EditFault(f"the service does not speak `{self.tag}`")
        languages.remove(self.tag)
        languages.insert(0, self.tag)


def _texts(data: Data) -> Iterator[Data]:
    """Every text of the service, as the mapping of its languages."""
    for holder, key in _holders(data):
        text = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(text, dict):
            yield text


def _holders(data: Data) -> Iterator[tuple[Any, str]]:
    yield data, "title"
    yield data.get("notice"), "purpose"
    yield data.get("entry"), "urgent"
    messages = data.get("messages", {})
    yield from ((messages, name) for name in messages if name != "status")
    yield from ((messages["status"], name) for name in messages.get("status", {}))
    for field in data.get("fields", {}).values():
        yield from ((field, key) for key in ("label", "help"))
        yield from ((field["choices"], key) for key in field.get("choices", {}))
    for step in data.get("steps", []):
        yield from ((step, key) for key in ("say", "text", "help", "error", "menu", "end"))
        yield from ((option, "label") for option in step.get("options", {}).values())
