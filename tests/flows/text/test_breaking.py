import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.text.breaking import ICU, PURE_VARIABLE, may_break, word_breaks
from tests.flows.text.faults import P3, WORDS

needs_icu = pytest.mark.skipif(not ICU, reason="no ICU for this machine")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("\u0ec1\u0e88\u0ec9\u0e87\u0ec0\u0e81\u0eb5\u0e94", [3, 4, 7]),
        ("\u0e99\u0ec9\u0eb3", []),
        ("\u0eab\u0ebc\u0ea7\u0e87\u0e9e\u0eb0\u0e9a\u0eb2\u0e87", [2, 3, 4, 6, 8]),
        ("\u0ec0\u0ea1\u0eb7\u0ead\u0e87", [3, 4]),
        ("\u0e9b\u0eb0\u0e8a\u0eb2\u0e8a\u0ebb\u0e99", [2, 4, 6]),
        ("\u0ea5\u0eb2\u0ea7\u0ec6", [2]),
        ("\u0e81\u2060\u0e82", []),
        ("e\u0301", []),
        ("\u0e81\u0ece", []),
    ],
)
def test_the_orthographic_rule(text: str, allowed: list[int]) -> None:
    assert [i for i in range(1, len(text)) if may_break(text, i)] == allowed
    assert may_break(text, 0)
    assert may_break(text, len(text))


@needs_icu
@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("ແຈ້ງເກີດ", {4}),
        ("ຫຼວງພະບາງ", set()),
        ("ເມືອງ", set()),
        ("ລາວໆ", set()),  # ICU alone would cut before the repetition sign
        ("BR-4821-7", set()),
        ("23/11/2026", set()),
        ("1.250.000", set()),
        ("*999#", set()),
        ("👍ໄປ ບ້ານ", {1, 4}),  # positions count characters, not UTF-16 units
        ("ກ\u2060ຂ", set()),
        ("ໄປ (ບ້ານ)", {3}),
    ],
)
def test_words_as_icu_knows_them(text: str, ends: set[int]) -> None:
    assert word_breaks(text) == ends


def test_without_icu_words_end_at_blanks_and_soft_marks() -> None:
    assert word_breaks("ໄປ ບ້ານ\u200bເມືອງ", pure=True) == {3, 8}
    assert word_breaks(P3, pure=True) == frozenset()


@needs_icu
def test_icu_finds_words_where_there_are_no_blanks() -> None:
    assert len(word_breaks(P3)) > 20


@pytest.mark.parametrize("pure", [False, True])
@given(text=st.lists(st.sampled_from([*WORDS, " ", "(", ").", "5"]), max_size=12).map("".join) | st.text(max_size=30))
def test_no_word_ends_where_lao_forbids(text: str, pure: bool) -> None:
    assert all(0 < i < len(text) and may_break(text, i) for i in word_breaks(text, pure=pure))


def test_a_lone_surrogate_does_not_stop_the_breaker() -> None:
    assert 3 in word_breaks("a\ud800 b")


def test_a_node_can_be_told_to_do_without_icu() -> None:
    told = {**os.environ, PURE_VARIABLE: "1"}
    code = "from flows.text.breaking import word_breaks; print(len(word_breaks('ແຈ້ງເກີດ')))"
    done = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
