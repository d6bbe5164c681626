"""One message cut into its values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.dialogue.forms import split


@pytest.mark.parametrize(
    ("text", "fields", "values"),
    [
        ('F 02/11/2026 "Kham La" 0901005', 4, ("F", "02/11/2026", "Kham La", "0901005")),
        ("F 02/11/2026 “Kham La” 0901005", 4, ("F", "02/11/2026", "Kham La", "0901005")),
        ("F ”Kham La„", 2, ("F", "Kham La")),
        ("F «Kham La»", 2, ("F", "Kham La")),
        ("F 'Kham La' x", 3, ("F", "Kham La", "x")),
        ("O'Brien x", 2, ("O'Brien", "x")),
        ("'t Hart", 1, ("'t Hart",)),
        ('"Kham ""Lek"" La" x', 2, ('Kham "Lek" La', "x")),
        ("F - x", 3, ("F", "-", "x")),
        ("F Kham  La Vong", 2, ("F", "Kham  La Vong")),
        ('F "Kham La" Vong', 2, ("F", "Kham La Vong")),
        ('"Kham La', 1, ("Kham La",)),
        ("F", 3, ("F",)),
        ("  ", 3, ()),
        ('""', 1, ("",)),
        ("ຍິງ ໐໒/໑໑/໒໐໒໖ ນາງ ຄຳ", 3, ("ຍິງ", "໐໒/໑໑/໒໐໒໖", "ນາງ ຄຳ")),
    ],
)
def test_values(text: str, fields: int, values: tuple[str, ...]) -> None:
    assert split(text, fields) == values


@given(st.text(alphabet="a \"'“”-", max_size=40), st.integers(1, 5))
def test_never_more_values_than_fields_and_no_letter_lost(text: str, fields: int) -> None:
    values = split(text, fields)
    assert len(values) <= fields
    assert "".join(values).count("a") == text.count("a")
