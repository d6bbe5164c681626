"""Children forked from a process that has everything imported, so that a node starts in a fraction of a second.

`python -m tests.faults.nursery` reads one order a line from its standard input, forks, and answers with the process id.
What it forks is a whole process of its own: `kill -9` ends it as it ends any other.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.faults.rows import MOST_SECONDS

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass
class Child:
    """A forked process, known by a handle that no other process can inherit."""

    pid: int
    handle: int

    @property
    def alive(self) -> bool:
        return self.handle >= 0 and not select.select([self.handle], [], [], 0)[0]

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, how)

    async def ended(self, patience: float = MOST_SECONDS) -> None:
        """Wait until it is gone."""
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        loop.add_reader(self.handle, gone.set)
        try:
            await asyncio.wait_for(gone.wait(), patience)
        finally:
            loop.remove_reader(self.handle)

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill it, wait until it is gone, and give the handle back."""
        self.kill(how)
        await self.ended()
        os.close(self.handle)
        self.handle = -1


class Nursery:
    """Bears children; all that live die with it."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("SALA_")} | dict(environment or {})
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.nursery"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=self._environment)
        assert self._said() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.communicate(timeout=30)

    def bear(self, role: str, log: Path, **given: Any) -> Child:
        """Fork a child that plays `role` (tests/faults/roles.py); what it says goes to the end of `log`."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"role": role, "log": str(log), "given": given}) + "\n")
        self._process.stdin.flush()
        pid = int(self._said())
        # Dead or not, it is not reaped before the next order, so the number is still its own.
        return Child(pid, os.pidfd_open(pid))

    def _said(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _live(order: dict[str, Any]) -> None:
    from tests.faults.roles import ROLES  # noqa: PLC0415 - imported before the first fork, by `main`

    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    descriptor = os.open(order["log"], os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    ROLES[order["role"]](**order["given"])


def main() -> None:
    """Take orders until the parent closes the pipe."""
    import tests.faults.roles  # noqa: F401, PLC0415 - the expensive part, once for all children

    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pid = os.fork()
        if not pid:
            code = 1
            try:
                _live(json.loads(line))
                code = 0
            except BaseException:  # noqa: BLE001 - whatever it is, it goes to the child's log and no further
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
