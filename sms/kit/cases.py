"""What every SMS gateway must do: one function a case, its first line is what the engineer reads."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sms.kit.bench import ECHO, Bench, status_of
from sms.kit.hostile import any_bytes, strangers, wrong_secret
from sms.kit.wire import Hasty, Manner, Taken
from store.kit import NUMBER, DoesNotApply, applies, expect, must, words

LONG: Final = "ຂໍແຈ້ງໃຫ້ຊາບວ່າ ຄຳຮ້ອງຂອງທ່ານໄດ້ຮັບແລ້ວ ກະລຸນາມາທີ່ຫ້ອງການບ້ານພາຍໃນວັນສຸກ ແລະ ເອົາບັດປະຈຳຕົວມານຳ " * 2
SILENT: Final = "the operator does not report"
FETCHED: Final = "the operator fetches its messages and refuses none; what it cannot send it reports"
ODD: Final = ("a&b=c+d%41", "*1*2#", '<b>"x"\'{}\\;', "a\nb", "é€^{}[~]|", "😀")
RATE: Final = 5
"""Messages a second of a channel in the case about the rate."""

AFTER: Final[dict[Manner, tuple[str, bool]]] = {
    "refused": ("failed", False),
    "later": ("queued", True),
    "throttled": ("queued", True),
    "broken": ("queued", True),
    "nonsense": ("unknown", False),
    "silent": ("unknown", False),
    "hanging": ("unknown", False),
}
"""What becomes of a message by how it was treated, and whether it is sent again."""

Case = Callable[[Bench], Awaitable[None]]


async def answered(bench: Bench) -> None:
    """A message is answered, one with Lao and an empty one too."""
    await bench.hear("m1", "1")
    await bench.send()
    expect(bench.got(), [words(["1"])], "the answers")
    must(all(taken.number == NUMBER for taken in bench.peer.seen), f"sent to {bench.peer.seen[0].number!r}")
    await bench.hear("m2", "ເກີດ ໒")
    await bench.send()
    await bench.hear("m3", "")
    await bench.send()
    expect(bench.got()[1:], [words(["1", "ເກີດ ໒"]), words(["1", "ເກີດ ໒", ""])], "the answers")


async def odd_texts(bench: Bench) -> None:
    """Signs of the wire, a star, quotes, an emoji arrive as they were written, in both directions."""
    inputs: list[str] = []
    for number, odd in enumerate(ODD):
        inputs.append(odd)
        await bench.hear(f"m{number}", odd)
        await bench.send()
        expect(bench.got()[-1:], [words(inputs)], f"the answer to {odd!r}")


async def twice(bench: Bench) -> None:
    """The same message again, one after the other or at once, is heard once."""
    for _ in range(3):
        await bench.hear("m1", "1")
    acknowledged = await asyncio.gather(*(bench.peer.message("m2", NUMBER, "2") for _ in range(8)))
    must(all(acknowledged), "a copy was not acknowledged, so it would come for ever")
    await bench.send()
    expect(bench.got(), [words(["1"]), words(["1", "2"])], "the answers")


async def out_of_order(bench: Bench) -> None:
    """Messages that come in another order are each heard once."""
    for name in ("m2", "m1", "m2"):
        await bench.hear(name, name)
    await bench.send()
    expect(bench.got(), [words(["m2"]), words(["m2", "m1"])], "the answers")


async def not_committed(bench: Bench) -> None:
    """What is not committed is not acknowledged, and is taken when it comes again."""
    await bench.hear("m1", "1")
    await bench.send()
    taken = bench.last()
    with bench.full():
        must(not await bench.peer.message("m2", NUMBER, "2"), "a message that was not committed was acknowledged")
        if bench.can.reports:
            status = status_of(bench.peer, "delivered")
            must(not await bench.peer.report(taken, status), "a report that was not committed was acknowledged")
        if bench.can.optouts:
            must(not await bench.peer.opt_out(NUMBER), "an opt-out that was not committed was acknowledged")
    await bench.hear("m2", "2")
    await bench.send()
    expect(bench.got(), [words(["1"]), words(["1", "2"])], "the answers")


async def early_report(bench: Bench) -> None:
    """A report that is quicker than the answer to the send finds its message."""
    applies(bench.can.reports, SILENT)

    async def early(taken: Taken) -> None:
        acknowledged = await bench.peer.report(taken, status_of(bench.peer, "delivered"))
        must(acknowledged, f"the report was not acknowledged{bench.why()}")

    bench.peer.early = early
    await bench.hear("m1", "1")
    await bench.send()
    expect(await bench.states(), ["delivered"], "the message")


async def reports(bench: Bench) -> None:
    """Each status is understood, twice and in any order; one that nobody knows changes nothing."""
    applies(bench.can.reports, SILENT)
    must(bench.peer.statuses, "the kit names no status; write the operator's words and what they mean")
    for number, (status, wanted) in enumerate(bench.peer.statuses.items()):
        await bench.hear(f"m{number}", str(number))
        await bench.send()
        taken = bench.last()
        for _ in range(2):
            must(await bench.peer.report(taken, status), f"the report {status!r} was not acknowledged{bench.why()}")
        after = "sent" if wanted in {"sent", "unknown"} else wanted
        expect((await bench.states())[-1], after, f"the message after {status!r}")
        if sent := next((one for one, state in bench.peer.statuses.items() if state == "sent"), ""):
            must(await bench.peer.report(taken, sent), "a late report was not acknowledged")
            expect((await bench.states())[-1], after, f"the message after {status!r} and a late {sent!r}")


async def unknown_report(bench: Bench) -> None:
    """A report on a message that nobody knows, and a status that nobody knows, are acknowledged."""
    applies(bench.can.reports, SILENT)
    stranger = Taken(NUMBER, "x", "no-such-id", echo=ECHO)
    for state in ("delivered", "unknown"):
        status = status_of(bench.peer, state)
        must(await bench.peer.report(stranger, status), f"the report {status!r} was not acknowledged{bench.why()}")


async def each_way_to_fail(bench: Bench) -> None:
    """Refused for good: failed. Not now, 429, 503: sent again later. No answer, or nonsense: never sent again."""
    applies(bench.peer.manners, FETCHED)
    for number, manner in enumerate(bench.peer.manners):
        await bench.hear(f"m{number}", str(number), f"+85620555123{number:02}")
        bench.peer.plays[:] = [manner]
        await bench.send()
        before = len(bench.peer.seen)
        state, again = AFTER[manner]
        if state == "unknown" and bench.can.idempotent:
            state, again = "queued", True
        expect((await bench.states())[-1], state, f"the message after {manner!r}")
        bench.go(3600)
        await bench.send()
        expect(len(bench.peer.seen) - before, int(again), f"further attempts after {manner!r}")
        if AFTER[manner][0] == "unknown" and again:
            marks = {taken.echo.get("mark", "") for taken in bench.peer.seen[before - 1 :]}
            must(len(marks) == 1 and "" not in marks, f"asked again after {manner!r}, and not under the same mark")
        expect((await bench.states())[-1], "sent" if again else state, f"the message in the end, after {manner!r}")


async def never_answers(bench: Bench) -> None:
    """An operator that takes a message and never answers: nobody knows, and it is never sent again."""
    if not isinstance(bench.peer, Hasty):
        raise DoesNotApply("it waits for no answer")
    await bench.restart(dict(bench.peer.hasty))
    bench.peer.plays[:] = ["hanging"]
    await bench.hear("m1", "1")
    await bench.send()
    expect(await bench.states(), ["queued" if bench.can.idempotent else "unknown"], "the message")
    bench.go(3600)
    await bench.send()
    expect(len(bench.peer.seen), 2 if bench.can.idempotent else 1, "attempts in the end")


async def away(bench: Bench) -> None:
    """While the operator refuses connections messages wait, and go when it is back."""
    await bench.hear("m1", "1")
    async with bench.peer.away():
        await bench.send()
        expect(await bench.states(), ["queued"], "the message while nobody is there")
    bench.go(3600)
    await bench.send()
    expect(bench.got(), [words(["1"])], "what was sent afterwards")


async def in_order(bench: Bench) -> None:
    """A number gets its messages in order, also when the first has to be sent twice."""
    retry = next((manner for manner in bench.peer.manners if AFTER[manner][1]), None)
    bench.peer.plays[:] = [retry] if retry else []
    for number in range(5):
        await bench.hear(f"m{number}", str(number))
    for _ in range(20):
        await bench.send()
        bench.go(60)
    expect(bench.got(), [words([str(one) for one in range(number + 1)]) for number in range(5)], "the answers")


async def long_lao(bench: Bench) -> None:
    """A long Lao message arrives whole, and no part of it begins with a mark."""
    applies("ucs2" in bench.can.encodings, "it carries no Lao letters")
    await bench.hear("m1", f"SAY {LONG}")
    await bench.send()
    got = bench.got()
    expect("".join(got).replace(" ", ""), LONG.replace(" ", ""), "the whole text")
    must(len(got) == 1 or bench.can.long != "whole", "it was split, though the operator does that")
    expect(await bench.states(), ["sent"], "the message")


async def budget(bench: Bench) -> None:
    """The day's budget is a hard stop, and is known after a restart."""
    for day in range(3):
        await bench.restart({"budget_per_day": 2})
        await bench.hear(f"m{day}", "1", f"+856205551234{day}")
        await bench.send()
    expect(len(bench.got()), 2, "messages sent for a budget of 2")


async def one_numbers_share(bench: Bench) -> None:
    """What one number may get in an hour is a hard stop, and is known after a restart."""
    for turn in range(4):
        await bench.restart({"per_number": 3})
        await bench.hear(f"m{turn}", str(turn))
        await bench.hear(f"o{turn}", str(turn), f"+856205551234{turn}")
        await bench.send()
    expect(sum(taken.number == NUMBER for taken in bench.peer.seen), 3, "messages to a number that may have 3")
    expect(len(bench.got()), 7, "messages to all numbers")
    bench.go(3600)
    await bench.send()
    expect(sum(taken.number == NUMBER for taken in bench.peer.seen), 4, "messages to it an hour later")


async def killed_while_sending(bench: Bench) -> None:
    """What was leaving when the node died is never sent again, unless a copy is known as one; what waited goes."""
    for number in range(2):
        await bench.hear(f"m{number}", "1", f"+856205551234{number}")
    await bench.crash()
    expect(list(await bench.states()), ["unknown", "queued"], "the messages after the start")
    await bench.send()
    again = bench.can.idempotent
    expect(list(await bench.states()), ["sent" if again else "unknown", "sent"], "the messages in the end")
    expect(len(bench.got()), 2 if again else 1, "messages that were sent")


async def too_fast(bench: Bench) -> None:
    """Ten times the channel's rate: it is kept, and every message goes."""
    await bench.restart({"rate": RATE, "window": 64})
    for number in range(10 * RATE):
        await bench.hear(f"m{number}", "1", f"+85620555{number:05}")
    for tenth in range(200):
        await bench.lane.drain()
        # A second's worth may have been saved up.
        allowed = RATE + 1 + tenth * RATE / 10
        must(len(bench.peer.seen) <= allowed, f"{len(bench.peer.seen)} were sent where {allowed:.0f} are allowed")
        bench.go(0.1)
    expect(set(await bench.states()), {"sent"}, "the messages")


async def opted_out(bench: Bench) -> None:
    """A number that wants no more is silenced, twice too."""
    applies(bench.can.optouts, "the operator does not pass on that a number wants no more")
    must(not bench.silenced(NUMBER), "it was silent before")
    for _ in range(2):
        must(await bench.peer.opt_out(NUMBER), f"the opt-out was not acknowledged{bench.why()}")
        must(bench.silenced(NUMBER), "the number is not silenced")


CASES: Final[tuple[Case, ...]] = (
    answered,
    odd_texts,
    twice,
    out_of_order,
    not_committed,
    early_report,
    reports,
    unknown_report,
    each_way_to_fail,
    never_answers,
    away,
    in_order,
    long_lao,
    budget,
    one_numbers_share,
    killed_while_sending,
    too_fast,
    opted_out,
    strangers,
    wrong_secret,
    any_bytes,
)
