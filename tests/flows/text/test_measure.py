import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.text.measure import (
    GSM_BASIC,
    GSM_EXTENSION,
    USSD,
    Budget,
    needs,
    segments,
    sendable,
    units,
)


def test_the_basic_table_is_the_standards_row_by_row() -> None:
    assert len(GSM_BASIC) == 128
    assert len(set(GSM_BASIC)) == 128
    at = {0x00: "@", 0x09: "Ç", 0x0A: "\n", 0x0D: "\r", 0x10: "Δ", 0x11: "_", 0x1B: "\x1b", 0x1F: "É", 0x24: "¤"}
    at |= {0x30: "0", 0x40: "¡", 0x41: "A", 0x5B: "Ä", 0x5F: "§", 0x60: "¿", 0x61: "a", 0x7B: "ä", 0x7F: "à"}
    assert {septet: GSM_BASIC[septet] for septet in at} == at
    assert set(GSM_EXTENSION) == set("\f^{}\\[~]|€")


@pytest.mark.parametrize(
    ("text", "encoding", "size"),
    [
        ("", "gsm7", 0),
        ("Received. Ref BR48217.", "gsm7", 22),
        ("[€]", "gsm7", 6),
        ("ແຈ້ງເກີດ", "ucs2", 8),
        ("it’s", "ucs2", 4),
        ("₭ 25.000", "ucs2", 8),
        ("👍", "ucs2", 2),
        ("a\x1bb", "ucs2", 3),
        ("ç", "ucs2", 1),
        ("`", "ucs2", 1),
    ],
)
def test_text_is_measured_in_the_encoding_it_needs(text: str, encoding: str, size: int) -> None:
    assert needs(text) == encoding
    assert units(text) == size


def test_a_text_outside_the_alphabet_has_no_septets() -> None:
    assert units("[", "ucs2") == 1
    with pytest.raises(ValueError, match="alphabet"):
        units("ລາວ", "gsm7")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ກ" * 70, 1),
        ("ກ" * 71, 2),
        ("ກ" * 134, 2),
        ("ກ" * 135, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets, but the pair would straddle two parts
        ("ກ" * 66 + "👍" + "ກ" * 66, 3),  # 134 units, likewise
    ],
)
def test_segments_are_counted_as_operators_count_them(text: str, count: int) -> None:
    assert segments(text) == count


def test_a_budget_depends_on_the_text() -> None:
    assert USSD.fits("a" * 160)
    assert not USSD.fits("a" * 159 + "€")
    assert USSD.fits("ກ" * 70)
    assert not USSD.fits("a" * 70 + "ກ")
    assert Budget(182, 80).limit("ກ") == 80


def test_marks_for_breaking_are_never_sent() -> None:
    assert sendable("ຈ\u200bກ\u2060 5\u00a0kg\ufeff") == "ຈກ 5 kg"


@given(st.text())
def test_any_text_is_measured(text: str) -> None:
    assert len(text) <= units(text) <= 2 * len(text)
    assert segments(text) >= 1
