"""Expressions of a flow: one line, read once through a whitelist of our own, evaluated at each key press.

The whitelist and the limits are the defence; simpleeval only walks the tree that passed them. What `check` accepts
evaluates on values of the declared kinds without a fault, but for these (each an `ExpressionFault`, never a quiet
false): a table without the row or with an empty cell, `int()` or `dec()` of a text that is no number, a number beyond
10**18.
"""

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Protocol

from pydantic import PlainSerializer, PlainValidator
from simpleeval import EvalWithCompoundTypes

from flows.errors import ExpressionFault
from flows.kinds import Implied, Inferred, Kind, infer
from flows.tables import Tables
from flows.text.lao import graphemes

MAX_LENGTH: Final = 300
"""Characters of the source."""
MAX_NODES: Final = 64
"""Nodes of the tree, the load marks of names not counted."""
MAX_NUMBER: Final = 10**18
"""Larger results are a fault: no register of a district holds them."""

FUNCTIONS: Final = {
    "days_since": 1,
    "years_since": 1,
    "today": 0,
    "len": 1,
    "answered": 1,
    "table": 3,
    "int": 1,
    "dec": 1,
}
"""Name -> how many arguments."""

DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?")

_TABLE_ARGS: Final = FUNCTIONS["table"]

_ALLOWED: Final = (
    ast.Expression,
    ast.BoolOp,
    ast.UnaryOp,
    ast.Compare,
    ast.BinOp,
    ast.IfExp,
    ast.Call,
    ast.Name,
    ast.Constant,
    ast.List,
    ast.boolop,
    ast.Not,
    ast.USub,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Add,
    ast.Sub,
    ast.Mult,
)

_ADVICE: Final[tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], str], ...]] = (
    (ast.Attribute, "a dot after a name is not allowed"),
    (ast.Subscript, "square brackets after a name are not allowed"),
    ((ast.Pow, ast.Div, ast.FloorDiv, ast.Mod), "only + - * are allowed"),
    ((ast.Is, ast.IsNot), "write == or !=, or not answered(name)"),
    ((ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "loops are not allowed"),
    ((ast.BitAnd, ast.BitOr, ast.Invert), "write and, or, not"),
    ((ast.Tuple, ast.Set, ast.Dict), "write a list in square brackets"),
    (ast.JoinedStr, "a text is written in plain quotes"),
)


class DataFault(ExpressionFault):
    """A table lacks the row, a text is no number, a number is too large."""


class BadExpressionError(ValueError):
    """The expression is not one that a flow may hold; its message is a sentence for the author."""


class World(Protocol):
    """What an expression may look at beside the answers."""

    @property
    def today(self) -> date:
        """The date in the node's time zone."""

    @property
    def tables(self) -> Tables:
        """The tables of codes."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that passed the whitelist.

    Attributes:
        source: what the author wrote. names: the names it reads (without `today`). tables: the tables it looks into,
            with the column.
    """

    source: str
    names: frozenset[str] = field(compare=False)
    tree: ast.expr = field(compare=False, repr=False)
    tables: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def infer(self, kinds: Mapping[str, Kind], implied: Implied = frozenset()) -> Inferred:
        """The kind it gives over names of these kinds, and what is wrong with it."""
        return infer(self.tree, kinds, implied)

    def check(self, kinds: Mapping[str, Kind]) -> list[str]:
        """What is wrong with it over names of these kinds, a sentence each; empty when it cannot fail on its types."""
        return list(self.infer(kinds).faults)

    def evaluate(self, scope: Mapping[str, Any], world: World) -> Any:
        """The value over these answers; raises `ExpressionFault` when it has none."""
        try:
            return _Evaluator(scope, world).eval(self.source, self.tree)
        except ExpressionFault as fault:
            raise type(fault)(f"{fault} (in: {self.source})") from fault
        except Exception as error:
            # Only what `check` would have refused comes here: the sentence names the kind of error, never a value.
            raise ExpressionFault(f"{type(error).__name__} in: {self.source}") from error


def compile_expression(source: object) -> Expression:
    """Read one expression; raises `BadExpressionError`, a ValueError, with a sentence for the author."""
    if isinstance(source, Expression):
        return source
    text = str(source).strip() if isinstance(source, str | int) else ""
    tree = _parse(text)
    nodes = [node for node in ast.walk(tree) if not isinstance(node, ast.Load)]
    if len(nodes) > MAX_NODES:
        raise BadExpressionError(f"the expression has more than {MAX_NODES} parts: split it with `computed`")
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        _admit(node, called)
    names = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}
    looked = tuple(_table_of(node) for node in nodes if isinstance(node, ast.Call) and len(node.args) == _TABLE_ARGS)
    return Expression(text, frozenset(names - {"today"}), tree, looked)


def _table_of(node: ast.Call) -> tuple[str, str]:
    table, _, column = node.args
    return str(getattr(table, "value", "")), str(getattr(column, "value", ""))


def _parse(text: str) -> ast.expr:
    if not text:
        raise BadExpressionError("an expression is missing here")
    if len(text) > MAX_LENGTH:
        raise BadExpressionError(f"the expression has more than {MAX_LENGTH} characters")
    if "\\" in text or not text.isprintable():
        raise BadExpressionError("an expression is one line without \\ and without control marks")
    if "&&" in text or "||" in text:
        raise BadExpressionError("write and, or, not instead of && || !")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning):
        raise BadExpressionError("this is not an expression: look for a missing quote, bracket or operator") from None


def _admit(node: ast.AST, called: set[int]) -> None:
    if not isinstance(node, _ALLOWED):
        advice = next((words for kinds, words in _ADVICE if isinstance(node, kinds)), "this form is not allowed")
        raise BadExpressionError(advice)
    if isinstance(node, ast.Constant):
        _admit_constant(node)
    elif isinstance(node, ast.Call):
        _admit_call(node)
    elif isinstance(node, ast.Name):
        _admit_name(node, called)


def _admit_constant(node: ast.Constant) -> None:
    value = node.value
    if isinstance(value, float):
        raise BadExpressionError('a decimal number is written dec("2.5")')
    if not (value is None or isinstance(value, str | bool | int)):
        raise BadExpressionError("only whole numbers, quoted texts, True, False and None are allowed")
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise BadExpressionError("the number is too large")


def _admit_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        raise BadExpressionError(f"only these functions exist: {', '.join(FUNCTIONS)}")
    name = node.func.id
    if node.keywords or len(node.args) != FUNCTIONS[name]:
        raise BadExpressionError(f"{name}() takes {FUNCTIONS[name]} value(s)")
    if name == "answered" and not isinstance(node.args[0], ast.Name):
        raise BadExpressionError("answered() takes the name of a field")
    if name == "table" and not all(
        isinstance(arg, ast.Constant) and isinstance(arg.value, str) for arg in (node.args[0], node.args[2])
    ):
        raise BadExpressionError('the table and the column stand in quotes: table("fees", key, "amount")')


def _admit_name(node: ast.Name, called: set[int]) -> None:
    if id(node) in called or node.id == "today":
        return
    if node.id in FUNCTIONS:
        raise BadExpressionError(f"{node.id} is a function: write {node.id}(...)")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", node.id):
        raise BadExpressionError(f"{node.id!r} cannot be a name: names are a-z, 0-9 and _")


def _same_kind(left: Any, right: Any) -> None:
    """Comparing with nothing, or a number with a text, is a fault: Python would quietly say False."""
    if left is None or right is None:
        raise ExpressionFault("an empty answer is compared")
    numbers = isinstance(left, int | Decimal) and isinstance(right, int | Decimal)
    if isinstance(left, bool) != isinstance(right, bool) or not (numbers or type(left) is type(right)):
        raise ExpressionFault("two different kinds are compared")


def _strict(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compare(left: Any, right: Any) -> Any:
        _same_kind(left, right)
        return function(left, right)

    return compare


def _contains(left: Any, right: Any) -> bool:
    if not isinstance(right, list | tuple):
        raise ExpressionFault("`in` needs a list")
    for one in right:
        _same_kind(left, one)
    return left in right


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(*values: Any) -> Any:
        if not all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in values):
            raise ExpressionFault("only numbers can be added and multiplied")
        result = function(*values)
        if abs(result) > MAX_NUMBER:
            raise DataFault("the number is too large")
        return result

    return compute


_OPERATORS: Final = {
    ast.Eq: _strict(operator.eq),
    ast.NotEq: _strict(operator.ne),
    ast.Lt: _strict(operator.lt),
    ast.LtE: _strict(operator.le),
    ast.Gt: _strict(operator.gt),
    ast.GtE: _strict(operator.ge),
    ast.In: _contains,
    ast.NotIn: lambda left, right: not _contains(left, right),
    ast.Not: operator.not_,
    ast.USub: _bounded(operator.neg),
    ast.Add: _bounded(operator.add),
    ast.Sub: _bounded(operator.sub),
    ast.Mult: _bounded(operator.mul),
}


_NODES: Final[dict[type[ast.AST], str]] = {
    ast.BoolOp: "_eval_boolop",
    ast.UnaryOp: "_eval_unaryop",
    ast.Compare: "_eval_compare",
    ast.BinOp: "_eval_binop",
    ast.IfExp: "_eval_ifexp",
    ast.Call: "_eval_call",
    ast.Name: "_eval_name",
    ast.Constant: "_eval_constant",
    ast.List: "_eval_list",
}


class _Evaluator(EvalWithCompoundTypes):  # type: ignore[misc] # simpleeval ships no types
    """simpleeval with nothing of its own left but the walk: our operators, our functions, no default ones.

    Made anew for each evaluation, so that nothing is shared; `__init__` leaves the parent's tables unbuilt. The table
    of nodes holds names: one of bound methods would be a ring, left to the garbage collector at each evaluation.
    """

    def __init__(self, scope: Mapping[str, Any], world: World) -> None:
        self.names = scope
        self.world = world
        self.operators = _OPERATORS

    def _eval(self, node: ast.AST) -> Any:
        return getattr(self, _NODES[type(node)])(node)

    def _eval_name(self, node: ast.Name) -> Any:
        if node.id == "today":
            return self.world.today
        try:
            return self.names[node.id]
        except KeyError:
            raise ExpressionFault(f"{node.id} has no answer yet") from None

    def _eval_call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "answered":
            return self._answered(node.args[0])
        return _CALLS[name](self.world, *(self._eval(arg) for arg in node.args))

    def _answered(self, asked: ast.expr) -> bool:
        """A computed name over something that has no answer yet has none either; a fault of the data stays one."""
        try:
            return isinstance(asked, ast.Name) and self.names.get(asked.id) is not None
        except DataFault:
            raise
        except ExpressionFault:
            return False


def years_between(born: date, today: date) -> int:
    """Whole years; someone born on 29 February has her birthday on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _days_since(world: World, value: Any) -> int:
    return (world.today - _date(value)).days


def _years_since(world: World, value: Any) -> int:
    return years_between(_date(value), world.today)


def _date(value: Any) -> date:
    if not isinstance(value, date):
        raise ExpressionFault("a date is needed")
    return value


def _len(_world: World, value: Any) -> int:
    if isinstance(value, str):
        return graphemes(value)
    if isinstance(value, list | tuple):
        return len(value)
    raise ExpressionFault("len() needs a text or a list")


def _table(world: World, table: str, key: Any, column: str) -> str:
    try:
        cell = world.tables[table].get(str(key), column)
    except KeyError:
        raise DataFault(f"there is no table {table}") from None
    if cell is None or cell == "":
        raise DataFault(f"the table {table} has no {column} for this row")
    return str(cell)


def _int(_world: World, value: Any) -> int:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise DataFault("int() was given a text that is not a whole number")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ExpressionFault("int() needs a number or a text")
    return int(value)


def _dec(_world: World, value: Any) -> Decimal:
    if isinstance(value, str) and not DECIMAL.fullmatch(value):
        raise DataFault("dec() was given a text that is not a number")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ExpressionFault("dec() needs a number or a text")
    return Decimal(value)


_CALLS: Final[dict[str, Callable[..., Any]]] = {
    "days_since": _days_since,
    "years_since": _years_since,
    "today": lambda world: world.today,
    "len": _len,
    "table": _table,
    "int": _int,
    "dec": _dec,
}


def _source(expression: Expression) -> str:
    return expression.source


Formula = Annotated[Expression, PlainValidator(compile_expression), PlainSerializer(_source, return_type=str)]
