"""Two people saved from the same page: what the second one wrote, beside what stands there now, with nothing lost.

Steps are followed by their names: where the first one added, moved or deleted steps, the second one's words go to the
step that they were written for, and to no other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from console.studio.kin import kin
from console.studio.posted import FLAG, LIST, MARKS, NEW_PAIR, NUMBERED, TEXT, Form, changed_in, standing
from flows.findings import FlowFault
from flows.loader import load
from flows.yamltext import read_yaml
from store.draft_values import Stale

_MOST: Final = 300
"""Steps of one flow."""
TARGETS: Final = (".goto", ".none")
_FREE: Final = ("label-", "new-", "if-")
"""Beginnings of fields that are no place of the file: the words of a new choice, a new name, a condition."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One field of the second form.

    Attributes:
        name: where it would be saved now; "" when its step is gone. theirs: what stands there now.
        mine: what was to be saved, as it is shown. values: the same as it is sent again. typed: whether it is words.
    """

    name: str
    theirs: str
    mine: str
    values: tuple[str, ...]
    typed: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Everything that the second one wrote.

    Attributes:
        pairs: fields that would change something. step: where the open step stands now; None when it was deleted.
        do: what the button was to do beside saving.
    """

    pairs: tuple[Pair, ...]
    step: int | None
    do: str

    @property
    def saveable(self) -> bool:
        """Whether there is something left that can be saved."""
        return any(pair.name for pair in self.pairs)


def clash(stale: Stale, form: Form, step: int | None = None) -> Clash:
    """What a posted form would have changed; `step` is the number of the step that was open, if one was."""
    steps = steps_now(stale)
    before = read_yaml(stale.before or stale.theirs).data
    now = steps.get(step) if step is not None else None
    free = _free(form, _names(before, step))
    # Without their step they can only be read.
    kept = free if step is None or now is not None else (replace(one, name="") for one in free)
    wanted = [one for one in form.getall("do") if one == "option"] if "do" in set(form.keys()) else []
    return Clash(
        (*_places(before, stale.theirs, form, steps), *kept), now, wanted[-1] if wanted and now is not None else ""
    )


def steps_now(stale: Stale) -> Mapping[int, int]:
    """Number of each step when the form was made -> its number now; a step that is gone has none."""
    try:
        then, now = kin(load(stale.before or stale.theirs, "before.yaml")), kin(load(stale.theirs, "now.yaml"))
    except FlowFault:
        return {at: at for at in range(_MOST)}
    places = {name: at for at, name in enumerate(now)}
    return {at: places[name] for at, name in enumerate(then) if name in places}


def _places(before: object, theirs: str, form: Form, steps: Mapping[int, int]) -> Iterator[Pair]:
    for name in dict.fromkeys(str(key) for key in form.keys()):  # noqa: SIM118 - a form is no mapping
        values = tuple(one for one in form.getall(name) if isinstance(one, str))
        if name[:2] not in MARKS or not changed_in(before, name, *values):
            continue
        where = _moved(name, steps)
        values = tuple(_target(one, steps) for one in values) if name.endswith(TARGETS) else values
        shown = ", ".join(one for one in values if one) if name[:2] in (LIST, FLAG, NEW_PAIR) else values[-1]
        yield Pair(where, standing(theirs, where) if where else "", shown, values, name[:2] == TEXT)


def _target(value: str, steps: Mapping[int, int]) -> str:
    """A step that was chosen by its number, by the number that it has now; none where it is gone."""
    number = value.removeprefix(NUMBERED)
    if number == value or not number.isdecimal():
        return value
    now = steps.get(int(number) - 1)
    return "" if now is None else f"{NUMBERED}{now + 1}"


def _moved(name: str, steps: Mapping[int, int]) -> str:
    parts = name.split(".")
    if parts[0][2:] != "steps" or len(parts) < 2 or not parts[1].isdecimal():  # noqa: PLR2004 - steps, number
        return name
    now = steps.get(int(parts[1]))
    return "" if now is None else ".".join([parts[0], str(now), *parts[2:]])


def _names(before: Any, step: int | None) -> Mapping[str, str]:
    """What a form of a step always says of it: how it, its answer and the kind of its answer were called."""
    steps = before.get("steps", []) if isinstance(before, dict) else []
    own = steps[step] if step is not None and step < len(steps) else {}
    field = before.get("fields", {}).get(own.get("ask"), {}) if isinstance(before, dict) else {}
    return {
        "new-id": str(own.get("id") or ""),
        "new-field": str(own.get("ask") or ""),
        "new-type": str(field.get("type") or ""),
    }


def _free(form: Form, always: Mapping[str, str]) -> Iterator[Pair]:
    """What is no place of the file; `always` are the names that a form says in any case."""
    names = list(dict.fromkeys(str(key) for key in form.keys()))  # noqa: SIM118 - a form is no mapping
    said = {name: value for name in names if isinstance(value := form.getall(name)[-1], str)}
    typed = any(value for name, value in said.items() if name.startswith("label-") and name != "label-goto")
    for name, value in said.items():
        # The target of a new choice is sent with every form: without the choice's words it means nothing.
        wanted = typed if name == "label-goto" else value and always.get(name) != value
        if name.startswith(_FREE) and wanted:
            yield Pair(name, "", value, (value,), typed=True)
