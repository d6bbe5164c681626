"""A channel by a shipped map, and requests as operators send them, for the tests of the maps."""

import json
from typing import Any
from urllib.parse import urlencode

from gateways.http.gateway import Gateway
from gateways.http.kit import SETTINGS
from gateways.http.settings import Settings
from store.values import Received

NUMBER = "+8562055512345"
BEEM = {"msisdn": "8562055512345", "operator": "ltc", "session_id": "s1"}


def gateway(name: str, **more: Any) -> Gateway:
    return Gateway("c", Settings.model_validate({**SETTINGS, "map": name, **more}))


def post(body: object, tail: str = "ussd") -> Received:
    return Received(json.dumps(body).encode(), tail=tail, headers={"Content-Type": "application/json"})


def get(tail: str, **fields: str) -> Received:
    return Received(b"", method="GET", tail=tail, query=urlencode(fields))


def form(tail: str, **fields: str) -> Received:
    return Received(urlencode(fields).encode(), tail=tail)
