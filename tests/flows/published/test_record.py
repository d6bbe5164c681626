"""The record of processing as a page: every answer with its reason, and lines for what no file can say."""

from html import unescape

import pytest

from flows.captions import captions
from flows.published.processing import OPEN, processing
from flows.published.record import page
from tests.flows.engine_kit import FLOWS, SERVICES, sample


@pytest.mark.parametrize("language", ["en", "lo"])
def test_the_page_says_what_the_record_says(language: str) -> None:
    flows = [one.flow for one in SERVICES.values()]
    told, words = unescape(page(flows, FLOWS, language)), captions(language)
    assert f'<html lang="{language}">' in told
    assert told.count("<article>") == len(flows)
    for service in processing(flows, FLOWS)["record"]:
        assert service["purpose"][language] in told
        for answer in service["data"]:
            assert answer["label"][language] in told
            assert answer["why"] in told
    assert all(words(f"record.open.{name}") in told for name in OPEN)
    assert "<script" not in told
    assert "http" not in told


def test_a_service_that_can_harm_is_asked_more() -> None:
    birth, health = (page([SERVICES[name].flow], FLOWS) for name in ("birth", "feedback"))
    assert "An assessment is needed" not in birth
    assert "An assessment is needed" in health
    assert health.count("<li>") > birth.count("<li>")


def test_what_is_not_said_has_a_line_and_a_missing_reason_is_named() -> None:
    fields = 'fields:\n  who: {type: name, label: {en: "<Name>"}}\nsteps:\n  - {end: {en: Bye}}\n'
    told = page([sample(fields).flow], {})
    assert "no reason is given" in told
    assert "&lt;Name&gt;" in told
    assert "no reason is given" not in page([SERVICES["birth"].flow], FLOWS)
