"""Files that somebody sent to break something: each is refused in a sentence, by a process that never grew large.

Each command runs in a process of its own, which says how much memory it ever held and how long it worked. A second is
what docs/flow-evidence.md tells of a quiet machine; here the bound is wide, because other tests run beside this one.
"""

import io
import json
import random
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from openpyxl import Workbook

from sala.services import LIBRARY
from tests.flows.imports.books import book
from tests.flows.imports.test_rapidpro import ring

MOST_MIB = 200
MOST_SECONDS = 20
CHILD = """
import json, re, sys, time
from sala import cli
code = cli.main(sys.argv[1:])
sys.stdout.flush()
# Not what getrusage says: that counts what the process was forked from.
peak = re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())
print(json.dumps([code, int(peak[1]) // 1024, time.process_time()]))
"""
ROWS = {"survey": [["type", "name", "label"], ["text", "a", "Name?"]]}


@dataclass(frozen=True)
class Ran:
    """What came of a command: its exit code, peak memory in MiB, seconds of processor, and what it said."""

    code: int
    mib: int
    seconds: float
    said: str


def ran(*arguments: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    *said, told = done.stdout.splitlines()
    code, mib, seconds = json.loads(told)
    return Ran(code, mib, seconds, "\n".join(said) + done.stderr)


def repacked(change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """The small workbook with its parts changed, and further ones."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(ROWS))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def in_sheet(old: bytes, new: bytes) -> bytes:
    return repacked(lambda name, content: content.replace(old, new) if name.startswith("xl/worksheets/") else content)


def large() -> bytes:
    return repacked(lambda _, content: content, {"xl/media/film.bin": random.Random(1).randbytes(50 * 1024**2)})


def bomb() -> bytes:
    """A sheet of 60 MB of blanks, in a file of 60 kB."""
    return in_sheet(b"<sheetData>", b"<sheetData>" + b" " * 60_000_000)


def lying_bomb() -> bytes:
    """A sheet of 400 MB whose headers say that it is small, with the right checksum of as much as they promise."""
    small = book(ROWS)
    with zipfile.ZipFile(io.BytesIO(small)) as archive:
        name = next(one for one in archive.namelist() if one.startswith("xl/worksheets/"))
        sheet = archive.read(name)
    pressed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = pressed.compress(sheet) + b"".join(pressed.compress(b" " * 4_000_000) for _ in range(100)) + pressed.flush()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(small)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part.filename, old.read(part))
        lie = zipfile.ZipInfo(name)
        lie.compress_type = zipfile.ZIP_STORED
        new.writestr(lie, body)
    data, sizes = out.getvalue(), struct.pack("<III", zlib.crc32(body), len(body), len(body))
    assert data.count(sizes) == 2
    told = struct.pack("<III", zlib.crc32(sheet), len(body), len(sheet))
    # The method stands four bytes (time and date) before the checksum: 0 is stored, 8 is deflated.
    pieces = data.split(sizes)
    return told.join(piece[:-6] + struct.pack("<H", 8) + piece[-4:] for piece in pieces[:-1]) + told + pieces[-1]


def entities() -> bytes:
    lol = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    head = b'<!DOCTYPE x [<!ENTITY l0 "lol">' + lol + b"]>"
    return in_sheet(b"<worksheet", head + b"<worksheet")


def merged() -> bytes:
    made = Workbook()
    made.active.title = "survey"
    for row in ROWS["survey"]:
        made.active.append(row)
    made.active.merge_cells("A1:B1")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


WORKBOOKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "50 MB": (large, "larger than 5 MiB"),
    "zip bomb": (bomb, "unpacks to more than 8 MiB"),
    "lying zip bomb": (lying_bomb, ""),
    "entities": (entities, "declares entities"),
    "macros": (lambda: repacked(lambda _, content: content, {"xl/vbaProject.bin": b"x"}), "holds macros"),
    "merged cells": (merged, "merged"),
    "a million rows": (lambda: in_sheet(b'<row r="2"', b'<row r="1000000"'), "goes down to row 1000000"),
    "a million empty rows": (
        lambda: in_sheet(
            b"</sheetData>", b"".join(b'<row r="%d"/>' % n for n in range(3, 1_000_000)) + b"</sheetData>"
        ),
        "unpacks to more than 8 MiB",
    ),
    "parts": (
        lambda: repacked(lambda _, content: content, {f"x{n}.xml": b"x" for n in range(600)}),
        "more than 500 parts",
    ),
    "no workbook": (lambda: b"PK\x03\x04" + b"\0" * 1000, "not an .xlsx file"),
    "nothing": (lambda: b"", "not an .xlsx file"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_bad_workbook_is_refused_at_once_and_by_a_small_process(name: str, tmp_path: Path) -> None:
    make, says = WORKBOOKS[name]
    file = tmp_path / "form.xlsx"
    file.write_bytes(make())
    commands: list[tuple[str, ...]] = [("flow", "import", "xlsform")]
    if name in {"50 MB", "zip bomb", "macros"}:
        commands.append(("flow", "texts", "import", str(LIBRARY / "farm.yaml")))
    for command in commands:
        done = ran(*command, str(file))
        # What lies of its size is read as far as it told the truth.
        assert done.code == (0 if name == "lying zip bomb" else 2), done.said
        assert says in done.said
        assert "Traceback" not in done.said
        assert done.mib < MOST_MIB
        assert done.seconds < MOST_SECONDS


@pytest.mark.slow
def test_a_formula_is_listed_and_never_worked_out(tmp_path: Path) -> None:
    file = tmp_path / "form.xlsx"
    file.write_bytes(book({"survey": [["type", "name", "label"], ["text", "a", '=WEBSERVICE("http://127.0.0.1:9/")']]}))
    done = ran("flow", "import", "xlsform", str(file))
    assert done.code == 0
    assert "formula" in done.said
    assert "WEBSERVICE" not in done.said.split("left:")[0]


YAML_HEAD = "sala: 1\nid: a\ntitle: {en: A}\nlanguages: [en]\n"
FLOWS: dict[str, tuple[str, str]] = {
    "aliases": (
        YAML_HEAD + "a: &a [x, x, x]\n" + "".join(f"{b}: &{b} [{f'*{a},' * 3}]\n" for a, b in pairwise("abcdefghi")),
        "begins with &",
    ),
    "depth": (YAML_HEAD + "steps: " + "[" * 100_000 + "]" * 100_000, "deep"),
    "50 MB": (YAML_HEAD + "# " + "x" * 50_000_000, "256"),
    "one long text": (YAML_HEAD + f"steps: [{{say: {{en: \"{'x' * 250_000}\"}}}}]\n", "2000"),
    "a tag": (YAML_HEAD + "steps: [!!python/object/apply:os.system ['true']]\n", "begins with !"),
    "no text": ("\x00" * 1000, "control mark"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOWS)
def test_a_bad_flow_file_is_refused_at_once_and_by_a_small_process(name: str, tmp_path: Path) -> None:
    text, says = FLOWS[name]
    file = tmp_path / "a.yaml"
    file.write_text(text, "utf-8")
    done = ran("flow", "check", str(file))
    assert done.code == 1, done.said
    assert says in done.said.lower(), done.said[:500]
    assert "Traceback" not in done.said
    assert done.mib < MOST_MIB
    assert done.seconds < MOST_SECONDS


MANY = {"version": "13", "flows": [{"uuid": "u", "name": "n", "nodes": []}] * 5000}
EXPORTS: dict[str, tuple[bytes, str]] = {
    "a ring of two": (ring("A", "B"), "in a ring"),
    "a ring of one": (ring("A"), "in a ring"),
    "depth": (b'{"flows": ' + b"[" * 400_000 + b"]" * 400_000 + b"}", "JSON"),
    "50 MB": (b'{"flows": [' + b" " * 50_000_000 + b"]}", "larger than 5 MiB"),
    "many flows": (json.dumps(MANY).encode(), "at most 50"),
    "nothing": (b"", "JSON"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTS)
def test_a_bad_export_is_refused_at_once_and_by_a_small_process(name: str, tmp_path: Path) -> None:
    data, says = EXPORTS[name]
    file = tmp_path / "flows.json"
    file.write_bytes(data)
    done = ran("flow", "import", "rapidpro", str(file))
    assert done.code == 2, done.said
    assert says in done.said, done.said[:500]
    assert "Traceback" not in done.said
    assert done.mib < MOST_MIB
    assert done.seconds < MOST_SECONDS


@pytest.mark.slow
def test_a_process_that_grew_would_be_seen() -> None:
    grown = CHILD.replace("code =", "held = bytearray(300 * 1024**2); held[::4096] = b'x' * len(held[::4096]); code =")
    done = subprocess.run(
        [sys.executable, "-c", grown, "--version"], capture_output=True, text=True, timeout=90, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1])[1] > MOST_MIB
