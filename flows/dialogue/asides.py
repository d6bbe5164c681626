"""The small screens beside the services: language, help, a sentence alone, the yes to keep answers, the way of STOP."""

from typing import Final

from msgspec.structs import replace

from flows.dialogue import arrival, commands, requests
from flows.dialogue.front import title
from flows.dialogue.keys import numbers
from flows.dialogue.state import Spot
from flows.dialogue.visit import Screen, Shown, Visit

YES: Final = "1"
NO: Final = "2"


def languages(visit: Visit) -> dict[str, str]:
    """Key -> language tag: names in Latin letters first, for a phone that shows boxes instead of Lao."""
    names = visit.office.phrases.names
    tags = sorted(visit.office.languages, key=lambda tag: (not names.get(tag, tag).isascii(), names.get(tag, tag)))
    return dict(zip(numbers(), tags, strict=False))


def _language_names(visit: Visit) -> dict[str, str]:
    return visit.office.once(lambda: _language_names_of(visit), "languages")


def _language_names_of(visit: Visit) -> dict[str, str]:
    return {key: visit.office.phrases.names.get(tag, tag) for key, tag in languages(visit).items()}


def language_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The names, one a line; the first time nothing else, for whoever reads one of them can choose it."""
    return visit.sheet([], _language_names(visit), last="" if spot.about == arrival.FIRST else None)


def language_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """Remember the language, and go on where the citizen was going."""
    tag = languages(visit).get(visit.pick(_language_names(visit), text))
    if tag is None:
        return visit.open(spot)
    visit.person = replace(visit.person, language=tag)
    if visit.sms:
        return visit.close(commands.help_text(visit))
    return arrival.arrive(visit, spot.held) if spot.about == arrival.FIRST else visit.open(Spot("front"))


def help_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """The keys, the service codes to dial straight, and where a person answers."""
    del spot
    codes = [
        f"{entry.ussd[0]} {title(visit.office, service, visit.language)}"
        for service, entry in visit.office.entries()
        if entry.ussd
    ]
    asked = visit.say("help.ask") if visit.office.node.contact else ""
    return visit.sheet([visit.say("help.keys"), asked, *codes])


def note_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """A sentence that was made when the spot was."""
    return visit.sheet([spot.about])


def to_front(visit: Visit, spot: Spot, text: str) -> Shown:
    """Any key leads to the front menu."""
    del spot, text
    return visit.open(Spot("front"))


def profile_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """Which answers would be kept: their labels, never the answers."""
    del spot
    labels = ", ".join(_profile_labels(visit))
    return visit.sheet([visit.say("profile.ask", list=labels)], _profile_options(visit))


def _profile_labels(visit: Visit) -> list[str]:
    waiting = visit.person.waiting
    found: dict[str, str] = {}
    for revision in visit.office.live.values():
        for name, field in revision.flow.fields.items():
            if name in waiting and field.profile:
                found.setdefault(name, field.label.say(revision.flow.language(visit.language)))
    return [found[name] for name in waiting if name in found]


def _profile_options(visit: Visit) -> dict[str, str]:
    return {YES: visit.say("profile.yes"), NO: visit.say("profile.no")}


def profile_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """1 keeps them for a year, 2 forgets them."""
    chosen = visit.pick(_profile_options(visit), text)
    if not chosen:
        return visit.open(spot)
    waiting = visit.person.waiting
    kept = {name: replace(one, at=visit.moment.now) for name, one in waiting.items()} if chosen == YES else {}
    visit.person = replace(visit.person, profile=visit.person.profile | kept, waiting={})
    return visit.open(Spot("requests"))


def stop_pages(visit: Visit, spot: Spot) -> tuple[str, ...]:
    """After STOP: whether the answers on one's own requests are to stop too."""
    del spot
    return visit.sheet([visit.say("sms.stopped")], _stop_options(visit))


def _stop_options(visit: Visit) -> dict[str, str]:
    return {YES: visit.say("sms.stop_all"), NO: visit.say("sms.stop_some")}


def stop_press(visit: Visit, spot: Spot, text: str) -> Shown:
    """1 stops all, 2 keeps the answers on one's own requests."""
    match visit.pick(_stop_options(visit), text):
        case "1":
            visit.person = replace(visit.person, stopped=True, quiet=True)
            return visit.close(visit.say("sms.stopped_all"))
        case "2":
            return visit.close(visit.say("sms.kept_on"))
        case _:
            return visit.open(spot)


def leave_language(visit: Visit, spot: Spot) -> Shown:
    """0 keeps the language; before the first choice there is nothing to keep."""
    return visit.open(spot if spot.about == arrival.FIRST else Spot("front"))


LANGUAGE: Final = Screen(language_pages, language_press, leave_language, same=True)
HELP: Final = Screen(help_pages, to_front, same=True)
NOTE: Final = Screen(note_pages, to_front)
PROFILE: Final = Screen(profile_pages, profile_press, requests.up)
STOP: Final = Screen(stop_pages, stop_press)
