"""The database's key: made once, never replaced, kept from others."""

import base64
import stat
from pathlib import Path

import pytest

from flows.errors import ConfigFault, KeyFault
from sala import keys

KEY = bytes(range(32))


def test_the_first_start_makes_a_key_and_the_second_reads_it(tmp_path: Path) -> None:
    key = keys.database_key("", tmp_path)
    assert len(key) == keys.SIZE
    assert keys.database_key("", tmp_path) == key
    assert stat.S_IMODE(keys.key_file(tmp_path).stat().st_mode) == 0o600
    assert keys.loose(tmp_path) == []


def test_no_second_key_for_a_database_that_exists(tmp_path: Path) -> None:
    (tmp_path / keys.DATABASE).write_bytes(b"x")
    with pytest.raises(KeyFault, match="is gone"):
        keys.database_key("", tmp_path)
    assert not keys.key_file(tmp_path).exists()


@pytest.mark.parametrize("form", [KEY, KEY.hex().encode() + b"\n", base64.b64encode(KEY)])
def test_every_source_in_every_form(tmp_path: Path, form: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_bytes(form)
    assert keys.database_key(f"file:{file}", tmp_path) == KEY
    assert keys.database_key(f"command:cat '{file}'", tmp_path) == KEY
    if form != KEY:
        monkeypatch.setenv("THE_KEY", form.decode())
        assert keys.database_key("env:THE_KEY", tmp_path) == KEY


@pytest.mark.parametrize(
    "source", ["file:/nowhere", "command:false", "command:/nowhere", "env:NOT_SET_AT_ALL", "file:/dev/null"]
)
def test_a_source_that_gives_nothing_is_one_sentence(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigFault) as fault:
        keys.database_key(source, tmp_path)
    assert "\n" not in str(fault.value)
    assert fault.value.hint


def test_an_open_key_is_seen(tmp_path: Path) -> None:
    keys.database_key("", tmp_path)
    keys.key_file(tmp_path).chmod(0o644)
    assert len(keys.loose(tmp_path)) == 1
