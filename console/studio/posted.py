"""From a posted form to changes: only what differs from the draft becomes one; a place that was not sent stays."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from multidict import MultiDict

from flows.editing import Change, EditFault, LeadTo, SetText, SetValue
from flows.yamltext import read_yaml

TEXT: Final = "t:"
VALUE: Final = "v:"
LIST: Final = "l:"
FLAG: Final = "f:"
CODES: Final = "c:"
PAIR: Final = "p:"
NEW_PAIR: Final = "n:"
MARKS: Final = (TEXT, VALUE, LIST, FLAG, CODES, PAIR, NEW_PAIR)
NUMBERED: Final = "#"
"""Before the number of a step that has no name yet."""
LONGEST: Final = 1000
"""Characters of a value: three times the longest expression."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")
_STEP: Final = re.compile(f"{NUMBERED}([0-9]{{1,3}})")
_TARGETS: Final = frozenset({"goto", "none"})
_NUMERIC: Final = frozenset({"min", "max", "tries", "menu"})
_DEFAULTS: Final[Mapping[str, Any]] = {
    "optional": False,
    "sensitivity": "personal",
    "level": "",
    "goto": "",
    "none": "",
    "table": "places",
    "audience": "g2c",
    "check": "",
}


class Form(Protocol):
    """What was posted: a name may stand several times."""

    def keys(self) -> Any:
        """The names."""

    def getall(self, key: str) -> list[Any]:
        """All values of a name."""


Path = tuple[str | int, ...]


def path_of(dotted: str) -> Path:
    """`steps.3.text` as a path; the number of a step is a number, a menu's key is a text."""
    parts = dotted.split(".")
    return tuple(int(part) if at == 1 and parts[0] in ("steps", "tests") else part for at, part in enumerate(parts))


def changes_in(text: str, form: Form) -> list[Change]:
    """What the form changes in the draft.

    Names are `t:PLACE:LANGUAGE` for words, `v:PLACE` for values, `l:PLACE` for lists (an empty one marks that it was
    asked), `f:PLACE` for what is on or off, `c:PLACE` for a list that is typed with blanks or commas between,
    `p:PLACE.NAME` for one of several named values, `n:PLACE` for the name and the value of one more.

    Raises:
        EditFault: a name that is none of these.
    """
    data = read_yaml(text).data
    found: list[Change] = []
    for name in dict.fromkeys(str(key) for key in form.keys()):  # noqa: SIM118 - a multidict gives each name again
        values = [one for one in form.getall(name) if isinstance(one, str)]
        change = _change(data, name, values)
        if change is not None:
            found.append(change)
    return found


def changed_in(data: Any, name: str, *values: str) -> bool:
    """Whether a field of a form would change this file's values."""
    try:
        return _change(data, name, values) is not None
    except EditFault:
        return True


def only_texts(form: Form) -> Form:
    """Only the words of a form: what a translator may change."""
    pairs = [(str(key), value) for key in dict.fromkeys(form.keys()) for value in form.getall(key)]
    return MultiDict((key, value) for key, value in pairs if key.startswith(TEXT))


def _change(data: Any, name: str, values: Sequence[str]) -> Change | None:
    mark, dotted = name[:2], name[2:]
    if mark == TEXT:
        place, _, tag = dotted.rpartition(":")
        return _words(data, place, tag, values[-1] if values else "")
    if mark == VALUE:
        return _value(data, path_of(dotted), values[-1].strip() if values else "")
    if mark == LIST:
        wanted = [one for one in values if one]
        before = _at(data, path_of(dotted)) or []
        kept = [one for one in before if one in wanted]
        wanted = [*kept, *(one for one in wanted if one not in kept)]
        return SetValue(path_of(dotted), wanted or None) if wanted != before else None
    if mark == FLAG:
        wanted_flag = "1" in values
        before = bool(_at(data, path_of(dotted)))
        return SetValue(path_of(dotted), wanted_flag or None) if wanted_flag != before else None
    if mark == CODES:
        typed = [one for one in (values[-1] if values else "").replace(",", " ").split() if one]
        return SetValue(path_of(dotted), typed or None) if typed != (_at(data, path_of(dotted)) or []) else None
    if mark == PAIR:
        return _pair(data, path_of(dotted), values[-1].strip() if values else "")
    return _new_pair(data, path_of(dotted), values) if mark == NEW_PAIR else None


def _pair(data: Any, path: Path, typed: str) -> Change | None:
    """A named value is words, whatever it is called; an empty one goes."""
    if len(typed) > LONGEST:
        raise EditFault(f"this value has {len(typed):,} characters: shorten it")
    before = _at(data, path)
    return SetValue(path, typed or None) if typed != ("" if before is None else str(before)) else None


def _new_pair(data: Any, path: Path, values: Sequence[str]) -> Change | None:
    name, value = ([one.strip() for one in values] + ["", ""])[:2]
    if not name and not value:
        return None
    if not name or not value:
        raise EditFault("one more needs a name and a value: write both, or leave both empty")
    if not _NAME.fullmatch(name):
        raise EditFault(f"the name `{name}` needs small letters, digits and _ only: for example late_fee")
    if _at(data, (*path, name)) is not None:
        raise EditFault(f"there is a `{name}` already: change it there")
    return _pair(data, (*path, name), value)


def _words(data: Any, place: str, tag: str, typed: str) -> Change | None:
    path = path_of(place)
    channel = path[-1] if path[-1] in ("ussd", "sms") else ""
    path = path[:-1] if channel else path
    text = _at(data, path)
    before = text.get(tag, "") if isinstance(text, dict) else ""
    if isinstance(before, dict):
        before = before.get(str(channel), "")
    typed = typed.replace("\r\n", "\n").strip()
    if typed == str(before).strip():
        return None
    return SetText(path, tag, typed, "ussd" if channel == "ussd" else "sms" if channel == "sms" else "")


def _value(data: Any, path: Path, typed: str) -> Change | None:
    before = _at(data, path)
    last = str(path[-1])
    default = _DEFAULTS.get(last)
    shown = "" if before is None else str(before)
    if typed == shown or (before is None and (typed == default or not typed)):
        return None
    if not typed:
        return SetValue(path, None)
    if last in _TARGETS and (number := _STEP.fullmatch(typed)):
        return LeadTo(path, int(number[1]) - 1)
    if last in _NUMERIC and _NUMBER.fullmatch(typed):
        return SetValue(path, int(typed))
    if len(typed) > LONGEST:
        raise EditFault(f"this value has {len(typed):,} characters: shorten it")
    return SetValue(path, typed)


def standing(text: str, name: str) -> str:
    """What stands in a draft at the place of a form's field, as the form would show it."""
    data = read_yaml(text).data
    if name[:2] == TEXT:
        place, _, tag = name[2:].rpartition(":")
        path = path_of(place)
        channel = path[-1] if path[-1] in ("ussd", "sms") else ""
        words = _at(data, (*(path[:-1] if channel else path), tag))
        words = words.get(channel, "") if isinstance(words, dict) else words
        return "" if words is None else str(words).strip()
    if name[:2] == NEW_PAIR:
        return ""
    if name[:2] in (LIST, CODES):
        return ", ".join(map(str, _at(data, path_of(name[2:])) or []))
    return shown(data, name[2:])


def at_place(text: str, dotted: str) -> Any:
    """What the file says at a place; None where it says nothing."""
    return _at(read_yaml(text).data, path_of(dotted))


def shown(data: Any, dotted: str) -> str:
    """A value of the file as a form shows it; "" where there is none."""
    value = _at(data, path_of(dotted))
    return "" if value is None else str(value)


def _at(data: Any, path: Path) -> Any:
    for part in path:
        known = isinstance(data, dict) and part in data
        listed = isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)
        if not known and not listed:
            return None
        data = data[part]
    return data
