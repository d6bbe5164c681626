"""What changes is said: every difference that the digest sees has its sentence, and nothing else has one."""

from pathlib import Path

import pytest

from flows.difference import difference, page, screens
from flows.difference.matching import matched, moved
from flows.findings import FlowFault
from flows.loader import load
from flows.revision import Revision, revise
from tests.explorer.kit import settings
from tests.flows.engine_kit import FLOWS, SERVICES
from tests.flows.test_check import CASES, GOOD, PARTS

HERE = Path(__file__).parent
OTHERS = {name: load(text, f"{name}.yaml") for name, text in PARTS.items()} | FLOWS
WATER = revise(load(GOOD, "water.yaml"), OTHERS)


def edited(*edits: tuple[str, str], text: str = GOOD) -> Revision:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return revise(load(text, "water.yaml"), OTHERS)


def said(*edits: tuple[str, str], language: str = "en") -> list[str]:
    return [one.sentence for one in difference(WATER, edited(*edits), language)]


VILLAGE = '  - ask: village\n    text: {lo: "ບ້ານໃດ?", en: "Which village?"}\n'
WELL = "      well: {lo: ນ້ຳສ້າງ, en: Well}\n"
PUMP = "      pump: {lo: ປໍ້ານ້ຳ, en: Pump}\n"
FIRST = "  - ask: kind\n"


def test_nothing_changes_between_equals() -> None:
    assert said() == []
    assert said(("# A small", "# The small")) == [], "a comment changes nothing"
    assert screens(WATER, WATER, settings()) == ()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_does_not_differ_from_itself(service: str) -> None:
    assert difference(SERVICES[service], SERVICES[service]) == ()


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        (
            [(VILLAGE, ""), (FIRST, VILLAGE + FIRST)],
            "The question about “Village” now comes before the question about “Kind”.",
        ),
        ([(VILLAGE, "")], "The question about “Village” is gone."),
        (
            [('en: "What is broken?"', 'en: "What broke?"')],
            "The question about “Kind” (English): “What is broken?” is now “What broke?”.",
        ),
        ([("keep: 30d", "keep: 36h")], "The notice: how long this node keeps it was 30 days, is now 36 hours."),
        ([("max: 9999", "max: 99")], "The answer “People”: the most was 9999, is now 99."),
        (
            [("form: [kind, people, village]", "form: [kind, people]")],
            "The way in: the form in one message no longer has: Village.",
        ),
        ([('["*999*7#"]', '["*999*7#", "*999*77#"]')], "The way in: the code to dial now has also: *999*77#."),
        (
            [("confirm: [kind, day, people, village]", "confirm: [people, kind, day, village]")],
            "The check page: what is shown was Kind, Since, People, Village, is now People, Kind, Since, Village.",
        ),
        ([("people > 100", "people > 50")], "The value “many”: the rule was people > 100, is now people > 50."),
        (
            [("  - when: many\n", "  - when: not many\n")],
            "The text “{people} people: urgent. {f…”: the condition was many, is now not many.",
        ),
        (
            [("    none: helper\n", "")],
            "The question about “People”: where it goes when nothing fits was helper, and is no longer set.",
        ),
        ([(WELL + PUMP, PUMP + WELL)], "The answer “Kind”: the order is now pump, well; it was well, pump."),
        (
            [("  day:\n", "  depth: {type: int, label: {lo: ເລິກ, en: Depth}, why: x}\n  day:\n")],
            "The answer “Depth” is collected from now on (whole number, personal).",
        ),
        (
            [('en: "Not finished yet. Dial {dial}."', 'en: "Dial {dial}."')],
            "The message “dropped” (English): “Not finished yet. Dial {dial}.” is now “Dial {dial}.”.",
        ),
        (
            [('press: ["", 2, 1, 250', 'press: ["", 2, 1, 251')],
            "The walks that prove the service changed: 1 before, 1 now.",
        ),
    ],
)
def test_each_kind_of_change_is_one_sentence(edits: list[tuple[str, str]], sentence: str) -> None:
    assert sentence in said(*edits)


def test_only_what_moved_is_said_to_move() -> None:
    moves = [one for one in said((VILLAGE, ""), (FIRST, VILLAGE + FIRST)) if "comes before" in one]
    assert len(moves) == 1
    assert moved({0: 1, 1: 2, 2: 3, 3: 0}) == {0}
    assert moved({0: 0, 1: 1, 2: 2}) == frozenset()
    # Of 3 2 5 0 4 1 the longest that kept its order has two members (2 5, or 0 4): four were moved.
    assert len(moved(dict(zip([3, 2, 5, 0, 4, 1], range(6), strict=True)))) == 4


def test_a_text_written_anew_is_the_same_step_and_another_one_is_not() -> None:
    old = WATER.flow.steps
    new = edited(("{people} ຄົນ: ດ່ວນ. {fee} ກີບ.", "{people} ຄົນ: ດ່ວນຫຼາຍ. {fee} ກີບ.")).flow.steps
    assert matched(old, new) == {at: at for at in range(len(old))}
    other = edited(("{people} ຄົນ: ດ່ວນ. {fee} ກີບ.", "ຂໍຂອບໃຈ")).flow.steps
    assert 4 not in matched(old, other)


def changed() -> list[tuple[str, Revision]]:
    """The mistakes of the check's corpus, as changes: those that load, and that the digest sees."""
    found = []
    for number, (code, _, _, edits) in enumerate(CASES):
        try:
            new = edited(*edits)
        except FlowFault:
            continue
        if new.digest != WATER.digest:
            found.append((f"{number}-{code}", new))
    return found


CHANGED = changed()


def test_there_are_many_changes_to_look_at() -> None:
    assert len(CHANGED) > 50


@pytest.mark.parametrize("new", [one for _, one in CHANGED], ids=[name for name, _ in CHANGED])
def test_whatever_the_digest_sees_is_said_there_and_back_in_both_languages(new: Revision) -> None:
    for one, other in ((WATER, new), (new, WATER)):
        for language in ("en", "lo"):
            changes = difference(one, other, language)
            assert changes
            assert all(change.sentence and change.line >= 1 for change in changes)


def test_a_part_is_compared_too_and_named() -> None:
    part = FLOWS["person"]
    other = load(
        part.source.replace("en: Head of household", "en: Head").replace("max: 60", "max: 40", 1), "person.yaml"
    )
    users = [one for one in SERVICES.values() if part.id in one.parts]
    assert users
    new = revise(users[0].flow, {**FLOWS, part.id: other})
    assert [one.part for one in difference(users[0], new)] == [part.id]


def test_the_screens_that_differ_stand_side_by_side() -> None:
    new = edited(('en: "What is broken?"', 'en: "What broke?"'), (VILLAGE, ""))
    pairs = screens(WATER, new, settings())
    first = next(pair for pair in pairs if pair.old and pair.new and pair.new.step == "1:ask:kind")
    assert [tag for tag, _, _ in first.faces] == ["en"], "only the language in which it differs"
    gone = [pair.old.step for pair in pairs if pair.old and not pair.new]
    assert gone == ["4:ask:village"]


@pytest.mark.parametrize("language", ["en", "lo"])
def test_the_page_is_as_it_was_looked_at(language: str, request: pytest.FixtureRequest) -> None:
    """Looked at in a browser at desk and phone width; `--update` writes it anew, to be looked at again."""
    new = edited(
        ('en: "What is broken?"', 'en: "What <broke>?"'),
        (VILLAGE, ""),
        (FIRST, VILLAGE + FIRST),
        ("keep: 30d", "keep: 60d"),
    )
    made = page(WATER, new, settings(), language)
    file = HERE / "golden" / f"water-{language}.html"
    if request.config.getoption("--update"):
        file.write_text(made, "utf-8")
    assert made == file.read_text("utf-8"), "if this is as it should be: --update, and look at it in a browser"
    assert "<script" not in made
    assert "<broke>" not in made
    assert "http" not in made
