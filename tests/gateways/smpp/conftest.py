"""What the tests of the gateway over the real store share."""

import pytest


@pytest.fixture
def curious(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SMSC has read is asked at once and not after a second."""
    monkeypatch.setattr("gateways.smpp.session._CURIOUS", 0.0)
    monkeypatch.setattr("store.echoes._FLUSH", 0.0)
