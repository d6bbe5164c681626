"""Values in a text that may not have been asked: a `let` shows nothing in their place, as the other systems do."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from flows.imports.names import field_name
from flows.imports.yamlout import Formula
from flows.template import placeholders

_TEXTS: Final = ("say", "text", "help", "error")


def with_let(body: dict[str, Any], unsure: Collection[str], taken: Collection[str]) -> dict[str, Any]:
    """The step with a `let` for each name in its texts that is unsure; `taken` are names that have a meaning."""
    texts: dict[str, Mapping[str, str]] = {key: body[key] for key in _TEXTS if key in body}
    let: dict[str, Formula] = {}
    used = [name for text in texts.values() for words in text.values() for name in placeholders(words)]
    for name in dict.fromkeys(used):
        if name in unsure:
            shown = field_name(f"{name[:33]}_shown", {*taken, *let})
            let[shown] = Formula(f"{name} if answered({name}) else None")
            for key, text in texts.items():
                texts[key] = {tag: words.replace(f"{{{name}}}", f"{{{shown}}}") for tag, words in text.items()}
    return {"let": let, **body, **texts} if let else body
