"""The citizen's number catches what people mistype."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import damm

from flows.reference import format_reference, is_reference, make_reference

eight = st.text("0123456789", min_size=8, max_size=8)


@given(eight)
def test_the_check_digit_is_damms(digits: str) -> None:
    assert make_reference(digits) == digits + damm.calc_check_digit(digits)
    assert is_reference(make_reference(digits))


@given(eight, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_caught(digits: str, place: int, shift: int) -> None:
    good = make_reference(digits)
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    assert not is_reference(wrong)


@given(eight, st.integers(0, 7))
def test_swapped_neighbours_are_caught(digits: str, place: int) -> None:
    good = make_reference(digits)
    swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
    assert swapped == good or not is_reference(swapped)


@pytest.mark.parametrize("text", ["", "12345678", "1234567890", "48210933x", "໔໘໒໑໐໙໓໓໓", "482 109 333"])
def test_what_is_no_reference(text: str) -> None:
    assert not is_reference(text)


def test_it_is_printed_in_threes() -> None:
    assert format_reference("482109337") == "482 109 337"
    assert format_reference("BR48217") == "BR48217"


@pytest.mark.parametrize("digits", ["", "1234567", "123456789", "1234567x", "໑໒໓໔໕໖໗໘"])
def test_only_eight_digits_make_one(digits: str) -> None:
    with pytest.raises(ValueError, match="8 digits"):
        make_reference(digits)
