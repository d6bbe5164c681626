"""`sala demo`, as somebody who tries it: a birth in Lao on the phone, a decision at the agency, the news as an SMS."""

import contextlib
import http.cookiejar
import json
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sala.demo import PASSWORD
from tests.ports import free_port
from tests.sala.nodes import environment
from tests.sala.test_serve import answer_to

NUMBER = "+8562055577777"


@dataclass
class Demo:
    """A running demonstration, and the browser in front of it."""

    process: "subprocess.Popen[str]"
    port: int
    browser: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
    )

    def phone(self, path: str, **said: Any) -> Any:
        """What the page of the phone asks of its node."""
        body = json.dumps({"number": NUMBER, "code": "*999#", **said}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/phone/{path}", body, headers)
        with self.browser.open(request, timeout=15) as answer:
            return json.load(answer)

    def inbox(self, number: str = NUMBER) -> list[str]:
        """The messages in the phone's SMS tab."""
        query = urllib.parse.urlencode({"number": number, "after": 0})
        with self.browser.open(f"http://127.0.0.1:{self.port}/phone/inbox?{query}", timeout=15) as answer:
            return [message["text"] for message in json.load(answer)]

    def agency(self, path: str, **form: str) -> str:
        """A page of the agency."""
        data = urllib.parse.urlencode(form).encode() if form else None
        with self.browser.open(f"http://127.0.0.1:{self.port + 1}{path}", data, timeout=15) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def demonstration(folder: Path, port: int) -> Iterator[Demo]:
    command = [sys.executable, "-m", "sala", "demo", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(
        command, env=environment(), cwd=folder.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    said = ""
    try:
        while "Four things" not in said:
            line = process.stdout.readline()
            assert line, f"it ended: {said}"
            said += line
        yield Demo(process, port)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=15)


def soon(find: Callable[[], Any]) -> Any:
    """What `find` finds, within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := find():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demonstration(tmp_path_factory.mktemp("demo") / "data", free_port()) as running:
        yield running


def register(demo: Demo, language: str) -> tuple[str, int]:
    """The reference, and how many answers it took after the notice."""
    shown = demo.phone("press", session="one", text="")
    typed = [next(line.split()[0] for line in shown["text"].split("\n") if language in line)]
    answers = 0
    while not shown["end"]:
        shown = demo.phone("press", session="one", text="*".join(typed))
        assert shown["units"] <= shown["limit"]
        typed.append(answer_to(shown["text"]))
        answers += "?" in shown["text"]
        assert len(typed) < 40
    return re.search(r"\d{3} \d{3} \d{3}", shown["text"])[0], answers  # type: ignore[index]


def test_a_birth_in_lao_is_decided_and_the_news_comes_home(demo: Demo) -> None:
    reference, answers = register(demo, "ລາວ")
    assert answers <= 9
    receipt = soon(lambda: [text for text in demo.inbox() if reference in text])[0]
    assert "ໄດ້ຮັບແລ້ວ" in receipt
    decide(demo, reference, "approved")
    news = soon(lambda: [text for text in demo.inbox() if reference in text and text != receipt])
    assert news == [f"ຄຳຂໍ {reference} ອະນຸມັດແລ້ວ."] or "ອະນຸມັດ" in news[0]
    time.sleep(1.5)  # and once: a second copy would come with the other agencies' feeds
    assert len([text for text in demo.inbox() if reference in text]) == 2


def decide(demo: Demo, reference: str, status: str, **more: str) -> None:
    """What the agency's officer does with the request, once it is there."""
    demo.agency("/login", password=PASSWORD)
    listing = f"/?reference={reference.replace(' ', '')}"
    page = soon(lambda: re.search(r'href="(/requests/\d+)"', demo.agency(listing)))[1]
    token = re.search(r'name="token" value="([^"]+)"', demo.agency(page))
    assert token
    demo.agency(page, token=token[1], status=status, **more)


WRITER = "+8562055588888"


def message(demo: Demo, nth: int) -> str:
    """The nth message that the writer gets."""

    def there() -> str:
        got = demo.inbox(WRITER)
        return got[nth] if len(got) > nth else ""

    return str(soon(there))


def test_the_same_over_sms_alone(demo: Demo) -> None:
    demo.phone("send", number=WRITER, to="1999", text="ເກີດ")
    heard = 0
    while not (reference := re.search(r"\d{3} \d{3} \d{3}", text := message(demo, heard))):
        demo.phone("send", number=WRITER, to="1999", text=answer_to(text))
        heard += 1
        assert heard < 25
    decide(demo, reference[0], "rejected", reason="documents_needed")
    news = message(demo, heard + 1)
    assert reference[0] in news
    assert "ເອກະສານ" in news


@pytest.mark.slow
def test_it_comes_back_on_another_port_with_what_it_was_told(tmp_path: Path) -> None:
    data, first, second = tmp_path / "data", free_port(), free_port()
    with demonstration(data, first) as running:
        reference, _ = register(running, "English")
    with demonstration(data, second) as running:
        running.agency("/login", password=PASSWORD)
        assert soon(lambda: reference in running.agency("/"))
