"""What kind of value an expression gives: the check that makes a published expression unable to fail on its types."""

import ast
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from flows.fields import (
    AnyField,
    ChoiceField,
    CodeField,
    DateField,
    DecimalField,
    IntField,
    MultiField,
    NameField,
    PhoneField,
    RefField,
    TextField,
    TimeField,
    YesNoField,
)

KindName = Literal["text", "int", "decimal", "date", "time", "bool", "choice", "multi", "none", "list"]

OPTIONAL: Final = "may be left empty"
UNASKED: Final = "is not answered on every way to this place"

_NUMBERS: Final = ("int", "decimal")
_ORDERED: Final = ("int", "decimal", "date", "time")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_INT: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes:
        keys: of a choice. missing: why there may be no value ("" when there always is one).
        literal: the text itself, when the author wrote it.
    """

    name: KindName
    keys: frozenset[str] = frozenset()
    missing: str = ""
    literal: str | None = None


_WORDS: Final[Mapping[KindName, str]] = {
    "text": "a text",
    "int": "a whole number",
    "decimal": "a decimal number",
    "date": "a date",
    "time": "a time",
    "bool": "a yes/no value",
    "choice": "a choice",
    "multi": "a list of choices",
    "none": "None",
    "list": "a list",
}


def kind_of(field: AnyField) -> Kind:
    """The kind of a field's answer."""
    return replace(_plain_kind(field), missing=OPTIONAL if field.optional else "")


def _plain_kind(field: AnyField) -> Kind:
    match field:
        case TextField() | NameField() | PhoneField() | CodeField() | RefField():
            return Kind("text")
        case IntField():
            return Kind("int")
        case DecimalField():
            return Kind("decimal")
        case DateField():
            return Kind("date")
        case TimeField():
            return Kind("time")
        case YesNoField():
            return Kind("bool")
        case ChoiceField():
            return Kind("choice", frozenset(field.choices))
        case MultiField():
            return Kind("multi", frozenset(field.choices))


@dataclass(frozen=True, slots=True)
class Inferred:
    """The kind that an expression gives (None when that cannot be told) and what is wrong with it."""

    kind: Kind | None
    faults: tuple[str, ...]


Condition = frozenset[str]
"""The parts of a condition that `and` joins, each as source text."""
Implied = frozenset[tuple[Condition, str]]
"""Pairs (condition, name): whenever the condition holds, the name has a value."""


def infer(tree: ast.expr, kinds: Mapping[str, Kind], implied: Implied = frozenset()) -> Inferred:
    """Find the kind of a whitelisted expression over names of these kinds; every fault is a sentence."""
    checker = _Checker(kinds, implied)
    kind = checker.infer(tree, frozenset())
    if kind is not None and kind.name == "list":
        checker.fault("a list stands only on the right of `in`")
        kind = None
    return Inferred(kind, tuple(dict.fromkeys(checker.faults)))


def fits(given: Kind, wanted: Kind) -> bool:
    """Whether a value of one kind may become the answer of a field of another."""
    if given.name == "none":
        return bool(wanted.missing)
    if given.missing and not wanted.missing:
        return False
    if wanted.name == "choice":
        return given.literal in wanted.keys if given.literal is not None else given.keys <= wanted.keys != frozenset()
    if wanted.name == "multi":
        return given.name == "multi" and given.keys <= wanted.keys
    if wanted.name == "text":
        return given.name in ("text", "choice")
    return given.name == wanted.name or (given.name, wanted.name) == ("int", "decimal")


def settled(node: ast.expr, truth: bool) -> frozenset[str]:  # noqa: FBT001 - the truth value is the subject itself
    """The names that have an answer whenever this condition came out so."""
    match node:
        case ast.Call(func=ast.Name(id="answered"), args=[ast.Name(id=name)]):
            return frozenset({name}) if truth else frozenset()
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return settled(inner, not truth)
        case ast.BoolOp(op=ast.And(), values=parts) if truth:
            return frozenset().union(*(settled(part, truth) for part in parts))
        case ast.BoolOp(op=ast.Or(), values=parts) if not truth:
            return frozenset().union(*(settled(part, truth) for part in parts))
    return frozenset()


def conjuncts(node: ast.expr, truth: bool = True) -> Condition:  # noqa: FBT001, FBT002 - the truth value is the subject
    """What holds, as source text, when a condition comes out so: the parts that `and` joins, or one `not`."""
    match node:
        case ast.BoolOp(op=ast.And(), values=parts) if truth:
            return frozenset().union(*(conjuncts(part) for part in parts))
        case ast.BoolOp(op=ast.Or(), values=parts) if not truth:
            return frozenset().union(*(conjuncts(part, truth) for part in parts))
        case ast.UnaryOp(op=ast.Not(), operand=inner) if isinstance(inner, ast.UnaryOp | ast.BoolOp) or not truth:
            return conjuncts(inner, not truth)
    return frozenset({ast.unparse(node if truth else ast.UnaryOp(ast.Not(), node))})


class _Checker:
    """Walks one expression.

    `known` holds the names that a condition before has shown to be answered, and behind a `?` the conditions.
    """

    def __init__(self, kinds: Mapping[str, Kind], implied: Implied) -> None:
        self.kinds = kinds
        self.implied = implied
        self.faults: list[str] = []

    def _after(self, node: ast.expr, truth: bool, known: frozenset[str]) -> frozenset[str]:  # noqa: FBT001 - likewise
        """What is known once this condition came out so."""
        known |= settled(node, truth) | {f"?{part}" for part in conjuncts(node, truth)}
        return known | {name for condition, name in self.implied if {f"?{part}" for part in condition} <= known}

    def fault(self, sentence: str) -> None:
        self.faults.append(sentence)

    def value(self, node: ast.expr, known: frozenset[str]) -> Kind | None:
        """The kind of a part that must have a value here."""
        kind = self.infer(node, known)
        if kind is not None and kind.missing:
            self._empty(node, kind)
            return None
        return kind

    def _empty(self, node: ast.expr, kind: Kind) -> None:
        if isinstance(node, ast.Name):
            self.fault(f"`{node.id}` {kind.missing}: write `answered({node.id}) and ...` before it")
        elif kind.name == "none":
            self.fault("nothing can be compared with None: write answered(name) or not answered(name)")
        else:
            self.fault(f"a part of the expression {kind.missing}")

    def infer(self, node: ast.expr, known: frozenset[str]) -> Kind | None:
        match node:
            case ast.Constant():
                return _constant(node)
            case ast.Name():
                return self._name(node, known)
            case ast.BoolOp():
                return self._logic(node, known)
            case ast.UnaryOp(op=ast.Not()):
                self._bool(node.operand, known)
                return Kind("bool")
            case ast.UnaryOp():
                return self._number(node.operand, known)
            case ast.BinOp():
                return self._arithmetic(node, known)
            case ast.Compare():
                return self._comparison(node, known)
            case ast.IfExp():
                return self._conditional(node, known)
            case ast.Call(func=ast.Name(id=name)):
                return self._call(name, node.args, known)
        self.fault("a list stands only on the right of `in`")
        return None

    def _name(self, node: ast.Name, known: frozenset[str]) -> Kind | None:
        if node.id == "today":
            return Kind("date")
        kind = self.kinds.get(node.id)
        if kind is None:
            close = difflib.get_close_matches(node.id, self.kinds, 1)
            hint = f": did you mean `{close[0]}`?" if close else ": declare it under `fields` or `computed`"
            self.fault(f"`{node.id}` is not declared{hint}")
            return None
        return replace(kind, missing="") if node.id in known else kind

    def _bool(self, node: ast.expr, known: frozenset[str]) -> None:
        kind = self.value(node, known)
        if kind is not None and kind.name != "bool":
            self.fault(f"{_WORDS[kind.name]} stands where a condition is needed: compare it with something")

    def _logic(self, node: ast.BoolOp, known: frozenset[str]) -> Kind:
        for part in node.values:
            self._bool(part, known)
            known = self._after(part, isinstance(node.op, ast.And), known)
        return Kind("bool")

    def _conditional(self, node: ast.IfExp, known: frozenset[str]) -> Kind | None:
        self._bool(node.test, known)
        left = self.infer(node.body, self._after(node.test, True, known))
        right = self.infer(node.orelse, self._after(node.test, False, known))
        if left is None or right is None:
            return None
        joined = _join(left, right)
        if joined is None:
            self.fault(f"both sides of if/else must be one kind, not {_WORDS[left.name]} and {_WORDS[right.name]}")
        return joined

    def _number(self, node: ast.expr, known: frozenset[str]) -> Kind | None:
        kind = self.value(node, known)
        if kind is not None and kind.name not in _NUMBERS:
            self.fault(f"only numbers can be added and multiplied, not {_WORDS[kind.name]}")
            return None
        return kind

    def _arithmetic(self, node: ast.BinOp, known: frozenset[str]) -> Kind | None:
        left, right = self._number(node.left, known), self._number(node.right, known)
        if left is None or right is None:
            return None
        return Kind("int" if left.name == right.name == "int" else "decimal")

    def _comparison(self, node: ast.Compare, known: frozenset[str]) -> Kind:
        left = self.value(node.left, known)
        for operation, right_node in zip(node.ops, node.comparators, strict=True):
            if isinstance(operation, ast.In | ast.NotIn):
                right = self._inside(left, right_node, known)
            else:
                right = self.value(right_node, known)
                self._compare(operation, left, right)
            left = right
        return Kind("bool")

    def _inside(self, left: Kind | None, right: ast.expr, known: frozenset[str]) -> Kind | None:
        if isinstance(right, ast.List):
            if not right.elts:
                self.fault("the list after `in` is empty")
            for one in right.elts:
                self._compare(ast.Eq(), left, self.value(one, known))
            return Kind("list")
        kind = self.value(right, known)
        if kind is None:
            return None
        if kind.name != "multi":
            self.fault(f"after `in` stands a list or a field of several choices, not {_WORDS[kind.name]}")
        else:
            self._compare(ast.Eq(), left, Kind("choice", kind.keys))
        return Kind("list")

    def _compare(self, operation: ast.cmpop, left: Kind | None, right: Kind | None) -> None:
        if left is None or right is None:
            return
        if not isinstance(operation, ast.Eq | ast.NotEq):
            self._order(left, right)
            return
        for choice, other in ((left, right), (right, left)):
            if choice.name == "choice" and other.literal is not None and other.literal not in choice.keys:
                keys = ", ".join(sorted(choice.keys))
                self.fault(f'"{other.literal}" is not among the keys of the choice: {keys}')
                return
        if not _comparable(left, right):
            self.fault(f"{_WORDS[left.name]} is never equal to {_WORDS[right.name]}")

    def _order(self, left: Kind, right: Kind) -> None:
        if {left.name, right.name} == {"time", "text"} and _comparable(left, right):
            return
        same = left.name == right.name or (left.name in _NUMBERS and right.name in _NUMBERS)
        if left.name not in _ORDERED or right.name not in _ORDERED or not same:
            self.fault(f"{_WORDS[left.name]} cannot be smaller or larger than {_WORDS[right.name]}")

    def _call(self, name: str, args: list[ast.expr], known: frozenset[str]) -> Kind | None:
        if name == "answered":
            self.infer(args[0], known)
            return Kind("bool")
        wanted, result = _SIGNATURES[name]
        for arg, names in zip(args, wanted, strict=True):
            kind = self.value(arg, known)
            if kind is not None and kind.name not in names:
                self.fault(f"{name}() cannot be given {_WORDS[kind.name]}")
            elif kind is not None and kind.literal is not None and name in _LITERALS:
                self._literal(name, kind.literal)
        return Kind(result)

    def _literal(self, name: str, literal: str) -> None:
        if not _LITERALS[name].fullmatch(literal):
            self.fault(f'{name}("{literal}") is not a number')


_LITERALS: Final = {"int": _INT, "dec": _DECIMAL}
_SIGNATURES: Final[Mapping[str, tuple[tuple[tuple[KindName, ...], ...], KindName]]] = {
    "days_since": ((("date",),), "int"),
    "years_since": ((("date",),), "int"),
    "today": ((), "date"),
    "len": ((("text", "multi"),), "int"),
    "table": ((("text",), ("text", "choice", "int"), ("text",)), "text"),
    "int": ((("text", "int", "decimal"),), "int"),
    "dec": ((("text", "int", "decimal"),), "decimal"),
}


def _constant(node: ast.Constant) -> Kind:
    if node.value is None:
        return Kind("none", missing="is None")
    if isinstance(node.value, bool):
        return Kind("bool")
    return Kind("text", literal=node.value) if isinstance(node.value, str) else Kind("int")


def _comparable(left: Kind, right: Kind) -> bool:
    names = {left.name, right.name}
    if names <= {"int", "decimal"} or names <= {"date"} or names <= {"time"} or names <= {"bool"}:
        return True
    if names == {"choice"}:
        return bool(left.keys & right.keys)
    if names == {"time", "text"}:
        literal = left.literal if left.name == "text" else right.literal
        return literal is not None and _TIME.fullmatch(literal) is not None
    return names <= {"text", "choice"}


def _join(left: Kind, right: Kind) -> Kind | None:
    missing = left.missing or right.missing
    if left.name == "none" or right.name == "none":
        one = right if left.name == "none" else left
        return replace(one, missing=missing, literal=None)
    if left.name == right.name:
        literal = left.literal if left.literal == right.literal else None
        return Kind(left.name, left.keys | right.keys, missing, literal)
    if left.name in _NUMBERS and right.name in _NUMBERS:
        return Kind("decimal", missing=missing)
    if {left.name, right.name} == {"text", "choice"}:
        return Kind("text", missing=missing)
    return None
