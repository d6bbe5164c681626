"""What a step is tied to: who leads to it, and where the name that it asks for is used."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from flows.imports.yamlout import Formula
from flows.steps import verb_of
from flows.template import placeholders

_FORMULAS: Final = ("when", "anonymous")
_FORMULA_MAPS: Final = ("let", "in", "computed")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Data = dict[str, Any]


def name_of(step: Mapping[str, Any], at: int) -> str:
    """How a person calls a step: its id, else its number and verb."""
    verb = verb_of(step) or "step"
    named = step.get(verb) if verb in ("ask", "run", "submit") else None
    return str(step.get("id") or f"{at + 1}:{verb}" + (f":{named}" if isinstance(named, str) else ""))


def leads(data: Data, target: str) -> Iterator[tuple[int, str, Data, str]]:
    """Every place that goes to a step of this id: (number of its step, in words, its mapping, its key)."""
    for at, step in enumerate(data.get("steps", [])):
        for key in ("goto", "none"):
            if step.get(key) == target:
                yield at, f"`{key}` of step {name_of(step, at)}", step, key
        options = step.get("options")
        for number, option in options.items() if isinstance(options, dict) else ():
            if isinstance(option, dict) and option.get("goto") == target:
                yield at, f"key {number} of step {name_of(step, at)}", options, number


def names_in(source: str) -> frozenset[str]:
    """The names that an expression reads; of one that cannot be read, every word in it."""
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError):
        return frozenset(_NAME.findall(source))
    return frozenset(one.id for one in ast.walk(tree) if isinstance(one, ast.Name))


def renamed_in(source: str, old: str, new: str) -> str:
    """An expression with one name changed, its blanks and quotes as they were."""
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError):
        return source
    raw = source.encode()
    spots = [one.col_offset for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == old]
    for at in sorted(spots, reverse=True):
        raw = raw[:at] + new.encode() + raw[at + len(old.encode()) :]
    return raw.decode()


def uses(data: Data, name: str, *, but: int | None = None) -> list[str]:
    """Where a field's name is used outside its own declaration, in words; steps of number `but` do not count."""
    found: list[str] = []
    for place, value, kind in _places(data, but):
        if kind == "formula" and name in names_in(value):
            found.append(f"the condition or calculation {place}")
        elif kind == "text" and name in placeholders(value):
            found.append(f"{{{name}}} in the text {place}")
        elif kind == "name" and value == name:
            found.append(place)
    return list(dict.fromkeys(found))


def _places(data: Data, but: int | None) -> Iterator[tuple[str, str, str]]:
    """(in words, value, kind) of everything that may hold a name."""
    yield from _of_mapping("of the service", data)
    for name, value in data.get("computed", {}).items():
        yield f"`{name}`", str(value), "formula"
    for name, field in data.get("fields", {}).items():
        if isinstance(field, dict) and isinstance(field.get("within"), str):
            yield f"`within` of the field {name}", field["within"], "name"
    for name, text in _messages(data):
        yield from ((f"of the message {name}", words, "text") for words in _words(text))
    for name in _list(data.get("entry", {}), "form"):
        yield "the one-message form", name, "name"
    for at, step in enumerate(data.get("steps", [])):
        if at != but:
            yield from _of_step(f"of step {name_of(step, at)}", step)


def _of_step(where: str, step: Data) -> Iterator[tuple[str, str, str]]:
    yield from _of_mapping(where, step)
    for key in ("say", "text", "help", "error", "menu", "end"):
        yield from ((where, words, "text") for words in _words(step.get(key)))
    options = step.get("options")
    for option in options.values() if isinstance(options, dict) else ():
        yield from ((where, words, "text") for words in _words(option.get("label")))
    for key, place in (("confirm", "the check page"), ("once", "the same-request rule")):
        yield from ((f"{place} {where}", name, "name") for name in _list(step, key))
    outputs = step.get("out")
    for name in outputs if isinstance(outputs, dict) else ():
        yield f"`out` {where}", name, "name"
    if isinstance(step.get("ask"), str):
        yield f"the question {where}", step["ask"], "name"


def _of_mapping(where: str, holder: Data) -> Iterator[tuple[str, str, str]]:
    for key in _FORMULAS:
        if isinstance(holder.get(key), str):
            yield where, holder[key], "formula"
    for key in ("let", "in"):
        inner = holder.get(key)
        yield from ((where, str(one), "formula") for one in (inner.values() if isinstance(inner, dict) else ()))


def _messages(data: Data) -> Iterator[tuple[str, Any]]:
    for name, text in data.get("messages", {}).items():
        if name == "status" and isinstance(text, dict):
            yield from text.items()
        else:
            yield name, text


def _words(text: Any) -> Iterator[str]:
    for one in text.values() if isinstance(text, dict) else ():
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from (words for words in one.values() if isinstance(words, str))


def _list(holder: Any, key: str) -> list[str]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def rename_everywhere(data: Data, old: str, new: str, rename_key: Callable[[Data, str, str], None]) -> None:
    """Give a field or computed name another name wherever it stands."""
    for holder in ("fields", "computed"):
        if old in data.get(holder, {}):
            rename_key(data[holder], old, new)
    _rename(data, old, new, rename_key)


def _rename(value: Any, old: str, new: str, rename_key: Callable[[Data, str, str], None], inside: str = "") -> None:
    if isinstance(value, list):
        for at, one in enumerate(value):
            if one == old and inside in ("confirm", "once", "form"):
                value[at] = new
            _rename(one, old, new, rename_key, inside)
    elif isinstance(value, dict):
        if inside in ("out", "submitted") and old in value:
            rename_key(value, old, new)
        for key, one in value.items():
            _rename(one, old, new, rename_key, key)
            if isinstance(one, str):
                value[key] = _renamed(one, old, new, key, inside)


def _renamed(words: str, old: str, new: str, key: str, inside: str) -> str:
    """One value of a mapping with the name changed in it, by what its key says that it is."""
    if key in _FORMULAS or inside in _FORMULA_MAPS:
        changed = renamed_in(words, old, new)
        return Formula(changed) if changed != words else words
    if key in ("ask", "within") and words == old:
        return new
    return words.replace(f"{{{old}}}", f"{{{new}}}") if inside != "tests" else words
