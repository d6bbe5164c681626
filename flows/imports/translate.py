"""Turns the expressions of a form into ours, with the same decisions: an empty answer compares as ODK compares it.

There an empty answer makes every comparison false (but `!=` true), never a fault; here a comparison with nothing is
refused. So each name that may be empty gets its `answered(...)` before it, and what cannot be said exactly is not said.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from flows.imports.codes import (
    ADD,
    AND,
    ATOM,
    COMPARE,
    IF,
    NUMBERS,
    OR,
    TIMES,
    Code,
    KindName,
    Known,
    Names,
    among,
    guard,
    guarded,
    is_number,
    kind_of_both,
    must_compare,
    negated,
    number_code,
    quoted,
    whole,
    wrap,
)
from flows.imports.xpath import Binary, Call, Negative, Node, Number, Quoted, Ref, UnreadableError, parse

_ORDER: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_YEAR: Final = ("365", "365.25", "365.2425", "365.24")


def condition(source: str, names: Names, notes: list[str] | None = None) -> str:
    """The expression as a yes/no value of ours; raises `UnreadableError` with the end of a sentence."""
    return whole(_Translator(names, notes).truth(parse(source)).source)


def condition_of(node: Node, names: Names, notes: list[str] | None = None) -> Code:
    """The same for an expression that was read already, with how tightly it binds."""
    code = _Translator(names, notes).truth(node)
    whole(code.source)
    return code


def joined(codes: Sequence[Code]) -> Code:
    """All of these conditions at once; raises `UnreadableError` when that is too long for one expression."""
    if len(codes) == 1:
        return codes[0]
    return Code(whole(" and ".join(wrap(code, AND) for code in dict.fromkeys(codes))), "bool", AND)


def kept(code: Code, when: Code) -> str:
    """A value where the condition holds, else None."""
    return whole(f"{wrap(code, OR)} if {wrap(when, OR)} else None")


def value(source: str, names: Names, notes: list[str] | None = None) -> Code:
    """The expression as a value; where something that it looks at is empty, it is None, as it is empty there."""
    translator = _Translator(names, notes)
    found = translator.value(parse(source))
    if found.kind in ("choice", "multi", "ref") and found.level == ATOM and not found.needs:
        return found
    if found.needs:
        found = Code(f"{wrap(found, OR)} if {guard(found.needs)} else None", found.kind, IF, empty=True)
    whole(found.source)
    return found


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
                level = AND if joined == "and" else OR
                left, right = self.truth(node.left), self.truth(node.right)
                return Code(f"{wrap(left, level)} {joined} {wrap(right, level)}", "bool", level)
            case Binary(operator="=" | "!=" | "<" | "<=" | ">" | ">="):
                return self._comparison(node)
            case Call():
                return self._truth_of_call(node)
            case Ref(name=name):
                known = self._known(name)
                if known.kind == "bool":
                    return Code(f"answered({known.name}) and {known.name}", "bool", AND)
                return Code(f"answered({known.name})", "bool")
            case _:
                raise UnreadableError("a yes or no is expected, and it gives a number or a text")

    def _truth_of_call(self, node: Call) -> Code:
        match node:
            case Call("not", (inner,)):
                return negated(self.truth(inner))
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
                return Code(f"{wrap(one, OR)} if {wrap(test, OR)} else {wrap(other, IF)}", "bool", IF)
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
            inner = Code(" or ".join(parts), "bool", OR if len(parts) > 1 else COMPARE)
        else:
            inner = among(known, keys)
        return guarded(inner, frozenset({known.name}) if known.missing else frozenset())

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
        return code if mark == "!=" else negated(code)

    def _choice(self, known: Known, mark: str, text: str) -> Code:
        needs = frozenset({known.name}) if known.missing else frozenset[str]()
        if mark in ("=", "!="):
            if known.kind == "multi":
                equal = self._selected(replace(known, missing=False), text)
                equal = Code(f"len({known.name}) == 1 and {wrap(equal, AND)}", "bool", AND)
                if not known.keys.get(text):
                    equal = Code("False", "bool")
            else:
                equal = self._selected(replace(known, missing=False), text)
            equal = guarded(equal, needs) if equal.source != "False" else equal
            return equal if mark == "=" else negated(equal)
        if known.kind == "multi" or not is_number(text):
            raise UnreadableError("choices have no order")
        fitting = [
            key
            for value, keys in known.keys.items()
            if is_number(value) and _ORDER[mark](Decimal(value), Decimal(text))
            for key in keys
        ]
        return guarded(among(known, tuple(fitting)), needs) if fitting else Code("False", "bool")

    def _plain_comparison(self, node: Binary) -> Code:
        left, right = self._sides(node)
        if left.empty or right.empty:
            raise UnreadableError("it compares an if() or coalesce() that may be empty")
        mark = {"=": "==", "!=": "=="}.get(node.operator, node.operator)
        must_compare(left, right, mark)
        code = Code(f"{wrap(left, ADD)} {mark} {wrap(right, ADD)}", "bool", COMPARE)
        needs = left.needs | right.needs
        if mark == "==" and left.needs and right.needs and isinstance(node.left, Ref) and isinstance(node.right, Ref):
            neither = f"not answered({left.source}) and not answered({right.source})"
            code = Code(f"{code.source} if {guard(needs)} else {neither}", "bool", IF)
        else:
            code = guarded(code, needs)
        return negated(code) if node.operator == "!=" else code

    def _sides(self, node: Binary) -> tuple[Code, Code]:
        """Both sides, a quoted number beside a number read as one."""
        left, right = self.value(node.left), self.value(node.right)
        if left.kind in NUMBERS and right.literal is not None:
            return left, number_code(right.literal)
        if right.kind in NUMBERS and left.literal is not None:
            return number_code(left.literal), right
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
                return number_code(source)
            case Quoted(text=text):
                return Code(quoted(text), "text", literal=text) if text else Code("None", "text", empty=True)
            case Negative(inner=inner):
                code = self._numeric(inner)
                return replace(code, source=f"-{wrap(code, ATOM)}", level=TIMES)
            case Binary(operator="+" | "-" | "*" | "div" | "mod"):
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Binary():
                return self.truth(node)

    def _numeric(self, node: Node) -> Code:
        code = self.value(node)
        if code.kind not in NUMBERS or code.empty:
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
        level = TIMES if node.operator == "*" else ADD
        right_side = wrap(right, level + 1 if node.operator == "-" else level)
        kind: KindName = "int" if left.kind == right.kind == "int" else "decimal"
        return Code(f"{wrap(left, level)} {node.operator} {right_side}", kind, level, left.needs | right.needs)

    def _days(self, node: Binary) -> Code | None:
        left, right = self.value(node.left), self.value(node.right)
        if left.kind != "date" or right.kind != "date":
            return None
        if left.source == "today":
            return Code(f"days_since({right.source})", "int", needs=right.needs)
        if right.source == "today":
            return Code(f"-days_since({left.source})", "int", TIMES, left.needs)
        source = f"days_since({right.source}) - days_since({left.source})"
        return Code(source, "int", ADD, left.needs | right.needs)

    def _years(self, node: Binary) -> Code:
        match node:
            case Binary(left=Binary("-", first, second), right=Number(source=source)) if source in _YEAR:
                born = self.value(second)
                if self.value(first).source == "today" and born.kind == "date":
                    self._notes.append("years are counted by the calendar, and whole ones only")
                    return Code(f"years_since({born.source})", "int", needs=born.needs)
        raise UnreadableError("there is no division here")

    def _call(self, node: Call) -> Code:  # noqa: C901 - one case for each function that is known
        match node:
            case Call("today", ()):
                return Code("today", "date")
            case Call("int" | "floor", (inner,)):
                code = self._numeric(inner)
                return (
                    code if code.kind == "int" else replace(code, source=f"int({code.source})", kind="int", level=ATOM)
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
        return Code(f"{source} if answered({known.name}) else 0", "int", IF)

    def _branch(self, node: Node) -> Code:
        """One of the two values of an if(): None where something that it needs is empty."""
        code = self.value(node)
        if not code.needs:
            return code
        return Code(f"{wrap(code, OR)} if {guard(code.needs)} else None", code.kind, IF, empty=True)

    def _coalesce(self, first: Ref, second: Node) -> Code:
        one = self._known(first.name)
        other = self._branch(second)
        kind = kind_of_both(Code(one.name, one.kind), other)
        return Code(f"{one.name} if answered({one.name}) else {wrap(other, IF)}", kind, IF, empty=other.empty)

    def _choose(self, asked: Node, yes: Node, no: Node) -> Code:
        test, one, other = self.truth(asked), self._branch(yes), self._branch(no)
        source = f"{wrap(one, OR)} if {wrap(test, OR)} else {wrap(other, IF)}"
        return Code(source, kind_of_both(one, other), IF, empty=one.empty or other.empty)

    def _sum(self, name: str) -> Code:
        every = self._names.all_of(name)
        if not every or any(one.kind not in NUMBERS for one in every):
            raise UnreadableError(f"`{name}` is no number that is asked several times")
        parts = [f"({one.name} if answered({one.name}) else 0)" if one.missing else one.name for one in every]
        kind: KindName = "int" if all(one.kind == "int" for one in every) else "decimal"
        return Code(" + ".join(parts), kind, ADD)

    def _count(self, name: str) -> Code:
        turns = self._names.times(name)
        if turns is None:
            raise UnreadableError(f"how often `{name}` is gone through is not known beforehand")
        return Code(turns, "int", IF)
