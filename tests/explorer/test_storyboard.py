"""The page holds every screen in every language, no script, nothing from outside; the spoken form every text."""

import csv
import io
import re
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from flows.captions import captions
from flows.explorer import Tariff
from flows.explorer.board import board_of
from flows.explorer.drawing import outline, shortened, svg
from flows.explorer.storyboard import drawn, map_of, storyboard
from flows.explorer.voice import as_csv, voice_script
from flows.loader import load
from flows.revision import revise
from flows.steps import Ask, End, Say
from tests.explorer.kit import SERVICES, planted, settings
from tests.flows.test_check import GOOD

VOID = {"meta", "rect", "circle", "path"}


class Balance(HTMLParser):
    """Every tag that is opened is closed; remembers tags and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        told = dict(attrs)
        self.ids.add(told.get("id") or "")
        self.links |= {value for name, value in attrs if name in ("href", "src") and value}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("service", ["birth", "health"])
def test_the_page_is_whole(service: str) -> None:
    revision = SERVICES[service]
    board = board_of(revision, settings())
    page = drawn(board)
    seen = Balance()
    seen.feed(page)
    assert seen.open == []
    assert not seen.tags & {"script", "link", "img", "iframe"}
    assert all(link.startswith("#") and link[1:] in seen.ids for link in seen.links)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert len(page.encode()) < 150_000
    assert [tag for tag, _ in board.languages] == ["lo", "lo-Latn", "en"]
    for card in board.cards:
        for face in card.faces:
            assert face.pages, (card.step, face.language)
            for text, taken, room in face.pages:
                assert unescape(text) in unescape(page)
                assert taken <= room


def test_every_step_with_a_screen_has_its_card() -> None:
    board = board_of(SERVICES["birth"], settings())
    asked = [card.step for card in board.cards if card.kind == "ask"]
    assert asked == [
        f"{at}:ask:{step.ask}" for at, step in enumerate(SERVICES["birth"].flow.steps, 1) if isinstance(step, Ask)
    ]
    assert [card.number for card in board.cards] == list(range(1, len(board.cards) + 1))


def test_branches_lead_where_the_flow_does() -> None:
    board = board_of(SERVICES["birth"], settings())
    by_step = {card.step: card for card in board.cards}
    village = by_step["7:ask:village"]
    assert {(branch.by, branch.to) for branch in village.branches} == {
        ("otherwise", by_step["8:ask:mother_name"].number),
        ("not found, 3 ×", by_step["officer"].number),
    }
    age = by_step["9:ask:mother_age"]
    assert {branch.by for branch in age.branches} == {"if late", "otherwise"}


def test_prices_are_told_when_there_is_a_tariff() -> None:
    told = storyboard(SERVICES["farm"], settings(tariffs=(Tariff("LTC", segment=Decimal(150)),)))
    assert "150 LAK (LTC)" in told
    assert "<th>Price</th>" not in storyboard(SERVICES["farm"], settings())


def test_what_an_author_writes_is_text_and_nothing_else() -> None:
    body = """
fields:
  age: {type: int, min: 0, max: 9, label: {lo: "<b>ກ</b>", en: "<img src=x>"}, why: "<script>alert(1)</script>"}
steps:
  - {ask: age, when: 1 < 2, text: {lo: "</style><script>", en: "<script>alert(2)</script>"}}
  - end: {lo: "&amp;", en: "</svg><script>"}
"""
    revision, _ = planted(body)
    page = storyboard(revision, settings())
    assert "<script" not in page
    assert "<img" not in page
    seen = Balance()
    seen.feed(page)
    assert seen.open == []


def test_a_flow_too_large_for_a_map_keeps_its_outline(monkeypatch: pytest.MonkeyPatch) -> None:
    board = board_of(SERVICES["farm"], settings())
    monkeypatch.setattr("flows.explorer.layout.MOST", 3)
    assert svg(board) == ""
    page = drawn(board)
    assert "<details open>" in page
    assert [number for number, _, _ in outline(board)] == [card.number for card in board.cards]


@pytest.mark.parametrize("text", ["ວັນເດືອນປີເກີດຂອງລູກ", "Health worker or village head", "ເກີດ"])
def test_a_short_title_never_tears_a_syllable(text: str) -> None:
    for most in range(2, 12):
        short = shortened(text, most)
        assert short == text or text.startswith(short.removesuffix("…"))
        rest = text[len(short.removesuffix("…")) :]
        assert not rest or not re.match(r"[\u0eb0-\u0ebc\u0ec8-\u0ece]", rest) or rest[0] in "\u0eb0\u0eb2\u0ebd"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_spoken_form_says_everything(service: str) -> None:
    revision = SERVICES[service]
    lines = voice_script(revision, settings())
    assert [line.order for line in lines] == list(range(1, len(lines) + 1))
    texts = {(line.language, line.text) for line in lines}
    for step in revision.flow.steps:
        match step:
            case Say(say=words) | Ask(text=words) | End(end=words):
                # What leaves an answer empty is an option of its own when it is heard.
                heard = {(tag, re.sub(r"\s*\(\d\s*=.*\)", "", words.say(tag))) for tag in revision.flow.languages}
                assert heard <= texts
    same: dict[str, str] = {}
    for line in lines:
        assert line.text
        assert same.setdefault(line.audio, line.text) == line.text, "one id is one recording"
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", line.audio)
    rows = list(csv.DictReader(io.StringIO(as_csv(lines))))
    assert [row["text"] for row in rows] == [line.text for line in lines]
    assert {row["repeat"] for row in rows if row["role"] in ("prompt", "option")} == {"*"}


def test_the_map_alone_is_a_drawing_with_its_own_colours() -> None:
    drawing = ET.fromstring(map_of(SERVICES["birth"], settings(), "lo"))  # noqa: S314 - our own drawing
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    style = drawing.find("{http://www.w3.org/2000/svg}style")
    assert style is not None
    assert "--blue" in str(style.text)
    assert len(drawing.findall(".//{http://www.w3.org/2000/svg}circle")) == 17


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_follows_in_the_spoken_form_is_there(service: str) -> None:
    lines = voice_script(SERVICES[service], settings())
    steps = {line.step for line in lines}
    following = {line.next for line in lines if line.next}
    assert {one.removeprefix("send, ") for one in following} <= steps
    assert any(one.startswith("send, ") for one in following)


def test_a_key_that_leaves_an_answer_empty_is_heard_as_an_option() -> None:
    lines = [line for line in voice_script(SERVICES["birth"], settings()) if line.step == "05.child_name"]
    said = {(line.role, line.text, line.keys) for line in lines if line.language == "en"}
    assert ("prompt", "Child's name?", "0-9 #") in said
    assert ("option", "not yet: press 1, then hash.", "1 #") in said


def test_the_headings_speak_the_readers_language() -> None:
    english = storyboard(SERVICES["farm"], settings())
    lao = storyboard(SERVICES["farm"], settings(), "lo")
    for key in ("storyboard.sums", "storyboard.why", "storyboard.comments", "branch.otherwise", "kind.check"):
        ours, theirs = captions("en")(key), captions("lo")(key)
        assert unescape(english).count(ours) > 0, key
        assert unescape(lao).count(theirs) > 0, key
        assert unescape(lao).count(f">{ours}<") == 0, key
    assert '<html lang="lo">' in lao


@pytest.mark.parametrize("language", ["en", "lo"])
def test_the_page_is_as_it_was_looked_at(language: str, request: pytest.FixtureRequest) -> None:
    """Looked at in a browser at desk and phone width, and printed; `--update` writes it anew, to be looked at again."""
    revision = revise(load(GOOD, "water.yaml"), {})
    made = storyboard(revision, settings(tariffs=(Tariff("LTC", segment=Decimal(150)),)), language)
    file = Path(__file__).parent / "golden" / f"storyboard-{language}.html"
    if request.config.getoption("--update"):
        file.write_text(made, "utf-8")
    assert made == file.read_text("utf-8"), "if this is as it should be: --update, and look at it in a browser"
