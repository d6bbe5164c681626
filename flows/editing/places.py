"""A place of a flow file's values: who holds it, and what goes with it when it is empty."""

from typing import Any, Final

from flows.editing.faults import EditFault
from flows.editing.names import Data

ORDER: Final = (
    *("sala", "id", "agency", "audience", "title", "languages", "notice", "entry", "resume", "anonymous"),
    *("fields", "computed", "steps", "messages", "tests"),
)
"""The parts of a file as an author puts them."""
Path = tuple[str | int, ...]
_GONE = "this place is no longer in the service: somebody took it away"


def holder_of(data: Data, path: Path) -> tuple[Any, Any]:
    """What holds a place, and the place's key in it; mappings on the way are made."""
    holder: Any = data
    for part in path[:-1]:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):
            if isinstance(holder, dict) and isinstance(part, str):
                holder[part] = {}
                holder = holder[part]
                continue
            raise EditFault(_GONE) from None
    last = path[-1]
    if isinstance(holder, list) and not (isinstance(last, int) and 0 <= last < len(holder)):
        raise EditFault(_GONE)
    if not isinstance(holder, dict | list):
        raise EditFault(_GONE)
    return holder, last


def standing_at(data: Data, path: Path) -> Any:
    """What stands at a place; raises `EditFault` when nothing does."""
    holder, key = holder_of(data, path)
    if isinstance(holder, dict) and key not in holder:
        raise EditFault(_GONE)
    return holder[key]


def prune(data: Data, path: Path) -> None:
    """Take away the mappings around a place that hold nothing any more."""
    for end in range(len(path) - 1, 0, -1):
        holder, key = holder_of(data, path[:end])
        if not isinstance(holder, dict) or holder.get(key) != {}:
            return
        del holder[key]


def in_place(data: Data, before: Data) -> None:
    """Put the parts that a file did not have where an author would; the others stay as they are."""
    keys = [key for key in data if key in before]
    for key in (one for one in data if one not in before):
        later = [
            at for at, one in enumerate(keys) if one in ORDER and key in ORDER and ORDER.index(one) > ORDER.index(key)
        ]
        keys.insert(later[0] if later else len(keys), key)
    if keys != list(data):
        items = {key: data[key] for key in keys}
        data.clear()
        data.update(items)
