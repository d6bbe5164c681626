"""A process that has imported everything and forks a `sala` command when told, because most of a start is importing.

The kill test starts hundreds of processes. What is forked is the command that `sala` runs, and it ends as that does
when it is killed. One line on standard input: `{"run": [arguments], "output": file, "lie": false}` -> the process id,
or `{"reap": pid}` -> its exit code when it is gone.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import sala.app
import sala.cli.agency
import sala.cli.node
import sync.agency
from sala.cli import main
from tests.journeys import liar

__all__ = ["sala", "sync"]


def _hatch(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    if order.get("lie"):
        liar.lie()
    code = 1
    try:
        code = main(order["run"])
    finally:
        sys.stdout.flush()
        os._exit(code)


def _reap(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run() -> None:
    """Obey until standard input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        print(_hatch(order) if "run" in order else _reap(order["reap"]), flush=True)


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run()
