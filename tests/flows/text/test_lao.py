import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.text.lao import clean, fold_digits, graphemes, match_key, storage

lao_letters = st.text(st.characters(min_codepoint=0x0E80, max_codepoint=0x0EDF), max_size=12)

# Written as code points, so that no editor spells them anew.
PAIRS = [
    ("\u0e99\u0ec9\u0eb3", "\u0e99\u0ecd\u0ec9\u0eb2", True),
    ("\u0e99\u0ec9\u0eb3", "\u0e99\u0ec9\u0ecd\u0eb2", True),
    ("\u0e81\u0ec9\u0eb5", "\u0e81\u0eb5\u0ec9", True),
    ("\u0e81\u0ec8\u0ebb", "\u0e81\u0ebb\u0ec8", True),
    ("\u0e81\u0eb8\u0ec8", "\u0e81\u0ec8\u0eb8", True),
    ("\u0e84\u0eb3\u0ea1\u0ec8\u0ea7\u0e99", "\u0e84\u0ecd\u0eb2\u0ea1\u0ec8\u0ea7\u0e99", True),
    ("\u0e99\u0ec9\u0eb3", "\u0e99\u0ec9\u0ec9\u0eb3", True),
    ("\u0e88\u0e81", "\u0e88\u200b\u0e81", True),
    ("ຫ\u0ebcວງພະບາງ", "ຫ\u0ea5ວງພະບາງ", False),
    ("\u0edcອງແຮດ", "\u0eab\u0e99ອງແຮດ", False),
    ("ຫ\u0ebcັງ", "ຫ\u0ea5ັງ", False),
    ("໒໐/໑໑/໒໐໒໖", "20/11/2026", False),
    ("BR48217", "Br-48 217", False),
    # The repairs of the measured rules.
    ("\u0e99\u0eb3\u0ec9", "\u0e99\u0ec9\u0eb3", True),
    ("\u0e81\u0ec8\u0ec8\u0eb5", "\u0e81\u0eb5\u0ec8", True),
    ("\u0e9b\u0ebc\u0ec8", "\u0e9b\u0ec8\u0ebc", True),
    ("\u0e88\u0e81", "\u0e88\u2060\u0e81", True),
    ("\u0ec1\u0e81\u0ec9\u0ea7", "\u0ec0\u0ec0\u0e81\u0ec9\u0ea7", False),
    ("\u0edd\u0eb9", "\u0eab\u0ea1\u0eb9", False),
]


@pytest.mark.parametrize(("left", "right", "stored_alike"), PAIRS)
def test_spellings_of_one_word_meet(left: str, right: str, stored_alike: bool) -> None:
    assert (storage(left) == storage(right)) is stored_alike
    assert match_key(left) == match_key(right)


def test_different_words_stay_apart() -> None:
    assert match_key("ບ້ານ") != match_key("ບານໍ")
    assert match_key("ເກີດ") != match_key("ເກດ")
    assert match_key("20/11/2026") == "20112026"


def test_storage_never_spells_a_word_with_compatibility_forms() -> None:
    assert storage("ນ້ຳ") == "\u0e99\u0ec9\u0eb3"
    assert storage("ໜ") == "\u0edc"


@given(lao_letters | st.text(max_size=12))
def test_storage_is_stable_and_nfc(text: str) -> None:
    stored = storage(text)
    assert storage(stored) == stored
    assert unicodedata.is_normalized("NFC", stored)
    assert match_key(stored) == match_key(text)


def test_digits_of_four_scripts_are_read() -> None:
    assert fold_digits("໒໕๖๗８9") == "256789"
    assert fold_digits("ບ້ານ ໑") == "ບ້ານ 1"


def test_an_answer_is_cleaned_of_what_nobody_can_see() -> None:
    assert clean(" Kham\nLa\x00\u202e ") == "Kham La"
    assert clean("ຄຳ\u200bຫຼ້າ\ufeff") == "ຄຳຫຼ້າ"
    assert clean("a\ud800b\ue000c\u0378") == "abc"
    assert clean("ນ\u0ece") == "ນ\u0ece"
    assert clean("5\u00a0kg") == "5 kg"


@given(st.text(st.characters(), max_size=20))
def test_cleaned_text_can_be_stored_and_is_stable(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("ນ້ຳ", 1), ("ແຈ້ງເກີດ", 6), ("ຄຳຫຼ້າ", 3), ("Kham La", 7), ("e\u0301", 1), ("\u0ec9", 1), ("👩\u200d🌾", 1)],
)
def test_characters_are_counted_as_a_reader_counts(text: str, count: int) -> None:
    assert graphemes(text) == count
