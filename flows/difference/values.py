"""A flow as places and plain values, so that two can be held side by side; every language of a text is a place."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from pydantic import BaseModel

from flows.bounds import DateBound
from flows.expressions import Expression
from flows.fields import PerChannel, Text

Place = tuple[str, ...]

WORDS: Final = "words"
"""Stands in a place before the language of a text."""
ORDER: Final = "order"
"""The last of a place whose value is the order of the keys around it."""


def values_of(value: Any, place: Place = ()) -> dict[Place, Any]:
    """Every value below a part of a flow; what stands at its default is left out, as in the digest."""
    return dict(_values(value, place))


def _values(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, Text):
        yield from _words(value, (*place, WORDS))
    elif isinstance(value, BaseModel):
        for name, one in _members(value):
            yield from _values(one, (*place, name))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _values(one, (*place, str(key)))
        yield (*place, ORDER), tuple(map(str, value))
    elif isinstance(value, Expression | DateBound):
        yield place, value.source
    elif isinstance(value, list | tuple):
        yield place, tuple(str(_plain(one)) for one in value)
    elif value is not None:
        yield place, _plain(value)


def _words(text: Text, place: Place) -> Iterator[tuple[Place, Any]]:
    for tag, words in text.root.items():
        if isinstance(words, PerChannel):
            yield (*place, tag, "ussd"), words.ussd
            yield (*place, tag, "sms"), words.sms
        else:
            yield (*place, tag), words
    yield (*place, ORDER), text.languages


def _members(model: BaseModel) -> Iterator[tuple[str, Any]]:
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if info.is_required() or value != info.get_default(call_default_factory=True):
            yield info.alias or name, value
    yield from (model.__pydantic_extra__ or {}).items()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
