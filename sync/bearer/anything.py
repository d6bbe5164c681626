"""Any JSON value as symbols, for what no field's code fits, and whole events that no page fits."""

import base64
import binascii
import re
import uuid
from typing import Any, Final

from sync.bearer.coder import Reader, Unfit, Writer
from sync.bearer.codes import DIGITS, Digits, Scene

_SHA: Final = re.compile(r"sha256:[0-9a-f]{64}")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DEEPEST: Final = 12
_MOST: Final = 2000
_BYTES_AT_MOST: Final = 1 << 16


class Anything:
    """Any JSON value, each kind in a manner of its own."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write it; only what JSON cannot say, or what is too deep or too long, is unfit."""
        self._write(writer, value, scene, 0)

    def read(self, reader: Reader, scene: Scene) -> Any:
        """Read it."""
        return self._read(reader, scene, 0)

    def _write(self, writer: Writer, value: Any, scene: Scene, depth: int) -> None:  # noqa: C901 - as below
        kind = _kind(value)
        if depth > _DEEPEST:
            raise Unfit("too deep")
        writer.pick(_KINDS.index(kind), _LIKELY)
        match kind:
            case "int":
                writer.number(value)
            case "float":
                writer.uniform(int(value < 0 or repr(value) == "-0.0"), 2)
                text = repr(abs(value))
                scene.words.write(writer, text)
            case "list" | "object":
                if len(value) > _MOST:
                    raise Unfit("too long")
                writer.number(len(value))
                for item in value.items() if kind == "object" else value:
                    if kind == "object":
                        _write_key(writer, item[0], scene)
                    self._write(writer, item[1] if kind == "object" else item, scene, depth + 1)
            case "text":
                scene.words.write(writer, value)
            case "digits":
                Digits().write(writer, value, scene)
            case "sha":
                writer.uniform(int(value[7:], 16), 1 << 256)
            case "uuid":
                writer.uniform(uuid.UUID(value).int, 1 << 128)
            case "base64":
                _write_bytes(writer, base64.b64decode(value))

    def _read(self, reader: Reader, scene: Scene, depth: int) -> Any:  # noqa: C901 - one line for each kind
        if depth > _DEEPEST:
            raise Unfit("too deep")
        match _KINDS[reader.pick(_LIKELY)]:
            case "null" | "true" | "false" as word:
                return _FIXED[word]
            case "int":
                return reader.number()
            case "float":
                sign = -1.0 if reader.uniform(2) else 1.0
                return sign * _float(scene.words.read(reader))
            case "list":
                return [self._read(reader, scene, depth + 1) for _ in range(_count(reader))]
            case "object":
                return {_read_key(reader, scene): self._read(reader, scene, depth + 1) for _ in range(_count(reader))}
            case "text":
                return scene.words.read(reader)
            case "digits":
                return Digits().read(reader, scene)
            case "sha":
                return f"sha256:{reader.uniform(1 << 256):064x}"
            case "uuid":
                return str(uuid.UUID(int=reader.uniform(1 << 128)))
            case _:
                return base64.b64encode(_read_bytes(reader)).decode()


_KINDS: Final = (
    "null", "true", "false", "int", "float", "list", "object", "text", "digits", "sha", "uuid", "base64",
)  # fmt: skip
_LIKELY: Final = (4, 6, 10, 6, 2, 2, 4, 16, 6, 2, 2, 1)
_FIXED: Final = {"null": None, "true": True, "false": False}
_KEYS: Final = (
    "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "sequence", "epoch", "clock", "data",
    "service", "submission", "revision", "reference", "channel", "language", "applicant", "msisdn", "case", "answers",
    "consent", "basis", "shown", "place", "pcode", "data_base64", "salaservice", "salarevision",
)  # fmt: skip


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | list():
            return type(value).__name__
        case dict():
            return "object"
        case str():
            return _text_kind(value)
        case _:
            raise Unfit("JSON has no such value")


def _text_kind(value: str) -> str:
    if DIGITS.fullmatch(value):
        return "digits"
    if _SHA.fullmatch(value):
        return "sha"
    if _UUID.fullmatch(value):
        return "uuid"
    return "base64" if len(value) > 64 and _is_base64(value) else "text"  # noqa: PLR2004 - a short one may be a word


def _is_base64(value: str) -> bool:
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode() == value
    except (binascii.Error, ValueError):
        return False


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unfit("no number") from None


def _write_key(writer: Writer, key: str, scene: Scene) -> None:
    known = key in _KEYS
    writer.uniform(_KEYS.index(key) if known else len(_KEYS), len(_KEYS) + 1)
    if not known:
        scene.words.write(writer, key)


def _read_key(reader: Reader, scene: Scene) -> str:
    index = reader.uniform(len(_KEYS) + 1)
    return _KEYS[index] if index < len(_KEYS) else scene.words.read(reader)


def _count(reader: Reader) -> int:
    count = reader.number()
    if not 0 <= count <= _MOST:
        raise Unfit("too many")
    return count


def _write_bytes(writer: Writer, data: bytes) -> None:
    writer.number(len(data))
    for byte in data:
        writer.uniform(byte, 256)


def _read_bytes(reader: Reader) -> bytes:
    count = reader.number()
    if not 0 <= count <= _BYTES_AT_MOST:
        raise Unfit("too many bytes")
    return bytes(reader.uniform(256) for _ in range(count))


class Bytes:
    """Bytes as they are: the last resort."""

    def write(self, writer: Writer, value: Any, scene: Scene) -> None:
        """Write them."""
        del scene
        _write_bytes(writer, value)

    def read(self, reader: Reader, scene: Scene) -> bytes:
        """Read them."""
        del scene
        return _read_bytes(reader)
