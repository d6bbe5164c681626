"""Turns the expressions of a form into ours, with the same decisions: an empty answer compares as ODK compares it.

There an empty answer makes every comparison false (but `!=` true), never a fault; here a comparison with nothing is
refused. So each name that may be empty gets its `answered(...)` before it, and what cannot be said exactly is not said.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, Literal, Protocol

from flows.expressions import BadExpressionError, compile_expression
from flows.imports.xpath import Binary, Call, Negative, Node, Number, Quoted, Ref, UnreadableError, parse

KindName = Literal["text", "int", "decimal", "date", "time", "bool", "choice", "multi", "ref"]

_IF, _OR, _AND, _NOT, _COMPARE, _ADD, _TIMES, _ATOM = range(8)
_NUMBERS: Final = ("int", "decimal")
_ORDER: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_YEAR: Final = ("365", "365.25", "365.2425", "365.24")


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
    level: int = _ATOM
    needs: frozenset[str] = frozenset()
    empty: bool = False
    literal: str | None = None


def condition(source: str, names: Names, notes: list[str] | None = None) -> str:
    """The expression as a yes/no value of ours; raises `UnreadableError` with the end of a sentence."""
    return _whole(_Translator(names, notes).truth(parse(source)).source)


def condition_of(node: Node, names: Names, notes: list[str] | None = None) -> Code:
    """The same for an expression that was read already, with how tightly it binds."""
    code = _Translator(names, notes).truth(node)
    _whole(code.source)
    return code


def joined(codes: Sequence[Code]) -> Code:
    """All of these conditions at once; raises `UnreadableError` when that is too long for one expression."""
    if len(codes) == 1:
        return codes[0]
    return Code(_whole(" and ".join(_wrap(code, _AND) for code in dict.fromkeys(codes))), "bool", _AND)


def negated(code: Code) -> Code:
    """The opposite condition."""
    return _not(code)


def kept(code: Code, when: Code) -> str:
    """A value where the condition holds, else None."""
    return _whole(f"{_wrap(code, _OR)} if {_wrap(when, _OR)} else None")


def value(source: str, names: Names, notes: list[str] | None = None) -> Code:
    """The expression as a value; where something that it looks at is empty, it is None, as it is empty there."""
    translator = _Translator(names, notes)
    found = translator.value(parse(source))
    if found.kind in ("choice", "multi", "ref") and found.level == _ATOM and not found.needs:
        return found
    if found.needs:
        guard = _guard(found.needs)
        found = Code(f"{_wrap(found, _OR)} if {guard} else None", found.kind, _IF, empty=True)
    _whole(found.source)
    return found


def _whole(source: str) -> str:
    try:
        compile_expression(source)
    except BadExpressionError as error:
        raise UnreadableError(f"put into our words, {error}") from None
    return source


def _wrap(code: Code, level: int) -> str:
    return code.source if code.level >= level else f"({code.source})"


def _guard(needs: frozenset[str]) -> str:
    return " and ".join(f"answered({name})" for name in sorted(needs))


def quoted(text: str) -> str:
    """A text as a literal of ours; raises `UnreadableError` for one that cannot be a literal."""
    if "\\" in text or not text.isprintable() or ('"' in text and "'" in text):
        raise UnreadableError("it holds a text with marks that an expression cannot hold")
    return f"'{text}'" if '"' in text else f'"{text}"'


class _Translator:
    """One expression at one place of the form."""

    def __init__(self, names: Names, notes: list[str] | None) -> None:
        self._names = names
        self._notes = notes if notes is not None else []

    def _known(self, name: str) -> Known:
        found = self._names.known(name)
        if found is None:
            raise UnreadableError(f"`{name or '.'}` is not in the flow")
        return found

    # yes and no

    def truth(self, node: Node) -> Code:
        match node:
            case Binary(operator="and" | "or" as joined):
                level = _AND if joined == "and" else _OR
                left, right = self.truth(node.left), self.truth(node.right)
                return Code(f"{_wrap(left, level)} {joined} {_wrap(right, level)}", "bool", level)
            case Binary(operator="=" | "!=" | "<" | "<=" | ">" | ">="):
                return self._comparison(node)
            case Call():
                return self._truth_of_call(node)
            case Ref(name=name):
                known = self._known(name)
                if known.kind == "bool":
                    return Code(f"answered({known.name}) and {known.name}", "bool", _AND)
                return Code(f"answered({known.name})", "bool")
            case _:
                raise UnreadableError("a yes or no is expected, and it gives a number or a text")

    def _truth_of_call(self, node: Call) -> Code:
        match node:
            case Call("not", (inner,)):
                return _not(self.truth(inner))
            case Call("boolean", (inner,)):
                return self.truth(inner)
            case Call("true", ()):
                return Code("True", "bool")
            case Call("false", ()):
                return Code("False", "bool")
            case Call("selected", (Ref(name=name), Quoted() | Number() as key)):
                return self._selected(self._known(name), key.text if isinstance(key, Quoted) else key.source)
            case Call("if", (asked, yes, no)):
                one, other, test = self.truth(yes), self.truth(no), self.truth(asked)
                return Code(f"{_wrap(one, _OR)} if {_wrap(test, _OR)} else {_wrap(other, _IF)}", "bool", _IF)
            case Call("count-selected" | "string-length" | "count", _):
                return self._comparison(Binary("!=", node, Number("0")))
        raise UnreadableError(f"`{node.name}()` cannot be carried over")

    def _selected(self, known: Known, text: str) -> Code:
        keys = known.keys.get(text, ())
        if known.kind not in ("choice", "multi", "ref"):
            raise UnreadableError(f"`{known.name}` has no choices in the flow")
        if not keys:
            self._notes.append(f"`{text}` is not among the choices of `{known.name}`: this is never so")
            return Code("False", "bool")
        if known.kind == "multi":
            parts = [f"{quoted(key)} in {known.name}" for key in keys]
            inner = Code(" or ".join(parts), "bool", _OR if len(parts) > 1 else _COMPARE)
        else:
            inner = _among(known, keys)
        return _guarded(inner, frozenset({known.name}) if known.missing else frozenset())

    def _comparison(self, node: Binary) -> Code:
        sides = (node.left, node.right)
        for one, other in (sides, sides[::-1]):
            if isinstance(other, Quoted) and other.text == "":
                return self._emptiness(node.operator, one)
        for at, (one, other) in enumerate((sides, sides[::-1])):
            if isinstance(one, Ref) and isinstance(other, Quoted | Number):
                known = self._known(one.name)
                if known.kind in ("choice", "multi", "ref"):
                    mark = node.operator if at == 0 else _TURNED.get(node.operator, node.operator)
                    return self._choice(known, mark, other.text if isinstance(other, Quoted) else other.source)
        return self._plain_comparison(node)

    def _emptiness(self, mark: str, node: Node) -> Code:
        if not isinstance(node, Ref) or mark not in ("=", "!="):
            raise UnreadableError("only an answer can be compared with an empty text")
        code = Code(f"answered({self._known(node.name).name})", "bool")
        return code if mark == "!=" else _not(code)

    def _choice(self, known: Known, mark: str, text: str) -> Code:
        needs = frozenset({known.name}) if known.missing else frozenset[str]()
        if mark in ("=", "!="):
            if known.kind == "multi":
                equal = self._selected(replace(known, missing=False), text)
                equal = Code(f"len({known.name}) == 1 and {_wrap(equal, _AND)}", "bool", _AND)
                if not known.keys.get(text):
                    equal = Code("False", "bool")
            else:
                equal = self._selected(replace(known, missing=False), text)
            equal = _guarded(equal, needs) if equal.source != "False" else equal
            return equal if mark == "=" else _not(equal)
        if known.kind == "multi" or not _is_number(text):
            raise UnreadableError("choices have no order")
        fitting = [
            key
            for value, keys in known.keys.items()
            if _is_number(value) and _ORDER[mark](Decimal(value), Decimal(text))
            for key in keys
        ]
        return _guarded(_among(known, tuple(fitting)), needs) if fitting else Code("False", "bool")

    def _plain_comparison(self, node: Binary) -> Code:
        left, right = self._sides(node)
        if left.empty or right.empty:
            raise UnreadableError("it compares an if() or coalesce() that may be empty")
        mark = {"=": "==", "!=": "=="}.get(node.operator, node.operator)
        _comparable(left, right, mark)
        code = Code(f"{_wrap(left, _ADD)} {mark} {_wrap(right, _ADD)}", "bool", _COMPARE)
        needs = left.needs | right.needs
        if mark == "==" and left.needs and right.needs and isinstance(node.left, Ref) and isinstance(node.right, Ref):
            neither = f"not answered({left.source}) and not answered({right.source})"
            code = Code(f"{code.source} if {_guard(needs)} else {neither}", "bool", _IF)
        else:
            code = _guarded(code, needs)
        return _not(code) if node.operator == "!=" else code

    def _sides(self, node: Binary) -> tuple[Code, Code]:
        """Both sides, a quoted number beside a number read as one."""
        left, right = self.value(node.left), self.value(node.right)
        if left.kind in _NUMBERS and right.literal is not None:
            return left, _number(right.literal)
        if right.kind in _NUMBERS and left.literal is not None:
            return _number(left.literal), right
        if left.kind == "time" and right.literal is not None:
            return left, Code(quoted(right.literal[:5]), "time")
        if right.kind == "time" and left.literal is not None:
            return Code(quoted(left.literal[:5]), "time"), right
        return left, right

    # values

    def value(self, node: Node) -> Code:
        match node:
            case Ref(name=name):
                known = self._known(name)
                return Code(known.name, known.kind, needs=frozenset({known.name}) if known.missing else frozenset())
            case Number(source=source):
                return _number(source)
            case Quoted(text=text):
                return Code(quoted(text), "text", literal=text) if text else Code("None", "text", empty=True)
            case Negative(inner=inner):
                code = self._numeric(inner)
                return replace(code, source=f"-{_wrap(code, _ATOM)}", level=_TIMES)
            case Binary(operator="+" | "-" | "*" | "div" | "mod"):
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Binary():
                return self.truth(node)

    def _numeric(self, node: Node) -> Code:
        code = self.value(node)
        if code.kind not in _NUMBERS or code.empty:
            raise UnreadableError("it reckons with something that is no number here")
        return code

    def _arithmetic(self, node: Binary) -> Code:
        if node.operator == "div":
            return self._years(node)
        if node.operator == "mod":
            raise UnreadableError("there is no remainder of a division here")
        if node.operator == "-" and (days := self._days(node)) is not None:
            return days
        left, right = self._numeric(node.left), self._numeric(node.right)
        level = _TIMES if node.operator == "*" else _ADD
        right_side = _wrap(right, level + 1 if node.operator == "-" else level)
        kind: KindName = "int" if left.kind == right.kind == "int" else "decimal"
        return Code(f"{_wrap(left, level)} {node.operator} {right_side}", kind, level, left.needs | right.needs)

    def _days(self, node: Binary) -> Code | None:
        left, right = self.value(node.left), self.value(node.right)
        if left.kind != "date" or right.kind != "date":
            return None
        if left.source == "today":
            return Code(f"days_since({right.source})", "int", needs=right.needs)
        if right.source == "today":
            return Code(f"-days_since({left.source})", "int", _TIMES, left.needs)
        source = f"days_since({right.source}) - days_since({left.source})"
        return Code(source, "int", _ADD, left.needs | right.needs)

    def _years(self, node: Binary) -> Code:
        match node:
            case Binary(left=Binary("-", first, second), right=Number(source=source)) if source in _YEAR:
                born = self.value(second)
                if self.value(first).source == "today" and born.kind == "date":
                    self._notes.append("years are counted by the calendar, and whole ones only")
                    return Code(f"years_since({born.source})", "int", needs=born.needs)
        raise UnreadableError("there is no division here")

    def _call(self, node: Call) -> Code:  # noqa: C901 # one case for each function that is known
        match node:
            case Call("today", ()):
                return Code("today", "date")
            case Call("int" | "floor", (inner,)):
                code = self._numeric(inner)
                return (
                    code if code.kind == "int" else replace(code, source=f"int({code.source})", kind="int", level=_ATOM)
                )
            case Call("number" | "round", (inner,)) | Call("round", (inner, Number("0"))):
                code = self._numeric(inner)
                if node.name == "round" and code.kind != "int":
                    raise UnreadableError("there is no rounding here")
                return code
            case Call("once" | "string", (inner,)):
                return self.value(inner)
            case Call("string-length" | "count-selected", (Ref(name=name),)):
                return self._length(self._known(name), "multi" if node.name == "count-selected" else "text")
            case Call("coalesce", (Ref() as first, second)):
                return self._coalesce(first, second)
            case Call("if", (asked, yes, no)):
                return self._choose(asked, yes, no)
            case Call("sum", (Ref(name=name),)):
                return self._sum(name)
            case Call("count", (Ref(name=name),)):
                return self._count(name)
            case Call("position", (Call("..", ()),)) if (turn := self._names.turn()) is not None:
                return Code(str(turn), "int")
            case Call("selected" | "not" | "true" | "false" | "boolean", _):
                return self.truth(node)
        raise UnreadableError(f"`{node.name}()` cannot be carried over")

    def _length(self, known: Known, kind: str) -> Code:
        if (known.kind == "multi") != (kind == "multi") or known.kind not in ("text", "multi"):
            raise UnreadableError(f"`{known.name}` has no length in the flow")
        source = f"len({known.name})"
        if not known.missing:
            return Code(source, "int")
        return Code(f"{source} if answered({known.name}) else 0", "int", _IF)

    def _branch(self, node: Node) -> Code:
        """One of the two values of an if(): None where something that it needs is empty."""
        code = self.value(node)
        if not code.needs:
            return code
        return Code(f"{_wrap(code, _OR)} if {_guard(code.needs)} else None", code.kind, _IF, empty=True)

    def _coalesce(self, first: Ref, second: Node) -> Code:
        one = self._known(first.name)
        other = self._branch(second)
        kind = _join(Code(one.name, one.kind), other)
        return Code(f"{one.name} if answered({one.name}) else {_wrap(other, _IF)}", kind, _IF, empty=other.empty)

    def _choose(self, asked: Node, yes: Node, no: Node) -> Code:
        test, one, other = self.truth(asked), self._branch(yes), self._branch(no)
        source = f"{_wrap(one, _OR)} if {_wrap(test, _OR)} else {_wrap(other, _IF)}"
        return Code(source, _join(one, other), _IF, empty=one.empty or other.empty)

    def _sum(self, name: str) -> Code:
        every = self._names.all_of(name)
        if not every or any(one.kind not in _NUMBERS for one in every):
            raise UnreadableError(f"`{name}` is no number that is asked several times")
        parts = [f"({one.name} if answered({one.name}) else 0)" if one.missing else one.name for one in every]
        kind: KindName = "int" if all(one.kind == "int" for one in every) else "decimal"
        return Code(" + ".join(parts), kind, _ADD)

    def _count(self, name: str) -> Code:
        turns = self._names.times(name)
        if turns is None:
            raise UnreadableError(f"how often `{name}` is gone through is not known beforehand")
        return Code(turns, "int", _IF)


def _not(code: Code) -> Code:
    if code.source in ("True", "False"):
        return Code("False" if code.source == "True" else "True", "bool")
    return Code(f"not {_wrap(code, _NOT)}", "bool", _NOT)


def _guarded(code: Code, needs: frozenset[str]) -> Code:
    return Code(f"{_guard(needs)} and {_wrap(code, _AND)}", "bool", _AND) if needs else code


def _among(known: Known, keys: tuple[str, ...]) -> Code:
    if len(keys) == 1:
        return Code(f"{known.name} == {quoted(keys[0])}", "bool", _COMPARE)
    return Code(f"{known.name} in [{', '.join(map(quoted, keys))}]", "bool", _COMPARE)


def _is_number(text: str) -> bool:
    whole, _, part = text.removeprefix("-").partition(".")
    return whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))


def _number(text: str) -> Code:
    text = text.strip()
    text = f"0{text}" if text.startswith(".") else text
    if not _is_number(text):
        raise UnreadableError(f"it compares a number with `{text}`")
    if Decimal(text) == int(Decimal(text)):
        return Code(str(int(Decimal(text))), "int", _ATOM if not text.startswith("-") else _TIMES)
    return Code(f'dec("{text}")', "decimal")


def _comparable(left: Code, right: Code, mark: str) -> None:
    kinds = {left.kind, right.kind}
    ordered = kinds <= {"int", "decimal"} or kinds in ({"date"}, {"time"})
    equal = ordered or kinds == {"bool"} or kinds <= {"text", "ref"} or (kinds == {"choice"} and mark == "==")
    if not (equal if mark == "==" else ordered):
        raise UnreadableError(f"it compares a {left.kind} with a {right.kind}")


def _join(one: Code, other: Code) -> KindName:
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
