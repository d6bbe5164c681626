"""How things stand on the road, in sentences for an officer: what waits, since when, and what is surely with whom."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

MEGABYTE: Final = 1_000_000
_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))
_LINK: Final[Mapping[str, str]] = {
    "closed": "link: up, it answered last",
    "half_open": "link: being tried",
    "open": "link: down",
    "stopped": "link: stopped, the agency does not know this node; see its secret",
    "unknown": "link: not tried yet",
}


def told(state: Mapping[str, Any], zone: ZoneInfo, now: int, price_per_mb: Decimal) -> Iterator[str]:
    """The lines of one agency, from a row of `road.status`."""
    yield f"{state['agency']}: {_waiting(state)}"
    yield f"  {through(state, zone, now)}"
    last = f", last tried {moment(state['last_at'], zone, now)}" if state["last_at"] else ""
    fault = f" [{state['last_outcome']}]" if state["last_outcome"] not in {"", "answered"} else ""
    yield f"  {_LINK.get(state['position'], state['position'])}{last}{fault}"
    yield f"  {_volume(state['bytes_out'])} out, {_volume(state['bytes_in'])} in{_cost(state, price_per_mb)}"


def _waiting(state: Mapping[str, Any]) -> str:
    parts = [f"{state['waiting']:,} waiting" if state["waiting"] else "nothing waits"]
    if state["waiting"]:
        parts[0] += f", the oldest for {age(state['oldest_age'])}"
    told_apart = (
        ("in_doubt", "in doubt (offered again)"),
        ("held", "held until the agency knows the revision"),
        ("carried", "carried by stick, SMS or hub"),
        ("in_review", "refused, with an officer (sala review list)"),
    )
    parts += [f"{state[name]:,} {words}" for name, words in told_apart if state[name]]
    return "; ".join([*parts, f"{state['accepted']:,} accepted"])


def through(state: Mapping[str, Any], zone: ZoneInfo, now: int) -> str:
    """Up to when everything is with the agency: from its own signed acknowledgements alone."""
    at = state["accepted_through"]
    if not at:
        return "nothing is acknowledged yet"
    refused = " (it refused some: they are with an officer)" if state["in_review"] else ""
    return f"everything up to {moment(at, zone, now)} is with the agency, by its own acknowledgement{refused}"


def moment(at: int, zone: ZoneInfo, now: int) -> str:
    """A time of day for today, else with its date."""
    local, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"yesterday {local:%H:%M}" if local.date() == today - timedelta(days=1) else f"{local:%Y-%m-%d %H:%M}"


def age(seconds: int) -> str:
    """Seconds as people say them: `3 d`, `40 min`."""
    return next((f"{seconds // size} {unit}" for size, unit in _UNITS if seconds >= size), f"{max(0, seconds)} s")


def _volume(count: int) -> str:
    if count >= MEGABYTE:
        return f"{count / MEGABYTE:,.1f} MB"
    return f"{count / 1000:,.1f} kB" if count >= 1000 else f"{count} B"  # noqa: PLR2004 - kilo


def _cost(state: Mapping[str, Any], price_per_mb: Decimal) -> str:
    return f", cost {cost(state, price_per_mb)}" if price_per_mb else ""


def cost(state: Mapping[str, Any], price_per_mb: Decimal) -> str:
    """What the bytes of one agency cost at this price, in the currency of the configuration."""
    return f"{(state['bytes_out'] + state['bytes_in']) * price_per_mb / MEGABYTE:.2f}"
