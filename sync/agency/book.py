"""The agency's database: inbox and effect in one transaction, decisions and their status events in another.

One thread owns the connection, so every function here is a whole transaction. The file is encrypted (SQLCipher) with
the key next to it; whoever can read the folder can read the requests, whoever has only the file cannot.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

import sqlcipher3

from flows.errors import KeyFault
from store.durable import create, finish
from sync.agency import holding
from sync.agency.sealed import Opener, new_identity

P = ParamSpec("P")
T = TypeVar("T")

SCHEMA: Final = """
CREATE TABLE node (
  name TEXT NOT NULL, secret TEXT NOT NULL, hub INTEGER NOT NULL, at INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (name, secret)
) WITHOUT ROWID;
CREATE TABLE inbox (
  source TEXT NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL, outcome TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (source, id)
) WITHOUT ROWID;
CREATE TABLE request (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, source TEXT NOT NULL, node TEXT NOT NULL,
  reference TEXT NOT NULL, service TEXT NOT NULL, language TEXT NOT NULL, case_id TEXT NOT NULL,
  case_revision INTEGER NOT NULL,
  status TEXT NOT NULL, reason TEXT NOT NULL, fields TEXT NOT NULL, at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
  event BLOB NOT NULL, UNIQUE (source, id)
);
CREATE INDEX request_by_status ON request (status, number);
CREATE INDEX request_by_case ON request (case_id, case_revision);
CREATE INDEX request_by_reference ON request (reference);
CREATE TABLE status (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, life TEXT NOT NULL, node TEXT NOT NULL, request INTEGER NOT NULL,
  id TEXT NOT NULL, reference TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, fields TEXT NOT NULL,
  params TEXT NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE INDEX status_by_node ON status (node, seq);
CREATE INDEX status_by_request ON status (request);
CREATE TABLE bundle (
  node TEXT NOT NULL, agency TEXT NOT NULL, number INTEGER NOT NULL, chain TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (node, agency, number)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""

HEARING: Final = """
CREATE TABLE heartbeat (
  node TEXT PRIMARY KEY, at INTEGER NOT NULL, epoch TEXT NOT NULL, returns INTEGER NOT NULL,
  cloned_at INTEGER NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE heartbeat_run (
  node TEXT NOT NULL, epoch TEXT NOT NULL, first INTEGER NOT NULL, newest INTEGER NOT NULL, PRIMARY KEY (node, epoch)
) WITHOUT ROWID;
CREATE TABLE numbered (
  source TEXT NOT NULL, epoch TEXT NOT NULL, sequence TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (source, epoch, sequence)
) WITHOUT ROWID;
PRAGMA user_version = 2;
"""

CLERKS: Final = """
CREATE TABLE clerk (
  name TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, closed INTEGER NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE note (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request INTEGER NOT NULL, clerk TEXT NOT NULL, text TEXT NOT NULL,
  at INTEGER NOT NULL
);
CREATE INDEX note_by_request ON note (request);
ALTER TABLE status ADD COLUMN clerk TEXT NOT NULL DEFAULT '';
ALTER TABLE request ADD COLUMN place TEXT NOT NULL DEFAULT '';
CREATE INDEX request_by_service ON request (service, number);
CREATE INDEX request_by_node ON request (node, number);
CREATE INDEX request_by_place ON request (place, number);
PRAGMA user_version = 3;
"""

_STEPS: Final = (SCHEMA, HEARING, CLERKS, holding.TABLES)
"""Each brings the file from the version of its place to the next."""


class Book:
    """The open database. `await book.do(function, ...)` runs `function(connection, ...)` as one transaction."""

    def __init__(self, path: Path, key: bytes, opener: Opener) -> None:
        """Take where the file is, its raw 32-byte key, and what opens sealed bodies."""
        self._path = path
        self._key = key
        self.opener = opener
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="agency-book")
        self._connection: Any = None
        self.life = secrets.token_hex(4)
        """Drawn at every start: a cursor of a life that the file does not know shows that the file was restored."""

    async def __aenter__(self) -> Self:
        """Open the file, made on first use; raises `KeyFault` when the key is not its own."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()

    async def do(self, function: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one function as one immediate transaction, durable when this returns."""

        def whole() -> T:
            with _transaction(self._connection):
                return function(self._connection, *args, **kwargs)

        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, whole))

    def _open(self) -> None:
        connection = sqlcipher3.connect(str(self._path), isolation_level=None, timeout=10.0, check_same_thread=False)
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlcipher3.DatabaseError:
            connection.close()
            raise KeyFault(f"{self._path}: the key does not open this file") from None
        connection.execute("PRAGMA synchronous = FULL")
        for step in _STEPS[connection.execute("PRAGMA user_version").fetchone()[0] :]:
            with _transaction(connection):
                for statement in step.split(";\n"):
                    connection.execute(statement)
        self._connection = connection


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def open_book(folder: Path) -> Book:
    """Return the book in `folder`, with its key; both are made, readable by the owner alone, when they do not exist."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = _kept(folder / "agency.key", lambda: secrets.token_bytes(32).hex())
    identity = _kept(folder / "agency.age", new_identity)
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raw = b""
    if len(raw) != 32:  # noqa: PLR2004 - the length of a raw SQLCipher key
        raise KeyFault(f"{folder / 'agency.key'}: not a key of 64 hexadecimal digits")
    return Book(folder / "agency.db", raw, Opener(identity))


def add_identity(folder: Path) -> str:
    """Draw a further age identity, which nodes are to seal to from now on; the older ones go on opening."""
    open_book(folder)
    path, identity = folder / "agency.age", new_identity()
    # Whole or not at all: losing the older ones would lose what was sealed to them.
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    create(fresh, f"{identity}\n{path.read_text('utf-8')}".encode())
    finish(fresh, path)
    return identity


def _kept(path: Path, draw: Callable[[], str]) -> str:
    """Return the one line of a file, drawn and written for the owner alone when there is none yet."""
    line = draw()
    try:
        create(path, f"{line}\n".encode())
    except FileExistsError:
        return path.read_text("utf-8").strip()
    return line
