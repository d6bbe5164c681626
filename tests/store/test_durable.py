"""Files that a power cut leaves whole or absent: what is synced, and in which order."""

import os
import stat
from pathlib import Path

import pytest

from store.durable import create, finish


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced and renamed, in its order."""
    told: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def syncing(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else f"{os.fstat(descriptor).st_size} bytes"
        told.append(f"sync {kind}")
        fsync(descriptor)

    def renaming(path: Path, target: Path) -> Path:
        told.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "replace", renaming)
    return told


def test_a_new_file_is_its_owners_and_its_name_is_as_durable_as_its_bytes(tmp_path: Path, steps: list[str]) -> None:
    create(tmp_path / "key", b"abc")
    assert (tmp_path / "key").read_bytes() == b"abc"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert steps == ["sync 3 bytes", "sync folder"]


def test_a_file_that_is_there_is_left_as_it_was(tmp_path: Path) -> None:
    create(tmp_path / "key", b"abc")
    with pytest.raises(FileExistsError):
        create(tmp_path / "key", b"xyz")
    assert (tmp_path / "key").read_bytes() == b"abc"


def test_a_finished_file_gets_its_name_between_its_bytes_and_the_folder(tmp_path: Path, steps: list[str]) -> None:
    (tmp_path / "part").write_bytes(b"new one")
    (tmp_path / "file").write_bytes(b"old")
    finish(tmp_path / "part", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new one"
    assert not (tmp_path / "part").exists()
    assert steps == ["sync 7 bytes", "rename", "sync folder"]


def test_a_folder_whose_file_system_knows_no_sync_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_files(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", only_files)
    create(tmp_path / "key", b"abc")


def test_bytes_that_do_not_reach_the_disk_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / "part").write_bytes(b"new one")
    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        finish(tmp_path / "part", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"
