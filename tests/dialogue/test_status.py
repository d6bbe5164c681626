"""The SMS that an agency's status becomes, in every language."""

import pytest

from flows.dialogue import full, status_text, try_later
from flows.phrases import load
from flows.text.measure import USSD
from tests.dialogue.flows import BIRTH, HEALTH, office, revision

OFFICE = office()
STATUSES = ("in_review", "needs_correction", "approved", "rejected", "ready", "closed", "transferred")
REASONS = ("missing_field", "bad_value", "duplicate_case", "not_eligible", "documents_needed", "other")
LANGUAGES = ("lo", "lo-Latn", "en")


def says(status: str, reason: str = "", language: str = "en", text: str = BIRTH, **params: object) -> str:
    return status_text(OFFICE, language, revision(text), status, reason, "482109333", params)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_a_text_with_the_reference(language: str, status: str) -> None:
    assert "482 109 333" in says(status, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_adds_a_sentence(language: str, reason: str) -> None:
    plain = says("rejected", language=language)
    assert says("rejected", reason, language).startswith(plain + " ")


def test_an_unknown_reason_or_status_gets_the_plain_text() -> None:
    assert says("rejected", "E42") == says("rejected")
    assert says("paused_by_moon") == "News about request 482 109 333. Dial *999#."


def test_the_flows_own_words_with_the_offices_row() -> None:
    assert says("ready") == "482 109 333 is ready at Khoun."
    assert says("ready", language="lo") == "482 109 333 ພ້ອມ: ຄູນ"


def test_without_the_row_the_plain_text_speaks() -> None:
    bare = status_text(OFFICE, "en", revision(BIRTH), "ready", "", "482109333", {}, place="LA0101")
    assert bare == "Request 482 109 333 is ready. Ask: *999#"


def test_an_agencys_value_reaches_only_a_text_that_names_it() -> None:
    assert says("ready", office="Pek\nRing 900") == "482 109 333 is ready at Pek Ring 900."
    assert "Pek" not in says("approved", office="Pek")
    assert len(says("ready", office="x" * 5000)) < 120


@pytest.mark.parametrize("status", ["received", "queued", "accepted"])
def test_what_was_only_taken_in_sends_nothing(status: str) -> None:
    assert says(status) == ""


def test_a_case_with_a_case_key_says_only_that_there_is_news() -> None:
    locked = status_text(OFFICE, "en", revision(BIRTH), "ready", "", "482109333", {}, locked=True)
    assert locked == "News about your request 482 109 333. Dial *999#."


def test_a_sensitive_service_says_only_that_there_is_news() -> None:
    texts = {says(status, reason, text=HEALTH) for status in STATUSES for reason in ("", *REASONS)}
    assert texts == {"News about your request 482 109 333. Dial *999#."}
    assert status_text(OFFICE, "en", None, "ready", "", "482109333", {}) in texts


def test_the_doors_words_fit_one_screen() -> None:
    for language in ("", *LANGUAGES):
        assert USSD.fits(try_later(language))
        assert USSD.fits(full(language))


def test_what_ends_a_dialogue_fits_one_screen() -> None:
    for language in LANGUAGES:
        for key in ("front.bye", "notice.refused", "front.empty", "notice.same"):
            assert USSD.fits(load().say(language, key, dial="*999#")), (language, key)
