"""What a citizen types is read forgivingly, and anything that does not fit is a refusal with a reason."""

import string
import time
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from stdnum import luhn, verhoeff
from stdnum.iso7064 import mod_11_2, mod_97_10

from flows.errors import Refusal
from flows.fields import AnyField, FieldType
from flows.inputs import REASONS, Choose, Confirm, Frame, decode, encode, longest, numbers, read, show, show_value
from flows.inputs.codes import matches, pattern_fault
from flows.phrases import load
from flows.tables import Tables
from flows.text.measure import units
from tests.flows.test_tables import TABLES

FIELDS: TypeAdapter[AnyField] = TypeAdapter(FieldType)
TODAY = date(2026, 11, 5)
FRAME = Frame("lo", TODAY, TABLES, {"district": "LA0902"}, "LA0901")

SEX = {"f": {"lo": "ຍິງ", "en": "Girl"}, "m": {"lo": "ຊາຍ", "en": "Boy"}}
GOODS = {"tv": {"lo": "ໂທລະພາບ", "en": "TV set"}, "car": {"lo": "ລົດ", "en": "Car"}, "pig": {"lo": "ໝູ", "en": "Pig"}}
MANY = {f"k{n}": {"lo": f"ຂໍ້ {n}", "en": f"Item{n}"} for n in range(1, 11)}


def field(kind: str, **keys: Any) -> AnyField:
    return FIELDS.validate_python({"type": kind, "label": {"lo": "x", "en": "x"}, **keys})


TEXT, NAME, PHONE, YESNO, TIME = (field(kind) for kind in ("text", "name", "phone", "yesno", "time"))
INT = field("int", max=10_000_000)
DECIMAL = field("decimal", max=10_000_000)
DAY = field("date")
BORN = field("date", min="today - 18y", max="today")
CHOICE = field("choice", choices=SEX)
LONG = field("choice", choices=MANY)
MULTI = field("multi", choices=GOODS, max=2)
VILLAGE = field("ref", level="village")
DISTRICT = field("ref", level="district")
NEAR = field("ref", level="village", within="district")
CODE = field("code", pattern=r"[A-Z]{2}\d{4}")


@pytest.mark.parametrize(
    ("one", "typed", "value"),
    [
        (TEXT, "  ຂົວ   ເພ \n", "ຂົວ ເພ"),
        (TEXT, "ນໍ້າ", "ນ້ຳ"),
        (TEXT, "a\u202eb\u200bc\x00", "abc"),
        (TEXT, "10", "10"),
        (NAME, "ນາງ ຄຳຫຼ້າ", "ນາງ ຄຳຫຼ້າ"),
        (NAME, "O\u2019Brien", "O'Brien"),
        (NAME, "Nguyễn Văn-A", "Nguyễn Văn-A"),
        (INT, "1250", 1250),
        (INT, "1.250", 1250),
        (INT, "1,250,000", 1_250_000),
        (INT, "1 250", 1250),
        (INT, "໑໒໕໐", 1250),
        (INT, "๑๒", 12),
        (INT, "\uff11\uff12", 12),
        (INT, "0", 0),
        (DECIMAL, "2,9", Decimal("2.9")),
        (DECIMAL, "2.9", Decimal("2.9")),
        (DECIMAL, "1.250,5", Decimal("1250.5")),
        (DECIMAL, "1,250.5", Decimal("1250.5")),
        (DECIMAL, "1.250.000", Decimal(1_250_000)),
        (DECIMAL, "0,250", Decimal("0.25")),
        (DECIMAL, ",5", Decimal("0.5")),
        (DECIMAL, "1 250,5", Decimal("1250.5")),
        (DAY, "02112026", date(2026, 11, 2)),
        (DAY, "໐໒໑໑໒໐໒໖", date(2026, 11, 2)),
        (DAY, "2/11/26", date(2026, 11, 2)),
        (DAY, "2-11-2026", date(2026, 11, 2)),
        (DAY, "2.11.2026", date(2026, 11, 2)),
        (DAY, "021126", date(2026, 11, 2)),
        (DAY, "2026-11-02", date(2026, 11, 2)),
        (DAY, "20261102", date(2026, 11, 2)),
        (DAY, "2 ພະຈິກ 2026", date(2026, 11, 2)),
        (DAY, "2 Nov 2026", date(2026, 11, 2)),
        (DAY, "02/11/69", date(1969, 11, 2)),
        (DAY, "ມື້ນີ້", TODAY),
        (DAY, "TODAY", TODAY),
        (DAY, "ມື້ວານ", date(2026, 11, 4)),
        (DAY, "29022024", date(2024, 2, 29)),
        (TIME, "0930", "09:30"),
        (TIME, "9.30", "09:30"),
        (TIME, "9:30", "09:30"),
        (TIME, "930", "09:30"),
        (TIME, "9 pm", "21:00"),
        (TIME, "12 am", "00:00"),
        (TIME, "14 ໂມງ", "14:00"),
        (PHONE, "020 55 512 345", "+8562055512345"),
        (PHONE, "2055512345", "+8562055512345"),
        (PHONE, "55 512 345", "+8562055512345"),
        (PHONE, "8562055512345", "+8562055512345"),
        (PHONE, "00856 20 55512345", "+8562055512345"),
        (PHONE, "໐໒໐ ໕໕ ໕໑໒ ໓໔໕", "+8562055512345"),
        (PHONE, "021 213 456", "+85621213456"),
        (PHONE, "+66 2 123 4567", "+6621234567"),
        (CODE, "ab 1234", "AB1234"),
        (CODE, "AB໑໒໓໔", "AB1234"),
        (CHOICE, "1", "f"),
        (CHOICE, "໒", "m"),
        (CHOICE, "F", "f"),
        (CHOICE, "boy", "m"),
        (CHOICE, "ຊາຍ", "m"),
        (LONG, "10", "k9"),
        (LONG, "8", "k8"),
        (LONG, "11", "k10"),
        (MULTI, "13", ("tv", "pig")),
        (MULTI, "3 1", ("tv", "pig")),
        (MULTI, "1,3,3", ("tv", "pig")),
        (MULTI, "tv ຫມູ", ("tv", "pig")),
        (YESNO, "1", True),
        (YESNO, "2", False),
        (YESNO, "ແມ່ນ", True),
        (YESNO, "ບໍ່", False),
        (YESNO, "No", False),
        (YESNO, "maen", True),
        (VILLAGE, "0901005", "0901005"),
        (VILLAGE, "໐໙໐໑໐໐໕", "0901005"),
        (VILLAGE, "005", "0901005"),
        (VILLAGE, "0902001", "0902001"),
        (VILLAGE, "phonsa", "0901005"),
        (DISTRICT, "0901", "LA0901"),
        (DISTRICT, "la0902", "LA0902"),
        (DISTRICT, "phonsavan", "LA0901"),
    ],
)
def test_an_answer_is_understood(one: AnyField, typed: str, value: Any) -> None:
    assert read(one, typed, FRAME) == value
    assert decode(one, encode(one, value)) == value


@pytest.mark.parametrize(
    ("one", "typed", "reason"),
    [
        (TEXT, "", "empty"),
        (TEXT, "\u200b\u202e", "empty"),
        (TEXT, "0", "only_a_key"),
        (TEXT, "00", "only_a_key"),
        (TEXT, "໙", "only_a_key"),
        (TEXT, "ກ" * 61, "too_long"),
        (TEXT, "a" * 10_000, "too_long"),
        (field("text", min=3), "ab", "too_short"),
        (NAME, "9", "only_a_key"),
        (NAME, "Kham 2", "not_a_name"),
        (NAME, "😀", "not_a_name"),
        (NAME, "-.-", "not_a_name"),
        (INT, "2.5", "not_whole"),
        (INT, "ten", "not_a_number"),
        (INT, "-5", "too_small"),
        (INT, "99999999", "too_large"),
        (INT, "9" * 30, "not_whole"),
        (DECIMAL, "1.250", "two_numbers"),
        (DECIMAL, "1,250", "two_numbers"),
        (DECIMAL, "1.2.3", "not_a_number"),
        (DECIMAL, "NaN", "not_a_number"),
        (DAY, "31/02/2026", "not_a_date"),
        (DAY, "2112026", "not_a_date"),
        (DAY, "soon", "not_a_date"),
        (DAY, "2 Foo 2026", "not_a_date"),
        (DAY, "02111899", "too_early"),
        (BORN, "6/11/2026", "too_late"),
        (BORN, "4/11/2008", "too_early"),
        (BORN, "1/1/27", "too_late"),
        (TIME, "25", "not_a_time"),
        (TIME, "2460", "not_a_time"),
        (TIME, "13 pm", "not_a_time"),
        (field("time", min="08:00", max="16:00"), "17:00", "too_late"),
        (PHONE, "abc", "not_a_phone"),
        (PHONE, "0800 FLOWERS", "not_a_phone"),
        (PHONE, "12", "not_a_phone"),
        (PHONE, "1" * 40, "not_a_phone"),
        (CODE, "AB12345", "bad_code"),
        (CHOICE, "3", "not_an_option"),
        (LONG, "9", "not_an_option"),
        (LONG, "ຂໍ້", "not_an_option"),
        (MULTI, "14", "not_an_option"),
        (MULTI, "123", "too_many"),
        (field("multi", choices=GOODS, min=2), "1", "too_few"),
        (YESNO, "3", "not_yes_no"),
        (VILLAGE, "zz", "not_found"),
        (VILLAGE, "LA0901", "not_found"),
        (VILLAGE, "999", "not_found"),
        (NEAR, "0902001", "not_found"),
    ],
)
def test_an_answer_that_does_not_fit_says_why(one: AnyField, typed: str, reason: str) -> None:
    frame = Frame("lo", TODAY, TABLES, {}, "LA0901") if one is NEAR else FRAME
    refusal = read(one, typed, frame)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason
    assert set(refusal.values) == set(REASONS[reason])


@pytest.mark.parametrize(
    ("one", "typed", "value"),
    [
        (DAY, "2-11-2569", date(2026, 11, 2)),
        (DAY, "02112569", date(2026, 11, 2)),
        (DAY, "2 ພະຈິກ 2569 ພ.ສ.", date(2026, 11, 2)),
        (BORN, "02/11/69", date(2026, 11, 2)),
    ],
)
def test_a_buddhist_year_is_confirmed_back(one: AnyField, typed: str, value: date) -> None:
    confirm = read(one, typed, FRAME)
    assert confirm == Confirm(value, "02/11/2569 = 02/11/2026")


def test_letters_that_mean_several_places_give_a_list_with_the_own_district_first() -> None:
    found = read(VILLAGE, "ໂພນງາມ", FRAME)
    assert found == Choose((("0901001", "ໂພນງາມ, ແປກ"), ("0902001", "ໂພນງາມ, ຄຳ")))
    assert read(NEAR, "ໂພນງາມ", Frame("lo", TODAY, TABLES, {}, "LA0902")) == "0902001"
    within = field("ref", level="village", within="where")
    assert read(within, "ໂພນງາມ", Frame("lo", TODAY, TABLES, {"where": "LA0902"}, "LA0901")) == "0902001"


def test_a_number_of_two_meanings_is_asked_again_as_the_reader_writes_it() -> None:
    lao = read(DECIMAL, "1.250", FRAME)
    english = read(DECIMAL, "1.250", Frame("en", TODAY, TABLES))
    assert lao == Refusal("two_numbers", {"large": "1250", "small": "1,25"})
    assert english == Refusal("two_numbers", {"large": "1250", "small": "1.25"})


ALL = [TEXT, NAME, INT, DECIMAL, DAY, BORN, TIME, PHONE, CODE, CHOICE, LONG, MULTI, YESNO, VILLAGE, DISTRICT]
GARBAGE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=string.digits + "., /-:+*#", max_size=20),
    st.text(alphabet="ກຳແນ້ຫຼໂພງາມ໐໙๕\u0ec9\u200d\u202e\ud800 ", max_size=20),
    st.characters(codec=None, categories=["Cs", "Cc", "Cf", "Nd", "No"]).map(lambda letter: letter * 8),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ALL), GARBAGE)
def test_any_text_at_all_comes_to_a_value_or_a_refusal(one: AnyField, typed: str) -> None:
    outcome = read(one, typed, FRAME)
    if isinstance(outcome, Refusal):
        assert outcome.reason in REASONS
    elif isinstance(outcome, Choose):
        assert 2 <= len(outcome.candidates) <= 8
    else:
        value = outcome.value if isinstance(outcome, Confirm) else outcome
        assert decode(one, encode(one, value)) == value
        assert show(one, value, "lo", TABLES).encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([INT, DAY, CHOICE, YESNO, PHONE]), st.text(alphabet=string.digits, min_size=1, max_size=14))
def test_lao_thai_and_wide_digits_read_alike(one: AnyField, typed: str) -> None:
    for zero in ("໐", "๐", "\uff10"):
        assert read(one, "".join(chr(ord(zero) + int(d)) for d in typed), FRAME) == read(one, typed, FRAME)


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2097, 12, 31)), st.sampled_from(["%d%m%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]))
def test_every_day_is_read_in_every_form_and_in_both_calendars(day: date, form: str) -> None:
    assert read(DAY, day.strftime(form), FRAME) == day
    thai = day.strftime(form).replace(str(day.year), str(day.year + 543))
    outcome = read(DAY, thai, FRAME)
    assert isinstance(outcome, Confirm)
    assert outcome.value == day


def test_every_reason_has_its_sentence_in_every_language() -> None:
    phrases = load()
    for language in ("lo", "lo-Latn", "en"):
        for reason, values in REASONS.items():
            words = phrases.say(language, f"refusal.{reason}", **dict.fromkeys(values, "77"))
            assert words
            assert words.count("77") == len(values)


@pytest.mark.parametrize(
    ("one", "value", "lo", "en"),
    [
        (DECIMAL, Decimal("2.90"), "2,9", "2.9"),
        (DECIMAL, Decimal(100), "100", "100"),
        (DAY, date(2026, 11, 2), "02/11/2026", "02/11/2026"),
        (PHONE, "+8562055512345", "020 55 512 345", "020 55 512 345"),
        (PHONE, "+6621234567", "+66 2 123 4567", "+66 2 123 4567"),
        (CHOICE, "f", "ຍິງ", "Girl"),
        (MULTI, ("tv", "pig"), "ໂທລະພາບ, ໝູ", "TV set, Pig"),
        (YESNO, True, "ແມ່ນ", "Yes"),
        (VILLAGE, "0901001", "ໂພນງາມ, ແປກ", "Phonngam, Pek"),
        (DISTRICT, "LA0901", "ແປກ", "Pek"),
        (VILLAGE, "gone", "gone", "gone"),
        (TEXT, None, "-", "-"),
    ],
)
def test_an_answer_is_shown_in_the_readers_words(one: AnyField, value: Any, lo: str, en: str) -> None:
    assert show(one, value, "lo", TABLES) == lo
    assert show(one, value, "en", TABLES) == en


def test_a_computed_value_is_shown_too() -> None:
    assert [show_value(value, "lo") for value in (None, True, 5, Decimal("0.50"), TODAY, ("a", "b"), "x")] == [
        *("-", "ແມ່ນ", "5", "0,5", "05/11/2026", "a, b", "x")
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([one for one in ALL if one.type not in ("text", "name")]), GARBAGE, st.sampled_from(["lo", "en"])
)
def test_no_answer_is_shown_longer_than_the_longest(one: AnyField, typed: str, language: str) -> None:
    value = read(one, typed, FRAME)
    if not isinstance(value, Refusal | Choose | Confirm):
        assert units(show(one, value, language, TABLES)) <= units(longest(one, language, TABLES))


def test_the_longest_text_has_as_many_graphemes_as_the_field_takes() -> None:
    assert read(field("name", max=60), longest(NAME, "en", Tables()).strip(), FRAME)
    assert units(longest(NAME, "en", Tables())) > 80


@pytest.mark.parametrize(
    ("check", "module"), [("luhn", luhn), ("verhoeff", verhoeff), ("mod11", mod_11_2), ("mod97", mod_97_10)]
)
def test_check_digits_agree_with_the_standard(check: str, module: Any) -> None:
    one = field("code", pattern="[0-9X]+", check=check)
    for number in range(100, 100_000, 997):
        digit = module.calc_check_digits if check == "mod97" else module.calc_check_digit
        code = f"{number}{digit(str(number))}"
        assert read(one, code, FRAME) == code
        wrong = f"{(int(code[0]) + 1) % 10}{code[1:]}"
        assert read(one, wrong, FRAME) == Refusal("bad_check_digit")


@pytest.mark.parametrize(
    "pattern", [r"(?=a)b", r"(?!a)b", r"(?<=a)b", r"(a)\1", r"(?P<x>a)(?P=x)", "(a", "a{9}{9}{9}{99}{999}"]
)
def test_a_pattern_that_could_run_wild_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern)
    assert not matches(pattern, "ab")


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a|a)*b", "(a*)*b", "(.*a){12}", "([a-z]+)*[0-9]", "(a|aa)+c", "a*a*a*a*a*b", "(x+x+)+y"]
)
def test_known_wild_patterns_stay_fast(pattern: str) -> None:
    assert not pattern_fault(pattern)
    matches(pattern, "a")
    begin = time.process_time()
    matches(pattern, "a" * 60 + "!")
    # A search that backtracks would not end in a lifetime.
    assert time.process_time() - begin < 5


def test_a_pattern_holds_for_the_whole_code() -> None:
    assert matches("a|b", "a")
    assert not matches("a|b", "ax")
    assert not matches("a", "a\n")


def test_options_are_numbered_without_the_key_that_turns_pages() -> None:
    assert numbers(10) == ("1", "2", "3", "4", "5", "6", "7", "8", "10", "11")
