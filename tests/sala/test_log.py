"""The log: canaries that must not sing, a control that must, and files that cannot be written."""

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from sala import log


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    log.stop()
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


CANARIES = {
    "msisdn": "+8562055512345",
    "spaced": "020 5551 2345",
    "lao digits": "໐໒໐໕໕໕໑໒໓໔໕",
    "name": "Kham Lasaphone",
    "lao name": "ນາງ ຄຳຫຼ້າ",
    "answer": "0901005",
    "message": "Received. Reference 482109337. Ask: dial *999#",
    "secret": "opensesame opensesame",
}


def lines_of(tmp_path: Path, speak: Callable[[], object]) -> list[dict[str, object]]:
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    log.start(descriptor=descriptor)
    speak()
    log.stop()
    os.close(descriptor)
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def everywhere(canary: str) -> None:
    """Put a canary wherever a careless line might put it."""
    logger = structlog.get_logger()
    logger.info("turn of " + canary)  # noqa: G003 - a careless line
    logger.info("turn", msisdn=canary, text=canary, **{canary: 1})
    for key in sorted(log.TOKENS - {"timestamp", "level"}):
        logger.info("turn", **{key: f"{canary} {canary}"})
    if canary.lstrip("+").isascii() and canary.lstrip("+").isdigit():
        logger.info("turn", seq=int(canary), count=int(canary))
    try:
        raise ValueError(canary)  # noqa: TRY301 - the place it comes from is looked at
    except ValueError:
        logger.exception("failed")
        logging.getLogger("aiohttp.server").exception("Error handling request %s", canary)
    logging.getLogger("asyncio").error("task of %s", canary)


@pytest.mark.parametrize("canary", [c for k, c in CANARIES.items() if k not in {"name", "secret", "message"}])
def test_no_number_and_no_lao_gets_through(tmp_path: Path, canary: str) -> None:
    lines = lines_of(tmp_path, lambda: everywhere(canary))
    assert len(lines) > 20
    for line in lines:
        for text in (json.dumps(line, ensure_ascii=False), json.dumps(line)):
            assert canary not in text
            assert canary.replace(" ", "") not in text
            assert canary.lstrip("+") not in text


@pytest.mark.parametrize("canary", [CANARIES["name"], CANARIES["message"], CANARIES["secret"]])
def test_no_name_and_no_sentence_gets_through_as_a_value(tmp_path: Path, canary: str) -> None:
    # The event itself is code: tests/house asserts that every call site gives a literal.
    lines = lines_of(tmp_path, lambda: everywhere(canary))
    for line in lines[1:]:
        values = {key: value for key, value in line.items() if key != "event"}
        assert canary not in json.dumps(list(values.values()))


@pytest.mark.parametrize("canary", CANARIES.values())
def test_the_control_without_the_fence_each_canary_sings(canary: str) -> None:
    heard = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer(ensure_ascii=False)],
        logger_factory=structlog.PrintLoggerFactory(heard),
    )
    everywhere(canary)
    assert canary in heard.getvalue()


def test_what_an_operator_needs_does_get_through(tmp_path: Path) -> None:
    digest = "sha256:" + "0123456789abcdef" * 4
    lines = lines_of(
        tmp_path,
        lambda: structlog.get_logger().warning("delivery failed", agency="civil-registry", attempt=3, revision=digest),
    )
    assert lines[0]["agency"] == "civil-registry"
    assert lines[0]["attempt"] == 3
    assert lines[0]["revision"] == digest
    assert lines[0]["level"] == "warning"


def test_an_exception_is_logged_by_type_and_places(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, lambda: everywhere("Kham Lasaphone"))
    failed = next(line for line in lines if line["event"] == "failed")
    assert failed["error"] == "ValueError"
    assert any("everywhere" in place for place in failed["places"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", "a\u2028b", "a\u202eb", "a\ud800b", "\x00"])
def test_one_call_is_one_line(tmp_path: Path, text: str) -> None:
    lines = lines_of(tmp_path, lambda: structlog.get_logger().info(text, code=text, other=text))
    assert len(lines) == 1


def test_a_closed_pipe_costs_lines_and_nothing_else() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    sink = log.start(descriptor=writer)
    for _ in range(3):
        structlog.get_logger().info("key press")
    log.stop()
    os.close(writer)
    assert sink.lost == 3


def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    sink = log.start(descriptor=descriptor)
    structlog.get_logger().info("key press")
    log.stop()
    os.close(descriptor)
    assert sink.lost == 1


def test_a_reader_that_sleeps_delays_nobody() -> None:
    reader, writer = os.pipe()
    sink = log.Sink(writer, room=100)
    # Nobody reads: a sink that waited would never come to the end of this.
    for _ in range(10_000):
        sink.msg("x" * 1000)
    assert sink.lost > 9_000
    os.close(reader)
    sink.close()
    os.close(writer)
