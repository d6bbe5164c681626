"""Turns what pydantic says about a flow file into a sentence that the author can act on."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Final

from flows import fields, model, steps
from flows.yamltext import Path

_ID = "is a-z, 0-9 and -, and begins with a letter (birth-help)"
_NAME = "is a-z, 0-9 and _, and begins with a letter (birth_date)"
_SHAPES: Final = {
    r"^[a-z][a-z0-9_]{0,39}$": f"a name {_NAME}",
    r"^[a-z][a-z0-9-]{0,39}$": f"an id {_ID}",
    r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$": "a language is a tag such as lo, lo-Latn, en; a text with a comma "
    "must stand in quotes",
    r"\S": "the text is empty: write it, or remove the key",
    r"^\*[0-9*]{1,20}#$": 'a service code is written "*999*1#", in quotes',
    r"^\S{1,20}$": "a keyword is one word of at most 20 letters",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$": "the key of a choice is letters, digits, _ . -",
    r"^([01]\d|2[0-3]):[0-5]\d$": 'a time is written "09:30", in quotes',
}

_FIELD_TYPES: Final = "text, name, int, decimal, date, time, phone, code, choice, multi, yesno, ref"


def _known_keys() -> tuple[str, ...]:
    classes: list[Any] = [model.Flow, model.Notice, model.Entry, model.FlowTest, model.Expect, steps.Option]
    classes += [steps.Say, steps.Ask, steps.Menu, steps.Run, steps.Confirm, steps.Submit, steps.End]
    classes += [fields.TextField, fields.CodeField, fields.MultiField, fields.RefField]
    return tuple({info.alias or name for one in classes for name, info in one.model_fields.items()})


def sentence(kind: str, path: Path, context: Mapping[str, Any], given: Any) -> str:
    """The sentence for one of pydantic's errors: `kind` is its type, `path` the place in the file."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "the file")
    speak = _SPEAK.get(kind)
    if speak is None:
        return f"`{key}` is not right: look at docs/flow-format.md"
    return speak(key, path, context, given)


_Speaker = Callable[[str, Path, Mapping[str, Any], Any], str]


def _missing(key: str, path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}` is missing" + (f" in `{path[-2]}`" if len(path) > 1 and isinstance(path[-2], str) else "")


def _unknown(key: str, path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    if path[:1] == ("steps",) and key in steps.VERBS:
        return f"a step has one verb: make `{key}` a step of its own"
    close = difflib.get_close_matches(key, _known_keys(), 1)
    return f"`{key}` is not a key that may stand here" + (f": did you mean `{close[0]}`?" if close else "")


def _text(key: str, _path: Path, _context: Mapping[str, Any], given: Any) -> str:
    if given is None:
        return f"`{key}` is empty: write it, or remove the key"
    if isinstance(given, Mapping | list):
        return f"`{key}` must be one text"
    return f"put the value of `{key}` in quotes: without them YAML reads a {_kind(given)}"


def _kind(given: Any) -> str:
    return "yes/no value" if isinstance(given, bool) else "number"


def _shape(key: str, _path: Path, context: Mapping[str, Any], _given: Any) -> str:
    words = _SHAPES.get(str(context.get("pattern", "")), "it does not have the right form")
    return f"`{key}`: {words}"


def _block(key: str, _path: Path, _context: Mapping[str, Any], given: Any) -> str:
    if given is None:
        return f"`{key}` is empty: write it, or remove the key"
    if isinstance(given, str) and key in _LANGUAGED:
        return f"`{key}` needs its languages: {{lo: ..., en: ...}}"
    return f"`{key}` must be a block of `key: value` lines"


_LANGUAGED: Final = ("title", "label", "text", "help", "error", "say", "menu", "end", "purpose", "urgent")


def _list(key: str, _path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}` must be a list: [a, b] or lines that begin with a dash"


def _limit(words: str, name: str) -> _Speaker:
    def speak(key: str, _path: Path, context: Mapping[str, Any], _given: Any) -> str:
        return f"`{key}` must be {words} {context.get(name)}"

    return speak


def _length(words: str, name: str) -> _Speaker:
    def speak(key: str, _path: Path, context: Mapping[str, Any], _given: Any) -> str:
        return f"`{key}` {words} {context.get(name)}"

    return speak


def _one_of(key: str, _path: Path, context: Mapping[str, Any], _given: Any) -> str:
    if key == "sala":
        return "`sala` must be 1: the only version of the format that this program reads"
    return f"`{key}` must be one of: {str(context.get('expected', '')).replace(chr(39), '')}"


def _value(key: str, _path: Path, context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}`: {context.get('error')}"


def _type(key: str, _path: Path, context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}`: there is no field type `{context.get('tag')}`; the types are {_FIELD_TYPES}"


def _no_tag(key: str, path: Path, _context: Mapping[str, Any], given: Any) -> str:
    if path[:1] == ("steps",):
        words = given if isinstance(given, Mapping) else ()
        close = next((c for word in words for c in difflib.get_close_matches(str(word), steps.VERBS, 1, 0.65)), None)
        meant = f" (did you mean `{close}`?)" if close else ""
        return f"this step has no verb{meant}: write one of {', '.join(steps.VERBS)}"
    if isinstance(given, Mapping):
        return f"the field `{key}` has no `type`; the types are {_FIELD_TYPES}"
    return f"the field `{key}` must be a block: {{type: ..., label: ...}}"


def _whole(key: str, _path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}` must be a whole number"


def _number(key: str, _path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}` must be a number"


def _yes_no(key: str, _path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}` must be true or false"


def _day(key: str, _path: Path, _context: Mapping[str, Any], _given: Any) -> str:
    return f"`{key}` must be a date such as 2026-11-05"


_SPEAK: Final[Mapping[str, _Speaker]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "string_type": _text,
    "string_pattern_mismatch": _shape,
    "string_too_short": _length("needs a length of at least", "min_length"),
    "string_too_long": _length("may be no longer than", "max_length"),
    "too_short": _length("needs at least this many entries:", "min_length"),
    "too_long": _length("may have at most this many entries:", "max_length"),
    "dict_type": _block,
    "model_type": _block,
    "model_attributes_type": _block,
    "tuple_type": _list,
    "list_type": _list,
    "greater_than_equal": _limit("at least", "ge"),
    "less_than_equal": _limit("at most", "le"),
    "literal_error": _one_of,
    "value_error": _value,
    "union_tag_invalid": _type,
    "union_tag_not_found": _no_tag,
    "int_type": _whole,
    "int_parsing": _whole,
    "int_parsing_size": _whole,
    "int_from_float": _whole,
    "decimal_type": _number,
    "decimal_parsing": _number,
    "finite_number": _number,
    "bool_type": _yes_no,
    "bool_parsing": _yes_no,
    "date_type": _day,
    "date_parsing": _day,
    "date_from_datetime_parsing": _day,
    "date_from_datetime_inexact": _day,
}
