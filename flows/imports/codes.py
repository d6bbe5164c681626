"""Pieces of our expressions: how tightly each binds, what it needs to be answered, and how they are put together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, Protocol

from flows.expressions import BadExpressionError, compile_expression
from flows.imports.xpath import UnreadableError

KindName = Literal["text", "int", "decimal", "date", "time", "bool", "choice", "multi", "ref"]

IF, OR, AND, NOT, COMPARE, ADD, TIMES, ATOM = range(8)
NUMBERS: Final = ("int", "decimal")


@dataclass(frozen=True, slots=True)
class Known:
    """A name of the form in our flow.

    Attributes:
        missing: whether it may have no value. keys: of a choice: its value there -> our keys for it.
    """

    name: str
    kind: KindName
    missing: bool = False
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Names(Protocol):
    """What a name of the form means at one place of it."""

    def known(self, name: str) -> Known | None:
        """The name as seen from this place; "" is the question itself. None when there is none."""

    def all_of(self, name: str) -> tuple[Known, ...]:
        """Every repetition of the name."""

    def times(self, name: str) -> str | None:
        """How often a repeat of this name is gone through, as an expression of ours; None when that is not known."""

    def turn(self) -> int | None:
        """Which repetition this place stands in, from 1; None outside of repeats."""


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of an expression.

    Attributes:
        level: how tightly it binds. needs: names that must be answered before it can be worked out.
        empty: whether it may come to None itself. literal: the text, when it is one.
    """

    source: str
    kind: KindName
    level: int = ATOM
    needs: frozenset[str] = frozenset()
    empty: bool = False
    literal: str | None = None


def whole(source: str) -> str:
    """The source when it is an expression of ours; raises `UnreadableError`."""
    try:
        compile_expression(source)
    except BadExpressionError as error:
        raise UnreadableError(f"put into our words, {error}") from None
    return source


def wrap(code: Code, level: int) -> str:
    """The source, in brackets when it binds more loosely than this."""
    return code.source if code.level >= level else f"({code.source})"


def guard(needs: frozenset[str]) -> str:
    """That all of these names are answered."""
    return " and ".join(f"answered({name})" for name in sorted(needs))


def quoted(text: str) -> str:
    """A text as a literal of ours; raises `UnreadableError` for one that cannot be a literal."""
    if "\\" in text or not text.isprintable() or ('"' in text and "'" in text):
        raise UnreadableError("it holds a text with marks that an expression cannot hold")
    return f"'{text}'" if '"' in text else f'"{text}"'


def negated(code: Code) -> Code:
    """The opposite condition."""
    if code.source in ("True", "False"):
        return Code("False" if code.source == "True" else "True", "bool")
    return Code(f"not {wrap(code, NOT)}", "bool", NOT)


def guarded(code: Code, needs: frozenset[str]) -> Code:
    """The condition, false when one of these names has no answer."""
    return Code(f"{guard(needs)} and {wrap(code, AND)}", "bool", AND) if needs else code


def among(known: Known, keys: tuple[str, ...]) -> Code:
    """That the answer is one of these keys."""
    if len(keys) == 1:
        return Code(f"{known.name} == {quoted(keys[0])}", "bool", COMPARE)
    return Code(f"{known.name} in [{', '.join(map(quoted, keys))}]", "bool", COMPARE)


def is_number(text: str) -> bool:
    """Whether the text is a plain decimal number."""
    whole, _, part = text.removeprefix("-").partition(".")
    return whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))


def number_code(text: str) -> Code:
    """A number of the form as ours; raises `UnreadableError`."""
    text = text.strip()
    text = f"0{text}" if text.startswith(".") else text
    if not is_number(text):
        raise UnreadableError(f"it compares a number with `{text}`")
    if Decimal(text) == int(Decimal(text)):
        return Code(str(int(Decimal(text))), "int", ATOM if not text.startswith("-") else TIMES)
    return Code(f'dec("{text}")', "decimal")


def must_compare(left: Code, right: Code, mark: str) -> None:
    """Raise `UnreadableError` unless values of these kinds can be compared so."""
    kinds = {left.kind, right.kind}
    ordered = kinds <= {"int", "decimal"} or kinds in ({"date"}, {"time"})
    equal = ordered or kinds == {"bool"} or kinds <= {"text", "ref"} or (kinds == {"choice"} and mark == "==")
    if not (equal if mark == "==" else ordered):
        raise UnreadableError(f"it compares a {left.kind} with a {right.kind}")


def kind_of_both(one: Code, other: Code) -> KindName:
    """The kind of two branches; the empty one takes the other's."""
    for code, beside in ((one, other), (other, one)):
        if code.source == "None":
            return beside.kind
    kinds = {one.kind, other.kind}
    if len(kinds) == 1:
        return one.kind
    if kinds == {"int", "decimal"}:
        return "decimal"
    if kinds <= {"text", "choice", "ref"}:
        return "text"
    raise UnreadableError(f"it gives a {one.kind} or a {other.kind}")
