"""Where messages may go, and what they may cost in a day."""

from decimal import Decimal

import pytest

from sms.pricing import DAY, UNIT, Purse, Reach, Tariff, calling_code, money, told


@pytest.mark.parametrize(
    ("cost", "amount"),
    [("KES 0.8000", 8000), ("0.80001", 8001), ("0", 0), ("", None), ("free", None), ("USD NaN", None)],
)
def test_a_cost_is_read_from_what_gateways_say(cost: str, amount: int | None) -> None:
    assert told(cost) == amount


def test_the_longest_prefix_sets_the_price() -> None:
    tariff = Tariff({"+856": 100, "+85620": 70})
    assert tariff.price("+8562055512345", 3) == 210
    assert tariff.price("+8563055512345", 1) == 100
    assert tariff.price("+66812345678", 1) == UNIT


def test_money_is_rounded_up() -> None:
    assert money(Decimal("0.00001")) == 1
    assert money(Decimal("1.5")) == 15_000


def test_only_listed_countries_may_be_written_to() -> None:
    reach = Reach.of([calling_code("LA")])
    assert reach.allows("+8562055512345")
    for number in ("+66812345678", "+882163212345", "+8", "1999", "LaoTelecom", "+85", "+856"):
        assert not reach.allows(number), number


def test_numbers_that_charge_the_caller_are_never_written_to() -> None:
    assert Reach.of(["+44"]).allows("+447400123456")
    assert not Reach.of(["+44"]).allows("+449012345678")


def test_a_country_that_does_not_exist_allows_nothing() -> None:
    assert calling_code("QQ") == ""
    assert not Reach.of([]).allows("+8562055512345")


def test_a_purse_is_never_overdrawn_and_tells_each_mark_once() -> None:
    purse = Purse(100)
    purse.open(0, 0)
    marks = []
    paid = 0
    for _ in range(40):
        paid += purse.pay(7)
        if mark := purse.alert():
            marks.append(mark)
    assert paid == 14
    assert purse.spent == 98
    assert marks == [50, 80]
    assert not purse.is_new_day(DAY - 1)
    assert purse.is_new_day(DAY)
