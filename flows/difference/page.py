"""What changes, as one page without a script: the sentences, then every screen that looks different, before and now."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final, get_args

from flows.captions import captions
from flows.difference.changes import Change, Group, difference
from flows.difference.screens import Pair, screens
from flows.explorer import Settings
from flows.explorer.board import Card, Face
from flows.phrases import load as phrases
from flows.revision import Revision
from flows.templates import template

GROUPS: Final[tuple[Group, ...]] = get_args(Group)


def page(old: Revision, new: Revision, settings: Settings, language: str = "en") -> str:
    """The page as HTML; `language` is the reader's."""
    words = captions(language)
    changes = difference(old, new, language)
    names = phrases().names
    values: dict[str, Any] = {
        "c": words,
        "style": files("flows.difference").joinpath("templates/difference.css").read_text("utf-8"),
        "titles": [new.flow.title.say(tag) for tag in new.flow.languages],
        "tags": new.flow.languages,
        "digests": [one.digest.removeprefix("sha256:")[:12] for one in (old, new)],
        "groups": grouped(changes),
        "pairs": screens(old, new, settings),
        "name_of": lambda pair: _name(pair, language),
        "names": lambda tag: names.get(tag, tag),
        "lines": marked,
    }
    return template("flows.difference", "difference.html").render(values)


def grouped(changes: Sequence[Change]) -> list[tuple[Group, list[Change]]]:
    """The changes under their headings; a heading without any is left out."""
    found = [(group, [one for one in changes if one.group == group]) for group in GROUPS]
    return [(group, some) for group, some in found if some]


def marked(page_: int, one: Face, other: Face | None) -> list[tuple[str, bool]]:
    """The lines of a page of `one`, each with whether the other screen has no such line."""
    there = {line for text, _, _ in other.pages for line in text.split("\n")} if other is not None else set()
    return [(line, other is not None and line not in there) for line in one.pages[page_][0].split("\n")]


def _name(pair: Pair, language: str) -> str:
    card: Card | None = pair.new or pair.old
    if card is None:
        return ""
    tags = [face.language for face in card.faces]
    title = card.titles[tags.index(language)] if language in tags else card.titles[0]
    return title or captions(language)(f"kind.{card.kind}")
