"""The edits that an admin can make, each as a value; `apply` of each changes the file's values, never its text."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, Literal

from flows.editing.faults import EditFault
from flows.editing.names import Data, rename_everywhere
from flows.editing.places import Path, holder_of, prune
from flows.editing.reshaping import FirstLanguage, LeadTo, MoveUp, RemoveLanguage, SetType, TellApart
from flows.editing.splice import Draft
from flows.editing.stepping import AddStep, CopyStep, DeleteStep, MoveStep, RenameStep, first_keys
from flows.editing.wording import words_of
from flows.imports.yamlout import Formula

_FORMULA_KEYS: Final = frozenset({"when", "anonymous"})
_FORMULA_HOLDERS: Final = frozenset({"let", "in", "computed"})


@dataclass(frozen=True, slots=True)
class SetText:
    """Words in one language; empty ones take the language's text away. `channel`: where the two doors differ."""

    path: Path
    language: str
    words: str
    channel: Literal["", "ussd", "sms"] = ""

    def apply(self, draft: Draft) -> None:
        """Set them."""
        words = words_of(self.words)
        holder, key = holder_of(draft.data, self.path)
        text = holder.get(key) if isinstance(holder, dict) else holder[int(key)]
        if text is None:
            if not words:
                return
            holder[key] = {self.language: words}
            return
        if not isinstance(text, dict):
            raise EditFault("this place holds no text: choose a text")
        fresh = self.language not in text
        _say(text, self.language, words, self.channel)
        if not text:
            del holder[key]
            prune(draft.data, self.path)
        elif fresh:
            _in_order(text, draft.data.get("languages", []))


def _say(text: Data, language: str, words: str, channel: str) -> None:
    before = text.get(language)
    if not words and channel and isinstance(before, dict):
        # One door without words of its own speaks those of the other one.
        text[language] = before["sms" if channel == "ussd" else "ussd"]
    elif not words:
        text.pop(language, None)
    elif channel and isinstance(before, dict):
        before[channel] = words
    elif not isinstance(before, str) or before != words:
        text[language] = words


def _in_order(text: Data, languages: list[Any]) -> None:
    wanted = sorted(text, key=lambda tag: languages.index(tag) if tag in languages else len(languages))
    if list(text) != wanted and text.keys() <= set(languages):
        items = {tag: text[tag] for tag in wanted}
        text.clear()
        text.update(items)


@dataclass(frozen=True, slots=True)
class SetValue:
    """Another value at a place of the file: a limit, a condition, a target. None takes the key away."""

    path: Path
    value: Any

    def apply(self, draft: Draft) -> None:
        """Set it."""
        holder, key = holder_of(draft.data, self.path)
        if isinstance(holder, list):
            raise EditFault("an item of a list is changed by its own edit")
        if self.value is None:
            holder.pop(key, None)
            prune(draft.data, self.path)
            return
        inside = str(self.path[-2]) if len(self.path) > 1 else ""
        formula = key in _FORMULA_KEYS or inside in _FORMULA_HOLDERS
        value = Formula(self.value) if formula and isinstance(self.value, str) else deepcopy(self.value)
        fresh = key not in holder
        holder[key] = value
        if fresh and self.path[0] == "steps" and len(self.path) == _STEP_KEY:
            first_keys(holder)


_STEP_KEY: Final = 3


@dataclass(frozen=True, slots=True)
class RenameField:
    """Another name for a field or a calculation, in every text, condition, list and test."""

    old: str
    new: str

    def apply(self, draft: Draft) -> None:
        """Rename it."""
        taken = {*draft.data.get("fields", {}), *draft.data.get("computed", {})}
        if self.old not in taken:
            raise EditFault(f"there is no field `{self.old}`")
        if self.new in taken:
            raise EditFault(f"there is a field `{self.new}` already: choose another name")
        rename_everywhere(draft.data, self.old, self.new, draft.rename_key)


@dataclass(frozen=True, slots=True)
class AddOption:
    """One more line of a menu, or one more choice of a field (`path` is that of the options or choices)."""

    path: Path
    key: str
    label: Mapping[str, str]
    goto: str = ""

    def apply(self, draft: Draft) -> None:
        """Add it."""
        holder, last = holder_of(draft.data, self.path)
        options = holder.setdefault(last, {}) if isinstance(holder, dict) else {}
        if self.key in options:
            raise EditFault(f"the key {self.key} is taken: choose another")
        label = {tag: clean for tag, words in self.label.items() if (clean := words_of(words))}
        if not label:
            raise EditFault("an option needs words: write its label")
        options[self.key] = {"label": label, "goto": self.goto} if last == "options" else label


@dataclass(frozen=True, slots=True)
class RemoveKey:
    """An entry of a mapping away: an option, a choice, a calculation; never the last one."""

    path: Path

    def apply(self, draft: Draft) -> None:
        """Take it away."""
        holder, key = holder_of(draft.data, self.path)
        if not isinstance(holder, dict) or key not in holder:
            raise EditFault("this place is no longer in the service: somebody took it away")
        if len(holder) == 1 and len(self.path) > 1:
            raise EditFault("it is the only one there: take away what holds it")
        del holder[key]


@dataclass(frozen=True, slots=True)
class AddLanguage:
    """One more language; its texts are then missing, and the check names each."""

    tag: str

    def apply(self, draft: Draft) -> None:
        """Add it."""
        languages = draft.data.setdefault("languages", [])
        if self.tag in languages:
            raise EditFault(f"the service speaks `{self.tag}` already")
        languages.append(self.tag)


@dataclass(frozen=True, slots=True)
class AddTest:
    """One more walk that must come to what it expects; one of the same name is replaced."""

    test: Mapping[str, Any]

    def apply(self, draft: Draft) -> None:
        """Add it."""
        tests = draft.data.setdefault("tests", [])
        for at, one in enumerate(tests):
            if one.get("name") == self.test.get("name"):
                tests[at] = deepcopy(dict(self.test))
                return
        tests.append(deepcopy(dict(self.test)))


@dataclass(frozen=True, slots=True)
class RemoveTest:
    """A walk away."""

    at: int

    def apply(self, draft: Draft) -> None:
        """Take it away."""
        tests = draft.data.get("tests", [])
        if not 0 <= self.at < len(tests):
            raise EditFault("this walk is no longer in the service: somebody took it away")
        tests.pop(self.at)
        if not tests:
            del draft.data["tests"]


@dataclass(frozen=True, slots=True)
class Together:
    """Several changes as one: all of them are made, or none."""

    changes: tuple["Change", ...]

    def apply(self, draft: Draft) -> None:
        """Make them in this order."""
        for change in self.changes:
            change.apply(draft)


Change = (
    SetText
    | SetValue
    | AddStep
    | MoveStep
    | CopyStep
    | DeleteStep
    | RenameStep
    | RenameField
    | AddOption
    | RemoveKey
    | AddLanguage
    | AddTest
    | RemoveTest
    | SetType
    | MoveUp
    | LeadTo
    | TellApart
    | RemoveLanguage
    | FirstLanguage
    | Together
)
