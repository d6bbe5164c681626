"""Turns a constraint into the limits of a field where these say the same, and into a condition for the rest."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flows.imports.codes import Code, Known
from flows.imports.fields import Made
from flows.imports.report import Report
from flows.imports.survey import Spot, Survey
from flows.imports.translate import condition_of, joined
from flows.imports.xpath import Binary, Call, Negative, Node, Number, Quoted, Ref, UnreadableError, parse
from flows.inputs.codes import pattern_fault

_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_SMALLEST: Final = Decimal("0.000001")
_WIDEST: Final = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """What is left of a constraint when the field has taken what it can: a condition on the answer, or nothing."""

    rest: Code | None = None

    @staticmethod
    def of(spot: Spot, made: Made, field: dict[str, Any], survey: Survey, report: Report) -> "Limits":
        """Put the limits into the field; what cannot be carried over at all is reported."""
        line = spot.node.line
        source = line.get("constraint")
        if not source:
            return Limits()
        own = Known(made.name, made.kind, keys=_keys(spot, survey))
        try:
            parts = _conjuncts(parse(source))
        except UnreadableError as error:
            report.left(line.place, "constraint", f"{error}: any answer of its kind is taken")
            return Limits()
        rest: list[Code] = []
        for part in parts:
            if _limit(field, part):
                continue
            notes: list[str] = []
            try:
                rest.append(condition_of(part, survey.scope(spot.turns, own), notes))
            except UnreadableError as error:
                report.left(line.place, "constraint", f"{error}: any answer of its kind is taken")
            for note in notes:
                report.changed(line.place, "constraint", note)
        if rest and not line.get("constraint_message"):
            report.changed(line.place, "constraint", "it is looked at after the answer, which is asked for again")
        try:
            return Limits(joined(rest) if rest else None)
        except UnreadableError as error:
            report.left(line.place, "constraint", f"{error}: any answer of its kind is taken")
            return Limits()


def _keys(spot: Spot, survey: Survey) -> Any:
    known = survey.entries.get((spot.node.name, spot.turns))
    return known.keys if known is not None else {}


def _conjuncts(node: Node) -> list[Node]:
    if isinstance(node, Binary) and node.operator == "and":
        return [*_conjuncts(node.left), *_conjuncts(node.right)]
    return [node]


def _limit(field: dict[str, Any], node: Node) -> bool:
    """Whether the field can say this by a limit of its own; then it does."""
    match node:
        case Call("regex", (Ref(name=""), Quoted(text=pattern))):
            return _pattern(field, pattern)
        case Binary(operator=mark, left=Ref(name=""), right=other) if mark in _TURNED:
            return _bound(field, mark, other)
        case Binary(operator=mark, left=other, right=Ref(name="")) if mark in _TURNED:
            return _bound(field, _TURNED[mark], other)
        case Binary(operator=mark, left=Call("string-length", (Ref(name=""),)), right=Number() as other) if (
            mark in _TURNED
        ):
            return _length(field, mark, other)
    return False


def _pattern(field: dict[str, Any], pattern: str) -> bool:
    if field["type"] != "text" or " " in pattern or r"\s" in pattern or not 0 < len(pattern) <= 150:  # noqa: PLR2004 - half a line
        return False
    plain = re.sub(r"^\^|(?<!\\)\$$", "", pattern)
    if pattern_fault(plain):
        return False
    field["type"] = "code"
    field.pop("max", None)
    field.pop("min", None)
    field["pattern"] = plain
    field["max"] = 60
    return True


def _length(field: dict[str, Any], mark: str, number: Number) -> bool:
    if field["type"] != "text" or not number.source.isdigit():
        return False
    size = int(number.source)
    least, most = {
        "<=": (None, size), "<": (None, size - 1), ">=": (size, None), ">": (size + 1, None), "=": (size, size)
    }[mark]  # fmt: skip
    if any(one is not None and not 1 <= one <= _WIDEST for one in (least, most)):
        return False
    if least is not None:
        field["min"] = least
        field["max"] = max(field.get("max", 60), least)
    if most is not None:
        field["max"] = most
    return True


def _bound(field: dict[str, Any], mark: str, other: Node) -> bool:
    if field["type"] in ("int", "decimal"):
        return _number(field, mark, other)
    return field["type"] == "date" and _day(field, mark, other)


def _number(field: dict[str, Any], mark: str, other: Node) -> bool:
    source = f"-{other.inner.source}" if isinstance(other, Negative) and isinstance(other.inner, Number) else ""
    source = other.source if isinstance(other, Number) else source
    if not source or abs(Decimal(source)) > 10**12:
        return False
    limit = Decimal(source)
    step = Decimal(1) if field["type"] == "int" else _SMALLEST
    if field["type"] == "int" and limit != int(limit):
        limit = Decimal(int(limit // 1)) + (1 if mark in (">", ">=") else 0)
        mark = {">": ">=", "<": "<="}.get(mark, mark)
        if mark == "=":
            return False
    limit += {">": step, "<": -step}.get(mark, Decimal(0))
    plain: Any = int(limit) if limit == int(limit) else limit
    if mark in (">", ">=", "="):
        field["min"] = max(field.get("min", plain), plain)
        if "max" not in field and plain > 10**8:
            field["max"] = 10**15
    if mark in ("<", "<=", "="):
        field["max"] = min(field.get("max", plain), plain)
        if "min" not in field and plain < 0:
            field["min"] = -(10**15)
    return True


def _day(field: dict[str, Any], mark: str, other: Node) -> bool:  # noqa: C901 - one case for each way to write a day
    match other:
        case Call("today", ()):
            source, shift = "today", 0
        case Binary(operator="+" | "-" as sign, left=Call("today", ()), right=Number(source=days)) if days.isdigit():
            source, shift = "today", int(days) * (1 if sign == "+" else -1)
        case Quoted(text=text) | Call("date", (Quoted(text=text),)):
            try:
                source, shift = date.fromisoformat(text.strip()).isoformat(), 0
            except ValueError:
                return False
        case _:
            return False
    shift += {">": 1, "<": -1}.get(mark, 0)
    if source != "today" and shift:
        source = date.fromordinal(date.fromisoformat(source).toordinal() + shift).isoformat()
    elif shift:
        source = f"today {'+' if shift > 0 else '-'} {abs(shift)}d"
    if mark in (">", ">=", "=") and "min" not in field:
        field["min"] = source
    elif mark in (">", ">="):
        return False
    if mark in ("<", "<=", "=") and "max" not in field:
        field["max"] = source
    elif mark in ("<", "<="):
        return False
    return True
