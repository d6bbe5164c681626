"""Edits of the row of steps: adding, moving, copying, taking away with what hangs on a step, and renaming."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from flows.editing.faults import EditFault, HeldFault
from flows.editing.names import Data, leads, name_of, uses
from flows.editing.splice import Draft
from flows.steps import verb_of

_FIRST: Final = ("id", "when", "let")
"""Keys that an author writes before a step's verb."""


def first_keys(step: Data) -> None:
    """Put the keys that stand before the verb before it."""
    ordered = {key: step[key] for key in _FIRST if key in step} | {k: v for k, v in step.items() if k not in _FIRST}
    step.clear()
    step.update(ordered)


@dataclass(frozen=True, slots=True)
class AddStep:
    """A new step before the one of this number (their count: at the end), with the fields and messages it needs."""

    at: int
    step: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, draft: Draft) -> None:
        """Add it."""
        steps = _steps(draft.data)
        if verb_of(self.step) is None:
            raise EditFault("a step says, asks, offers a menu, runs a part, checks, sends or ends: choose one")
        own = self.step.get("id")
        if own is not None and any(step.get("id") == own for step in steps):
            raise EditFault(f"there is a step `{own}` already: choose another id")
        for name, value in self.fields.items():
            if name in draft.data.get("fields", {}) or name in draft.data.get("computed", {}):
                raise EditFault(f"there is a field `{name}` already: choose another name")
            draft.data.setdefault("fields", {})[name] = deepcopy(value)
        steps.insert(max(0, min(self.at, len(steps))), deepcopy(dict(self.step)))


def _steps(data: Data) -> list[Data]:
    steps = data.get("steps")
    if not isinstance(steps, list):
        raise EditFault("the service has no list of steps: begin with a template")
    return steps


def _step(data: Data, at: int) -> Data:
    steps = _steps(data)
    if not 0 <= at < len(steps):
        raise EditFault("this step is no longer in the service: somebody took it away")
    return steps[at]


@dataclass(frozen=True, slots=True)
class MoveStep:
    """A step to another place: `to` is its number afterwards."""

    at: int
    to: int

    def apply(self, draft: Draft) -> None:
        """Move it."""
        step = _step(draft.data, self.at)
        steps = _steps(draft.data)
        steps.pop(self.at)
        steps.insert(max(0, min(self.to, len(steps))), step)


@dataclass(frozen=True, slots=True)
class CopyStep:
    """The same step once more, right below; a question gets a field of its own, so that no answer is overwritten."""

    at: int

    def apply(self, draft: Draft) -> None:
        """Copy it."""
        data = draft.data
        copied = deepcopy(_step(data, self.at))
        if "id" in copied:
            taken = {step.get("id") for step in _steps(data)}
            copied["id"] = free_name(str(copied["id"]), "-", taken)
        name = copied.get("ask")
        if isinstance(name, str) and isinstance(data.get("fields", {}).get(name), dict):
            fresh = free_name(name, "_", {*data["fields"], *data.get("computed", {})})
            data["fields"][fresh] = deepcopy(data["fields"][name])
            copied["ask"] = fresh
        _steps(data).insert(self.at + 1, copied)


def free_name(name: str, joint: str, taken: Collection[Any]) -> str:
    """The name, or with a number behind it where it is taken."""
    stem = name[:36]
    return (
        stem
        if stem not in taken
        else next(f"{stem}{joint}{n}" for n in range(2, 1000) if f"{stem}{joint}{n}" not in taken)
    )


@dataclass(frozen=True, slots=True)
class DeleteStep:
    """A step away, with what hangs on it.

    Attributes:
        then: `refuse` when anything hangs on it; `next`: what led to it leads to the step below; `drop`: what led to it
            goes too (a menu's option, a goto).
    """

    at: int
    then: Literal["refuse", "next", "drop"] = "refuse"

    def apply(self, draft: Draft) -> None:
        """Take it away."""
        data, step = draft.data, _step(draft.data, self.at)
        if self.then == "refuse" and (held := needed_by(data, self.at)):
            raise HeldFault(f"step {name_of(step, self.at)}", held)
        if isinstance(own := step.get("id"), str):
            self._unlead(data, own)
        _steps(data).pop(self.at)
        if isinstance(name := step.get("ask"), str):
            _unask(data, name)

    def _unlead(self, data: Data, own: str) -> None:
        target = self._next(data) if self.then == "next" else None
        for _, _, holder, key in list(leads(data, own)):
            if key in ("goto", "none") and target is None:
                holder.pop(key)
            elif key in ("goto", "none"):
                holder[key] = target
            elif target is None:
                if len(holder) == 1:
                    raise EditFault("it is the only option of a menu: take the menu away first")
                holder.pop(key)
            else:
                holder[key]["goto"] = target

    def _next(self, data: Data) -> str:
        steps = _steps(data)
        if self.at + 1 >= len(steps):
            raise EditFault("no step comes after this one: say where to go on instead, or take the ways to it away too")
        below = steps[self.at + 1]
        if "id" not in below:
            taken = {step.get("id") for step in steps}
            stem = str(steps[self.at].get("id"))
            below["id"] = free_name(stem, "-", taken)
            first_keys(below)
        return str(below["id"])


def needed_by(data: Data, at: int) -> list[str]:
    """What hangs on a step, in words: ways that lead to it, and uses of the name that only it asks for."""
    step = _step(data, at)
    own, name = step.get("id"), step.get("ask")
    found = [words for _, words, _, _ in leads(data, own)] if isinstance(own, str) else []
    asked_again = isinstance(name, str) and any(
        one.get("ask") == name for number, one in enumerate(_steps(data)) if number != at
    )
    return found + (uses(data, name, but=at) if isinstance(name, str) and not asked_again else [])


def _unask(data: Data, name: str) -> None:
    """Take a name that nothing asks any more out of the lists; its declaration goes when no formula reads it."""
    if any(step.get("ask") == name or name in (step.get("out") or ()) for step in _steps(data)):
        return
    for step in _steps(data):
        for key in ("confirm", "once"):
            if isinstance(step.get(key), list) and name in step[key]:
                _without(step, key, name)
    if isinstance(data.get("entry"), dict) and name in (data["entry"].get("form") or ()):
        _without(data["entry"], "form", name)
    if not uses(data, name):
        data.get("fields", {}).pop(name, None)
        if not data.get("fields", {"": 0}):
            del data["fields"]


def _without(holder: Data, key: str, name: str) -> None:
    left = [one for one in holder[key] if one != name]
    if left:
        holder[key][:] = left
    elif key == "confirm":
        raise EditFault("the check page would be empty: take the check page away first")
    else:
        del holder[key]


@dataclass(frozen=True, slots=True)
class RenameStep:
    """Another id for a step, with everything that leads to it; also the first id of one that has none."""

    at: int
    new: str

    def apply(self, draft: Draft) -> None:
        """Rename it."""
        step, steps = _step(draft.data, self.at), _steps(draft.data)
        if any(other is not step and other.get("id") == self.new for other in steps):
            raise EditFault(f"there is a step `{self.new}` already: choose another id")
        if isinstance(old := step.get("id"), str):
            for _, _, holder, key in list(leads(draft.data, old)):
                if key in ("goto", "none"):
                    holder[key] = self.new
                else:
                    holder[key]["goto"] = self.new
        step["id"] = self.new
        first_keys(step)
