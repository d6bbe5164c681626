"""A frame is opened exactly as it was sealed, or not at all."""

import hashlib
import random
from urllib.parse import unquote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.text import measure
from sync.bearer import text as letters
from sync.bearer.acks import (
    STATUSES,
    Answer,
    Partly,
    Question,
    Run,
    Told,
    Verdict,
    filled,
    mark_of,
    runs_over,
)
from sync.bearer.coder import Unfit
from sync.bearer.frame import (
    HEADER,
    ROOM,
    TAG,
    TEXT,
    FrameFault,
    Header,
    Kind,
    PairKeys,
    from_text,
    keys_of,
    seal,
    to_text,
    unseal,
)
from sync.bearer.long import frames_of
from sync.bearer.packer import pack, unpack
from sync.bearer.page import Page
from tests.sync.bearer import kit

KEYS = keys_of(kit.SECRET)

# GSM 03.38 seen through charsets that gateways use for it, and what forms and links do to a text.
MANGLED = [
    lambda sms: sms.replace("-", "_"),
    lambda sms: sms.replace(".", ""),
    lambda sms: sms.lower(),
    lambda sms: sms.upper(),
    lambda sms: sms.swapcase(),
    lambda sms: sms[:80] + " " + sms[80:],
    lambda sms: sms[:80] + "\n" + sms[80:],
    lambda sms: sms + "=",
    lambda sms: "FREE MSG " + sms,
    lambda sms: sms + sms,
    lambda sms: sms[::-1],
    lambda sms: sms.encode().decode("utf-16-le", "replace"),
    lambda sms: "".join(chr(ord(letter) ^ 1) for letter in sms),
    lambda sms: sms[:0],
]


def one_frame() -> bytes:
    return frames_of(KEYS, pack(kit.event(), kit.page()))[0]


def rebuilt(frame: bytes, keys: PairKeys = KEYS) -> bytes:
    header = Header.of(frame)
    return unpack(unseal(keys.up, frame), header.epoch, header.number, kit.page())


def test_a_birth_travels_in_one_message() -> None:
    message = to_text(one_frame())
    assert len(message) <= TEXT
    assert rebuilt(from_text(f" {message}\r\n")) == kit_event_of(message)


def kit_event_of(message: str) -> bytes:
    event = rebuilt(from_text(message))
    assert event.startswith(b'{"specversion":"1.0"')
    return event


def test_the_letters_survive_every_charset() -> None:
    # GSM 03.38 has these at the place where ASCII has them; `@`, `_` and `$` it has elsewhere.
    gsm = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")
    text = to_text(bytes(range(256)))
    assert set(text) == gsm
    assert measure.needs(text) == "gsm7"
    assert measure.units(text) == len(text)
    # The control: what RFC 4648 would use instead is a blank in a form, or another letter in GSM.
    assert unquote_plus("A+B") != "A+B"
    assert measure.units("A_B/C") == 5  # it has room, but stands at another place than in ASCII


@pytest.mark.parametrize("mangle", MANGLED)
def test_a_mangled_message_is_refused(mangle: object) -> None:
    message = next(message for _ in range(99) if {"-", "."} < set(message := to_text(one_frame())))
    message = mangle(message)  # type: ignore[operator]
    with pytest.raises(FrameFault):
        unseal(KEYS.up, from_text(message))


def test_a_message_cut_anywhere_is_refused() -> None:
    message = to_text(one_frame())
    for end in range(len(message)):
        with pytest.raises(FrameFault):
            unseal(KEYS.up, from_text(message[:end]))
    frame = one_frame()
    for end in range(len(frame)):
        with pytest.raises(FrameFault):
            unseal(KEYS.up, frame[:end])


def test_each_flipped_bit_is_refused() -> None:
    frame = one_frame()
    for place in range(len(frame) * 8):
        harmed = bytearray(frame)
        harmed[place // 8] ^= 1 << place % 8
        with pytest.raises(FrameFault):
            unseal(KEYS.up, bytes(harmed))
    assert rebuilt(frame)  # the control: the same bytes, unharmed, open


def test_only_the_right_key_of_the_right_direction_opens() -> None:
    frame = one_frame()
    for key in (KEYS.down, keys_of(b"another secret of a pair").up):
        with pytest.raises(FrameFault):
            unseal(key, frame)


def test_other_letter_tables_are_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    tables, _ = letters.model()
    monkeypatch.setattr("sync.bearer.frame.model", lambda: (tables, "other tables"))
    assert keys_of(kit.SECRET).up != KEYS.up


def test_the_letter_tables_are_those_of_this_version() -> None:
    # A new file is a new version: old frames no longer open, so both ends must be brought up to date together.
    assert letters.model()[1].startswith(LETTERS_DIGEST)


LETTERS_DIGEST = "8dc6b0e304e35771"


def test_the_same_event_makes_the_same_frames() -> None:
    event = kit.event()
    assert frames_of(KEYS, pack(event, kit.page())) == frames_of(KEYS, pack(event, kit.page()))


FLOW = """
sala: 1
id: tiny
title: {en: Tiny}
languages: [en, lo]
fields:
  name: {type: name, label: {en: Name, lo: ຊື່}, why: x}
  day: {type: date, min: today - 1y, max: today, label: {en: Day, lo: ວັນ}, why: x}
steps:
  - ask: name
    text: {en: Name?, lo: ຊື່?}
  - submit: tiny
  - end: {en: "{ref}", lo: "{ref}"}
"""


def test_the_format_is_pinned() -> None:
    # These bytes may change only together with `frame.VERSION`: else a nonce could meet two plaintexts.
    page = Page(kit.NODE, "LA0901", "LA", "sha256:" + "11" * 32, (("tiny.yaml", FLOW),))
    event = orjson.dumps(
        {
            "specversion": "1.0",
            "id": "01a22854-9386-7634-844f-93ff56824d46",
            "source": "urn:sala:node:LA-XK-03",
            "type": "sala.submission.v1",
            "subject": "482109333",
            "time": "2026-11-23T02:30:00Z",
            "datacontenttype": "application/json",
            "sequence": "8123",
            "epoch": "3f9c21aa",
            "clock": "good",
            "data": {
                "service": "tiny",
                "submission": "tiny",
                "revision": page.revision,
                "reference": "482109333",
                "channel": "ussd",
                "language": "lo",
                "applicant": {"msisdn": kit.LAO},
                "case": {"id": "01a22854-9386-7634-844f-94000ec4bb21", "revision": 1},
                "answers": {"name": "ນາງ ຄຳຫຼ້າ Kham ꪀ", "day": "2026-11-02"},
                "consent": {},
                "place": {"pcode": "LA0901"},
            },
        }
    )
    for used, pinned in ((page, BY_PAGE), (None, BY_JSON)):
        body = pack(event, used).body
        assert hashlib.sha256(body).hexdigest()[:16] == pinned
    header = Header(Kind.WHOLE, KEYS.pair, "3f9c21aa", 8123, page.id)
    assert seal(KEYS.up, header, b"sala").hex() == SEALED


BY_PAGE, BY_JSON = "950b47916724437b", "5622e1fe20fcd334"
SEALED = "4019ff3f9c21aa00001fbbeb3c4be3601471b4d45b6cf4a794"


def test_numbers_to_the_last_one_have_room_and_no_more() -> None:
    for number in (0, 2**24 - 1, 2**24, 2**32 - 1):
        header = Header(Kind.WHOLE, b"ab", "00000000", number)
        assert Header.of(seal(KEYS.up, header, b"")) == header
    with pytest.raises(FrameFault):
        Header(Kind.WHOLE, b"ab", "00000000", 2**32).to_bytes()
    with pytest.raises(FrameFault):
        Header(Kind.PART, b"ab", "00000000", 1, index=16).to_bytes()
    with pytest.raises(FrameFault):
        seal(KEYS.up, Header(Kind.WHOLE, b"ab", "00000000", 1), bytes(ROOM + 1))


def test_no_two_frames_share_a_nonce() -> None:
    # One node, several starts, sequences that begin again after a restore, long submissions, questions between.
    chance = random.Random(7)
    nonces: dict[bytes, bytes] = {}
    for epoch in {f"{chance.getrandbits(32):08x}" for _ in range(3)}:
        for sequence in range(1, 9):
            answers = kit.BIRTH | {"child_name": "ກ" * chance.choice([5, 300])}
            event = kit.event(answers, sequence=sequence, epoch=epoch)
            for page in (kit.page(), None):
                for frame in frames_of(KEYS, pack(event, page)):
                    assert nonces.setdefault(frame[:HEADER], frame) == frame
            question = seal(KEYS.up, Header(Kind.TALK, KEYS.pair, epoch, sequence), Question(3).to_bytes())
            assert nonces.setdefault(question[:HEADER], question) == question
    assert len(nonces) > 3 * 8 * 3
    # The control: without the epoch, a restored node would seal other bytes under the same nonce.
    bare: dict[bytes, bytes] = {}
    twice = 0
    for nonce, frame in nonces.items():
        twice += bare.setdefault(nonce[:3] + nonce[7:], frame) != frame
    assert twice > 30


RUNS = st.builds(
    Run, st.integers(0, 2**32 - 1).map("{:08x}".format), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
)
REASON = st.sampled_from(["", "other", "missing_field", "their own"])
NAMES = st.lists(st.text(max_size=8), max_size=3).map(tuple)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    runs = tuple(draw(st.lists(RUNS, min_size=1, max_size=3, unique_by=lambda run: run.epoch)))
    place = st.sampled_from(runs).flatmap(
        lambda run: st.tuples(st.just(run.epoch), st.integers(run.first, run.first + 63))
    )
    verdicts = [
        Verdict(
            *draw(place),
            draw(st.sampled_from(["invalid", "conflict", "retry", "too_new", "unreadable"])),
            draw(REASON),
            draw(NAMES),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    partly = [Partly(*draw(place), draw(st.integers(0, 2**16 - 1))) for _ in range(draw(st.integers(0, 2)))]
    after = seq = draw(st.integers(0, 10**6))
    news = []
    for _ in range(draw(st.integers(0, 4))):
        seq += draw(st.integers(1, 500))
        status = draw(st.sampled_from([*STATUSES, "odd"]))
        params = draw(st.sampled_from([None, {"fee": 20000}]))
        news.append(
            Told(
                seq,
                f"{draw(st.integers(0, 10**9 - 1)):09d}",
                draw(st.integers(0, 65535)),
                status,
                draw(REASON),
                draw(NAMES),
                params,
            )
        )
    return Answer(runs, tuple(verdicts), tuple(partly), after if news else 0, tuple(news))


@given(answers())
def test_an_answer_comes_back(answer: Answer) -> None:
    assert Answer.of(answer.to_bytes()) == answer


@given(st.binary(max_size=99))
def test_chance_bytes_are_no_answer_or_a_whole_one(body: bytes) -> None:
    try:
        answer = Answer.of(body)
    except (Unfit, ValueError):
        return
    assert isinstance(answer, Answer)


def test_sixty_four_requests_are_acknowledged_in_one_message() -> None:
    owed = [("3f9c21aa", 8100 + n) for n in range(64)]
    runs = runs_over(owed)
    assert len(runs) == 1
    answer = Answer((Run(runs[0].epoch, runs[0].first, 2**64 - 1),))
    frame = seal(KEYS.down, Header(Kind.TALK, KEYS.pair, "aabbccdd", 1), answer.to_bytes())
    assert len(to_text(frame)) <= 60
    assert len(answer.runs[0].accepted()) == 64


def test_the_rest_of_the_message_is_filled_with_news() -> None:
    news = [Told(10 + n, f"{n:09d}", mark_of(str(n)), "approved") for n in range(30)]
    answer = filled(Answer((Run("3f9c21aa", 8100, 2**64 - 1),)), news, 9)
    assert answer.fits
    assert len(answer.news) >= 8
    assert HEADER + TAG + len(answer.to_bytes()) <= 120
