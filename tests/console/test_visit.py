"""What an address says in digits."""

import pytest

from console.visit import digits


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("7", 7),
        ("007", 7),
        ("9" * 15, 999_999_999_999_999),
        ("9" * 16, 0),
        *((said, 0) for said in ("", "-1", "1.5", "1 2", "²", "٣", "໓")),
    ],
)
def test_only_plain_digits_are_a_number(said: str, meant: int) -> None:
    assert digits(said) == meant
