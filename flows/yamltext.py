"""YAML 1.2 as an author may write it: plain values with their lines, and every trap of the notation named.

Read from the event stream and never deeper than `MAX_DEPTH`, so that no document can cost more than its size; anchors,
aliases and tags are refused before anything is built from them. Keys are kept exactly as written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 20
_MAX_DIGITS: Final = 18

Path = tuple[str | int, ...]

_INT: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_LOSES_ZEROS: Final = re.compile(r"0[0-9]+|\+[0-9]+")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}

_PROBLEMS: Final = (
    (r"mapping values are not allowed", "a colon followed by a blank stands inside a text: put the text in quotes"),
    (r"found unexpected end of stream", "a quote is opened here and never closed"),
    (r"character '\\t'", "this line begins with a tab: use blanks"),
    (r"cannot start any token", "a text cannot begin with this mark: put it in quotes"),
    (
        r"expected <block end>|expected the node content",
        "the line does not fit the ones above: look at its indentation",
    ),
    (r"expected ',' or", "a comma or a closing bracket is missing here, or a text with a comma needs quotes"),
    (r"could not find expected ':'", "a colon is missing on this line, or the line above is not finished"),
    (
        r"while scanning an (anchor|alias)|expected alphabetic or numeric",
        "put a value that begins with * or & in quotes",
    ),
    (r"unknown escape|expected escape", "in double quotes a backslash has a meaning: use single quotes"),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing wrong with the notation: line (from 1), the place in the document, and a sentence."""

    line: int
    path: Path
    sentence: str
    code: str = "yaml"


@dataclass(slots=True)
class Document:
    """What was read: mappings, lists, str, int, float, bool, None; `lines` gives each place's line from 1."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


class _StopError(Exception):
    """Nothing after this place can be trusted."""


def read_yaml(text: str) -> Document:
    """Read one document; what is wrong with it is in `troubles`, and `data` is None when it could not be read on."""
    document = Document()
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        document.troubles.append(Trouble(1, (), f"the file is larger than {MAX_BYTES // 1024} KiB"))
        return document
    try:
        _build(document, _events(text.removeprefix("\ufeff")))
    except _StopError:
        document.data = None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.troubles.append(Trouble(line, (), "this line holds a control mark that is no text: write it anew"))
        document.data = None
    except MarkedYAMLError as error:
        document.troubles.append(_translate(error))
        document.data = None
    except (YAMLError, ValueError, IndexError, RecursionError) as error:
        # ruamel's scanner lets a few Python errors through on broken text; the kind is all that can be told.
        document.troubles.append(Trouble(1, (), f"the file cannot be read as YAML ({type(error).__name__})"))
        document.data = None
    return document


def _events(text: str) -> Iterator[Event]:
    yaml = YAML(typ="safe", pure=True)
    yield from yaml.parse(text)


def _translate(error: MarkedYAMLError) -> Trouble:
    mark = error.problem_mark or error.context_mark
    problem = f"{error.context or ''} {error.problem or ''}"
    if "quoted scalar" in problem and error.context_mark is not None:
        mark = error.context_mark
    sentence = next((words for pattern, words in _PROBLEMS if re.search(pattern, problem)), "")
    return Trouble(mark.line + 1 if mark else 1, (), sentence or f"this line cannot be read as YAML: {error.problem}")


def _build(document: Document, events: Iterator[Event]) -> None:
    stack: list[_Open] = []
    documents = 0
    for event in events:
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                _refuse(document, event, (), "a file holds one flow: remove the second ---")
        elif isinstance(event, AliasEvent):
            _refuse(document, event, _place(stack), "a value that begins with * must stand in quotes")
        elif isinstance(event, CollectionEndEvent):
            stack.pop()
        elif isinstance(event, NodeEvent):
            _add(document, stack, event)


def _add(document: Document, stack: list[_Open], event: NodeEvent) -> None:
    path = _place(stack)
    if event.anchor is not None:
        _refuse(document, event, path, "a value that begins with & must stand in quotes")
    if getattr(event, "ctag", None) is not None:
        _refuse(document, event, path, "a value that begins with ! must stand in quotes; in an expression write not")
    top = stack[-1] if stack else None
    if top is not None and isinstance(top.value, dict) and top.key is None:
        _open_key(document, top, event)
        return
    _put(document, top, path, event)
    if isinstance(event, MappingStartEvent | SequenceStartEvent):
        if len(stack) >= MAX_DEPTH:
            _refuse(document, event, path, f"the file nests deeper than {MAX_DEPTH} levels")
        stack.append(_Open(_last(document, top, path), path))


def _last(document: Document, top: _Open | None, path: Path) -> Any:
    if top is None:
        return document.data
    return top.value[path[-1]]  # type: ignore[index] # a path's last part fits the kind of its holder


def _put(document: Document, top: _Open | None, path: Path, event: NodeEvent) -> None:
    value: Any
    if isinstance(event, ScalarEvent):
        value = _scalar(document, path, event)
    else:
        value = {} if isinstance(event, MappingStartEvent) else []
    if top is None:
        document.data = value
    elif isinstance(top.value, list):
        top.value.append(value)
    else:
        top.value[str(top.key)] = value
        top.key = None
    document.lines.setdefault(path, _line(event))


def _open_key(document: Document, top: _Open, event: NodeEvent) -> None:
    if not isinstance(event, ScalarEvent):
        _refuse(document, event, top.path, "a key is one word: this line begins with a bracket or a dash")
    key = str(event.value)
    path = (*top.path, key)
    if isinstance(top.value, dict) and key in top.value:
        first = document.lines[path]
        words = f"`{key}` stands twice in the same block (first on line {first}): keep one"
        document.troubles.append(Trouble(_line(event), path, words, "duplicate-key"))
    else:
        document.lines[path] = _line(event)
    top.key = key


def _scalar(document: Document, path: Path, event: ScalarEvent) -> Any:
    text = str(event.value)
    if event.style:
        return text
    if _LOSES_ZEROS.fullmatch(text):
        words = f"put {text} in quotes: without them YAML drops its zeros or its +"
        document.troubles.append(Trouble(_line(event), path, words, "unquoted-code"))
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) <= _MAX_DIGITS and _INT.fullmatch(text):
        return int(text)
    if len(text) <= _MAX_DIGITS and _FLOAT.fullmatch(text):
        return float(text)
    return text


def _place(stack: list[_Open]) -> Path:
    if not stack:
        return ()
    top = stack[-1]
    if isinstance(top.value, list):
        return (*top.path, len(top.value))
    return top.path if top.key is None else (*top.path, top.key)


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark is not None else 1


def _refuse(document: Document, event: Event, path: Path, sentence: str) -> NoReturn:
    document.troubles.append(Trouble(_line(event), path, sentence))
    raise _StopError
