"""Whatever a citizen types, on either channel, in any order: a proper screen, in the budget, with a way on."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.text.measure import USSD
from tests.dialogue.flows import office
from tests.dialogue.phone import HOUR, Phone

KEYS = ["0", "00", "9", "1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "123456", "2468", "Kham La", "02112026", ""]
ODD = [
    "*",
    "#",
    "*999#",
    "😀😀",
    "\ud800",
    "\u202eabc",
    "໑",
    "ນາງ ຄຳຫຼ້າ",
    "x" * 10_000,
    "\x00\x07",
    "1*1",
    "?",
    "-",
    "١",
]
WORDS = ["STOP", "START", "HELP", "STATUS", "STATUS 482 109 333", "CONTINUE", "LANGUAGE", "FORGET", "ຢຸດ", "YUT"]
FORMS = ["BIRTH", "ເກີດ", "HEALTH", "SAY", 'BIRTH F 02/11/2026 "Kham La"', "BIRTH x", "HEALTH -", 'BIRTH "', "STATUS x"]
OFFICES = {"whole": office(), "one language": office(languages=("lo",)), "paused": office(paused=frozenset({"birth"}))}

typed = st.sampled_from(KEYS) | st.sampled_from(ODD) | st.text(max_size=20)
moves = st.one_of(
    st.tuples(st.just("press"), typed),
    st.tuples(st.just("press"), st.sampled_from(KEYS)),
    st.tuples(st.just("send"), st.sampled_from(WORDS) | st.sampled_from(FORMS) | typed),
    st.tuples(st.just("dial"), st.lists(st.sampled_from(["1", "3", "4", "77", "x", "02112026"]), max_size=3)),
    st.tuples(st.just("wait"), st.integers(0, 30)),
    st.tuples(st.just("agency"), st.sampled_from(["needs_correction", "ready", "nonsense"])),
    st.tuples(st.just("full"), st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(OFFICES)), st.lists(moves, max_size=30))
def test_a_random_walk_always_has_a_way_on(which: str, walk: list[tuple[str, object]]) -> None:
    phone = Phone(OFFICES[which])
    phone.dial()
    for move, what in walk:
        step(phone, move, what)


def step(phone: Phone, move: str, what: object) -> None:
    match move, what:
        case "press", str(text):
            proper(phone, phone.dial() if phone.ended else phone.press(text))
        case "dial", list(dialled):
            proper(phone, phone.dial(*dialled))
        case "send", str(text):
            answer = phone.send(text)
            assert "{" not in answer
            assert len(answer) < 600
        case "wait", int(hours):
            phone.now += hours * HOUR
        case "agency", str(status):
            for request in phone.requests:
                phone.change(request.case_id, status=status, reason="bad_value", fields=("mother_name",))
        case "full", bool(full):
            phone.full = full


def proper(phone: Phone, screen: str) -> None:
    assert USSD.fits(screen), screen
    assert screen.strip()
    assert "{" not in screen
    assert "PIN" not in screen
    if not phone.ended:
        assert way_on(phone, screen), screen


def way_on(phone: Phone, screen: str) -> bool:
    """The last line names keys, or the screen lists options."""
    del phone
    return any(line[:1].isdigit() for line in screen.splitlines())
