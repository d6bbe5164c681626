"""From flow files to an office: what is read once, what is never published twice, what stops a start."""

from pathlib import Path

import pytest

from flows.errors import ConfigFault, Fault, TableFault
from flows.revision import Revision
from sala import services
from sala.config import Config
from sala.services import LIBRARY, Known
from store.values import Published

GIVEN = services.material(None)


def as_published(text: str) -> Published:
    (revision,) = [one for one in services.revisions_of(services.read([LIBRARY]), GIVEN) if one.flow.id == "birth"]
    return Published(revision.digest, "birth", {"birth.yaml": revision.flow.source + text}, 0)


def test_a_revision_is_read_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    published = as_published("")
    read: list[str] = []
    revision_of = services.revision_of

    def counted(one: Published) -> Revision:
        read.append(one.digest)
        return revision_of(one)

    monkeypatch.setattr(services, "revision_of", counted)
    known = Known({published.digest: published}, {})
    assert published.digest in known
    assert list(known) == [published.digest]
    assert read == []
    assert known[published.digest] is known[published.digest]
    assert read == [published.digest]
    assert known.get("sha256:other") is None


def test_a_published_revision_keeps_its_name_whatever_a_later_version_would_call_it() -> None:
    published = Published("sha256:" + "0" * 64, "birth", dict(as_published("\n# a comment\n").files), 0)
    assert services.revision_of(published).digest == published.digest


def test_a_table_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match=r"tables\.fees"):
        services.material_of(Config(node="A", tables={"fees": tmp_path / "no.csv"}))
    (tmp_path / "fees.csv").write_text("key,amount\na,1\na,2\n")
    with pytest.raises(TableFault, match="fees:3"):
        services.material_of(Config(node="A", tables={"fees": tmp_path / "fees.csv"}))


def test_own_tables_stand_in_for_the_samples(tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text("key,amount\nlate_birth,7\n")
    tables = services.material_of(Config(node="A", tables={"fees": tmp_path / "fees.csv"})).tables
    assert tables["fees"].get("late_birth", "amount") == "7"
    assert len(tables.places.every("province")) == 18


def test_a_start_says_the_first_finding_and_how_many_more(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("sala: 1\nid: bad\ntitle: {en: Bad}\nlanguages: [en]\nsteps: []\nstep: 1\n")
    with pytest.raises(Fault) as fault:
        services.prepare(Config(node="A", services=(tmp_path,)), [])
    assert "\n" not in str(fault.value)
    assert "sala flow check" in fault.value.hint


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="no such file or folder"):
        services.read([tmp_path / "nowhere"])


def test_marks_are_read_from_beside_a_file_and_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sala: 1\n")
    (tmp_path / "a.reviewed.toml").write_text('[lo]\n0011223344556677 = "2026-11-29 Noy"\n')
    for path in (tmp_path, tmp_path / "a.yaml"):
        assert services.marks_beside([path]).by["lo"]["0011223344556677"] == "2026-11-29 Noy"
    assert services.marks_beside([tmp_path / "b.yaml"]).by.get("lo", {}).get("0011223344556677") is None
    (tmp_path / "a.reviewed.toml").write_text("[lo\n")
    with pytest.raises(Fault, match="cannot be read"):
        services.marks_beside([tmp_path])
