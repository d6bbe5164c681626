"""The front menu: an emergency first, the services at their own numbers, then what belongs to the citizen."""

from collections.abc import Iterator
from typing import Final

from flows.dialogue import requests
from flows.dialogue.keys import numbers
from flows.dialogue.office import Office
from flows.dialogue.start import begin
from flows.dialogue.state import Spot
from flows.dialogue.visit import Screen, Shown, Visit
from flows.text.paging import Line, paginate

REQUESTS: Final = "requests"
LANGUAGE: Final = "language"
HELP: Final = "help"


def options(office: Office) -> dict[str, tuple[str, str]]:
    """Key -> (kind, id), in the order shown; kinds: urgent, service, requests, language, help.

    A service keeps its number for good; the other entries take the first free ones, an emergency the lowest of them.
    """
    return office.once(lambda: _options(office), "options")


def _options(office: Office) -> dict[str, tuple[str, str]]:
    entries = office.entries()
    services = {sid: entry.menu for sid, entry in entries if entry.menu is not None}
    taken = {str(number) for number in services.values()}
    free = (key for key in numbers() if key not in taken)
    urgent = {next(free): ("urgent", sid) for sid, entry in entries if entry.urgent is not None}
    listed = {str(number): ("service", sid) for sid, number in services.items()}
    after = (key for key in numbers(max(services.values(), default=0) + 1) if key not in urgent)
    return urgent | listed | {next(after): (kind, "") for kind in _own(office)}


def _own(office: Office) -> Iterator[str]:
    yield REQUESTS
    if len(office.languages) > 1:
        yield LANGUAGE
    yield HELP


def title(office: Office, service: str, language: str) -> str:
    """How a service is called in this language."""
    flow = office.live[service].flow
    return flow.title.say(flow.language(language))


def _label(visit: Visit, kind: str, service: str, urgent: int) -> str:
    if kind == "service":
        return title(visit.office, service, visit.language)
    label = visit.say(f"front.{kind}")
    return f"{label}: {title(visit.office, service, visit.language)}" if kind == "urgent" and urgent > 1 else label


def _labels(visit: Visit) -> dict[str, str]:
    return visit.office.once(lambda: _labels_of(visit), "labels", visit.language)


def _labels_of(visit: Visit) -> dict[str, str]:
    entries = options(visit.office)
    urgent = sum(kind == "urgent" for kind, _ in entries.values())
    return {key: _label(visit, kind, service, urgent) for key, (kind, service) in entries.items()}


def pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The menu; the keys that work are named on its first page, further pages need only the one that turns them."""
    del spot
    lines = [Line(f"{key} {label}", whole=True) for key, label in _labels(visit).items()]
    leave = "" if visit.sms else visit.say("keys.exit")
    turn = visit.say("keys.next")
    hint = f"{turn} {leave}".strip()
    sheet = paginate(lines, visit.budget, more=hint, last=leave)
    if len(sheet) == 1:
        return sheet
    first, *rest = paginate(lines, visit.budget, more=hint, last="")
    return (first, *(page.removesuffix(hint) + turn if page.endswith(hint) else page for page in rest))


def press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Open what was chosen; anything else shows the menu again."""
    entries = options(visit.office)
    kind, service = entries.get(visit.pick(_labels(visit), text), ("", ""))
    match kind:
        case "service":
            return begin(visit, service)
        case "urgent":
            return _urgent(visit, service)
        case "requests":
            return requests.show(visit)
        case "language" | "help":
            return visit.open(Spot(kind))
        case _:
            return visit.open(spot)


def _urgent(visit: Visit, service: str) -> Shown:
    """The number to call, before any notice; nothing of it is kept."""
    flow = visit.office.live[service].flow
    if flow.entry is None or flow.entry.urgent is None:
        return visit.open(Spot("front"))
    text = flow.entry.urgent.say(flow.language(visit.language), visit.channel)
    node = visit.office.node
    return visit.close(text.replace("{dial}", node.dial).replace("{short}", node.short))


def leave(visit: Visit, spot: Spot) -> Shown:
    """0 on the front menu ends the dialogue."""
    del spot
    return visit.close(visit.say("front.bye"))


FRONT: Final = Screen(pages, press, leave, same=True)
