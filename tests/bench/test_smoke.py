"""Every bench runs through with tiny sizes and writes what it found; what would make a result void is noticed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import over_http, yard
from bench.__main__ import _benches
from bench.load import Tally, requests
from bench.served import Server, bare
from bench.tail import tail
from bench.watched import Watch, spans
from store.sqlite import Sqlite

TINY = {
    "copying": ["--rounds", "1", "--seconds", "0.3"],
    "desk": ["--rounds", "1", "--rows", "600", "--no-pages"],
    "drain": ["--rounds", "1", "--requests", "600", "--slow", "20", "--seconds", "0.3"],
    "engine": ["--rounds", "1", "--walks", "5"],
    "explorer": ["--rounds", "1"],
    "frames": ["--births", "5"],
    "mistakes": ["--rounds", "1"],
    "memory": ["--rounds", "1", "--sessions", "200"],
    "over_http": ["--rounds", "1", "--seconds", "0.5", "--phones", "3"],
    "queue": ["--rounds", "1", "--rows", "1500"],
    "tail": ["--rounds", "1", "--requests", "600", "--seconds", "0.5"],
    "walks": ["--languages", "en", "--walks", "morning", "--no-link"],
    "smpp": ["--rounds", "1", "--messages", "200", "--committed", "40"],
}
PRINTS_ONLY = {"frames"}


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "bench", *words], check=False, capture_output=True, text=True)


def test_every_bench_is_tried_here() -> None:
    assert set(_benches()) == set(TINY)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TINY))
def test_a_bench_runs_and_keeps_what_it_found(name: str, tmp_path: Path) -> None:
    where = [] if name in PRINTS_ONLY else ["--results", str(tmp_path)]
    done = run(name, *TINY[name], *where)
    assert done.returncode == 0, done.stderr
    if where:
        assert (tmp_path / f"{name}.md").read_text() in done.stdout
        assert json.loads((tmp_path / f"{name}.json").read_text())["machine"]["fdatasync_us"]["p50"] > 0


@pytest.mark.slow
def test_key_presses_are_measured_beside_a_queue_too(tmp_path: Path) -> None:
    done = run("over_http", *TINY["over_http"], "--queued", "50", "--results", str(tmp_path))
    assert done.returncode == 0, done.stderr
    sides = json.loads((tmp_path / "over_http_queued.json").read_text())["phones"]["3"]
    assert set(sides) == {"node", "bare", "full"}


@pytest.mark.slow
def test_the_yardstick_writes_nothing(tmp_path: Path) -> None:
    with bare(tmp_path) as server:
        before = yard.bytes_written(server.pid)
        side = over_http.Side()
        over_http._round(server, 3, 0.3, side)
        assert side.rates[0] > 0
        assert yard.bytes_written(server.pid) == before


@pytest.mark.parametrize(("console", "written"), [(0, 4096), (8081, 0)])
def test_a_yardstick_that_writes_is_none_and_a_node_that_does_not_is_none_either(console: int, written: int) -> None:
    server = Server(1, 8080, "/ussd", console)
    with pytest.raises(SystemExit, match="no result"):
        over_http._void_unless_they_write(server, written)
    over_http._void_unless_they_write(server, 0 if written else 4096)


def test_one_wrong_answer_makes_a_round_void() -> None:
    tally = Tally()
    assert not tally.count(b"CON hello")
    assert tally.count(b"END bye")
    over_http._void_when_wrong(tally)
    tally.count(b"<html>")
    with pytest.raises(SystemExit, match="<html>"):
        over_http._void_when_wrong(tally)


def test_the_requests_of_a_walk_are_whole_for_every_phone() -> None:
    one = requests("/ussd", ("", "1", "Kham La"))[2] % (b"%032x" % 7, b"%08d" % 7)
    head, _, body = one.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"phoneNumber=%2B8562000000007&" in body
    assert body.endswith(b"text=1%2AKham+La")


def test_of_the_longest_waits_those_that_met_a_checkpoint_are_known() -> None:
    quick = [(float(n), n + 0.002) for n in range(1_998)]
    slow = [(100.5, 100.55), (300.5, 300.53)]
    one = tail([*quick, *slow], [(99.99, 99.995), (100.52, 100.56), (900.001, 900.0015)])
    assert (one.presses, one.checkpoints, one.met, one.rare, one.rare_met) == (2_000, 3, 2, 2, 1)
    assert [round(wait) for wait in (one.p50, one.p999, one.longest, one.without, one.checkpoint)] == [
        2,
        30,
        50,
        30,
        40,
    ]


@pytest.mark.parametrize(("pages", "noted"), [(0, 0), (1, 2)])
async def test_a_commit_that_copies_the_log_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: int, noted: int
) -> None:
    file, notes = tmp_path / "one.db", tmp_path / "notes"
    monkeypatch.setattr(Sqlite, "commit", Watch(notes).around(file))
    database = await Sqlite.open(file, bytes(32))
    await database.rows(f"PRAGMA wal_autocheckpoint = {pages}")
    for statement in ("CREATE TABLE a (b)", "INSERT INTO a VALUES (1)"):
        await database.begin()
        await database.rows(statement)
        await database.commit()
    assert len(spans(notes)) == noted
    assert all(begun < ended for begun, ended in spans(notes))
    await database.close()


def test_a_bench_that_does_not_exist_is_an_error_that_names_those_that_do() -> None:
    done = run("nothing")
    assert done.returncode == 2
    assert "over_http" in done.stderr
