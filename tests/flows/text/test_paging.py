import os
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.text.breaking import ICU, may_break, word_breaks
from flows.text.measure import SMS, USSD, Budget, needs, segments, sendable, units
from flows.text.paging import SHORT_PAGE, Line, paginate, split_sms
from tests.flows.text.faults import P1, P3, WORDS, faults, naive, squeezed

SCREENS = int(os.environ.get("SALA_PAGES", "4000"))
MORE, LAST = "9 ຕໍ່ໄປ 0 ກັບຄືນ", "0 ກັບຄືນ"
BUDGETS = [Budget(160, 70), Budget(153, 67), Budget(182, 80)]
BREAKERS = [
    pytest.param(True, id="pure"),
    pytest.param(False, id="icu", marks=pytest.mark.skipif(not ICU, reason="no ICU")),
]

lao_texts = st.lists(st.sampled_from([*WORDS, " ", " ", ". ", "\n", "5 ", "BR48217 "]), min_size=1, max_size=60).map(
    "".join
)
garbage = st.text(
    st.characters(min_codepoint=0x0E80, max_codepoint=0x0EDF) | st.sampled_from("aB 9\n.👍\u200b\u2060\u00a0"),
    max_size=300,
)


def bodies(pages: tuple[str, ...], more: str, last: str) -> list[str]:
    ends = [more] * (len(pages) - 1) + [last]
    assert all(page.endswith(end) for page, end in zip(pages, ends, strict=True))
    return [page.removesuffix(end).removesuffix("\n") if end else page for page, end in zip(pages, ends, strict=True)]


def test_one_page_when_everything_fits() -> None:
    assert paginate([Line("ເພດຂອງລູກ?"), Line("1 ຍິງ", whole=True)], USSD, more=MORE, last=LAST) == (
        "ເພດຂອງລູກ?\n1 ຍິງ\n0 ກັບຄືນ",
    )
    assert paginate([Line("")], USSD, more=MORE, last="") == ("",)
    assert paginate([], USSD, more=MORE, last=LAST) == (LAST,)


def test_a_page_is_measured_in_the_encoding_it_needs() -> None:
    english = "Received. " * 14
    assert len(paginate([Line(english)], USSD, more="9 Next", last="0 Back")) == 1
    assert len(paginate([Line(english)], USSD, more="9 ຕໍ່ໄປ", last="0 ກັບຄືນ")) == 3


@pytest.mark.skipif(not ICU, reason="no ICU")
def test_lao_paragraphs_are_cut_at_sentences_and_words() -> None:
    assert [page.split()[-1] for page in paginate([Line(P1)], USSD, more="", last="")] == ["BR-4821-7.", "ວັນ.", "ເມືອງ."]
    pages = paginate([Line(P3)], USSD, more="", last="")
    assert len(pages) == 3
    ends = {len("".join(pages[:1])), len("".join(pages[:2]))}
    assert ends <= word_breaks(P3)


def test_a_better_cut_is_preferred() -> None:
    def first(text: str) -> str:
        return paginate([Line(text)], Budget(40, 20), more="", last="")[0]

    assert first("Aaaa bbbb cccc dddd\neeee ffff. gggg hhhh iiii") == "Aaaa bbbb cccc dddd"
    assert first("Aaaa bbbb cccc dddd eeee. ffff gggg hhhh iiii") == "Aaaa bbbb cccc dddd eeee."
    assert first("Aaaa bbbb cccc dddd 5 kilo eeee ffff gggg").split()[-1] != "5"


def test_an_option_label_is_never_cut() -> None:
    labels = [f"{n} {'ໂຮງຮຽນ ' * 4}".strip() for n in range(1, 6)]
    pages = paginate([Line(label, whole=True) for label in labels], USSD, more=MORE, last=LAST)
    assert [line for body in bodies(pages, MORE, LAST) for line in body.split("\n")] == labels


def test_an_option_label_longer_than_a_page_is_cut_where_lao_allows() -> None:
    pages = paginate([Line("1 " + P3, whole=True)], USSD, more=MORE, last=LAST)
    assert len(pages) > 1
    assert faults(bodies(pages, MORE, LAST)) == 0


def test_a_nearly_empty_page_draws_text_from_its_neighbour_but_never_a_syllable() -> None:
    words = " ".join(["ປະຊາຊົນ"] * 9)  # 71 units
    assert [units(page) for page in paginate([Line(words)], USSD, more="", last="", pure=True)] == [55, 15]
    one_word = "ກາ" * 33 + " ບ້ານ"
    assert paginate([Line(one_word)], USSD, more="", last="", pure=True) == ("ກາ" * 33, "ບ້ານ")


def test_numbers_phones_dates_and_dial_strings_stay_whole() -> None:
    fixed = ["020 55 512 345", "23/11/2026", "*999*1#", "1.250.000", "BR48217"]
    for shift in range(30):
        text = "ກາ" * shift + "".join(f" ກາກາກາ {value}" for value in fixed)
        pages = paginate([Line(text)], Budget(60, 30), more="", last="", pure=True)
        assert all(any(value in page for page in pages) for value in fixed)


def test_soft_marks_guide_the_cut_and_are_never_sent() -> None:
    text = "ກາ" * 20 + "\u200b" + "ຂາ" * 20
    assert paginate([Line(text)], USSD, more="", last="", pure=True) == ("ກາ" * 20, "ຂາ" * 20)


def test_a_hint_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        paginate([Line(P1)], Budget(10, 10), more=MORE, last="")


@pytest.mark.parametrize("pure", BREAKERS)
@settings(deadline=None, max_examples=60)
@given(text=lao_texts, budget=st.sampled_from(BUDGETS), hinted=st.booleans())
def test_lao_pages_have_no_fault(text: str, budget: Budget, hinted: bool, pure: bool) -> None:
    more, last = (MORE, LAST) if hinted else ("", "")
    pages = paginate([Line(text)], budget, more=more, last=last, pure=pure)
    inner = bodies(pages, more, last)
    assert all(budget.fits(page) for page in pages)
    assert faults(inner) == 0
    assert squeezed("".join(inner)) == squeezed(text)
    if not pure and units(squeezed(text)) > SHORT_PAGE:
        assert all(units(body) >= SHORT_PAGE for body in inner)


@pytest.mark.parametrize("pure", BREAKERS)
@settings(deadline=None, max_examples=60)
@given(text=garbage, budget=st.sampled_from([*BUDGETS, Budget(30, 25)]), whole=st.booleans())
def test_garbage_is_never_lost_and_never_too_long(text: str, budget: Budget, whole: bool, pure: bool) -> None:
    lines = [Line(line, whole=whole) for line in text.split("\n")]
    pages = paginate(lines, budget, more=MORE, last=LAST, pure=pure)
    assert all(budget.fits(page) for page in pages)
    assert squeezed("".join(bodies(pages, MORE, LAST))) == squeezed(text)
    assert all(page == sendable(page) for page in pages)


@pytest.mark.parametrize("pure", BREAKERS)
@settings(deadline=None, max_examples=60)
@given(before=lao_texts, value=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), after=lao_texts)
def test_a_substituted_value_is_never_cut(before: str, value: str, after: str, pure: bool) -> None:
    head = before.replace("\n", " ")
    value = value[:35].strip()
    line = Line(head + value + " " + after.replace("\n", " "), spans=((len(head), len(head) + len(value)),))
    pages = bodies(paginate([line], USSD, more=MORE, last=LAST, pure=pure), MORE, LAST)
    assert squeezed("".join(pages)) == squeezed(line.text)
    start = len(squeezed(head))
    inside = range(start + 1, start + len(squeezed(value)))
    ends = [len(squeezed("".join(pages[:n]))) for n in range(1, len(pages))]
    assert not [end for end in ends if end in inside]


@settings(deadline=None, max_examples=80)
@given(words=st.lists(st.sampled_from(["ກາກາກາ", "ກາ", "ຂາຂາຂາຂາຂາຂາ", "ໄປ"]), min_size=2, max_size=9))
def test_no_better_way_to_cut_exists(words: list[str]) -> None:
    """Every way to share words among pages of 30 units, tried one by one."""
    budget = Budget(60, 30)
    pages = paginate([Line(" ".join(words))], budget, more="", last="", pure=True)

    def rank(cut: tuple[str, ...]) -> tuple[int, int]:
        return sum(units(page) < SHORT_PAGE for page in cut), len(cut)

    def ways() -> list[tuple[str, ...]]:
        places = range(1, len(words))
        found = [(0, *inner, len(words)) for n in range(len(words)) for inner in combinations(places, n)]
        shared = [tuple(" ".join(words[a:b]) for a, b in pairwise(ends)) for ends in found]
        return [way for way in shared if all(map(budget.fits, way))]

    if not budget.fits(" ".join(words)):
        assert rank(pages) == min(map(rank, ways()))


def test_the_fault_counter_catches_a_naive_slicer() -> None:
    caught = sum(faults(naive(text, limit)) for text in (P1, P3) for limit in (67, 70, 80))
    assert caught > 0
    assert sum(faults(naive("ແຈ້ງເກີດ" * 20, limit)) for limit in (67, 70, 80)) > 0


@settings(deadline=None, max_examples=60)
@given(text=lao_texts | garbage | st.text(st.sampled_from("ab€[ 👍"), max_size=400))
def test_sms_parts_fit_and_join_to_the_text(text: str) -> None:
    parts = split_sms(text)
    assert "".join(parts) == sendable(text)
    if len(parts) > 1:
        room = Budget(153, 67)
        encoding = needs(sendable(text))
        assert all(units(part, encoding) <= (room.gsm7 if encoding == "gsm7" else room.ucs2) for part in parts)
        assert len(parts) >= segments(sendable(text))


@settings(deadline=None, max_examples=60)
@given(text=lao_texts)
def test_sms_parts_have_no_fault(text: str) -> None:
    parts = split_sms(text)
    assert faults(parts) == 0
    ends = [len("".join(parts[:n])) for n in range(1, len(parts))]
    assert all(may_break(sendable(text), end) for end in ends)


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        # Two septets each, and none is torn: 76 of them are 152.
        ("€" * 81, [76, 5]),
        ("a" + "€" * 80, [77, 4]),
        ("[]" * 80, [76, 76, 8]),
        # Two units each: 33 are 66.
        ("👍" * 36, [33, 3]),
        ("ກ" + "👍" * 35, [34, 2]),
    ],
)
def test_what_takes_two_places_is_counted_twice_and_never_torn(text: str, lengths: list[int]) -> None:
    parts = split_sms(text)
    assert ([len(part) for part in parts], "".join(parts)) == (lengths, text)


def test_one_sms_is_one_part() -> None:
    assert split_sms("ກ" * 70) == ("ກ" * 70,)
    assert SMS.fits("ກ" * 70)
    assert [len(part) for part in split_sms("a" * 161)] == [153, 8]


@pytest.mark.slow
@pytest.mark.parametrize("pure", BREAKERS)
def test_many_screens_have_no_fault(pure: bool) -> None:
    """`make pages` makes it 60,000 with each breaker; every second screen has a value put into its text."""
    chance = Random(2026)
    pieces = [*WORDS, " ", " ", ". ", "\n", "5 ", "BR48217 "]
    cut = 0
    for turn in range(SCREENS):
        drawn = chance.choices(pieces, k=chance.randint(5, 70))
        text = "".join(drawn)
        value = " ".join(chance.choices(WORDS, k=chance.randint(1, 3)))[:33].strip() if turn % 2 else ""
        place = chance.randint(0, len(drawn)) if value else 0
        head = "".join(drawn[:place])
        whole = f"{head} {value} {''.join(drawn[place:])}" if value else text
        spans = ((len(head) + 1, len(head) + 1 + len(value)),) if value else ()
        budget = BUDGETS[turn // 2 % len(BUDGETS)]
        more, last = (MORE, LAST) if turn % 4 < 2 else ("", "")
        pages = paginate([Line(whole, spans=spans)], budget, more=more, last=last, pure=pure)
        inner = bodies(pages, more, last)
        assert all(budget.fits(page) for page in pages), whole
        assert faults(inner) == 0, whole
        assert squeezed("".join(inner)) == squeezed(whole)
        assert not value or not _cuts(inner, head, value), (whole, value)
        cut += len(inner) - 1
        if not value:
            assert pure or units(squeezed(text)) < SHORT_PAGE or all(units(one) >= SHORT_PAGE for one in inner), text
    assert cut > SCREENS, "the control: most screens have more than one page"


def _cuts(pages: list[str], head: str, value: str) -> bool:
    """Whether a page ends within the value."""
    start = len(squeezed(head))
    inside = range(start + 1, start + len(squeezed(value)))
    return any(len(squeezed("".join(pages[:n]))) in inside for n in range(1, len(pages)))
