"""A node as a process of its own, an agency beside it, and a phone that reaches it over HTTP."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sala import config as configuration
from sala import keys
from store.sqlite import FILE, Sqlite
from tests.ports import free_port

SECRET = "a-secret-of-many-characters-0001"
NUMBER = "+8562055512345"


def request(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    """The status and the body of a GET, or of a POST of this form."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with urllib.request.urlopen(url, data=data, timeout=60) as answer:  # noqa: S310 - a node of this test
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


@dataclass
class Phone:
    """One number on one channel; it speaks as the gateway does."""

    base: str
    number: str = NUMBER
    session: str = ""
    text: str = ""
    screen: str = ""
    open: bool = False
    _dials: int = 0

    def dial(self, code: str = "*999#") -> str:
        """Open a session; what follows the service code is dialled with it."""
        self._dials += 1
        self.session = f"{self.number}-{time.monotonic_ns()}-{self._dials}"
        self.text = code.removeprefix("*999").strip("*#")
        return self._call()

    def press(self, *inputs: str) -> str:
        """Send inputs one after another; the last screen."""
        for one in inputs:
            self.text = f"{self.text}*{one}" if self.text else one
            self._call()
        return self.screen

    def _call(self) -> str:
        form = {"sessionId": self.session, "phoneNumber": self.number, "serviceCode": "*999#", "text": self.text}
        status, body = request(f"{self.base}/ussd", form)
        assert status == 200, (status, body)
        kind, _, self.screen = body.partition(" ")
        assert kind in {"CON", "END"}
        self.open = kind == "CON"
        return self.screen


@dataclass
class Node:
    """A running `sala serve`."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    http: int
    console: int
    phone: Phone = field(init=False)

    def __post_init__(self) -> None:
        self.phone = self.another(NUMBER)

    def another(self, number: str) -> Phone:
        """A further phone."""
        return Phone(f"http://127.0.0.1:{self.http}/gateways/at/{SECRET}", number)

    def get(self, path: str) -> tuple[int, str]:
        """A page of the console's door."""
        return request(f"http://127.0.0.1:{self.console}{path}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it; the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(60)
        return time.monotonic() - started

    def log(self) -> str:
        """What it has logged so far."""
        return (self.folder / "log").read_text("utf-8", "replace")


def environment() -> dict[str, str]:
    """This process's variables without any of Sala's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SALA_")}


def sala(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """One command, to its end."""
    command = [sys.executable, "-m", "sala", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=240, check=False)


async def rows_of(file: Path, statement: str) -> list[tuple[Any, ...]]:
    """Rows of the node of this configuration, while it runs or not; none before it has a database."""
    config = configuration.load(file)
    if not (config.data / FILE).exists():
        return []
    database = await Sqlite.open(config.data / FILE, keys.database_key(config.key_source, config.data), reader=True)
    try:
        return await database.rows(statement)
    finally:
        await database.close()


def written(folder: Path, agencies: str = "", **over: Any) -> tuple[Path, int, int]:
    """A configuration in this folder: the file and its two ports."""
    http, console = free_port(), free_port()
    top = {"node": "LA-TEST-01", "district": "LA0901", "languages": ["lo", "en"], **over}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in top.items()]
    lines += ["[http]", f"port = {http}", "[console]", f"port = {console}", "[store]", "free_mb = 0", "reserve_mb = 0"]
    lines += ["[channels.at]", 'gateway = "africastalking"', f'secret = "{SECRET}"', 'username = "sandbox"']
    lines += [
        'api_key = "none"',
        'base_url = "http://127.0.0.1:9"',
        'service_codes = ["*999#"]',
        'short_codes = ["1999"]',
    ]
    file = folder / "sala.toml"
    file.write_text("\n".join(lines) + "\n" + agencies, "utf-8")
    return file, http, console


@contextlib.contextmanager
def running(folder: Path, agencies: str = "", **over: Any) -> Iterator[Node]:
    """A node in this folder, ready; ended at the end if it still runs."""
    file, http, console = written(folder, agencies, **over)
    with started(file, http, console) as node:
        yield node


@contextlib.contextmanager
def started(file: Path, http: int, console: int, *options: str, until: str = "/ready") -> Iterator[Node]:
    """A node with this configuration, from when this page says 200."""
    command = [sys.executable, "-m", "sala", "serve", "--config", str(file), *options]
    with (file.parent / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=file.parent, env=environment(), stdout=log, stderr=log)
    node = Node(process, file.parent, http, console)
    try:
        _await(node, until)
        yield node
    finally:
        if process.poll() is None:
            node.stop()


def _await(node: Node, page: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if node.process.poll() is not None:
            raise AssertionError(f"the node did not start: {node.log()[-2000:]}")
        with contextlib.suppress(OSError):
            if request(f"http://127.0.0.1:{node.http}{page}")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"the node was not ready in time: {node.log()[-2000:]}")
