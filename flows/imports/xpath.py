"""Reads the expressions of XLSForm (XPath as ODK has it) into a small tree; nothing is ever worked out here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 4000
MAX_DEPTH: Final = 40
MAX_TOKENS: Final = 400

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<ref>\$\{\s*[^}\s]+\s*\})
    | (?P<number>\d+(?:\.\d+)?|\.\d+)
    | (?P<text>"[^"]*"|'[^']*'|“[^”]*”|‘[^’]*’)
    | (?P<path>(?:\.\./)+[A-Za-z_][\w.-]*|(?:/[A-Za-z_][\w.:-]*)+|\.\.|\.)
    | (?P<op>!=|<=|>=|<|>|=|\+|-|\*|\||\(|\)|,|\[|\])
    | (?P<name>[A-Za-z_][\w-]*(?:[.:][\w-]+)*)
    )""",
    re.VERBOSE,
)
_WORD_OPERATORS: Final = ("and", "or", "div", "mod")


class UnreadableError(ValueError):
    """The expression cannot be read or carried over; its message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Ref:
    """`${name}`, or `.` (then the name is "")."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    source: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """A text."""

    text: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides of an operator: `and or = != < <= > >= + - * div mod`."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus before something."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name, and what it is given."""

    name: str
    args: tuple["Node", ...]


Node = Ref | Number | Quoted | Binary | Negative | Call

_LEVELS: Final = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))


def parse(source: str) -> Node:
    """Read one expression; raises `UnreadableError`."""
    if len(source) > MAX_LENGTH:
        raise UnreadableError(f"it has more than {MAX_LENGTH} characters")
    reader = _Reader(_tokens(source))
    node = reader.level(0, 0)
    if reader.kind:
        raise UnreadableError(f"`{reader.text}` is not expected there")
    return node


def _tokens(source: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            raise UnreadableError(f"`{source[at : at + 12].strip()}` cannot be read")
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
        if len(found) > MAX_TOKENS:
            raise UnreadableError(f"it has more than {MAX_TOKENS} parts")
    return found


class _Reader:
    """Goes through the tokens once, left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def text(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"

    def _take(self) -> str:
        text = self.text
        self._at += 1
        return text

    def _expect(self, mark: str) -> None:
        if self.kind != "op" or self.text != mark:
            raise UnreadableError(f"`{mark}` is missing before `{self.text}`")
        self._at += 1

    def level(self, depth: int, nested: int) -> Node:
        if nested > MAX_DEPTH:
            raise UnreadableError("it nests too deeply")
        if depth == len(_LEVELS):
            return self._unary(nested)
        left = self.level(depth + 1, nested)
        while self.kind in ("op", "name") and self.text in _LEVELS[depth]:
            operator = self._take()
            left = Binary(operator, left, self.level(depth + 1, nested))
        return left

    def _unary(self, nested: int) -> Node:
        if self.kind == "op" and self.text == "-":
            self._at += 1
            if nested > MAX_DEPTH:
                raise UnreadableError("it nests too deeply")
            return Negative(self._unary(nested + 1))
        return self._primary(nested)

    def _primary(self, nested: int) -> Node:
        kind = self.kind
        if kind in _READS:
            return _READS[kind](self._take())
        if kind == "op" and self.text == "(":
            self._at += 1
            node = self.level(0, nested + 1)
            self._expect(")")
            return node
        if kind == "name" and self.text not in _WORD_OPERATORS:
            return self._call(nested)
        raise UnreadableError(f"`{self.text}` is not expected there")

    def _call(self, nested: int) -> Node:
        name = self._take()
        self._expect("(")
        args: list[Node] = []
        while not (self.kind == "op" and self.text == ")"):
            if args:
                self._expect(",")
            args.append(self.level(0, nested + 1))
        self._at += 1
        return Call(name, tuple(args))


def _path(text: str) -> Node:
    if text == ".":
        return Ref("")
    if text == "..":
        return Call("..", ())
    return Ref(text.rsplit("/", 1)[-1])


_READS: Final[Mapping[str, Callable[[str], Node]]] = {
    "ref": lambda text: Ref(text[2:-1].strip()),
    "number": Number,
    "text": lambda text: Quoted(text[1:-1]),
    "path": _path,
}
