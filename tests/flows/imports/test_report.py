"""The head of an imported file names only what is still to be written."""

from flows.imports import import_xlsform
from tests.flows.imports.books import book

FORM = {"survey": [["type", "name", "label"], ["text", "a", "Name?"]]}


def test_an_agency_that_was_given_is_not_asked_for_again() -> None:
    (plain,) = import_xlsform(book(FORM)).files.values()
    (given,) = import_xlsform(book(FORM), agency="office").files.values()
    assert "Still to be written: agency, notice" in plain
    assert "Still to be written: notice" in given
