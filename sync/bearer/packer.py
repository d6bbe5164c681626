"""A submission to as few bytes as it can be, and back to exactly the bytes that were fixed at intake.

What the page and the frame's own header say is left out; what is left is written by the codes of the revision's fields.
Nothing is believed: the writer reads what it wrote, and where a single byte differs it packs the JSON as it is, or at
last the bare bytes. Twenty-four bits of the SHA-256 of the event travel along, so a reader of another version refuses
rather than invents.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import orjson

from flows.reference import RANDOM_DIGITS, make_reference
from sync.bearer.anything import Anything, Bytes
from sync.bearer.coder import Reader, Unfit, Writer
from sync.bearer.codes import Key, Phone, Scene
from sync.bearer.ids import read_ids, read_time, write_ids, write_time
from sync.bearer.page import Page, PageFault, Schema

CHECK: Final = 24
"""Bits of the event's digest in a frame."""

LONGEST: Final = 8192
"""Bytes of an event that is packed at all; a longer one goes by another road."""

_ANY: Final = Anything()
_PHONE: Final = Phone()
_KEY: Final = Key()
_BY_PAGE, _BY_JSON, _BY_BYTES = range(3)
_MODES: Final = (14, 1, 1)
_ABSENT, _NULL, _TYPED, _OTHER = range(4)
_SURE: Final = (3, 1, 58, 2)
_MAYBE: Final = (4, 16, 42, 2)
_CHANNELS: Final = ("ussd", "sms", "counter")
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class Packed:
    """A body for a frame: `epoch` and `sequence` go into its header, and `page` is None when none was of use."""

    epoch: str
    sequence: int
    page: Page | None
    body: bytes


def identity_of(event: bytes) -> tuple[str, int]:
    """Return (epoch, sequence) of an event; raises `Unfit` when it has none that a header can hold."""
    try:
        found = orjson.loads(event)
        epoch, sequence = found["epoch"], found["sequence"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Unfit("the event has no epoch or sequence") from None
    if not isinstance(epoch, str) or not re.fullmatch(r"[0-9a-f]{8}", epoch):
        raise Unfit("the event's epoch is not eight hexadecimal digits")
    if not isinstance(sequence, str) or not re.fullmatch(r"0|[1-9][0-9]{0,9}", sequence) or int(sequence) >= 1 << 32:
        raise Unfit("the event's sequence has no room in a frame")
    return epoch, int(sequence)


def pack(event: bytes, page: Page | None) -> Packed:
    """Pack an event; raises `Unfit` when it is too long or has no identity."""
    epoch, sequence = identity_of(event)
    if len(event) > LONGEST:
        raise Unfit("the event is too long for messages")
    for mode in (_BY_PAGE, _BY_JSON, _BY_BYTES) if page is not None else (_BY_JSON, _BY_BYTES):
        used = page if mode == _BY_PAGE else None
        try:
            body = _written(event, mode, used)
            if unpack(body, epoch, sequence, used) == event:
                return Packed(epoch, sequence, used, body)
        except (Unfit, PageFault):
            continue
    raise Unfit("the event cannot be packed")


def unpack(body: bytes, epoch: str, sequence: int, page: Page | None) -> bytes:
    """Return the event's bytes; raises `Unfit` unless they are exactly those that were packed."""
    reader = Reader(body)
    check = reader.uniform(1 << CHECK)
    mode = reader.pick(_MODES)
    if (mode == _BY_PAGE) != (page is not None):
        raise Unfit("the page is not the one it was packed with")
    try:
        event = _READERS[mode](reader, epoch, sequence, page)
    except (ArithmeticError, LookupError, ValueError, TypeError, RecursionError) as fault:
        raise Unfit(str(fault)) from None
    reader.close()
    if _check(event) != check:
        raise Unfit("this version rebuilds another event than was packed")
    return event


def _check(event: bytes) -> int:
    return int.from_bytes(hashlib.sha256(event).digest()[: CHECK // 8], "big")


def _written(event: bytes, mode: int, page: Page | None) -> bytes:
    writer = Writer()
    writer.uniform(_check(event), 1 << CHECK)
    writer.pick(mode, _MODES)
    if page is not None:
        try:
            _Envelope(page).write(writer, orjson.loads(event))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as fault:
            raise Unfit(str(fault)) from None
    elif mode == _BY_JSON:
        _ANY.write(writer, orjson.loads(event), Scene(day_of(0)))
    else:
        Bytes().write(writer, event, Scene(day_of(0)))
    return writer.to_bytes()


def _read_by_page(reader: Reader, epoch: str, sequence: int, page: Page | None) -> bytes:
    if page is None:
        raise Unfit("no page")
    return orjson.dumps(_Envelope(page).read(reader, epoch, sequence))


def _read_json(reader: Reader, epoch: str, sequence: int, page: Page | None) -> bytes:
    del epoch, sequence, page
    return orjson.dumps(_ANY.read(reader, Scene(day_of(0))))


def _read_bytes(reader: Reader, epoch: str, sequence: int, page: Page | None) -> bytes:
    del epoch, sequence, page
    return Bytes().read(reader, Scene(day_of(0)))


_READERS: Final[tuple[Callable[[Reader, str, int, Page | None], bytes], ...]] = (
    _read_by_page,
    _read_json,
    _read_bytes,
)


def day_of(seconds: int) -> date:
    """Return the UTC day of a moment in epoch seconds."""
    return datetime.fromtimestamp(seconds, UTC).date()


class _Envelope:
    """The parts of a submission in the order in which a frame has them: each leans on those before it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._schema: Schema = page.schema

    def write(self, writer: Writer, event: Mapping[str, Any]) -> None:
        """Write what the page does not say; what it says is proven by reading it all back."""
        data = event["data"]
        seconds = _seconds(event["time"])
        write_time(writer, seconds)
        writer.pick(("good", "doubtful").index(event["clock"]), (7, 1))
        scene = Scene(day_of(seconds), data["applicant"].get("msisdn", ""), self._page.district)
        writer.pick(int(not scene.msisdn), (7, 1))
        if scene.msisdn:
            _PHONE.write(writer, scene.msisdn, Scene(scene.day))
        writer.uniform(int(event["subject"][:RANDOM_DIGITS]), 10**RANDOM_DIGITS)
        write_ids(writer, event["id"], data["case"]["id"], seconds)
        first = data["case"]["revision"] == 1
        writer.pick(int(not first), (31, 1))
        if not first:
            writer.number(data["case"]["revision"])
        writer.uniform(self._schema.kinds.index(data["submission"]), len(self._schema.kinds))
        writer.pick(_CHANNELS.index(data["channel"]), (4, 3, 1))
        writer.uniform(self._schema.languages.index(data["language"]), len(self._schema.languages))
        self._write_consent(writer, data["consent"])
        self._write_answers(writer, data["answers"], scene)
        self._write_place(writer, data["place"]["pcode"], data["answers"], scene)

    def read(self, reader: Reader, epoch: str, sequence: int) -> dict[str, Any]:
        """Build the event anew, every key in its place."""
        page, schema = self._page, self._schema
        seconds = read_time(reader)
        clock = ("good", "doubtful")[reader.pick((7, 1))]
        scene = Scene(day_of(seconds), "", page.district)
        if reader.pick((7, 1)) == 0:
            scene.msisdn = _PHONE.read(reader, scene)
        reference = make_reference(f"{reader.uniform(10**RANDOM_DIGITS):0{RANDOM_DIGITS}d}")
        event_id, case_id = read_ids(reader, seconds)
        revision = 1 if reader.pick((31, 1)) == 0 else reader.number()
        kind = schema.kinds[reader.uniform(len(schema.kinds))]
        channel = _CHANNELS[reader.pick((4, 3, 1))]
        language = schema.languages[reader.uniform(len(schema.languages))]
        consent = self._read_consent(reader)
        answers = self._read_answers(reader, scene)
        place = self._read_place(reader, answers, scene)
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": f"urn:sala:node:{page.node}",
            "type": "sala.submission.v1",
            "subject": reference,
            "time": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "datacontenttype": "application/json",
            "sequence": str(sequence),
            "epoch": epoch,
            "clock": clock,
            "data": {
                "service": schema.service,
                "submission": kind,
                "revision": page.revision,
                "reference": reference,
                "channel": channel,
                "language": language,
                "applicant": {"msisdn": scene.msisdn} if scene.msisdn else {},
                "case": {"id": case_id, "revision": revision},
                "answers": answers,
                "consent": consent,
                "place": {"pcode": place},
            },
        }

    def _write_consent(self, writer: Writer, consent: Mapping[str, str]) -> None:
        if not consent:
            writer.pick(0, (1, 7))
            return
        writer.pick(1, (1, 7))
        marks = ("", *self._page.notices)
        known = consent["shown"] in marks
        writer.pick(int(not known), (15, 1))
        if known:
            writer.uniform(marks.index(consent["shown"]), len(marks))
        else:
            writer.uniform(int(consent["shown"].removeprefix("sha256:"), 16), 1 << 256)

    def _read_consent(self, reader: Reader) -> dict[str, str]:
        if reader.pick((1, 7)) == 0:
            return {}
        marks = ("", *self._page.notices)
        known = reader.pick((15, 1)) == 0
        shown = marks[reader.uniform(len(marks))] if known else f"sha256:{reader.uniform(1 << 256):064x}"
        return {"basis": self._schema.basis, "shown": shown}

    def _write_answers(self, writer: Writer, answers: Mapping[str, Any], scene: Scene) -> None:
        known = self._schema.answers
        if not known.keys() >= answers.keys():
            raise Unfit("an answer that the revision does not have")
        for name, code in known.items():
            weights = _MAYBE if name in self._schema.optional else _SURE
            if name not in answers:
                writer.pick(_ABSENT, weights)
            elif answers[name] is None:
                writer.pick(_NULL, weights)
            else:
                _write_answer(writer, answers[name], code, weights, scene)
        order = [name for name in known if name in answers]
        straight = order == list(answers)
        writer.pick(int(not straight), (63, 1))
        if not straight:
            for name in answers:
                writer.uniform(order.index(name), len(order))
                order.remove(name)

    def _read_answers(self, reader: Reader, scene: Scene) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for name, code in self._schema.answers.items():
            match reader.pick(_MAYBE if name in self._schema.optional else _SURE):
                case 0:
                    continue
                case 1:
                    answers[name] = None
                case 2 if code is not None:
                    answers[name] = code.read(reader, scene)
                case _:
                    answers[name] = _ANY.read(reader, scene)
        if reader.pick((63, 1)) == 0:
            return answers
        order = list(answers)
        return {name: answers[name] for name in [order.pop(reader.uniform(len(order))) for _ in range(len(order))]}

    def _write_place(self, writer: Writer, place: str, answers: Mapping[str, Any], scene: Scene) -> None:
        guesses = self._places(answers)
        index = guesses.index(place) if place in guesses else 2
        writer.pick(index, (8, 4, 1))
        if index == 2:  # noqa: PLR2004 - neither of the two guesses
            scene.words.write(writer, place)

    def _read_place(self, reader: Reader, answers: Mapping[str, Any], scene: Scene) -> str:
        index = reader.pick((8, 4, 1))
        return scene.words.read(reader) if index == 2 else self._places(answers)[index]  # noqa: PLR2004 - as above

    def _places(self, answers: Mapping[str, Any]) -> tuple[str, str]:
        """Guess the district: of the first answer that is a place (0901005 lies in LA0901), else the node's own."""
        codes = [value for name, value in answers.items() if isinstance(self._schema.answers.get(name), Key)]
        first = next((code for code in codes if isinstance(code, str)), "")
        return f"{self._page.country}{first[:4]}", self._page.district


def _write_answer(writer: Writer, value: Any, code: Any, weights: tuple[int, ...], scene: Scene) -> None:
    """Write a value by its field's code, or as the JSON that it is."""
    if code is not None:
        probe = Writer()
        try:
            code.write(probe, value, Scene(scene.day, scene.msisdn, scene.district))
        except Unfit:
            code = None
    writer.pick(_OTHER if code is None else _TYPED, weights)
    (code or _ANY).write(writer, value, scene)


def _seconds(text: str) -> int:
    if not _ISO.fullmatch(text):
        raise Unfit("no time of intake")
    return int(datetime.fromisoformat(text).timestamp())
