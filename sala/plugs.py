"""From the configuration's channels and agencies to gateways and connectors: only what is configured is imported."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from pydantic import BaseModel

import gateways.port
import sms.port
import ussd.port
from sala import config as configuration
from sala.config import Channel, Config, Model
from sala.gate import Network

SHORTEST_SECRET = 16
"""Characters of a callback secret: the path is all that tells the operator from a stranger."""


SHARE = 0.7
"""Of the operator's own patience: then the door gives up, where nobody says when and its 8 s would be too late."""

GROUPS = (ussd.port.GROUP, sms.port.GROUP, gateways.port.GROUP)
"""Where gateways are found: those of key presses, of messages, and of both at once."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """One channel as configured: its secrets, who may call, and its two sides (None: this gateway has no such side).

    `gateway` is what holds the connection, where there is one to hold: the object of both sides, or the only side.
    """

    name: str
    secrets: tuple[bytes, ...]
    peers: tuple[Network, ...]
    key_presses: ussd.port.Gateway | None
    key_press_settings: ussd.port.Settings | None
    messages: sms.port.Gateway | None
    message_settings: sms.port.Settings | None
    gateway: object = None


def channels(config: Config) -> list[Plugged]:
    """Every configured channel.

    Raises:
        ConfigFault: an unknown gateway, a key that it does not have, a value that it does not take, a short secret.
    """
    return [_channel(name, channel, config) for name, channel in config.channels.items()]


def _channel(name: str, channel: Channel, config: Config) -> Plugged:
    where = ("channels", name)
    keys = channel.keys()
    both = gateways.port.load(channel.gateway) if _offered(gateways.port.GROUP, channel.gateway) else None
    called = both is None or both.called
    secrets = tuple(_secrets(keys.pop("secret", None), config, where)) if called else ()
    peers = tuple(_networks(keys.pop("peers", []), config, where)) if called else ()
    if both is not None:
        return _both(channel, (name, secrets, peers), both, keys, config)
    presses = ussd.port.load(channel.gateway) if _offered(ussd.port.GROUP, channel.gateway) else None
    messages = sms.port.load(channel.gateway) if _offered(sms.port.GROUP, channel.gateway) else None
    if presses is None and messages is None:
        raise configuration.mistake(config, (*where, "gateway"), f"no such gateway; there are: {', '.join(names())}")
    _refuse_strangers(keys, [side.Settings for side in (presses, messages) if side], config, where)
    press_settings = _settings(presses.Settings, keys, config, where) if presses else None
    message_settings = _settings(messages.Settings, keys, config, where) if messages else None
    key_presses = presses(name, press_settings) if presses else None
    texts = messages(name, message_settings) if messages else None
    _check_deadline(key_presses, press_settings, config, where)
    one = key_presses if texts is None or key_presses else texts
    return Plugged(name, secrets, peers, key_presses, press_settings, texts, message_settings, one)


def _both(
    channel: Channel,
    fence: tuple[str, tuple[bytes, ...], tuple[Network, ...]],
    kind: type[gateways.port.Gateway],
    keys: Mapping[str, Any],
    config: Config,
) -> Plugged:
    name = fence[0]
    where = ("channels", name)
    _refuse_strangers(keys, [kind.Settings], config, where)
    settings = _settings(kind.Settings, keys, config, where)
    one = kind(name, settings)
    if one.ussd is not None:
        ussd.port.check(channel.gateway, one.ussd.capabilities)
        _check_deadline(one.ussd, settings, config, where)
    if one.sms is not None:
        sms.port.check(channel.gateway, one.sms.capabilities)
    return Plugged(*fence, one.ussd, settings if one.ussd else None, one.sms, settings if one.sms else None, one)


def names() -> list[str]:
    """Every gateway that is installed."""
    return sorted({point.name for group in GROUPS for point in entry_points(group=group)})


def _check_deadline(
    gateway: ussd.port.Gateway | None, settings: ussd.port.Settings | None, config: Config, where: tuple[str, ...]
) -> None:
    limit = gateway.capabilities.operator_deadline if gateway else 0
    if not settings or not limit or settings.reply_deadline < limit:
        return
    if "reply_deadline" not in settings.model_fields_set:
        settings.reply_deadline = limit * SHARE
    else:
        said = f"must be less than the {limit:g} s after which the operator gives up"
        raise configuration.mistake(config, (*where, "reply_deadline"), said)


def _refuse_strangers(
    keys: Mapping[str, Any], kinds: Sequence[type[BaseModel]], config: Config, where: tuple[str, ...]
) -> None:
    for key in keys:
        if not any(key in kind.model_fields for kind in kinds):
            raise configuration.mistake(config, (*where, key), "", "extra_forbidden")


def _settings(kind: type[Model], keys: Mapping[str, Any], config: Config, where: tuple[str, ...]) -> Model:
    own = {key: value for key, value in keys.items() if key in kind.model_fields}
    return configuration.parsed(kind, own, config, *where)


def _offered(group: str, name: str) -> bool:
    return name in entry_points(group=group).names


def _networks(given: object, config: Config, where: tuple[str, ...]) -> Iterator[Network]:
    for value in given if isinstance(given, list) else [given]:
        try:
            yield ipaddress.ip_network(str(value))
        except ValueError:
            said = "must be a list of addresses or networks, such as 203.0.113.0/24"
            raise configuration.mistake(config, (*where, "peers"), said) from None


def _secrets(given: object, config: Config, where: tuple[str, ...]) -> Iterator[bytes]:
    values = given if isinstance(given, list) else [given]
    if given in (None, "", []):
        raise configuration.mistake(config, (*where, "secret"), "", "missing")
    for value in values:
        if not isinstance(value, str) or len(value) < SHORTEST_SECRET or not value.isascii() or "/" in value:
            said = f"must be {SHORTEST_SECRET} or more ASCII characters without a slash"
            raise configuration.mistake(config, (*where, "secret"), said)
        yield value.encode()
