"""Forms of our own making become flows that load, pass the check, and ask the same."""

from typing import Any

import pytest

from flows.imports import ImportFault, import_xlsform
from flows.model import ChoiceField, CodeField, DateField, IntField, MultiField, RefField, Say, TextField
from tests.flows.engine_kit import Phone
from tests.flows.imports.books import book, errors, form, only, service

WIDE = ("type", "name", "label", "required", "relevant", "constraint", "constraint_message", "calculation", "hint")


def sentences(imported: Any, kind: str = "left") -> list[str]:
    return [str(one) for one in imported.left if one.kind == kind]


def test_each_type_becomes_its_field() -> None:
    imported = form(
        [
            ["text", "a", "Words?"],
            ["integer", "b", "How many?"],
            ["decimal", "c", "How much?"],
            ["date", "d", "Which day?"],
            ["time", "e", "What time?"],
            ["select_one sex", "f", "Sex?"],
            ["select_multiple sex", "g", "Which?"],
            ["acknowledge", "h", "Agreed?"],
            ["dateTime", "i", "When?"],
            ["note", "j", "Thanks"],
        ],
        [["sex", "m", "Man"], ["sex", "f", "Woman"]],
    )
    kinds = {name: one.type for name, one in only(imported).fields.items()}
    assert kinds == {
        "a": "text", "b": "int", "c": "decimal", "d": "date", "e": "time", "f": "choice", "g": "multi", "h": "yesno",
        "i": "date", "i_time": "time",
    }  # fmt: skip
    assert imported.whole
    assert errors(imported) == set()


def test_languages_come_from_the_headers_and_missing_words_are_findings() -> None:
    imported = form(
        [["text", "a", "ຊື່?", "Name?", "ຂຽນ"], ["text", "b", "", "Place?", ""]],
        header=("type", "name", "label::Lao (lo)", "label::English", "hint::Lao (lo)"),
    )
    flow = only(imported)
    assert flow.languages == ("lo", "en")
    assert flow.fields["a"].label.root == {"lo": "ຊື່", "en": "Name"}
    assert any(one.code == "language" and one.language == "lo" for one in imported.findings())


def test_a_language_that_nobody_knows_is_named_and_can_be_told() -> None:
    rows = {"survey": [["type", "name", "label::en", "label::Khmu speech"], ["text", "a", "Name?", "..."]]}
    assert any("--language 'Khmu speech=xx'" in one for one in sentences(import_xlsform(book(rows))))
    told = import_xlsform(book(rows), languages={"Khmu speech": "kjg"})
    assert only(told).languages == ("en", "kjg")
    assert told.whole


@pytest.mark.parametrize(
    ("type_", "constraint", "expected"),
    [
        ("integer", ". >= 1 and . <= 120", {"min": 1, "max": 120}),
        ("integer", "0 < . and 10 > .", {"min": 1, "max": 9}),
        ("integer", ". >= -5", {"min": -5}),
        ("integer", ". > 2.5", {"min": 3}),
        ("date", ". <= today()", {"max": "today"}),
        ("date", ". > date('2020-01-31')", {"min": "2020-02-01"}),
        ("date", ". >= today() - 30", {"min": "today - 30d"}),
        ("text", "string-length(.) <= 20", {"max": 20}),
        ("text", "regex(., '^[0-9]{9}$')", {"pattern": "[0-9]{9}"}),
    ],
)
def test_a_constraint_that_a_limit_can_say_is_a_limit(type_: str, constraint: str, expected: dict[str, Any]) -> None:
    imported = form([[type_, "a", "?", "yes", "", constraint]], header=WIDE[:6])
    field = only(imported).fields["a"]
    for key, value in expected.items():
        found = getattr(field, key)
        assert (found.source if isinstance(field, DateField) else found) == value
    assert imported.whole
    assert len(only(imported).steps) == 4


def test_another_constraint_is_looked_at_after_the_answer_and_asked_again() -> None:
    rows = [
        ["integer", "total", "How many?", "yes"],
        ["integer", "sick", "How many sick?", "yes", "${total} > 0", ". <= ${total}", "Not more than all"],
    ]
    imported = form(rows, header=WIDE[:7])
    assert errors(imported) == set()
    phone = Phone(service(imported))
    phone.press(5, 9)
    assert "Not more than all" in phone.screen
    phone.press(3, 1)
    assert phone.submitted.answers == {"total": 5, "sick": 3}


def test_relevance_skips_and_an_empty_answer_compares_as_there() -> None:
    rows = [
        ["select_one yn", "has", "Any?", "", ""],
        ["text", "which", "Which?", "yes", "${has} = 'y'"],
        ["text", "why", "Why not?", "yes", "${has} != 'y'"],
    ]
    imported = form(rows, [["yn", "y", "Yes"], ["yn", "n", "No"]], header=WIDE[:5])
    assert errors(imported) == set()
    for typed, asked in ((1, {"which": "Bo"}), (2, {"why": "Bo"}), (3, {"why": "Bo"})):
        phone = Phone(service(imported))
        phone.press(typed, "Bo", 1)
        answers = dict(phone.submitted.answers)
        answers.pop("has")
        assert answers == asked, typed


def test_groups_carry_their_condition_and_calculations_are_computed() -> None:
    rows = [
        ["date", "born", "Born?", "yes"],
        ["calculate", "age", "", "", "", "", "", "int((today() - ${born}) div 365.25)"],
        ["begin group", "adult", "For adults", "", "${age} >= 18"],
        ["text", "work", "Work?", "yes"],
        ["end group", "", ""],
    ]
    imported = form(rows, header=WIDE[:8])
    flow = only(imported)
    assert flow.computed["age"].source == "years_since(born)"
    assert isinstance(flow.steps[1], Say)
    assert flow.steps[2].when is not None
    assert flow.steps[2].when.source == "age >= 18"
    assert errors(imported) == set()
    assert [one.sentence for one in imported.left] == ["years are counted by the calendar, and whole ones only"]


class TestRepeats:
    def test_a_count_that_is_known_unrolls_it(self) -> None:
        rows = [
            ["begin repeat", "child", "Child", "2"],
            ["integer", "age", "Age?", ""],
            ["end repeat", "", "", ""],
            ["calculate", "all", "", "", "sum(${age})"],
        ]
        imported = form(rows, header=("type", "name", "label", "repeat_count", "calculation"))
        assert list(only(imported).fields) == ["age_1", "age_2"]
        assert errors(imported) == set()
        assert "age_2" in only(imported).computed["all"].source

    def test_a_count_that_is_an_answer_limits_that_answer(self) -> None:
        rows = [
            ["integer", "n", "How many?", "", "yes"],
            ["begin repeat", "child", "Child", "${n}", ""],
            ["text", "named", "Name?", "", "yes"],
            ["end repeat", "", "", "", ""],
        ]
        header = ("type", "name", "label", "repeat_count", "required")
        imported = form(rows, header=header, repeats=4)
        field = only(imported).fields["n"]
        assert isinstance(field, IntField)
        assert field.max == 4
        assert errors(imported) == set()
        phone = Phone(service(imported))
        phone.press(2, "Noi", "Kham", 1)
        assert phone.submitted.answers == {"n": 2, "named_1": "Noi", "named_2": "Kham"}

    def test_without_a_count_it_is_asked_whether_there_is_one_more(self) -> None:
        rows = [["begin repeat", "child", "Child", ""], ["text", "named", "Name?", "yes"], ["end repeat", "", "", ""]]
        imported = form(rows, header=("type", "name", "label", "required"))
        assert any("at most 3 times" in one for one in sentences(imported, "changed"))
        assert errors(imported) == set()
        phone = Phone(service(imported))
        phone.press("Noi", 1, "Kham", 2, 1)
        answers = dict(phone.submitted.answers)
        assert answers["named_2"] == "Kham"
        assert "named_3" not in answers


PLACES = [
    ["province", "xk", "Xieng Khouang", ""],
    ["province", "vt", "Vientiane", ""],
    ["district", "pek", "Pek", "xk"],
    ["district", "kham", "Kham", "xk"],
    ["district", "pek", "Pek of the south", "vt"],
]


def test_a_cascade_becomes_a_table_that_is_searched_within_the_answer_before() -> None:
    imported = form(
        [
            ["select_one province", "prov", "Province?", "yes", ""],
            ["select_one district", "dist", "District?", "yes", "province=${prov}"],
            ["text", "far", "Why so far?", "yes", "", "${dist} = 'pek'"],
        ],
        PLACES,
        header=("type", "name", "label", "required", "choice_filter", "relevant"),
        choice_header=("list_name", "name", "label", "province"),
    )
    flow = only(imported)
    field = flow.fields["dist"]
    assert isinstance(flow.fields["prov"], ChoiceField)
    assert isinstance(field, RefField)
    assert (field.table, field.level, field.within) == ("province", "district", "prov")
    assert imported.tables["province"].splitlines()[-1] == "vt-pek,vt,district,Pek of the south"
    assert flow.steps[2].when is not None
    assert flow.steps[2].when.source == 'dist in ["pek", "vt-pek"]'
    assert errors(imported) == set()


def test_a_long_list_becomes_a_table_and_a_short_one_stays_a_choice() -> None:
    long = [["crop", f"c{n}", f"Crop {n}"] for n in range(1, 12)]
    imported = form([["select_one crop", "crop", "Crop?"], ["select_multiple crop", "crops", "Crops?"]], long)
    flow = only(imported)
    assert isinstance(flow.fields["crop"], RefField)
    assert isinstance(flow.fields["crops"], MultiField)
    assert len(imported.tables["crop"].splitlines()) == 12
    assert any("11 options" in one for one in errors(imported))


def test_what_cannot_come_over_is_listed_with_its_row_and_keeps_nothing_else_back() -> None:
    rows = [
        ["start", "start", "", "", ""],
        ["geopoint", "where", "Where?", "", ""],
        ["text", "a", "Name? **now** ${where}", "", "${where} != '' and round(${b}, 2) > 1"],
        ["image", "photo", "Photo", "", ""],
        ["calculate", "b", "", "", "", "concat('a', ${a})"],
        ["text", "odd", "Odd?", "", "", "", "minimal", "x"],
    ]
    header = ("type", "name", "label", "required", "relevant", "calculation", "appearance", "house column")
    imported = form(rows, header=header)
    assert sentences(imported) == [
        "survey:2 start start: the channel keeps times and numbers by itself",
        "survey:3 where geopoint: a phone without a camera, maps or a keyboard for it cannot answer this",
        "survey:4 a relevant: `where` is not in the flow: what depends on it is always asked",
        "survey:4 a label: `where` is not in the flow, so its value is not shown",
        "survey:5 photo image: a phone without a camera, maps or a keyboard for it cannot answer this",
        "survey:6 b calculation: `concat()` cannot be carried over",
        "survey:7 odd house column: the column is not known: x",
    ]
    assert sentences(imported, "changed") == [
        "survey:4 a label: marks of layout are left out",
        "survey:7 odd appearance: how it looks on a screen means nothing here",
    ]
    assert list(only(imported).fields) == ["a", "odd"]
    assert not imported.whole
    assert "survey:3 where" in next(iter(imported.files.values()))


def test_names_and_keys_of_other_habits_get_ours_and_say_so() -> None:
    imported = form(
        [["text", "today", "Today?"], ["text", "Full Name", "Name?"], ["select_one w", "1st-water", "Water?"]],
        [["w", "don't know", "Unknown"], ["w", "1", "Well"]],
    )
    flow = only(imported)
    assert list(flow.fields) == ["today_answer", "full_name", "q1st_water"]
    field = flow.fields["q1st_water"]
    assert isinstance(field, ChoiceField)
    assert field.code == {"don_t_know": "don't know"}


def test_the_skip_key_is_never_an_answer() -> None:
    imported = form(
        [
            ["text", "a", "A?", ""],
            ["integer", "b", "B?", ". <= 10"],
            ["integer", "c", "C?", ""],
            ["select_one n", "d", "D?", ""],
        ],
        [["n", str(n), f"Option {n}"] for n in (3, 4, 5)],
        header=("type", "name", "label", "constraint"),
    )
    assert errors(imported) == set()
    skips = [step.skip for step in only(imported).steps if hasattr(step, "skip")]
    assert skips == ["1", "99", "-", "6"]


def test_or_other_asks_which_one() -> None:
    imported = form([["select_one w or_other", "water", "Water?"]], [["w", "well", "Well"]])
    assert list(only(imported).fields) == ["water", "water_other"]
    assert errors(imported) == set()


def test_a_regex_with_blanks_or_a_look_around_is_reported() -> None:
    for pattern in ("[a-z]+ [a-z]+", "(?=a)a"):
        imported = form([["text", "a", "?", f"regex(., '{pattern}')"]], header=("type", "name", "label", "constraint"))
        assert isinstance(only(imported).fields["a"], TextField)
        assert not imported.whole
    kept = form([["text", "a", "?", "regex(., '[A-Z]{2}')"]], header=("type", "name", "label", "constraint"))
    assert isinstance(only(kept).fields["a"], CodeField)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["begin group", "g", ""], ["text", "a", "A?"]], "never ended"),
        ([["text", "a", "A?"], ["end group", "", ""]], "never begun"),
        ([["image", "a", "A?"]], "asks nothing"),
        ([["text", f"q{n}", "?"] for n in range(200)], "one flow holds 150"),
    ],
)
def test_a_form_that_cannot_be_a_flow_is_refused_in_a_sentence(rows: list[list[str]], words: str) -> None:
    with pytest.raises(ImportFault, match=words):
        form(rows)


def test_a_workbook_without_a_survey_is_no_form() -> None:
    with pytest.raises(ImportFault, match="no sheet `survey`"):
        import_xlsform(book({"other": [["a"]]}))


def test_conditions_too_long_for_one_expression_are_computed() -> None:
    many = " or ".join(f"${{n}} = {value}" for value in range(12))
    rows = [
        ["integer", "n", "?", "yes", ""],
        ["begin group", "g", "", "", many],
        ["begin group", "h", "", "", many.replace("= 1", "= 2")],
        ["text", "a", "A?", "yes", ""],
        ["end group", "", "", "", ""],
        ["end group", "", "", "", ""],
    ]
    imported = form(rows, header=WIDE[:5])
    assert sorted(only(imported).computed) == ["when_1", "when_2"]
    assert imported.whole
    assert errors(imported) == set()


def test_a_calculation_over_an_empty_answer_is_empty() -> None:
    rows = [
        ["integer", "a", "A?", "", "", "", "", ""],
        ["calculate", "twice", "", "", "", "", "", "${a} * 2"],
        ["text", "why", "So many?", "yes", "${twice} > 10"],
    ]
    imported = form(rows, header=WIDE[:8])
    assert only(imported).computed["twice"].source == "a * 2 if answered(a) else None"
    assert errors(imported) == set()
