"""The poster's example is no picture: sent as it stands, it becomes the request that the sheet promises."""

import re

import pytest

from flows import forms
from flows.dialogue.forms import split
from flows.poster import page, sheets
from flows.session import Step
from flows.turn import Need, Submit
from tests.explorer.kit import settings
from tests.flows.engine_kit import SERVICES, world


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_example_goes_through(service: str) -> None:
    """Each value is taken; what the form does not ask for comes next, or it is sent at once."""
    revision = SERVICES[service]
    entry = revision.flow.entry
    assert entry is not None
    for sheet in sheets(revision, settings()):
        word, _, rest = sheet.example.partition(" ")
        assert word in entry.sms
        values = split(rest, len(entry.form))
        assert len(values) == len(entry.form) == len(sheet.parts)
        made = filled(service, sheet.language, values)
        sent = next((effect for effect in made.effects if isinstance(effect, Submit)), None)
        taken = len(sent.answers) if sent else len(made.run.log if made.run else ())
        assert taken >= len(entry.form), (sheet.language, made.screen.text)
        assert made.run is None or made.run.refusal is None


def filled(service: str, language: str, values: tuple[str, ...]) -> Step:
    made = forms.fill(SERVICES[service], language, values, world(channel="sms"))
    if isinstance(made, Need):
        made = forms.fill(SERVICES[service], language, values, world(channel="sms", known={made: None}))
    assert isinstance(made, Step)
    return made


@pytest.mark.parametrize("service", ["birth", "farm"])
def test_where_the_form_is_the_whole_request_it_is_sent(service: str) -> None:
    sheet = sheets(SERVICES[service], settings())[0]
    made = filled(service, sheet.language, split(sheet.example.partition(" ")[2], len(sheet.parts)))
    assert any(isinstance(effect, Submit) for effect in made.effects)


def test_a_broken_example_would_be_seen() -> None:
    made = forms.fill(SERVICES["farm"], "en", ("Dragon", "24", "4", "1", "1", "0901001"), world(channel="sms"))
    assert isinstance(made, Step)
    assert not any(isinstance(effect, Submit) for effect in made.effects)


def test_each_language_has_its_own_sheet_keyword_and_words() -> None:
    lao, latin, english = sheets(SERVICES["birth"], settings(), short="1888")
    assert [one.word for one in (lao, latin, english)] == ["ເກີດ", "KEUT", "BIRTH"]
    assert (lao.code, lao.short, lao.contact, lao.keep_days) == ("*999*1#", "1888", "1503", 30)
    assert english.office == "District Home Affairs"
    assert english.papers == "your family book"
    assert ("Child", True) in english.ready
    assert ("Sex", False) not in english.ready, "what stands in a list needs no getting ready"


def test_a_sensitive_service_promises_no_going_on() -> None:
    sensitive = next(one for one in SERVICES.values() if one.sensitive)
    assert {one.resume_hours for one in sheets(sensitive, settings())} == {0}


def test_the_page_is_whole_and_speaks_each_language() -> None:
    made = page(SERVICES["health"], settings())
    assert made.count('class="sheet"') == 3
    assert "<script" not in made
    assert not re.search(r"(src|href)=", made)
    assert "Lat bo tham lahat thanakhan" in made
    assert "ລັດບໍ່ຖາມລະຫັດທະນາຄານ" in made
