"""A reference agency as a process of its own, and the bare client that posts ready-made batches to it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from uuid_utils.compat import uuid7

from bench import options
from sync import signing, wire
from sync.agency.app import enrol
from tests.ports import free_port

NAME: Final = "LA-BENCH-01"
AGENCY: Final = "civil-registry"
BATCH: Final = 200
_last_core = options.core(-1)


@dataclass(frozen=True)
class Office:
    """A running reference agency, and the secret that it shares with the node."""

    port: int
    secret: str
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where it takes requests."""
        return f"http://127.0.0.1:{self.port}/sala"

    @property
    def settings(self) -> str:
        """Its table in the node's configuration."""
        return f'[agencies.{AGENCY}]\nconnector = "native"\nurl = "{self.url}"\nsecret = "{self.secret}"\n'

    def hold(self) -> None:
        """Answer nothing from now on."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        self.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def office(folder: Path, *, aside: bool = False) -> Iterator[Office]:
    """A fresh agency on the second core; `aside`: it runs when nothing else there wants to, as if it were elsewhere."""
    folder.mkdir()
    secret = asyncio.run(enrol(folder / "agency", NAME))
    port = free_port()
    command = [sys.executable, "-m", "sala", "agency", "serve", "--port", str(port), "--data", str(folder / "agency")]
    with (folder / "agency.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        os.sched_setaffinity(process.pid, _last_core)
        one = Office(port, secret, process)
        try:
            _listening(port)
            if aside:
                stand_aside(process.pid)
            yield one
        finally:
            one.go_on()
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def stand_aside(pid: int) -> None:
    """Let this process run only when its core has nothing else to do; later threads inherit it."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setscheduler(int(thread.name), os.SCHED_IDLE, os.sched_param(0))


def _listening(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the agency does not listen")


async def bare(agency: Office, batches: Sequence[bytes], count: int) -> dict[str, float]:
    """The yardstick: one connection, one request after another, ready-made bodies; it keeps nothing."""
    begun, sent, back = time.perf_counter(), 0, 0
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        for body in batches:
            back += await _post(session, agency.url, signing.key_of(agency.secret), body)
            sent += len(body)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "rate": count / seconds, "out": sent / count, "in": back / count}


async def _post(session: aiohttp.ClientSession, url: str, key: bytes, body: bytes) -> int:
    headers = signing.sign(key, str(uuid7()), int(time.time()), body)
    headers |= {"Content-Type": wire.BATCH_TYPE, "Content-Encoding": "zstd", "Accept-Encoding": "gzip"}
    async with session.post(f"{url}/submissions", data=body, headers=headers) as answer:
        said = await answer.read()
        if answer.status != 200:
            raise SystemExit(f"the yardstick was answered {answer.status}")
    return len(said)


def feed(url: str, secret: str, batches: Sequence[bytes], every: float) -> None:
    """As a process of its own, until it is ended: post one batch every so many seconds, out of everybody's way."""
    stand_aside(os.getpid())
    os.sched_setaffinity(0, _last_core)
    asyncio.run(_feed(url, signing.key_of(secret), batches, every))


async def _feed(url: str, key: bytes, batches: Sequence[bytes], every: float) -> None:
    begun, number = time.perf_counter(), 0
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        while True:
            await _post(session, url, key, batches[number % len(batches)])
            number += 1
            await asyncio.sleep(max(0.0, begun + number * every - time.perf_counter()))
