"""A file that somebody sent is read as far as it may go, and refused in a sentence."""

from pathlib import Path

import pytest

from flows.errors import ConfigFault
from sala.reading import MOST_READ, read_file, read_text


def test_a_text_is_read_without_its_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("key\nບ້ານ\n", "utf-8-sig")
    assert read_text(tmp_path / "a.csv") == "key\nບ້ານ\n"


def test_of_a_large_file_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as large:
        large.truncate(40 * MOST_READ)
    assert len(read_file(tmp_path / "a.csv")) == MOST_READ + 1
    with pytest.raises(ConfigFault, match="larger than 5 MiB"):
        read_text(tmp_path / "a.csv")


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00key")
    with pytest.raises(ConfigFault, match="not UTF-8 text"):
        read_text(tmp_path / "a.csv")
    with pytest.raises(ConfigFault, match="cannot be read"):
        read_text(tmp_path / "b.csv")
