"""The loop closed through HTTP: the agency asks for one field again, and the citizen answers that one, by key or SMS.

Once with bodies in the clear, and once with bodies that the node has sealed to the agency and cannot read itself.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sala import demo as demonstrations
from sala.demo import PASSWORD
from sync.agency.app import public_key
from tests.ports import free_port
from tests.sala.test_demo import Demo, demonstration, soon
from tests.sala.test_serve import MOTHER, answer_to

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["clear", "sealed"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data, port = tmp_path_factory.mktemp("demo") / "data", free_port()
    if request.param == "sealed":
        data.mkdir()
        file = demonstrations.written(port, data)
        line = f'seal_to = ["{public_key(data / "agency")}"]\n'
        file.write_text(file.read_text().replace('connector = "native"\n', f'connector = "native"\n{line}'))
    with demonstration(data, port) as running:
        running.agency("/login", password=PASSWORD)
        running.agency("/language/en")
        yield running


class Caller:
    """One number that presses keys and writes messages, and reads what comes."""

    def __init__(self, demo: Demo, number: str) -> None:
        self.demo = demo
        self.number = number
        self.calls = 0
        self.text = ""
        self.screen = ""
        self.end = False

    def dial(self, *keys: str) -> str:
        self.calls += 1
        self.text = ""
        self._press()
        return self.press(*keys)

    def press(self, *keys: str) -> str:
        for key in keys:
            self.text = f"{self.text}*{key}" if self.text else key
            self._press()
        return self.screen

    def _press(self) -> None:
        session = f"{self.number}-{self.calls}"
        shown = self.demo.phone("press", number=self.number, session=session, text=self.text)
        self.screen, self.end = shown["text"], shown["end"]

    def find(self, words: str) -> str:
        """The key of a menu's line, on whichever page it is."""
        while words not in self.screen:
            self.press("9")
        return next(line.split()[0] for line in self.screen.splitlines() if words in line)

    def write(self, text: str) -> str:
        """Send a message; what comes back."""
        before = len(self.demo.inbox(self.number))
        self.demo.phone("send", number=self.number, to="1999", text=text)
        return str(soon(lambda: self.demo.inbox(self.number)[before:])[-1])

    def texts(self, reference: str) -> list[str]:
        return [text for text in self.demo.inbox(self.number) if reference in text]


def registered(caller: Caller) -> str:
    """A birth in English, wrong in the mother's age; its reference."""
    caller.dial()
    if "English" in caller.screen:
        caller.press(caller.find("English"))
    while not caller.end:
        caller.press(answer_to(caller.screen))
    return re.search(r"\d{3} \d{3} \d{3}", caller.screen)[0]  # type: ignore[index]


def page_of(demo: Demo, reference: str, revision: int = 1) -> str:
    """The address of the agency's newest page about it, once that revision is there."""
    listing = f"/?reference={reference.replace(' ', '')}"
    return str(soon(lambda: re.findall(r'href="(/requests/\d+)"', demo.agency(listing))[revision - 1 :])[0])


def decide(demo: Demo, page: str, status: str, **more: Any) -> None:
    token = re.search(r'name="token" value="([^"]+)"', demo.agency(page))
    assert token
    demo.agency(page, token=token[1], status=status, **more)


def ask_again(demo: Demo, caller: Caller, reference: str) -> None:
    """The agency asks for the mother's age, and the citizen hears of it once."""
    decide(demo, page_of(demo, reference), "needs_correction", reason="bad_value", fields="mother_age")
    soon(lambda: [text for text in caller.texts(reference) if "please correct" in text])


def corrected(demo: Demo, caller: Caller, reference: str) -> None:
    """Both revisions are there, the newer with all answers; the decision comes home as one message."""
    listing = f"/?reference={reference.replace(' ', '')}"
    newest, oldest = soon(lambda: (found := re.findall(r'href="(/requests/\d+)"', demo.agency(listing)))[1:] and found)
    assert "Replaced by a newer one" in demo.agency(oldest)
    page = demo.agency(newest)
    assert "<dd>31</dd>" in page
    assert MOTHER in page
    assert "Received · Revision 2" in page
    decide(demo, newest, "approved")
    soon(lambda: [text for text in caller.texts(reference) if "approved" in text.lower()])
    for words in ("please correct it. Dial", "is approved"):
        assert len([text for text in caller.texts(reference) if words in text]) == 1


def test_on_the_phone_only_the_named_field_is_asked_again(demo: Demo) -> None:
    caller = Caller(demo, "+8562055511001")
    reference = registered(caller)
    ask_again(demo, caller, reference)
    caller.dial()
    caller.press(caller.find("My requests"))
    assert "please correct" in caller.screen
    caller.press(caller.find(reference))
    caller.press(caller.find("Correct it"))
    asked = []
    while not caller.end:
        if "?" in caller.screen and "age" in caller.screen:
            asked.append(caller.screen)
            caller.press("31")
        else:
            assert "name" not in caller.screen.lower() or "?" not in caller.screen
            caller.press("1")
    assert len(asked) == 1
    assert reference in caller.screen
    corrected(demo, caller, reference)


def test_by_sms_only_the_named_field_is_asked_again(demo: Demo) -> None:
    caller = Caller(demo, "+8562055511002")
    reference = registered(caller)
    ask_again(demo, caller, reference)
    said = caller.write(f"STATUS {reference.replace(' ', '')}")
    assert "1 Correct it" in said
    said = caller.write("1")
    for _ in range(6):
        said = caller.write("31" if "age" in said and "?" in said else "1")
        if "Received" in said:
            break
    assert reference in said
    corrected(demo, caller, reference)
