"""`sala flow export results` on a node that took requests: what is in it, and what never is without a reason."""

import asyncio
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sala import cli
from sala import config as configuration
from sala.beside import beside
from sala.services import LIBRARY
from store.audit import Entry
from tests.sala.nodes import Node, started, written
from tests.sala.test_serve import MOTHER, register_as

Captured = pytest.CaptureFixture[str]
FIRST, SECOND = "+8562055590001", "+8562055590002"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("node")
    file, http, console = written(folder, "")
    with started(file, http, console, "--only", "ussd,console") as one:
        register_as(one, FIRST)
        register_as(one, SECOND)
        yield one


def exported(node: Node, folder: Path, *options: str, service: str = "birth") -> int:
    told = ["flow", "export", "results", service, "-o", str(folder), "--config", str(node.folder / "sala.toml")]
    return cli.main([*told, *options])


def rows(folder: Path) -> list[list[Any]]:
    found: list[list[Any]] = json.loads((folder / "responses.json").read_text("utf-8"))
    return found


def test_the_package_holds_the_answers_and_no_number(node: Node, tmp_path: Path, capsys: Captured) -> None:
    assert exported(node, tmp_path / "out", "--csv") == 0
    assert "of 2 cases" in capsys.readouterr().out
    found = rows(tmp_path / "out")
    assert len({row[2] for row in found}) == 2, "two people are two"
    assert {row[4] for row in found if row[3] == "mother_name"} == {MOTHER}
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text("utf-8"))
    asked = package["resources"][0]["schema"]["questions"]
    assert {row[3] for row in found} <= asked.keys()
    every = "".join(file.read_text("utf-8") for file in (tmp_path / "out").iterdir())
    assert FIRST[4:] not in every
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "out").iterdir())
    assert (tmp_path / "out" / "responses.csv").read_bytes().startswith(b"\xef\xbb\xbftimestamp,")


def test_the_names_stay_the_same_from_export_to_export(node: Node, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert exported(node, tmp_path / name) == 0
    assert rows(tmp_path / "a") == rows(tmp_path / "b")


def test_a_number_needs_a_reason_which_is_kept(node: Node, tmp_path: Path, capsys: Captured) -> None:
    assert exported(node, tmp_path / "out", "--numbers") == 2
    assert "--reason" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert exported(node, tmp_path / "out", "--numbers", "--reason", "call back after the flood") == 0
    assert {row[2] for row in rows(tmp_path / "out")} == {FIRST, SECOND}
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text("utf-8"))
    assert package["sala"]["reason"] == "call back after the flood"
    newest = audit(node)[0]
    assert (newest.act, newest.object, newest.details["reason"]) == ("export", "birth", "call back after the flood")


def audit(node: Node) -> list[Entry]:
    async def read() -> list[Entry]:
        async with beside(configuration.load(node.folder / "sala.toml")) as memory:
            return await memory.audit.entries(subject="birth")

    return asyncio.run(read())


def test_a_scope_leaves_the_rest_out(node: Node, tmp_path: Path) -> None:
    assert exported(node, tmp_path / "there", "--district", "LA09") == 0
    assert rows(tmp_path / "there")
    assert exported(node, tmp_path / "elsewhere", "--district", "LA16") == 0
    assert rows(tmp_path / "elsewhere") == []
    assert exported(node, tmp_path / "before", "--until", "2020-01-01") == 0
    assert rows(tmp_path / "before") == []
    assert exported(node, tmp_path / "after", "--since", "2020-01-01") == 0
    assert rows(tmp_path / "after") == rows(tmp_path / "there")
    assert exported(node, tmp_path / "agency", "--agency", "agriculture") == 0
    assert rows(tmp_path / "agency") == []


def test_a_folder_with_something_in_it_is_left_alone(node: Node, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "note.txt").write_text("mine", "utf-8")
    assert exported(node, tmp_path) == 2
    assert "not empty" in capsys.readouterr().err
    assert exported(node, tmp_path / "x", service="nothing") == 2


def test_what_is_published_is_compared_by_its_name(node: Node, capsys: Captured) -> None:
    config = ["--config", str(node.folder / "sala.toml")]
    assert cli.main(["flow", "list", "--format", "json", *config]) == 0
    listed = json.loads(capsys.readouterr().out)
    digest = next(row["revision"] for row in listed if row["service"] == "birth").removeprefix("sha256:")
    for name in ("birth", digest[:12], digest):
        assert cli.main(["flow", "diff", name, str(LIBRARY / "birth.yaml"), *config]) == 0
        assert capsys.readouterr().out == "nothing changes\n"
    assert cli.main(["flow", "diff", "farm", "birth", *config]) == 1
    assert "Her age" in capsys.readouterr().out
    assert cli.main(["flow", "diff", "nobody", "birth", *config]) == 2
    assert "0 revisions are called so" in capsys.readouterr().err
