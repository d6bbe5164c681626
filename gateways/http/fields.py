"""Requests and answers as flat fields: JSON, forms, queries and XML read into names and texts, never raising."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.parsers import expat

from gateways.http.model import Form

_MOST: Final = 256
_DEEPEST: Final = 12

Fields = Mapping[str, str]


class Bare(str):
    """A value that stood in JSON without quotes: a number, true or false. As a text it is what stood there."""

    __slots__ = ()


def read(form: Form, body: bytes, query: str) -> Fields | None:
    """The fields by their dotted names; None for what is not of this form, or has too much in it.

    Lists count from 0 (`messages.0.id`), attributes of XML have an @ before their name, and true, false are words.
    """
    try:
        match form:
            case "json":
                return _json(body)
            case "xml":
                return _xml(body)
            case "query":
                return _pairs(query)
            case "form":
                return _pairs(body.decode("utf-8", "replace"))
            case "text":
                return {"text": body.decode("utf-8", "replace")}
    except (ValueError, RecursionError, expat.ExpatError, LookupError):
        return None


def _pairs(text: str) -> Fields:
    return dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=_MOST))


def _json(body: bytes) -> Fields | None:
    value = json.loads(body)
    return dict(_flat(value, "", 0)) if isinstance(value, dict) else None


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    match value:
        case dict():
            for key, inner in value.items():
                yield from _flat(inner, f"{name}.{key}" if name else key, depth + 1)
        case list():
            for place, inner in enumerate(value[:_MOST]):
                yield from _flat(inner, f"{name}.{place}", depth + 1)
        case None:
            pass
        case bool():
            yield name, Bare("true" if value else "false")
        case str():
            # Half a surrogate pair can be written in JSON, and is no letter.
            yield name, value.encode("utf-8", "replace").decode()
        case _:
            yield name, Bare(json.dumps(value))


class _Reader:
    """XML by expat, which builds nothing. A DOCTYPE is refused, so there are no entities but the five."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._names: list[str] = []
        self._texts: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._names.append(name.rpartition(":")[2])
        self._texts.append("")
        if len(self._names) > _DEEPEST or len(self.fields) > _MOST:
            raise ValueError("too much")
        for key, value in attributes.items():
            self.fields[f"{self._name()}.@{key}".removeprefix(".")] = value

    def end(self, _name: str) -> None:
        text = self._texts.pop()
        self.fields.setdefault(self._name(), text)
        self._names.pop()

    def text(self, data: str) -> None:
        if self._texts:
            self._texts[-1] += data

    def _name(self) -> str:
        # The root's own name says nothing.
        return ".".join(self._names[1:])


def _refuse(*_: object) -> None:
    raise ValueError("a DOCTYPE has no place here")


def _xml(body: bytes) -> Fields:
    reader, parser = _Reader(), expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.Parse(body, True)
    return reader.fields


def first(fields: Fields, names: str) -> str | None:
    """The first of the names (`from|sender`) that is there; None when none is."""
    return next((fields[name] for name in names.split("|") if name in fields), None) if names else None


def path_fields(pattern: str, tail: str) -> Fields | None:
    """What stands in the path, by the names in the pattern (`session/{session}/{kind}`); None when it does not fit."""
    if not pattern:
        return {}
    rest = tail.partition("/")[2]
    wanted = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
    found = re.fullmatch(wanted, rest)
    return {f"/{name}": value for name, value in found.groupdict().items()} if found else None
