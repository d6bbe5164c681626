"""The two servers that the HTTP benches compare, processes on the first core: a node, and the bare handler."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.options import core
from tests.ports import free_port

SECRET = "bench-secret-of-32-characters-00"
_CONFIG = """\
node = "LA-BENCH-01"
district = "LA0901"
data = "{data}"
languages = ["lo", "en"]
[http]
port = {http}
[console]
port = {console}
[channels.at]
gateway = "africastalking"
secret = "{secret}"
username = "sandbox"
api_key = "none"
base_url = "http://127.0.0.1:9"
service_codes = ["*999#"]
short_codes = ["1999"]
"""


_TRIES: Final = 1200
"""A tenth of a second each; a node with a million waiting takes its sessions into memory before it is ready."""

# Asked before a bench binds itself to another one.
_first_core = core(0)


@dataclass(frozen=True)
class Server:
    """A running server: its process, the port of its door and the path that takes key presses."""

    pid: int
    port: int
    path: str
    console: int = 0

    def reading(self, name: str) -> float:
        """One metric of the node, named with its labels as the page writes it."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.console}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " "))


@contextlib.contextmanager
def node(folder: Path, more: str = "", notes: Path | None = None) -> Iterator[Server]:
    """A whole node with the starter services: encrypted database, logs and metrics on; `more` ends its settings.

    With `notes`, it writes there when a commit copied the log into the file: `bench.watched.spans` reads it.
    """
    http, console = free_port(), free_port()
    config = folder / "sala.toml"
    config.write_text(_CONFIG.format(data=folder / "data", http=http, console=console, secret=SECRET) + more)
    program = ["bench.watched", str(notes), str(folder / "data")] if notes else ["sala"]
    command = [sys.executable, "-m", *program, "serve", "--config", str(config)]
    with _running(command, folder / "node.log", f"http://127.0.0.1:{http}/ready") as pid:
        yield Server(pid, http, f"/gateways/at/{SECRET}/ussd", console)


@contextlib.contextmanager
def bare(folder: Path) -> Iterator[Server]:
    """The yardstick."""
    port = free_port()
    with _running(
        [sys.executable, "-m", "bench.bare", str(port)], folder / "bare.log", f"http://127.0.0.1:{port}/"
    ) as pid:
        yield Server(pid, port, "/ussd")


@contextlib.contextmanager
def _running(command: list[str], log: Path, ready: str) -> Iterator[int]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        os.sched_setaffinity(process.pid, _first_core)
        try:
            _await(ready, process, log)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _await(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(_TRIES):
        if process.poll() is not None:
            raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except urllib.error.HTTPError as answer:
            if answer.code != 503:
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.1)
    raise RuntimeError("the server was not ready within 120 s")
