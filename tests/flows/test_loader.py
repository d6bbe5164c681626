"""A flow file is read, or every mistake in it is named with its line, its step and what to do."""

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.bounds import date_bound, seconds
from flows.loader import Finding, FlowFault, load, load_path
from flows.yamltext import MAX_BYTES, read_yaml

GOOD = Path(__file__).parent / "good" / "birth.yaml"
TEXT = GOOD.read_text(encoding="utf-8")


def faults(text: str) -> list[str]:
    with pytest.raises(FlowFault) as caught:
        load(text, "bad.yaml")
    return [str(finding) for finding in caught.value.findings]


def test_the_example_of_the_format_page_loads() -> None:
    flow = load(TEXT, "birth.yaml")
    assert flow.id == "birth"
    assert flow.resume == 24 * 3600
    assert flow.notice
    assert flow.notice.keep_days == 30
    assert " ".join(step.verb for step in flow.steps) == "say ask ask ask ask ask say confirm submit end submit end"
    assert flow.steps[6].when
    assert flow.steps[6].when.source == "late"
    assert flow.tests[1].press[4:7] == ("DROP", "+20h", "DIAL")
    assert TEXT.splitlines()[flow.line("steps", 3, "skip") - 1].strip().startswith("skip:")
    assert flow.source == TEXT
    assert not flow.is_part


def test_a_text_falls_back_to_what_the_author_wrote_first() -> None:
    flow = load(TEXT, "birth.yaml")
    assert flow.title.say("en") == "Register a birth"
    assert flow.title.say("kjg") == flow.title.say("lo")
    assert flow.language("kjg") == "lo"


def test_a_file_with_several_mistakes_shows_them_all() -> None:
    text = (
        TEXT.replace("agency: civil", "agenccy: civil")
        .replace("type: date", "type: dte")
        .replace('skip: "1"', "skip: 01")
        .replace("when: late", "when: late.x")
        .replace("- confirm:", "- confrm:")
    )
    found = faults(text)
    lines = {int(words.split(":")[1].split()[0]) for words in found}
    expected = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if any(bad in line for bad in ("agenccy", "dte", "skip: 01", "late.x", "confrm"))
    }
    assert lines == expected
    assert any("did you mean `agency`" in words for words in found)
    assert any("did you mean `confirm`" in words for words in found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('skip: "1"', "skip: 01", "put 01 in quotes"),
        ('contact: "1503"', "contact: +8561503", "put +8561503 in quotes"),
        ('ussd: ["*999*1#"]', "ussd: [*999*1#]", "must stand in quotes"),
        ("when: late", "when: !late", "write not"),
        ("when: late", "when: &a late", "must stand in quotes"),
        ("when: late", "when: late\n    when: late", "stands twice"),
        ('text: {lo: "ບ້ານ ຫຼື ລະຫັດ?", en:', "text: {lo: ບ້ານ, ຫຼື, en:", "comma"),
        ("resume: 24h", "resume: 24", "30d"),
        ("max: today", "max: tomorrow", "today - 18y"),
        ("sala: 1", "sala: 2", "update Sala"),
        ("title: {lo: ແຈ້ງເກີດ, en: Register a birth}", "title: {}", "at least"),
        ("tests:", "tests: []\nsteps2:", "not a key"),
        ("title: {lo: ແຈ້ງເກີດ, en: Register a birth}", "title: Birth", "needs its languages"),
        ("en: Register a birth", "en: 5", "in quotes"),
        ("en: Register a birth", "en: ", "is empty"),
        ("  - say: {lo:", "  - ask: village\n    say: {lo:", "one verb"),
        ("  - say: {lo:", "  - {lo:", "no verb"),
        ("audience: g2c", "audience: g2x", "must be one of"),
        ("  menu: 1 ", "  menu: one ", "whole number"),
        ("type: choice, label", "label", "has no `type`"),
        ("birth_date:  {type: date", "birth-date:  {type: date", "a name is"),
        ("once: [mother_name", "once: mother_name #", "must be a list"),
        ("    today: 2026-11-05", "    today: 5/11/2026", "a date such as"),
        ("  late: days_since(birth_date) > 30", "  late: days_since(birth_date", "not an expression"),
    ],
)
def test_each_trap_is_named(old: str, new: str, says: str) -> None:
    assert old in TEXT
    assert any(says in words for words in faults(TEXT.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: b: c", 1, "colon"),
        ("a: 1\nb: 'x\nc: 1", 2, "never closed"),
        ("a:\n\tb: 1", 2, "tab"),
        ("a: 1\nb: @x", 2, "quotes"),
        ("a: [1, 2\nb: 3", 2, "bracket"),
        ("a: 1\n   b: y", 2, "colon"),
        ('a: "\\d"', 1, "single quotes"),
        ("a: 1\nb: \x01", 2, "control mark"),
        ("- a\nb: 1", 2, "indentation"),
        ("a: 1\n---\nb: 1", 2, "one flow"),
        ("? [a]\n: 1", 1, "a key is one word"),
        ("", 1, "empty"),
        ("- 1", 1, "empty"),
    ],
)
def test_broken_notation_is_named_with_its_line(text: str, line: int, says: str) -> None:
    found = faults(text)
    assert any(words.startswith(f"bad.yaml:{line} ") and says in words for words in found), found


def test_yaml_values_are_what_an_author_means() -> None:
    document = read_yaml(
        "a: no\nb: 1:30\nno: x\nc: 1_000\nd: 0x10\ne: 1e3\nf: 2026-11-05\ng: true\nh: ~\ni: 1.5\nj: 7\n"
    )
    texts = {"a": "no", "b": "1:30", "no": "x", "c": "1_000", "d": "0x10", "e": "1e3", "f": "2026-11-05"}
    assert document.data == texts | {"g": True, "h": None, "i": 1.5, "j": 7}
    assert not document.troubles


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 50_000 + "x",
        "a: " + "x" * (MAX_BYTES + 1),
        "\n".join(f"{' ' * n}k:" for n in range(400)),
        "!!python/object/apply:os.system ['true']",
        "? " * 5000,
    ],
)
def test_a_bomb_goes_out_at_once(bomb: str) -> None:
    begin = time.process_time()
    assert read_yaml(bomb).troubles
    # Seconds of processor: the clock on the wall tells of other tests.
    assert time.process_time() - begin < 20


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab01:-[]{},&*!|>'\"#%@`\n\t ?ກ\ud800\u202e"), max_size=60))
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    document = read_yaml(text)
    assert document.data is not None or document.troubles or not text.strip() or document.data is None
    with pytest.raises(FlowFault):
        load(text, "x.yaml")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 30), st.text(alphabet="ab0:-[]{},&*!'\"#\n \t9ກ", max_size=6))
def test_a_damaged_flow_is_read_or_named(at: int, cut: int, put: str) -> None:
    found: tuple[Finding, ...] = ()
    try:
        load(TEXT[:at] + put + TEXT[at + cut :], "x.yaml")
    except FlowFault as fault:
        found = fault.findings
    assert all(finding.line >= 1 and finding.sentence for finding in found)


def test_a_folder_shows_the_faults_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sala: 2", encoding="utf-8")
    (tmp_path / "b.yml").write_bytes(b"a: 1\nb: \xff")
    (tmp_path / "c.txt").write_text("not a flow", encoding="utf-8")
    with pytest.raises(FlowFault) as caught:
        load_path(tmp_path)
    assert {Path(finding.file).name for finding in caught.value.findings} == {"a.yaml", "b.yml"}
    assert any("UTF-8" in finding.sentence and finding.line == 2 for finding in caught.value.findings)
    with pytest.raises(FlowFault, match="cannot be read"):
        load_path(tmp_path / "none.yaml")
    assert len(load_path(GOOD)) == 1


def test_spans_of_time() -> None:
    assert (seconds("15m"), seconds("24h"), seconds("30d")) == (900, 86_400, 2_592_000)
    for bad in ("24", "h", 24, None, "1w"):
        with pytest.raises(ValueError, match="write a number"):
            seconds(bad)


@pytest.mark.parametrize(
    ("source", "day"),
    [
        ("today", "2024-02-29"),
        ("today - 18y", "2006-02-28"),
        ("today + 1d", "2024-03-01"),
        ("today - 1m", "2024-01-29"),
        ("today + 12m", "2025-02-28"),
        ("2026-11-02", "2026-11-02"),
        ("today - 9999y", "0001-01-01"),
        ("today + 99999d", "2297-12-13"),
    ],
)
def test_a_date_limit_moves_with_today(source: str, day: str) -> None:
    assert date_bound(source).on(date(2024, 2, 29)).isoformat() == day
