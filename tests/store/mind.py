"""A small dialogue for the store's own tests: words in capitals ask for one effect each, anything else is an answer."""

from typing import Any

import msgspec

from flows.turn import CaseKey, Heard, Moment, Need, Note, Screen, Submit, Text, Turn
from store.mind import Mind, News

CONSENT = {"basis": "legal_task", "shown": "sha256:00"}


class Talk(msgspec.Struct, array_like=True, frozen=True):
    answers: tuple[str, ...] = ()


class Person(msgspec.Struct, array_like=True, frozen=True):
    language: str = ""
    stopped: bool = False


def submit(moment: Moment, **over: Any) -> Submit:
    values: dict[str, Any] = {
        "service": "birth",
        "kind": "birth",
        "revision": "sha256:aa",
        "agencies": ("registry",),
        "reference": moment.reference,
        "submission_id": moment.ids[0],
        "case_id": moment.ids[1],
        "case_revision": 1,
        "language": "en",
        "channel": "ussd",
        "answers": {"name": "Kham"},
        "consent": CONSENT,
        "place": "LA0901",
        "sensitive": False,
        "anonymous": False,
        "clock": moment.clock,
    }
    return Submit(**(values | over))


def hear(office: Any, talk: Talk | None, person: Person | None, heard: Heard, moment: Moment) -> Turn | Need:
    if heard.fresh:
        return _fresh(talk, heard, moment)
    talk = talk or Talk()
    word, _, rest = heard.text.partition(" ")
    act = _ACTS.get(word)
    if act is not None:
        return act(talk, rest, heard, moment)
    now = Talk((*talk.answers, heard.text))
    text = " / ".join(now.answers)
    if heard.channel == "sms":
        return Turn(None, now, effects=(Text("answer", text, "en"),), keep_until=moment.now + 86_400)
    return Turn(Screen(text), now, keep_until=moment.now + 86_400, dropped="unfinished")


def _fresh(talk: Talk | None, heard: Heard, moment: Moment) -> Turn:
    if moment.full:
        return Turn(Screen("full", end=True), None)
    if talk is not None and talk.answers:
        return Turn(Screen(f"go on? {len(talk.answers)}"), talk, keep_until=moment.now + 86_400)
    return Turn(Screen(f"hello {'+'.join(heard.dialled)}".strip()), Talk(), keep_until=moment.now + 86_400)


def _end(text: str, *effects: Any, **over: Any) -> Turn:
    return Turn(Screen(text, end=True), None, effects=effects, **over)


def _submit(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    one = submit(moment, answers={"name": list(talk.answers)}, channel=heard.channel)
    receipt = Text("receipt", f"got {moment.reference}", "en", moment.reference)
    return _end(moment.reference, one, receipt)


def _two(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    return _end(moment.reference, submit(moment, agencies=("registry", "health")))


def _anonymous(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn | Need:
    need = Need("once", ("tip", rest))
    if need not in moment.known:
        return need
    if moment.known[need] is not None:
        return _end(f"known {moment.known[need].reference}")
    one = submit(moment, service="tip", anonymous=True, once=(rest,), answers={"what": rest})
    return _end(f"tip {moment.reference}", one, forget=True)


def _once(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn | Need:
    need = Need("once", ("birth", rest))
    if need not in moment.known:
        return need
    known = moment.known[need]
    if known is not None:
        return _end(f"known {known.reference} {known.same_number}")
    return _end(moment.reference, submit(moment, once=(rest,)))


def _mine(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn | Need:
    need = Need("requests")
    if need not in moment.known:
        return need
    lines = [f"{one.reference} {one.status}" for one in moment.known[need]]
    return Turn(Screen("\n".join(lines) or "none"), talk)


def _one(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn | Need:
    need = Need("request", (rest,))
    if need not in moment.known:
        return need
    found = moment.known[need]
    return Turn(Screen(f"{found.case_id} {found.locked} {found.answers}" if found else "none"), talk)


def _correct(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn | Need:
    need = Need("request", (rest,))
    if need not in moment.known:
        return need
    old = moment.known[need]
    over = {"case_id": old.case_id, "case_revision": old.case_revision + 1, "reference": old.reference}
    return _end("corrected", submit(moment, corrects=old.case_id, answers={"name": "Better"}, **over))


def _guess(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn | Need:
    case_id, digits = rest.split()
    need = Need("case_key", (case_id, digits))
    if need not in moment.known:
        return need
    return Turn(Screen(moment.known[need]), talk)


def _set_key(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    case_id, _, digits = rest.partition(" ")
    return Turn(Screen("key"), talk, effects=(CaseKey(case_id, digits),))


def _language(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    return Turn(Screen(rest), talk, person=Person(rest), keep_until=moment.now + 86_400)


def _stop(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    return Turn(None, talk, person=Person("en", stopped=True), effects=(Text("answer", "stopped", "en"),))


def _boom(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    raise RuntimeError("boom")


def _unwritable(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    return _end("never", submit(moment, answers={"name": object()}))


def _remind(talk: Talk, rest: str, heard: Heard, moment: Moment) -> Turn:
    return Turn(Screen("ok"), talk, effects=(Text("reminder", rest, "en"), Note("call_me", "call me")))


_ACTS = {
    "SUBMIT": _submit,
    "TWO": _two,
    "TIP": _anonymous,
    "ONCE": _once,
    "MINE": _mine,
    "ONE": _one,
    "CORRECT": _correct,
    "GUESS": _guess,
    "SETKEY": _set_key,
    "LANG": _language,
    "STOP": _stop,
    "BOOM": _boom,
    "UNWRITABLE": _unwritable,
    "REMIND": _remind,
}


def _status_text(office: Any, news: News) -> str:
    return f"{news.request.reference} is {news.request.status} ({news.language})"


def small_mind(**over: Any) -> Mind:
    values: dict[str, Any] = {
        "compose": lambda catalogue: catalogue,
        "hear": hear,
        "encode": msgspec.msgpack.encode,
        "decode_talk": lambda data: msgspec.msgpack.decode(data, type=Talk) if data else None,
        "decode_person": lambda data: msgspec.msgpack.decode(data, type=Person) if data else None,
        "may_text": lambda person, kind: person is None or not person.stopped or kind == "answer",
        "language": lambda person: person.language if person else "",
        "try_later": lambda language: f"try later {language}".strip(),
        "status_text": _status_text,
    }
    return Mind(**(values | over))
