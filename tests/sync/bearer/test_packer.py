"""Whatever is packed comes back byte for byte, or is refused."""

import json
import string
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.check import conversation
from flows.fields import (
    AnyField,
    ChoiceField,
    CodeField,
    DateField,
    DecimalField,
    IntField,
    MultiField,
    NameField,
    PhoneField,
    RefField,
    TextField,
    TimeField,
    YesNoField,
)
from flows.phrases import load as load_phrases
from flows.reference import make_reference
from flows.tables import Tables, read_csv
from sync.bearer.coder import Reader, Unfit, Writer
from sync.bearer.long import cut, joined
from sync.bearer.packer import pack, unpack
from sync.bearer.page import Page, PageFault
from sync.bearer.text import Words
from tests.sync.bearer import kit

EVERY_LETTER = st.text(st.characters(exclude_categories=[]), max_size=80)
UTF8 = st.text(st.characters(codec="utf-8"), max_size=60)
LAO = st.text(st.sampled_from("".join(map(chr, range(0xE80, 0xF00))) + " -\u200b"), max_size=60)
NUMBERS = st.integers(min_value=-(2**256) + 1, max_value=2**256 - 1)


def back(event: bytes, page: Page | None) -> bytes:
    packed = pack(event, page)
    return unpack(packed.body, packed.epoch, packed.sequence, packed.page)


@given(EVERY_LETTER, EVERY_LETTER, LAO)
def test_any_text_of_unicode_comes_back(one: str, two: str, three: str) -> None:
    writer, words = Writer(), Words()
    for text in (one, two, three):
        words.write(writer, text)
    reader, heard = Reader(writer.to_bytes()), Words()
    assert [heard.read(reader) for _ in range(3)] == [one, two, three]
    reader.close()


def test_each_code_point_comes_back_once() -> None:
    for start in range(0, 0x110000, 0x10000):
        text = "".join(map(chr, range(start, start + 0x10000, 251)))
        writer = Writer()
        Words().write(writer, text)
        assert Words().read(Reader(writer.to_bytes())) == text


@given(st.lists(NUMBERS, max_size=8))
def test_any_number_comes_back(numbers: list[int]) -> None:
    writer = Writer()
    for number in numbers:
        writer.number(number)
    reader = Reader(writer.to_bytes())
    assert [reader.number() for _ in numbers] == numbers
    reader.close()


def answers_to(field: AnyField) -> st.SearchStrategy[Any]:  # noqa: C901 - one line for each type
    match field:
        case TextField() | NameField():
            return UTF8 | LAO
        case IntField():
            return st.integers(field.min, field.max) | st.integers(-(2**53), 2**53)
        case DecimalField():
            return st.decimals(-9999, 9999, places=2).map(float) | st.integers(-(10**9), 10**9)
        case DateField():
            return st.dates().map(str)
        case TimeField():
            return st.times().map(lambda time: f"{time:%H:%M}")
        case PhoneField():
            return st.from_regex(r"\+[1-9][0-9]{3,14}", fullmatch=True) | st.just(kit.LAO)
        case CodeField():
            return st.text(string.digits + string.ascii_uppercase + "-", max_size=30)
        case ChoiceField():
            return st.sampled_from(list(field.choices)) | UTF8
        case MultiField():
            return st.lists(st.sampled_from(list(field.choices)), unique=True)
        case YesNoField():
            return st.booleans()
        case RefField():
            return st.text(string.digits, max_size=12) | st.just("0901005") | UTF8


COMPUTED = st.booleans() | st.none() | st.integers(-(2**53), 2**53) | UTF8 | st.floats(allow_nan=False, width=32)


@st.composite
def submissions(draw: st.DrawFn) -> tuple[str, bytes]:
    service = draw(st.sampled_from(sorted(kit.revisions())))
    flow = kit.revisions()[service].flow
    values = {name: answers_to(field) | st.none() for name, field in flow.fields.items()}
    values |= dict.fromkeys(flow.computed, COMPUTED)
    answers = draw(st.fixed_dictionaries({}, optional=values))
    if draw(st.booleans()):
        answers = {name: answers[name] for name in draw(st.permutations(list(answers)))}
    shown = draw(st.sampled_from(("", *kit.page(service).notices, "sha256:" + "ab" * 32)))
    event = kit.event(
        answers,
        service,
        now=draw(st.integers(0, 4_000_000_000)),
        sequence=draw(st.integers(0, 2**32 - 1)),
        reference=make_reference(f"{draw(st.integers(0, 10**8 - 1)):08d}"),
        case_revision=draw(st.sampled_from([1, 1, 2, 7])),
        language=draw(st.sampled_from(flow.languages)),
        channel=draw(st.sampled_from(["ussd", "sms", "counter", "other"])),
        anonymous=draw(st.booleans()),
        consent=draw(st.sampled_from([{}, {"basis": kit.page(service).schema.basis, "shown": shown}, {"x": "y"}])),
        place=draw(st.sampled_from(["LA0901", "LA0203", ""])),
    )
    return service, event


@settings(max_examples=80, deadline=None)
@given(submissions())
def test_every_service_s_submissions_come_back_exactly(made: tuple[str, bytes]) -> None:
    service, event = made
    assert back(event, kit.page(service)) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | UTF8,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(UTF8, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(UTF8, JSON, max_size=4))
def test_an_event_of_any_shape_comes_back(more: dict[str, Any]) -> None:
    event = orjson.dumps(more | {"epoch": "3f9c21aa", "sequence": "7"})
    assert back(event, None) == event
    spaced = json.dumps(json.loads(event), indent=1).encode()
    assert back(spaced, kit.page()) == spaced


def test_an_ordinary_birth_is_packed_by_its_page() -> None:
    packed = pack(kit.event(), kit.page())
    assert packed.page is kit.page()
    assert len(packed.body) < 75
    assert len(cut(packed.body)) == 1


def test_a_sealed_body_travels_as_it_is() -> None:
    event = orjson.loads(kit.event())
    del event["data"]
    event["data_base64"] = "AAEC" * 40
    sealed = orjson.dumps(event)
    assert back(sealed, kit.page()) == sealed


@pytest.mark.parametrize(
    "change", [{"epoch": "3F9C21AA"}, {"epoch": None}, {"sequence": "4294967296"}, {"sequence": "01"}]
)
def test_an_event_without_a_name_for_the_header_is_not_packed(change: dict[str, Any]) -> None:
    event = orjson.dumps(orjson.loads(kit.event()) | change)
    with pytest.raises(Unfit):
        pack(event, kit.page())


@given(st.binary(max_size=99))
@settings(max_examples=200, deadline=None)
def test_chance_bytes_are_refused(body: bytes) -> None:
    for page in (kit.page(), None):
        with pytest.raises(Unfit):
            unpack(body, "3f9c21aa", 8123, page)


def test_the_wrong_page_is_refused() -> None:
    packed = pack(kit.event(), kit.page())
    later = Page(kit.NODE, "LA0902", "LA", kit.page().revision, kit.page().files, kit.page().notices)
    for page in (later, None, kit.page("health")):
        with pytest.raises(Unfit):
            unpack(packed.body, packed.epoch, packed.sequence, page)
    with pytest.raises(Unfit):
        unpack(packed.body, packed.epoch, packed.sequence + 1, packed.page)


def test_a_page_is_itself_or_nothing() -> None:
    page = kit.page()
    assert Page.read(page.body) == page
    assert Page.read(page.body).digest == page.digest
    for wrong in (b"", b"[]", page.body + b" ", page.body.replace(b'"files"', b'"fliles"'), b'{"files":1}'):
        with pytest.raises(PageFault):
            Page.read(wrong)


@given(st.binary(max_size=1500))
def test_a_long_body_is_cut_and_joined(body: bytes) -> None:
    pieces = dict(enumerate(cut(body)))
    last = max(pieces)
    assert joined(pieces, last) == body
    assert joined(pieces, None) is None
    if last:
        assert joined({index: piece for index, piece in pieces.items() if index != last - 1}, last) is None


def test_what_the_services_really_submit_is_packed_by_its_page() -> None:
    # The authors' own tests, walked to their submissions: no answer may need the detour over plain JSON.
    tables = Tables(
        {file.stem: read_csv(file.stem, file.read_text("utf-8")) for file in (kit.LIBRARY / "tables").glob("*.csv")}
    )
    phrases = load_phrases()
    walked = 0
    for service, revision in kit.revisions().items():
        for test in revision.flow.tests:
            rehearsal = conversation.rehearse(revision, test, tables, phrases)
            for press in test.press:
                assert rehearsal.send(press) == ""
            if rehearsal.submitted is None:
                continue
            walked += 1
            event = kit.event(rehearsal.submitted, service, language=rehearsal.language)
            packed = pack(event, kit.page(service))
            assert packed.page is kit.page(service), (service, test.name)
            assert len(cut(packed.body)) == 1 or service == "feedback", (service, test.name, len(packed.body))
    assert walked > 20
