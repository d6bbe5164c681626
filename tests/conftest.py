"""Options of the whole suite."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: how long an example takes proves nothing about it.
settings.register_profile("sala", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sala")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="write the golden conversations as they go now, to be read and reviewed"
    )


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """A command sets the log of its process up; here that is also the process of the next test."""
    yield
    structlog.reset_defaults()
