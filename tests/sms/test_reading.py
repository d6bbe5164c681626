"""What every gateway checks of what it reads, on both sides: numbers, names of messages and sessions, words."""

import pytest

import sms.reading
import ussd.reading

NUMBERS = ["+8562055512345", "+1234567", "+123456789012345"]
NO_NUMBERS = [
    *("", "+", "8562055512345", "+0562055512345", "+123456", "+1234567890123456", "+85620 5551234", " +8562055512345"),
    *("+8562055512345\n", "+85620x5512345", "LaoTelecom", "1600", "+໘໕໖໒໐໕໕໕໑໒໓໔໕"),
]
NAMES = ["m1", "!", "~", "a" * 128, "SM0123-abc/xyz"]
NO_NAMES = ["", " ", "a b", "a" * 129, "a\n", "é", "ກ", "\x7f", "\0"]


@pytest.mark.parametrize("is_number", [sms.reading.is_number, ussd.reading.is_number])
def test_a_number_is_an_international_one(is_number: object) -> None:
    assert callable(is_number)
    assert [one for one in NUMBERS if not is_number(one)] == []
    assert [one for one in NO_NUMBERS if is_number(one)] == []


@pytest.mark.parametrize("is_name", [sms.reading.is_name, ussd.reading.is_session])
def test_a_name_is_short_and_printable(is_name: object) -> None:
    assert callable(is_name)
    assert [one for one in NAMES if not is_name(one)] == []
    assert [one for one in NO_NAMES if is_name(one)] == []


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("InsufficientCredit", "InsufficientCredit"),
        ("to +8562055512345 failed", "tofailed"),
        ("ຄຳ", ""),
        ("x" * 90, "x" * 40),
    ],
)
def test_what_may_go_into_a_log_is_letters_alone(said: str, word: str) -> None:
    assert sms.reading.token(said) == word
