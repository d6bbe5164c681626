"""What an expression may be, what it comes to, and that the check and the evaluation never disagree."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import ExpressionFault
from flows.expressions import BadExpressionError, DataFault, compile_expression
from flows.kinds import OPTIONAL, UNASKED, Kind
from flows.tables import Tables, table_of


@dataclass(frozen=True)
class Here:
    today: date = date(2026, 11, 5)
    tables: Tables = field(
        default_factory=lambda: Tables({"fees": table_of("fees", {"late": {"amount": "20000", "note": ""}})})
    )


HERE = Here()
KINDS = {
    "age": Kind("int"),
    "weight": Kind("decimal"),
    "born": Kind("date"),
    "visit": Kind("time"),
    "married": Kind("bool"),
    "sex": Kind("choice", frozenset({"f", "m"})),
    "level": Kind("choice", frozenset({"m", "pre"})),
    "owns": Kind("multi", frozenset({"tv", "car"})),
    "name": Kind("text"),
    "maybe": Kind("int", missing=OPTIONAL),
    "later": Kind("bool", missing=UNASKED),
}


def evaluate(source: str, **scope: Any) -> Any:
    return compile_expression(source).evaluate(scope, HERE)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("age >= 18 and sex == 'f'", True),
        ("not married", False),
        ("1 < age < 30", True),
        ("sex in ['f', 'm']", True),
        ("'tv' in owns", True),
        ("'tv' not in owns", False),
        ("age * 2 - 1", 39),
        ("-age", -20),
        ("weight + 1", Decimal("3.9")),
        ('weight < dec("3")', True),
        ("age if married else 0", 20),
        ("days_since(born)", 3),
        ("years_since(born) == 0", True),
        ("born < today", True),
        ("today() == today", True),
        ("len(name)", 2),
        ("len(owns)", 1),
        ("answered(name)", True),
        ("answered(nobody)", False),
        ('int(table("fees", "late", "amount")) + 1', 20001),
        ("None if married else age", None),
        ("True", True),
    ],
)
def test_an_expression_has_its_value(source: str, value: Any) -> None:
    scope = {"age": 20, "weight": Decimal("2.9"), "born": date(2026, 11, 2), "married": True, "sex": "f"}
    assert evaluate(source, **scope, owns=("tv",), name="ນ້ຳຫຼ") == value


def test_a_birthday_on_the_29th_of_february_is_kept_in_march() -> None:
    late = Here(today=date(2027, 2, 28))
    assert compile_expression("years_since(born)").evaluate({"born": date(2024, 2, 29)}, late) == 2
    on = Here(today=date(2027, 3, 1))
    assert compile_expression("years_since(born)").evaluate({"born": date(2024, 2, 29)}, on) == 3


@pytest.mark.parametrize(
    "source",
    [
        "",
        "age.__class__",
        '"".join(owns)',
        "name.format(1)",
        "owns[0]",
        "[x for x in owns]",
        "lambda: 1",
        "9**9",
        "age / 2",
        "age // 2",
        "age % 2",
        "age && married",
        "!married",
        "__import__('os')",
        "f'{age}'",
        "age is None",
        "(a := 3)",
        "1.5",
        "1j",
        "b'x'",
        "...",
        "len",
        "len(name, name)",
        "len(*owns)",
        "int(x=1)",
        "open('x')",
        "table(name, 'x', 'y')",
        "answered('name')",
        "~age",
        "age & 1",
        "{1: 2}",
        "{1}",
        "(1, 2)",
        "ຊື່ == 1",
        "_x",
        "age\n> 3",
        "'\\x41' == name",
        "age > 3;",
        "1or 2",
        "9" * 30,
        "age == " + "1 + " * 40 + "1",
        "(" * 2000 + "1" + ")" * 2000,
        "a" * 301,
        "\0",
    ],
)
def test_anything_else_is_refused_when_it_is_read(source: str) -> None:
    with pytest.raises(BadExpressionError):
        compile_expression(source)


@pytest.mark.parametrize("source", ["age == 'x'", "maybe == 3", "age < sex", "sex and married", "later", "born + 1"])
def test_what_the_check_refuses_is_never_quietly_false(source: str) -> None:
    expression = compile_expression(source)
    assert expression.check(KINDS) or source == "later"
    if source != "sex and married":
        with pytest.raises(ExpressionFault):
            expression.evaluate({"age": 20, "sex": "f", "maybe": None, "born": date(2026, 1, 1)}, HERE)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ('sex == "x"', "not among the keys"),
        ('sex in ["f", "g"]', "not among the keys"),
        ('"x" in owns', "not among the keys"),
        ("agee > 3", "did you mean `age`"),
        ("maybe > 3", "answered(maybe)"),
        ("maybe > 3 or not answered(maybe)", "answered(maybe)"),
        ("later and age > 3", "answered(later)"),
        ("age == None", "answered"),
        ("married == (married if (age != age) else age)", "one kind"),
        ("age and married", "condition"),
        ("name < 'b'", "smaller"),
        ("name + 'b'", "numbers"),
        ("age in owns", "never equal"),
        ("age in name", "after `in`"),
        ("['a']", "list"),
        ("name in []", "empty"),
        ("days_since(age)", "cannot be given"),
        ('dec("x")', "not a number"),
        ('table("fees", "late", "amount") > 3', "smaller"),
        ('born == "2026-11-02"', "never equal"),
        ('visit < "25:00"', "smaller"),
    ],
)
def test_the_check_says_what_is_wrong(source: str, says: str) -> None:
    assert says in " ".join(compile_expression(source).check(KINDS))


@pytest.mark.parametrize(
    "source",
    [
        "answered(maybe) and maybe > 3",
        "not answered(maybe) or maybe > 3",
        "maybe if answered(maybe) else 0",
        "maybe",
        'visit < "12:00"',
        "sex == level",
        "weight > age",
        "married == (age > 3)",
    ],
)
def test_the_check_lets_right_ones_pass(source: str) -> None:
    assert compile_expression(source).check(KINDS) == []


def test_a_condition_that_implies_an_answer_is_believed() -> None:
    expression = compile_expression("married and later")
    assert expression.check(KINDS)
    assert not expression.infer(KINDS, frozenset({(frozenset({"married"}), "later")})).faults


VALUES = {
    "age": st.integers(-10, 200),
    "weight": st.decimals(-10, 200, places=2),
    "born": st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    "visit": st.sampled_from(["00:00", "09:30", "23:59"]),
    "married": st.booleans(),
    "sex": st.sampled_from(["f", "m"]),
    "level": st.sampled_from(["m", "pre"]),
    "owns": st.lists(st.sampled_from(["tv", "car"]), unique=True).map(tuple),
    "name": st.text(max_size=5),
    "maybe": st.none() | st.integers(0, 9),
    "later": st.booleans(),
}
ATOMS = st.sampled_from(
    [*KINDS, "today", "0", "18", "True", "None", '"f"', '"x"', '"tv"', '"12:00"', 'dec("2.5")', '["f", "m"]', "[1, 2]"]
)


def _of(*parts: Any) -> st.SearchStrategy[str]:
    """The parts joined, each a text or a strategy of texts."""
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


# Mostly of the right kind, so that much of what is made passes the check; a tenth or so is of any kind.
NUMBERS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["age", "weight", "0", "18", 'dec("2.5")', "maybe", "len(owns)", "len(name)"]),
        _of("(", NUMBERS, st.sampled_from([" + ", " - ", " * "]), NUMBERS, ")"),
        _of("-", NUMBERS),
        _of(st.sampled_from(["int", "dec"]), "(", st.one_of(NUMBERS, TEXTS), ")"),
        _of(st.sampled_from(["days_since", "years_since"]), "(", DATES, ")"),
        _of("(", NUMBERS, " if ", BOOLS, " else ", NUMBERS, ")"),
        ATOMS,
    )
)
TEXTS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["sex", "level", "name", '"f"', '"m"']),
        _of("(", TEXTS, " if ", BOOLS, " else ", TEXTS, ")"),
        _of('table("fees", ', TEXTS, ', "amount")'),
        ATOMS,
    )
)
DATES: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["born", "today", "today()"]), _of("(", DATES, " if ", BOOLS, " else born)"), ATOMS
    )
)
BOOLS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["married", "True", "answered(maybe)", '"tv" in owns', 'visit < "12:00"', "later"]),
        _of("(", NUMBERS, st.sampled_from([" < ", " == ", " >= "]), NUMBERS, ")"),
        _of("(", TEXTS, st.sampled_from([" == ", " != "]), TEXTS, ")"),
        _of("(", DATES, " < ", DATES, ")"),
        _of("(", TEXTS, ' in ["f", "m"])'),
        _of("(", BOOLS, st.sampled_from([" and ", " or ", " == "]), BOOLS, ")"),
        _of("(not ", BOOLS, ")"),
        _of("(answered(maybe) and ", NUMBERS, " == maybe)"),
        _of("(maybe > 3 if answered(maybe) else ", BOOLS, ")"),
        ATOMS,
    )
)


RESULTS: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "decimal": (int, Decimal),
    "bool": bool,
    "text": str,
    "choice": str,
    "time": str,
    "date": date,
    "multi": tuple,
}


@settings(max_examples=300, deadline=None)
@given(st.one_of(NUMBERS, BOOLS, TEXTS), st.data())
def test_what_the_check_passes_never_fails_on_its_types(source: str, data: st.DataObject) -> None:
    try:
        expression = compile_expression(source)
    except BadExpressionError:
        return
    inferred = expression.infer(KINDS)
    if inferred.faults or inferred.kind is None:
        return
    scope = {name: data.draw(values, name) for name, values in VALUES.items()}
    if data.draw(st.booleans()):
        del scope["later"]
    try:
        value = expression.evaluate(scope, HERE)
    except DataFault:
        return
    except ExpressionFault:
        # An answer that was never given may be the whole value, never a part of a comparison.
        assert inferred.kind.missing
        assert "later" not in scope
        return
    if value is None:
        assert inferred.kind.missing
    else:
        assert isinstance(value, RESULTS[inferred.kind.name])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=320))
def test_no_text_at_all_breaks_the_reader(source: str) -> None:
    with suppress(BadExpressionError):
        compile_expression(source)


@pytest.mark.parametrize("source", ["age * age * age * age", "-(age * age * age)"])
def test_a_number_that_no_register_holds_is_a_fault(source: str) -> None:
    with pytest.raises(DataFault):
        evaluate(source, age=10**15)


@pytest.mark.parametrize(
    "source",
    ['table("fees", "gone", "amount")', 'table("fees", "late", "note")', 'table("x", "late", "y")', "int(name)"],
)
def test_a_missing_row_or_a_text_that_is_no_number_is_a_fault(source: str) -> None:
    with pytest.raises(DataFault):
        evaluate(source, name="ສິບ")


class Computing(dict[str, Any]):
    """Answers under which `late` is computed from `born`, and `fee` from a table."""

    def __missing__(self, name: str) -> Any:
        sources = {"late": "days_since(born) > 30", "fee": 'int(table("fees", "gone", "amount"))'}
        return compile_expression(sources[name]).evaluate(self, HERE)

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def test_a_computed_name_is_answered_when_all_it_needs_is() -> None:
    asked = compile_expression("answered(late) and late")
    assert asked.evaluate(Computing(born=date(2026, 1, 1)), HERE) is True
    assert asked.evaluate(Computing(), HERE) is False
    with pytest.raises(DataFault):
        compile_expression("answered(fee)").evaluate(Computing(), HERE)
