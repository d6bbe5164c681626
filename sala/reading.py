"""Reads a file that somebody sent: no more of it than shows that it is too much, and a sentence where it cannot be."""

from pathlib import Path
from typing import Final

from flows.errors import ConfigFault

MOST_READ: Final = 5 * 1024 * 1024
"""Bytes of a file that any reader takes."""


def read_file(file: Path, most: int = MOST_READ) -> bytes:
    """The bytes of a file; of one that is far too large one more than `most`, so that its reader says so.

    Raises:
        ConfigFault: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        raise ConfigFault(f"{file}: it cannot be read", hint=str(error.strerror)) from None


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        ConfigFault: it cannot be read, is too large, or is no UTF-8.
    """
    return as_text(file, read_file(file))


def as_text(file: Path, data: bytes) -> str:
    """The text in what was read of a file; raises as `read_text` does."""
    if len(data) > MOST_READ:
        raise ConfigFault(
            f"{file}: it is larger than {MOST_READ // 1024**2} MiB", hint="nothing that is edited here is"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigFault(f"{file}: it is not UTF-8 text", hint="save it as UTF-8") from None
